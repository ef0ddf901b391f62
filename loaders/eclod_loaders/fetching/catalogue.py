"""A DCAT catalogue or a description of one dataset: which of its files is read, for the file to be fetched then."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.errors import BadInput
from eclod.core.namespaces import expand
from eclod_loaders.fetching.copies import RDF, Copies
from eclod_loaders.reading import rdf_syntax

MAX_PAGES: Final = 50
MAX_SECONDS: Final = 600.0
_NEXT: Final = ("http://www.w3.org/ns/hydra/core#next", "http://www.w3.org/ns/hydra/core#nextPage")
_FILE_TYPES: Final = "http://publications.europa.eu/resource/authority/file-type/"
_MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types/"
#: What the formats that an adapter reads are called, in media types, file types of the EU and endings; best first.
_READ: Final = {
    "tabular": ("csv", "tsv", "xlsx", "tab-separated-values", "spreadsheetml.sheet", "xls"),
    "geojson": ("geojson", "geo+json"),
    "json": ("json",),
    "xml": ("xml",),
    "icalendar": ("icalendar", "calendar", "ics"),
    "rdf": (
        *("n-quads", "n-triples", "rdf_n_triples", "turtle", "rdf_turtle", "trig", "rdf_trig", "rdf+xml", "rdf_xml"),
        *("ld+json", "json_ld", "nq", "nt", "ttl", "rdf", "jsonld"),
    ),
}


class Catalogue:
    """What DCAT says at an address, all pages of it."""

    def __init__(self, url: str, copies: Copies) -> None:
        self._url = url
        self._copies = copies

    def fetch(self, adapter: str, dataset: str) -> Path:
        """Return the copy of the file that an adapter reads best, of the dataset named by its IRI or of the only one.

        Raises BadInput, with what there is, when no file or more than one dataset would do.
        """
        said = self._said()
        datasets = _objects(said, "dcat:distribution")
        if dataset and dataset not in datasets:
            raise BadInput(f"{self._url} has no dataset <{dataset}> with files; it has {_listed(datasets)}.")
        offered = {
            name: best
            for name, files in datasets.items()
            if dataset in ("", name) and (best := _best(said, files, adapter)) is not None
        }
        if not offered:
            raise BadInput(f"{self._url} names no file that the adapter '{adapter}' reads; look at its distributions.")
        if len(offered) > 1:
            raise BadInput(f"{self._url} has several datasets; say which with 'dataset': {_listed(offered)}.")
        return self._copies.fetch(next(iter(offered.values())), RDF if adapter == "rdf" else "*/*")

    def _said(self) -> dict[str, list[Triple]]:
        """Return what the catalogue says by subject, from all pages of it."""
        said: dict[str, list[Triple]] = {}
        waiting, seen = [self._url], {self._url}
        deadline = time.monotonic() + MAX_SECONDS
        while waiting:
            url = waiting.pop()
            path = self._copies.fetch(url, RDF)
            content = path.read_bytes()
            for quad in rdf_syntax.quads(content, url, rdf_syntax.format_of(path.name, content), url):
                said.setdefault(str(getattr(quad.subject, "value", "")), []).append(quad.triple)
                value = quad.object
                following = str(getattr(value, "value", ""))
                if quad.predicate.value in _NEXT and following not in seen:
                    seen.add(following)
                    waiting.append(following)
            if len(seen) > MAX_PAGES or time.monotonic() > deadline:
                raise BadInput(f"{self._url} has more than {MAX_PAGES} pages; name the address of the dataset itself.")
        return said


def _objects(said: dict[str, list[Triple]], name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for subject, triples in said.items():
        for triple in triples:
            if triple.predicate.value == expand(name) and not isinstance(triple.object, Literal):
                found.setdefault(subject, []).append(str(getattr(triple.object, "value", "")))
    return found


def _best(said: dict[str, list[Triple]], distributions: list[str], adapter: str) -> str | None:
    """Return the address of the file whose format comes first among those that the adapter reads."""
    ranked: list[tuple[int, str]] = []
    for each in distributions:
        values: dict[str, str] = {}
        for triple in said.get(each, ()):
            if isinstance(triple.object, NamedNode | Literal):
                values.setdefault(triple.predicate.value, triple.object.value)
        url = values.get(expand("dcat:downloadURL")) or values.get(expand("dcat:accessURL"), "")
        packed = expand("dcat:compressFormat") in values or expand("dcat:packageFormat") in values
        rank = _rank(values, url, adapter)
        if url and rank is not None and not (packed and adapter != "rdf"):
            ranked.append((rank, url))
    return min(ranked)[1] if ranked else None


def _rank(values: dict[str, str], url: str, adapter: str) -> int | None:
    names = {
        values.get(expand("dcat:mediaType"), "").removeprefix(_MEDIA_TYPES).rpartition("/")[2].lower(),
        values.get(expand("dct:format"), "").removeprefix(_FILE_TYPES).rpartition("/")[2].lower(),
        url.partition("?")[0].removesuffix(".gz").rpartition(".")[2].lower(),
    }
    names |= {name.rpartition(".")[2] for name in names}
    return next((rank for rank, known in enumerate(_READ[adapter]) if known in names), None)


def _listed(names: dict[str, object] | dict[str, list[str]] | dict[str, str]) -> str:
    shown = [f"<{name}>" for name in sorted(names)[:10]]
    return ", ".join(shown) + (" …" if len(names) > 10 else "") if shown else "none"
