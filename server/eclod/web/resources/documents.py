"""Things and the documents about them: `/id/…` says 303 to `/doc/…`; `/describe` does the same for any IRI."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response, request

from eclod.core import formats, iris
from eclod.core.errors import BadIdentifier, BadInput, NotFound
from eclod.core.formats import DOCUMENT_FORMATS, ICALENDAR, Format
from eclod.web.context import Service, service
from eclod.web.messages import errors, negotiate
from eclod.web.resources import about, calendars, cards, links, lives, statements
from eclod.web.resources.about import Subject

blueprint: Final = Blueprint("documents", __name__)

#: Parameters that go on to where a redirect leads; nothing else of a request is ever repeated in an answer's headers.
_CARRIED: Final = ("format", "lang", "profile", "_profile", "_mediatype", "view")
_EVENT: Final = "event"


@blueprint.get("/id/<kind>/<name>")
def thing(kind: str, name: str) -> Response:
    """Send whoever asks for a thing to the document about it (303, Cool URIs for the Semantic Web, section 4.2)."""
    kind, code, suffix = _parsed(kind, name)
    found = service()
    if (gone := lives.departed(found, kind, code)) is not None:
        if (successor := lives.moved_to(found, gone)) is not None:
            return redirect(links.thing(*successor, suffix), 301)
        return lives.respond(found, gone, suffix or None)
    iri = found.names.thing(kind, code)
    if not statements.consistently(found.engine, lambda reader: statements.is_described(reader, iri))[0]:
        raise lives.not_found(found, kind, code)
    return redirect(links.document(kind, code, suffix), 303)


@blueprint.get("/doc/<kind>/<name>")
def document(kind: str, name: str) -> Response:
    """Return the document about a thing; any spelling of its code is sent to the canonical one (301)."""
    kind, code, suffix = _parsed(kind, name)
    canonical = links.document(kind, code, suffix)
    found = service()
    gone = lives.departed(found, kind, code)
    if gone is not None and (successor := lives.moved_to(found, gone)) is not None:
        return redirect(links.document(*successor, suffix), 301)
    if request.path != canonical:
        return redirect(canonical, 301)
    if gone is not None:
        return lives.respond(found, gone, suffix or None)

    def address(form: Format | None) -> str:
        return links.document(kind, code, form.name if form else "")

    iri = found.names.thing(kind, code)
    offered: tuple[Format, ...] = DOCUMENT_FORMATS
    if kind == _EVENT and statements.consistently(found.engine, lambda reader: calendars.is_dated(reader, iri))[0]:
        offered = (*DOCUMENT_FORMATS, ICALENDAR)
    subject = Subject(iri, found.names.document(kind, code), address, formats=offered)
    try:
        return about.respond(found, subject, suffix or None)
    except NotFound:
        raise lives.not_found(found, kind, code) from None


@blueprint.get("/id/<name>")
@blueprint.get("/doc/<name>")
def code_alone(name: str) -> Response:
    """Say which address may be meant by one that has no kind of thing in it."""
    raise lives.without_kind(
        service(), name, NotFound("An address of a thing has its kind and its code; search for it by name at /search.")
    )


@blueprint.errorhandler(Exception)
def failed(error: Exception) -> Response:
    """Return an error as a card where a card was asked for."""
    return cards.failed(service(), error) if cards.is_framed() else errors.handle(error)


@blueprint.after_request
def complete(response: Response) -> Response:
    """Let the frame of a card show whatever became of it."""
    return cards.open_to_frames(response) if cards.is_framed() else response


@blueprint.get("/describe")
def describe() -> Response:
    """Return what is said about any IRI that occurs in the data; ours have pages of their own."""
    iri = request.args.get("iri", "").strip()
    if not iri:
        raise BadInput(
            "Say what to describe: /describe?iri=http://data.europa.eu/nuts/code/DK01, for example.", parameter="iri"
        )
    return described(service(), iri)


def described(found: Service, iri: str) -> Response:
    """Return the description of an IRI, or the way to its own page; raises BadInput, NotFound."""
    statements.spelled(iri)
    page = links.Links(found.names).page(iri)
    if page is not None and not page.startswith("/describe"):
        return redirect(page, 303)
    manifest = found.manifest(found.engine.release)
    if manifest is not None and manifest.graph(iri) is not None:
        registry = iri.removeprefix(found.names.registry_graph(""))
        people = registry != iri and negotiate.prefers_html()
        return redirect(f"/registries/{quote(registry)}" if people else "/.well-known/void", 303)

    def address(form: Format | None) -> str:
        return links.describe(iri, form)

    subject = Subject(iri, found.names.base + links.describe(iri), address, anywhere=True)
    return about.respond(found, subject)


def redirect(address: str, status: int) -> Response:
    """Send on to an address of this service; relative, so that no Host header has a say in it."""
    carried = "&".join(
        f"{name}={links.quoted(request.args[name])}" for name in _CARRIED if name in request.args and address[0] == "/"
    )
    if carried:
        whole, hash_mark, fragment = address.partition("#")
        address = f"{whole}{'&' if '?' in whole else '?'}{carried}{hash_mark}{fragment}"
    response = Response(status=status)
    response.headers["Location"] = address
    response.headers["Vary"] = "Accept, Accept-Language"
    response.headers["Cache-Control"] = "no-cache"
    return response


def _parsed(kind: str, name: str) -> tuple[str, str, str]:
    """Return (kind, canonical code, suffix) of the last two parts of a path."""
    spelling, _, suffix = name.rstrip("/").partition(".")
    offered = (*DOCUMENT_FORMATS, ICALENDAR) if kind.lower() == _EVENT else DOCUMENT_FORMATS
    if suffix and (not suffix.isalnum() or formats.by_name(suffix, offered) is None):
        names = ", ".join(form.name for form in offered)
        raise NotFound(f"There is no representation with the ending '.{suffix}'; there are {names}.")
    try:
        return (*iris.thing_in_path(kind, spelling), suffix.lower())
    except BadIdentifier as error:
        raise lives.misspelt(service(), kind, spelling, error) from None
    except NotFound as error:
        raise lives.without_kind(service(), spelling, error) from None
