"""Waiting awake for a moment, and then asleep."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from eclod.store.lookout import Lookout, Processor

Pipe = tuple[int, int]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    read, write = os.pipe()
    yield read, write
    for descriptor in (read, write):
        os.close(descriptor)


@pytest.mark.parametrize("awake", [0.0, 0.02])
def test_what_is_there_is_seen_and_what_is_not_is_waited_for(pipe: Pipe, awake: float) -> None:
    read, write = pipe
    lookout = Lookout(read)
    assert not lookout.has_arrived()
    began = time.monotonic()
    assert not lookout.wait(0.05, awake)
    assert time.monotonic() - began >= 0.05
    os.write(write, b"x")
    assert lookout.has_arrived()
    assert lookout.wait(0, awake)
    assert lookout.wait(None, awake)


def test_the_end_of_the_other_side_is_something(pipe: Pipe) -> None:
    read, write = os.pipe()
    os.close(write)
    assert Lookout(read).wait(5, awake=1)
    os.close(read)


def test_what_arrives_while_it_looks_out_is_seen_before_it_sleeps(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = pipe
    monkeypatch.setattr(os, "sched_yield", lambda: os.write(write, b"x"))
    assert Lookout(read, Processor()).wait(0, awake=5)


def test_it_sleeps_at_once_for_some_time_where_others_need_the_processor(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, yields = [128.0], []

    def others_take(seconds: float) -> None:
        yields.append(seconds)
        now[0] += seconds

    turn = [0.003]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(os, "sched_yield", lambda: others_take(turn[0]))
    processor = Processor()
    lookout, another = Lookout(pipe[0], processor), Lookout(pipe[0], processor)
    assert not lookout.wait(0, awake=0.01)
    for each in (lookout, another):
        assert not each.wait(0, awake=0.01)
        assert yields[0] == 0.003
        assert len(yields) == 1
    now[0] += 1
    turn[0] = 2**-12
    assert not another.wait(0, awake=2**-10)
    assert yields == [0.003, *[turn[0]] * 4]
