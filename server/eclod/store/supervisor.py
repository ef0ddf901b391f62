"""Keeps a host running for the current release, and moves on when `current` moves.

The run folder (a short path, since Unix socket addresses are short) holds a socket for every running host, named after
its release and the launch, and a link `current` to the one to ask. A new host is started beside the old; only when it
is ready does the link move, and the old host gets a grace period for workers that have just read the link, then
finishes its questions and goes. No request fails. A large release that takes the place of another is answered from disk
until a host has loaded it into memory, so that what was delivered can be asked for at once; loading waits for a calm
moment, since it takes the processor from deliveries that come one after the other. Hosts that have a release
open from disk (a past one, or the current one where rows have to come in a fixed order) are started when a worker asks
for one, and go when nobody has asked for a while.
"""

from __future__ import annotations

import json
import logging
import os
import select
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from eclod.core.errors import Damaged, NotFound
from eclod.core.settings import Settings
from eclod.store import allocator
from eclod.store.connections import socket_name
from eclod.store.control import Control
from eclod.store.host import BYTES_PER_QUAD
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases

log = logging.getLogger(__name__)

_GRACE_SECONDS: Final = 2.0
#: How long to wait before a host is started again that could not start, when there is no other.
_PAUSE_SECONDS: Final = 2.0
_QUEUE_LENGTH: Final = 128
#: Statements of a release from which on it is first opened from disk; a second loads some 100,000.
_LARGE: Final = 300_000
#: How long a release has to be the current one before it is loaded into memory beside.
_CALM_SECONDS: Final = 15.0


@dataclass
class _Running:
    release: str
    process: subprocess.Popen[bytes]
    socket: Path
    retire_at: float | None = None
    used: float = 0.0


class Supervisor:
    """Owns the hosts; `step` is called again and again by whoever runs the service."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._releases = Releases(settings.data)
        # The system takes 107 bytes as the address of a socket; a long TMPDIR leaves no room for its name.
        short = len(os.fsencode(tempfile.gettempdir())) < 40
        self._folder = tempfile.TemporaryDirectory(prefix="eclod-", dir=None if short else "/tmp")
        self.run_folder = Path(self._folder.name)
        self._control = Control(self.run_folder)
        self._past: dict[str, _Running] = {}
        self._current: _Running | None = None
        self._loading: _Running | None = None
        self._load_at: float | None = None
        self._retiring: list[_Running] = []
        self._refused: str | None = None
        self._served: str | None = None
        self._retry_at = 0.0
        self._launches = 0

    def start(self) -> str:
        """Start the host of the current release and return its id; raises NotFound or Damaged."""
        wanted = self._releases.current_id()
        self._current = self._launch_current(wanted)
        return wanted

    def step(self, seconds: float = 0.0) -> None:
        """Wait so long for workers that ask for a past release, and do what is to be done.

        Replace a host that died, follow the `current` link, send away hosts that are retired or that nobody asks.
        """
        self._control.serve(self._open, seconds)
        current = self._current
        if current is not None and current.process.poll() is not None:
            log.error(
                "the host of release %s ended with %s; starting another", current.release, current.process.returncode
            )
            current.socket.unlink(missing_ok=True)
            self._current = current = None
        if (wanted := self._to_launch()) is not None:
            self._give_up_loading()
            try:
                self._current = self._launch_current(wanted, at_once=current is not None)
            except (Damaged, NotFound) as error:
                self._refused = wanted
                self._retry_at = time.monotonic() + _PAUSE_SECONDS
                what_now = "The service goes on with the release before." if current else "It is tried again."
                log.error("%s %s", error.message, what_now)
            else:
                if wanted == self._current_id():
                    self._refused = None
                if current is not None:
                    self._retire(current)
        if self._load_at is not None and time.monotonic() >= self._load_at:
            self._begin_loading()
        self._finish_loading()
        for running in list(self._past.values()):
            if running.used + self._settings.past_seconds < time.monotonic():
                self._retire(self._past.pop(running.release))
        for running in [r for r in self._retiring if r.retire_at is not None and r.retire_at < time.monotonic()]:
            running.process.terminate()
            running.socket.unlink(missing_ok=True)
            running.retire_at = None
        self._retiring = [r for r in self._retiring if r.process.poll() is None]

    def _retire(self, running: _Running) -> None:
        running.retire_at = time.monotonic() + _GRACE_SECONDS
        self._retiring.append(running)

    def _open(self, release: str) -> str:
        """Return the name of the socket of a release, opened from disk when it is not; raises NotFound or Damaged."""
        running = self._past.pop(release, None)
        if running is None or running.process.poll() is not None:
            self._releases.folder(release)
            while len(self._past) >= self._settings.past_releases:
                self._retire(self._past.pop(min(self._past, key=lambda name: self._past[name].used)))
            running = self._launch(release, self._settings.past_executors, memory_budget=0)
        running.used = time.monotonic()
        self._past[release] = running
        return running.socket.name

    def _current_id(self) -> str | None:
        try:
            return self._releases.current_id()
        except NotFound:  # somebody removed the link; what is open stays open
            return None

    def _to_launch(self) -> str | None:
        """Return the release that needs a host now, or None: the current one, while that is refused the one before."""
        wanted = self._current_id()
        if self._current is not None:
            return wanted if wanted not in (self._current.release, self._refused) else None
        if time.monotonic() < self._retry_at:
            return None
        return self._served or wanted if wanted in (None, self._refused) else wanted

    def stop(self) -> None:
        """End all hosts; those that still answer are killed after the query budget."""
        self._give_up_loading()
        running = [*self._retiring, *self._past.values(), *([self._current] if self._current else [])]
        for host in running:
            host.process.terminate()
        deadline = time.monotonic() + self._settings.query_seconds + 1
        for host in running:
            try:
                host.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                host.process.kill()
                host.process.wait()
        self._control.close()
        self._folder.cleanup()

    def _launch_current(self, release: str, at_once: bool = False) -> _Running:
        """Start a host and make it the one to ask; with `at_once`, one that is there soon, and another in memory."""
        settings, budget = self._settings, self._settings.memory_mb << 20
        quads = Manifest.read(self._releases.folder(release)).quads
        later = at_once and quads >= _LARGE and quads * BYTES_PER_QUAD <= budget
        running = self._launch(release, settings.executors, 0 if later else budget)
        self._ask(running)
        self._served = release
        if later:
            self._load_at = time.monotonic() + _CALM_SECONDS
        return running

    def _ask(self, running: _Running) -> None:
        link = self.run_folder / "current.new"
        link.symlink_to(running.socket.name)
        link.replace(self.run_folder / "current")

    def _begin_loading(self) -> None:
        self._load_at = None
        if self._current is not None:
            settings = self._settings
            self._loading = self._begin(self._current.release, settings.executors, settings.memory_mb << 20)

    def _finish_loading(self) -> None:
        """Ask the host that was loading a release into memory, if it is ready; without it, disk has to do."""
        loading = self._loading
        if loading is None or not _has_said_something(loading.process):
            return
        self._loading = None
        try:
            _await(loading)
        except Damaged as error:
            log.error("%s It is answered from disk.", error.message)
            return
        self._ask(loading)
        if self._current is not None:
            self._retire(self._current)
        self._current = loading

    def _give_up_loading(self) -> None:
        self._load_at = None
        if self._loading is not None:
            assert self._loading.process.stdout is not None
            with self._loading.process.stdout:
                self._loading.process.kill()
                self._loading.process.wait()
            self._loading = None

    def _launch(self, release: str, executors: int, memory_budget: int) -> _Running:
        return _await(self._begin(release, executors, memory_budget))

    def _begin(self, release: str, executors: int, memory_budget: int) -> _Running:
        """Start a host without waiting until it is ready."""
        self._launches += 1
        socket_path = self.run_folder / socket_name(release, self._launches)
        settings = self._settings
        options = {
            "parent": os.getpid(),
            "seconds": settings.query_seconds,
            "memory": settings.query_memory_mb << 20,
            "answer": settings.result_mb << 20,
            "rows": settings.result_rows,
            "memory_budget": memory_budget,
            "executors": executors,
            "queue": _QUEUE_LENGTH,
        }
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "eclod.store.host",
                str(self._releases.folder(release)),
                str(socket_path),
                json.dumps(options),
            ],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env=allocator.environment(),
        )
        return _Running(release, process, socket_path)


def _await(running: _Running) -> _Running:
    """Wait until a host is ready and return it; raises Damaged, with the host ended."""
    assert running.process.stdout is not None
    with running.process.stdout as output:
        report = _first_line(output)
    if "ready" not in report:
        running.process.kill()
        running.process.wait()
        raise Damaged(str(report.get("error", f"The release {running.release} could not be opened; build again.")))
    log.info("release %s is open %s", running.release, {"memory": "in memory", "disk": "on disk"}[report["place"]])
    return running


def _has_said_something(process: subprocess.Popen[bytes]) -> bool:
    """Return whether a host that was started has said that it is ready, or has ended."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], 0)
    return bool(ready)


def _first_line(output: IO[bytes], seconds: float = 600.0) -> dict[str, str]:
    ready, _, _ = select.select([output], [], [], seconds)
    line = output.readline() if ready else b""
    return dict(json.loads(line)) if line else {}
