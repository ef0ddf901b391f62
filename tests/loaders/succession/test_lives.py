"""What becomes of identifiers from release to release: decisions, rules of registries, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.loaders.succession.conftest import World, code, number

from eclod.core.errors import BadInput, Damaged
from eclod.core.iris import Names
from eclod.store.decisions import Decision
from eclod_loaders.succession.deciding import Deciding, Said

SAID = Said("A mistake.", "Ada")
A, B, C = code("one", "a"), code("one", "b"), code("two", "c")


def name(value: str) -> tuple[str, str]:
    return "organisation", value


@pytest.fixture
def built(world: World) -> World:
    world.registry("one", f"a,Alpha,{number(1)},\nb,Beta,{number(2)},\n", precedence=100)
    world.registry("two", f"c,Gamma,{number(3)},\n")
    world.build()
    return world


def test_a_merged_thing_is_the_other_one_everywhere(built: World) -> None:
    """Contract 26 and 30: one thing, two source graphs, no doubled values in the merged view."""
    assert built.names() == ["Alpha", "Beta", "Gamma"]
    built.decide(lambda decisions: decisions.merge(name(C), name(A), SAID))
    outcome = built.build()
    assert (outcome.manifest is not None, outcome.reused) == (True, ["one"])
    assert built.names() == ["Alpha", "Beta"]
    graphs = built.ask(f"SELECT ?g ?name {{ GRAPH ?g {{ <{Names().thing(*name(A))}> <{LABEL}> ?name }} }}")
    prefix = Names().registry_graph("")
    assert graphs == [(prefix + "one", "Alpha"), (prefix + "two", "Gamma")]
    known = built.identities().get(Names().thing(*name(C)))
    assert known is not None
    assert (known.state, known.successors) == ("merged", (Names().thing(*name(A)),))
    assert (known.reason, known.author, known.since) == ("A mistake.", "Ada", "2026-01-07T00:00:00Z")
    assert built.identities().get(Names().thing(*name(A))).registries == ("one", "two")  # type: ignore[union-attr]
    again = built.build()
    assert (again.manifest, again.reused) == (None, ["one", "two"])


LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
#: The registry that goes first gives the name of what two of them describe.
STEPS: list[tuple[str, Callable[[Deciding], object], list[str], str]] = [
    ("withdraw", lambda d: d.withdraw(name(B), SAID), ["Alpha", "Gamma"], "withdrawn"),
    ("restore", lambda d: d.restore(name(B), SAID), ["Alpha", "Beta", "Gamma"], "valid"),
    ("merge", lambda d: d.merge(name(B), name(C), SAID), ["Alpha", "Beta"], "merged"),
    ("withdraw what is merged", lambda d: d.withdraw(name(B), SAID), ["Alpha", "Beta"], "merged"),
    ("merge again", lambda d: d.merge(name(B), name(A), SAID), ["Alpha", "Gamma"], "merged"),
    ("withdraw the end", lambda d: d.withdraw(name(A), SAID), ["Gamma"], "merged"),
    ("restore the end", lambda d: d.restore(name(A), SAID), ["Alpha", "Gamma"], "valid"),
    ("restore", lambda d: d.restore(name(B), SAID), ["Alpha", "Beta", "Gamma"], "valid"),
]


def test_what_is_decided_can_be_taken_back(built: World) -> None:
    """Contract 26: merged twice, merged then withdrawn; a redirect stands over a withdrawal."""
    for what, step, names, state in STEPS:
        built.decide(step)
        built.build()
        about = A if what == "restore the end" else B
        assert (built.names(), built.state(about)) == (names, state), what
    end = built.identities().get(Names().thing(*name(A)))
    assert end is not None
    assert (end.state, end.since) == ("valid", "2026-01-19T00:00:00Z")


def test_a_circle_is_refused_and_fails_the_build_when_it_is_there_by_mistake(built: World) -> None:
    """Contract 26: a cycle by mistake."""
    built.decide(lambda decisions: decisions.merge(name(A), name(B), SAID))
    with pytest.raises(BadInput, match="would make a circle"):
        built.decide(lambda decisions: decisions.merge(name(B), name(A), SAID))
    with pytest.raises(BadInput, match="would make a circle"):
        built.decide(lambda decisions: decisions.merge(name(A), name(A), SAID))
    ledger = built.ledger()
    ledger.decide([Decision("merged", "organisation", B, (A,), "", "", "2026-01-09T00:00:00+00:00")])
    ledger.commit("now")
    before = built.release
    with pytest.raises(Damaged, match=f"merges organisation {A} to {B} to {A}, which is a circle"):
        built.build()
    assert built.release == before


def test_a_split_gives_each_part_a_code_and_the_old_one_leads_to_both(built: World) -> None:
    built.decide(lambda decisions: decisions.merge(name(C), name(A), SAID))
    built.decide(lambda decisions: decisions.split(name(A), [("two", "c")], SAID))
    built.build()
    assert built.names() == ["Alpha", "Beta", "Gamma"]
    known = built.identities().get(Names().thing(*name(A)))
    assert known is not None
    assert known.state == "split"
    parts = [built.identities().get(iri) for iri in known.successors]
    assert sorted(part.registries for part in parts if part) == [("one",), ("two",)]
    assert not {A, B, C} & {part.code for part in parts if part}
    built.decide(lambda decisions: decisions.restore(name(A), SAID))
    built.build()
    assert (built.state(A), built.names()) == ("valid", ["Alpha", "Beta"])
    assert all(built.state(part.code) == "merged" for part in parts if part)


@pytest.mark.parametrize(
    ("decide", "message"),
    [
        (lambda d: d.split(name(B), [("one", "b")], SAID), "name some of them, not all"),
        (lambda d: d.restore(name(B), SAID), "only what is merged or withdrawn or split can be restored"),
        (lambda d: d.merge(name(A), ("cluster", B), SAID), "both must be of the same kind"),
        (lambda d: d.refuse(name(A), name(A), SAID), "two different things"),
        (lambda d: d.withdraw(name(A), Said(" ", "Ada")), "needs a reason and an author"),
    ],
)
def test_what_makes_no_sense_is_refused(built: World, decide: Callable[[Deciding], object], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        built.decide(decide)
    assert not list(built.ledger().lives.all())


@pytest.mark.parametrize(("rule", "deliveries"), [("1", 1), ("3", 3), ('"never"', 0)])
def test_what_disappears_follows_the_rule_of_its_registry(world: World, rule: str, deliveries: int) -> None:
    rows = f"a,Alpha,{number(1)},\nb,Beta,{number(2)},\n"
    world.registry("one", rows, retire_after=rule)
    world.build()
    for delivery in range(1, 5):
        world.registry("one", f"a,Alpha {delivery},{number(1)},\n", retire_after=rule)
        world.build()
        gone = 0 < deliveries <= delivery
        assert world.names() == [f"Alpha {delivery}", *([] if gone else ["Beta"])]
        assert world.state(B) == ("withdrawn" if gone else "valid")
        # The same files again are no further delivery.
        assert world.build().manifest is None
    known = world.identities().get(Names().thing(*name(B)))
    assert known is not None
    if deliveries:
        assert (known.reason, known.author) == ("It is no longer in the register Register one.", "Office one")
    world.registry("one", rows, retire_after=rule)
    world.build()
    assert (world.names(), world.state(B)) == (["Alpha", "Beta"], "valid")


def test_what_another_registry_has_too_is_not_retired(built: World) -> None:
    built.decide(lambda decisions: decisions.merge(name(C), name(A), SAID))
    built.registry("one", f"b,Beta,{number(2)},\n", precedence=100)
    built.build()
    assert (built.state(A), built.names()) == ("valid", ["Beta", "Gamma"])
    built.registry("two", f"d,Delta,{number(4)},\n")
    built.build()
    assert (built.state(A), built.names()) == ("withdrawn", ["Beta", "Delta"])


def test_a_thing_whose_row_is_refused_stays_as_it_was_accepted_last(built: World) -> None:
    built.registry("one", f"a,Alpha,{number(1)[:-1]}x,\nb,Beta 2,{number(2)},\n", precedence=100)
    outcome = built.build()
    (entry,) = [each for each in outcome.registries if each.name == "one"]
    assert (entry.read, entry.accepted, entry.rejected) == (2, 1, 1)
    assert (built.names(), built.state(A)) == (["Alpha", "Beta 2", "Gamma"], "valid")


def test_things_of_a_registry_that_is_no_more_are_withdrawn_until_it_is_back(built: World) -> None:
    away = built.folder.parent / "away"
    (built.folder / "two").rename(away)
    built.build()
    assert (built.state(C), built.names()) == ("withdrawn", ["Alpha", "Beta"])
    away.rename(built.folder / "two")
    built.build()
    assert (built.state(C), built.names()) == ("valid", ["Alpha", "Beta", "Gamma"])


def test_a_decision_holds_in_the_next_build_when_the_release_did_not_come_about(built: World) -> None:
    """Contract 40: after a kill between ledger and release, the next build is what it would have been."""
    built.decide(lambda decisions: decisions.withdraw(name(A), SAID))
    assert built.state(A) == "valid"
    built.build()
    assert (built.state(A), built.names()) == ("withdrawn", ["Beta", "Gamma"])
