"""What a web worker counts of its requests, for `/metrics`: how many, how long they took, whose turn it is.

Counted is on the event loop alone, so that no lock is needed, by the first part of the address: what was asked after it
is nobody's business, and would make as many series as there are things.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from eclod.store.turns import Turns

#: Seconds.
_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
#: First parts of addresses that are told apart.
_PARTS: Final = frozenset(
    {"catalog", "describe", "doc", "feed", "graphs", "id", "inbox", "metrics", "oembed", "queries", "receipts"}
    | {"reconcile", "registries", "releases", "resolve", "search", "sparql", "static", "suggest", "tables"}
)
_REST: Final = "other"
#: The status that is counted for whoever was gone before there was one.
GONE: Final = 499


class Traffic(Collector):
    """The requests of one web worker, and the places that queries take."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._answered: Counter[tuple[str, int]] = Counter()
        self._ready: Counter[str] = Counter()
        self._buckets: dict[str, list[int]] = {}
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def count(self, path: str, status: int, seconds: float, ready: bool = False) -> None:
        """Count one request; `ready` says that its response was at hand, whole, before anything was asked."""
        part = part_of(path)
        self._answered[part, status] += 1
        self._ready[part] += ready
        buckets = self._buckets.setdefault(part, [0] * (len(_BOUNDS) + 1))
        buckets[bisect_left(_BOUNDS, seconds)] += 1
        self._seconds[part] += seconds

    def collect(self) -> Iterator[Metric]:
        """Return what was counted (https://prometheus.io/docs/instrumenting/exposition_formats/)."""
        answered = CounterMetricFamily(
            "eclod_requests", "Requests by part of the site and status.", None, ["part", "status"]
        )
        for (part, status), number in sorted(self._answered.items()):
            answered.add_metric([part, str(status)], number)
        ready = CounterMetricFamily(
            "eclod_requests_ready", "Requests whose whole response was in memory.", None, ["part"]
        )
        taken = HistogramMetricFamily(
            "eclod_request_seconds", "Seconds until a response was ready to be sent.", labels=["part"]
        )
        for part, buckets in sorted(self._buckets.items()):
            ready.add_metric([part], self._ready[part])
            below, cumulated = 0, []
            for bound, number in zip((*map(str, _BOUNDS), "+Inf"), buckets, strict=True):
                below += number
                cumulated.append((bound, below))
            taken.add_metric([part], cumulated, self._seconds[part])
        yield from (answered, ready, taken)
        queries = GaugeMetricFamily("eclod_queries", "SPARQL queries of clients by what they do now.", labels=["state"])
        for state, number in self._turns.counts().items():
            queries.add_metric([state], number)
        yield queries


def part_of(path: str) -> str:
    """Return the part of the site that a path belongs to: its first segment, or a word for all others."""
    first = path[1:].partition("/")[0].partition(".")[0]
    return first if first in _PARTS else _REST
