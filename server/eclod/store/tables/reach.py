"""Whose rows show something of what changed: those of the things themselves, of what they are parts of, and of what
names them.

A row shows what is said about its thing and, over links that the layout knows, about its parts and theirs (an address,
the money in a grant), the labels and codes of what it names, and, on the map, where an organisation or a region is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import pyoxigraph as ox

from eclod.core.iris import Names
from eclod.core.namespaces import expand
from eclod.store import identities
from eclod.store.tables import layout, maps, rows
from eclod.store.tables.layout import Table
from eclod.store.tables.readers import Links, Nested, Point, Reader
from eclod.store.tables.view import Stored, node, property_of, term

#: Things above which it is cheaper to make all rows anew.
MOST: Final = 20_000
#: Links to one thing above which they are looked for property by property.
_MANY_LINKS: Final = 500


class TooMany(Exception):
    """More rows show what changed than are worth making one by one."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Whose rows are to be made anew (as lines have it): in all tables, and those of them in that of identifiers."""

    rows: frozenset[bytes]
    identifiers: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class _Links:
    """The properties over which rows show something of other things: parts of a thing, what shows under its label,
    and what shows by more than that: codes, and places on the map. `climbed` are those that a part may have, so that
    what the part is of shows it too."""

    parts: frozenset[bytes]
    climbed: frozenset[bytes]
    labels: frozenset[bytes]
    more: frozenset[bytes]
    places: frozenset[bytes]


def of(
    touched: Collection[bytes], label_before: Callable[[bytes], str | None], view: Stored, store: ox.Store, base: str
) -> Reached:
    """Return whose rows show something of the touched subjects.

    `label_before` tells what a thing was called in the release before, None when that is not known. Raises TooMany.
    """
    links, names = _links(), Names(base)
    reached, identifiers, climbed, climbing = set(touched), set(touched), set(touched), list(touched)
    while climbing:
        subject = climbing.pop()
        wanted = links.parts | links.places
        if subject in touched:
            wanted |= links.more
            before = label_before(subject)
            if before is None or before != view.label(subject):
                wanted |= links.labels
                identifiers.update(_registered(store, subject))
            identifiers.update(_lives(store, subject, names))
        for owner, predicate in _pointing(store, subject, wanted):
            reached.add(owner)
            if predicate in links.climbed and owner not in climbed:
                climbed.add(owner)
                climbing.append(owner)
            if predicate in links.parts:
                identifiers.add(owner)
            if len(reached) > MOST:
                raise TooMany
        if len(identifiers) > MOST:
            raise TooMany
    return Reached(frozenset(reached | identifiers), frozenset(identifiers))


@cache
def _links() -> _Links:
    """Return the links that the layout of the tables knows."""
    parts, labels, codes = {rows.OUTSIDE, maps.GEOMETRY}, {term(expand("rdf:type"))}, set[bytes]()
    inside = set[bytes]()

    def learn(predicate: bytes, reader: Reader) -> None:
        if isinstance(reader, Links):
            labels.update([predicate] if reader.labelled else [])
            codes.update([predicate] if reader.coded else [])
        elif isinstance(reader, Nested | Point):
            parts.add(predicate)
        for path, inner in reader.parts if isinstance(reader, Nested) else ():
            inside.add(path)
            learn(path, inner)

    tables = layout.tables()
    for table in tables:
        for fills in table.fills.values():
            for predicate, several in fills.items():
                for fill in several:
                    learn(predicate, fill.reader)
    places = frozenset(_places({table.name: table for table in tables}[maps.CLUSTERS]))
    return _Links(frozenset(parts), frozenset(parts | inside), frozenset(labels), frozenset(codes) | places, places)


def _places(clusters: Table) -> Iterator[bytes]:
    """Return the properties of a cluster by which it has a place on the map that is not its own."""
    for column in clusters.columns:
        if column.name in maps.PLACED_BY:
            yield from map(term, column.properties)


def _pointing(store: ox.Store, subject: bytes, wanted: frozenset[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Return (subject, predicate) of what the merged view links to a thing by one of some properties."""
    value, merged = node(subject), ox.DefaultGraph()
    some = list(itertools.islice(store.quads_for_pattern(None, None, value, merged), _MANY_LINKS))
    if len(some) == _MANY_LINKS:
        several = [store.quads_for_pattern(None, property_of(p), value, merged) for p in wanted]
        found: Iterator[ox.Quad] = itertools.chain.from_iterable(several)
    else:
        found = iter(some)
    for quad in found:
        predicate = str(quad.predicate).encode()
        if predicate in wanted:
            yield str(quad.subject).encode(), predicate


def _registered(store: ox.Store, subject: bytes) -> Iterator[bytes]:
    """Return the identifiers that are registered by a thing or have it as their state."""
    for predicate in (rows.REGISTERED_BY, rows.STATUS):
        quads = store.quads_for_pattern(None, property_of(predicate), node(subject), None)
        yield from (str(quad.subject).encode() for quad in itertools.islice(quads, MOST + 1))


def _lives(store: ox.Store, subject: bytes, names: Names) -> Iterator[bytes]:
    """Return the identifiers in whose life something is an event."""
    graph, change = ox.NamedNode(names.graph(identities.LIFE)), ox.NamedNode(identities.CHANGE)
    quads = store.quads_for_pattern(None, change, node(subject), graph)
    return (str(quad.subject).encode() for quad in itertools.islice(quads, MOST + 1))
