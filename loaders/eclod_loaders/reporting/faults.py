"""Problems as those who sent the file see them: where, which value, which rule, one sentence, what would do instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from eclod_loaders.mapping.plan import Step
from eclod_loaders.reporting import rules
from eclod_loaders.reporting.language import Speech
from eclod_loaders.reporting.positions import Anchors, Layout
from eclod_loaders.reporting.suggestions import Suggestions
from eclod_loaders.rows import Problem

#: What a page shows of each rule: different values, and rows of each.
SHOWN_VALUES: Final = 50
SHOWN_ROWS: Final = 10
_LONGEST_VALUE: Final = 300


@dataclass(frozen=True, slots=True)
class Fault:
    """One problem in its cell.

    `cell` is such as `C12` in a table and empty elsewhere; `row` is None for what concerns the file as a whole. `value`
    is what the cell says, and `read_as` what that was read as, where a shape met something else (`150%`, `1.5`).
    """

    file: str
    sheet: str
    row: int | None
    place: str
    column: str
    cell: str
    value: str | None
    rule: str
    sentence: str
    suggestion: str | None
    focus: str
    read_as: str | None = None


@dataclass(slots=True)
class Same:
    """Faults with the same value and sentence: how many, and the first of their rows."""

    value: str
    sentence: str
    suggestion: str | None
    count: int = 0
    rows: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """The faults of one rule in one column."""

    rule: str
    title: str
    column: str
    count: int
    rows: int
    kinds: int
    shown: Sequence[Same]


class Finder:
    """Turns problems into faults."""

    def __init__(self, anchors: Anchors, layout: Layout, say: Speech) -> None:
        self._anchors = anchors
        self._layout = layout
        self._say = say
        self._suggest = Suggestions(say.language, anchors.locale)
        self._steps: dict[str, Step | None] = {}

    def faults(self, problems: Iterable[Problem]) -> Iterator[Fault]:
        """Return the faults of problems in their order."""
        for problem in problems:
            column = self._anchors.column(problem, rules.path(problem.rule) or problem.property)
            value = _as_written(problem, column)
            if column not in self._steps:
                self._steps[column] = self._anchors.step(column) if column else None
            yield Fault(
                file=problem.file,
                sheet=self._layout.sheet,
                row=problem.row,
                place=problem.place,
                column=column,
                cell=self._layout.cell(problem.row, column),
                value=None if value is None else value[:_LONGEST_VALUE],
                rule=problem.rule,
                sentence=rules.sentence(problem.rule, problem.message, self._say),
                suggestion=self._suggest.of(problem, self._steps[column]),
                focus=problem.focus,
                read_as=problem.value if value != problem.value else None,
            )


def _as_written(problem: Problem, column: str) -> str | None:
    """Return the value of a problem as its cell has it; one of several in a cell, and what is in no cell, as it is."""
    texts = problem.cells.get(column, ())
    if problem.value is None or not texts or any(problem.value in text for text in texts):
        return problem.value
    return "; ".join(texts)


def grouped(faults: Iterable[Fault], say: Speech) -> list[Group]:
    """Return the faults by rule and column, most frequent first, of each a bounded number of different values."""
    found: dict[tuple[str, str], dict[tuple[str, str], Same]] = {}
    rows: dict[tuple[str, str], set[int | None]] = {}
    for fault in faults:
        group = (fault.rule, fault.column)
        kinds = found.setdefault(group, {})
        rows.setdefault(group, set()).add(fault.row)
        # The sentence mostly has the value in it, and a long value is cut: both together tell one from another.
        kind = (fault.value or "", fault.sentence)
        same = kinds.setdefault(kind, Same(*kind, fault.suggestion))
        same.count += 1
        if len(same.rows) < SHOWN_ROWS:
            same.rows.append(fault.cell or str(fault.row or "") + (f" ({fault.place})" if fault.place else ""))
    groups = [
        Group(
            rule=rule,
            title=rules.title(rule, say),
            column=column,
            count=sum(same.count for same in kinds.values()),
            rows=len(rows[rule, column]),
            kinds=len(kinds),
            shown=sorted(kinds.values(), key=lambda same: -same.count)[:SHOWN_VALUES],
        )
        for (rule, column), kinds in found.items()
    ]
    return sorted(groups, key=lambda group: (-group.count, group.rule, group.column))
