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
from eclod.store.connections import Connection

_LIMITS = executor.Limits(seconds=5, memory=1 << 30, answer=1 << 20, rows=100)


@contextmanager
def _executor(folder: Path) -> Iterator[socket.socket]:
    """Fork an executor over an empty store and yield a connection to it."""
    parent = os.getpid()
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as connection:
        listener.bind(str(folder / "socket"))
        listener.listen()
        child = os.fork()
        if child == 0:
            try:
                executor.run(listener, ox.Store, _LIMITS, {}, parent)
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
