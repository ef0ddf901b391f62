"""The same questions to every engine, in turn and round after round, so that a slow minute of the machine hits all."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import click

from benchmarks.engines import Engine, OverTime, Refused
from benchmarks.questions import Question


@dataclass(slots=True)
class Measured:
    """Milliseconds of the answers by question and engine; what was not answered says why; and where rows differ.

    `firsts` are those of the first answer of each turn, when other engines have had the processor and its caches.
    """

    times: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    firsts: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    instead: dict[tuple[str, str], str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    failed: bool = False

    def median(self, question: str, engine: str) -> float | None:
        """Return the median in milliseconds, None when there is none."""
        times = self.times.get((question, engine))
        return statistics.median(times) if times else None

    def first(self, question: str, engine: str) -> str:
        """Return the median of the first answers of each turn."""
        times = self.firsts.get((question, engine))
        return f"{statistics.median(times):,.2f}" if times else "–"

    def cell(self, question: str, engine: str) -> str:
        median = self.median(question, engine)
        return self.instead.get((question, engine)) or ("–" if median is None else f"{median:,.2f}")


def ask_all(questions: Sequence[Question], engines: Sequence[Engine]) -> Measured:
    """Ask every engine every question; one that goes over time still calculates, so it is asked nothing more."""
    measured, present = Measured(), list(engines)
    for question in questions:
        click.echo(f"  {question.name}", err=True)
        answers: dict[str, list[str]] = {}
        for round in range(-question.warm_up, question.rounds):
            for engine in [engine for engine in _in_turn(present, round) if _takes_part(engine, question, round)]:
                try:
                    bodies, milliseconds = _in_succession(engine, question, round)
                except OverTime as error:
                    measured.instead[question.name, engine.name] = f"> {engine.seconds:.0f} s"
                    measured.notes.append(f"{question.name}: {error}; it is asked nothing more.")
                    present.remove(engine)
                except Refused as error:
                    _note_refusal(measured, question, engine, error)
                else:
                    if round >= 0:
                        measured.times.setdefault((question.name, engine.name), []).extend(milliseconds)
                        measured.firsts.setdefault((question.name, engine.name), []).append(milliseconds[0])
                    if round == -question.warm_up:
                        answers[engine.name] = question.rows(bodies[0])
        _compare(measured, question, answers)
    return measured


def _in_turn(engines: Sequence[Engine], round: int) -> list[Engine]:
    """Return the engines beginning with another one each round: what runs before an engine matters."""
    first = round % len(engines) if engines else 0
    return [*engines[first:], *engines[:first]]


def _takes_part(engine: Engine, question: Question, round: int) -> bool:
    """Tell whether an engine is asked in a round: always, or a slow one once for warm-up and then now and then."""
    return engine.every == 1 or round == -question.warm_up or (round >= 0 and round % engine.every == 0)


def _in_succession(engine: Engine, question: Question, round: int) -> tuple[list[bytes], list[float]]:
    """Return the answers of a turn and how long each took."""
    numbers = range(round * question.succession, (round + 1) * question.succession)
    bodies, milliseconds = zip(
        *(_timed(engine, question.text(number), question.media_type) for number in numbers), strict=True
    )
    return list(bodies), list(milliseconds)


def _timed(engine: Engine, text: str, media_type: str) -> tuple[bytes, float]:
    if engine.repeats:
        engine.ask(text, media_type)
    started = time.perf_counter()
    body = engine.ask(text, media_type)
    return body, (time.perf_counter() - started) * 1000


def _note_refusal(measured: Measured, question: Question, engine: Engine, error: Refused) -> None:
    """Note the first refusal of a question, and that something did not run."""
    if (question.name, engine.name) not in measured.instead:
        measured.notes.append(f"{question.name}: {error}")
    measured.instead[question.name, engine.name] = "error"
    measured.failed = True


def _compare(measured: Measured, question: Question, answers: dict[str, list[str]]) -> None:
    """Note how many rows the first engine gives, and each engine that does not give the same rows.

    The answers are to the question of the first warm-up round, which is the same for all.
    """
    if not answers:
        return
    first, expected = next(iter(answers.items()))
    measured.rows[question.name] = len(expected)
    for name, rows in answers.items():
        if len(rows) != len(expected):
            measured.notes.append(
                f"{question.name}: {name} gives {len(rows):,} rows where {first} gives {len(expected):,}."
            )
        elif rows != expected:
            measured.notes.append(f"{question.name}: {name} and {first} give equally many rows, but not the same.")
