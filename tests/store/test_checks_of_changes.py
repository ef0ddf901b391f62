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


@cache
def spoiling(name: str) -> tuple[tuple[Change, Change, Change, Change], ...]:
    """Return what mends an example and what spoils it then, each as (taken, put).

    The way back of whatever mends the example spoils it; and so do other changes once it is mended in the first way.
    """
    check, store = CHECKS[name], example(name)
    mends = []
    for taken, put in changes(name):
        apply(store, taken, put)
        if not checks.rows(store, check):
            mends.append((taken, put))
        apply(store, put, taken)
    found = [(taken, put, put, taken) for taken, put in mends]
    apply(store, *mends[0])
    for taken, put in changes(name):
        taken = [line for line in taken if line in store]
        put = [line for line in put if line not in store]
        apply(store, taken, put)
        if checks.rows(store, check):
            found.append((*mends[0], taken, put))
        apply(store, put, taken)
    return tuple(found)


def missed(name: str, check: Check) -> list[tuple[Change, Change]]:
    """Return the changes that spoil the example of a check without the check being asked about what they spoil."""
    found, store = [], example(name)
    for taken, put, *spoils in spoiling(name):
        apply(store, taken, put)
        apply(store, *spoils)
        if not refuses(store, check, itertools.chain(*spoils)):
            found.append((spoils[0], spoils[1]))
        apply(store, spoils[1], spoils[0])
        apply(store, put, taken)
    return found


@pytest.mark.parametrize("name", LOCAL)
def test_whatever_spoils_the_data_is_found_by_asking_about_the_change(name: str) -> None:
    assert len(spoiling(name)) > 1
    assert missed(name, CHECKS[name]) == []


def steps(path: str) -> Iterator[tuple[str, str]]:
    """Return each step of a path of steps in brackets, `(^a:b|^a:c)?/(^a:d)*`, with the path without it."""
    parts = [re.fullmatch(r"\(?([^()]+?)(\)?[?*])?", part) for part in path.split("/")]
    for place, part in enumerate(parts):
        assert part is not None, path
        for step in part[1].split("|"):
            others = [each for each in part[1].split("|") if each != step]
            left = [f"({'|'.join(others)}{part[2]}"] if others else []
            yield step, "/".join([*(p[0] for p in parts[:place] if p), *left, *(p[0] for p in parts[place + 1 :] if p)])


REACHING = {(name, step): left for name, check in LOCAL.items() if check.reached for step, left in steps(check.reached)}


def test_the_steps_of_a_path_are_told_apart() -> None:
    assert dict(steps("(^a:b|^a:c)?/(!^a)?")) == {
        "^a:b": "(^a:c)?/(!^a)?",
        "^a:c": "(^a:b)?/(!^a)?",
        "!^a": "(^a:b|^a:c)?",
    }
    assert list(steps("a:b")) == [("a:b", "")]
    assert len(REACHING) == 69


@pytest.mark.parametrize(("name", "step"), REACHING)
def test_no_step_can_be_left_out(name: str, step: str) -> None:
    """The example has something whose verdict depends on another subject by this step, and by no other."""
    given = CHECKS[name].model_dump() | {"reached": REACHING[name, step]}
    assert missed(name, Check(**given)) != []


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
