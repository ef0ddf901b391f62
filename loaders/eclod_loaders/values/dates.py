"""Dates as a column writes them, declared with the letters of Unicode date patterns (UTS 35): `dd.MM.yyyy`, `Q yyyy`.

    yyyy year · MMMM MMM month by name · MM M month by number · dd d day · EEEE EEE weekday · Q quarter · '…' as is

A pattern without a day gives a year: the data model knows dates and years and nothing between.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from babel import Locale

from eclod_loaders.values.texts import Unreadable, fold

#: Understood everywhere, because it can mean one thing only.
ISO: Final = "yyyy-MM-dd"

_TOKEN = re.compile(r"'([^']*)'|(y+|M+|d+|E+|Q+)|(\s+)|(.)")
_NUMERIC = {"yyyy": "([12][0-9]{3})", "MM": "([0-9]{2})", "M": "([0-9]{1,2})", "dd": "([0-9]{2})", "d": "([0-9]{1,2})"}


@dataclass(frozen=True, slots=True)
class Day:
    """A date, or a year when that is all that is known."""

    year: int
    date: datetime.date | None = None

    def __str__(self) -> str:
        return self.date.isoformat() if self.date else f"{self.year:04d}"


@dataclass(frozen=True, slots=True)
class _Pattern:
    regex: re.Pattern[str]
    tokens: tuple[str, ...]
    names: dict[str, dict[str, int]]

    def read(self, text: str) -> Day | None:
        match = self.regex.fullmatch(text)
        if match is None:
            return None
        found = {token[0]: self._value(token, part) for token, part in zip(self.tokens, match.groups(), strict=True)}
        if not 1 <= found.get("M", 1) <= 12 or not 1 <= found.get("Q", 1) <= 4:
            return None
        if "d" not in found:
            return Day(found["y"])
        try:
            date = datetime.date(found["y"], found["M"], found["d"])
        except ValueError:
            return None
        # A weekday that does not belong to the date shows that one of the two is wrong.
        return Day(date.year, date) if found.get("E", date.weekday()) == date.weekday() else None

    def _value(self, token: str, part: str) -> int:
        return self.names[token][part] if token in self.names else int(part)


@lru_cache(maxsize=256)
def compile_pattern(pattern: str, locale: str) -> _Pattern:
    """Return the reader of one pattern. Raises ValueError, in words, when the pattern is not understood."""
    regex, tokens, names = "", [], {}
    for quoted, token, space, other in _TOKEN.findall(pattern):
        if not token and not other.isalpha():
            regex += " ?" if space else re.escape((quoted or other).casefold())
            continue
        if token in ("MMMM", "MMM", "EEEE", "EEE"):
            names[token] = dict(_names(token, locale))
            regex += "(" + "|".join(map(re.escape, sorted(names[token], key=len, reverse=True))) + ")"
        elif token in _NUMERIC or token == "Q":
            regex += _NUMERIC.get(token, "([1-4])")
        else:
            raise ValueError(
                f"'{token or other}' in the date pattern '{pattern}' is not known; quote text as in 'Q'Q yyyy"
            )
        tokens.append(token)
    kinds = [token[0] for token in tokens]
    if len(set(kinds)) < len(kinds) or "y" not in kinds or ("d" in kinds and "M" not in kinds):
        raise ValueError(f"the date pattern '{pattern}' needs a year, and a month where it has a day, each once")
    return _Pattern(re.compile(regex), tuple(tokens), names)


def _names(token: str, locale: str) -> Iterator[tuple[str, int]]:
    symbols = Locale.parse(locale.replace("-", "_"))
    table = symbols.months if token[0] == "M" else symbols.days
    width = "wide" if len(token) == 4 else "abbreviated"
    for context in ("format", "stand-alone"):
        for number, name in table[context][width].items():
            yield str(name).casefold(), int(number)


def moment(text: str) -> datetime.datetime:
    """Return a moment written as ISO 8601 with its time zone, such as `2026-05-04T09:00:00+02:00`.

    Raises Unreadable for anything else, also for a time without a zone, which may be any of several moments.
    """
    bare = fold(text)
    try:
        found = datetime.datetime.fromisoformat(bare) if "T" in bare else None
    except ValueError:
        found = None
    if found is None:
        raise Unreadable(
            "time", f"'{text}' is not date and time as in 2026-05-04T09:00:00+02:00; correct the cell or the mapping."
        )
    if found.utcoffset() is None:
        raise Unreadable("time", f"'{text}' has no time zone; write one such as +02:00 or Z behind it.")
    return found


def day(text: str, patterns: Sequence[str], locale: str) -> Day:
    """Return the date or year in a cell, by the declared patterns or as ISO 8601; all that fit must agree.

    Raises Unreadable when none fits, or two that differ.
    """
    bare = fold(text).casefold()
    readings = [found for name in (*patterns, ISO) if (found := compile_pattern(name, locale).read(bare))]
    if not readings:
        raise Unreadable(
            "date",
            f"'{text}' is not a date as this column writes them ({', '.join((*patterns, ISO))}); "
            "correct the cell or add its pattern to the mapping.",
        )
    if len(set(readings)) > 1:
        ways = " or ".join(dict.fromkeys(map(str, readings)))
        raise Unreadable("date", f"'{text}' may be {ways}; declare one pattern for this column or correct the cell.")
    return readings[0]
