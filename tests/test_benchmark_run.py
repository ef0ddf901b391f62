"""How the benchmark asks and judges: in turn, fairly, and honest about what failed, differed or was not there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest
from benchmarks import comparison, fairness, goals, throughput
from benchmarks.comparison import Measured
from benchmarks.engines import IN_PROCESS, OURS, OXIGRAPH, VIRTUOSO, OverTime, Refused
from benchmarks.goals import Goal
from benchmarks.processes import CouldNotRun, NotInstalled, program
from benchmarks.questions import EXPORT, POINT, Question


@dataclass
class Fake:
    """An engine that gives so many rows, or raises."""

    name: str
    rows: int = 2
    error: Exception | None = None
    seconds: float = 1.0
    every: int = 1
    repeats: bool = False
    asked: list[str] = field(default_factory=list)

    def ask(self, text: str, media_type: str) -> bytes:
        self.asked.append(text)
        if self.error is not None:
            raise self.error
        bindings = [{"x": {"type": "literal", "value": str(row)}} for row in range(self.rows)]
        return json.dumps({"results": {"bindings": bindings}}).encode()


def question(rounds: int = 20, warm_up: int = 2) -> Question:
    return Question("one", "SELECT * { {iri} ?p ?o }", rounds, warm_up, iris=["a:1", "a:2"])


def test_engines_take_turns_and_slow_ones_take_part_now_and_then() -> None:
    quick, slow, repeating = Fake("quick"), Fake("slow", every=10), Fake("repeating", repeats=True)
    measured = comparison.ask_all([question()], [quick, slow, repeating])
    assert (len(quick.asked), len(slow.asked), len(repeating.asked)) == (22, 3, 44)
    assert len(measured.times["one", "quick"]) == len(measured.times["one", "repeating"]) == 20
    assert len(measured.times["one", "slow"]) == 2
    assert len(set(quick.asked)) == 2
    assert measured.rows == {"one": 2}
    assert (measured.notes, measured.failed) == ([], False)


def test_an_engine_that_goes_over_time_is_asked_nothing_more() -> None:
    slow = Fake("slow", error=OverTime("slow took more than 1 s"))
    measured = comparison.ask_all([question(), question()], [Fake("quick"), slow])
    assert len(slow.asked) == 1
    assert measured.cell("one", "slow") == "> 1 s"
    assert not measured.failed


def test_a_refusal_is_shown_and_is_a_fault() -> None:
    measured = comparison.ask_all([question()], [Fake("quick"), Fake("broken", error=Refused("broken: 500"))])
    assert measured.cell("one", "broken") == "error"
    assert measured.notes == ["one: broken: 500"]
    assert measured.failed


def test_engines_that_do_not_agree_are_named() -> None:
    measured = comparison.ask_all([question()], [Fake("first"), Fake("other", rows=3)])
    assert measured.notes == ["one: other gives 3 rows where first gives 2."]


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        (Goal("ratio", 0.5, 0.5), "ratio 0.50 (goal at most 0.5: met)"),
        (Goal("ratio", 0.51, 0.5), "ratio 0.51 (goal at most 0.5: missed)"),
        (Goal("rate", 6000.4, 6000, at_least=True, unit="/s"), "rate 6,000/s (goal at least 6,000/s: met)"),
        (Goal("rate", None, 6000, at_least=True), "rate not measured (goal at least 6,000)"),
    ],
)
def test_a_goal_says_whether_it_is_met(goal: Goal, said: str) -> None:
    assert str(goal) == said


def test_goals_compare_medians() -> None:
    measured = Measured({(POINT, OURS): [1.0, 9.0, 1.2], (POINT, IN_PROCESS): [0.1], (POINT, VIRTUOSO): [3.0]})
    assert [(goal.what, goal.figure) for goal in goals.of_question(measured, POINT)] == [
        (f"{OURS} / {VIRTUOSO}", pytest.approx(0.4)),
        (f"{OURS} / {OXIGRAPH}", None),
        (f"{OURS} - {IN_PROCESS}", pytest.approx(1.1)),
    ]
    assert [goal.limit for goal in goals.of_question(measured, EXPORT)] == [0.5, 0.5]
    assert [goal.what for goal in goals.of_question(measured, "optional")] == [f"{OURS} / {OXIGRAPH}"]


def test_what_wrk_says_is_read() -> None:
    said = '{"requests": 1100, "microseconds": 2000000, "refused": 100, "broken": 1, "p50": 1500, "p99": 9000}'
    found = throughput.read(f"Running 2s test\nmeasured {said}\n")
    assert (found.per_second, found.p50, found.p99, found.refused, found.broken) == (500, 1.5, 9, 100, 1)
    with pytest.raises(CouldNotRun, match="unable to connect"):
        throughput.read("unable to connect")


def test_a_missing_program_says_how_to_install_it() -> None:
    with pytest.raises(NotInstalled, match="no-such-engine is not there; on Debian: apt-get install it"):
        program("no-such-engine", "on Debian: apt-get install it")


def test_waiting_counts_from_when_the_client_wanted_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("benchmarks.fairness.time.perf_counter", lambda: clock[0])
    monkeypatch.setattr("benchmarks.fairness.time.sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    engine = Fake("stalling")
    stalls = iter([1.0])

    def ask(text: str, media_type: str) -> bytes:
        clock[0] += next(stalls, 0.001)
        return b""

    engine.ask = ask  # type: ignore[method-assign]
    felt, _ = fairness.ask_for(engine, question(), 2.0)
    assert felt.asked == 100
    assert felt.p99 == pytest.approx(1000, abs=30)
    assert 1 < felt.p50 < 100
