"""Waiting for what is about to arrive: awake for a moment, and only then asleep.

A processor that falls asleep takes some 20 µs to be at work again, which is half of what a short question takes, and
there are two such moments in each: an executor waits for the question, the web worker for its answer. So both look out
for what they wait for, lending their processor to whoever has work for it, before they sleep.
"""

from __future__ import annotations

import os
import select
import time
from typing import Final

#: Whoever had the processor for longer than this, in seconds, had more to do than one step of a question.
_LONG_TURN: Final = 0.0005
#: So many times as long it is not lent again.
_WARNED: Final = 30
_CAN_LEND: Final = hasattr(os, "sched_yield")


class Processor:
    """The processor that this process runs on. Where others need it for long, to lend it is to lose one's place."""

    def __init__(self) -> None:
        self._kept_until = 0.0

    def may_be_lent(self) -> bool:
        """Return whether it would be given."""
        return _CAN_LEND and time.perf_counter() >= self._kept_until

    def lend(self) -> bool:
        """Give it to whoever has work for it, and return whether it was given: not for some time after a long turn."""
        if not self.may_be_lent():
            return False
        now = time.perf_counter()
        os.sched_yield()
        turn = time.perf_counter() - now
        if turn > _LONG_TURN:
            self._kept_until = now + turn * (1 + _WARNED)
        return True


#: That of this process.
PROCESSOR: Final = Processor()


class Lookout:
    """Looks out for what arrives at one descriptor."""

    def __init__(self, descriptor: int, processor: Processor = PROCESSOR) -> None:
        self._processor = processor
        self._arrival = select.poll()
        self._arrival.register(descriptor, select.POLLIN)

    def has_arrived(self) -> bool:
        """Return whether something is there, or the other side has gone."""
        return bool(self._arrival.poll(0))

    def wait(self, seconds: float | None, awake: float = 0.0) -> bool:
        """Return whether something arrives while this is awake for so many seconds, or within `seconds` after.

        None is for ever.
        """
        return self._look(awake) or bool(self._arrival.poll(None if seconds is None else max(0.0, seconds) * 1000))

    def _look(self, awake: float) -> bool:
        end = time.perf_counter() + awake
        while time.perf_counter() < end:
            if self._arrival.poll(0):
                return True
            if not self._processor.lend():
                return False
        return False
