"""Finding things by name, number, place or sector, for people and programs; suggestions while somebody types."""

from __future__ import annotations

import json
import re
from typing import Final

import pyoxigraph as ox
from flask import Blueprint, Response, request

from eclod.core.errors import BadInput
from eclod.core.formats import HTML, JSON, Format
from eclod.core.iris import KINDS, Names
from eclod.core.labels import LABEL_PROPERTIES
from eclod.core.namespaces import PREFIXES, shorten
from eclod.store.finding.index import Entry
from eclod.web.context import service
from eclod.web.finding import retired
from eclod.web.finding.views import SearchHit, SearchView
from eclod.web.messages import negotiate
from eclod.web.messages.responses import Sender
from eclod.web.resources.links import Links, edit, quoted

blueprint: Final = Blueprint("finding", __name__)

_USUAL: Final = 20
_MOST: Final = 100
_LONGEST: Final = 500
_SUGGESTIONS: Final = 8


@blueprint.get("/search")
def search() -> Response:
    """Return the things whose names have the words of `q`; `kind` narrows, `limit` bounds."""
    found = service()
    text, kind, limit = request.args.get("q", "").strip(), request.args.get("kind", "").strip(), _limit(_USUAL)
    if len(text) > _LONGEST:
        raise BadInput(f"The words to search for are longer than {_LONGEST} characters; use fewer.", parameter="q")

    def address(form: Format) -> str:
        narrowed = f"&kind={quoted(kind)}" if kind else ""
        return f"/search?q={quoted(text)}{narrowed}&format={form.name}"

    choice = negotiate.choose((HTML, JSON), HTML, address)
    sender = Sender(found, choice, version=" ".join(negotiate.languages()))
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    # One more than shown tells whether there are more.
    hits = _entries(sender.release, text, limit + 1, kind)
    links = Links(found.names)
    shown = tuple(_view(hit, links) for hit in hits[:limit])
    if choice.is_html:
        as_query = edit(_as_query(text, kind, found.names))
        view = SearchView(text, shown, limit, len(hits) > limit, choice.alternates, sender.release, kind, as_query)
        return sender.page("search.html", search=view)
    content = {
        "query": text,
        "release": sender.release,
        "truncated": len(hits) > limit,
        "hits": [_as_json(hit, view) for hit, view in zip(hits, shown, strict=False)],
    }
    return sender.send(json.dumps(content, ensure_ascii=False, indent=1) + "\n")


@blueprint.get("/suggest")
def suggest() -> Response:
    """Return what `q`, as far as it is typed, may become; `kind` narrows, `limit` bounds."""
    found = service()
    text, kind, limit = request.args.get("q", "").strip(), request.args.get("kind", "").strip(), _limit(_SUGGESTIONS)
    narrowed = f"&kind={quoted(kind)}" if kind else ""
    choice = negotiate.choose((JSON,), JSON, lambda form: f"/suggest?q={quoted(text[:_LONGEST])}{narrowed}")
    sender = Sender(found, choice, version=" ".join(negotiate.languages()))
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    links = Links(found.names)
    hits = _entries(sender.release, text[:_LONGEST], limit, kind)
    content = {
        "query": text[:_LONGEST],
        "release": sender.release,
        "suggestions": [_as_json(hit, _view(hit, links)) for hit in hits],
    }
    return sender.send(json.dumps(content, ensure_ascii=False, separators=(",", ":")))


def _entries(release: str, text: str, limit: int, kind: str) -> list[Entry]:
    """Return what a text finds, named for who asks; an identifier that is no longer valid finds what took its place."""
    if not text:
        return []
    index = service().search.for_release(release)
    kinds = (kind,) if kind else ()
    found = {entry.iri: entry for entry in retired.successors(release, text) if not kind or entry.kind == kind}
    for hit in index.search(text, limit, kinds):
        found.setdefault(hit.iri, hit.entry)
    return [entry.in_language(negotiate.languages()) for entry in list(found.values())[:limit]]


def _as_query(text: str, kind: str, names: Names) -> str:
    """Return a query for the things that have all these words in one of their names.

    The index knows more spellings than SPARQL can compare: of letters with and without accents, for example.
    """
    conditions = [f"CONTAINS(LCASE(STR(?label)), {ox.Literal(word.lower())})" for word in re.findall(r"\w+", text)]
    if kind in KINDS:
        conditions.append(f"STRSTARTS(STR(?thing), {ox.Literal(names.thing(kind, ''))})")
    labels = "|".join(shorten(name) for name in LABEL_PROPERTIES)
    prefixes = sorted({shorten(name).partition(":")[0] for name in LABEL_PROPERTIES})
    return (
        "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" for prefix in prefixes)
        + f"\nSELECT ?thing (MIN(STR(?label)) AS ?name)\nWHERE {{\n  ?thing {labels} ?label .\n"
        + "".join(f"  FILTER ({condition})\n" for condition in conditions)
        + "}\nGROUP BY ?thing\nORDER BY ?name ?thing\n"
    )


def _limit(usual: int) -> int:
    asked = request.args.get("limit", "")
    if not asked:
        return usual
    if not (asked.isascii() and asked.isdigit()) or not 1 <= int(asked[:9]) <= _MOST:
        raise BadInput(f"The limit '{asked}' is not a whole number from 1 to {_MOST}.", parameter="limit")
    return int(asked)


def _view(hit: Entry, links: Links) -> SearchHit:
    href, external = links.to(hit.iri, known=True)
    return SearchHit(
        label=hit.label,
        language=hit.language,
        href=href or "",
        iri=hit.iri,
        kind=hit.kind.replace("-", " ").capitalize(),
        detail=hit.detail,
        external=external,
    )


def _as_json(hit: Entry, view: SearchHit) -> dict[str, str]:
    return {
        "iri": hit.iri,
        "label": hit.label,
        "language": hit.language,
        "kind": hit.kind,
        "detail": hit.detail,
        "href": view.href,
    }
