"""What crawlers read: robots.txt, and a sitemap of every page about a thing.

Sources: https://www.sitemaps.org/protocol.html, RFC 9309. A sitemap holds 50,000 addresses at most, so there is an
index of them.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
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
        root, changed = here.address(found.settings.base), _changed(found)
        parts = (f"{root}/sitemap-{number}.xml.gz" for number in range(len(_parts(found)) + 1))
        return _document(
            "sitemapindex", (f"<sitemap><loc>{p}</loc><lastmod>{changed}</lastmod></sitemap>" for p in parts)
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
        root, changed = here.address(found.settings.base), _changed(found)
        paths = _PAGES if number == 0 else zlib.decompress(parts[number - 1]).decode().split("\n")
        entries = (f"<url><loc>{root}{escape(path)}</loc><lastmod>{changed}</lastmod></url>" for path in paths)
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


def _changed(found: Service) -> str:
    """Return the day since which every page shows what it shows: that of the release."""
    created = found.created(found.release())
    return created.date().isoformat() if created else "1970-01-01"


def _parts(found: Service) -> list[bytes]:
    """Return the addresses of all documents, compressed, so many in each part."""

    def build() -> tuple[list[bytes], str]:
        release = found.engine.release
        paths = (path for iri in _things(found, release) if (path := _path(found, iri)))
        return [zlib.compress("\n".join(some).encode()) for some in _batches(paths)], release

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


def _batches(paths: Iterator[str]) -> Iterator[list[str]]:
    while some := list(islice(paths, MOST)):
        yield some


def _path(found: Service, iri: str) -> str | None:
    thing = split_path(found.names.path_of(iri) or "")
    return links.document(*thing) if thing else None
