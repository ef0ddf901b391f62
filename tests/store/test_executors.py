"""Questions to real executors: over budget or killed, they are that client's error and nobody else's."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from eclod.core import formats
from eclod.core.errors import BadQuery, OverBudget, TooBusy, TooLarge
from eclod.core.formats import Format
from eclod.core.settings import Settings
from eclod.store import guard
from eclod.store.engine import Question
from eclod.store.pool import ExecutorPool
from eclod.store.supervisor import Supervisor

JOIN = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"
#: Two that are asked at the same time and a spare one; in memory one that has its own copy comes beside them.
USUAL = 3
DOUBLED = " ".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(40))
ENDLESS = f"{JOIN} FILTER(STRLEN(CONCAT(STR(?a), STR(?d), STR(?g))) < 0)"


def table(text: str, form: Format = formats.RESULT_JSON, seconds: float | None = None) -> Question:
    return Question(text, result_format=form, graph_format=formats.TURTLE, seconds=seconds)


def executors(supervisor: Supervisor) -> set[int]:
    """Return the executors that live, without those that ended and are not yet buried."""
    assert supervisor._current is not None
    host = supervisor._current.process.pid
    found = set()
    for child in Path(f"/proc/{host}/task/{host}/children").read_text().split():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if " Z " not in Path(f"/proc/{child}/stat").read_text():
                found.add(int(child))
    return found


def kill(processes: Collection[int]) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def wait_for_executors(supervisor: Supervisor, without: Collection[int] = ()) -> None:
    deadline = time.monotonic() + 60
    while len(found := executors(supervisor)) < USUAL or found & set(without):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (f"SELECT (COUNT(*) AS ?n) {{ {JOIN} }}", formats.RESULT_JSON),
        (f"SELECT * {{ {ENDLESS} }}", formats.RESULT_CSV),
    ],
)
def test_a_cross_join_ends_with_its_budget(
    pool: ExecutorPool, supervisor: Supervisor, text: str, form: Format, fine: Callable[[], None]
) -> None:
    wait_for_executors(supervisor)
    before = executors(supervisor)
    started = time.monotonic()
    with pytest.raises(OverBudget, match=r"stopped after its budget of 0\.7 seconds") as caught:
        pool.ask(table(text, form, seconds=0.7))
    assert 0.6 < time.monotonic() - started < 30
    assert caught.value.details["budget_seconds"] == 0.7
    fine()
    # The one that was asked is gone, the others stay.
    deadline = time.monotonic() + 60
    while len(before - executors(supervisor)) != 1 or len(executors(supervisor)) < USUAL:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT * {{ {JOIN} }} ORDER BY ?i",
        f"SELECT (STRLEN(?x40) AS ?n) {{ BIND('bomb' AS ?x0) {DOUBLED} }}",
    ],
)
def test_a_memory_bomb_is_that_clients_error_only(pool: ExecutorPool, text: str, fine: Callable[[], None]) -> None:
    with pytest.raises(OverBudget):
        pool.ask(table(text))
    fine()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * " + "{" * 5000 + "}" * 5000,
        "SELECT (" + "(" * 20_000 + "1" + ")" * 20_000 + " AS ?x) { }",
        "SELECT (" + "!" * 100_000 + "true AS ?x) { }",
        "SELECT * { " + "OPTIONAL { " * 5000 + "}" * 5001,
        "SELECT * { ?s " + "(" * 20_000 + "<urn:p>" + ")" * 20_000 + " ?o }",
    ],
)
def test_nesting_ends_an_executor_at_most(pool: ExecutorPool, text: str, fine: Callable[[], None]) -> None:
    with pytest.raises((OverBudget, BadQuery)):
        pool.ask(table(text, seconds=15))
    fine()


def test_many_values_and_binds_are_answered_or_refused(pool: ExecutorPool, fine: Callable[[], None]) -> None:
    values = " ".join(f"<urn:s:{n}>" for n in range(10_000))
    answer = pool.ask(table(f"SELECT * {{ VALUES ?s {{ {values} }} ?s <urn:p> ?o }}", formats.RESULT_CSV))
    assert len(answer.read().splitlines()) == 2001
    binds = " ".join(f"BIND({n} AS ?x{n})" for n in range(800))
    try:
        assert pool.ask(table(f"SELECT ?x799 {{ {binds} }}", formats.RESULT_CSV)).read() == b"x799\r\n799\r\n"
    except OverBudget:
        fine()


@pytest.mark.parametrize("form", [formats.RESULT_JSON, formats.RESULT_CSV])
def test_an_answer_over_the_limit_is_refused_and_never_cut(
    pool: ExecutorPool, form: Format, fine: Callable[[], None]
) -> None:
    with pytest.raises(TooLarge, match="larger than 3 MiB"):
        pool.ask(table(f"SELECT * {{ {JOIN} }}", form))
    fine()


def test_a_question_gets_no_more_than_the_operator_allows(pool: ExecutorPool, fine: Callable[[], None]) -> None:
    assert pool.ask(table("ASK { }", seconds=1e9)).kind == "boolean"
    with pytest.raises(OverBudget):
        pool.ask(table(f"SELECT * {{ {ENDLESS} }}", seconds=1e-6))
    fine()


def test_many_ask_at_once_and_each_gets_its_own_answer(pool: ExecutorPool) -> None:
    def ask(number: int) -> bool:
        answer = pool.ask(table(f"SELECT ?o {{ <urn:s:{number}> <urn:p> ?o }}", formats.RESULT_CSV))
        return answer.read() == f"o\r\nvalue {number}\r\n".encode()

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(ask, range(300)))


def test_who_waits_too_long_is_told_to_come_back(
    pool: ExecutorPool, supervisor: Supervisor, fine: Callable[[], None]
) -> None:
    hasty = ExecutorPool(supervisor.run_folder, Settings(queue_seconds=0.2, executors=1))
    wait_for_executors(supervisor)
    held = [pool._connect(None) for _ in executors(supervisor)]
    assert all(connection.greet(10) for connection in held)
    with pytest.raises(TooBusy, match="All executors are busy") as caught:
        hasty.ask(table("ASK { }"))
    assert caught.value.details["retry_after"] == 1
    for connection in held:
        connection.close()
    fine()


def test_whoever_hangs_up_does_no_harm(pool: ExecutorPool, fine: Callable[[], None]) -> None:
    for sent in (b"", b"\x00\x00\x00\x05", b"\x00\x00\x00\x02[]", b"\x00\x00\x00\x02xx"):
        broken = pool._connect(None)
        broken.connection.sendall(sent)
        broken.close()
    channel = pool._connect(None)
    channel.send({"text": "ASK { }"} | {"seconds": 5})
    channel.close()
    for _ in range(8):
        fine()


def test_a_killed_executor_is_replaced(pool: ExecutorPool, supervisor: Supervisor, fine: Callable[[], None]) -> None:
    wait_for_executors(supervisor)
    victims = executors(supervisor)
    kill(victims)
    for _ in range(4):
        fine()
    wait_for_executors(supervisor, without=victims)


def test_an_executor_killed_at_work_is_an_error_for_that_question(
    pool: ExecutorPool, supervisor: Supervisor, fine: Callable[[], None]
) -> None:
    wait_for_executors(supervisor)
    victims = executors(supervisor)
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            pool.ask(table(f"SELECT * {{ {ENDLESS} }}"))
        except OverBudget as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.3)
    kill(victims)
    thread.join(60)
    assert len(errors) == 1
    fine()


def may_leave_the_network() -> bool:
    code = "import ctypes; raise SystemExit(ctypes.CDLL(None).unshare(0x10000000 | 0x40000000) != 0)"
    return subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.skipif(not may_leave_the_network(), reason="this system gives processes no network namespace of their own")
def test_executors_have_no_network(pool: ExecutorPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "check", lambda _: None)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.3)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises((BadQuery, OverBudget)):
            pool.ask(table(f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}", seconds=5))
        with pytest.raises(TimeoutError):
            listener.accept()
