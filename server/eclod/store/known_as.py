"""Under which keys each thing is known: numbers others gave it, its homepage, the page of a register about it.

Several things may be known under one key: a homepage is shared by a project's partners, a number by two countries.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final

import pyoxigraph as ox
from pycountry import countries

from eclod.core import keys
from eclod.core.namespaces import expand
from eclod.rdf import fields
from eclod.store import lines

SCHEMA: Final = """
CREATE TABLE known (key TEXT NOT NULL, how TEXT NOT NULL, iri TEXT NOT NULL);
CREATE INDEX known_key ON known (key);
CREATE INDEX known_iri ON known (iri);
"""
IRI: Final = "IRI"
SAME: Final = "same"
CELEX: Final = "celex"
HOMEPAGE: Final = "homepage"
SOURCE: Final = "source"
IDENTIFIER: Final = "identifier"
#: What of a thing itself leads to it: the property, and how the release calls it.
PROPERTIES: Final = {
    expand("foaf:homepage"): HOMEPAGE,
    expand("dct:source"): SOURCE,
    expand("dct:identifier"): IDENTIFIER,
    expand("eli:id_local"): IDENTIFIER,
    expand("eclod:celex"): CELEX,
    expand("owl:sameAs"): SAME,
    expand("skos:exactMatch"): SAME,
}
_PREDICATES: Final = frozenset(f"<{name}>".encode() for name in PROPERTIES)
#: Of what is not below `{base}/id/` the others lead elsewhere: the homepage of a registry is that of whoever keeps it.
_OF_OTHERS: Final = frozenset(
    f"<{name}>".encode() for name, how in PROPERTIES.items() if how in (IDENTIFIER, CELEX, SAME)
)
#: What is compared as a number; all else is an address.
_NUMBERS: Final = (IDENTIFIER, CELEX)
_TYPE: Final = f"<{expand('rdf:type')}>".encode()
_TYPE_NODE: Final = ox.NamedNode(expand("rdf:type"))
#: What the Union writes for these countries beside ISO 3166.
_ALSO: Final = {"GR": "EL", "GB": "UK"}


@cache
def identified_classes() -> frozenset[str]:
    """Return the classes of what has a row in the table of identifiers: all kinds but places, which it leaves out."""
    return frozenset(shape.target_class for shape in fields.load() if shape.kind not in (None, "place"))


def of_lines(told: Iterable[bytes], prefix: str) -> Iterator[tuple[str, str, str]]:
    """Return (key, how, IRI) of what lines say of things whose IRIs begin with a prefix."""
    start = f"<{prefix}".encode()
    yield from _said(line for line in told if line.startswith(start) and _is_wanted(line.split(b" ", 2)))


def _is_wanted(parts: Sequence[bytes]) -> bool:
    return parts[1] in _PREDICATES and b"#" not in parts[0]


def of_others(told: Iterable[bytes], prefix: str) -> Iterator[tuple[str, str, str]]:
    """Return (key, how, IRI) of what the table of identifiers lists although its IRI does not begin with a prefix."""
    start, classes = f"<{prefix}".encode(), {f"<{name}> .".encode() for name in identified_classes()}
    listed: set[bytes] = set()
    said: list[tuple[bytes, bytes]] = []
    for line in told:
        if is_of_others(line, start):
            subject, predicate, value = line.split(b" ", 2)
            if predicate == _TYPE and value in classes:
                listed.add(subject)
            elif predicate in _OF_OTHERS:
                said.append((subject, line))
    for subject in listed:
        iri = subject[1:-1].decode()
        yield keys.of_address(iri) or keys.of_identifier(iri), IRI, iri
    yield from _said(line for subject, line in said if subject in listed)


def is_of_others(line: bytes, start: bytes) -> bool:
    """Tell whether a line is about something with an IRI that does not begin like the start."""
    return line.startswith(b"<") and not line.startswith((start, b"<<"))


def told_of_others(store: ox.Store, iris: Iterable[str]) -> Iterator[bytes]:
    """Return what the merged view says, as lines, of those that the table of identifiers lists."""
    classes = identified_classes()
    for iri in iris:
        node, merged = ox.NamedNode(iri), ox.DefaultGraph()
        kinds = store.quads_for_pattern(node, _TYPE_NODE, None, merged)
        if any(isinstance(quad.object, ox.NamedNode) and quad.object.value in classes for quad in kinds):
            for quad in store.quads_for_pattern(node, None, None, merged):
                yield lines.of_triple(quad.triple)


def _said(told: Iterable[bytes]) -> Iterator[tuple[str, str, str]]:
    """Return (key, how, IRI) of lines with the properties that lead to their subject."""
    for quad in lines.quads(told):
        how, value = PROPERTIES[quad.predicate.value], quad.object
        if isinstance(quad.subject, ox.NamedNode) and isinstance(value, ox.NamedNode | ox.Literal):
            key = keys.of_identifier(value.value) if how in _NUMBERS else keys.of_address(value.value)
            if key:
                yield key, how, quad.subject.value


def of_number(scheme: str, country: str, value: str, iri: str) -> Iterator[tuple[str, str, str]]:
    """Return (key, how, IRI) of a number that somebody gave to a thing; `country` as the authority table has it."""
    key = keys.of_identifier(value)
    yield key, scheme, iri
    known = countries.get(alpha_3=country) if country else None
    if known is not None:
        spellings = [code for code in (known.alpha_2, _ALSO.get(known.alpha_2)) if code is not None]
        bare = next((key.removeprefix(code) for code in spellings if key.startswith(code)), key)
        for code in spellings:
            if code + bare != key:
                yield code + bare, scheme, iri


def insert(connection: sqlite3.Connection, found: Iterable[tuple[str, str, str]]) -> None:
    """Add keys to the table of `SCHEMA`, each once, in order."""
    connection.executemany("INSERT INTO known (key, how, iri) VALUES (?, ?, ?)", sorted(set(found)))
