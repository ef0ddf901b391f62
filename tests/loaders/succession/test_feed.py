"""What the feed says of identifiers whose state a build changes: a delete, whatever is left to say beside it."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from tests.loaders.succession.conftest import World, code, number
from tests.store.feed.test_announcing import as_lines, replayed

from eclod.core.iris import Names
from eclod.rdf.feed.model import Kind, Member
from eclod.store import identities
from eclod.store.feed import announcing
from eclod.store.releases import Releases
from eclod_loaders.succession import erasure
from eclod_loaders.succession.deciding import Said

SAID = Said("A mistake.", "Ada")
A, B, C = (("organisation", code(*each)) for each in (("one", "a"), ("one", "b"), ("two", "c")))


@pytest.fixture
def built(world: World) -> World:
    world.registry("one", f"a,Alpha,{number(1)},\nb,Beta,{number(2)},\n", precedence=100)
    world.registry("two", f"c,Gamma,{number(3)},\n")
    world.build()
    return world


def told(world: World) -> list[Member]:
    """Return the feed, which replayed from nothing is the dump of the merged view (contract, line 32)."""
    members = list(announcing.feed(Releases(world.settings.data)).replay())
    dump = gzip.decompress((world.release / "dumps" / "default.nq.gz").read_bytes()).splitlines()
    assert as_lines(replayed(members)) == dump
    return members


def last(members: list[Member], kind: str, code: str) -> tuple[Kind, str]:
    """Return what the feed says last of a thing."""
    iri = Names().thing(kind, code)
    return next((m.kind, m.payload.decode()) for m in reversed(members) if m.object == iri)


@pytest.mark.parametrize(
    ("decide", "about", "state"),
    [
        (lambda world: world.decide(lambda d: d.merge(C, A, SAID)), C, "merged"),
        (lambda world: world.decide(lambda d: d.withdraw(B, SAID)), B, "withdrawn"),
        (lambda world: erasure.erase(world.settings, B, [world.folder], None), B, "erased"),
    ],
    ids=["merged", "withdrawn", "erased"],
)
def test_what_is_no_longer_valid_is_a_delete_until_it_is_again(
    built: World, decide: Callable[[World], object], about: tuple[str, str], state: str
) -> None:
    """Contract, lines 27, 28 and 32: by whichever build it becomes so, and not again by the next ones."""
    assert last(told(built), *about)[0] is Kind.CREATE
    decide(built)
    built.build()
    members = told(built)
    kind, said = last(members, *about)
    assert (kind, built.state(about[1])) == (Kind.DELETE, state)
    assert (f"<{identities.STATES}{state}>" in said, "A mistake." in said) == ((state != "erased",) * 2)
    assert (Names().thing(*A) in said) == (state == "merged")
    built.registry("two", f"c,Gamma,{number(3)},\nd,Delta,{number(4)},\n")
    built.build()
    later = told(built)[len(members) :]
    assert Names().thing(*about) not in {member.object for member in later}
    if state == "erased":
        return
    built.decide(lambda d: d.restore(about, SAID))
    built.build()
    assert last(told(built), *about)[0] is Kind.CREATE


def test_what_its_registry_no_longer_names_is_a_delete_that_says_so(built: World) -> None:
    built.registry("one", f"a,Alpha,{number(1)},\n", precedence=100)
    built.build()
    kind, said = last(told(built), *B)
    assert (kind, built.state(B[1])) == (Kind.DELETE, "withdrawn")
    assert "no longer in the register" in said


def test_what_is_split_is_a_delete_that_names_the_parts(built: World) -> None:
    built.decide(lambda d: d.merge(C, A, SAID))
    built.build()
    built.decide(lambda d: d.split(A, [("two", "c")], SAID))
    built.build()
    kind, said = last(told(built), *A)
    assert (kind, said.count(identities.REPLACED_BY)) == (Kind.DELETE, 2)


def test_the_merged_view_says_nothing_of_what_is_no_longer_there(built: World) -> None:
    """What became of it is in the graph about the life of identifiers, and in that alone."""
    built.decide(lambda d: d.withdraw(B, SAID))
    built.decide(lambda d: d.merge(C, A, SAID))
    built.build()
    for each in (B, C):
        iri = Names().thing(*each)
        assert built.ask(f"SELECT ?p {{ <{iri}> ?p ?o }}") == []
        graphs = built.ask(f"SELECT DISTINCT ?g {{ GRAPH ?g {{ <{iri}> <{identities.STATUS}> ?o }} }}")
        assert graphs == [(Names().graph(identities.LIFE),)]
