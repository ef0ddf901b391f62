"""The second who asks the same is answered from memory, of the same release only, and within bounds."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import pytest

from eclod.core import formats
from eclod.store.engine import Answer, Question
from eclod.store.remembering import RememberingEngine


class Counting:
    """An engine that counts what it is asked and answers with the count."""

    def __init__(self, size: int = 0, spooled: bool = False) -> None:
        self.asked = 0
        self.release = "r1"
        self._size = size
        self._spooled = spooled

    def ask(self, question: Question) -> Answer:
        self.asked += 1
        body = f"{self.asked}".encode().ljust(self._size)
        release = question.release or self.release
        answer = Answer("bindings", formats.RESULT_JSON, release, len(body))
        if self._spooled:
            answer.spool = io.BytesIO(body)
        else:
            answer.body = body
        return answer


class Somebody:
    name = "somebody"

    def gone(self) -> bool:
        return False


QUESTION = Question("SELECT * {}", result_format=formats.RESULT_JSON, asker=Somebody())


def test_the_second_answer_is_the_first_one() -> None:
    engine = RememberingEngine(Counting(), 1 << 20)
    first, second = engine.ask(QUESTION), engine.ask(QUESTION)
    assert (first.read(), first.remembered) == (b"1", False)
    assert (second.read(), second.remembered) == (b"1", True)


@pytest.mark.parametrize(
    "other",
    [
        {"text": "SELECT  * {}"},
        {"result_format": formats.RESULT_CSV},
        {"default_graphs": ("urn:g",)},
        {"default_graphs": ()},
        {"named_graphs": ("urn:g",)},
        {"bindings": {"x": "<urn:x>"}},
        {"release": "r0"},
    ],
)
def test_another_question_has_another_answer(other: dict[str, Any]) -> None:
    counting = Counting()
    engine = RememberingEngine(counting, 1 << 20)
    engine.ask(QUESTION)
    assert engine.ask(dataclasses.replace(QUESTION, **other)).read() == b"2"
    assert engine.ask(dataclasses.replace(QUESTION, seconds=3)).read() == b"1"


def test_a_new_release_is_asked_anew_and_the_old_one_still_known() -> None:
    counting = Counting()
    engine = RememberingEngine(counting, 1 << 20)
    engine.ask(QUESTION)
    counting.release = "r2"
    assert engine.ask(QUESTION).read() == b"2"
    assert engine.ask(dataclasses.replace(QUESTION, release="r1")).read() == b"1"


@pytest.mark.parametrize("changed", [{"private": True}, {"asker": None}])
def test_what_is_private_or_our_own_is_not_kept(changed: dict[str, Any]) -> None:
    engine = RememberingEngine(Counting(), 1 << 20)
    question = dataclasses.replace(QUESTION, **changed)
    assert [engine.ask(question).read() for _ in range(2)] == [b"1", b"2"]
    assert engine.ask(QUESTION).read() == b"3"
    assert engine.ask(question).read() == b"4"


def test_who_asks_for_a_fresh_answer_gets_one_and_the_next_has_it_too() -> None:
    engine = RememberingEngine(Counting(), 1 << 20)
    engine.ask(QUESTION)
    assert engine.ask(dataclasses.replace(QUESTION, fresh=True)).read() == b"2"
    assert engine.ask(QUESTION).read() == b"2"


@pytest.mark.parametrize(
    "text", ["SELECT (NOW() AS ?x) {}", "SELECT (rand ( ) AS ?x) {}", "SELECT (struuid() AS ?x) {}"]
)
def test_what_differs_each_time_is_asked_each_time(text: str) -> None:
    engine = RememberingEngine(Counting(), 1 << 20)
    question = dataclasses.replace(QUESTION, text=text)
    assert [engine.ask(question).read() for _ in range(2)] == [b"1", b"2"]


def test_memory_is_bounded_and_large_answers_stay_out() -> None:
    engine = RememberingEngine(Counting(size=4000), 20_000)
    for number in range(10):
        engine.ask(dataclasses.replace(QUESTION, text=str(number)))
    assert 0 < len(engine._answers) <= 4
    large = Counting(size=6000, spooled=True)
    engine = RememberingEngine(large, 20_000)
    assert engine.ask(QUESTION).spool is not None
    assert len(engine._answers) == 0


def test_a_spooled_answer_is_kept_when_it_fits() -> None:
    engine = RememberingEngine(Counting(size=3000, spooled=True), 20_000)
    assert engine.ask(QUESTION).read() == engine.ask(QUESTION).read()


def test_without_memory_nothing_is_kept() -> None:
    engine = RememberingEngine(Counting(), 0)
    assert [engine.ask(QUESTION).read() for _ in range(2)] == [b"1", b"2"]
