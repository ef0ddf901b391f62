"""How well a candidate fits a name and what else is known of it, from 0 to 100, and whether that is sure.

The name counts; a country, place, homepage or sector that contradicts takes away, an identifier decides. What the data
does not say about a candidate takes away little. Sure is a candidate that fits well and has no rival.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from rapidfuzz import fuzz

from eclod.core import folding
from eclod.core.namespaces import ECLOD, expand
from eclod.store.finding.index import Hit, squash

NAME, COUNTRY, PLACE, IDENTIFIER, HOMEPAGE, SECTOR, TYPE = (
    "name",
    "country",
    "place",
    "identifier",
    "homepage",
    "sector",
    "type",
)
#: What a property says, by its IRI; a client may also use the plain word.
ASPECTS: Final[Mapping[str, str]] = {
    expand("skos:prefLabel"): NAME,
    expand("skos:altLabel"): NAME,
    expand("legal:legalName"): NAME,
    ECLOD + "country": COUNTRY,
    expand("dct:spatial"): PLACE,
    expand("locn:postName"): PLACE,
    expand("adms:identifier"): IDENTIFIER,
    expand("legal:registeredAs"): IDENTIFIER,
    expand("dct:identifier"): IDENTIFIER,
    expand("skos:notation"): IDENTIFIER,
    expand("foaf:homepage"): HOMEPAGE,
    ECLOD + "sector": SECTOR,
    expand("rdf:type"): TYPE,
}
#: What is left of the score when a candidate contradicts.
_CONTRADICTED: Final = {COUNTRY: 0.7, PLACE: 0.85, IDENTIFIER: 0.75, HOMEPAGE: 0.95, SECTOR: 0.95, TYPE: 0.6, NAME: 0.9}
#: What is left when the data does not say.
_UNSAID: Final = 0.98
_IDENTIFIED: Final = 97.0

#: Sure is what scores so much, so far ahead of the next (chosen by `python -m benchmarks matching`).
_SURE: Final = ((95.0, 4.0), (90.0, 20.0))
_SAME: Final = 100.0
_SAME_NAME: Final = 93.0
_WITHOUT_FORM: Final = 97.0
_OTHER_FORM: Final = 88.0
_NOT_THE_SAME: Final = 96.0
#: Percent below which two words are two words, as `ABX` and `ABRA` in names that share all others.
_SAME_WORD: Final = 75.0
_OTHER_WORD: Final = 80.0
_OTHER_ORDER, _PART_OF_IT = 0.98, 0.85
#: A word that counts: in digits, as a Roman numeral, or as a single letter.
_NUMBER: Final = re.compile(r"[0-9]+[a-z]?|[ivx]+|[a-z]")
_LONGEST_NAME: Final = 500
_SAME_TOWN: Final = 88.0
_LEAST: Final = 45.0
#: Candidates that are compared for each that is wanted; the index puts the likely ones first.
_COMPARED: Final = 15
#: Read beyond the limit, so that of equal ones the weightier come first.
_TIED: Final = 3
_SHORTEST_NUMBER: Final = 6
_VALUES_REMEMBERED: Final = 4096
_MOST_VALUES: Final = 5
_LONGEST_VALUE: Final = 100
#: The European Union writes two countries otherwise than ISO 3166-1.
_AS_ISO: Final = {"el": "gr", "uk": "gb"}


class Finder(Protocol):
    """The index, as far as matching needs it."""

    def alike(self, name: str, limit: int, types: Sequence[str] = (), kinds: Sequence[str] = ()) -> list[Hit]: ...

    def identified(self, text: str, kinds: Sequence[str] = (), limit: int = 10) -> list[Hit]: ...


@dataclass(frozen=True, slots=True)
class Condition:
    """What is known beside the name: a property, its values, whether it must fit, and any, all or none of them."""

    aspect: str
    values: tuple[str, ...]
    required: bool = False
    quantifier: str = "any"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: a name or identifier, classes or kinds of things, conditions, and how many at most."""

    name: str
    types: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    limit: int = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be meant, with its score from 0 to 100, whether that is sure, and what the score is made of."""

    hit: Hit
    score: float
    match: bool = False
    features: Mapping[str, float] = field(default_factory=dict)


class Matcher:
    """Finds candidates in one index; safe to share among threads."""

    def __init__(self, index: Finder) -> None:
        self._index = index
        self._meant: dict[tuple[str, str], frozenset[str]] = {}

    def candidates(self, wanted: Wanted) -> list[Candidate]:
        """Return the candidates, best first, at most one of them sure."""
        found = [self._judged(hit, 0.0, wanted, _SAME) for hit in self._by_number(wanted)]
        if wanted.name and not found:
            hits = self._index.alike(wanted.name, max(_COMPARED, wanted.limit), wanted.types, wanted.kinds)
            likely = sorted(
                ((likeness(wanted.name, hit), at) for at, hit in enumerate(hits)), key=lambda pair: -pair[0]
            )
            kept = [(named, hits[at]) for named, at in likely if named >= _LEAST]
            kept = kept if wanted.conditions else kept[: wanted.limit + _TIED]
            found = [self._judged(hit, named, wanted) for named, hit in kept]
        ranked = sorted(
            (each for each in found if each is not None and each.score >= _LEAST),
            key=lambda each: (-each.score, -each.hit.entry.weight, each.hit.iri),
        )
        if ranked and _is_sure(*(each.score for each in ranked[:2])):
            best = ranked[0]
            ranked[0] = Candidate(best.hit, best.score, True, best.features)
        return ranked[: wanted.limit]

    def _by_number(self, wanted: Wanted) -> list[Hit]:
        """Return what the name identifies when it is an identifier; without a name, what a condition identifies."""
        numbers = [wanted.name] if len(squash(wanted.name)) >= _SHORTEST_NUMBER else []
        if not wanted.name:
            numbers += [v for c in wanted.conditions if c.aspect == IDENTIFIER for v in c.values[:_MOST_VALUES]]
        found = {hit.iri: hit for number in numbers for hit in self._index.identified(number, wanted.kinds)}
        return [hit for hit in found.values() if not wanted.types or set(wanted.types) & set(hit.entry.types)]

    def _judged(self, hit: Hit, named: float, wanted: Wanted, at_least: float = 0.0) -> Candidate | None:
        features, score = {"name": round(named, 1)}, max(named, at_least)
        if at_least:
            features = {"identifier": at_least}
        for condition in wanted.conditions:
            said = self._fits(hit, condition)
            if condition.required and not said:
                return None
            if said is None:
                score *= _UNSAID
            elif not said:
                score *= _CONTRADICTED.get(condition.aspect, 1.0)
            elif condition.aspect == IDENTIFIER:
                score = max(score, _IDENTIFIED)
            if said is not None:
                features[condition.aspect] = float(said) * 100
        return Candidate(hit, round(score, 1), features=features)

    def _fits(self, hit: Hit, condition: Condition) -> bool | None:
        """Return whether a candidate is as a condition says, None when the data does not say."""
        verdicts = [self._fits_value(hit, condition.aspect, value) for value in condition.values[:_MOST_VALUES]]
        known = [verdict for verdict in verdicts if verdict is not None]
        if not known:
            return None
        if condition.quantifier == "all":
            return all(known)
        return not any(known) if condition.quantifier == "none" else any(known)

    def _fits_value(self, hit: Hit, aspect: str, value: str) -> bool | None:
        entry = hit.entry
        if aspect == COUNTRY:
            return bool(self._iris(value, "country") & set(entry.countries)) if entry.countries else None
        if aspect == IDENTIFIER:
            return squash(value) in set(map(squash, entry.codes)) if entry.codes else None
        if aspect == HOMEPAGE:
            return folding.host(value).partition("/")[0] == entry.homepage.partition("/")[0] if entry.homepage else None
        if aspect == SECTOR:
            return self._does(hit, value)
        if aspect == TYPE:
            return value in entry.types or value == entry.kind
        if aspect == NAME:
            return likeness(value, hit) >= _SAME_NAME
        if aspect == PLACE:
            return self._is_in(hit, value)
        return None

    def _is_in(self, hit: Hit, value: str) -> bool | None:
        entry, key = hit.entry, folding.key(value)
        if any(fuzz.ratio(folding.key(town), key) >= _SAME_TOWN for town in entry.towns):
            return True
        # A region is in another when its code begins with the other's (Regulation 1059/2003, annex I).
        regions = self._iris(value, "region")
        if any(place.startswith(region) for place in entry.places for region in regions):
            return True
        # Of a town that is no region nothing follows for a candidate of which only the region is known.
        return False if entry.towns or (entry.places and regions) else None

    def _does(self, hit: Hit, value: str) -> bool | None:
        # A division of NACE has the classes whose codes begin with its own.
        code = squash(value.rpartition("/")[2])
        codes = [squash(sector.rpartition("/")[2]) for sector in hit.entry.sectors]
        return any(mine.startswith(code) for mine in codes) if codes and code else None

    def _iris(self, value: str, kind: str) -> frozenset[str]:
        """Return the countries or regions that a value means: their IRI, a code, a name in any language."""
        if value.startswith("http"):
            return frozenset({value})
        key = folding.key(value[:_LONGEST_VALUE])
        if (known := self._meant.get((key, kind))) is not None:
            return known
        code = _AS_ISO.get(key, key) if kind == "country" else key
        meant = frozenset(hit.iri for hit in self._index.alike(code, 10, kinds=[kind]) if code in hit.keys)
        if len(self._meant) >= _VALUES_REMEMBERED:
            self._meant.clear()
        self._meant[key, kind] = meant
        return meant


def _is_sure(best: float, next_best: float = 0.0) -> bool:
    return any(best >= score and best - next_best >= ahead for score, ahead in _SURE)


def likeness(name: str, hit: Hit) -> float:
    """Return how much a name is like the most similar of a thing's names, from 0 to 100."""
    name = name[:_LONGEST_NAME]
    key, spelt = folding.key(name), folding.plain(name)
    if spelt in hit.spelt:
        return _SAME
    form = folding.legal_form(name)
    if key in hit.keys:
        forms = [folding.legal_form(other) for other in hit.spelt if folding.key(other) == key]
        return _WITHOUT_FORM if any(_same_form(form, other) for other in forms) else _OTHER_FORM
    best = max((_alike(key, other) for other in hit.keys), default=0.0)
    if best >= _OTHER_FORM and not any(_same_form(form, folding.legal_form(other)) for other in hit.spelt):
        return _OTHER_FORM - 1
    return best


def _same_form(one: str, other: str) -> bool:
    """Return whether two legal forms do not contradict: `spolsro` and `sro` are the same, nothing is any."""
    if not one or not other:
        return True
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    return longer.endswith(shorter) or longer.startswith(shorter)


def _alike(key: str, other: str) -> float:
    score = max(
        fuzz.ratio(key, other),
        _OTHER_ORDER * fuzz.token_sort_ratio(key, other),
        _PART_OF_IT * fuzz.token_set_ratio(key, other),
    )
    mine, theirs = set(key.split()), set(other.split())
    if any(map(_NUMBER.fullmatch, mine ^ theirs)):
        return min(score, _OTHER_WORD)  # the fifth of something is not the sixth
    joined = fuzz.ratio(key.replace(" ", ""), other.replace(" ", ""))
    if joined >= _SAME_NAME:  # words that a space joins or parts
        return min(max(score, joined), _NOT_THE_SAME)
    only_mine, only_theirs = " ".join(sorted(mine - theirs)), " ".join(sorted(theirs - mine))
    if only_mine and only_theirs and fuzz.ratio(only_mine, only_theirs) < _SAME_WORD:
        return min(score, _OTHER_WORD)
    return min(score, _NOT_THE_SAME)
