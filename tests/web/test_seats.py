"""Only so many requests are worked at by Python at a time, and nobody waits on a seat for the engine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from eclod.core import formats
from eclod.store.engine import Answer, Question
from eclod.web.serving.seats import SeatLeaving, Seats


class Counting:
    """An engine, and work, that know how many are at it."""

    release = "r"

    def __init__(self, seats: Seats) -> None:
        self._lock = threading.Lock()
        self.working = self.most_working = 0
        self.asking = threading.Barrier(4)
        self.engine = SeatLeaving(self, seats)

    def ask(self, question: Question) -> Answer:
        self.asking.wait(10)  # all of them ask at once, though there are fewer seats
        return Answer("boolean", formats.RESULT_JSON, "r", 0, b"")

    @contextmanager
    def work(self) -> Iterator[None]:
        with self._lock:
            self.working += 1
            self.most_working = max(self.most_working, self.working)
        yield
        with self._lock:
            self.working -= 1


@pytest.mark.parametrize("number", [1, 2])
def test_so_many_work_and_all_may_ask(number: int) -> None:
    """Four threads ask at the same time with one or two seats, and no more than that work before and after."""
    seats = Seats(number)
    counting = Counting(seats)

    def request(_: int) -> None:
        with seats.taken():
            with counting.work():
                pass
            counting.engine.ask(Question("ASK {}"))
            with counting.work():
                pass

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(request, range(4)))
    assert 1 <= counting.most_working <= number
    assert counting.engine.release == "r"


def test_whoever_has_no_seat_leaves_none() -> None:
    """A thread that asks without a seat neither gives one away nor takes one."""
    seats = Seats(1)
    with seats.left():
        pass
    with seats.taken(), seats.left(), seats.left():
        pass
    taken = threading.Event()

    def sit() -> None:
        with seats.taken():
            taken.set()

    with seats.taken():
        other = threading.Thread(target=sit)
        other.start()
        assert not taken.wait(0.1)
    assert taken.wait(10)
    other.join()


def test_an_error_gives_the_seat_back() -> None:
    """A request that fails, in itself or while it asks, leaves its seat to the next."""
    seats = Seats(1)
    with pytest.raises(ValueError, match="wrong"), seats.taken():
        raise ValueError("wrong")
    with pytest.raises(ValueError, match="wrong"), seats.taken(), seats.left():
        raise ValueError("wrong")
    with seats.taken():
        pass
