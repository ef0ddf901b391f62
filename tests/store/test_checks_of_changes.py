"""What is asked of a change only finds what is found when everything is asked.

Each change is from a dataset that passes a check to one that the check refuses, or the other way about: lines of the
example of the check (`tests/checks/`) taken away, added, or with another object.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from functools import cache

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.store.test_checks import CHECKS, EXAMPLES, example

from eclod.core.errors import NotConforming
from eclod.rdf.query_catalogue import prefixes_of
from eclod.store import checks
from eclod.store.checks import Check

LOCAL = {name: check for name, check in CHECKS.items() if check.about}
WHOLE = CHECKS.keys() - LOCAL.keys()
#: Subjects that only a graph of code lists, ontology or shapes describes: when one changes, all is asked whole.
GIVEN = ("https://example.org/id/shapes", "https://w3id.org/eclod/scheme/")

Change = list[ox.Quad]


@cache
def lines_of(name: str) -> tuple[ox.Quad, ...]:
    """Return the quads of an example that a registry could change."""
    [path] = EXAMPLES.glob(f"{name}.*")
    quads = ox.parse(path=path)
    return tuple(q for q in quads if not any(str(t)[1:].startswith(GIVEN) for t in (q.subject, q.graph_name)))


@cache
def pool(name: str) -> tuple[ox.Quad, ...]:
    """Return quads that could be beside those of an example, of what the example and the check speak of."""
    text, quads = CHECKS[name].text, lines_of(name)
    prefixes = prefixes_of(text)
    used = {ox.NamedNode(prefixes[p] + local) for p, local in re.findall(r"\b([\w-]+):([\w-]+)", text) if p in prefixes}
    used |= {quad.predicate for quad in quads}
    objects = {quad.object for quad in quads} | {quad.subject for quad in quads}
    subjects = {(quad.subject, quad.graph_name) for quad in quads}
    subjects |= {(quad.object, quad.graph_name) for quad in quads if isinstance(quad.object, ox.NamedNode)}
    every = (
        ox.Quad(subject, predicate, value, graph)
        for (subject, graph), predicate, value in itertools.product(
            sorted(subjects, key=str), sorted(used, key=str), sorted(objects, key=str)
        )
    )
    return tuple(quad for quad in every if quad not in quads)


def refuses(store: ox.Store, check: Check, touched: Iterable[ox.Quad] | None) -> bool:
    try:
        checks.run(store, [check], None if touched is None else {str(quad.subject).encode() for quad in touched})
    except NotConforming:
        return True
    return False


def apply(store: ox.Store, taken: Change, put: Change) -> None:
    for quad in taken:
        store.remove(quad)
    store.extend(put)


def changes(name: str) -> Iterator[tuple[Change, Change]]:
    """Return (taken, put) from an example: each line taken away, each thing, each line put beside it."""
    lines = lines_of(name)
    yield from (([line], []) for line in lines)
    for subject in {line.subject for line in lines}:
        yield [line for line in lines if line.subject == subject], []
    yield from (([], [line]) for line in pool(name))


@pytest.mark.parametrize("name", LOCAL)
def test_whatever_spoils_the_data_is_found_by_asking_about_the_change(name: str) -> None:
    check, store = CHECKS[name], example(name)
    spoiling = 0
    for taken, put in changes(name):
        apply(store, taken, put)
        passed = not checks.rows(store, check)
        apply(store, put, taken)
        if passed:  # so that the way back to the example spoils it
            assert refuses(store, check, [*taken, *put]), (taken, put)
            spoiling += 1
    assert spoiling > 0


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, Change, Change, Change]:
    name = draw(st.sampled_from(sorted(LOCAL)))
    lines, others = lines_of(name), pool(name)
    first = draw(st.lists(st.sampled_from(others), max_size=3, unique_by=str)) if others else []
    taken = draw(st.lists(st.sampled_from(lines), max_size=2, unique_by=str))
    put = draw(st.lists(st.sampled_from(others), max_size=2, unique_by=str)) if others else []
    return name, first, taken, [quad for quad in put if quad not in first]


@given(edits())
def test_the_verdict_after_any_change_is_that_of_asking_everything(edit: tuple[str, Change, Change, Change]) -> None:
    name, first, taken, put = edit
    check, store = CHECKS[name], example(name)
    store.extend(first)
    for back in (False, True):
        passed = not checks.rows(store, check)
        apply(store, put if back else taken, taken if back else put)
        if passed:
            assert refuses(store, check, [*taken, *put]) == refuses(store, check, None)


def test_the_checks_without_a_thing_are_of_structures_and_names_and_asked_whole() -> None:
    """A check that is asked whole costs its time at every delivery: they are few, and of what there is little of."""
    assert {
        "capabilities-of-one-hub",
        "cube-ic-02-one-structure",
        "cube-ic-03-some-measure",
        "cube-ic-04-ranges",
        "cube-ic-05-code-lists",
        "cube-ic-06-only-attributes-optional",
        "terms-with-a-label",
    } == WHOLE
    for name in WHOLE:
        assert refuses(example(name), CHECKS[name], [])


@pytest.mark.parametrize("graph", ["codelists", "ontology", "shapes"])
def test_what_the_data_is_judged_by_changes_the_verdict_on_everything(graph: str) -> None:
    store, check = example("clusters-in-a-place"), CHECKS["clusters-in-a-place"]
    checks.run(store, [check], [], ["https://example.org/graph/registry/a"])
    with pytest.raises(NotConforming):
        checks.run(store, [check], [], [f"https://example.org/graph/{graph}"])


def test_blank_nodes_and_large_changes_are_asked_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    store, check = example("clusters-in-a-place"), CHECKS["clusters-in-a-place"]
    with pytest.raises(NotConforming):
        checks.run(store, [check], [b"_:a"])
    monkeypatch.setattr(checks, "_MANY", 1)
    checks.run(store, [check], [b"<urn:a>"])
    with pytest.raises(NotConforming):
        checks.run(store, [check], [b"<urn:a>", b"<urn:b>"])


def test_a_refusal_says_the_same_and_large_sets_are_asked_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_AT_ONCE", 2)
    for name in LOCAL:
        store = example(name)
        touched = sorted({str(line.subject).encode() for line in lines_of(name)})
        with pytest.raises(NotConforming) as some:
            checks.run(store, [CHECKS[name]], touched)
        with pytest.raises(NotConforming) as whole:
            checks.run(store, [CHECKS[name]])
        assert some.value.message == whole.value.message
