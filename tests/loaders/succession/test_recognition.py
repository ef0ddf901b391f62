"""Rows that share an identifier with another registry's thing are about that thing, where that is plain."""

from __future__ import annotations

import shutil

import pytest
from tests.loaders.succession.conftest import World, code, number

from eclod.core.iris import Names
from eclod_loaders.succession import reviewing
from eclod_loaders.succession.deciding import Said

A, C = code("one", "a"), code("two", "c")
LEI = "9999MADEUP0000000016"


def test_two_registries_with_one_company_number_name_one_thing(world: World) -> None:
    """Contract 30: one thing, two source graphs, no doubled values; the same in a build from nothing."""
    world.registry("one", f"a,Alpha,{number(1)},\nb,Beta,{number(2)},\n", precedence=100)
    world.registry("two", f"c,Alpha AB,{number(1)},{LEI}\nd,Delta,{number(4)},\n")
    first = world.build()
    assert world.names() == ["Alpha", "Beta", "Delta"]
    known = world.identities().get(Names().thing("organisation", A))
    assert known is not None
    assert known.registries == ("one", "two")
    assert [each.value for each in world.identities().outside_of(known.iri)] == [number(1), LEI]
    assert world.state(C) == ""
    (assigned,) = world.ledger().lives.assignments()
    evidence = f"shares company-number SWE {number(1)}"
    assert (assigned.registry, assigned.local_id, assigned.code, assigned.reason) == ("two", "c", A, evidence)
    assert (world.build().manifest, world.build().reused) == (None, ["one", "two"])
    shutil.rmtree(world.settings.data)
    again = world.build()
    assert first.manifest is not None
    assert again.manifest is not None
    assert again.manifest.dataset_sha256 == first.manifest.dataset_sha256


def test_a_row_that_comes_later_joins_what_is_there(world: World) -> None:
    world.registry("two", f"c,Gamma,{number(3)},\n")
    world.build()
    world.registry("one", f"a,Gamma One,{number(3)},\n", precedence=100)
    outcome = world.build()
    assert outcome.reused == ["two"]
    assert (world.names(), world.state(A), world.state(C)) == (["Gamma One"], "", "valid")


@pytest.mark.parametrize(
    ("one", "two"),
    [
        # Two rows of the other registry have the number.
        (f"a,Alpha,{number(1)},\n", f"c,Alpha,{number(1)},\nd,Alpha 2,{number(1)},\n"),
        # Two things, each with one of the numbers.
        (f"a,Alpha,{number(1)},\nb,Beta,,{LEI}\n", f"c,Alpha,{number(1)},{LEI}\n"),
    ],
)
def test_what_is_not_plain_is_left_to_a_person(world: World, one: str, two: str) -> None:
    world.registry("one", one, precedence=100)
    world.registry("two", two)
    world.build()
    assert world.state(C) == "valid"
    assert not list(world.ledger().lives.assignments())


def test_published_codes_never_change_by_themselves_and_a_person_is_asked(world: World) -> None:
    world.registry("one", f"a,Alpha,{number(1)},\n", precedence=100)
    world.registry("two", "c,Alpha AB,,\n")
    world.build()
    world.registry("two", f"c,Alpha AB,{number(1)},\n")
    world.build()
    assert (world.state(A), world.state(C)) == ("valid", "valid")
    (pair,) = reviewing.pairs(world.settings)
    assert {pair.iri, pair.other} == {Names().thing("organisation", each) for each in (A, C)}
    assert (pair.score >= 0.98, pair.evidence[0]) == (True, ("identifier", f"company-number {number(1)}"))
    said = Said("Two offices.", "Ada")
    world.decide(lambda d: d.refuse(("organisation", A), ("organisation", C), said))
    assert reviewing.pairs(world.settings) == []
    world.decide(lambda d: d.accept(("organisation", C), ("organisation", A), said))
    world.build()
    assert (world.state(A), world.state(C), world.names()) == ("valid", "merged", ["Alpha"])
