"""Servers that the benchmark starts, each on a free port of the loopback address, and stops again."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from eclod.core.settings import PLAIN_NAMES

HOST: Final = "127.0.0.1"
_LINES_SHOWN: Final = 5
_FIRST_PORT, _LAST_PORT = 18_000, 32_000


class NotInstalled(Exception):
    """What would be measured is not on this machine; the message says how to install it."""


class CouldNotRun(Exception):
    """What is installed did not do its work; the message says what it said."""


class Server:
    """A server process: started at once, its output in a log file, ended with everything below it by `stop`."""

    def __init__(self, name: str, command: Sequence[str], folder: Path) -> None:
        self._name = name
        self._log = folder / "server.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> float:
        """Wait until it answers and return the seconds that took; raises CouldNotRun when it ends or takes too long."""
        started = time.perf_counter()
        while not ready():
            if self._process.poll() is not None:
                raise CouldNotRun(f"{self._name} ended with exit code {self._process.returncode}. {self.said()}")
            if time.perf_counter() - started > seconds:
                raise CouldNotRun(f"{self._name} was not ready within {seconds:.0f} s. {self.said()}")
            time.sleep(0.05)
        return time.perf_counter() - started

    def said(self) -> str:
        """Return the last lines of its log."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LINES_SHOWN:]
        return "It said: " + " | ".join(lines) if lines else "It said nothing."

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def environment() -> dict[str, str]:
    """Return the environment without settings of eclod, so that every run measures the defaults."""
    return {k: v for k, v in os.environ.items() if not k.startswith("ECLOD_") and k not in PLAIN_NAMES}


def program(name: str, how: str) -> str:
    """Return the path of a program, beside this Python or on the PATH; raises NotInstalled, saying how to get it."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        raise NotInstalled(f"{name} is not there; {how}")
    return found


def run(command: Sequence[str], folder: Path) -> str:
    """Run a command to its end and return what it wrote; raises CouldNotRun when it fails."""
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-_LINES_SHOWN:]
        raise CouldNotRun(f"{Path(command[0]).name} ended with exit code {done.returncode}: {' | '.join(last)}")
    return done.stdout


def free_port(first: int = _FIRST_PORT) -> int:
    """Return a port nobody has, from the first on, below those that the system gives to whoever connects (ip(7))."""
    for port in range(first, _LAST_PORT):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port
    raise CouldNotRun(f"All ports from {first} to {_LAST_PORT} are in use; stop what listens on them.")


def memory(root: int) -> list[int]:
    """Return the proportional set sizes in bytes of a process and all below it, the largest first.

    A page that several share counts for each in equal parts (proc(5), smaps_rollup), so that the sum is what they take.
    """
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    family = {root}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return sorted(filter(None, map(_proportional_size, family)), reverse=True)


def _proportional_size(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # It ended meanwhile.
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
