"""Answers about events, offers and needs, worked out again from the sample files in plain Python.

As in test_query_answers.py: neither the queries nor the engine have a part in it.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from tests.source_tables import NUTS, thing
from tests.written_answers import Row, answer, by, columns, table

SAMPLE = Path(__file__).parent / "sample-registries" / "sample-matchmaking"
EUROPE = Path(__file__).resolve().parents[1] / "loaders" / "registries" / "eclod-europe" / "events.csv"
SCHEME = "https://w3id.org/eclod/scheme/"

CLUSTERS = {row["id"]: row for row in table(SAMPLE / "clusters.csv")}
STATED = table(SAMPLE / "offers-and-needs.csv")
LINKS = table(SAMPLE / "links.csv")
EVENTS = table(EUROPE)


def named(kind: str, local_id: str) -> str:
    return thing(kind, local_id, "sample-matchmaking")


def european(local_id: str) -> str:
    return thing("event", local_id, "eclod-europe")


def cluster_of(row: Row) -> str:
    return row["cluster"] or next(name for name, each in CLUSTERS.items() if each["manager"] == row["organisation"])


def about(row: Row, column: str) -> str:
    """Return what an offer or need says, or else its cluster."""
    return row[column] or CLUSTERS[cluster_of(row)][column]


def are_linked(one: str, other: str) -> bool:
    pair = {CLUSTERS[one]["manager"], CLUSTERS[other]["manager"]}
    bodies = [
        {row["other"] for row in LINKS if row["kind"] == "membership" and row["one"] == who} | {who} for who in pair
    ]
    return any(pair == {row["one"], row["other"]} for row in LINKS) or bool(set.intersection(*bodies))


def complement(need: Row, offer: Row) -> bool:
    seeking, offering = cluster_of(need), cluster_of(offer)
    return (
        seeking != offering
        and need["cooperation"] == offer["cooperation"]
        and (
            about(need, "ecosystem") == about(offer, "ecosystem") or about(need, "nace")[:2] == about(offer, "nace")[:2]
        )
        and CLUSTERS[seeking]["nuts"] != CLUSTERS[offering]["nuts"]
        and (not offer["until"] or offer["until"] >= need["from"])
        and (not need["until"] or need["until"] >= offer["from"])
        and not are_linked(seeking, offering)
    )


def test_pairs_that_complement_each_other() -> None:
    needs = [row for row in STATED if row["kind"] == "need"]
    offers = [row for row in STATED if row["kind"] == "offer"]
    expected = {
        (
            named("cluster", cluster_of(need)),
            named("need", need["id"]),
            named("cluster", cluster_of(offer)),
            named("offer", offer["id"]),
            need["cooperation"],
            about(need, "ecosystem"),
            about(need, "nace")[:2],
        )
        for need in needs
        for offer in offers
        if complement(need, offer)
    }
    rows = answer("complementary-clusters", "sample")
    names = ("seeking", "need", "offering", "offer", "kind", "sharedEcosystems", "naceInCommon")
    assert set(columns(rows, *names)) == expected and len(rows) == len(expected) == 2
    assert columns(answer("complementary-clusters", "sample-of-a-cluster"), *names) == columns(rows, *names)
    assert answer("complementary-clusters", "sample-on-a-day") == []  # the one is over by then, the other's offer is
    assert answer("complementary-clusters") == []  # the starting data has no offer


@pytest.mark.parametrize("broken", ["one region", "one project", "one union", "over", "another trade"])
def test_each_reason_to_leave_a_pair_out_is_in_the_sample(broken: str) -> None:
    """The rules above tell something only if each of them leaves an offer out that all others would let in."""
    need = next(row for row in STATED if row["id"] == "N1")
    left_out = {"one region": "O2", "one project": "O3", "one union": "O4", "over": "O5", "another trade": "O6"}
    offer = next(row for row in STATED if row["id"] == left_out[broken])
    assert need["cooperation"] == offer["cooperation"] and not complement(need, offer)


def test_offers_and_needs_of_a_day() -> None:
    day = "2027-03-01"
    expected = {
        (named(row["kind"], row["id"]), row["kind"])
        for row in STATED
        if row["from"] <= day and (not row["until"] or row["until"] >= day)
    }
    stated = {named(row["kind"], row["id"]) for row in STATED}
    found = set(columns(answer("offers-and-needs", "sample"), "statement", "kind"))
    assert {each for each in found if each[0] in stated} == expected and len(expected) == 10
    assert (thing("need", "RDFR20201119001", "eclod-europe"), "need") in found
    supply = {row["statement"] for row in answer("offers-and-needs", "sample-supply")}
    assert supply & stated == {named("offer", "O8")}
    ways = answer("offers-and-needs")
    assert {
        row["way"].removeprefix(SCHEME) for row in ways if row["statement"] == thing("need", "RDFR20201119001")
    } == {
        "cooperation-kind/project-consortium",
        "cooperation-kind/exchange-of-experience",
    }


def test_clusters_for_a_need() -> None:
    rows = answer("clusters-for-a-need", "sample")
    offers = by(rows, "cluster", "offers")
    found = {name: offers.get(named("cluster", name)) for name in CLUSTERS}
    # Those of its own country and those of another trade are left out; offers of that kind of cooperation count.
    assert found == {"weave": None, "dye": None, "code": None, "thread": "2", "robe": "1", "lace": "1"}
    assert [row["cluster"] for row in rows[:3]] == [named("cluster", name) for name in ("thread", "lace", "robe")]


def test_who_takes_part_and_who_meets_whom() -> None:
    fair = named("event", "fair")
    expected = {
        (named("organisation", row["organisation"]), row["role"])
        for row in table(SAMPLE / "participants.csv")
        if row["event"] == "fair"
    }
    rows = answer("event-participants", "sample")
    assert set(columns(rows, "organisation", "role")) == expected and {row["event"] for row in rows} == {fair}
    assert [row["role"] for row in rows[:2]] == ["organiser", "host"]
    met = answer("meetings-of-an-event", "sample")
    assert {(row["begin"], frozenset((row["one"], row["other"]))) for row in met} == {
        (row["from"], frozenset(named("organisation", row[who]) for who in ("one", "other")))
        for row in table(SAMPLE / "slots.csv")
    }
    organisers = {row["organisation"] for row in answer("event-participants")}
    (conference,) = (row for row in EVENTS if row["id"] == "european-cluster-conference-2022")
    assert organisers == {thing("organisation", name, "eclod-europe") for name in conference["organiser"].split(";")}


def test_series_and_their_editions() -> None:
    rows = answer("event-series")
    editions = {
        european(row["id"]): [each["start"] for each in EVENTS if each["parent"] == row["id"]]
        for row in EVENTS
        if row["kind"] == "series"
    }
    assert {row["series"]: int(row["editions"]) for row in rows} == {name: len(held) for name, held in editions.items()}
    assert len(rows) == 10 and european("eu-cluster-weeks") in editions
    for row in rows:
        assert (row["first"], row["latest"]) == (min(editions[row["series"]]), max(editions[row["series"]]))
    assert by(answer("event-series", "sample"), "title", "editions")["Made-up Fjord Breakfast"] == "3"


def test_events_of_regions() -> None:
    for case, prefix, country, first, last in (
        ("romania", "RO", "RO", "2019-01-01", "2023-01-01"),
        ("germany", "DE", "DE", "", "9999"),
        ("expected", "CZ", "CZ", "", "9999"),
    ):
        expected = {
            european(row["id"])
            for row in EVENTS
            if (row["nuts"].startswith(prefix) or row["country"] == country)
            and row["start"]
            and row["end"] >= first
            and row["start"] <= last
        }
        rows = answer("events-of-a-region", case)
        assert {row["event"] for row in rows} == expected and expected, case
        assert [row["begin"] for row in rows] == sorted(row["begin"] for row in rows)
    sample = answer("events-of-a-region", "sample")
    assert {row["region"] for row in sample} == {NUTS + "DK05"}
    assert sorted(row["status"] for row in sample) == ["", "", "", "cancelled", "confirmed", "tentative"]


def test_upcoming_events() -> None:
    rows = answer("upcoming-events")
    expected = {european(row["id"]) for row in EVENTS if len(row["end"]) == 10 and row["end"] >= "2024-01-01"}
    assert {row["event"] for row in rows} == expected and expected
    for case, wanted in (
        ("sample", {"weeks-2027", "fair", "talk"}),
        ("sample-textiles", {"weeks-2027", "talk"}),
    ):
        assert {row["event"] for row in answer("upcoming-events", case)} == {named("event", each) for each in wanted}
    digital = [row for row in EVENTS if "digital" in row["ecosystems"].split(";")]
    begun = [european(row["id"]) for row in sorted(digital, key=lambda row: row["start"])]
    assert [row["event"] for row in answer("upcoming-events", "digital")] == begun and len(begun) == 2


def test_every_event_of_the_starting_data_has_a_source_and_a_level() -> None:
    with EUROPE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 74
    assert {row["id"]: row["sectors"] for row in rows if row["sectors"]} == {
        "ecosystem-webinar-energy-intensive-2020": "16;17;19;20;22;23;24",
        "ecosystem-webinar-mobility-2020": "29;30",
    }
    assert [row["id"] for row in rows if not row["source"].startswith("http")] == []
    assert {row["level"] for row in rows} == {"european", "national", "regional"}
    assert {row["format"] for row in rows} == {"", "in-person", "online"}
    assert all(row["title_en"] and row["title_fr"] and row["title_de"] for row in rows)
