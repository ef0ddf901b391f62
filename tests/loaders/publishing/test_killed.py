"""A publisher killed over a release that is there: it stays whole until the next, and nothing comes twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core.iris import Names
from eclod.core.namespaces import expand
from eclod.store.ledger import FILE, Ledger
from eclod.store.releases import Releases

from .conftest import TEN, Firms, table

NamesOf = Callable[[], set[str]]
KILLED = Path(__file__).with_name("killed.py")
#: Where the publisher is killed, and the state that the delivery is in then.
POINTS = {
    "intake.advance": "received",
    "dry_run.write": "received",
    "pipeline.build": "checked",
    "writer.publish": "checked",
    "committed": "checked",
    "switched": "checked",
}


def kill_at(firms: Firms, point: str) -> None:
    arguments = [str(firms.settings.data), firms.settings.registries, point]
    ended = subprocess.run([sys.executable, str(KILLED), *arguments], check=False, timeout=120)
    assert ended.returncode == -9


def things(firms: Firms) -> dict[str, str]:
    """Return the identifiers of the firms in the current release by name; each name once."""
    releases = Releases(firms.settings.data)
    store = ox.Store.read_only(str(releases.folder(releases.current_id()) / "store"))
    graph = ox.NamedNode(Names(firms.settings.base).registry_graph("firms"))
    quads = store.quads_for_pattern(None, ox.NamedNode(expand("skos:prefLabel")), None, graph)
    found = [
        (quad.object.value, quad.subject.value)
        for quad in quads
        if isinstance(quad.object, ox.Literal) and isinstance(quad.subject, ox.NamedNode)
        if "/id/organisation/" in quad.subject.value
    ]
    assert len(found) == len(dict(found))
    return dict(found)


def given(firms: Firms) -> set[tuple[str, str, str]]:
    """Return what the ledger keeps: kind, local identifier and code of each thing."""
    return set(Ledger(firms.settings.data / FILE).of_registry("firms"))


@pytest.mark.parametrize("point", list(POINTS))
def test_readers_keep_the_old_release_and_the_next_run_makes_one_new(
    firms: Firms, names_of: NamesOf, point: str
) -> None:
    """Contract, line 40: `kill -9` at any moment of a push, then start: nothing is lost, half-done or there twice.

    Also between what the ledger keeps and the switch to the release that has it, and between that and the state.
    """
    firms.deliver(table(*TEN))
    first, before = Releases(firms.settings.data).current_id(), things(firms)
    sent = firms.send(table(*TEN, "Firm new"))
    kill_at(firms, point)
    assert firms.now(sent).state == POINTS[point]
    switched = point in ("switched", "pipeline.build")
    assert names_of() == ({*TEN, "Firm new"} if switched else {*TEN})
    assert (Releases(firms.settings.data).current_id() == first) != switched
    written_down = given(firms)
    assert (len(written_down) > len(before)) == (switched or point == "committed")
    firms.settle()
    assert firms.now(sent).state == "published"
    after = things(firms)
    assert {name: after[name] for name in TEN} == before
    assert after.keys() - before.keys() == {"Firm new"}
    assert len(Releases(firms.settings.data).ids()) == 2
    assert not list(Releases(firms.settings.data).root.glob(".staging*"))
    assert written_down <= given(firms)  # what was given before the kill is what the release has
    assert len(given(firms)) == 11


def test_a_publisher_killed_in_the_middle_leaves_the_delivery_before_and_after_it_alone(
    firms: Firms, names_of: NamesOf
) -> None:
    first, second, third = (firms.send(table(*TEN, f"Firm {word}")) for word in ("one", "two", "three"))
    assert firms.publisher.step()
    kill_at(firms, "committed")
    assert [firms.now(each).state for each in (first, second, third)] == ["published", "checked", "received"]
    firms.settle()
    assert [firms.now(each).state for each in (first, second, third)] == ["published"] * 3
    assert names_of() == {*TEN, "Firm three"}
