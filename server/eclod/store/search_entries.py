"""What of a release can be found by name: its things, codes and terms, each once, under its labels in all languages."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import pyoxigraph as ox

from eclod.core import labels as label_choice
from eclod.core.iris import KINDS
from eclod.core.namespaces import expand
from eclod.store import lines
from eclod.store.search import Entry

_STATEMENT: Final = re.compile(rb"^(\S+) <([^>]*)> (.*) \.$", re.DOTALL)
_LITERAL: Final = re.compile(r'^("(?:[^"\\]|\\.)*")(?:@([A-Za-z0-9-]+))?', re.DOTALL)
_COUNTRY: Final = expand("eclod:country")
_TYPE: Final = expand("rdf:type")
_NOTATION: Final = expand("skos:notation")
_IDENTIFIER: Final = expand("dct:identifier")

_COUNTRIES: Final = b"<" + expand("country:").encode()
_TERMS: Final = b"<" + expand("eclod:").encode()

#: What a person most likely means comes first when names are equally good.
_WEIGHTS: Final = {
    "cluster": 40,
    "organisation": 30,
    "platform": 30,
    "hub": 30,
    "programme": 25,
    "call": 20,
    "strategy": 20,
    "priority": 20,
    "document": 20,
    "action": 20,
    "recommendation": 15,
    "event": 20,
    "offer": 15,
    "need": 15,
    "project": 10,
}
_PREFIX_KINDS: Final = (
    (expand("nuts:"), "region"),
    (expand("nace21:"), "sector"),
    (expand("nace2:"), "sector"),
    (expand("country:"), "country"),
    (expand("scheme:"), "concept"),
    (expand("eclod:"), "term"),
)
#: Letters that people without that keyboard write otherwise, and that the index does not fold by itself.
_FOLDED: Final = str.maketrans(
    dict(zip("øØłŁđĐıħĦŧŦ", "oOlLdDihHtT", strict=True))
    | {"æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ß": "ss", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D"}
)
#: Not found by name: they are found through what they join.
_UNLISTED: Final = frozenset({"membership", "participation", "slot", "observation", "seats", "account"})


def of_lines(graph: Iterable[bytes], base: str, countries: Mapping[str, str]) -> Iterator[Entry]:
    """Return the entries of sorted lines of the merged view; `countries` maps a country's IRI to its name."""
    for about, group in itertools.groupby(graph, lambda line: thing_of(lines.subject(line))):
        if about.startswith(b"<"):
            entry = _entry(about[1:-1].decode(), group, base, countries)
            if entry is not None:
                yield entry


def thing_of(subject: bytes) -> bytes:
    """Return the thing that lines about a subject belong to; of a node inside it (`…#address`) the thing itself."""
    if b"#" not in subject or subject.startswith(_TERMS):
        return subject
    return subject.partition(b"#")[0] + b">"


def is_country(about: bytes) -> bool:
    """Return whether a subject, as a line begins with it, is a country: its name is part of other entries."""
    return about.startswith(_COUNTRIES)


def country_labels(store: ox.Store) -> dict[str, str]:
    """Return the English names of countries by IRI."""
    query = f"""SELECT ?country ?name WHERE {{
        ?country <{expand("skos:inScheme")}> <http://publications.europa.eu/resource/authority/country> ;
                 <{expand("skos:prefLabel")}> ?name . FILTER(lang(?name) = 'en') }}"""
    solutions = store.query(query)
    assert isinstance(solutions, ox.QuerySolutions)
    return {row["country"].value: row["name"].value for row in solutions}


def _entry(iri: str, group: Iterable[bytes], base: str, countries: Mapping[str, str]) -> Entry | None:
    names: dict[str, list[tuple[str, str]]] = {}
    country = ""
    for line in group:
        match = _STATEMENT.match(line)
        if match is None:
            continue
        predicate, value = match[2].decode(), match[3].decode()
        inside = match[1].decode() != f"<{iri}>"
        if inside:
            # Of what is inside a thing only the numbers that others gave it lead to it.
            if predicate == _NOTATION and (literal := _LITERAL.match(value)):
                names.setdefault(predicate, []).append((str(json.loads(literal[1], strict=False)), ""))
        elif predicate == _COUNTRY:
            country = countries.get(value[1:-1], "")
        elif predicate in label_choice.LABEL_PROPERTIES or predicate == _IDENTIFIER:
            literal = _LITERAL.match(value)
            if literal:
                text = str(json.loads(literal[1], strict=False))
                names.setdefault(predicate, []).append((text, literal[2] or ""))
    labels = next((names[p] for p in label_choice.LABEL_PROPERTIES if p in names), None)
    kind = kind_of(iri, base)
    best = label_choice.choose(labels) if labels else None
    if kind in _UNLISTED or best is None:
        return None
    texts = {text for texts in names.values() for text, _ in texts}
    others = sorted((texts | {text.translate(_FOLDED) for text in texts}) - {best[0]})
    return Entry(iri, kind, best[0], best[1], country, "\n".join(others), _WEIGHTS.get(kind, 0))


def kind_of(iri: str, base: str) -> str:
    """Return the kind of thing an IRI names: our own kinds, region, sector, country, concept, term, or other."""
    if iri.startswith(f"{base}/id/"):
        kind = iri[len(base) + 4 :].partition("/")[0]
        return kind if kind in KINDS else "other"
    if iri.startswith("http://publications.europa.eu/resource/celex/"):
        return "document"
    if iri.startswith(f"{base}/registries/"):
        return "registry"
    return next((kind for prefix, kind in _PREFIX_KINDS if iri.startswith(prefix)), "other")
