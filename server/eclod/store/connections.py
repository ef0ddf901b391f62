"""Connections to executors that are kept open from question to question, since opening one costs a tenth of one."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from typing import Any, Final

from eclod.core.errors import TooBusy
from eclod.store import wire
from eclod.store.lookout import Lookout

#: How much nicer an executor becomes that takes long, and the most there is (setpriority(2)).
_BEHIND: Final = 10
_NICEST: Final = 19


class Connection(wire.Channel):
    """A connection to one executor, which serves nobody else as long as it is open."""

    def __init__(self, address: str, connection: socket.socket) -> None:
        super().__init__(connection)
        self.address = address
        self.release = release_of_socket(address)
        self._executor: int | None = None
        self.is_settled = False
        self._has_arrived = False
        self._lookout = Lookout(connection.fileno())

    def is_open(self) -> bool:
        """Return whether the executor still listens: between questions it never sends anything but its end."""
        return not self._lookout.has_arrived()

    def wait(self, seconds: float, awake: float = 0.0) -> bool:
        """Return whether something is there or arrives: while awake for so many seconds, or within `seconds` after."""
        if not self._has_arrived:
            self._has_arrived = bool(self._received) or self._lookout.wait(seconds, awake)
        return self._has_arrived

    def receive(self) -> Any:
        self._has_arrived = False
        return super().receive()

    def greet(self, seconds: float) -> bool:
        """Return whether an executor has taken this connection within so many seconds; raises as `receive`."""
        if self._executor is None:
            if not self.wait(seconds):
                return False
            self._executor, self.is_settled = self.receive()
        return True

    def put_behind(self) -> None:
        """Let all that is quicker go first; the executor makes room for a fresh one after its answer."""
        if self._executor is not None:
            with contextlib.suppress(OSError):
                niceness = os.getpriority(os.PRIO_PROCESS, 0) + _BEHIND
                os.setpriority(os.PRIO_PROCESS, self._executor, min(niceness, _NICEST))

    def kill(self) -> None:
        """End the executor: nobody waits for its answer."""
        if self._executor is not None:
            with contextlib.suppress(OSError):
                os.kill(self._executor, signal.SIGKILL)


class Connections:
    """The connections nobody uses now; safe to share among threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Connection] = []

    def take(self, address: str, seconds: float) -> Connection:
        """Return a connection to an executor behind a socket, waiting so long for it; raises TooBusy or OSError."""
        while True:
            with self._lock:
                # The last one used is the one whose caches are warm.
                found = self._idle.pop() if self._idle else None
            if found is None:
                return _connect(address, seconds)
            if found.address == address and found.is_open():
                return found
            found.close()

    def take_idle(self, address: str) -> Connection | None:
        """Return a connection that nobody uses, or None when one has to be made; the executor may have ended since."""
        with self._lock:
            found = self._idle.pop() if self._idle else None
        if found is None or found.address == address:
            return found
        found.close()
        return None

    def has_idle(self, address: str) -> bool:
        """Return whether nobody uses a connection to a socket."""
        with self._lock:
            return any(connection.address == address for connection in self._idle)

    def give_back(self, connection: Connection) -> None:
        """Keep a connection, whose answer was read to its end, for the next question."""
        with self._lock:
            # The last one is taken first: the one that has its own copy of the release, if it is free.
            if connection.is_settled or not (self._idle and self._idle[-1].is_settled):
                self._idle.append(connection)
            else:
                self._idle.insert(-1, connection)

    def close(self) -> None:
        """Close them all, so that the executors are free for others."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


def _connect(address: str, seconds: float) -> Connection:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(seconds)
    try:
        connection.connect(address)
    except (TimeoutError, BlockingIOError):
        connection.close()
        raise TooBusy("All executors are busy; try again in a moment.", retry_after=1) from None
    except OSError:
        connection.close()
        raise
    connection.settimeout(None)
    return Connection(address, connection)


def socket_name(release: str, launch: int) -> str:
    """Return the name of the socket of one launch of a host, so that two hosts of one release never share it."""
    return f"{release}.{launch}.sock"


def release_of_socket(path: str) -> str:
    """Return the release that the host behind a socket has open."""
    return path.rpartition("/")[2].rsplit(".", 2)[0]
