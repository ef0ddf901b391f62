"""Asking a busy server again: when it says so, else after a while that gets longer, and not for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

from eclod.core.errors import BadInput

#: The answers after which it makes sense to ask again (RFC 9110, sections 15.5.9 and 15.6; RFC 8470; RFC 6585).
BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
TRIES: Final = 5
_FIRST_SECONDS: Final = 1.0
_LONGEST_SECONDS: Final = 60.0

T = TypeVar("T")


class Busy(Exception):
    """The server asks to come again: what it said, and after how many seconds when it said that too."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


def patiently(attempt: Callable[[], T], what: str, deadline: float, sleep: Callable[[float], None] = time.sleep) -> T:
    """Return what an attempt gives, tried up to five times while it raises Busy.

    `what` is named in messages; `deadline` is a time of the monotonic clock. Raises BadInput when the server stays
    busy, or wants more time than there is.
    """
    wait = _FIRST_SECONDS
    for left in reversed(range(TRIES)):
        try:
            return attempt()
        except Busy as busy:
            pause = wait if busy.after is None else busy.after
            if not left or pause > _LONGEST_SECONDS or time.monotonic() + pause > deadline:
                raise BadInput(f"{what} {busy.reason}; try again later.") from None
            sleep(pause)
            wait *= 2
    raise AssertionError("the last attempt returns or raises")


def retry_after(text: str | None, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> float | None:
    """Return the seconds that `Retry-After` asks for (RFC 9110, section 10.2.3), None when it says nothing."""
    if not text:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - now()).total_seconds())
    except (ValueError, TypeError):
        return None
