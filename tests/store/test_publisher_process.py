"""The publisher as whoever serves looks after it: tried again after it ended badly, until it is done."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from eclod.core.settings import Settings
from eclod.store import publishing
from eclod.store.publishing import PublisherProcess


@pytest.fixture
def codes() -> list[int]:
    """Return the codes with which the next publishers end."""
    return []


@pytest.fixture
def process(codes: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PublisherProcess:
    """Return one that looks after processes which do nothing but end, and has registries of its own to look at."""
    made = PublisherProcess(Settings(data=tmp_path, registries=str(tmp_path / "registries"), publisher=True))

    def start(_: PublisherProcess) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", f"raise SystemExit({codes.pop(0)})"])

    monkeypatch.setattr(PublisherProcess, "_start", start)
    monkeypatch.setattr(publishing, "_PAUSE", 0.01)
    monkeypatch.setattr(publishing, "_LONGEST_PAUSE", 0.02)
    return made


def run(process: PublisherProcess, codes: list[int], seconds: float = 20.0) -> None:
    """Step until no publisher is left to start, and then some."""
    deadline = time.monotonic() + seconds
    while codes and time.monotonic() < deadline:
        process.step()
        time.sleep(0.005)
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        process.step()
        time.sleep(0.005)


def test_what_is_to_be_looked_at_is_until_a_publisher_did_it(process: PublisherProcess, codes: list[int]) -> None:
    """A declaration that cannot be read ends it; mended, the addresses of the registries are looked at all the same."""
    codes += [1, 1, 0]
    run(process, codes)
    assert codes == []  # and none more was started, which would have had no code to end with


def test_pauses_grow_up_to_a_minute(process: PublisherProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    pauses = []
    for _ in range(8):
        before = time.monotonic()
        process._after(1)
        pauses.append(round(process._not_before - before))
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]
    process._after(0)
    process._after(-9)
    assert round(process._not_before - time.monotonic()) == 2
