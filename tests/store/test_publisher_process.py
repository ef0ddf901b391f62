"""The publisher as whoever serves looks after it: tried again after it ended badly, until it is done."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from eclod.core.settings import Settings
from eclod.store import publishing
from eclod.store.publishing import PublisherProcess
from eclod.store.tokens import FILE, Tokens


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


def test_where_somebody_has_a_token_one_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To start one takes as long as to check a short delivery; where nobody has a token none is there at rest."""
    process, tokens = PublisherProcess(Settings(data=tmp_path, publisher=True)), Tokens(tmp_path / FILE)
    monkeypatch.setattr(publishing, "_LOOK", 0.0)
    assert not process._is_needed()
    token, _ = tokens.create("at")
    assert process._is_needed()
    tokens.revoke("at", token.id)
    assert not process._is_needed()


def test_one_that_waits_ends_when_nobody_has_a_token_any_more(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / FILE)
    token, _ = tokens.create("at")
    command = [sys.executable, "-m", "eclod", "publisher", "--data", str(tmp_path)]
    environment = os.environ | {"ECLOD_PUBLISHER_SECONDS": "0.1"}
    with subprocess.Popen(command, env=environment) as waiting:
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                waiting.wait(6)
            tokens.revoke("at", token.id)
            assert waiting.wait(20) == 0
        finally:
            waiting.kill()
