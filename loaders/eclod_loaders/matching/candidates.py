"""Pairs of things that may be the same, each with its evidence and a score. They are for a person to judge."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Protocol

from pyoxigraph import Literal
from rapidfuzz import fuzz

from eclod.core import folding
from eclod.core.namespaces import ECLOD, SCHEME, expand
from eclod.store import lines

#: Weights of `queries/same-organisation.rq`; a name alone weighs less the less alike it is.
_IDENTIFIER: Final = 0.98
_IN_VAT: Final = 0.9
_HOMEPAGE: Final = 0.6
_NAME: Final = 0.7
_CITY: Final = 0.3
#: What of a name's weight is left where a country is not known: the very same name is in the same country in 98 of 100
#: pairs of our registries that say it (596 of 611, most of them Czech; the same country is not yet the same thing), so
#: it is enough for a person to look at; one that is only alike is not.
_SAME_ANYWHERE: Final = 0.75
_ALIKE_ANYWHERE: Final = 0.7
#: Percent (rapidfuzz's token_sort_ratio) below which two names are two names.
_ALIKE: Final = 88.0
#: Percent below which two words are two words.
_SAME_WORD: Final = 75.0
#: Things that share a word; a word of more things says nothing about any.
_COMMON: Final = 200
_MOST: Final = 3
LEAST: Final = 0.5
#: What a key begins with: an end of a number, a homepage, a word of a name.
_NUMBER_KEY, _HOST_KEY, _WORD_KEY = "n:", "h:", "w:"
#: Keys whose things are remembered: the rows of one delivery share their words.
_REMEMBERED: Final = 20_000

_NAMES: Final = frozenset(expand(p) for p in ("skos:prefLabel", "skos:altLabel", "legal:legalName"))
_HOMEPAGE_IRI: Final = expand("foaf:homepage")
_COUNTRY: Final = ECLOD + "country"
_NUMBER: Final = expand("skos:notation")
_SCHEME_IRI: Final = expand("dct:conformsTo")
_IDENTIFIED: Final = expand("adms:identifier")
_PLACE: Final = expand("locn:postName")
_TOLD: Final = (*_NAMES, _HOMEPAGE_IRI, _COUNTRY, _NUMBER, _SCHEME_IRI, _IDENTIFIED, _PLACE)
#: Kinds in which two registries name the same thing.
KINDS: Final = frozenset({"organisation", "cluster", "hub", "event", "programme", "platform"})
#: A line that says one of these things about a thing of one of these kinds, or about a node in it.
_LINE: Final = re.compile(
    rb"<(?P<thing>[^<>#]*/id/(?:[^<>#]*/)?(?:%s)/[^<>#/]*)(?P<inner>\#[^<>]*)?>\ <(?P<property>%s)>\ "
    rb'(?:<(?P<iri>[^<>]*)>|"(?P<text>(?:[^"\\]|\\.)*)")'
    % ("|".join(sorted(KINDS)).encode(), "|".join(map(re.escape, _TOLD)).encode()),
    re.DOTALL,
)


@dataclass(slots=True)
class Facts:
    """What tells a thing from others: names, homepages, countries, towns, numbers as (scheme, country, number)."""

    iri: str
    registry: str
    names: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    countries: set[str] = field(default_factory=set)
    towns: set[str] = field(default_factory=set)
    numbers: set[tuple[str, str, str]] = field(default_factory=set)

    @property
    def kind(self) -> str:
        return self.iri.split("/")[-2] if "/id/" in self.iri else ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two things that may be the same: the delivered one, the one of another registry, the score from 0 to 1, why."""

    iri: str
    name: str
    other: str
    other_name: str
    registry: str
    score: float
    evidence: Sequence[tuple[str, str]]


def facts(told: Iterable[bytes], registry: str) -> dict[str, Facts]:
    """Return the facts about the things of a registry from the lines of its graph, by IRI."""
    found: dict[str, Facts] = {}
    nodes: dict[str, dict[str, str]] = defaultdict(dict)
    for match in filter(None, map(_LINE.match, told)):
        thing, predicate, value = match["thing"].decode(), match["property"].decode(), _value(match)
        about = found.get(thing) or found.setdefault(thing, Facts(thing, registry))
        if match["inner"]:
            nodes[thing + match["inner"].decode()][predicate] = value
        elif predicate in _NAMES:
            about.names.append(value)
        elif predicate == _HOMEPAGE_IRI:
            about.hosts.add(folding.host(value))
        elif predicate == _COUNTRY:
            about.countries.add(value.rpartition("/")[2])
    for node, said in nodes.items():
        about = found[node.partition("#")[0]]
        if _PLACE in said:
            about.towns.add(folding.key(said[_PLACE]))
        if _NUMBER in said and _SCHEME_IRI in said:
            scheme = said[_SCHEME_IRI].removeprefix(SCHEME + "identifier-scheme/")
            about.numbers.add((scheme, said.get(_COUNTRY, "").rpartition("/")[2], said[_NUMBER]))
    return {iri: about for iri, about in found.items() if about.names}


def things(told: Iterable[bytes]) -> set[str]:
    """Return the IRIs of the things that lines say facts about."""
    return {match["thing"].decode() for match in filter(None, map(_LINE.match, told))}


def _value(match: re.Match[bytes]) -> str:
    """Return the IRI or the text at the end of a matched line."""
    said: bytes = match["text"] if match["iri"] is None else match["iri"]
    if b"\\" not in said:
        return said.decode()
    [quad] = lines.quads([match.string])  # signs that cannot stand in a line as they are
    return quad.object.value if isinstance(quad.object, Literal) else ""


def keys(about: Facts) -> set[str]:
    """Return by what a thing is found: those that may be the same share a key."""
    return {
        *_number_keys(about),
        *(_HOST_KEY + host for host in about.hosts),
        *(_WORD_KEY + word for name in about.names for word in folding.words(name)),
    }


def _number_keys(about: Facts) -> set[str]:
    return {_NUMBER_KEY + end for _, _, number in about.numbers for end in _ends(number)}


class Shelf(Protocol):
    """Where the things of other registries are found; in each registry a thing stands once."""

    def find(self, key: str, most: int) -> Sequence[int]:
        """Return the places of the things that have a key, registry by registry, or of `most` of them."""

    def take(self, place: int) -> Facts:
        """Return the facts about the thing at a place."""


class InMemory:
    """A shelf of facts that were all read."""

    def __init__(self, things: Iterable[Facts]) -> None:
        self._things = list(things)
        self._places: dict[str, list[int]] = defaultdict(list)
        for place, about in enumerate(self._things):
            for key in keys(about):
                self._places[key].append(place)

    def find(self, key: str, most: int) -> Sequence[int]:
        return self._places.get(key, ())[:most]

    def take(self, place: int) -> Facts:
        return self._things[place]


class Known:
    """The things of other registries, found by what they share with another thing."""

    def __init__(self, shelf: Shelf) -> None:
        self._find = lru_cache(_REMEMBERED)(shelf.find)
        self._take = lru_cache(_REMEMBERED)(shelf.take)

    def candidates(self, about: Facts) -> list[Candidate]:
        """Return what may be the same as a thing, most likely first."""
        found = []
        for other in self._near(about):
            if other.iri == about.iri or other.kind != about.kind:
                continue
            evidence = list(_evidence(about, other))
            unlikely = 1.0
            for weight, _, _ in evidence:
                unlikely *= 1 - weight
            if 1 - unlikely >= LEAST:
                why = [(what, said) for _, what, said in evidence]
                found.append(
                    Candidate(
                        about.iri,
                        about.names[0],
                        other.iri,
                        other.names[0],
                        other.registry,
                        round(1 - unlikely, 2),
                        why,
                    )
                )
        return sorted(found, key=lambda each: (-each.score, each.other))[:_MOST]

    def _near(self, about: Facts) -> list[Facts]:
        sure = [*sorted(_number_keys(about)), *(_HOST_KEY + host for host in sorted(about.hosts))]
        near = [place for key in sure for place in self._find(key, sys.maxsize)]
        for name in about.names:
            # One more than may be: that many say nothing, however many there are.
            sharing = sorted((self._find(_WORD_KEY + word, _COMMON + 1) for word in folding.words(name)), key=len)
            # Names that are alike share one of their two rarest words.
            rarest = [places for places in sharing if places][:2]
            near += [place for places in rarest if len(places) <= _COMMON for place in places]
        return list({other.iri: other for other in map(self._take, near)}.values())


def _evidence(one: Facts, other: Facts) -> Iterator[tuple[float, str, str]]:
    """Return (weight, what it is, what both have) of each piece of evidence."""
    schemes: Mapping[str, int] = Counter(scheme for scheme, _, _ in one.numbers)
    for scheme, country, number in sorted(one.numbers):
        for their_scheme, their_country, theirs in sorted(other.numbers):
            if scheme == their_scheme and number == theirs and not _differ({country}, {their_country}):
                yield _IDENTIFIER, "identifier", f"{scheme} {number}"
            elif {scheme, their_scheme} == {"company-number", "vat"} and _in_vat(number, theirs):
                yield _IN_VAT, "identifier", f"{number} / {theirs}"
    if shared := sorted(one.hosts & other.hosts):
        yield _HOMEPAGE, "homepage", shared[0]
    if _differ(one.countries, other.countries) or _contradicted(one, other, schemes):
        return
    ratio, mine, theirs = max((_likeness(a, b), a, b) for a in one.names for b in other.names)
    if ratio >= _ALIKE:
        elsewhere = _SAME_ANYWHERE if folding.key(mine) == folding.key(theirs) else _ALIKE_ANYWHERE
        left = 1.0 if one.countries & other.countries else elsewhere
        yield _NAME * (ratio / 100) ** 2 * left, "name", f"{mine} / {theirs} ({ratio:.0f} %)"
        if shared := sorted(one.towns & other.towns):
            yield _CITY, "place", shared[0]


def _likeness(one: str, other: str) -> float:
    """Return how alike two names are, in percent; 0 when the words that only one of them has are others altogether.

    `ABX software` and `ABRA software` share all letters but those that matter.
    """
    mine, theirs = set(folding.words(one)), set(folding.words(other))
    only_mine, only_theirs = " ".join(sorted(mine - theirs)), " ".join(sorted(theirs - mine))
    if only_mine and only_theirs and fuzz.ratio(only_mine, only_theirs) < _SAME_WORD:
        return 0.0
    return fuzz.token_sort_ratio(folding.key(one), folding.key(other))


def _contradicted(one: Facts, other: Facts, schemes: Mapping[str, int]) -> bool:
    """Tell whether both have a number of the same register and none is the same: then a like name says little."""
    for scheme in schemes:
        mine = {(country, number) for each, country, number in one.numbers if each == scheme}
        theirs = {(country, number) for each, country, number in other.numbers if each == scheme}
        if theirs and not mine & theirs and {c for c, _ in mine} & {c for c, _ in theirs}:
            return True
    return False


def _differ(one: set[str], other: set[str]) -> bool:
    return bool(one - {""}) and bool(other - {""}) and not one & other


def _in_vat(one: str, other: str) -> bool:
    """Tell whether a VAT number is made of a company number: with 01 behind in Sweden, a key before in France."""
    short, long = sorted((_digits(one), _digits(other)), key=len)
    return len(short) >= 6 and (long in (short, short + "01") or (len(long) == len(short) + 2 and long.endswith(short)))


def _digits(number: str) -> str:
    return "".join(sign for sign in number if sign.isdigit())


def _ends(number: str) -> set[str]:
    """Return by what a number is found: a company number and the VAT number made of it begin or end alike."""
    digits = _digits(number)
    return {digits[:8], digits[-8:]} if len(digits) >= 6 else {number.casefold()}
