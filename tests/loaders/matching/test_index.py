"""What the index finds is what is found when all facts are read, whatever happened to the graphs since it was made."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from dataclasses import asdict
from itertools import chain

import pytest
from tests.loaders.succession.conftest import World, number

from eclod.core.iris import Names
from eclod.store import lines
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod_loaders.matching import candidates, index
from eclod_loaders.matching.candidates import Candidate, Facts, InMemory, Known

NAMES = Names()
WORDS = ("Škoda", "skoda", "Energy", "Cluster", "Wärme", "Nord", "Süd", "Alpha", "Beta", "Gamma", "Óbuda", "a.s.")


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


def rows(dice: random.Random, name: str, count: int = 30) -> dict[str, str]:
    return {f"{name}{each}": row(dice) for each in range(count)}


def row(dice: random.Random) -> str:
    called = " ".join(dice.sample(WORDS, dice.randint(1, 3)))
    return f"{called},{number(dice.randint(1, 12)) if dice.random() < 0.4 else ''},"


def put(world: World, name: str, told: dict[str, str]) -> None:
    world.registry(name, "".join(f"{key},{rest}\n" for key, rest in told.items()))


def facts(releases: Releases, release: Manifest, registry: str) -> list[Facts]:
    graph = release.graph(NAMES.registry_graph(registry))
    assert graph is not None
    told = lines.read_dump(releases.folder(release.id) / "dumps" / f"{graph.dump}.nq.gz")
    return list(candidates.facts(told, registry).values())


def both(world: World, registry: str, others: list[str]) -> tuple[list[Candidate], list[Candidate]]:
    """Return what the index finds, and what is found with all facts in memory."""
    releases = Releases(world.settings.data)
    release = releases.current()
    assert release is not None
    things = facts(releases, release, registry)
    known = Known(InMemory(chain.from_iterable(facts(releases, release, other) for other in others)))
    expected = [each for about in things for each in known.candidates(about)]
    return index.look(releases, release, NAMES, registry, things), expected


def content(world: World) -> set[tuple[str, str, str]]:
    """Return what the index has: registry, key, facts."""
    [path] = (world.settings.data / index.FOLDER).iterdir()
    with closing(sqlite3.connect(path)) as database:
        asked = (
            "SELECT registry, key, facts FROM found JOIN thing ON thing = thing.id JOIN graph ON thing.graph = graph.id"
        )
        return set(database.execute(asked))


@pytest.mark.parametrize("seed", range(3))
def test_it_finds_what_all_facts_find_after_any_changes(
    world: World, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pairs, scores, evidence and order are equal, also where a common word counts no more."""
    monkeypatch.setattr(candidates, "_COMMON", 12)
    dice = random.Random(seed)
    told = {name: rows(dice, name) for name in ("one", "three", "two")}
    found = 0
    for _ in range(4):
        for name, table in told.items():
            put(world, name, table)
        world.build()
        for registry in told:
            by_index, expected = both(world, registry, [name for name in told if name != registry])
            assert list(map(asdict, by_index)) == list(map(asdict, expected))
            found += len(expected)
        updated = content(world)
        index.remove(world.settings.data)
        index.refresh(Releases(world.settings.data), NAMES)
        assert content(world) == updated
        for name in dice.sample(sorted(told), 2):
            for key in dice.sample(sorted(told[name]), 3):
                del told[name][key]
            told[name] |= {key: row(dice) for key in [*dice.sample(sorted(told[name]), 3), f"{name}-{dice.random()}"]}
    assert found > 20


def test_a_change_is_read_from_what_changed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not all of a graph is read again for a line of it, nor for a registry's own graph."""
    dice = random.Random(1)
    told = {name: rows(dice, name, 60) for name in ("one", "two")}
    for name, table in told.items():
        put(world, name, table)
    world.build()
    both(world, "one", ["two"])
    told["two"]["two1"] = "Something new,,"
    put(world, "two", told["two"])
    world.build()
    monkeypatch.setattr(index, "_facts", None)
    by_index, expected = both(world, "one", ["two"])
    assert by_index == expected


def test_nothing_is_left_of_other_releases_and_a_damaged_file_is_made_anew(world: World) -> None:
    put(world, "one", {"a": "Alpha Energy,,"})
    put(world, "two", {"b": "Alpha Energy,,", "c": "Quixotte,,"})
    world.build()
    index.refresh(Releases(world.settings.data), NAMES)
    [path] = (world.settings.data / index.FOLDER).iterdir()
    assert b"Quixotte" in path.read_bytes()
    (path.parent / "matching-older.sqlite").write_bytes(b"")
    put(world, "two", {"b": "Alpha Energy,,"})
    world.build()
    index.refresh(Releases(world.settings.data), NAMES)
    assert list(path.parent.iterdir()) == [path]
    assert b"Quixotte" not in path.read_bytes()
    path.write_bytes(b"no database" * 1000)
    for _ in range(2):
        by_index, expected = both(world, "one", ["two"])
        assert by_index == expected
        assert len(expected) == 1
    assert path.read_bytes().startswith(b"SQLite")


def test_a_folder_that_cannot_be_written_is_done_without(world: World) -> None:
    put(world, "one", {"a": "Alpha Energy,,"})
    put(world, "two", {"b": "Alpha Energy,,"})
    world.build()
    (world.settings.data / index.FOLDER).write_text("no folder")
    by_index, expected = both(world, "one", ["two"])
    assert by_index == expected
    assert len(expected) == 1
