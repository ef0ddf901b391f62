"""Receipts over real processes: the same hash after later releases, an end at the budget."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eclod.core.errors import NoReceipt, NotFound, OverBudget
from eclod.core.settings import Settings
from eclod.store import receipts
from eclod.store.engine import Question
from eclod.store.manifest import Manifest
from eclod.store.pool import ExecutorPool
from eclod.store.releases import Releases
from eclod.store.supervisor import Supervisor

from .conftest import stepped


@pytest.fixture
def running(data: Path, must: Callable[..., Manifest]) -> Iterator[tuple[Supervisor, ExecutorPool]]:
    """Return a service that is stepped on a thread, and a pool on it; the release has 2,000 things."""
    things = "".join(f'<urn:s:{n}> <urn:p> "{n}" ; <urn:d> {n}e-3 .\n' for n in range(2000))
    must(a__ttl=things + "<urn:b> <urn:q> [ <urn:r> [] ] , [ <urn:r> [] ] .")
    with stepped(Settings(data=data, executors=2, query_seconds=20)) as both:
        yield both


QUERIES = [
    "SELECT * { ?s ?p ?o }",
    "SELECT ?s { ?s <urn:p> ?o } ORDER BY ?o LIMIT 10",
    "SELECT (COUNT(*) AS ?n) (MAX(?o) AS ?m) { ?s <urn:d> ?o }",
    "SELECT ?b { ?s <urn:q> ?b }",
    "CONSTRUCT { ?s <urn:is> [ <urn:of> ?o ] } { ?s <urn:p> ?o FILTER(STRLEN(?o) < 3) }",
    "DESCRIBE <urn:b>",
    "ASK { <urn:s:1> ?p ?o }",
]
ORDERED_BY_CHANCE = [
    "SELECT * { ?s ?p ?o } LIMIT 10",
    "SELECT * { ?s <urn:p> ?o } OFFSET 1990",
    "SELECT (GROUP_CONCAT(?o) AS ?x) { ?s <urn:p> ?o }",
    "SELECT (SAMPLE(?o) AS ?x) { ?s <urn:p> ?o }",
    "SELECT (SUM(?o) AS ?x) { ?s <urn:d> ?o }",
]


def test_a_replay_gives_the_same_hash_after_later_releases(
    running: tuple[Supervisor, ExecutorPool], must: Callable[..., Manifest], releases: Releases
) -> None:
    _, pool = running
    first = pool.release
    kept = {text: receipts.settle(pool, Question(text), first) for text in QUERIES}
    assert len({each.sha256 for each in kept.values()}) == len(QUERIES)
    for text in ORDERED_BY_CHANCE:
        with pytest.raises(NoReceipt, match="ORDER BY"):
            receipts.settle(pool, Question(text), first)
    second = must(a__ttl="<urn:s:1> <urn:p> 1 .").id
    deadline = threading.Event()
    while pool.release != second:
        assert not deadline.wait(0.05)
    for text, result in kept.items():
        for fixed_order in (True, False):
            again = receipts.compute(pool, Question(text, release=first, fixed_order=fixed_order))
            assert again == (result, first)
        changed, release = receipts.compute(pool, Question(text))
        assert release == second
        assert (changed == result) == text.startswith("ASK")
        assert receipts.settle(pool, Question(text), first) == result
    releases.prune(1)
    with pytest.raises(NotFound):
        receipts.compute(pool, Question(QUERIES[0], release="20200101T000000Z-00000000"))


def test_blank_nodes_that_all_point_to_each_other_end_at_the_budget(
    pool: ExecutorPool, fine: Callable[[], None]
) -> None:
    clique = " ".join(f"_:a{i} <urn:p> _:a{j} ." for i in range(12) for j in range(12) if i != j)
    with pytest.raises(OverBudget):
        receipts.compute(pool, Question(f"CONSTRUCT {{ {clique} }} {{}}", seconds=1))
    fine()
