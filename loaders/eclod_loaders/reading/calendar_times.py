"""What an event of a calendar says about time (RFC 5545, sections 3.6.1 and 3.8.5): when it is, and each time again."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any, Final

from eclod_loaders.reading import recurrence
from eclod_loaders.reading.recurrence import Rule, When

_DAY: Final = datetime.timedelta(days=1)
_INSTANT: Final = datetime.timedelta(microseconds=1)
_REPEATS: Final = frozenset({"RRULE", "RDATE", "EXRULE"})


class Refused(Exception):
    """What is wrong with an event, as a sentence."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a file, the line in which it begins, and the zone of its calendar for times that are in UTC.

    `component` is one of the library `icalendar`, whose values are of as many types as there are properties.
    """

    component: Any
    line: int
    zone: zoneinfo.ZoneInfo | None

    @property
    def uid(self) -> str:
        return " ".join(str(self.component.get("UID", "")).split())

    @property
    def occurrence(self) -> str:
        """Which occurrence of an event that repeats this entry is for, as the file writes it."""
        return written(self.component.get("RECURRENCE-ID"))

    @property
    def version(self) -> tuple[int, str, int]:
        """What tells a newer version from an older one (RFC 5545, sections 3.8.7.2 to 3.8.7.4)."""
        sequence = self.component.get("SEQUENCE")
        stamp = self.component.get("LAST-MODIFIED") or self.component.get("DTSTAMP")
        return (sequence if isinstance(sequence, int) else 0, written(stamp), self.line)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that an event takes place; `end` is the moment or day after it, `name` tells it from others."""

    start: When
    end: When
    name: str = ""

    def cells(self) -> dict[str, tuple[str, ...]]:
        """Return what rows say of it: days at the place, and moments where their zone is known."""
        if not isinstance(self.start, datetime.datetime) or not isinstance(self.end, datetime.datetime):
            first, last = self.start.isoformat(), (self.end - _DAY).isoformat()
            begins = ends = ""
        else:
            first = self.start.date().isoformat()
            last = max(self.start, self.end - _INSTANT).date().isoformat()
            begins, ends = self.start.isoformat(), self.end.isoformat()
        zoned = begins if _zoned(self.start) else ""
        found = {"first-day": first, "last-day": last, "begins": zoned, "ends": ends if zoned else ""}
        found |= {"DTSTART": begins or first, "DTEND": ends or last, "RECURRENCE-ID": self.name}
        return {column: (text,) if text else () for column, text in found.items()}


def written(value: Any) -> str:
    """Return a value as the file writes it."""
    if value is None or isinstance(value, list):
        return ""
    text = value.to_ical() if hasattr(value, "to_ical") else str(value)
    return text.decode() if isinstance(text, bytes) else str(text)


def key(when: When | None) -> str:
    """Return a moment in a way in which the same one is the same text, whatever its zone."""
    if isinstance(when, datetime.datetime) and when.tzinfo is not None:
        when = when.astimezone(datetime.UTC)
    return when.isoformat() if when is not None else ""


def occurrences(event: Event, moved: Set[tuple[str, str]]) -> Iterator[Occurrence]:
    """Return each time that an event takes place, but for those in `moved` (UID and `key`), which have their own entry.

    Raises Refused for what cannot be read, or is not read.
    """
    start = when(event, "DTSTART")
    if start is None:
        raise Refused("The event has no DTSTART, so nobody knows when it is; give it one in the calendar.")
    end = _end(event, start)
    own = when(event, "RECURRENCE-ID")
    if own is not None:
        if "RANGE" in event.component["RECURRENCE-ID"].params:
            raise Refused("RECURRENCE-ID has a RANGE, which is not read; write each occurrence that differs.")
        yield Occurrence(start, end, own.isoformat())
    elif not _REPEATS & event.component.keys():
        yield Occurrence(start, end)
    else:
        yield from (each for each in _repeated(event, start, end) if (event.uid, key(each.start)) not in moved)


def _repeated(event: Event, start: When, end: When) -> Iterator[Occurrence]:
    if "EXRULE" in event.component:
        raise Refused("EXRULE is no longer part of iCalendar and is not read; write EXDATE.")
    length = _length(start, end)
    more = dict(_listed(event, "RDATE"))
    rules = [_rule(event, each) for each in _several(event.component.get("RRULE"))]
    try:
        starts = recurrence.repeated(start, rules, more, [each for each, _ in _listed(event, "EXDATE")])
    except (ValueError, TypeError, OverflowError) as error:
        raise Refused(f"The event is not read: {error}.") from None
    ends = {key(begins): ends for begins, ends in more.items() if ends is not None}
    for begins in starts:
        yield Occurrence(begins, ends.get(key(begins), begins + length), begins.isoformat())


def _rule(event: Event, value: Any) -> Rule:
    until, count = ((value.get(name) or [None])[0] for name in ("UNTIL", "COUNT"))
    return Rule(written(value), count, _in_zone(until, event.zone))


def _listed(event: Event, column: str) -> Iterator[tuple[When, When | None]]:
    """Return the days or moments that a property lists, and where one of them ends when it says so."""
    for value in _several(event.component.get(column)):
        for each in value.dts:
            start, end = each.dt if isinstance(each.dt, tuple) else (each.dt, None)
            begins: When = _in_zone(start, event.zone)
            ends = begins + end if isinstance(end, datetime.timedelta) else _in_zone(end, event.zone)
            yield begins, ends


def _end(event: Event, start: When) -> When:
    """Return when an event that begins at `start` ends; for days, the day after the last."""
    end, duration = when(event, "DTEND"), event.component.get("DURATION")
    timed = isinstance(start, datetime.datetime)
    if duration is not None:
        if end is not None:
            raise Refused("The event has both DTEND and DURATION, and only one may be; take one out.")
        span = getattr(duration, "dt", None)
        if not isinstance(span, datetime.timedelta) or (not timed and span % _DAY):
            raise Refused("DURATION is no length of time, or for an event of whole days no number of days; correct it.")
        end = start + span
    if end is None:
        end = start if timed else start + _DAY
    if timed != isinstance(end, datetime.datetime):
        raise Refused("One of DTSTART and DTEND is a day and the other a time of day; write both in the same way.")
    if _zoned(start) != _zoned(end):
        raise Refused("One of DTSTART and DTEND has a time zone and the other has none; write both in the same way.")
    # Some programs end an event of one day on the day itself.
    if not timed and end == start:
        end = start + _DAY
    if _length(start, end) < datetime.timedelta():
        raise Refused(
            f"The event ends ({end.isoformat()}) before it begins ({start.isoformat()}); correct one of them."
        )
    return end


def when(event: Event, column: str, strict: bool = True) -> When | None:
    """Return the day or moment that a property says, None when it is not there.

    Raises Refused when it says something else, or a moment in a zone that nobody knows; unless `strict` is off.
    """
    value = event.component.get(column)
    if value is None:
        return None
    found = None if isinstance(value, list) else getattr(value, "dt", None)
    if not isinstance(found, datetime.date):
        if strict:
            raise Refused(f"{column} is not one day or moment; correct it in the calendar.")
        return None
    zone = value.params.get("TZID")
    if strict and zone and isinstance(found, datetime.datetime) and found.tzinfo is None:
        raise Refused(f"{column} is in the time zone '{zone}', which is not known; name one such as Europe/Brussels.")
    moment: When = _in_zone(found, event.zone)
    return moment


def _in_zone(moment: Any, zone: zoneinfo.ZoneInfo | None) -> Any:
    """Return a moment in UTC by the clock of the calendar, and anything else as it is."""
    utc = isinstance(moment, datetime.datetime) and str(moment.tzinfo) == "UTC"
    return moment.astimezone(zone) if utc and zone else moment


def _zoned(moment: When) -> bool:
    return isinstance(moment, datetime.datetime) and moment.tzinfo is not None


def _length(start: When, end: When) -> datetime.timedelta:
    if isinstance(start, datetime.datetime) and isinstance(end, datetime.datetime):
        return end - start
    return datetime.timedelta(days=end.toordinal() - start.toordinal())


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
