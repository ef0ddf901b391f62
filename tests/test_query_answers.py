"""The answers written down for the saved queries, worked out again from the tables that the data is made from.

In plain Python, cell by cell: neither the queries nor the engine have a part in it. What comes from code lists, shapes
and the vocabulary is checked against the dumps in test_query_dumps.py.
"""

from __future__ import annotations

import csv
import hashlib
import math
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pycountry
import pytest
from tests.written_answers import Row, answer, by, columns, table

from eclod.core import assets, codes
from eclod.core.namespaces import PREFIXES, expand

SAMPLE = Path(__file__).parent / "sample-registries" / "sample-network"
COUNTRY = PREFIXES["country"]
NUTS = PREFIXES["nuts"]
ECOSYSTEM = "https://w3id.org/eclod/scheme/ecosystem/"
#: The sections of NACE 2.1 by the first division of each (Regulation (EU) 2023/137, annex).
SECTIONS = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUV",
        (1, 5, 10, 35, 36, 41, 46, 49, 55, 58, 61, 64, 68, 69, 77, 84, 85, 86, 90, 94, 97, 99),
        strict=True,
    )
)


def europe(name: str) -> list[Row]:
    return table(assets.folder("registries") / "eclod-europe" / f"{name}.csv")


def starter(name: str) -> list[Row]:
    return table(assets.folder("registries") / "eclod-starter" / f"{name}.csv")


def thing(kind: str, local_id: str, registry: str = "eclod-europe") -> str:
    return f"https://w3id.org/eclod/id/{kind}/{codes.derive(kind, registry, local_id)}"


def country(code: str) -> str:
    found = pycountry.countries.get(alpha_2=code)
    assert found is not None
    return COUNTRY + found.alpha_3


def several(cell: str) -> list[str]:
    return [part for part in cell.split(";") if part]


def section(code: str) -> str:
    return max(letter for letter, first in SECTIONS.items() if first <= int(code[:2]))


@cache
def clusters() -> list[Row]:
    rows = table(assets.folder("registries") / "eclod-starter" / "clusters.csv")
    assert len(rows) == 351
    return [row | {"iri": thing("cluster", row["id"], "eclod-starter")} for row in rows]


def counted(rows: Iterable[Row], of: Callable[[Row], Iterable[str]]) -> dict[str, str]:
    """Return how many rows have each key, as texts."""
    return {key: str(number) for key, number in Counter(key for row in rows for key in set(of(row))).items()}


def found(query: str, case: str, matches: Callable[[Row], bool]) -> None:
    """Check that an answer lists just the clusters that match."""
    rows = answer(query, case)
    assert rows
    assert sorted(columns(rows, "cluster", "name")) == sorted(
        (row["iri"], row["name"]) for row in clusters() if matches(row)
    )


def test_clusters_are_counted_as_in_the_table() -> None:
    by_country = by(answer("clusters-by-country"), "country", "clusters")
    assert by_country == counted(clusters(), lambda row: [country(row["country"])])
    by_ecosystem = by(answer("clusters-by-ecosystem"), "ecosystem", "clusters")
    every = counted(clusters(), lambda row: (ECOSYSTEM + each for each in several(row["ecosystems"])))
    assert {key: number for key, number in by_ecosystem.items() if number != "0"} == every
    assert len(by_ecosystem) == 14
    french = answer("clusters-by-ecosystem", "in-french")
    assert by(french, "ecosystem", "clusters") == by_ecosystem
    assert ("digital", "Numérique") in [(row["ecosystem"].removeprefix(ECOSYSTEM), row["name"]) for row in french]


@pytest.mark.parametrize(("case", "place"), [("expected", ""), ("italy", "IT")])
def test_clusters_of_sections_and_languages(case: str, place: str) -> None:
    chosen = [row for row in clusters() if place in ("", row["country"])]
    by_section = by(answer("clusters-by-section", case), "code", "clusters")
    assert by_section == counted(chosen, lambda row: map(section, several(row["nace"])))
    by_language = by(answer("names-by-language"), "tag", "things")
    assert by_language == counted(clusters(), lambda row: [row["language"]])


@pytest.mark.parametrize(("case", "within", "length"), [("expected", "ES", 4), ("france-level-1", "FR", 3)])
def test_clusters_of_regions(case: str, within: str, length: int) -> None:
    inside = [row for row in clusters() if row["nuts"].startswith(within) and len(row["nuts"]) >= length]
    by_region = by(answer("clusters-by-region", case), "region", "clusters")
    assert by_region == counted(inside, lambda row: [NUTS + row["nuts"][:length]])


def test_clusters_that_match() -> None:
    found("clusters-of-a-region", "expected", lambda row: row["nuts"].startswith("DE"))
    found("clusters-of-a-region", "capital-of-denmark", lambda row: row["nuts"].startswith("DK01"))
    found("clusters-of-a-sector", "expected", lambda row: any(c.startswith("29") for c in several(row["nace"])))
    found("clusters-of-a-sector", "farming-in-france", lambda row: row["country"] == "FR" and any(
        section(code) == "A" for code in several(row["nace"])))  # fmt: skip
    found("clusters-of-an-ecosystem", "expected", lambda row: "textiles" in several(row["ecosystems"]))
    found("clusters-of-an-ecosystem", "digital-in-spain", lambda row: row["country"] == "ES" and "digital" in several(
        row["ecosystems"]))  # fmt: skip
    found("clusters-without", "expected", lambda row: not row["homepage"])
    found("clusters-without", "without-a-region", lambda row: not row["nuts"])


def test_managers_are_named_as_in_the_table() -> None:
    by_iri = {row["iri"]: row for row in clusters()}
    for row in answer("clusters-of-a-region"):
        source = by_iri[row["cluster"]]
        assert row["managerName"] == (source["legal_name"] or source["name"])
        assert row["manager"] == thing("organisation", source["id"], "eclod-starter")


@pytest.mark.parametrize(("case", "own"), [("expected", None), ("sample", ("DK", "35;30", "energy-renewables"))])
def test_partners_share_what_is_said(case: str, own: tuple[str, str, str] | None) -> None:
    rows = answer("partners-for-a-cluster", case)
    if own is None:
        mine = next(row for row in clusters() if row["iri"] == rows[0]["cluster"])
        own = mine["country"], mine["nace"], mine["ecosystems"]
    shared = []
    for row in clusters():
        sectors = len(set(several(row["nace"])) & set(several(own[1])))
        ecosystems = len(set(several(row["ecosystems"])) & set(several(own[2])))
        if row["country"] != own[0] and sectors + ecosystems:
            shared.append((-sectors - ecosystems, -sectors, row["name"], row["iri"], str(sectors), str(ecosystems)))
    best = [(iri, sectors, ecosystems) for _, _, _, iri, sectors, ecosystems in sorted(shared)[:25]]
    assert columns(rows, "partner", "sectors", "ecosystems") == best


def test_statistics_of_ecosystems() -> None:
    pairs = Counter(
        (one, other) for row in clusters() for one in several(row["ecosystems"]) for other in several(row["ecosystems"])
    )
    assert sorted(columns(answer("ecosystem-pairs"), "one", "other", "clusters")) == sorted(
        (ECOSYSTEM + one, ECOSYSTEM + other, str(n)) for (one, other), n in pairs.items() if one < other and n >= 3
    )
    known = [row for row in clusters() if row["ecosystems"]]
    spanish = [row for row in known if row["country"] == "ES"]
    for row in answer("country-specialisation"):
        name = row["ecosystem"].removeprefix(ECOSYSTEM)
        here, all_over = (sum(name in several(r["ecosystems"]) for r in rows) for rows in (spanish, known))
        assert int(row["clusters"]) == here
        assert float(row["share"]) == pytest.approx(here / len(spanish), abs=0.0005)
        assert float(row["shareOfAll"]) == pytest.approx(all_over / len(known), abs=0.0005)
        assert float(row["quotient"]) == pytest.approx(here / len(spanish) / (all_over / len(known)), abs=0.005)
    assert len(answer("country-specialisation")) == len({e for r in spanish for e in several(r["ecosystems"])})


def test_completeness_counts_the_cells_that_are_filled() -> None:
    things = by(answer("completeness"), "property", "things")
    filled = {"eclod:sector": "nace", "dct:spatial": "nuts", "foaf:homepage": "homepage", "dct:source": "source",
              "eclod:ecosystem": "ecosystems", "skos:altLabel": "acronym", "eclod:country": "country"}  # fmt: skip
    for name, column in filled.items():
        assert int(things[expand(name)]) == sum(bool(row[column]) for row in clusters()), name
    percent = by(answer("completeness"), "property", "percent")
    assert float(percent[expand("dct:spatial")]) == round(100 * int(things[expand("dct:spatial")]) / 351, 1)
    events = by(answer("completeness", "of-events"), "property", "things")
    assert int(events[expand("cv:parentEvent")]) == sum(bool(row["parent"]) for row in europe("events"))


def test_organisations_are_those_of_the_tables() -> None:
    types = by(answer("organisations-by-type"), "type", "organisations")
    counts = {key.rpartition("/")[2]: int(number) for key, number in types.items() if number != "0"}
    partners = {row["organisation"]: row["type"] for row in starter("partners") if row["type"]}
    partners |= {row["member"]: row["type"] for row in starter("members")}
    bodies = (*europe("organisations"), *europe("expert-groups"))
    types_of_europe = [row["type"] for row in bodies if row["type"]]
    assert counts == Counter([*["cluster-organisation"] * 351, *types_of_europe, *partners.values()])
    slovenes = [row for row in clusters() if row["country"] == "SI"]
    assert sorted(columns(answer("organisations-of-a-country"), "organisation", "town", "homepage")) == sorted(
        (thing("organisation", row["id"], "eclod-starter"), row["city"], row["homepage"]) for row in slovenes
    )
    hosts = Counter(re.sub(r"^https?://(www\.)?|/+$", "", row["homepage"].lower()) for row in clusters())
    shared = {host: str(number) for host, number in hosts.items() if host and number > 1}
    assert by(answer("possible-duplicates"), "website", "organisations") == shared


def test_names_and_websites_are_found() -> None:
    named = [row for row in clusters() if "automotive" in (row["name"] + row["acronym"] + row["legal_name"]).lower()]
    kinds = Counter(row["kind"] for row in answer("things-by-name"))
    about = [row for row in europe("events") if "automotive" in row["title_en"].lower()]
    assert kinds == {"cluster": len(named), "organisation": len(named), "event": len(about)}
    conferences = [row for row in europe("events") if "cluster conference" in row["title_en"].lower()]
    assert columns(answer("things-by-name", "only-events"), "thing", "name") == [
        (thing("event", row["id"]), row["title_en"]) for row in sorted(conferences, key=lambda row: row["title_en"])
    ]
    hosts = sorted(row["iri"] for row in clusters() if "luxinnovation.lu" in row["homepage"])
    assert sorted(r["thing"] for r in answer("things-by-website") if "/cluster/" in r["thing"]) == hosts
    assert len(answer("things-by-website")) == 2 * len(hosts)


@pytest.mark.parametrize(("case", "first", "last", "language"), [
    ("expected", "", "9999", "en"), ("some-in-french", "2019-06-01", "2022-09-26", "fr")])  # fmt: skip
def test_events_are_in_order(case: str, first: str, last: str, language: str) -> None:
    dated = [
        (row["start"], row[f"title_{language}"], row["end"], row["city"])
        for row in (*europe("events"), *europe("group-meetings"))
        if row["start"] and row["end"] >= first[: len(row["end"])] and row["start"] <= last[: len(row["start"])]
    ]
    assert columns(answer("events", case), "begin", "title", "end", "town") == sorted(dated)


@pytest.mark.parametrize(("case", "language"), [("expected", "en"), ("in-german", "de")])
def test_documents_and_programmes_are_those_of_the_tables(case: str, language: str) -> None:
    legal = [row for row in europe("documents") if row["kind"] == "legal"]
    assert sorted(columns(answer("policy-documents", case), "celex", "date", "title")) == sorted(
        (row["celex"], row["date"], row[f"title_{language}"] or row["title_en"]) for row in legal
    )
    days = [row["date"] for row in answer("policy-documents", case)]
    assert days == sorted(days, reverse=True)
    paid = Counter(row["programme"] for row in (*europe("initiatives"), *starter("partnerships")))
    programmes = [(thing("programme", row["id"]), row, str(paid[row["id"]])) for row in europe("programmes")]
    programmes += [
        (thing("programme", row["id"], "eclod-starter"), row, "0") for row in starter("cluster-programmes")
    ]  # they recognise clusters
    assert sorted(columns(answer("programmes", case), "programme", "name", "start", "end", "projects")) == sorted(
        (iri, row[f"name_{language}"] or row["name_en"], row["start"], row["end"], number)
        for iri, row, number in programmes
    )


@pytest.mark.parametrize(("case", "language"), [("expected", "en"), ("in-french", "fr")])
def test_figures_are_those_of_the_table(case: str, language: str) -> None:
    assert sorted(columns(answer("figures-by-edition", case), "figure", "name", "value", "unit", "edition")) == sorted(
        (thing("figure", row["id"]), row[f"name_{language}"], row["value"], row["unit"], row["edition"])
        for row in europe("figures")
    )
    mapping = tomllib.loads((assets.folder("registries") / "eclod-europe" / "figures.toml").read_text("utf-8"))
    indicators = mapping["things"]["figure"]["fields"]["indicator"]["translate"]
    values = defaultdict(list)
    for row in europe("figures"):
        values[indicators[row["id"]]].append(float(row["value"]))
    differing = {name: (min(found), max(found)) for name, found in values.items() if len(set(found)) > 1}
    assert {
        row["indicator"].rpartition("/")[2]: (float(row["smallest"]), float(row["largest"]))
        for row in answer("figures-that-differ")
    } == differing


def test_initiatives_platforms_and_identifiers() -> None:
    cosme = [
        (thing("project", row["id"]), row["name_en"], row["start"])
        for row in europe("initiatives")
        if row["programme"] == "cosme"
    ]
    cosme += [
        (thing("project", row["id"], "eclod-starter"), row["name"], row["start"])
        for row in starter("partnerships")
        if row["programme"] == "cosme"
    ]
    assert sorted(columns(answer("projects-of-a-programme"), "project", "name", "start")) == sorted(cosme)
    assert sorted(columns(answer("platforms"), "platform", "name", "operator", "partOf")) == sorted(
        (
            thing("platform", row["id"]),
            row["name_en"],
            thing("organisation", row["operator"]) if row.get("operator") else "",
            thing("platform", above) if (above := row.get("part_of") or row.get("board")) else "",
        )
        for row in (*europe("platforms"), *europe("response-boards"), *europe("forums"))
    )
    kinds = {"organisation": "organisations", "event": "events", "figure": "figures", "platform": "platforms",
             "programme": "programmes", "project": "initiatives"}  # fmt: skip
    listed = {(kind, row["id"]) for kind, name in kinds.items() for row in europe(name)}
    listed |= {("organisation", row["id"]) for row in europe("innovation-communities")}
    listed |= {(kind, row["id"]) for kind, name in (("hub", "hubs"), ("call", "calls")) for row in europe(name)}
    listed |= {("document", row["id"]) for row in europe("documents") if not row["celex"]}
    kinds = {"expert-groups": "organisation", "group-seats": "seats", "group-meetings": "event", "forums": "platform",
             "response-boards": "platform", "actions": "action", "recommendations": "recommendation",
             "passages": "passage"}  # fmt: skip
    listed |= {(kind, row["id"]) for name, kind in kinds.items() for row in europe(name)}
    listed |= {("need", row["id"]) for row in europe("needs")}
    listed |= {("participation", name) for name in _participations()}
    identifiers = answer("identifiers-of-a-registry")
    assert {(row["kind"], row["localIdentifier"]) for row in identifiers} == listed
    assert all(row["thing"] == thing(row["kind"], row["localIdentifier"]) for row in identifiers)
    row = clusters()[10]  # the heading is row 1
    assert columns(answer("things-of-a-row"), "thing", "name") == [
        (row["iri"], row["name"]), (thing("organisation", row["id"], "eclod-starter"), row["legal_name"] or row["name"])
    ]  # fmt: skip


def test_what_was_under_way() -> None:
    dated = {thing("project", row["id"]): row for row in europe("initiatives")}
    dated |= {thing("programme", row["id"]): row for row in europe("programmes")}
    dated |= {thing("project", row["id"], "eclod-starter"): row for row in starter("partnerships")}
    dated |= {thing("programme", row["id"], "eclod-starter"): row for row in starter("cluster-programmes")}
    for case, day in (("expected", "2015-07-01"), ("day-after", "2017-02-01")):
        under_way = {
            iri
            for iri, row in dated.items()
            if row["start"] and row["start"] <= day and (not row["end"] or row["end"] >= day[: len(row["end"])])
        }
        assert {row["thing"] for row in answer("projects-at-work", case)} == under_way


def test_source_files_are_the_files() -> None:
    files = {
        path.name + path.parent.name: (str(path.stat().st_size), hashlib.sha256(path.read_bytes()).hexdigest())
        for name in ("eclod-europe", "eclod-starter")
        for path in (assets.folder("registries") / name).glob("*.csv")
    }
    rows = answer("source-files")
    assert {row["name"] + row["registry"].rpartition("/")[2]: (row["bytes"], row["sha256"]) for row in rows} == files
    things = {row["name"]: int(row["things"]) for row in rows}
    assert things["clusters.csv"] == 2 * 351
    assert all(things[f"{name}.csv"] == len(europe(name)) for name in ("figures", "documents", "initiatives"))
    assert things["events.csv"] == len(europe("events")) + len(_participations())


def _participations() -> list[str]:
    """Return the events of the table with each who has a part in them, as the ledger names them."""
    return [
        f"{row['id']} | {role} | {name}"
        for row in europe("events")
        for role in ("organiser", "host", "supporter")
        for name in several(row[role])
    ]


# The sample registry, small enough to see


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


def test_a_code_is_found_in_other_versions_with_the_concordance() -> None:
    assert columns(answer("code-in-another-version"), "there", "relation", "concordance") == [
        (NUTS + "IE01", "the same code", ""),
        *[(NUTS + "IE06", "n:m", "https://w3id.org/eclod/scheme/nuts2013-nuts2016")] * 2,
        *[(NUTS + "IE04", "1:n", "https://w3id.org/eclod/scheme/nuts2013-nuts2016")] * 2,
    ]
    assert (NUTS + "FR21", "1:1") in columns(answer("code-in-another-version", "renumbered"), "there", "relation")


@pytest.mark.parametrize(
    ("case", "name"), [("expected", "textiles"), ("tourism", "tourism"), ("without-clusters", "retail")]
)
def test_sectors_of_an_ecosystem_are_those_of_its_clusters_and_of_publications(case: str, name: str) -> None:
    chosen = [row for row in clusters() if name in several(row["ecosystems"]) and row["nace"]]
    divisions = counted(chosen, lambda row: (code[:2] for code in several(row["nace"]) if len(code) > 1))
    found = answer("sectors-of-an-ecosystem", case)
    worked = [row for row in found if not row["source"]]
    assert by(worked, "division", "clusters") == {PREFIXES["nace21"] + code: n for code, n in divisions.items()}
    for row in worked:
        assert float(row["share"]) == pytest.approx(int(row["clusters"]) / len(chosen), abs=0.0005)
    stated = {
        PREFIXES["nace2"] + row["nace"]: row["source"] for row in europe("ecosystem-links") if row["ecosystem"] == name
    }
    assert by([row for row in found if row["source"]], "division", "source") == stated and stated
    assert {row["weight"] for row in found} == {""}, "no source gives one"


def test_a_code_that_is_not_known_is_said_so() -> None:
    (row,) = answer("code-in-another-version", "not-known")
    assert (row["code"], row["there"], row["name"]) == (NUTS + "FR261", NUTS + "FR26", "Bourgogne")
    assert row["relation"] == "not known here; the region above it"


def test_links_of_ecosystems_have_a_source_and_no_weight_that_nobody_stated() -> None:
    rows = europe("ecosystem-links")
    assert len(rows) == len({(row["ecosystem"], row["nace"]) for row in rows}) == 54
    assert len({row["ecosystem"] for row in rows}) == 11
    assert all(row["source"].startswith("https://") and not row["weight"] for row in rows)


def test_members_are_organisations_with_a_source() -> None:
    rows = starter("members")
    assert len(rows) == 75 and len({row["organisation"] for row in rows}) == 7
    assert all(row["source"].startswith("http") and row["type"] for row in rows)
    lyon = {row["member"]: row["type"] for row in rows if row["organisation"] == "lyonbiopole"}
    named = [row for row in answer("members-of-a-cluster") if row["role"].endswith("/member")]
    assert len(named) == len(lyon) == 19
    kinds = {key.rpartition("/")[2]: int(n) for key, n in by(answer("members-by-type"), "type", "members").items()}
    assert kinds == Counter(lyon.values())


def test_what_programmes_recognise_needs_no_other_criterion() -> None:
    recognised = {row["organisation"] for row in starter("profiles") if row["recognised_by"]}
    assert len(answer("admission-of-cluster-organisations", "waived")) == len(recognised) == 72
    programmes = {row["id"] for row in starter("cluster-programmes")}
    assert {one for row in starter("profiles") for one in several(row["recognised_by"])} <= programmes
