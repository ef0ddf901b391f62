"""Waiting for answers on the event loop, without keeping others waiting."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest
import uvloop

from eclod.store.connections import Connection
from eclod.store.lookout import PROCESSOR
from eclod.store.pool import Begun
from eclod.web.serving import quick
from eclod.web.serving.quick import QuickQueries


class Asked:
    """A question at the other end of a socket, where nobody answers but the test."""

    def __init__(self) -> None:
        here, self.there = socket.socketpair()
        self.connection = Connection("a.1.sock", here)

    def fileno(self) -> int:
        return self.connection.connection.fileno()

    def arrives(self, seconds: float) -> bool:
        return self.connection.wait(0, awake=seconds)


@pytest.fixture
def asked() -> Iterator[Asked]:
    one = Asked()
    yield one
    one.connection.close()
    one.there.close()


def begun(one: Asked) -> Begun:
    return cast("Begun", one)


def queries() -> QuickQueries:
    nothing = cast("Any", None)
    return QuickQueries(nothing, nothing, nothing, nothing)


@pytest.fixture(autouse=True)
def a_processor_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PROCESSOR, "may_be_lent", lambda: True)


def test_an_answer_that_takes_longer_is_read_whole_after_the_loop_has_waited_for_it(asked: Asked) -> None:
    body = os.urandom(900_000)

    async def wait() -> bool:
        asyncio.get_running_loop().call_later(0.01, asked.there.send, b"x")
        return await quick._arrives(begun(asked))

    assert uvloop.run(wait())
    assert os.get_blocking(asked.fileno())
    sender = threading.Thread(target=asked.there.sendall, args=(body,))
    sender.start()
    assert asked.connection.read_body(1 + len(body)) == b"x" + body
    sender.join()


def test_nobody_waits_for_ever(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "_PATIENCE", 0.01)
    assert not uvloop.run(quick._arrives(begun(asked)))
    assert os.get_blocking(asked.fileno())


def test_the_answer_to_the_only_question_is_looked_out_for(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "_MOMENT", 5)
    found = queries()
    found._present = 1
    asked.there.send(b"x")
    assert uvloop.run(found._looks_out_for(begun(asked)))


def test_questions_that_arrive_together_do_not_wait_for_each_other(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick, "_MOMENT", 60)
    found = queries()

    async def answer(_: object) -> bool:
        looked = await found._looks_out_for(begun(asked))
        await asyncio.sleep(0.1)  # as one does that waits for the answer now
        return looked

    monkeypatch.setattr(found, "_answer", answer)

    async def both() -> list[Any]:
        return await asyncio.gather(*(found.answer(cast("Any", None)) for _ in range(2)))

    assert uvloop.run(both()) == [False, False]
    assert found._present == 0


def test_where_others_need_the_processor_nobody_looks_out(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "_MOMENT", 60)
    monkeypatch.setattr(PROCESSOR, "may_be_lent", lambda: False)
    found = queries()
    found._present = 1
    assert not uvloop.run(found._looks_out_for(begun(asked)))
