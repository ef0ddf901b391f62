"""What crawlers read: robots.txt, and a sitemap of every page about a thing.

Sources: https://www.sitemaps.org/protocol.html, RFC 9309. A sitemap holds 50,000 addresses at most, so there is an
index of them.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice
from typing import Final, cast

import pyoxigraph as ox
from flask import Blueprint, Response

from eclod.core.errors import NotFound
from eclod.core.formats import RESULT_JSON, Format
from eclod.core.iris import split_path
from eclod.store.engine import Question
from eclod.web.context import Service, service
from eclod.web.messages import here
from eclod.web.messages.negotiate import Choice
from eclod.web.messages.responses import Sender
from eclod.web.resources import links

blueprint: Final = Blueprint("sitemap", __name__)

MOST: Final = 50_000
_XML: Final = Format("xml", "application/xml", "Sitemap", charset=True)
_GZIP: Final = Format("gz", "application/gzip", "Sitemap, compressed")
_TEXT: Final = Format("txt", "text/plain", "Rules for crawlers", charset=True)
_NAMESPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
#: What is neither a page nor worth a crawl: answers without end, and what only programs send.
_CLOSED: Final = (
    "/sparql?query=",
    "/search?q=",
    "/suggest",
    "/reconcile",
    "/resolve",
    "/receipts?query=",
    "/inbox",
    "/graphs?graph=",
    "/oembed",
)
_PAGES: Final = (
    *("/", "/browse", "/clusters", "/organisations", "/projects", "/events", "/documents", "/statistics", "/regions"),
    *(
        "/ontology",
        "/ontology/alignments",
        "/shapes",
        "/scheme",
        "/registries",
        "/releases",
        "/queries",
        "/tables",
        "/embed",
    ),
)
_THINGS: Final = "SELECT DISTINCT ?thing WHERE {{ ?thing a ?class FILTER(STRSTARTS(STR(?thing), '{}/id/')) }}"


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Say what crawlers may read and where the sitemap is."""
    found = service()
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _CLOSED)]
    lines += ["", f"Sitemap: {here.address(found.settings.base)}/sitemap.xml"]
    return _send(found, _TEXT, lambda: "\n".join(lines).encode() + b"\n")


@blueprint.get("/sitemap.xml")
def index() -> Response:
    """List the sitemaps."""
    found = service()

    def body() -> bytes:
        root, days = here.address(found.settings.base), [_made(found), *(part.changed for part in _parts(found))]
        parts = ((f"{root}/sitemap-{number}.xml.gz", day) for number, day in enumerate(days))
        return _document(
            "sitemapindex", (f"<sitemap><loc>{part}</loc><lastmod>{day}</lastmod></sitemap>" for part, day in parts)
        )

    return _send(found, _XML, body)


@blueprint.get("/sitemap-<int:number>.xml.gz")
def part(number: int) -> Response:
    """Return one sitemap; the first one has the pages that are not about a thing."""
    found = service()
    parts = _parts(found)
    if number > len(parts):
        raise NotFound("There is no such sitemap; /sitemap.xml lists those there are.")

    def body() -> bytes:
        root, made = here.address(found.settings.base), _made(found)
        pages = parts[number - 1].pages() if number else [(path, made) for path in _PAGES]
        entries = (f"<url><loc>{root}{escape(path)}</loc><lastmod>{day}</lastmod></url>" for path, day in pages)
        return gzip.compress(_document("urlset", entries), 6, mtime=0)

    return _send(found, _GZIP, body)


def _send(found: Service, form: Format, body: Callable[[], bytes]) -> Response:
    sender = Sender(found, Choice(form, True, ()), release=found.release(), about=here.address(found.settings.base))
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    return sender.send(body())


def _document(root: str, entries: Iterable[str]) -> bytes:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<{root} xmlns="{_NAMESPACE}">', *entries, f"</{root}>"]
    return "\n".join(lines).encode() + b"\n"


def _made(found: Service) -> str:
    """Return the day of the release: since then a page shows what it shows, if it is not about one thing."""
    created = found.created(found.release())
    return created.date().isoformat() if created else "1970-01-01"


@dataclass(frozen=True, slots=True)
class _Part:
    """Some pages about things with the days they changed, compressed, and the newest of the days."""

    packed: bytes
    changed: str

    @classmethod
    def of(cls, pages: Sequence[tuple[str, str]]) -> _Part:
        text = "\n".join(f"{day} {path}" for path, day in pages)
        return cls(zlib.compress(text.encode()), max(day for _, day in pages))

    def pages(self) -> Iterator[tuple[str, str]]:
        for line in zlib.decompress(self.packed).decode().split("\n"):
            day, _, path = line.partition(" ")
            yield path, day


def _parts(found: Service) -> list[_Part]:
    """Return the addresses of all documents, so many in each part.

    A thing changed when the feed last told of it; what it never told of is as old as the release.
    """

    def build() -> tuple[list[_Part], str]:
        release, made, told = found.engine.release, _made(found), found.feed.days()
        pages = ((path, told.get(iri, made)) for iri in _things(found, release) if (path := _path(found, iri)))
        return [_Part.of(some) for some in _batches(pages)], release

    return found.remember_newest("sitemap", build)


def _things(found: Service, release: str) -> Iterator[str]:
    """Return the identifiers that are valid; asked of the data where a release has no list of them."""
    listed = False
    for identity in found.identities.for_release(release).all():
        listed = True
        if identity.state == "valid":
            yield identity.iri
    if not listed:
        answer = found.engine.ask(Question(_THINGS.format(found.names.base), result_format=RESULT_JSON)).read()
        rows = cast("ox.QuerySolutions", ox.parse_query_results(answer, ox.QueryResultsFormat.JSON))
        yield from sorted(cast("ox.NamedNode", row["thing"]).value for row in rows)


def _batches(pages: Iterator[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    while some := list(islice(pages, MOST)):
        yield some


def _path(found: Service, iri: str) -> str | None:
    thing = split_path(found.names.path_of(iri) or "")
    return links.document(*thing) if thing else None
