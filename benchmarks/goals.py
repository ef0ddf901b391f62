"""What the service should reach, and whether a run reached it. A goal that is missed is shown, and is no failure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from benchmarks.comparison import Measured
from benchmarks.engines import IN_PROCESS, OURS, OXIGRAPH, VIRTUOSO
from benchmarks.questions import CONSTRUCT, EXPORT, MEMBERS, POINT

#: At most this part of Virtuoso's median, for what most people ask.
_OF_VIRTUOSO: Final = 0.5
_ASKED_OF_VIRTUOSO: Final = (POINT, MEMBERS, CONSTRUCT, EXPORT)
#: At most this part of the median of Oxigraph's own server.
_OF_OXIGRAPH_POINT: Final = 2.0
_OF_OXIGRAPH: Final = 0.5
#: Milliseconds that HTTP may add to a point query in process.
_OVER_IN_PROCESS: Final = 0.6

UNCACHED_PER_SECOND: Final = 2_500
CACHED_PER_SECOND: Final = 6_000
#: Documents about things.
PAGES_PER_SECOND: Final = 250
CACHED_TURTLE_PER_SECOND: Final = 1_500
CACHED_PAGES_PER_SECOND: Final = 600
FAIR_P99_MS: Final = 250
MEMORY_MIB: Final = 1.2 * 1024

#: Deliveries at the scale of the platform, on two cores.
PUBLISHED_SECONDS: Final = 90
PUBLISHED_MIB: Final = 2.5 * 1024
DELIVERY_SECONDS: Final = 5
REPORT_SECONDS: Final = 30
#: How many times as long pyshacl takes over the whole, when all is new and when one row in a hundred is.
CHECK_RATIO: Final = 1.8
CHANGE_RATIO: Final = 20


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure, the limit it should keep, and the words between: `eclod / Virtuoso`, 0.31, `at most`, 0.5."""

    what: str
    figure: float | None
    limit: float
    at_least: bool = False
    unit: str = ""

    def __str__(self) -> str:
        bound = f"goal at {'least' if self.at_least else 'most'} {self.limit:,g}{self.unit}"
        if self.figure is None:
            return f"{self.what} not measured ({bound})"
        met = self.figure >= self.limit if self.at_least else self.figure <= self.limit
        shown = f"{self.figure:,.0f}" if self.figure >= 100 else f"{self.figure:,.2f}"
        return f"{self.what} {shown}{self.unit} ({bound}: {'met' if met else 'missed'})"


def of_question(measured: Measured, question: str) -> list[Goal]:
    """Return the goals that a question has, with their figures."""

    def ratio(other: str) -> float | None:
        return _both(measured, question, other, lambda ours, theirs: ours / theirs)

    goals = []
    if question in _ASKED_OF_VIRTUOSO:
        goals.append(Goal(f"{OURS} / {VIRTUOSO}", ratio(VIRTUOSO), _OF_VIRTUOSO))
    limit = _OF_OXIGRAPH_POINT if question == POINT else _OF_OXIGRAPH
    goals.append(Goal(f"{OURS} / {OXIGRAPH}", ratio(OXIGRAPH), limit))
    if question == POINT:
        more = _both(measured, question, IN_PROCESS, lambda ours, theirs: ours - theirs)
        goals.append(Goal(f"{OURS} - {IN_PROCESS}", more, _OVER_IN_PROCESS, unit=" ms"))
    return goals


def _both(measured: Measured, question: str, other: str, how: Callable[[float, float], float]) -> float | None:
    ours, theirs = measured.median(question, OURS), measured.median(question, other)
    return None if ours is None or theirs is None else how(ours, theirs)
