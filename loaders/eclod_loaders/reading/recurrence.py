"""When an event of a calendar takes place again (RFC 5545, section 3.8.5), within bounds.

Nothing is guessed: a rule without an end, within a day or over more than ten years is refused in words.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from dateutil.rrule import rrulestr

#: How long after its first occurrence an event may repeat, and how often.
MAX_DAYS: Final = 3653
MAX_OCCURRENCES: Final = 1000

_ENDS: Final = re.compile("(?:^|;)(?:COUNT|UNTIL)=[^;]*", re.IGNORECASE)
_WITHIN_A_DAY: Final = re.compile("FREQ=(?:SECOND|MINUTE|HOUR)LY|BY(?:SECOND|MINUTE|HOUR)=", re.IGNORECASE)
_MAX_LENGTH: Final = 1000

#: A day, or a moment with or without its zone.
When = datetime.date | datetime.datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """What an RRULE says: its text, and the two ways in which it may end."""

    text: str
    count: int | None
    until: When | None


def repeated(start: When, rules: Sequence[Rule], more: Iterable[When], less: Iterable[When]) -> list[When]:
    """Return every start of an event in order: the first, those by its rules, and `more`, without those in `less`.

    Raises ValueError, as the beginning of a sentence, for what is refused.
    """
    first = _local(start, start)
    found = {first, *(_local(each, start) for each in more)}
    for rule in rules:
        found.update(_by_rule(rule, first, start))
        _check_number(found)
    _check_number(found)
    days = {each for each in less if not isinstance(each, datetime.datetime)}
    moments = {_local(each, start) for each in less if isinstance(each, datetime.datetime)}
    kept = sorted(each for each in found if each not in moments and each.date() not in days)
    return [_as(each, start) for each in kept]


def _by_rule(rule: Rule, first: datetime.datetime, start: When) -> Iterable[datetime.datetime]:
    if rule.count is None and rule.until is None:
        raise ValueError("it repeats without end; give its rule an UNTIL or a COUNT")
    if _WITHIN_A_DAY.search(rule.text) or len(rule.text) > _MAX_LENGTH:
        raise ValueError("it repeats within a day; write one event for each day")
    horizon = first + datetime.timedelta(days=MAX_DAYS)
    last = horizon if rule.until is None else min(_until(rule.until, start), horizon)
    bare = _ENDS.sub("", rule.text).strip(";")
    try:
        # Times of the clock at the place, so that 9:00 stays 9:00 when summer time begins.
        series = rrulestr(f"{bare};UNTIL={last:%Y%m%dT%H%M%S}", dtstart=first)
        wanted = MAX_OCCURRENCES + 1 if rule.count is None else min(rule.count, MAX_OCCURRENCES + 1)
        found = list(islice(series, wanted))
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"its rule '{rule.text}' cannot be read ({error})") from None
    ends = rule.until is not None and last < horizon
    if not ends and (rule.count is None or len(found) < wanted):
        raise ValueError(f"it repeats for more than {MAX_DAYS // 365} years; end it sooner")
    return found


def _check_number(found: Collection[datetime.datetime]) -> None:
    if len(found) > MAX_OCCURRENCES:
        raise ValueError(f"it repeats more than {MAX_OCCURRENCES} times; end it sooner")


def _until(until: When, start: When) -> datetime.datetime:
    if isinstance(until, datetime.datetime):
        return _local(until, start)
    return datetime.datetime.combine(until, datetime.time.max).replace(microsecond=0)


def _local(when: When, start: When) -> datetime.datetime:
    """Return a moment by the clock at the place of the event, without its zone; a day as its beginning."""
    if not isinstance(when, datetime.datetime):
        return datetime.datetime.combine(when, datetime.time())
    zone = start.tzinfo if isinstance(start, datetime.datetime) else None
    return (when.astimezone(zone) if zone and when.tzinfo else when).replace(tzinfo=None)


def _as(local: datetime.datetime, start: When) -> When:
    return local.replace(tzinfo=start.tzinfo) if isinstance(start, datetime.datetime) else local.date()
