"""Czech smart specialisation on the real files: strategies, priorities with divisions, organisations with numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eclod.core import assets
from eclod_loaders.declarations.registry import Registry

from .conftest import Outcome, thing_iri

Run = Callable[..., Outcome]

NACE2 = "http://data.europa.eu/ux2/nace2/"
NUTS = "http://data.europa.eu/nuts/code/"


@pytest.fixture(scope="module")
def outcome(shared: Path, run: Run) -> Outcome:
    return run(Registry.load(assets.folder("registries") / "cz-ris3"), shared)


@pytest.fixture(scope="module")
def regions(shared: Path) -> dict[str, Any]:
    path = shared / "national" / "cz" / "ris3" / "domeny_kraje.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["kraje"]
    return found


def test_each_region_has_a_strategy_within_the_national_one(outcome: Outcome, regions: dict[str, Any]) -> None:
    national = thing_iri("strategy", "NRIS3")
    regional = {thing_iri("strategy", name) for name in regions}
    assert outcome.things("strategy") == regional | {national} and len(regional) == 9
    assert outcome.values("/isPartOf") == {national}
    south = thing_iri("strategy", "Jihomoravský kraj")
    assert outcome.values("#prefLabel", south) == {
        "Krajská RIS3 strategie: Jihomoravský kraj",
        "Regional smart specialisation strategy: Jihomoravský kraj",
    }
    assert outcome.values("/spatial", south) == {NUTS + "CZ064"}


def test_priorities_have_the_divisions_of_the_file(outcome: Outcome, regions: dict[str, Any]) -> None:
    assert len(outcome.things("priority")) == 50
    completed = 0
    for region, content in regions.items():
        for domain in content["domeny"]:
            name = domain["nazev"]
            if name.endswith(" a"):
                name, completed = name + " technologie jejich výroby a využití", completed + 1
            priority = thing_iri("priority", f"{region} | {name}")
            assert outcome.values("#prefLabel", priority) == {name}
            assert outcome.values("ontology#sector", priority) == {NACE2 + code for code in domain["cz_nace"]}
            assert outcome.values("ontology#strategy", priority) == {thing_iri("strategy", region)}
    assert completed == 1


def test_the_codes_of_regions_are_those_of_the_code_list(outcome: Outcome, shared: Path) -> None:
    path = shared / "national" / "cz" / "ris3" / "kraje_kodovnik.json"
    codes = {each["nazev"]: each["kod_nuts"] for each in json.loads(path.read_text(encoding="utf-8"))["kraje"]}
    assert len(codes) == 14
    mappings = [source.mapping for source in Registry.load(assets.folder("registries") / "cz-ris3").sources]
    tables = [
        source.translate
        for mapping in mappings
        for thing in mapping.things.values()
        for source in thing.fields.get("region", ())
        if source.translate is not None
    ]
    assert len(tables) == 3
    assert all(table == {name: (code,) for name, code in codes.items()} for table in tables)


def test_organisations(outcome: Outcome) -> None:
    organisations = outcome.things("organisation")
    # 3,872 rows without 281 parts of others; one of those without a region stands there twice.
    assert len(organisations) == 3872 - 281 - 1
    university = thing_iri("organisation", "00216224")
    assert outcome.values("#prefLabel", university) == {"Masarykova univerzita"}
    assert outcome.values("#classification", university) == {
        "https://w3id.org/eclod/scheme/organisation-type/university"
    }
    assert outcome.values("ontology#sector", university) == {NACE2 + "85"}
    assert outcome.values("#notation", university + "#registeredAs-company-number-00216224") == {"00216224"}
    assert outcome.values("/spatial", university) == {NUTS + "CZ064"}
    oslo = thing_iri("organisation", "971035854 | University of Oslo")
    assert oslo in organisations
    assert outcome.values("ontology#country", oslo) == outcome.values("adms#identifier", oslo) == set()
    warsaw = thing_iri("organisation", " | University of Warsaw")
    assert warsaw in organisations and outcome.values("/identifier", warsaw) == set()
    assert sorted(note.value or "" for note in outcome.notes) == ["00000003", "76220", "919577649MVA"]
    assert len(set(outcome.ignored)) == 1 and len(outcome.ignored) == 281


def test_what_regions_spend_on_research(outcome: Outcome, shared: Path) -> None:
    path = shared / "national" / "cz" / "ris3" / "vav_sektory_2024.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    columns = {
        "celkem_mil_kc_2024": "research-expenditure",
        "podnikatelsky_mil_kc": "research-expenditure-business",
        "vladni_mil_kc": "research-expenditure-government",
        "vysokoskolsky_mil_kc": "research-expenditure-higher-education",
        "intenzita_hdp_2024": "research-intensity",
    }
    checked = 0
    for row in (content["cesko"], *content["kraje"].values()):
        for column, indicator in columns.items():
            figure = thing_iri("figure", f"{row['nuts']} | {indicator} | 2024")
            (value,) = outcome.values("#obsValue", figure)
            assert float(value) == row[column]
            assert outcome.values("ontology#region", figure) == {NUTS + row["nuts"]}
            assert outcome.values("ontology#period", figure) == {"2024"}
            checked += 1
    assert checked == 75


def test_regions_have_a_boundary_and_inhabitants(outcome: Outcome, shared: Path) -> None:
    """One figure and one boundary for each of the 14 regions, with the digits of the file."""
    path = shared / "national" / "cz" / "ris3" / "kraje.geojson"
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    assert len(features) == 14
    for feature in features:
        said, code = feature["properties"], feature["properties"]["nutslau"]
        figure = thing_iri("figure", f"{code} | inhabitants | 2021")
        assert outcome.values("#obsValue", figure) == {str(said["populace_2021"])}
        assert outcome.values("ontology#region", figure) == {NUTS + code}
        assert outcome.values("#dataSet", figure) == {"https://w3id.org/eclod/cube/regional-population"}
        assert outcome.values("#hasGeometry", NUTS + code) == {f"{NUTS}{code}#boundary-ArcCR"}
        (wkt,) = outcome.values("#asWKT", f"{NUTS}{code}#boundary-ArcCR")
        ring = ",".join(f"{east} {north}" for east, north in feature["geometry"]["coordinates"][0])
        assert wkt.startswith(f"POLYGON(({ring})")
    assert len(outcome.things("figure")) == 75 + 14
