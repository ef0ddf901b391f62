"""An executor that nobody asks gives up what it has copied of the release."""

from __future__ import annotations

import os
import select
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.store import executor
from eclod.store.connections import Connection, Connections

_LIMITS = executor.Limits(seconds=5, memory=1 << 30, answer=1 << 20, rows=100)


@contextmanager
def _executor(folder: Path, settling: int | None = None) -> Iterator[socket.socket]:
    """Fork an executor over an empty store and yield a connection to it."""
    parent = os.getpid()
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as connection:
        listener.bind(str(folder / "socket"))
        listener.listen()
        child = os.fork()
        if child == 0:
            try:
                executor.run(listener, ox.Store, _LIMITS, {}, parent, settling)
            finally:
                os._exit(1)
        try:
            connection.connect(str(folder / "socket"))
            yield connection
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


@pytest.mark.parametrize(("limit", "leaves"), [(0, True), (1 << 40, False)])
def test_one_that_has_copied_much_makes_room_when_nobody_asks(
    limit: int, leaves: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "_IDLE", 0.2)
    monkeypatch.setattr(executor, "_GROWTH_LIMIT", limit)
    with _executor(tmp_path) as connection:
        asked = Connection("", connection)
        assert asked.greet(5)
        readable, _, _ = select.select([connection], [], [], 5 if leaves else 1)
        assert bool(readable) is leaves
        assert asked.is_open() is not leaves


def test_one_that_settles_says_so_when_it_has_copied_the_release_and_to_whoever_connects(tmp_path: Path) -> None:
    settled, settling = os.pipe()
    with _executor(tmp_path, settling) as connection:
        os.close(settling)
        readable, _, _ = select.select([settled], [], [], 5)
        assert readable
        assert os.read(settled, 1) == b""
        os.close(settled)
        asked = Connection("", connection)
        assert asked.greet(5)
        assert asked.is_settled


def test_a_settled_one_is_asked_before_the_others() -> None:
    pairs = [socket.socketpair() for _ in range(3)]
    other, settled, another = (Connection("", here) for here, _ in pairs)
    settled.is_settled = True
    connections = Connections()
    for connection in (other, settled, another):
        connections.give_back(connection)
    assert [connections.take_idle("") for _ in range(3)] == [settled, another, other]
    for here, there in pairs:
        here.close()
        there.close()
