"""What goes with a thing that was withdrawn, and what stays without it."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.iris import Names
from eclod.store.decisions import Decision, Lives
from eclod_loaders.gating.departures import DEPENDENT, Departures
from eclod_loaders.rows import MappedRow, Row

NAMES = Names()
CLUSTER, FIRM, MEMBERSHIP, EVENT = (
    NAMES.thing(kind, code)
    for kind, code in (("cluster", "c"), ("organisation", "o"), ("membership", "m"), ("event", "e"))
)
ROW = Row("rows.csv", 2, {})


def says(subject: str, value: str) -> Triple:
    term = NamedNode(value) if value.startswith("http") else Literal(value)
    return Triple(NamedNode(subject), NamedNode("urn:p"), term)


def departures(event: str, code: str = "c", kind: str = "cluster") -> Departures:
    return Departures(Lives([Decision(event, kind, code, (), "No cluster.", "Ada", "2026-01-02T00:00:00")]), NAMES)


FACTS = (
    says(CLUSTER, "The cluster"),
    says(CLUSTER, CLUSTER + "#address"),
    says(CLUSTER + "#address", "A street"),
    says(MEMBERSHIP, CLUSTER),
    says(MEMBERSHIP, FIRM),
    says(FIRM, "The firm"),
    says(EVENT, CLUSTER),
    says(EVENT, "The event"),
)


@pytest.mark.parametrize("event", ["withdrawn", "erased"])
def test_what_is_nothing_without_it_goes_along_and_all_else_loses_its_link(event: str) -> None:
    """Contract 27: the parent's children follow a stated rule."""
    found = departures(event)
    (kept,), left_out = found.without([MappedRow(ROW, FACTS, (CLUSTER, MEMBERSHIP, FIRM, EVENT))])
    assert left_out == []
    assert kept.subjects == (FIRM, EVENT)
    assert kept.statements == (says(FIRM, "The firm"), says(EVENT, "The event"))
    assert found.along == {MEMBERSHIP}


def test_a_row_about_nothing_else_is_ignored_with_the_reason() -> None:
    kept, (left_out,) = departures("withdrawn").without([MappedRow(ROW, FACTS[:5], (CLUSTER, MEMBERSHIP))])
    assert kept == []
    assert left_out.ignored == "withdrawn on 2026-01-02 by Ada: No cluster."
    _, (erased,) = departures("erased").without([MappedRow(ROW, FACTS[:3], (CLUSTER,))])
    assert (erased.ignored, erased.statements) == ("erased", ())


@pytest.mark.parametrize("event", ["retired", "restored"])
def test_what_a_registry_no_longer_has_keeps_nothing_out(event: str) -> None:
    rows = [MappedRow(ROW, FACTS, (CLUSTER, MEMBERSHIP, FIRM, EVENT))]
    assert departures(event).without(rows) == (rows, [])


def test_the_kinds_that_go_along_are_those_of_the_documents() -> None:
    assert len(DEPENDENT) == 9
