"""Hosts that come and go: no failed request when releases change, no service without a host, nothing left behind."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eclod.core.errors import Damaged, EclodError, NotFound, TooBusy
from eclod.core.formats import RESULT_CSV
from eclod.core.settings import Settings
from eclod.store import supervisor as supervisor_module
from eclod.store.engine import Question
from eclod.store.pool import ExecutorPool
from eclod.store.releases import Releases
from eclod.store.supervisor import Supervisor

VALUE = Question("SELECT ?o { <urn:s> <urn:p> ?o }", result_format=RESULT_CSV)


@pytest.fixture
def settings(data: Path, three: list[str]) -> Settings:
    """Return settings for three releases, in which <urn:s> <urn:p> is 0, 1 and 2."""
    return Settings(data=data, executors=2, query_seconds=20, query_memory_mb=64)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let hosts retire at once, so that whatever could go wrong then has the time to."""
    monkeypatch.setattr(supervisor_module, "_GRACE_SECONDS", 0.05)
    monkeypatch.setattr(supervisor_module, "_PAUSE_SECONDS", 0.05)


@pytest.fixture
def supervisor(settings: Settings) -> Iterator[Supervisor]:
    supervisor = Supervisor(settings)
    yield supervisor
    supervisor.stop()


@pytest.fixture
def pool(supervisor: Supervisor) -> Iterator[ExecutorPool]:
    with closing(
        ExecutorPool(supervisor.run_folder, Settings(executors=2, query_seconds=20, queue_seconds=60))
    ) as pool:
        yield pool


def value(pool: ExecutorPool) -> tuple[str, int]:
    """Return (release, value) of an answer."""
    answer = pool.ask(VALUE)
    return answer.release, int(answer.read().split()[1])


def processes(supervisor: Supervisor) -> set[int]:
    """Return all hosts and executors of a supervisor."""
    hosts = {r.process.pid for r in (*supervisor._retiring, supervisor._current) if r is not None}
    found = set(hosts)
    for host in hosts:
        with contextlib.suppress(FileNotFoundError):
            found |= set(map(int, Path(f"/proc/{host}/task/{host}/children").read_text().split()))
    return found


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def step_until(supervisor: Supervisor, condition: Callable[[], bool]) -> None:
    def stepped() -> bool:
        supervisor.step()
        return condition()

    wait_until(stepped)


def test_the_current_release_is_served(supervisor: Supervisor, pool: ExecutorPool, three: list[str]) -> None:
    assert supervisor.start() == three[2] == pool.release
    assert value(pool) == (three[2], 2)
    supervisor.step()
    assert value(pool) == (three[2], 2)


@pytest.mark.parametrize(("memory_mb", "place"), [(0, "on disk"), (64, "in memory")])
def test_where_a_release_lies_is_logged(
    settings: Settings, caplog: pytest.LogCaptureFixture, memory_mb: int, place: str
) -> None:
    supervisor = Supervisor(settings.model_copy(update={"memory_mb": memory_mb}))
    with caplog.at_level(logging.INFO):
        release = supervisor.start()
    supervisor.stop()
    assert f"release {release} is open {place}" in caplog.text


def test_a_large_release_is_answered_from_disk_until_it_is_in_memory(
    supervisor: Supervisor,
    pool: ExecutorPool,
    settings: Settings,
    three: list[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor_module, "_LARGE", 1)
    monkeypatch.setattr(supervisor_module, "_CALM_SECONDS", 0.1)
    supervisor.start()
    assert value(pool) == (three[2], 2)
    caplog.set_level(logging.INFO)
    releases = Releases(settings.data)
    releases.rollback(three[0])
    supervisor.step()
    assert f"release {three[0]} is open on disk" in caplog.text
    assert value(pool) == (three[0], 0)
    step_until(supervisor, lambda: value(pool) == (three[0], 0) and "in memory" in caplog.text)
    assert value(pool) == (three[0], 0)
    # Another one comes while one is being loaded, or is about to be: that one is not waited for.
    releases.rollback(three[1])
    supervisor.step()
    supervisor.step(0.2)
    releases.rollback(three[2])
    step_until(supervisor, lambda: f"release {three[2]} is open in memory" in caplog.text)
    assert value(pool) == (three[2], 2)
    assert f"release {three[1]} is open in memory" not in caplog.text


def test_nothing_is_left_behind(settings: Settings) -> None:
    supervisor = Supervisor(settings)
    supervisor.start()
    Releases(settings.data).rollback()
    supervisor.step()
    wait_until(lambda: len(processes(supervisor)) >= 8)  # two hosts with three executors each
    running = processes(supervisor)
    assert all(map(alive, running))
    supervisor.stop()
    wait_until(lambda: not any(map(alive, running)))
    assert not supervisor.run_folder.exists()


def test_a_running_question_is_answered_before_the_end(supervisor: Supervisor, pool: ExecutorPool) -> None:
    supervisor.start()
    answers: list[tuple[str, int]] = []
    ready = threading.Barrier(2)

    def ask() -> None:
        ready.wait()
        for _ in range(200):
            answers.append(value(pool))

    thread = threading.Thread(target=ask)
    thread.start()
    ready.wait()
    Releases(supervisor._settings.data).rollback()
    step_until(supervisor, lambda: not thread.is_alive())
    assert {number for _, number in answers} <= {1, 2}
    assert len(answers) == 200


def test_no_request_fails_while_releases_change(supervisor: Supervisor, pool: ExecutorPool, three: list[str]) -> None:
    supervisor.start()
    releases = Releases(supervisor._settings.data)
    wrong: list[object] = []
    seen: set[str] = set()
    stopping = threading.Event()

    def ask() -> None:
        while not stopping.is_set():
            try:
                release, number = value(pool)
            except EclodError as error:
                wrong.append(error)
            else:
                seen.add(release)
                if release != three[number]:
                    wrong.append((release, number))
            time.sleep(0.002)  # so that a host can start on a small machine

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for turn in (1, 2, 0, 1, 2):
            releases.switch(three[turn])
            step_until(supervisor, lambda turn=turn: pool.release == three[turn])  # type: ignore[misc]
        step_until(supervisor, lambda: not supervisor._retiring)
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert seen == set(three)
    assert value(pool) == (three[2], 2)
    assert sorted(path.name for path in supervisor.run_folder.iterdir()) == [
        f"{three[2]}.6.sock",
        "control.sock",
        "current",
    ]


def test_a_killed_host_is_replaced_and_its_executors_die_with_it(
    supervisor: Supervisor, pool: ExecutorPool, three: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    supervisor.start()
    assert supervisor._current is not None
    wait_until(lambda: len(processes(supervisor)) >= 4)  # a host with three executors
    before = processes(supervisor)
    os.kill(supervisor._current.process.pid, signal.SIGKILL)
    supervisor._current.process.wait()
    supervisor.step()
    assert "ended with -9; starting another" in caplog.text
    assert value(pool) == (three[2], 2)
    wait_until(lambda: not any(map(alive, before)))


def test_hosts_and_executors_die_with_their_parent(settings: Settings) -> None:
    script = """
import sys, time
from pathlib import Path
from eclod.core.settings import Settings
from eclod.store.supervisor import Supervisor
supervisor = Supervisor(Settings(data=Path(sys.argv[1]), executors=2))
supervisor.start()
print(supervisor._current.process.pid, supervisor.run_folder, flush=True)
time.sleep(600)
"""
    command = [sys.executable, "-c", script, str(settings.data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().split()
        children = Path(f"/proc/{pid}/task/{pid}/children")
        wait_until(lambda: len(children.read_text().split()) >= 2)
        running = {int(pid), *map(int, children.read_text().split())}
        parent.kill()
    wait_until(lambda: not any(map(alive, running)))
    for path in Path(folder).iterdir():
        path.unlink()
    Path(folder).rmdir()


def test_a_release_that_cannot_be_opened_is_refused_and_the_old_one_goes_on(
    supervisor: Supervisor, pool: ExecutorPool, three: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    releases = Releases(supervisor._settings.data)
    releases.switch(three[0])
    supervisor.start()
    (releases.folder(three[1]) / "dumps" / "default.nq.gz").unlink()
    releases.switch(three[1])
    for _ in range(5):
        supervisor.step()
        assert value(pool) == (three[0], 0)
    assert caplog.text.count("The service goes on with the release before") == 1
    releases.switch(three[2])
    supervisor.step()
    assert value(pool) == (three[2], 2)


def test_a_host_that_dies_while_the_current_release_is_refused_is_replaced_by_the_one_before(
    supervisor: Supervisor, pool: ExecutorPool, three: list[str]
) -> None:
    releases = Releases(supervisor._settings.data)
    releases.switch(three[0])
    supervisor.start()
    (releases.folder(three[1]) / "dumps" / "default.nq.gz").unlink()
    releases.switch(three[1])
    supervisor.step()
    assert supervisor._current is not None
    supervisor._current.process.kill()
    supervisor._current.process.wait()
    step_until(supervisor, lambda: supervisor._current is not None)
    assert value(pool) == (three[0], 0)


def test_a_host_that_cannot_start_is_tried_again(
    supervisor: Supervisor, pool: ExecutorPool, three: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    supervisor.start()
    dump = Releases(supervisor._settings.data).folder(three[2]) / "dumps" / "default.nq.gz"
    dump.rename(dump.with_suffix(".away"))
    assert supervisor._current is not None
    supervisor._current.process.kill()
    supervisor._current.process.wait()
    supervisor.step()
    with pytest.raises(TooBusy, match="is starting"):
        value(pool)
    assert "It is tried again" in caplog.text
    dump.with_suffix(".away").rename(dump)
    step_until(supervisor, lambda: supervisor._current is not None)
    assert value(pool) == (three[2], 2)


def test_a_link_that_vanishes_stops_nothing(supervisor: Supervisor, pool: ExecutorPool, three: list[str]) -> None:
    supervisor.start()
    (supervisor._settings.data / "current").unlink()
    supervisor.step()
    assert value(pool) == (three[2], 2)
    (supervisor._settings.data / "current").symlink_to("releases/never")
    supervisor.step()
    assert value(pool) == (three[2], 2)
    Releases(supervisor._settings.data).switch(three[0])
    supervisor.step()
    assert value(pool) == (three[0], 0)


def test_without_a_release_there_is_nothing_to_serve(tmp_path: Path) -> None:
    supervisor = Supervisor(Settings(data=tmp_path))
    with pytest.raises(NotFound, match="run 'eclod build' first"):
        supervisor.start()
    supervisor.step()
    supervisor.stop()
    assert not supervisor.run_folder.exists()


@pytest.mark.parametrize("memory_mb", [64, 0])
@pytest.mark.parametrize("damage", ["dump", "store", "log", "manifest"])
def test_a_damaged_release_is_not_served(settings: Settings, three: list[str], memory_mb: int, damage: str) -> None:
    folder = Releases(settings.data).folder(three[2])
    if damage == "dump":
        path = folder / "dumps" / "default.nq.gz"
        content = bytearray(path.read_bytes())
        content[15] ^= 0x10
        path.unlink()
        path.write_bytes(content)
    elif damage == "store":
        (folder / "store" / "CURRENT").unlink()
    elif damage == "log":
        (log,) = (folder / "store").glob("MANIFEST-*")
        content = bytearray(log.read_bytes())
        content[30] ^= 0xFF
        log.unlink()
        log.write_bytes(content)
    else:
        (folder / "manifest.json").write_text("{")
    supervisor = Supervisor(settings.model_copy(update={"memory_mb": memory_mb}))
    try:
        if (damage, memory_mb) in (("dump", 0), ("store", 64), ("log", 64)):
            supervisor.start()  # what is damaged is not what is served
        else:
            with pytest.raises(Damaged, match=r"roll ?back"):
                supervisor.start()
    finally:
        supervisor.stop()


def test_a_long_path_for_temporary_files_is_no_obstacle(
    settings: Settings, three: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    supervisor = Supervisor(settings)
    try:
        supervisor.start()
        with closing(ExecutorPool(supervisor.run_folder, Settings(query_seconds=20, queue_seconds=60))) as pool:
            assert value(pool) == (three[2], 2)
    finally:
        supervisor.stop()
