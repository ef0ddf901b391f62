"""Seats: how many requests are worked at by Python at the same time, the others being ready or waiting for an answer.

Threads that share one interpreter hinder each other: with dozens at work a page costs half as much again. So whoever
works has a seat, and leaves it while the engine works.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from eclod.store.engine import Answer, Engine, Question


class Seats:
    """A number of seats; safe to share among threads, each of which has one at most."""

    def __init__(self, number: int) -> None:
        self._free = threading.Semaphore(number)
        self._mine = threading.local()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a seat, waiting for one."""
        self._free.acquire()
        self._mine.seated = True
        try:
            yield
        finally:
            self._mine.seated = False
            self._free.release()

    @contextmanager
    def left(self) -> Iterator[None]:
        """Leave the seat of this thread, if it has one, to somebody else; wait for one again in the end."""
        if not getattr(self._mine, "seated", False):
            yield
            return
        self._mine.seated = False
        self._free.release()
        try:
            yield
        finally:
            self._free.acquire()
            self._mine.seated = True


class SeatLeaving:
    """An Engine in front of another one; whoever asks leaves the seat meanwhile."""

    def __init__(self, engine: Engine, seats: Seats) -> None:
        self._engine = engine
        self._seats = seats

    @property
    def release(self) -> str:
        return self._engine.release

    def ask(self, question: Question) -> Answer:
        with self._seats.left():
            return self._engine.ask(question)
