"""A collection in memory: its things in order, and for each value of a facet the set of things that have it.

A set is one Python integer with a bit for each thing, so that any combination of choices is counted in microseconds: at
120,000 organisations a set has 15 kB, and asking SPARQL for the same numbers takes 0.1 to 0.3 s a facet.
"""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from eclod.core.errors import TooLarge
from eclod.core.formats import RESULT_TSV
from eclod.core.namespaces import PREFIXES
from eclod.core.wkt import point_of
from eclod.store.engine import Question
from eclod.web.context import Service
from eclod.web.pages.lists import texts
from eclod.web.pages.lists.state import State
from eclod.web.pages.lists.table import Collection, Facet
from eclod.web.resources import statements
from eclod.web.resources.statements import Reader

_TEXTS_KEPT: Final = 64
#: How many questions are asked at the same time: as many as there usually are executors.
_AT_ONCE: Final = 4
#: What is read beside the facets; no facet has such a name.
_POINT: Final = " point"
_REGION_POINT: Final = " point of region"
_WHEN: Final = " when"
_CLASSIFICATIONS: Final = (PREFIXES["nuts"], PREFIXES["nace2"], PREFIXES["nace21"])
#: How codes of different editions are tied that share something.
_SHARING: Final = "(skos:relatedMatch|dct:isReplacedBy+|dct:replaces+)"
_POINTS: Final = "?thing (geo:hasDefaultGeometry|geo:hasGeometry)/geo:asWKT ?value"
_REGION_POINTS: Final = "?thing dct:spatial ?region . ?region geo:hasDefaultGeometry/geo:asWKT ?value"


@dataclass(frozen=True, slots=True)
class Tree:
    """What is above and below the codes of classifications: NUTS and NACE, in all editions.

    `near` are the codes of other editions with which a code shares something, without being the same.
    """

    above: Mapping[str, tuple[str, ...]]
    below: Mapping[str, tuple[str, ...]]
    same: Mapping[str, tuple[str, ...]]
    near: Mapping[str, tuple[str, ...]]

    def ancestors(self, code: str) -> list[str]:
        """Return a code and all above it, the nearest first."""
        found = [code]
        for one in found:
            found += [parent for parent in self.above.get(one, ()) if parent not in found]
        return found

    def including(self, code: str) -> set[str]:
        """Return the codes whose choice finds what has this code: see `texts` for the same in SPARQL."""
        upwards = self.ancestors(code)
        means = [same for one in upwards for same in self.same.get(one, ())]
        return {above for one in (*upwards, *means) for above in self.ancestors(one)}


@dataclass(frozen=True, slots=True)
class Index:
    """One collection of one release; `facets` has for each facet and value the set of things, `points` where some are.

    Things in `by_region` have no point of their own, but that of a region of theirs.
    `labels` keeps what values are called and `called` which things have some words in a name, as far as anybody asked.
    """

    release: str
    things: tuple[str, ...]
    searchable: tuple[str, ...]
    facets: Mapping[str, Mapping[str, int]]
    points: Mapping[int, tuple[float, float]]
    by_region: frozenset[int]
    tree: Tree
    labels: dict[str, list[ox.Triple]] = field(default_factory=dict)
    called: dict[tuple[str, ...], int] = field(default_factory=dict)

    @property
    def all(self) -> int:
        return (1 << len(self.things)) - 1

    def selected(self, state: State, except_for: Facet | None = None) -> int:
        """Return the set of things that satisfy the choices, those of one facet left out."""
        found = self.all
        for facet in state.collection.facets:
            values = state.values(facet)
            if values and facet != except_for:
                union = 0
                for value in values:
                    union |= self.facets[facet.name].get(value, 0)
                found &= union
        return found & self._called(state.words) if state.words else found

    def count(self, facet: Facet, value: str, among: int) -> int:
        """Return how many things of a set have a value of a facet."""
        return (self.facets[facet.name].get(value, 0) & among).bit_count()

    def counts(self, facet: Facet, among: int) -> dict[str, int]:
        """Return how many things of a set have each value of a facet, values that none has left out."""
        found = ((value, (having & among).bit_count()) for value, having in self.facets[facet.name].items())
        return {value: number for value, number in found if number}

    def _called(self, words: tuple[str, ...]) -> int:
        if words not in self.called:
            if len(self.called) >= _TEXTS_KEPT:
                self.called.clear()
            self.called[words] = _set(self._named(words), len(self.things))
        return self.called[words]

    def _named(self, words: tuple[str, ...]) -> list[int]:
        """Return the things of which one name has all the words."""
        found = [position for position, names in enumerate(self.searchable) if words[0] in names]
        if len(words) == 1:
            return found
        return [
            position
            for position in found
            if any(all(word in name for word in words) for name in self.searchable[position].split("\n"))
        ]


def positions(of: int) -> Iterator[int]:
    """Return the members of a set, in order."""
    bits = bin(of)[:1:-1]
    position = bits.find("1")
    while position >= 0:
        yield position
        position = bits.find("1", position + 1)


def read(found: Service, collection: Collection) -> Index:
    """Return the index of a collection in the current release, made when somebody first asks for it."""

    def build(reader: Reader) -> Index:
        return _read(reader, collection, lambda: found.remember("trees", reader.release, lambda: _tree(found)))

    return found.remember_newest(("list", collection.path), lambda: statements.consistently(found.engine, build))


def _read(reader: Reader, collection: Collection, tree: Callable[[], Tree]) -> Index:
    patterns = {facet.name: facet.pattern for facet in collection.facets}
    patterns |= {_WHEN: collection.when} if collection.when else {}
    patterns |= {_POINT: _POINTS, _REGION_POINT: _REGION_POINTS} if collection.points else {}
    asked = [texts.names_of(collection), *(texts.pairs(collection, pattern) for pattern in patterns.values())]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        bodies = threads.map(lambda text: _ask(reader, text), asked)
        names: dict[str, list[tuple[bool, str]]] = defaultdict(list)
        for thing, raw in _pairs(next(bodies)):
            text, language = _literal(raw)
            names[thing].append((language != "en", text))
        found = dict(zip(patterns, map(_pairs, bodies), strict=True))
    order = _in_order(names, found.get(_WHEN, ()))
    number = {thing: position for position, thing in enumerate(order)}
    known = tree()
    own = _placed(found.get(_POINT, ()), number)
    at_region = {at: point for at, point in _placed(found.get(_REGION_POINT, ()), number).items() if at not in own}
    return Index(
        release=reader.release,
        things=tuple(order),
        searchable=tuple("\n".join(text.lower() for _, text in names[thing]) for thing in order),
        facets={facet.name: _sets(facet, found[facet.name], number, known) for facet in collection.facets},
        points=own | at_region,
        by_region=frozenset(at_region),
        tree=known,
    )


def _in_order(names: Mapping[str, Sequence[tuple[bool, str]]], dated: Iterable[tuple[str, str]]) -> list[str]:
    """Return things by date, the newest first, then by the name that `texts.rows` gives them."""
    dates: dict[str, str] = {}
    for thing, raw in dated:
        date = _literal(raw)[0]
        dates[thing] = min(date, dates.get(thing, date))
    # People look for Ö under O; SPARQL, which orders the same rows as data, compares code points.
    order = sorted(names, key=lambda thing: (_folded(min(names[thing])[1]), thing))
    order.sort(key=lambda thing: dates.get(thing, ""), reverse=True)
    return order


def _folded(name: str) -> str:
    """Return a name without accents and in small letters."""
    if name.isascii():
        return name.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).lower()


def _sets(facet: Facet, pairs: Iterable[tuple[str, str]], number: Mapping[str, int], tree: Tree) -> dict[str, int]:
    members: dict[str, list[int]] = defaultdict(list)
    for thing, raw in pairs:
        if thing in number:
            members[raw].append(number[thing])
    found: dict[str, int] = defaultdict(int)
    for raw, having in members.items():
        value = _literal(raw)[0] if facet.is_literal else raw[1:-1]
        one = _set(having, len(number))
        for including in tree.including(value) if facet.is_tree else (value,):
            found[including] |= one
    return dict(found)


def _placed(pairs: Iterable[tuple[str, str]], number: Mapping[str, int]) -> dict[int, tuple[float, float]]:
    """Return where things are; of one with several points always the same, which is the first by longitude."""
    found: dict[int, tuple[float, float]] = {}
    for thing, raw in pairs:
        point = point_of(_literal(raw)[0])
        if point is not None and thing in number:
            found[number[thing]] = min(point, found.get(number[thing], point))
    return found


def _set(members: Iterable[int], size: int) -> int:
    bits = bytearray(size // 8 + 1)
    for position in members:
        bits[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(bits, "little")


def _tree(found: Service) -> tuple[Tree, str]:
    def build(reader: Reader) -> Tree:
        above: dict[str, list[str]] = defaultdict(list)
        below: dict[str, list[str]] = defaultdict(list)
        same: dict[str, list[str]] = defaultdict(list)
        near: dict[str, list[str]] = defaultdict(list)
        for code, raw in sorted(_pairs(_ask(reader, texts.steps("skos:broader")))):
            if code.startswith(_CLASSIFICATIONS):
                above[code].append(raw[1:-1])
                below[raw[1:-1]].append(code)
        for code, raw in sorted(_pairs(_ask(reader, texts.steps("skos:exactMatch")))):
            # What has a code is found by the classes that mean the same as it.
            same[raw[1:-1]].append(code)
        for code, raw in sorted(_pairs(_ask(reader, texts.steps(_SHARING)))):
            if code.startswith(_CLASSIFICATIONS) and raw[1:-1] not in (code, *same.get(code, ())):
                near[code].append(raw[1:-1])
        return Tree(*({key: tuple(some) for key, some in each.items()} for each in (above, below, same, near)))

    return statements.consistently(found.engine, build)


def _ask(reader: Reader, text: str) -> bytes:
    answer = reader.answer(Question(text, result_format=RESULT_TSV))
    if answer.cut is not None:
        raise TooLarge(f"This list has more rows than the {answer.cut} that the service reads; ask in SPARQL.")
    return answer.read()


def _pairs(table: bytes) -> Iterator[tuple[str, str]]:
    """Return (IRI of a thing, value as a term) of a table; 120,000 rows take 0.1 s, four times less than as terms.

    In this format each row is a line, and only a literal's escapes need reading (SPARQL 1.1 Query Results CSV and TSV
    Formats, section 4).
    """
    for line in table.decode().split("\n")[1:]:
        thing, tab, value = line.partition("\t")
        if tab and thing.startswith("<"):
            yield thing[1:-1], value


def _literal(raw: str) -> tuple[str, str]:
    """Return (text, language) of a literal as a table of results spells it; its escapes are those of JSON."""
    if not raw.startswith('"'):
        return (raw[1:-1] if raw.startswith("<") else raw), ""
    end = raw.rindex('"') + 1
    text = raw[1 : end - 1] if "\\" not in raw else str(json.loads(raw[:end], strict=False))
    return text, raw[end + 1 :].lower() if raw[end:].startswith("@") else ""
