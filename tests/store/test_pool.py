"""The executors as a web worker has them: hanging up frees one, long questions go behind, old releases answer."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from eclod.core import formats
from eclod.core.errors import Abandoned, BadQuery, Damaged, NotAllowed, NotFound, OverBudget, TooManyRequests
from eclod.core.settings import Settings
from eclod.store.engine import Question
from eclod.store.pool import Begun, ExecutorPool
from eclod.store.releases import Releases
from eclod.store.supervisor import Supervisor
from eclod.store.turns import Turn

from .conftest import stepped

ENDLESS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(STRLEN(CONCAT(STR(?a), STR(?d), STR(?g))) < 0) }"
NUMBER = "SELECT ?n { <urn:s> <urn:p> ?n }"


class Somebody:
    def __init__(self, name: str = "somebody") -> None:
        self.name = name
        self.left = False

    def gone(self) -> bool:
        return self.left


def question(text: str, asker: Somebody | None = None, release: str | None = None) -> Question:
    return Question(text, result_format=formats.RESULT_CSV, asker=asker, release=release)


def executors(supervisor: Supervisor) -> list[int]:
    assert supervisor._current is not None
    host = supervisor._current.process.pid
    return [int(child) for child in Path(f"/proc/{host}/task/{host}/children").read_text().split()]


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_whoever_hangs_up_frees_the_executor(
    pool: ExecutorPool, supervisor: Supervisor, fine: Callable[[], None]
) -> None:
    until(lambda: len(executors(supervisor)) >= 3)
    before = set(executors(supervisor))
    client = Somebody()
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(pool.ask, question(ENDLESS, client))
        time.sleep(0.4)
        client.left = True
        started = time.monotonic()
        with pytest.raises(Abandoned):
            asked.result(20)
        assert time.monotonic() - started < 5
    until(lambda: before - set(executors(supervisor)))
    fine()


def test_a_long_question_goes_behind_and_its_executor_does_not_stay(
    pool: ExecutorPool, supervisor: Supervisor, fine: Callable[[], None]
) -> None:
    fine()
    client = Somebody()
    own = os.getpriority(os.PRIO_PROCESS, 0)
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(pool.ask, question(ENDLESS, client))

        def behind() -> list[int]:
            with contextlib.suppress(ProcessLookupError):
                return [pid for pid in executors(supervisor) if os.getpriority(os.PRIO_PROCESS, pid) > own]
            return []

        until(behind)
        client.left = True
        with pytest.raises(Abandoned):
            asked.result(20)
    until(lambda: not behind())
    for _ in range(4):
        fine()


def test_one_client_leaves_a_place_for_others(pool: ExecutorPool, fine: Callable[[], None]) -> None:
    greedy = Somebody("greedy")
    with ThreadPoolExecutor(40) as threads:
        asked = [threads.submit(pool.ask, question(ENDLESS, greedy)) for _ in range(30)]
        until(lambda: sum(each.done() for each in asked) >= 10)
        started = time.monotonic()
        assert pool.ask(question("ASK {}", Somebody("modest"))).read() == b"true"
        assert time.monotonic() - started < 10
        greedy.left = True
        errors = [type(each.exception(60)) for each in asked]
    assert errors.count(TooManyRequests) == 10
    assert set(errors) <= {TooManyRequests, Abandoned, OverBudget}
    fine()


@pytest.fixture
def running(data: Path, three: list[str]) -> Iterator[tuple[Supervisor, ExecutorPool]]:
    """Return a supervisor that is stepped on a thread, and a pool on it."""
    with stepped(Settings(data=data, executors=2, past_releases=1, past_seconds=60, query_seconds=20)) as both:
        yield both


def number(pool: ExecutorPool, release: str | None) -> tuple[str, bytes]:
    answer = pool.ask(question(NUMBER, Somebody(), release))
    return answer.release, answer.read()


def test_a_past_release_answers_as_it_did(running: tuple[Supervisor, ExecutorPool], three: list[str]) -> None:
    supervisor, pool = running
    for _ in range(2):
        for place, release in enumerate(three):
            assert number(pool, release) == (release, f"n\r\n{place}\r\n".encode())
        assert number(pool, None) == (three[2], b"n\r\n2\r\n")
    assert len(supervisor._past) == 1  # no more are open than allowed
    supervisor._settings = supervisor._settings.model_copy(update={"past_seconds": 0.01})
    until(lambda: not supervisor._past and not supervisor._retiring)
    assert number(pool, three[0])[0] == three[0]


def test_a_release_that_is_not_there_is_not_asked(
    running: tuple[Supervisor, ExecutorPool], three: list[str], data: Path
) -> None:
    _, pool = running
    for name in ("nothing", "../current", ""):
        with pytest.raises(NotFound):
            number(pool, name)
    (Releases(data).folder(three[1]) / "manifest.json").write_text("{")
    with pytest.raises(Damaged):
        number(pool, three[1])
    assert number(pool, three[0])[0] == three[0]


def test_a_past_host_that_dies_is_followed_by_another(
    running: tuple[Supervisor, ExecutorPool], three: list[str]
) -> None:
    supervisor, pool = running
    assert number(pool, three[0])[0] == three[0]
    supervisor._past[three[0]].process.kill()
    supervisor._past[three[0]].process.wait()
    assert number(pool, three[0])[0] == three[0]


def begin(pool: ExecutorPool, text: str, asker: Somebody) -> Begun | None:
    asked = question(text, asker)
    assert pool.is_plain(asked)
    turn = pool.turns.ask_for(asker, lambda: None)
    assert isinstance(turn, Turn)
    return pool.begin(asked, turn)


def test_a_question_is_begun_and_finished_without_waiting(pool: ExecutorPool, fine: Callable[[], None]) -> None:
    asker = Somebody()
    assert begin(pool, "ASK {}", asker) is None  # no connection is open yet
    fine()
    begun = begin(pool, "ASK {}", asker)
    assert begun is not None
    assert (begun.finish().read(), begun.finish().body) == (b"true", b"true")
    wrong = begin(pool, "ASK", asker)
    assert wrong is not None
    for _ in range(2):
        with pytest.raises(BadQuery):
            wrong.finish()
    large = begin(pool, "ASK {} #" + "x" * 100_000, asker)
    assert large is not None
    assert large.finish().read() == b"true"
    fine()


def test_a_question_whose_executor_ends_unread_is_put_again_only_by_who_may_wait(
    pool: ExecutorPool, supervisor: Supervisor, fine: Callable[[], None]
) -> None:
    fine()
    asker = Somebody()
    for process in executors(supervisor):
        os.kill(process, signal.SIGSTOP)
    begun = begin(pool, NUMBER, asker)
    assert begun is not None
    for process in executors(supervisor):
        os.kill(process, signal.SIGKILL)
    until(lambda: begun.arrives(0.01))
    for _ in range(2):
        assert begun.at_once() is None
        assert pool.turns.counts()["running"] == 1
    answer = begun.finish()
    assert begun.at_once() is answer
    assert pool.turns.counts()["running"] == 0
    fine()


def test_a_fault_of_ours_gives_a_place_back_once(
    pool: ExecutorPool, monkeypatch: pytest.MonkeyPatch, fine: Callable[[], None]
) -> None:
    fine()
    begun = begin(pool, NUMBER, Somebody())
    assert begun is not None

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(ExecutorPool, "_answer", fail)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                begun.finish()
    begun.give_up()
    assert pool.turns.counts() == {"running": 0, "long": 0, "waiting": 0}
    fine()


def test_what_was_begun_and_given_up_is_stopped(
    pool: ExecutorPool, supervisor: Supervisor, fine: Callable[[], None]
) -> None:
    fine()
    before = set(executors(supervisor))
    begun = begin(pool, ENDLESS, Somebody())
    assert begun is not None
    begun.give_up()
    with pytest.raises(Abandoned):
        begun.finish()
    until(lambda: before - set(executors(supervisor)))
    fine()


def test_only_plain_questions_are_begun(pool: ExecutorPool) -> None:
    assert not pool.is_plain(question("ASK {}", release="x"))
    assert not pool.is_plain(question("SELECT * { SERVICE <http://localhost/> { ?s ?p ?o } }"))
    assert not pool.is_plain(question("ASK {} #" + "x" * 600_000))
    with pytest.raises(NotAllowed):
        pool.is_plain(question("CLEAR ALL"))
