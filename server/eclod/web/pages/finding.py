"""Finding things by name, for people and for programs."""

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
from eclod.store.search import Hit
from eclod.web.context import service
from eclod.web.messages import negotiate
from eclod.web.messages.responses import Sender
from eclod.web.pages.views import SearchHit, SearchView
from eclod.web.resources.links import Links, edit, quoted

blueprint: Final = Blueprint("finding", __name__)

_USUAL: Final = 20
_MOST: Final = 100
_LONGEST: Final = 500


@blueprint.get("/search")
def search() -> Response:
    """Return the things whose names have the words of `q`; `kind` narrows, `limit` bounds."""
    found = service()
    text, kind, limit = request.args.get("q", "").strip(), request.args.get("kind", "").strip(), _limit()
    if len(text) > _LONGEST:
        raise BadInput(f"The words to search for are longer than {_LONGEST} characters; use fewer.", parameter="q")

    def address(form: Format) -> str:
        narrowed = f"&kind={quoted(kind)}" if kind else ""
        return f"/search?q={quoted(text)}{narrowed}&format={form.name}"

    choice = negotiate.choose((HTML, JSON), HTML, address)
    sender = Sender(found, choice)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    index = found.search.for_release(sender.release)
    # One more than shown tells whether there are more.
    hits = index.search(text, limit=limit + 1, kinds=[kind] if kind else None) if text else []
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


def _limit() -> int:
    asked = request.args.get("limit", "")
    if not asked:
        return _USUAL
    if not (asked.isascii() and asked.isdigit()) or not 1 <= int(asked[:9]) <= _MOST:
        raise BadInput(f"The limit '{asked}' is not a whole number from 1 to {_MOST}.", parameter="limit")
    return int(asked)


def _view(hit: Hit, links: Links) -> SearchHit:
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


def _as_json(hit: Hit, view: SearchHit) -> dict[str, str]:
    return {
        "iri": hit.iri,
        "label": hit.label,
        "language": hit.language,
        "kind": hit.kind,
        "detail": hit.detail,
        "href": view.href,
    }
