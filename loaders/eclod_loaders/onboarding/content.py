"""What the cells of a column look like: addresses, codes, identifiers, dates, numbers, texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import median
from typing import Final

from anyascii import anyascii
from pyoxigraph import Literal, NamedNode

from eclod.rdf.fields import FieldCatalogue
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.codes.concepts import ALT_LABEL, IN_SCHEME, NOTATION, PREF_LABEL
from eclod_loaders.onboarding.sample import Column
from eclod_loaders.values import dates, identifiers
from eclod_loaders.values import texts as cell_texts
from eclod_loaders.values.texts import Unreadable

#: Different values of a column that are looked at.
_LOOKED_AT: Final = 300
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE)
_PHONE: Final = re.compile(r"\+?[\d\s()/.-]{7,20}")
_POSTCODE: Final = re.compile(r"(?:[A-Z]{1,2}-?)?\d[\dA-Z]{1,3}[ -]?[\dA-Z]{0,4}")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_PERCENT: Final = re.compile(r"\(?\s*(?:100|\d{1,2})(?:[.,]\d+)?\s*%\s*\)?")
_UNITS: Final = re.compile(
    r"^(?P<before>[€$£]|[A-Z]{3}|Kč|kr\.?)?\s*-?[\d.,'’\s\u00a0\u202f]+?\s*(?P<after>€|%|[A-Z]{3}|Kč|zł|kr\.?)?$"
)
_DATES: Final = (
    *("dd.MM.yyyy", "d.M.yyyy", "d. M. yyyy", "dd/MM/yyyy", "d/M/yyyy", "M/d/yyyy", "MM/dd/yyyy", "dd-MM-yyyy"),
    *("yyyy/MM/dd", "yyyy.MM.dd", "d MMMM yyyy", "d. MMMM yyyy", "MMMM d, yyyy", "d MMM yyyy", "MMM d, yyyy"),
    *("EEEE, MMMM d, yyyy", "EEEE, d MMMM yyyy", "MM/yyyy", "MMMM yyyy", "'Q'Q yyyy"),
)
#: How numbers are written, by the ways that differ; each stands for all locales that write so.
_WAYS: Final = ("en", "da_DK", "fr", "de_CH")
#: What stands between several values in a cell, and in which part of the cells it has to be to count.
_SEPARATORS: Final = (
    (r"\n", re.compile(r"\n"), 0.0),
    (r"\s*;\s*", re.compile(r";"), 0.05),
    (r"\s*\|\s*", re.compile(r"\|"), 0.05),
)
_NUMBER_KINDS: Final = ("lei", "ror", "vat", "isni")


@dataclass(slots=True)
class Content:
    """What the different values of a column are, as shares from 0 to 1 by kind, and how they are written.

    `length` is the median length of its texts, `distinct` how many of its cells differ, `separator` the pattern between
    several values in a cell, `units` the signs beside its numbers.
    """

    shares: dict[str, float] = field(default_factory=dict)
    patterns: Sequence[str] = ()
    ways: Mapping[str, int] = field(default_factory=dict)
    units: Sequence[str] = ()
    length: float = 0.0
    distinct: float = 0.0
    different: int = 0
    separator: str = ""

    def is_a(self, kind: str) -> float:
        """Return which part of the values is of a kind."""
        return self.shares.get(kind, 0.0)


class Recogniser:
    """Recognises values with the code lists, and with the registers' own checks of a country."""

    def __init__(self, catalogue: FieldCatalogue, codes: CodeLists, country: str, language: str) -> None:
        self._codes = codes
        self._country = country
        self._language = language
        schemes = {
            "country": ("Organisation", "country"),
            "nuts": ("Organisation", "region"),
            "nace": ("Organisation", "sector"),
            "ecosystem": ("Organisation", "ecosystem"),
            "type": ("Organisation", "type"),
            "fund": ("Grant", "fund"),
            "status": ("Event", "status"),
            "format": ("Event", "format"),
            "level": ("Event", "level"),
        }
        fields = {kind: catalogue.field(*place) for kind, place in schemes.items()}
        self._schemes = {kind: found.code_lists for kind, found in fields.items() if found}
        self._labels = _labels(codes, {scheme for lists in self._schemes.values() for scheme in lists})
        self.code = lru_cache(maxsize=65536)(self._code)
        self._checks = self._kinds()

    def content(self, column: Column) -> Content:
        """Return what a column's values look like."""
        texts = column.texts
        if not texts:
            return Content()
        different = list(dict.fromkeys(cell_texts.fold(text) for text in texts))
        looked = different[:_LOOKED_AT]
        found = Content(
            shares={kind: sum(map(check, looked)) / len(looked) for kind, check in self._checks.items()},
            length=median(len(text) for text in looked),
            distinct=len(different) / len(texts),
            different=len(different),
            separator=_separator(texts),
        )
        found.patterns, found.shares["day"] = self._patterns(looked)
        found.ways, found.units, found.shares["number"] = _numbers(looked)
        return found

    def codes_of(self, kind: str, texts: Iterable[str]) -> dict[str, str]:
        """Return the code of each text that has one: its notation, found by code or by name."""
        return {text: code for text in texts if (code := self.code(kind, text))}

    def _code(self, kind: str, text: str) -> str:
        """Return the notation of a code by what a register writes, or nothing."""
        lists = self._schemes[kind]
        if self._codes.find(lists, text) is not None:
            return text
        found = {code for scheme in lists for code in self._labels.get((scheme, _key(text)), ())}
        if kind == "nuts":
            # A region has the name of a part of it now and then; the larger one is meant.
            found = {code for code in found if not self._country or code[:2] == nuts_country(self._country)}
            found = {code for code in found if code[:-1] not in found}
        return found.pop() if len(found) == 1 else ""

    def _kinds(self) -> dict[str, Callable[[str], bool]]:
        kinds: dict[str, Callable[[str], bool]] = {
            "url": lambda text: _reads(cell_texts.web_address, re.split(r"[\s,;]+", text)[0]) and "@" not in text,
            "urls": lambda text: len(re.split(r"[\s,;]+", text.strip())) > 1,
            "email": lambda text: _EMAIL.fullmatch(text) is not None,
            "phone": lambda text: _PHONE.fullmatch(text) is not None and sum(c.isdigit() for c in text) >= 7,
            "postcode": lambda text: _POSTCODE.fullmatch(text) is not None,
            "year": lambda text: _YEAR.fullmatch(text) is not None,
            "rate": lambda text: _PERCENT.fullmatch(text) is not None,
            "letters": lambda text: any(sign.isalpha() for sign in text),
            "pic": lambda text: re.fullmatch(r"[89]\d{8}", text) is not None,
            "whole": lambda text: re.fullmatch(r"\d{1,7}", text) is not None,
            "decimal": lambda text: re.fullmatch(r"-?\d{1,7}[.,]\d{3,}", text) is not None,
        }
        for kind in self._schemes:
            kinds[kind] = lambda text, kind=kind: bool(self.code(kind, text))  # type: ignore[misc]
        for scheme in _NUMBER_KINDS:
            spell = identifiers.speller(scheme, self._country or None)
            kinds[scheme] = lambda text, spell=spell: _reads(spell, text)  # type: ignore[misc]
        if self._country:
            company = identifiers.speller(identifiers.COMPANY_NUMBER, self._country)
            kinds["company"] = lambda text: any(c.isdigit() for c in text) and len(text) < 20 and _reads(company, text)
        return kinds

    def _patterns(self, texts: Sequence[str]) -> tuple[Sequence[str], float]:
        """Return the fewest date patterns that read the texts, and which part they read; ISO and years need none."""
        left = [text for text in texts if not _reads_date(text, (), "en") and not _YEAR.fullmatch(text)]
        chosen: list[str] = []
        plain = (len(texts) - len(left)) / len(texts)
        for _ in range(4):
            scores = {p: sum(_reads_date(t, (p,), self._language) for t in left) for p in _DATES if p not in chosen}
            best = max(scores, key=lambda pattern: scores[pattern])
            if not scores[best] or scores[best] < max(1, 0.02 * len(texts)):
                break
            chosen.append(best)
            left = [text for text in left if not _reads_date(text, (best,), self._language)]
        # A year alone is a number as well, which others decide.
        return chosen, (len(texts) - len(left)) / len(texts) if chosen or plain else 0.0


def nuts_country(country: str) -> str:
    """Return the letters that the codes of a country's regions begin with."""
    return {"GR": "EL", "GB": "UK"}.get(country, country)


def _labels(codes: CodeLists, schemes: set[str]) -> dict[tuple[str, str], set[str]]:
    """Return the notations of codes by scheme and name, in whatever language."""
    about: dict[str, tuple[list[str], list[str], list[str]]] = {}
    position = {IN_SCHEME: 0, NOTATION: 1, PREF_LABEL: 2, ALT_LABEL: 2}
    for triple in codes.triples():
        if triple.predicate in position and isinstance(triple.object, Literal | NamedNode):
            lists = about.setdefault(str(triple.subject), ([], [], []))
            lists[position[triple.predicate]].append(triple.object.value)
    found: dict[tuple[str, str], set[str]] = {}
    for in_schemes, notations, names in about.values():
        for scheme in set(in_schemes) & schemes:
            for name in names:
                # A country has a notation for each length; the shortest is the one people write.
                found.setdefault((scheme, _key(name)), set()).update(sorted(notations, key=len)[:1])
    return found


def _reads(spell: Callable[[str], object], text: str) -> bool:
    try:
        spell(text)
    except Unreadable:
        return False
    return True


def _reads_date(text: str, patterns: Sequence[str], locale: str) -> bool:
    try:
        found = [dates.compile_pattern(p, locale).read(text.casefold()) for p in patterns or (dates.ISO,)]
    except ValueError:
        return False
    return any(found)


def _numbers(texts: Sequence[str]) -> tuple[Counter[str], Sequence[str], float]:
    """Return how many texts each way of writing numbers reads, the signs beside them, and which part is a number."""
    units: Counter[str] = Counter()
    for text in texts:
        match = _UNITS.match(text)
        if match:
            units.update(unit for unit in (match["before"], match["after"]) if unit and unit != "%")
    ways: Counter[str] = Counter()
    read = 0
    for text in texts:
        fitting = [way for way in _WAYS if _is_number(text, way, list(units))]
        ways.update(fitting)
        read += bool(fitting)
    return ways, list(units), read / len(texts)


def _is_number(text: str, way: str, units: Sequence[str]) -> bool:
    return _reads(lambda each: cell_texts.number(each, [way], units), text)


def _separator(texts: Sequence[str]) -> str:
    for pattern, sign, least in _SEPARATORS:
        several = [text for text in texts if sign.search(text.strip())]
        parts = [part for text in several for part in sign.split(text)]
        if several and len(several) >= least * len(texts) and median(len(part.strip()) for part in parts) < 80:
            return pattern
    return ""


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9+]+", "", anyascii(text).casefold())
