"""Whether a page has a link, and what its title is; nothing else of a page is ever kept."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urljoin

import pyoxigraph as ox

from eclod.core.errors import BadInput
from eclod.store.linkbacks import notifications

#: What is asked of a page, and read.
ACCEPT: Final = "text/html, application/xhtml+xml;q=0.9, text/turtle;q=0.8, application/ld+json;q=0.7, */*;q=0.1"
_HTML: Final = ("text/html", "application/xhtml+xml")
_RDF: Final = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}
#: Attributes that link: hypertext, and RDFa (RDFa Core 1.1, section 5).
_LINKS: Final = ("href", "resource", "about")
_LONGEST_TITLE: Final = 120
_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{1,30})", re.IGNORECASE)
#: Control and format characters, those among them that turn the direction of writing.
_NOT_SHOWN: Final = frozenset({"Cc", "Cf", "Co", "Cn", "Cs"})


@dataclass(frozen=True, slots=True)
class Page:
    """What was found in a page: whether it links, its title, shortened."""

    links: bool
    title: str = ""


def read(media_type: str, charset: str, body: bytes, address: str, leads_there: Callable[[str], bool]) -> Page:
    """Return what a page says; raises BadInput when it is neither HTML nor RDF, or cannot be read."""
    if media_type in _HTML:
        reader = _Reader(address)
        reader.feed(_text(body, charset))
        iris = (*reader.targets, *reader.in_data())
        return Page(any(map(leads_there, iris)), title(reader.title))
    form = _RDF.get(media_type)
    if form is None:
        raise BadInput(f"The page is '{media_type[:80]}', and only HTML or RDF can be checked.")
    try:
        if form is ox.RdfFormat.JSON_LD:
            content = notifications.with_local_contexts(json.loads(body), 0)
            body = json.dumps(content).encode()
        quads = list(ox.parse(body, form, base_iri=address))
    except (SyntaxError, ValueError, RecursionError):
        raise BadInput(f"The page is no {form.name} that can be read.") from None
    terms = {term for quad in quads for term in (quad.subject, quad.object) if isinstance(term, ox.NamedNode)}
    return Page(any(leads_there(term.value) for term in terms))


def title(text: str) -> str:
    """Return a text on one line, shortened, without characters that are not seen."""
    seen = "".join(" " if unicodedata.category(sign) in _NOT_SHOWN else sign for sign in text[: 10 * _LONGEST_TITLE])
    line = " ".join(seen.split())
    return line if len(line) <= _LONGEST_TITLE else line[: _LONGEST_TITLE - 1].rstrip() + "…"


def _text(body: bytes, charset: str) -> str:
    match = _CHARSET.search(body[:2048])
    try:
        return body.decode(charset or (match[1].decode() if match else "utf-8"), "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


class _Reader(HTMLParser):
    """Collects where the tags of a page lead; comments and scripts are no links."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._base = address
        self.targets: list[str] = []
        self.title = ""
        self._data: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        for name in _LINKS:
            if value := said.get(name):
                self._add(value)
        if tag == "title" and not self.title:
            self._inside = "title"
        elif tag == "script" and (said.get("type") or "").strip().lower() == "application/ld+json":
            self._inside = "data"
            self._data.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.title += data
        elif self._inside == "data":
            self._data[-1] += data

    def in_data(self) -> Iterator[str]:
        """Return the texts in the JSON-LD of a page; what is no IRI leads nowhere."""
        for text in self._data:
            try:
                yield from _texts(json.loads(text))
            except (ValueError, RecursionError):
                continue

    def _add(self, value: str) -> None:
        try:
            self.targets.append(urljoin(self._base, value.strip()))
        except ValueError:
            return


def _texts(content: Any) -> Iterator[str]:
    waiting = [content]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case list() as values:
                waiting += values
            case dict() as values:
                waiting += values.values()
