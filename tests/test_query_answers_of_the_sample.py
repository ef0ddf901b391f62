"""The answers about the sample registry, small enough to see, worked out again from its tables.

As in test_query_answers.py: neither the queries nor the engine have a part in it.
"""

from __future__ import annotations

import csv
import math
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from tests.source_tables import starter, thing
from tests.written_answers import answer, by, columns, table

from eclod.core.namespaces import expand

SAMPLE = Path(__file__).parent / "sample-registries" / "sample-network"


def made_up(kind: str, local_id: str) -> str:
    return thing(kind, local_id, "sample-network")


def test_members_partners_and_amounts_of_the_sample() -> None:
    members = {made_up("organisation", row["member"]): (row["role"], row["since"], row["until"])
               for row in table(SAMPLE / "members.csv")}  # fmt: skip
    members[made_up("organisation", "secretariat")] = ("manager", "", "")
    assert {
        row["organisation"]: (row["role"].rpartition("/")[2], row["since"], row["until"])
        for row in answer("members-of-a-cluster", "sample")
    } == members
    partners = table(SAMPLE / "partners.csv")
    roles = [(made_up("organisation", row["organisation"]), row["role"]) for row in partners]
    roles += [(thing("organisation", row["organisation"], "eclod-starter"), row["role"]) for row in starter("partners")]
    projects = Counter(iri for iri, _ in roles)
    led = Counter(iri for iri, role in roles if role == "coordinator")
    active = columns(answer("most-active-organisations", "sample"), "organisation", "projects", "coordinated")
    assert sorted(active) == sorted((iri, str(n), str(led[iri])) for iri, n in projects.items() if n >= 2)
    assert [row[1] for row in active] == sorted((row[1] for row in active), reverse=True)
    money = defaultdict(list)
    for row in table(SAMPLE / "projects.csv"):
        money[row["fund"], row["currency"]].append((float(row["cost"]), float(row["granted"] or 0)))
    assert {
        (row["fund"].rpartition("/")[2], row["currency"]): (
            int(row["projects"]), float(row["totalCost"]), float(row["granted"]), int(row["withGrant"]))
        for row in answer("funding-by-programme", "sample")
    } == {
        key: (len(sums), sum(cost for cost, _ in sums), sum(paid for _, paid in sums), sum(p > 0 for _, p in sums))
        for key, sums in money.items()
    }  # fmt: skip
    day = "2016-12-31"
    at_work = {row["thing"] for row in answer("projects-at-work", "sample")}
    for row in table(SAMPLE / "projects.csv"):
        running = row["start"] <= day and (not row["end"] or row["end"] >= day[: len(row["end"])])
        assert (made_up("project", row["id"]) in at_work) == running, row["id"]


def test_distances_are_those_on_a_sphere() -> None:
    """The haversine formula; the engine takes the earth for a sphere too."""
    rows = answer("organisations-near", "sample")
    points = {made_up("organisation", row["id"]): (float(row["longitude"]), float(row["latitude"]))
              for row in table(SAMPLE / "organisations.csv") if row["longitude"]}  # fmt: skip
    here = (float(rows[0]["longitude"]), float(rows[0]["latitude"]))
    metres = {iri: _haversine(here, point) for iri, point in points.items()}
    near = {iri: distance for iri, distance in metres.items() if distance <= 10_000}
    assert {row["thing"] for row in rows} == near.keys()
    assert len(near) < len(points)
    for row in rows:
        assert float(row["distance"]) == pytest.approx(near[row["thing"]], rel=0.001, abs=1)


def _haversine(one: tuple[float, float], other: tuple[float, float]) -> float:
    (east, north), (east2, north2) = (tuple(map(math.radians, point)) for point in (one, other))
    half = math.sin((north2 - north) / 2) ** 2 + math.cos(north) * math.cos(north2) * math.sin((east2 - east) / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(half))


def test_the_title_that_lost_is_not_in_the_merged_view() -> None:
    rows = [row for row in answer("who-says-so", "two-sources") if row["property"] == expand("dct:title")]
    said = {(row["graph"].rpartition("/")[2], row["value"]): row["inMergedView"] for row in rows}
    assert said["sample-network", table(SAMPLE / "documents.csv")[0]["title"]] == "true"  # precedence 50
    assert said["eclod-europe", "A New Industrial Strategy for Europe"] == "false"  # precedence 100
    verdicts = {(row["graph"].rpartition("/")[2], row["value"]): (row["verdict"], row["believed"]) for row in rows}
    believed = "https://w3id.org/eclod/graph/registry/sample-network"
    assert verdicts["eclod-europe", "A New Industrial Strategy for Europe"] == ("lost", believed)


def test_specialisation_follows_from_the_sample_table() -> None:
    path = SAMPLE.parent / "sample-statistics" / "employment.csv"
    with path.open(encoding="utf-8", newline="") as file:
        cells = {(r["geo"], r["nace_r2"]): int(r["n2015"]) for r in csv.DictReader(file, delimiter=";") if r["n2015"]}
    everyone = sum(cells[country, section] for country in ("AT", "FR") for section in "CG") + cells["FR", "B"]

    def quotient(region: str, division: str) -> float:
        here = sum(cells.get((region, section), 0) for section in "BCG")
        everywhere = cells["AT", division] + cells["FR", division]
        return (cells[region, division] / here) / (everywhere / everyone)

    found = [(r["region"][-4:], r["sector"][-2:], float(r["quotient"])) for r in answer("location-quotients", "sample")]
    assert found == [("FR21", sector, quotient("FR21", f"C{sector}")) for sector in ("11", "28")]
    regions = by(answer("specialised-regions", "sample"), "region", "locationQuotient")
    assert {iri[-4:]: float(value) for iri, value in regions.items()} == {
        region: pytest.approx(value)
        for region in ("AT11", "AT12", "FR10", "FR21")
        if (value := quotient(region, "C28")) >= 1
    }
    for case, bond in (("sample", "same code"), ("asked-by-a-newer-code", "other code")):
        assert columns(answer("specialised-sectors", case), "sector", "quotient", "bond") == [
            ("http://data.europa.eu/ux2/nace2/11", "3.75", bond)
        ]
    [row] = answer("specialised-regions", "asked-by-a-newer-code")
    assert (row["sector"][-11:], row["figuresOf"][-8:], row["bond"]) == ("/nace2.1/11", "nace2/11", "shares a part")
