"""iCalendar as rows: days and moments, zones, repetition, versions, escapes and folds, and hostile files refused."""

from __future__ import annotations

import datetime
import itertools
import zoneinfo
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from eclod.core.errors import BadInput
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.reading import recurrence
from eclod_loaders.reading.recurrence import Rule
from eclod_loaders.rows import Row

Make = Callable[..., Registry]
Read = Callable[[Registry], list[Row]]
Load = Callable[..., list[Row]]

REGISTRY = """title = { en = "Test" }
publisher = "P"
language = "en"
[[sources]]
file = "./rows.ics"
adapter = "icalendar"
"""
MAPPING = """
[ignored]
"TRANSP" = "x"
[things.event]
shape = "Event"
key = ["UID", { column = "RECURRENCE-ID", optional = true }]
[things.event.fields]
name = "SUMMARY"
description = { column = "DESCRIPTION", lines = "keep" }
keyword = "CATEGORIES"
homepage = "URL"
time.beginning.date = "first-day"
time.beginning.moment = "begins"
time.end.date = "last-day"
time.end.moment = "ends"
location = { point = ["longitude", "latitude"] }
status = { column = "STATUS", translate = { CANCELLED = "cancelled", CONFIRMED = "confirmed" } }
"""
ZONE = """BEGIN:VTIMEZONE
TZID:Fjord
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0300
TZOFFSETTO:+0300
END:STANDARD
END:VTIMEZONE
"""


def calendar(*events: str, head: str = "") -> str:
    bodies = "".join(f"BEGIN:VEVENT\nUID:e{n}\n{each.strip()}\nEND:VEVENT\n" for n, each in enumerate(events, start=1))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n{head}{bodies}END:VCALENDAR\n"


@pytest.fixture
def load(make_registry: Make, read: Read) -> Load:
    return lambda content, mapping=MAPPING: read(make_registry(mapping, content, REGISTRY, "rows.ics"))


def times(row: Row) -> tuple[str, ...]:
    return tuple("".join(row.cells[name]) for name in ("first-day", "last-day", "begins", "ends"))


def test_an_event_is_a_row(load: Load) -> None:
    text = (
        "SUMMARY:Fish\\, ships\\; and\n  harbours\nDESCRIPTION:One\\nTwo \\\\ three\nCATEGORIES:blue\\, deep,green\n"
        "CATEGORIES:white\nURL:https://fair.example/\nGEO:57.0488;9.9217\nSTATUS:Cancelled\nTRANSP:OPAQUE\n"
        "DTSTART;VALUE=DATE:20260504\nDTEND;VALUE=DATE:20260506\nBEGIN:VALARM\nTRIGGER:-PT5M\nEND:VALARM"
    )
    (row,) = load(calendar(text))
    assert (row.number, row.place, row.defect, row.left_out) == (1, "line 4", "", "")
    assert row.cells["SUMMARY"] == ("Fish, ships; and harbours",)
    assert row.cells["DESCRIPTION"] == ("One\nTwo \\ three",)
    assert row.cells["CATEGORIES"] == ("blue, deep", "green", "white")
    assert (row.cells["longitude"], row.cells["latitude"]) == (("9.9217",), ("57.0488",))
    assert row.cells["STATUS"] == ("CANCELLED",) and row.cells["UID"] == ("e1",)
    assert times(row) == ("2026-05-04", "2026-05-05", "", "")
    assert row.cells["RECURRENCE-ID"] == ()


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("DTSTART;VALUE=DATE:20260504", ("2026-05-04", "2026-05-04", "", "")),
        ("DTSTART;VALUE=DATE:20260504\nDTEND;VALUE=DATE:20260504", ("2026-05-04", "2026-05-04", "", "")),
        ("DTSTART;VALUE=DATE:20260504\nDURATION:P3D", ("2026-05-04", "2026-05-06", "", "")),
        (
            "DTSTART;TZID=Europe/Copenhagen:20260504T090000\nDTEND;TZID=Europe/Copenhagen:20260504T170000",
            ("2026-05-04", "2026-05-04", "2026-05-04T09:00:00+02:00", "2026-05-04T17:00:00+02:00"),
        ),
        # An event until midnight ends on the day before it.
        (
            "DTSTART;TZID=Fjord:20260504T200000\nDURATION:PT4H",
            ("2026-05-04", "2026-05-04", "2026-05-04T20:00:00+03:00", "2026-05-05T00:00:00+03:00"),
        ),
        (
            "DTSTART:20260504T223000Z",
            ("2026-05-04", "2026-05-04", "2026-05-04T22:30:00+00:00", "2026-05-04T22:30:00+00:00"),
        ),
        # A time without zone is the clock of wherever one is: the day is known and the moment is not.
        ("DTSTART:20260504T090000\nDTEND:20260504T100000", ("2026-05-04", "2026-05-04", "", "")),
        # Windows has names of its own.
        (
            "DTSTART;TZID=W. Europe Standard Time:20261104T090000",
            ("2026-11-04", "2026-11-04", "2026-11-04T09:00:00+01:00", "2026-11-04T09:00:00+01:00"),
        ),
    ],
)
def test_when_an_event_is(load: Load, said: str, found: tuple[str, ...]) -> None:
    (row,) = load(calendar(said, head=ZONE))
    assert row.defect == "" and times(row) == found


def test_times_in_utc_are_those_of_the_calendar(load: Load) -> None:
    (row,) = load(calendar("DTSTART:20260504T223000Z\nDURATION:PT1H", head="X-WR-TIMEZONE:Europe/Brussels\n"))
    assert times(row) == ("2026-05-05", "2026-05-05", "2026-05-05T00:30:00+02:00", "2026-05-05T01:30:00+02:00")


@pytest.mark.parametrize(
    ("said", "defect"),
    [
        ("SUMMARY:x", "has no DTSTART"),
        ("DTSTART:2026-05-04", "DTSTART cannot be read"),
        ("DTSTART:20260504T090000Z\nDTSTART:20260505T090000Z", "DTSTART is not one day or moment"),
        ("DTSTART;TZID=Nowhere:20260504T090000", "the time zone 'Nowhere', which is not known"),
        ("DTSTART:20260504T090000Z\nDTEND:20260504T080000Z", "ends .* before it begins"),
        ("DTSTART;VALUE=DATE:20260504\nDTEND:20260504T080000Z", "is a day and the other a time of day"),
        ("DTSTART:20260504T070000\nDTEND:20260504T080000Z", "has a time zone and the other has none"),
        ("DTSTART:20260504T070000Z\nDTEND:20260504T080000Z\nDURATION:PT1H", "both DTEND and DURATION"),
        ("DTSTART;VALUE=DATE:20260504\nDURATION:PT1H", "no number of days"),
        ("DTSTART;VALUE=DATE:99991231", "a year that no calendar has"),
        ("DTSTART:20260504T070000Z\nGEO:north", "GEO cannot be read"),
        ("DTSTART:20260504T070000Z\nRRULE:FREQ=WEEKLY", "repeats without end"),
        ("DTSTART:20260504T070000Z\nRRULE:FREQ=SECONDLY;COUNT=9", "repeats within a day"),
        ("DTSTART:20260504T070000Z\nRRULE:FREQ=DAILY;BYSECOND=1,2,3;COUNT=9", "repeats within a day"),
        ("DTSTART:20260504T070000Z\nRRULE:FREQ=DAILY;COUNT=3000", "repeats more than 1000 times"),
        ("DTSTART:20260504T070000Z\nRRULE:FREQ=YEARLY;COUNT=30", "for more than 10 years"),
        ("DTSTART:20260504T070000Z\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=3", "for more than 10 years"),
        ("DTSTART:20260504T070000Z\nRRULE:FREQ=YEARLY;UNTIL=20990101T000000Z", "for more than 10 years"),
        ("DTSTART:20260504T070000Z\nRRULE:FREQ=DAILY;COUNT=2\nEXRULE:FREQ=DAILY;COUNT=1", "EXRULE is no longer part"),
        ("DTSTART:20260504T070000Z\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260504T070000Z", "has a RANGE"),
    ],
)
def test_an_event_that_cannot_be_read_is_one_row_with_a_reason(load: Load, said: str, defect: str) -> None:
    row, good = load(calendar(said, "DTSTART:20260504T070000Z"))
    assert good.defect == "" and row.cells == {}
    with pytest.raises(AssertionError, match=defect):
        raise AssertionError(row.defect)
    assert row.defect.endswith(".") and len(row.defect) < 300


def test_an_event_needs_a_uid(load: Load) -> None:
    (row,) = load(calendar("DTSTART:20260504T070000Z").replace("UID:e1\n", ""))
    assert row.defect.startswith("The event has no UID")


def test_a_broken_property_that_nobody_uses_does_no_harm(load: Load) -> None:
    (row,) = load(calendar("DTSTART:20260504T070000Z\nPRIORITY:high"), MAPPING.replace('"TRANSP"', '"PRIORITY"'))
    assert row.defect == ""


WEEKLY = "DTSTART;TZID=Europe/Brussels:20260318T083000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=4\nSUMMARY:Talk"


def test_each_occurrence_is_a_row(load: Load) -> None:
    moved = (
        "SUMMARY:Late talk\nRECURRENCE-ID;TZID=Europe/Brussels:20260401T083000\n"
        "DTSTART;TZID=Europe/Brussels:20260401T160000\nDURATION:PT1H"
    )
    again = f"{WEEKLY}\nEXDATE;TZID=Europe/Brussels:20260325T083000\nRDATE;TZID=Europe/Brussels:20260415T083000"
    rows = load(calendar(again, moved.strip()).replace("UID:e2", "UID:e1"))
    assert [row.number for row in rows] == [1, 2, 3, 4] and {row.place for row in rows} == {"line 4", "line 13"}
    begins = [row.cells["begins"][0] for row in rows]
    # 8:30 stays 8:30 when summer time begins, and the moved one is there once.
    assert begins == [
        "2026-03-18T08:30:00+01:00",
        "2026-04-08T08:30:00+02:00",
        "2026-04-15T08:30:00+02:00",
        "2026-04-01T16:00:00+02:00",
    ]
    names = [row.cells["RECURRENCE-ID"][0] for row in rows]
    assert names[:3] == begins[:3] and names[3] == "2026-04-01T08:30:00+02:00"
    assert rows[3].cells["SUMMARY"] == ("Late talk",)


def test_days_and_periods_repeat_too(load: Load) -> None:
    days, periods = load_apart(
        load(
            calendar(
                "DTSTART;VALUE=DATE:20260504\nDTEND;VALUE=DATE:20260506\nRRULE:FREQ=YEARLY;UNTIL=20280504",
                "DTSTART:20260504T070000Z\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20260601T070000Z/PT3H",
            )
        )
    )
    assert [times(row)[:2] for row in days] == [(f"{y}-05-04", f"{y}-05-05") for y in (2026, 2027, 2028)]
    assert [times(row)[3] for row in periods] == ["2026-05-04T08:00:00+00:00", "2026-06-01T10:00:00+00:00"]


def load_apart(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Return the rows of the first event and of the second."""
    return [row for row in rows if row.cells["UID"] == ("e1",)], [row for row in rows if row.cells["UID"] == ("e2",)]


def test_only_the_newest_version_counts(load: Load) -> None:
    old = "DTSTART:20260504T070000Z\nSEQUENCE:1\nDTSTAMP:20260102T000000Z"
    new = "DTSTART:20260505T070000Z\nSEQUENCE:2\nDTSTAMP:20260101T000000Z"
    rows = load(calendar(old, new, old).replace("UID:e2", "UID:e1").replace("UID:e3", "UID:e1"))
    older = "an older version of the event in line 10"
    assert [row.left_out for row in rows] == [older, "", older]
    assert rows[1].cells["first-day"] == ("2026-05-05",)


def test_what_is_private_stays_out(load: Load) -> None:
    rows = load(
        calendar("DTSTART:20260504T070000Z\nCLASS:PRIVATE\nSUMMARY:secret", "DTSTART:20260504T070000Z\nCLASS:public")
    )
    assert [row.left_out for row in rows] == ["marked in the calendar as not public", ""]
    assert rows[0].cells == {}


@pytest.mark.parametrize("text", ["\r\n", "\n", "\r"])
def test_line_ends_do_not_matter(load: Load, text: str) -> None:
    content = calendar("SUMMARY:Fish and\n  ships\nDTSTART:20260504T070000Z").replace("\n", text)
    (row,) = load(content.encode())
    assert row.cells["SUMMARY"] == ("Fish and ships",) and row.place == "line 4"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "begins with BEGIN:VCALENDAR"),
        ("name,start\nx,2026", "is not a calendar|begins with BEGIN:VCALENDAR"),
        ("BEGIN:VEVENT\nUID:1\nEND:VEVENT\n", "begins with BEGIN:VCALENDAR"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n", "breaks off inside VEVENT"),
        ("BEGIN:VCALENDAR\nEND:VEVENT\n", "line 2: END:VEVENT ends nothing"),
        ("BEGIN:VCALENDAR\n" + "BEGIN:X\n" * 50_000, "line 11: nested more than 10 levels deep"),
        (b"BEGIN:VCALENDAR\nX:\xff\nEND:VCALENDAR\n", "line 2: byte 0xFF does not exist in utf-8"),
        (calendar("DTSTART:20260504T070000Z\nX-ROOM:1"), "line 4: 'X-ROOM' is not in the mapping"),
    ],
)
def test_faults_of_a_file_are_one_sentence(load: Load, content: str | bytes, message: str) -> None:
    with pytest.raises(BadInput, match=message) as fault:
        load(content)
    assert fault.value.message.startswith("rows.ics") and len(fault.value.message) < 300


def test_a_misspelt_column_is_named(load: Load) -> None:
    with pytest.raises(BadInput, match="no event has 'SUMARY', which the mapping uses; did you mean 'SUMMARY'"):
        load(calendar("DTSTART:20260504T070000Z"), MAPPING.replace('"SUMMARY"', '"SUMARY"'))


@pytest.mark.parametrize(
    ("limit", "value", "message"),
    [
        ("reading.icalendar_file.MAX_EVENTS", 1, "more than 1 events"),
        ("reading.icalendar_file.MAX_ROWS", 3, "more than 3 events, repeated ones counted"),
        ("declarations.nodes.MAX_BYTES", 100, "has [0-9]+ bytes, and up to 100 are read"),
    ],
)
def test_a_file_is_bounded(load: Load, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, message: str) -> None:
    monkeypatch.setattr(f"eclod_loaders.{limit}", value)
    with pytest.raises(BadInput, match=message):
        load(calendar(WEEKLY, "DTSTART:20260504T070000Z"))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200))
def test_texts_come_back_as_they_were_written(text: str) -> None:
    """Whatever a calendar program escapes and folds is read as it was."""
    event = Event()
    event.add("summary", text)
    again = Calendar.from_ical(b"BEGIN:VCALENDAR\r\n" + event.to_ical() + b"END:VCALENDAR\r\n")
    assert str(again.walk("VEVENT")[0]["SUMMARY"]) == text


BRUSSELS = zoneinfo.ZoneInfo("Europe/Brussels")


@given(st.datetimes(datetime.datetime(2000, 1, 1), datetime.datetime(2040, 1, 1)), st.integers(1, 60))
def test_occurrences_keep_the_clock_of_the_place(first: datetime.datetime, count: int) -> None:
    start = first.replace(microsecond=0, tzinfo=BRUSSELS)
    found = recurrence.repeated(start, [Rule(f"FREQ=DAILY;COUNT={count}", count, None)], [], [])
    assert len(found) == count and found[0] == start
    assert {each.time() for each in found if isinstance(each, datetime.datetime)} == {start.time()}
    assert {(b - a) for a, b in itertools.pairwise(found)} <= {datetime.timedelta(days=1)}


def test_the_sample_calendar_is_one_that_programs_read() -> None:
    path = Path(__file__).resolve().parents[1] / "sample-registries" / "sample-calendar" / "calendar.ics"
    content = path.read_bytes()
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert len(Calendar.from_ical(content).walk("VEVENT")) == 8
