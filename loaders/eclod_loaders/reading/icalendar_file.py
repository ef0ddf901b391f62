"""iCalendar (RFC 5545) as rows: one an event, and one for each time that an event is repeated.

Properties are columns by their names. What the calendar says about time is read into columns of its own: `first-day`
and `last-day` (included) at the place of the event, and `begins` and `ends` with the time zone where it is known.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from icalendar import Calendar

from eclod.core.errors import BadInput
from eclod_loaders.declarations.mapping_file import RegistryMapping
from eclod_loaders.declarations.nodes import check_size
from eclod_loaders.declarations.registry import Source
from eclod_loaders.declarations.toml_files import did_you_mean
from eclod_loaders.reading import calendar_times
from eclod_loaders.reading.calendar_times import Event, Refused
from eclod_loaders.reading.tabular import check_known, decode, read_bytes
from eclod_loaders.rows import Row

MAX_EVENTS: Final = 20_000
MAX_ROWS: Final = 100_000
_MAX_DEPTH: Final = 10

#: The columns that are made from DTSTART, DTEND, DURATION and GEO.
MADE: Final = frozenset({"first-day", "last-day", "begins", "ends", "longitude", "latitude"})
#: Read here, so that a mapping need not name them: when an event is, which version of it this is, and for whom.
_READ: Final = frozenset(
    {"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID", "GEO"}
    | {"DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "CLASS"}
)
#: The other properties that an event may have (RFC 5545, section 3.6.1, and RFC 7986, section 5), or may not.
_STANDARD: Final = frozenset(
    {"UID", "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "CATEGORIES", "STATUS", "ORGANIZER", "ATTENDEE", "CONTACT"}
    | {"COMMENT", "PRIORITY", "TRANSP", "RESOURCES", "ATTACH", "RELATED-TO", "REQUEST-STATUS", "COLOR", "IMAGE"}
    | {"CONFERENCE"}
)
_BOUNDARY: Final = re.compile(r"(BEGIN|END):\s*([A-Z0-9-]+)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Versions:
    """The newest version of each event by UID and occurrence, and the occurrences that have an entry of their own."""

    newest: Mapping[tuple[str, str], Event]
    moved: Set[tuple[str, str]]

    @classmethod
    def of(cls, events: Sequence[Event]) -> _Versions:
        newest: dict[tuple[str, str], Event] = {}
        for event in events:
            name = (event.uid, event.occurrence)
            if name not in newest or newest[name].version < event.version:
                newest[name] = event
        own = [event for event in newest.values() if event.occurrence]
        moved = {
            (each.uid, calendar_times.key(calendar_times.when(each, "RECURRENCE-ID", strict=False))) for each in own
        }
        return cls(newest, moved)


def read_icalendar(path: Path, name: str, source: Source) -> Iterator[Row]:
    """Return the events of a calendar as rows, numbered from 1. `name` is the file's name in messages.

    Raises BadInput, naming the file and what to do, when it is no calendar, is larger than is read, or has a property
    that is neither mapped nor ignored.
    """
    content = read_bytes(path, name)
    check_size(len(content), name)
    text = re.sub(r"\r\n?", "\n", decode(content, name, source.mapping.file.encoding))
    events = _events(text, name)
    _check_columns(events, name, source.mapping)
    versions = _Versions.of(events)
    number = 0
    for event in events:
        for cells, defect, left_out in _rows(event, versions, source.mapping):
            number += 1
            if number > MAX_ROWS:
                raise BadInput(f"{name} has more than {MAX_ROWS:,} events, repeated ones counted; split it.")
            yield Row(name, number, cells, defect, f"line {event.line}", left_out)


def _events(text: str, name: str) -> list[Event]:
    """Return the events in their order, each with its line."""
    lines = _event_lines(text, name)
    try:
        calendars = Calendar.from_ical(text.replace("\n", "\r\n").encode(), multiple=True)
        found = [(each, _zone(calendar)) for calendar in calendars for each in calendar.walk("VEVENT")]
    except (ValueError, IndexError, KeyError, OverflowError, RecursionError) as error:
        raise BadInput(f"{name} is not a calendar that can be read ({error}); export it anew.") from None
    if not calendars or any(each.name != "VCALENDAR" for each in calendars) or len(found) != len(lines):
        raise BadInput(f"{name} is not an iCalendar file, which begins with BEGIN:VCALENDAR; export it anew.")
    return [Event(component, line, zone) for (component, zone), line in zip(found, lines, strict=True)]


def _event_lines(text: str, name: str) -> list[int]:
    """Return the lines in which events begin; raise BadInput for what is broken off, too deep or too much."""
    found: list[int] = []
    above: list[str] = []
    for line, content in enumerate(text.split("\n"), start=1):
        match = _BOUNDARY.match(content)
        if match is None:
            continue
        component = match[2].upper()
        if match[1].upper() == "BEGIN":
            above.append(component)
            if component == "VEVENT":
                found.append(line)
        elif not above or above.pop() != component:
            raise BadInput(f"{name}, line {line}: END:{component} ends nothing that has begun; export the file anew.")
        if len(above) > _MAX_DEPTH:
            raise BadInput(
                f"{name}, line {line}: nested more than {_MAX_DEPTH} levels deep; check where it comes from."
            )
        if len(found) > MAX_EVENTS:
            raise BadInput(f"{name} has more than {MAX_EVENTS:,} events, which is more than is read; split it.")
    if above:
        raise BadInput(f"{name} breaks off inside {above[-1]}; export it anew.")
    return found


def _zone(calendar: Any) -> zoneinfo.ZoneInfo | None:
    """Return the zone in which a calendar with times in UTC is shown (X-WR-TIMEZONE, which many programs write)."""
    try:
        return zoneinfo.ZoneInfo(str(calendar.get("X-WR-TIMEZONE", "")).strip())
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _check_columns(events: Sequence[Event], name: str, mapping: RegistryMapping) -> None:
    seen: dict[str, int] = {}
    for event in events:
        for column in event.component:
            seen.setdefault(column.upper(), event.line)
    for column, line in seen.items():
        if column not in _READ:
            check_known(column, f"{name}, line {line}", mapping)
    known = {*seen, *MADE, *_READ, *_STANDARD, *mapping.file.optional}
    for column in sorted(mapping.used_columns - known):
        raise BadInput(f"{name}: no event has '{column}', which the mapping uses" + did_you_mean(column, known))


def _rows(
    event: Event, versions: _Versions, mapping: RegistryMapping
) -> Iterator[tuple[Mapping[str, tuple[str, ...]], str, str]]:
    """Return the cells of each occurrence of an event, what is wrong with it, and why it does not count."""
    newest = versions.newest[event.uid, event.occurrence]
    if event.uid and newest is not event:
        yield {}, "", f"an older version of the event in line {newest.line}"
        return
    if str(event.component.get("CLASS", "PUBLIC")).strip().upper() != "PUBLIC":
        yield {}, "", "marked in the calendar as not public"
        return
    try:
        cells = _texts(event, mapping)
        found = list(calendar_times.occurrences(event, versions.moved))
    except Refused as refused:
        yield {}, str(refused), ""
        return
    except OverflowError:
        yield {}, "The event is in a year that no calendar has; correct it.", ""
        return
    if not found:
        yield {}, "", "every occurrence is taken out or has an entry of its own"
    for occurrence in found:
        yield {**cells, **occurrence.cells()}, "", ""


def _texts(event: Event, mapping: RegistryMapping) -> dict[str, tuple[str, ...]]:
    """Return the cells that are the same for every occurrence. Raises Refused for a broken property that matters."""
    component = event.component
    for column, message in component.errors:
        if column is None or column.upper() in _READ | mapping.used_columns:
            raise Refused(f"{column or 'A line'} cannot be read ({message}); correct it in the calendar.")
    if not event.uid:
        raise Refused("The event has no UID, by which it is known; give it one in the calendar.")
    cells: dict[str, tuple[str, ...]] = dict.fromkeys(mapping.used_columns, ())
    for column in mapping.used_columns & {each.upper() for each in component}:
        value = component[column]
        texts = [text for each in (value if isinstance(value, list) else [value]) for text in _said(column, each)]
        cells[column] = tuple(mapping.repaired(column, text) for text in texts if text.strip())
    return cells | _point(component.get("GEO"))


def _said(column: str, value: Any) -> Sequence[str]:
    if column == "CATEGORIES":
        return [str(each) for each in value.cats]
    if column == "STATUS":
        return [str(value).upper()]
    return [calendar_times.written(value)] if column in _READ else [str(value)]


def _point(geo: Any) -> dict[str, tuple[str, ...]]:
    """Return the cells of GEO, which gives latitude and longitude (RFC 5545, section 3.8.1.6)."""
    if geo is None or isinstance(geo, list):
        return {"longitude": (), "latitude": ()}
    longitude, latitude = (format(Decimal(repr(float(each))), "f") for each in (geo.longitude, geo.latitude))
    return {"longitude": (longitude,), "latitude": (latitude,)}
