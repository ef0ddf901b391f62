"""The code lists against the published files they must agree with, where these are at hand.

The files are not part of the project: `SHARED_OF_ECLOD` names their folder (default: `shared/data` beside the
checkout).
"""

from __future__ import annotations

import csv
import json
import os
import re
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
from python_calamine import CalamineWorkbook

from eclod.core import assets
from eclod.core.assets import checkout
from eclod_loaders.codes import countries, nace, nuts
from eclod_loaders.codes.languages import OFFICIAL, language_iri
from eclod_loaders.codes.nace import NACE_2, NACE_21
from eclod_loaders.codes.nuts import NUTS_2016, NUTS_2021, NUTS_2024


def reference(*parts: str) -> Path:
    root = checkout()
    default = root.parent / "shared" / "data" if root else Path("shared/data")
    path = Path(os.environ.get("SHARED_OF_ECLOD", default)).joinpath("reference", *parts)
    if not path.exists():
        pytest.skip(f"the reference file {'/'.join(parts)} is not here (SHARED_OF_ECLOD names its folder)")
    return path


def genericode(name: str) -> dict[str, dict[str, str]]:
    """Return the rows of a genericode list by code, each as {column: value}."""
    rows = {}
    for row in ElementTree.parse(reference("genericode", name)).iter("Row"):
        cells = {value.attrib["ColumnRef"]: value.findtext("SimpleValue") or "" for value in row.iter("Value")}
        rows[cells["code"]] = cells
    return rows


@pytest.mark.parametrize(
    ("scheme", "name", "other_words"),
    [
        (NACE_21, "nace21_en.csv", set()),
        # Rev. 2 was reworded in places after the edition that the package has ("Rental" became "Renting").
        (
            NACE_2,
            "nace2_en.csv",
            {"22.2", "28.96", "68.2", "68.20", "79", "93.12", "77.1", "77.2", "77.3"}
            | {"77.11", "77.12", "77.21", "77.22", "77.29", "77.31", "77.32", "77.33", "77.34", "77.35", "77.39"},
        ),
    ],
)
def test_nace_agrees_with_eurostat(scheme: str, name: str, other_words: set[str]) -> None:
    with reference("nace", name).open(encoding="utf-8", newline="") as file:
        rows = {row[0]: (row[1], row[2]) for row in csv.reader(file)}
    rows.pop("nace21", None) or rows.pop("nace2", None)
    ours = {one.code: one for one in nace.activities(scheme)}
    assert set(ours) == set(rows)
    assert {code: one.parent or "NA" for code, one in ours.items()} == {code: row[1] for code, row in rows.items()}
    assert {code for code, one in ours.items() if letters(one.label) != letters(rows[code][0])} == other_words


def test_nuts_agrees_with_eurostat() -> None:
    workbook = CalamineWorkbook.from_path(str(reference("nuts", "NUTS2021-NUTS2024.xlsx")))
    regions = nuts.read().regions
    for sheet, count in (("NUTS2024", 1582), ("Statistical Regions", 466)):
        rows = [row for row in workbook.get_sheet_by_name(sheet).to_python()[1:] if row[0]]
        assert len(rows) == count
        for row in rows:
            region = regions[str(row[1])]
            assert (region.label, region.level) == (" ".join(str(row[2]).split()), int(float(str(row[3]))))
            assert NUTS_2024 in region.schemes


@pytest.mark.parametrize("level", range(4))
def test_codes_of_2021_agree_with_their_publication(level: int) -> None:
    path = reference("nuts", "labels_2021", f"regions_labels_2021_nuts{level}_eu_efta.json")
    published = {code for code in json.loads(path.read_text(encoding="utf-8")) if not code.startswith("UK")}
    regions = nuts.read().regions
    ours = {code for code, region in regions.items() if NUTS_2021 in region.schemes and region.level == level}
    assert published - ours == set()
    # The publication has no extra-regio and not all statistical regions.
    assert {code for code in ours - published if "Z" not in code and not regions[code].statistical} == set()


def test_british_codes_agree_with_their_list() -> None:
    text = reference("nuts", "NUTSUK-2018.yaml").read_text(encoding="utf-8")
    published = set(re.findall(r"NUTS Code: (\w+)", text))
    ours = {code for code, region in nuts.read().regions.items() if region.schemes == [NUTS_2016]}
    assert ours - {"UK"} == published


def test_countries_agree_with_the_authority_table() -> None:
    table = {country.alpha_3: country for country in countries.read()}
    seen: set[str] = set()
    for name in ("country_eu-country.gc", "country_eea-country.gc", "country_nuts-country.gc"):
        for code, row in genericode(name).items():
            seen.add(code)
            assert code in table
            for language, column in (("en", "eng_label"), ("fr", "fra_label"), ("de", "deu_label")):
                assert table[code].labels[language] == row[column]
    assert {"XKX", "GRC", "DNK"} <= seen
    kosovo = genericode("country_nuts-country.gc")["XKX"]
    for language in OFFICIAL:
        column = language_iri(language).rsplit("/", 1)[1].lower() + "_label"
        assert table["XKX"].labels[language] == kosovo[column]


def test_third_level_regions_agree_with_the_authority_table() -> None:
    """All 208 codes of nine countries are ours, with the same name but for blanks around a slash."""
    published = {
        code: row["Name"]
        for path in sorted(reference("genericode").glob("nuts_nuts-*-lvl3.gc"))
        for code, row in genericode(path.name).items()
    }
    assert len(published) == 208
    regions = nuts.read().regions
    assert {code for code, name in published.items() if letters(regions[code].label) != letters(name)} == set()


def test_czech_regions_agree_with_their_list() -> None:
    """Names and codes of the 14 regions: all ours; two are short for the official name. The map has the same."""
    folder = reference().parent / "national" / "cz" / "ris3"
    listed = json.loads((folder / "kraje_kodovnik.json").read_text(encoding="utf-8"))["kraje"]
    regions = nuts.read().regions
    assert len(listed) == 14
    other = {one["nazev"]: regions[one["kod_nuts"]].label for one in listed}
    assert {short: name for short, name in other.items() if short != name} == {
        "Hl. m. Praha": "Hlavní město Praha",
        "Vysočina": "Kraj Vysočina",
    }
    drawn = json.loads((folder / "kraje.geojson").read_text(encoding="utf-8"))["features"]
    assert {one["properties"]["nutslau"] for one in drawn} == {one["kod_nuts"] for one in listed}


@pytest.mark.parametrize(("level", "count", "former"), [(0, 37, set()), (2, 324, set())])
def test_regions_that_are_drawn_are_known(level: int, count: int, former: set[str]) -> None:
    """Every region of the 1:20 million maps has an entry of its own here, though maps are older than the codes."""
    drawn = json.loads(reference("nuts", "nuts2json", f"20M_{level}.topojson").read_text(encoding="utf-8"))
    codes = {one["properties"]["id"] for one in drawn["objects"]["nutsrg"]["geometries"]}
    assert len(codes) == count
    assert codes - set(nuts.read().regions) == former


def test_ecosystems_agree_with_their_list() -> None:
    """The fourteen ecosystems as the platform lists them: number and name only, neither codes of NACE nor weights.

    Ours are written without its abbreviations, with "and" for "&" and before the last of three.
    """
    with reference("industrial_ecosystems.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert set(rows[0]) == {"number", "label_en", "source_url"}
    published = {re.sub(r" \([A-Z]+\)", "", row["label_en"]).replace("&", "and") for row in rows}
    path = assets.folder("ontology") / "schemes" / "ecosystem.ttl"
    ours = {
        quad.object.value
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)
        if quad.predicate.value.endswith("#prefLabel")
        and isinstance(quad.object, ox.Literal)
        and quad.object.language == "en"
    }
    assert len(ours) == 14
    assert {letters(name.replace(" and ", "")) for name in ours} == {
        letters(name.replace(" and ", "")) for name in published
    }


def test_schemes_of_nace_are_named_as_published() -> None:
    """The list of the European classifications gives NACE the IRIs that the code lists have."""
    with reference("nace", "classificationList_CELLAR.csv").open(encoding="utf-8", newline="") as file:
        published = {row["URI"].replace("https:", "http:") for row in csv.DictReader(file)}
    assert {NACE_2, NACE_21} < published


def test_divisions_of_isic_are_those_of_nace() -> None:
    """NACE Rev. 2 is the European form of ISIC Rev. 4: the two have the same sections and divisions."""
    with reference("nace", "ISIC4.csv").open(encoding="utf-8", newline="") as file:
        codes = [row[0] for row in csv.reader(file)][1:]
    assert len(codes) == 766
    ours = {one.code for one in nace.activities(NACE_2)}
    assert {code for code in codes if len(code) <= 2} == {code for code in ours if len(code) <= 2}


def test_languages_agree_with_the_authority_table() -> None:
    published = set(genericode("language_eu-official-language.gc"))
    assert {language_iri(language).rsplit("/", 1)[1] for language in OFFICIAL} == published


def letters(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()
