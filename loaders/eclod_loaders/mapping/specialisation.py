"""How specialised regions are in sectors: location quotients and stars, from a table of persons employed.

The method, its source and its parameters are described in `ontology/cubes.ttl`, from where the parameters are read. The
table has a row for each region and sector, for countries and for NUTS 2 regions, with NACE codes that begin with the
letter of their section (`C`, `C28`), as Eurostat writes them. Everything is computed in whole numbers and fractions, so
that the same table gives the same figures.
"""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from eclod.core import assets
from eclod.core.errors import Damaged
from eclod.core.namespaces import CUBE, PREFIXES, expand
from eclod_loaders.declarations.derivation import MADE, Specialisation
from eclod_loaders.rows import Row

METHOD: Final = CUBE + "regional-specialisation#method"
_FILE: Final = "cubes.ttl"

_SECTION: Final = re.compile(r"[A-Z]")
_DIVISION: Final = re.compile(r"[A-Z]\d\d")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
#: A NUTS 2 region; those that end in ZZ stand for no place (extra-regio).
_REGION: Final = re.compile(r"[A-Z]{2}(?!ZZ)[0-9A-Z]{2}")
_COUNT: Final = re.compile(r"(\d+)(?:\.0+)?", re.ASCII)
_QUOTIENT_DIGITS: Final = 4
_SHARE_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Method:
    """The parameters: from which quotient a region is specialised, which shares of the regions have the other two
    stars, and which sections and divisions (`B`, `95`) a total may lack."""

    threshold: Fraction
    size_share: Fraction
    focus_share: Fraction
    may_be_missing: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Total:
    """The persons employed in all sectors of an area; `complete` unless a section that may be missing is."""

    employed: int
    complete: bool


@dataclass(slots=True)
class _Period:
    """The persons employed of one period, by area and by sector, and the sectors that the table has."""

    by_area: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    sectors: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Specialisation:
    """What is computed for one sector in one region."""

    quotient: Fraction
    share: Fraction
    region: int
    sector: int
    reference: int
    complete: bool


def read_method() -> Method:
    """Return the parameters that the description of the method states. Raises Damaged when one is missing."""
    said: dict[str, list[str]] = defaultdict(list)
    for quad in parse(path=assets.folder("ontology") / _FILE, format=RdfFormat.TURTLE):
        if quad.subject == NamedNode(METHOD) and isinstance(quad.object, NamedNode | Literal):
            said[quad.predicate.value].append(quad.object.value)

    def number(name: str) -> Fraction:
        values = said[expand(f"eclod:{name}")]
        if len(values) != 1:
            raise Damaged(f"The method in {_FILE} needs one value of eclod:{name}, and has {len(values)}.")
        return Fraction(values[0])

    missing = frozenset(iri.removeprefix(PREFIXES["nace2"]) for iri in said[expand("eclod:sectionThatMayBeMissing")])
    return Method(number("quotientThreshold"), number("sizeShare"), number("focusShare"), missing)


def derive(rows: Iterable[Row], derivation: Specialisation, method: Method) -> Iterator[Row]:
    """Return the rows with what is computed from all of them in further columns (`derivation.MADE`).

    The columns stay empty where nothing can be computed: for countries and sections, where no one is employed, and in
    regions whose total is not published well enough.
    """
    every = list(rows)
    periods: dict[str, _Period] = defaultdict(_Period)
    for row in every:
        cell = _cell(row, derivation)
        if cell is not None:
            period, area, sector, employed = cell
            periods[period].sectors.add(sector)
            if employed is not None:
                periods[period].by_area[area][sector] = employed
    found = {period: _specialisations(figures, method) for period, figures in periods.items()}
    stars = {period: _stars(each, periods[period], method) for period, each in found.items()}
    for row in every:
        cells: dict[str, tuple[str, ...]] = dict.fromkeys(MADE, ())
        if cell := _cell(row, derivation):
            period, key = cell[0], cell[1:3]
            if key in found[period]:
                cells = _cells(found[period][key], stars[period][key])
        yield dataclasses.replace(row, cells={**row.cells, **cells})


def _cell(row: Row, derivation: Specialisation) -> tuple[str, str, str, int | None] | None:
    """Return period, area, sector and persons employed (None: no value) of a row, or None for one of another sort."""
    period, area, sector, value = (
        " ".join(row.cells.get(column, ())).strip() if column else ""
        for column in (derivation.period, derivation.region, derivation.sector, derivation.value)
    )
    if row.defect or not all(
        wanted == " ".join(row.cells.get(column, ())) for column, wanted in derivation.only.items()
    ):
        return None
    count = _COUNT.fullmatch(value)
    return period, area, sector, int(count[1]) if count else None


def _specialisations(figures: _Period, method: Method) -> dict[tuple[str, str], _Specialisation]:
    parts = _parts(figures.sectors)
    totals = {area: total for area in figures.by_area if (total := _total(figures.by_area[area], parts, method))}
    countries = [area for area in totals if _COUNTRY.fullmatch(area)]
    found = {}
    for sector in sorted(sector for sector in figures.sectors if _DIVISION.fullmatch(sector)):
        publishing = [area for area in countries if sector in figures.by_area[area]]
        employed = sum(figures.by_area[area][sector] for area in publishing)
        reference = sum(totals[area].employed for area in publishing)
        if not employed:
            continue
        for area, total in totals.items():
            here = figures.by_area[area].get(sector, 0)
            if here and _REGION.fullmatch(area):
                share = Fraction(here, total.employed)
                quotient = share / Fraction(employed, reference)
                found[area, sector] = _Specialisation(
                    quotient, share, total.employed, employed, reference, total.complete
                )
    return found


def _parts(sectors: Iterable[str]) -> tuple[str, ...]:
    """Return what a total is the sum of: the sections, and the divisions whose section the table does not have."""
    known = set(sectors)
    sections = {sector for sector in known if _SECTION.fullmatch(sector)}
    return tuple(sorted(sections | {s for s in known if _DIVISION.fullmatch(s) and s[0] not in sections}))


def _total(by_sector: Mapping[str, int], parts: Sequence[str], method: Method) -> _Total | None:
    missing = {part for part in parts if part not in by_sector}
    if any((part if len(part) == 1 else part[1:]) not in method.may_be_missing for part in missing):
        return None
    employed = sum(by_sector.get(part, 0) for part in parts)
    return _Total(employed, not missing) if employed else None


def _stars(
    found: Mapping[tuple[str, str], _Specialisation], figures: _Period, method: Method
) -> dict[tuple[str, str], int]:
    by_sector: dict[str, list[str]] = defaultdict(list)
    for area, sector in found:
        by_sector[sector].append(area)
    stars = {key: int(each.quotient >= method.threshold) for key, each in found.items()}
    for sector, areas in by_sector.items():
        sizes = {area: Fraction(figures.by_area[area][sector]) for area in areas}
        shares = {area: found[area, sector].share for area in areas}
        for area in [*_largest(sizes, method.size_share), *_largest(shares, method.focus_share)]:
            stars[area, sector] += 1
    return stars


def _largest(values: Mapping[str, Fraction], share: Fraction) -> list[str]:
    """Return the keys of the largest values that make up a share of all, rounded down; of equal values all or none."""
    places = int(len(values) * share)
    ordered = sorted(values.values(), reverse=True)
    return [key for key, value in values.items() if ordered.index(value) + ordered.count(value) <= places]


def _cells(found: _Specialisation, stars: int) -> dict[str, tuple[str, ...]]:
    texts = (
        _decimal(found.quotient, _QUOTIENT_DIGITS),
        _decimal(found.share, _SHARE_DIGITS),
        str(stars),
        str(found.region),
        str(found.sector),
        str(found.reference),
        "normal" if found.complete else "estimated",
    )
    return {name: (text,) for name, text in zip(MADE, texts, strict=True)}


def _decimal(value: Fraction, digits: int) -> str:
    """Return a fraction rounded half to even, in plain digits."""
    return str(Decimal(round(value * 10**digits)).scaleb(-digits))
