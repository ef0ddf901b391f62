"""The answers written down for the saved queries, worked out again from the tables that the data is made from.

In plain Python, cell by cell: neither the queries nor the engine have a part in it. What comes from code lists, shapes
and the vocabulary is checked against the dumps in test_query_dumps.py.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable

import pytest
from tests.source_tables import ECOSYSTEM, NUTS, clusters, counted, country, europe, section, several, starter, thing
from tests.written_answers import Row, answer, by, columns

from eclod.core import assets
from eclod.core.namespaces import PREFIXES, expand


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
