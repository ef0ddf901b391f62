"""Answers about calls, participations, priorities and outside identifiers, worked out again from the sample files.

In plain Python, as in test_query_answers.py: neither the queries nor the engine have a part in it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tests.source_tables import NUTS, thing
from tests.written_answers import Row, answer, by, columns, table

SAMPLES = Path(__file__).parent / "sample-registries"
SCHEME = "https://w3id.org/eclod/scheme/identifier-scheme/"
_IN = "{https://example.org/ns/programme}"

FIRMS = table(SAMPLES / "sample-register" / "firms.csv")
PROGRAMME = ElementTree.parse(SAMPLES / "sample-programme" / "programme.xml").getroot()
REGIONS: dict[str, Any] = json.loads((SAMPLES / "sample-register" / "strategies.json").read_text("utf-8"))["regions"]


def firm(local_id: str) -> str:
    return thing("organisation", local_id, "sample-register")


def participant(pic: str) -> str:
    return thing("organisation", pic, "sample-programme")


def named(kind: str, local_id: str) -> str:
    return thing(kind, local_id, "sample-programme")


def priority(region: str, name: str) -> str:
    return thing("priority", f"{region} | {name}", "sample-register")


def test_participations_of_a_project() -> None:
    rows = answer("participations-of-a-project", "sample")
    (project,) = (each for each in PROGRAMME.findall(f"{_IN}project") if each.get("id") == "tides")
    parts = project.findall(f"{_IN}participant")
    assert {
        (row["organisation"], row["role"].rpartition("/")[2], *map(float, columns([row], *_MONEY)[0])) for row in rows
    } == {
        (participant(each.attrib["pic"]), each.get("role"), *(float(each.attrib[name]) for name in _ATTRIBUTES))
        for each in parts
    }
    grant = Decimal(project.attrib["grant"])
    assert sum(Decimal(row["contribution"]) for row in rows) == sum(Decimal(row["netContribution"]) for row in rows)
    assert sum(Decimal(row["contribution"]) for row in rows) == grant


_MONEY = ("contribution", "netContribution", "cost")
_ATTRIBUTES = ("contribution", "net", "cost")


def test_calls_with_what_came_of_them() -> None:
    projects: dict[str, int] = defaultdict(int)
    granted: dict[str, Decimal] = defaultdict(Decimal)
    for each in PROGRAMME.findall(f"{_IN}project"):
        for name in filter(None, (each.get("call"), each.get("topic"))):
            projects[name] += 1
            granted[name] += Decimal(each.attrib["grant"])
    made_up = {named("call", name) for name in projects}
    rows = [row for row in answer("calls", "sample") if row["call"] in made_up]  # beside them stand those of Europe
    assert {(row["call"], int(row["projects"]), Decimal(row["granted"])) for row in rows} == {
        (named("call", name), number, granted[name]) for name, number in projects.items()
    }
    (call,) = PROGRAMME.findall(f"{_IN}call")
    last = max(str(each.text) for each in call.findall(f"{_IN}deadline"))
    assert by(rows, "call", "deadline") == {named("call", "SEAS-2022-1"): last, named("call", "SEAS-2022-1-A"): ""}
    assert by(rows, "call", "partOf")[named("call", "SEAS-2022-1")] == named("programme", "SEAS")
    assert columns(answer("calls", "of-a-programme"), "call", "granted") == columns(rows, "call", "granted")


def test_organisations_that_share_a_number() -> None:
    vat = {each.attrib["vat"]: each.attrib["pic"] for each in PROGRAMME.iter(f"{_IN}participant") if each.get("vat")}
    expected = set()
    for row in FIRMS:
        # A VAT number that both have makes the two one thing, so that they share nothing any more.
        if row["number"] and not row["vat"]:
            number = row["number"].replace("-", "")
            expected.add((firm(row["id"]), participant(vat[f"{row['country']}{number}01"]), number))
    assert len(expected) == 1
    assert set(columns(answer("shared-identifiers", "sample"), "one", "other", "notation")) == expected
    assert set(columns(answer("shared-identifiers", "of-a-registry"), "one", "other", "notation")) == expected
    numbers = {(SCHEME + "vat", number) for number in vat} | {(SCHEME + "vat", "DE100000008")}
    listed = columns(answer("outside-identifiers", "vat-numbers"), "property", "identifier")
    assert set(listed) == numbers and len(listed) == 2


def test_candidates_have_their_evidence() -> None:
    turbines = (firm("turbines"), participant("900000001"))
    university = (firm("university"), participant("900000003"))
    scores = {
        tuple(sorted(turbines)): (
            1.5,
            "company number 5560000001 in VAT number SE556000000101; homepage turbines.example",
        ),
        tuple(sorted(university)): (0.5, "name and country made-up nordic university SWE"),
    }
    ours = {iri for pair in scores for iri in pair}

    def among_ours(case: str) -> dict[tuple[str, ...], tuple[float, str]]:
        found = (row for row in answer("same-organisation", case) if {row["one"], row["other"]} & ours)
        return {(row["one"], row["other"]): (float(row["score"]), row["evidence"]) for row in found}

    assert among_ours("sample") == scores
    assert among_ours("surely") == {pair: found for pair, found in scores.items() if found[0] >= 1}


def test_what_a_number_leads_to() -> None:
    assert columns(answer("organisations-by-number", "sample"), "organisation", "notation") == [
        (firm("turbines"), "9999MADEUP0000000016")
    ]
    spaced = answer("organisations-by-number", "spaced")
    assert set(columns(spaced, "organisation")) == {(participant("900000002"),)}  # the firm is the same thing
    assert columns(answer("projects-of-an-organisation", "sample"), "project", "namedAs", "organisation") == [
        (named("project", "tides"), participant("900000002"), participant("900000002"))
    ]


def test_priorities_of_regions() -> None:
    rows = answer("priorities-of-a-region", "sample")
    expected = {
        (priority("DK05", each["name"]), code, str(len(each["science"])), str(len(each["objective"])))
        for each in REGIONS["DK05"]["priorities"]
        for code in (*(f"nace2/{code}" for code in each["nace2"]), *(f"nace2.1/{code}" for code in each["nace21"]))
    }
    assert {_coded(row) for row in rows} == expected
    assert {row["place"] for row in rows} == {NUTS + "DK05"}
    shared = answer("regions-with-shared-priorities", "sample")
    assert {row["other"] for row in shared} == {NUTS + "SE11"}
    common = {
        (priority("DK05", ours["name"]), priority("SE11", theirs["name"])): (
            len({*ours["science"]} & {*theirs["science"]}),
            len({*ours["objective"]} & {*theirs["objective"]}),
        )
        for ours in REGIONS["DK05"]["priorities"]
        for theirs in REGIONS["SE11"]["priorities"]
    }
    assert {
        (row["priority"], row["theirs"]): (int(row["scientificDomains"]), int(row["policyObjectives"]))
        for row in shared
    } == {pair: numbers for pair, numbers in common.items() if any(numbers)}
    # 26.11 of NACE 2 is 26.11 of NACE 2.1, which is below 26.
    assert by(shared, "priority", "sectors") == {
        priority("DK05", "Boats without crews"): "1",
        priority("DK05", "Wind and waves"): "0",
    }


def _coded(row: Row) -> tuple[str, ...]:
    code = row["sector"].partition("/ux2/")[2]
    return row["priority"], code, row["scientificDomains"], row["policyObjectives"]


def test_clusters_that_fit_a_region() -> None:
    rows = answer("clusters-for-a-region", "sample")
    assert [row["cluster"] for row in rows if row["inRegion"] == "true"] == [
        thing("cluster", "fjord", "sample-network")
    ]
    assert rows[0]["inRegion"] == "true" and rows[0]["priorities"] == "2"
    order = [(row["inRegion"] == "false", -int(row["priorities"]), -int(row["sectors"])) for row in rows]
    assert order == sorted(order) and len(rows) == 50
