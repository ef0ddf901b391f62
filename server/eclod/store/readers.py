"""Processes that read queries with rdflib, started when needed and kept for the next query; see algebra.py."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
from typing import Any, Final

from eclod.core.errors import OverBudget
from eclod.store import wire

_AT_ONCE: Final = 2
#: Their own limit comes first.
_SECONDS: Final = 12.0


class _Gone(Exception):
    """The process ended, from idleness or at one of its limits."""


class Readers:
    """At most two of these processes; safe to share among threads."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._idle: list[_Reader] = []

    def read(self, query: str, selects: list[str], seconds: float) -> dict[str, Any]:
        """Return what they find, as `algebra.read` has it; raises OverBudget when that takes too long."""
        deadline = time.monotonic() + seconds
        if not self._places.acquire(timeout=max(0.0, seconds)):
            raise _beyond()
        try:
            return self._ask({"query": query, "selects": selects}, deadline)
        finally:
            self._places.release()

    def close(self) -> None:
        """End the processes that are idle."""
        with contextlib.suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _ask(self, question: dict[str, Any], deadline: float) -> dict[str, Any]:
        while True:
            try:
                reader = self._idle.pop()
            except IndexError:
                reader = _Reader()
            used = reader.used
            try:
                found = reader.ask(question, min(deadline - time.monotonic(), _SECONDS))
            except _Gone:
                reader.close()
                if used and time.monotonic() < deadline:
                    continue  # it may have been idle for too long; only a fresh one ends because of the query
                raise _beyond() from None
            self._idle.append(reader)
            if "beyond" in found:
                raise _beyond()
            return found


class _Reader:
    """One process."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "eclod.store.algebra", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        self._channel = wire.Channel(ours)
        self.used = False

    def ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        self._channel.connection.settimeout(max(0.01, seconds))
        try:
            self._channel.send(question)
            found: dict[str, Any] = self._channel.receive()
        except (EOFError, OSError):
            raise _Gone from None
        except UnicodeEncodeError:
            found = {"error": wire.NO_TEXT}
        self.used = True
        return found

    def close(self) -> None:
        self._channel.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()


def _beyond() -> OverBudget:
    return OverBudget("A query with SERVICE is read twice, and this one takes too long to be read; make it simpler.")
