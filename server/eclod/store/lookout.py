"""Waiting for what is about to arrive: awake for a moment, and only then asleep.

A processor that falls asleep takes some 20 µs to be at work again, which is half of what a short question takes, and
there are two such moments in each: an executor waits for the question, the web worker for its answer. So both look out
for what they wait for, giving their processor to whoever has work for it, before they sleep. Where others need it for
longer, looking out would cost them their place in line: then they sleep at once for some time.
"""

from __future__ import annotations

import os
import select
import time
from typing import Final

#: Whoever had the processor for longer than this, in seconds, had more to do than one step of a question.
_LONG_TURN: Final = 0.0005
#: So many times as long nobody looks out then.
_WARNED: Final = 30


class Lookout:
    """Looks out for what arrives at one descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._arrival = select.poll()
        self._arrival.register(descriptor, select.POLLIN)
        self._may_look_from = 0.0

    def has_arrived(self) -> bool:
        """Return whether something is there, or the other side has gone."""
        return bool(self._arrival.poll(0))

    def wait(self, seconds: float | None, awake: float = 0.0) -> bool:
        """Return whether something arrives within so many seconds, without end for None; stay awake for so many."""
        return self._look(awake) or bool(self._arrival.poll(None if seconds is None else max(0.0, seconds) * 1000))

    def _look(self, awake: float) -> bool:
        now = time.perf_counter()
        end = now + awake if now >= self._may_look_from else now
        while now < end:
            if self._arrival.poll(0):
                return True
            os.sched_yield()
            turn = time.perf_counter() - now
            now += turn
            if turn > _LONG_TURN:
                self._may_look_from = now + turn * _WARNED
                break
        return False
