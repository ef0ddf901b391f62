"""Where an IRI leads: to a page of ours, to our description of it, or away."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from urllib.parse import quote

from werkzeug.urls import iri_to_uri

from eclod.core.formats import Format
from eclod.core.iris import Names, split_path
from eclod.core.namespaces import CUBE, ECLOD, PREFIXES, SCHEME, SHAPES

#: What may stand in an `href`; a `javascript:` IRI in somebody's data never does.
_SAFE_SCHEMES: Final = ("http://", "https://", "mailto:", "ftp://", "tel:")
_PAGES: Final = ("/feed", "/queries", "/registries/", "/releases/", "/sparql", "/catalog", "/.well-known/")
#: Addresses of codes, classes and properties, which are on many pages.
_REMEMBERED: Final = 4096
#: IRIs that we describe although others name them.
DESCRIBED: Final = (
    ECLOD,
    SHAPES,
    SCHEME,
    CUBE,
    *(PREFIXES[prefix] for prefix in ("nuts", "nace2", "nace21", "country")),
)


class Links:
    """Addresses for IRIs under one base; all of ours are relative to this service."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def to(self, iri: str, known: bool = False) -> tuple[str | None, bool]:
        """Return (address, whether it leads away) of an IRI; `known` says that the data describes it.

        The address is None for an IRI that no browser should follow.
        """
        page = self.page(iri)
        if page is not None:
            return page, False
        if known or iri.startswith(DESCRIBED):
            return describe(iri), False
        if iri.lower().startswith(_SAFE_SCHEMES):
            return iri_to_uri(iri), True
        return None, False

    def is_thing(self, iri: str) -> bool:
        """Return whether an IRI names one of our things."""
        return split_path(self._names.path_of(iri) or "") is not None

    def page(self, iri: str) -> str | None:
        """Return the address of our own page about an IRI of ours, or None when it has none."""
        if iri.startswith(SCHEME):
            return "/scheme/" + quote(iri.removeprefix(SCHEME), safe="/-._~")
        path = self._names.path_of(iri)
        if path is None:
            return None
        whole, hash_mark, fragment = path.partition("#")
        thing = split_path(whole)
        if thing is not None:
            return document(*thing) + hash_mark + quote(fragment, safe="=&-._~")
        return quote(path, safe="/#=&-._~") if path.startswith(_PAGES) else None


def thing(kind: str, code: str, suffix: str = "") -> str:
    """Return the address of a thing itself, of its document in one format when a suffix is given."""
    return f"/id/{_segment(kind)}/{_segment(code)}" + (f".{suffix}" if suffix else "")


def document(kind: str, code: str, suffix: str = "") -> str:
    """Return the address of the document about a thing, in one format when a suffix is given."""
    return f"/doc/{_segment(kind)}/{_segment(code)}" + (f".{suffix}" if suffix else "")


def _segment(text: str) -> str:
    """Return a kind or a code as part of a path; nearly all of them stand there as they are."""
    return text if text.isalnum() and text.isascii() else quote(text)


@lru_cache(_REMEMBERED)
def describe(iri: str, form: Format | None = None) -> str:
    """Return the address of our description of any IRI."""
    return f"/describe?iri={quote(iri, safe=':/.-_~')}" + (f"&format={form.name}" if form else "")


def quoted(text: str) -> str:
    """Return a text as the value of a parameter."""
    return quote(text, safe="-._~")


def query(text: str) -> str:
    """Return the address that asks a query."""
    return "/sparql?query=" + _part_of_query(text)


def edit(text: str) -> str:
    """Return the address of the query page with a query in it that is not asked yet."""
    return "/sparql?edit=" + _part_of_query(text)


def edit_about(iri: str) -> str:
    """Return the address of the query page with the query for all about an IRI."""
    return _ABOUT + _part_of_query(iri) + _ABOUT_END


def query_incoming(name: str, target: str) -> str:
    """Return the address that asks for everything that links to an IRI by a property."""
    return _INCOMING + _part_of_query(name) + _INCOMING_MIDDLE + _part_of_query(target) + _INCOMING_END


def _part_of_query(text: str) -> str:
    return quote(text, safe=":/.-_~?()*;,")


#: What stands around the IRIs, encoded once.
_ABOUT: Final = edit("SELECT ?property ?value WHERE {\n  <")
_ABOUT_END: Final = _part_of_query("> ?property ?value\n}")
_INCOMING: Final = query("SELECT ?thing WHERE { ?thing <")
_INCOMING_MIDDLE: Final = _part_of_query("> <")
_INCOMING_END: Final = _part_of_query("> }")
