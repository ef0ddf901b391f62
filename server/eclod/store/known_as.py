"""Under which keys each thing is known: numbers others gave it, its homepage, the page of a register about it.

Several things may be known under one key: a homepage is shared by a project's partners, a number by two countries.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final

import pyoxigraph as ox
from pycountry import countries

from eclod.core import keys
from eclod.core.namespaces import expand
from eclod.store import lines

SCHEMA: Final = """
CREATE TABLE known (key TEXT NOT NULL, how TEXT NOT NULL, iri TEXT NOT NULL);
CREATE INDEX known_key ON known (key);
CREATE INDEX known_iri ON known (iri);
"""
HOMEPAGE: Final = "homepage"
SOURCE: Final = "source"
IDENTIFIER: Final = "identifier"
#: What of a thing itself leads to it: the property, and how the release calls it.
PROPERTIES: Final = {
    expand("foaf:homepage"): HOMEPAGE,
    expand("dct:source"): SOURCE,
    expand("dct:identifier"): IDENTIFIER,
}
_FRAGMENTS: Final = tuple(f" <{name}> ".encode() for name in PROPERTIES)
#: What the Union writes for these countries beside ISO 3166.
_ALSO: Final = {"GR": "EL", "GB": "UK"}


def of_lines(told: Iterable[bytes], prefix: str) -> Iterator[tuple[str, str, str]]:
    """Return (key, how, IRI) of what lines say of things whose IRIs begin with a prefix."""
    start = f"<{prefix}".encode()
    wanted = (line for line in told if line.startswith(start) and any(each in line for each in _FRAGMENTS))
    for quad in lines.quads(wanted):
        how = PROPERTIES.get(quad.predicate.value)
        value = quad.object
        if how is None or not isinstance(quad.subject, ox.NamedNode) or "#" in quad.subject.value:
            continue
        if isinstance(value, ox.NamedNode | ox.Literal):
            key = keys.of_identifier(value.value) if how == IDENTIFIER else keys.of_address(value.value)
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
