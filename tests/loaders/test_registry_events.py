"""The made-up calendar and the made-up matchmaking, which show registries how to give theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from eclod.core.errors import BadInput
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.values import dates
from eclod_loaders.values.texts import Unreadable

from .conftest import Outcome, thing_iri

Run = Callable[..., Outcome]
SAMPLES = Path(__file__).resolve().parents[1] / "sample-registries"
SCHEME = "https://w3id.org/eclod/scheme/"


def test_a_calendar(run: Run) -> None:
    outcome = run(Registry.load(SAMPLES / "sample-calendar"))
    assert len(outcome.mapped) == 9
    assert len(outcome.accepted) == 6 and len(outcome.problems) == 1
    assert outcome.ignored == ["an older version of the event in line 69", "marked in the calendar as not public"]
    (problem,) = outcome.problems
    assert (problem.rule, problem.row, problem.place) == ("row", 9, "line 84")
    assert "repeats without end" in problem.message
    conference = thing_iri("event", "conference@fjord.example | ")
    assert outcome.values("terms/title", conference) == {
        "Made-up Fjord Conference, with harbours; ships and everything that floats"
    }
    assert outcome.values("#keyword", conference) == {"harbours", "renewable energy"}
    assert outcome.values("#asWKT", f"{conference}#location") == {"POINT(9.9217 57.0488)"}
    time = f"{conference}#time"
    assert outcome.values("#inXSDDate", f"{time}-beginning") == {"2027-05-10"}
    assert outcome.values("#inXSDDate", f"{time}-end") == {"2027-05-11"}
    assert outcome.values("#inXSDDateTimeStamp", f"{time}-end") == set()
    regatta = thing_iri("event", "regatta@fjord.example | ")
    assert outcome.values("/eventStatus", regatta) == {SCHEME + "event-status/cancelled"}


def test_a_series_has_its_occurrences(run: Run) -> None:
    outcome = run(Registry.load(SAMPLES / "sample-calendar"))
    series = thing_iri("event", "breakfast@fjord.example")
    names = ("2027-03-18T08:30:00+01:00", "2027-04-01T08:30:00+02:00", "2027-04-08T08:30:00+02:00")
    found = {thing_iri("event", f"breakfast@fjord.example | {name}") for name in names}
    held = {iri for iri in outcome.things("event") if outcome.values("/parentEvent", iri) == {series}}
    assert held == found
    days = {day for iri in held for day in outcome.values("#inXSDDate", f"{iri}#time-beginning")}
    assert days == {"2027-03-18", "2027-04-01", "2027-04-09"}  # one was moved by a day and stays the same event
    assert outcome.values("-syntax-ns#type", series) == {
        "https://schema.org/EventSeries",
        "http://data.europa.eu/m8g/PublicEvent",
    }


def test_a_matchmaking(run: Run) -> None:
    outcome = run(Registry.load(SAMPLES / "sample-matchmaking"))
    assert len(outcome.mapped) == len(outcome.accepted) == 41
    numbers = {kind: len(outcome.things(kind)) for kind in ("offer", "need", "slot", "event", "participation")}
    assert numbers == {"offer": 8, "need": 3, "slot": 3, "event": 4, "participation": 9}
    fair = thing_iri("event", "fair")
    assert outcome.values("/hasParticipation", fair) == {
        thing_iri("participation", f"fair | {who} | {role}")
        for who, role in (
            ("union", "organiser"),
            ("weave-office", "host"),
            ("weave-office", "participant"),
            ("thread-office", "participant"),
            ("lace-office", "participant"),
            ("dye-office", "exhibitor"),
        )
    }
    assert "https://w3id.org/eclod/ontology#MatchmakingEvent" in outcome.values("-syntax-ns#type", fair)
    slot = thing_iri("slot", "fair | 2027-03-01T10:00:00+02:00 | weave-office | thread-office")
    assert outcome.values("#inXSDDateTimeStamp", f"{slot}#time-end") == {"2027-03-01T10:30:00+02:00"}
    assert len(outcome.values("#slotParticipant", slot)) == 2


MAPPING = """
[things.event]
shape = "Event"
key = "id"
adds = true
fields.country = "country"
"""


def test_a_thing_that_is_only_added_to_needs_no_name(make_registry: Callable[..., Registry], run: Run) -> None:
    outcome = run(make_registry(MAPPING, "id,country\nfair,DK\n"))
    assert outcome.problems == [] and outcome.things("event") == {thing_iri("event", "fair")}
    with pytest.raises(BadInput, match="lacks the field 'name', which every Event needs"):
        run(make_registry(MAPPING.replace("adds = true\n", ""), "id,country\nfair,DK\n"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-05-04T09:00:00+02:00", "2026-05-04T09:00:00+02:00"),
        (" 2026-05-04T09:00Z ", "2026-05-04T09:00:00+00:00"),
        ("20260504T090000-0330", "2026-05-04T09:00:00-03:30"),
    ],
)
def test_moments(text: str, found: str) -> None:
    assert dates.moment(text).isoformat() == found


@pytest.mark.parametrize(
    "text", ["2026-05-04", "2026-05-04T09:00:00", "9:00", "2026-05-04T25:00Z", "2026-13-04T09:00Z", ""]
)
def test_no_moments(text: str) -> None:
    with pytest.raises(Unreadable):
        dates.moment(text)
