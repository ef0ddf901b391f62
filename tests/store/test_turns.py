"""Whose turn it is: fair among clients, bounded in number and time, and nobody waits for somebody who has gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from eclod.core.errors import Abandoned, TooBusy, TooManyRequests
from eclod.store.turns import Turn, Turns, Waiting


@dataclass
class Client:
    name: str
    left: bool = False

    def gone(self) -> bool:
        return self.left


A, B = Client("a"), Client("b")


def held(turns: Turns, client: Client | None) -> Callable[[], None]:
    """Take a place on a thread and return how to leave it."""
    taken, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with turns.turn(client):
            taken.set()
            leave.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    assert taken.wait(20)

    def end() -> None:
        leave.set()
        thread.join(20)

    return end


def test_one_client_never_has_all_places() -> None:
    turns = Turns(places=2, aside=0, queue=5, of_one_client=9, seconds=0.1)
    end = held(turns, A)
    with pytest.raises(TooManyRequests) as caught, turns.turn(A):
        pass
    assert caught.value.details == {"retry_after": 1, "parallel_queries": 9}
    with turns.turn(B):
        pass
    end()
    with turns.turn(A):
        pass


def test_the_service_itself_is_no_client() -> None:
    turns = Turns(places=2, aside=0, queue=5, of_one_client=1, seconds=0.1)
    ends = [held(turns, None), held(turns, None)]
    with pytest.raises(TooBusy), turns.turn(None):
        pass
    for end in ends:
        end()


def test_where_there_is_one_place_anybody_may_have_it() -> None:
    turns = Turns(places=1, aside=0, queue=5, of_one_client=2, seconds=0.1)
    with turns.turn(A), pytest.raises(TooBusy), turns.turn(B):
        pass


def test_a_client_may_have_so_many_and_no_more_at_once() -> None:
    turns = Turns(places=2, aside=0, queue=50, of_one_client=3, seconds=20)
    end = held(turns, A)
    with ThreadPoolExecutor(2) as threads:

        def wait(_: int) -> None:
            with turns.turn(A):
                pass

        waiting = [threads.submit(wait, number) for number in range(2)]
        while len(turns._waiting) < 2:
            time.sleep(0.01)
        with pytest.raises(TooManyRequests), turns.turn(A):
            pass
        end()
        for each in waiting:
            each.result(20)


def test_the_line_has_an_end() -> None:
    turns = Turns(places=1, aside=0, queue=1, of_one_client=9, seconds=20)
    end = held(turns, A)
    with ThreadPoolExecutor(1) as threads:

        def wait() -> None:
            with turns.turn(B):
                pass

        waiting = threads.submit(wait)
        while not turns._waiting:
            time.sleep(0.01)
        with pytest.raises(TooBusy), turns.turn(Client("c")):
            pass
        end()
        waiting.result(20)


def test_who_has_left_leaves_the_line() -> None:
    turns = Turns(places=1, aside=0, queue=5, of_one_client=9, seconds=20)
    started = time.monotonic()
    with turns.turn(A), pytest.raises(Abandoned), turns.turn(Client("c", left=True)):
        pass
    assert time.monotonic() - started < 10
    assert not turns._waiting


def test_who_takes_long_steps_aside_where_there_is_room() -> None:
    turns = Turns(places=1, aside=1, queue=5, of_one_client=3, seconds=0.1)
    with turns.turn(A) as first:
        first.step_aside()
        first.step_aside()
        with pytest.raises(TooManyRequests), turns.turn(A):  # the last place is for others
            pass
        with turns.turn(B) as second:
            second.step_aside()
            assert (first.is_aside, second.is_aside) == (True, False)
            with pytest.raises(TooBusy), turns.turn(Client("c")):
                pass
    assert not turns._aside
    assert not turns._running
    with turns.turn(B):
        pass


def test_one_who_has_something_aside_leaves_a_place_to_others() -> None:
    turns = Turns(places=2, aside=2, queue=5, of_one_client=9, seconds=0.1)
    with turns.turn(A) as long, turns.turn(A):
        long.step_aside()
        with pytest.raises(TooManyRequests), turns.turn(A):
            pass
        with turns.turn(B):
            pass


def test_whoever_waits_goes_on_when_its_own_that_was_aside_has_ended() -> None:
    turns = Turns(places=2, aside=2, queue=5, of_one_client=9, seconds=20)
    asker = Client("a")
    long = turns.ask_for(asker, lambda: None)
    short = turns.ask_for(asker, lambda: None)
    assert isinstance(long, Turn)
    assert isinstance(short, Turn)
    long.step_aside()
    called = threading.Event()
    waiting = turns.ask_for(asker, called.set)
    assert isinstance(waiting, Waiting)
    assert not called.is_set()
    long.end()
    assert called.is_set()
    assert turns.turn_of(waiting) is not None


def test_whoever_waits_has_the_place_of_who_steps_aside() -> None:
    turns = Turns(places=1, aside=1, queue=5, of_one_client=3, seconds=20)
    with ThreadPoolExecutor(1) as threads, turns.turn(A) as long:

        def ask() -> str:
            with turns.turn(B):
                return "asked"

        waiting = threads.submit(ask)
        while not turns._waiting:
            time.sleep(0.01)
        long.step_aside()
        assert waiting.result(20) == "asked"


def test_everybody_has_a_turn_and_never_too_many_at_once() -> None:
    turns = Turns(places=3, aside=0, queue=1000, of_one_client=1000, seconds=60)
    lock, now, most, most_of_one = threading.Lock(), {"a": 0, "b": 0}, [0], [0]

    def work(number: int) -> None:
        client = (A, B)[number % 2]
        with turns.turn(client):
            with lock:
                now[client.name] += 1
                most[0] = max(most[0], sum(now.values()))
                most_of_one[0] = max(most_of_one[0], *now.values())
            time.sleep(0.0005)
            with lock:
                now[client.name] -= 1

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(400)))
    assert (most[0], most_of_one[0]) == (3, 2)
    assert not turns._running
    assert not turns._running


def test_whoever_cannot_wait_on_a_thread_is_called() -> None:
    turns = Turns(places=1, aside=0, queue=5, of_one_client=3, seconds=20)
    calls: list[str] = []
    first = turns.ask_for(A, lambda: calls.append("first"))
    assert isinstance(first, Turn)
    second, third = (turns.ask_for(B, lambda: calls.append("called")) for _ in range(2))
    assert isinstance(second, Waiting)
    assert isinstance(third, Waiting)
    assert turns.turn_of(third) is None  # it left before its turn came
    first.end()
    assert calls == ["called"]
    turn = turns.turn_of(second)
    assert isinstance(turn, Turn)
    turn.end()
    assert not turns._running
    assert not turns._waiting
