"""Which rows, never seen before, are about a thing that another registry named: they share an identifier of others.

Only numbers that a register gives to one body alone count. What is not plain (two things for one row, two rows for one
thing, a thing the registry has a row for already) is left alone: then a person decides.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.namespaces import ECLOD, SCHEME, expand
from eclod.store.identities import VALID, Identities
from eclod_loaders.rows import MappedRow
from eclod_loaders.values.identifiers import COMPANY_NUMBER, VAT

#: Schemes whose numbers are each given to one body; those of companies only within their country.
STRONG: Final = frozenset({COMPANY_NUMBER, VAT, "lei", "ror", "pic", "isni"})

_NUMBER: Final = expand("skos:notation")
_COUNTRY: Final = ECLOD + "country"
_SCHEME: Final = expand("dct:conformsTo")
_SCHEMES: Final = SCHEME + "identifier-scheme/"
_OF_NODES: Final = frozenset({_NUMBER, _COUNTRY, _SCHEME})


@dataclass(frozen=True, slots=True, order=True)
class Number:
    """An identifier that others gave: scheme, country where it matters, value as its scheme spells it."""

    scheme: str
    country: str
    value: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.scheme, self.country, self.value) if part)


@dataclass(frozen=True, slots=True)
class Match:
    """A fresh IRI, the thing that it turns out to be, and the numbers that both have."""

    fresh: str
    known: str
    numbers: Sequence[Number]


def numbers(statements: Iterable[Triple]) -> Mapping[str, set[Number]]:
    """Return the numbers of each thing that statements are about, of the schemes that count."""
    nodes: dict[str, dict[str, str]] = defaultdict(dict)
    for triple in statements:
        predicate, subject = triple.predicate.value, triple.subject
        if predicate not in _OF_NODES or not isinstance(subject, NamedNode) or "#" not in subject.value:
            continue
        if isinstance(triple.object, NamedNode | Literal):
            nodes[subject.value][predicate] = triple.object.value
    found: dict[str, set[Number]] = defaultdict(set)
    for node, said in nodes.items():
        scheme = said.get(_SCHEME, "").removeprefix(_SCHEMES)
        country = said.get(_COUNTRY, "").rpartition("/")[2] if scheme == COMPANY_NUMBER else ""
        if scheme in STRONG and _NUMBER in said and (country or scheme != COMPANY_NUMBER):
            found[node.partition("#")[0]].add(Number(scheme, country, said[_NUMBER]))
    return found


class Known:
    """The things of other registries by their numbers: those of the release before, and those of this build."""

    def __init__(self, before: Identities | None) -> None:
        self._before = before
        self._by_number: dict[Number, set[str]] = defaultdict(set)
        self._things: dict[str, set[str]] = defaultdict(set)
        self._delivered: set[str] = set()

    def learn(self, registry: str, things: Iterable[str], statements: Iterable[Triple]) -> None:
        """Take in what a registry delivers in this build."""
        self._delivered.add(registry)
        for thing in things:
            self._things[thing].add(registry)
        for thing, found in numbers(statements).items():
            for number in found:
                self._by_number[number].add(thing)

    def matches(
        self, registry: str, rows: Iterable[MappedRow], fresh: Mapping[str, str], free: Callable[[str, str], bool]
    ) -> list[Match]:
        """Return which fresh IRIs of a registry are about which known thing, where that is plain.

        `fresh` has the kind of each fresh IRI; `free` tells whether a known thing may take the row of a fresh IRI.
        """
        mine: dict[str, set[Number]] = defaultdict(set)
        for row in rows:
            for thing, found in numbers(row.statements).items():
                mine[thing] |= found
        sharing = Counter(number for found in mine.values() for number in found)
        wanted: dict[str, list[Match]] = defaultdict(list)
        for iri in sorted(mine.keys() & fresh.keys()):
            shared: dict[str, list[Number]] = defaultdict(list)
            for number in sorted(mine[iri]):
                for known in self._having(number, fresh[iri], registry):
                    shared[known].append(number)
            # Two things of one registry with the same number: which of them it is of, nobody knows.
            if len(shared) == 1 and all(sharing[number] == 1 for number in mine[iri]):
                known, evidence = next(iter(shared.items()))
                wanted[known].append(Match(iri, known, evidence))
        return [found[0] for known, found in wanted.items() if len(found) == 1 and free(known, found[0].fresh)]

    def _having(self, number: Number, kind: str, registry: str) -> Iterator[str]:
        found = {thing for thing in self._by_number.get(number, ()) if registry not in self._things[thing]}
        for outside in self._before.by_outside(number.value, number.scheme) if self._before else ():
            if number.country and outside.country != number.country:
                continue
            identity = self._before.get(outside.iri) if self._before else None
            if identity is None or identity.state != VALID or registry in identity.registries:
                continue
            if not set(identity.registries) <= self._delivered:
                found.add(outside.iri)
        return (iri for iri in sorted(found) if f"/id/{kind}/" in iri)


def renamed(rows: Iterable[MappedRow], names: Mapping[str, str]) -> list[MappedRow]:
    """Return rows in which things, and the nodes inside them, have other IRIs."""

    def name(iri: str) -> str:
        whole, mark, part = iri.partition("#")
        return names.get(whole, whole) + mark + part

    def term(each: NamedNode) -> NamedNode:
        return NamedNode(name(each.value)) if each.value.partition("#")[0] in names else each

    def triple(each: Triple) -> Triple:
        subject, value = each.subject, each.object
        return Triple(
            term(subject) if isinstance(subject, NamedNode) else subject,
            each.predicate,
            term(value) if isinstance(value, NamedNode) else value,
        )

    return [
        replace(row, statements=tuple(map(triple, row.statements)), subjects=tuple(map(name, row.subjects)))
        for row in rows
    ]
