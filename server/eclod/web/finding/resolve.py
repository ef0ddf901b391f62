"""From any spelling of an identifier to the thing it stands for now: one by GET, a thousand by POST."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, request

from eclod.core import spreadsheet
from eclod.core.errors import BadIdentifier, BadInput, NotFound, TooLarge, UnsupportedMedia
from eclod.core.formats import HTML, JSON, RESULT_CSV, SPREADSHEET, Format
from eclod.store import resolving
from eclod.store.resolving import Resolution, Resolver
from eclod.web.context import service
from eclod.web.messages import negotiate
from eclod.web.messages.responses import RELEASE_HEADER, Sender
from eclod.web.messages.views import Alternate
from eclod.web.resources.links import Links, quoted

blueprint: Final = Blueprint("resolve", __name__)

#: Identifiers in one request, and bytes of it.
MOST: Final = 1000
_LARGEST: Final = 1 << 20
_OFFERED: Final = (JSON, RESULT_CSV, HTML)
_COLUMNS: Final = ("asked", "outcome", "iri", "state", "chain", "choices", "confidence", "how", "message")


@dataclass(frozen=True, slots=True)
class Named:
    """A thing that a page shows: its IRI, its name where it has one, its address here."""

    iri: str
    name: str
    href: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One resolution as the page shows it."""

    resolution: Resolution
    thing: Named | None
    choices: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class ResolveView:
    """The page: what was asked for, and what each stands for."""

    asked: str
    results: tuple[Shown, ...]
    most: int
    release: str
    alternates: tuple[Alternate, ...] = ()


@blueprint.get("/resolve")
def one() -> Response:
    """Return what the identifier `id` stands for now; 404 when nothing is known by it, 400 when it is misspelt."""
    asked = request.args.get("id", "")

    def address(form: Format) -> str:
        return f"/resolve?id={quoted(asked)}&format={form.name}"

    choice = negotiate.choose((*_OFFERED, SPREADSHEET), JSON, address)
    sender = Sender(service(), choice, version=" ".join(negotiate.languages()))
    if "id" not in request.args:
        if not choice.is_html:
            raise BadInput("Say what to resolve: /resolve?id=https://ror.org/02atag894, for example.", parameter="id")
        return sender.page("resolve.html", resolve=ResolveView("", (), MOST, sender.release))
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    found = _resolver(sender.release).resolve(asked)
    if choice.is_html:
        shown = (_shown(found, sender.release),)
        return sender.page("resolve.html", resolve=ResolveView(asked, shown, MOST, sender.release, choice.alternates))
    if found.outcome == resolving.MISSPELT:
        raise BadIdentifier(found.message, suggestions=list(found.choices))
    if found.outcome == resolving.UNKNOWN:
        raise NotFound(found.message, suggestions=list(found.choices))
    if choice.format is not JSON:
        return sender.send(_table([found], choice.format is SPREADSHEET))
    content = _as_json(found) | {"name": _name(found.iri, sender.release), "release": sender.release}
    return sender.send(json.dumps(content, ensure_ascii=False, indent=1) + "\n")


@blueprint.post("/resolve")
def many() -> Response:
    """Return what each of up to a thousand identifiers stands for, in their order; each has its own outcome."""
    choice = negotiate.choose((*_OFFERED, SPREADSHEET), JSON, lambda form: f"/resolve?format={form.name}")
    asked = _asked()
    if not asked:
        raise BadInput("There is no identifier in the request; send at least one.")
    if len(asked) > MOST:
        raise TooLarge(f"The request has {len(asked)} identifiers; send at most {MOST} at a time.", limit=MOST)
    release = service().engine.release
    resolver = _resolver(release)
    found = [resolver.resolve(each) for each in asked]
    sender = Sender(service(), choice, release, about="posted")
    if choice.is_html:
        shown = tuple(_shown(each, release) for each in found)
        response = sender.page("resolve.html", resolve=ResolveView("\n".join(asked), shown, MOST, release))
    elif choice.format is JSON:
        content = {"release": release, "results": [_as_json(each) for each in found]}
        response = sender.send(json.dumps(content, ensure_ascii=False) + "\n")
    else:
        response = sender.send(_table(found, choice.format is SPREADSHEET))
    for name in ("ETag", "Last-Modified", "Content-Location", "Link"):  # of what can be asked for by its address
        response.headers.pop(name, None)
    response.headers["Cache-Control"] = "no-store"
    response.headers[RELEASE_HEADER] = release
    return response


def _resolver(release: str) -> Resolver:
    found = service()
    return Resolver(found.identities.for_release(release), found.names, [request.host_url])


def _asked() -> list[str]:
    """Return the identifiers of a request: a JSON list, a form, or text with one in each line."""
    if (request.content_length or 0) > _LARGEST:
        raise TooLarge(f"The request is longer than {_LARGEST >> 20} MiB; send fewer identifiers at a time.")
    kind = request.mimetype
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return [each for text in request.form.getlist("id") for each in _lines(text)]
    body = request.get_data()
    if len(body) > _LARGEST:
        raise TooLarge(f"The request is longer than {_LARGEST >> 20} MiB; send fewer identifiers at a time.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("The request is not UTF-8; send it in that encoding.") from None
    if kind in ("text/plain", "text/csv", ""):
        return _lines(text)
    if kind != "application/json":
        raise UnsupportedMedia(
            f"A request of the type {kind} is not read; send application/json, text/plain, text/csv or a form."
        )
    try:
        content: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput("The request is no JSON; send a list of texts.") from None
    content = content.get("ids") if isinstance(content, dict) else content
    if not isinstance(content, list) or not all(isinstance(each, str) for each in content):
        raise BadInput('The request is no list of texts; send ["…", "…"] or {"ids": ["…", "…"]}.')
    try:
        "".join(content).encode()
    except UnicodeEncodeError:
        raise BadInput("The request has half a character in it, such as \\ud800 alone; send whole ones.") from None
    return content


def _lines(text: str) -> list[str]:
    return [line.strip().strip('"') for line in text.splitlines() if line.strip()]


def _as_json(found: Resolution) -> dict[str, Any]:
    return {
        "asked": found.asked,
        "outcome": found.outcome,
        "iri": found.iri or None,
        "state": found.state or None,
        "chain": list(found.chain),
        "choices": list(found.choices),
        "confidence": found.confidence,
        "how": found.how or None,
        "message": found.message,
    }


def _table(found: Sequence[Resolution], for_spreadsheets: bool) -> str:
    output = io.StringIO()
    if for_spreadsheets:
        output.write(spreadsheet.BYTE_ORDER_MARK)
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for each in found:
        values = [getattr(each, name) for name in _COLUMNS]
        row = [value if isinstance(value, str) else _cell(value) for value in values]
        writer.writerow(map(spreadsheet.safe, row) if for_spreadsheets else row)
    return output.getvalue()


def _cell(value: float | Sequence[str]) -> str:
    return f"{value:g}" if isinstance(value, float) else " ".join(value)


def _shown(found: Resolution, release: str) -> Shown:
    thing = _named(found.iri, release) if found.iri else None
    return Shown(found, thing, tuple(_named(iri, release) for iri in found.choices))


def _named(iri: str, release: str) -> Named:
    href, _ = Links(service().names).to(iri, known=True)
    return Named(iri, _name(iri, release), href or iri)


def _name(iri: str, release: str) -> str:
    entry = service().search.for_release(release).get(iri) if iri else None
    return entry.in_language(negotiate.languages()).label if entry is not None else ""
