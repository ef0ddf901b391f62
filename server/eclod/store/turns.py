"""Whose turn it is: how many questions run at the same time, in all and of one client, and who waits in line.

First come, first served, but no client ever holds all places while another waits, and a question that turns out to
take long steps aside, where there is room, and makes its place free: that is what keeps the short questions of one
quick while another asks long ones.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from eclod.core.errors import Abandoned, TooBusy, TooManyRequests
from eclod.store.engine import Asker

#: How often somebody who waits is looked at, in seconds: whoever has gone leaves the line.
_LOOK: Final = 0.5


class Waiting:
    """Somebody in the line; `call` is called, on any thread, when the place is theirs."""

    def __init__(self, name: str | None, call: Callable[[], object]) -> None:
        self.name = name
        self.call = call
        self.is_called = False


class Turn:
    """A place that somebody holds."""

    def __init__(self, turns: Turns, name: str | None) -> None:
        self._turns = turns
        self.name = name
        self.is_aside = False

    def end(self) -> None:
        """Give the place back."""
        self._turns._leave(self)

    def step_aside(self) -> None:
        """Make the place free for others and go on beside them, if there is room for that."""
        self._turns._step_aside(self)


class Turns:
    """The places of some executors; safe to share among threads.

    `places` run at the same time, and `aside` more that take long; of one client one less than all, where there are
    two or more, and one less than the places while it has something aside: what it asks next may well take long too.
    `queue` wait in all; a client has `of_one_client` running and waiting. Nobody waits longer than `seconds`.
    """

    def __init__(self, places: int, aside: int, queue: int, of_one_client: int, seconds: float) -> None:
        self._places = places
        self._room_aside = aside
        self._all_of_one = max(1, places + aside - 1)
        self._places_beside_aside = max(1, places - 1)
        self._queue = queue
        self._of_one_client = of_one_client
        self._seconds = seconds
        self._lock = threading.Lock()
        self._running: Counter[str | None] = Counter()
        self._aside: Counter[str | None] = Counter()
        self._waiting: deque[Waiting] = deque()

    @contextmanager
    def turn(self, asker: Asker | None) -> Iterator[Turn]:
        """Wait for a place and hold it; without an asker it is the service itself, which is no client.

        Raises TooBusy, TooManyRequests or Abandoned.
        """
        name = asker.name if asker is not None else None
        called = threading.Event()
        waiting = self._enter(name, called.set)
        if waiting is not None:
            self._wait(waiting, called, asker)
        turn = Turn(self, name)
        try:
            yield turn
        finally:
            turn.end()

    def ask_for(self, asker: Asker, call: Callable[[], object]) -> Turn | Waiting:
        """Return a place, to be ended by whoever takes it, or one in the line; raises TooBusy or TooManyRequests.

        Whoever is in the line takes the turn with `turn_of` when called, or leaves.
        """
        return self._enter(asker.name, call) or Turn(self, asker.name)

    def free(self, asker: Asker) -> Turn | None:
        """Return a place that is free, to be ended by whoever takes it, or None when one has to be waited for."""
        with self._lock:
            return Turn(self, asker.name) if self._takes(asker.name) else None

    def turn_of(self, waiting: Waiting) -> Turn | None:
        """Return the place of somebody who was called; None when it is not yet their turn, and they leave the line."""
        with self._lock:
            if not waiting.is_called:
                self._waiting.remove(waiting)
                return None
        return Turn(self, waiting.name)

    def counts(self) -> dict[str, int]:
        """Return how many questions run, how many run beside because they take long, and how many wait."""
        with self._lock:
            return {"running": self._running.total(), "long": self._aside.total(), "waiting": len(self._waiting)}

    def _enter(self, name: str | None, call: Callable[[], object]) -> Waiting | None:
        with self._lock:
            if self._takes(name):
                return None
            if name is not None:
                here = self._running[name] + self._aside[name] + sum(each.name == name for each in self._waiting)
                if here >= self._of_one_client:
                    raise self._too_many()
            if len(self._waiting) >= self._queue:
                raise self._too_busy()
            waiting = Waiting(name, call)
            self._waiting.append(waiting)
            return waiting

    def _takes(self, name: str | None) -> bool:
        """Take a place if there is one, and return whether there is."""
        if self._running.total() >= self._places or not self._may_have_more(name):
            return False
        self._running[name] += 1
        return True

    def _wait(self, waiting: Waiting, called: threading.Event, asker: Asker | None) -> None:
        deadline = time.monotonic() + self._seconds
        gone = False
        while not gone and (left := deadline - time.monotonic()) > 0:
            if called.wait(min(_LOOK, left)):
                return
            gone = asker is not None and asker.gone()
        with self._lock:
            if waiting.is_called:  # in the very last moment
                return
            self._waiting.remove(waiting)
            own_fault = waiting.name is not None and not self._may_have_more(waiting.name)
        if gone:
            raise Abandoned("Whoever asked has gone.")
        raise self._too_many() if own_fault else self._too_busy()

    def _step_aside(self, turn: Turn) -> None:
        with self._lock:
            if turn.is_aside or self._aside.total() >= self._room_aside:
                return
            turn.is_aside = True
            self._aside[turn.name] += 1
            self._drop(self._running, turn.name)
            self._call_waiting()

    def _leave(self, turn: Turn) -> None:
        with self._lock:
            self._drop(self._aside if turn.is_aside else self._running, turn.name)
            self._call_waiting()

    def _call_waiting(self) -> None:
        """Give the free places to the first who may have them."""
        for waiting in list(self._waiting):
            if self._running.total() >= self._places:
                break
            if self._may_have_more(waiting.name):
                self._waiting.remove(waiting)
                self._running[waiting.name] += 1
                waiting.is_called = True
                waiting.call()

    @staticmethod
    def _drop(counter: Counter[str | None], name: str | None) -> None:
        counter[name] -= 1
        if not counter[name]:
            del counter[name]

    def _may_have_more(self, name: str | None) -> bool:
        if name is None:
            return True
        running, aside = self._running[name], self._aside[name]
        return running + aside < self._all_of_one and not (aside and running >= self._places_beside_aside)

    def _too_busy(self) -> TooBusy:
        return TooBusy(
            f"All executors are busy, and stayed so for up to {self._seconds:g} seconds; try again later.",
            retry_after=max(1, round(self._seconds)),
        )

    def _too_many(self) -> TooManyRequests:
        return TooManyRequests(
            f"This client has asked {self._of_one_client} queries at the same time, or long ones without a pause; "
            "wait for an answer before asking the next.",
            retry_after=max(1, round(self._seconds)),
            parallel_queries=self._of_one_client,
        )
