"""Killing a build at any moment: the old release or the new stays, complete, and the next build needs no mending."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from eclod.core import codes
from eclod.store import ledger, lines, manifest, releases, staging, writer
from eclod.store.finding import index as search
from eclod.store.ledger import Ledger
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod.store.staging import GraphContent

OLD, NEW = 20, 30
#: Whose function, its name, before or after which of its calls.
Moment = tuple[str, str, str, int]
MOMENTS: list[Moment] = [
    ("staging", "_copy_store", "after", 1),
    ("staging", "_change", "after", 1),
    ("writer", "_entry", "after", 2),
    ("search", "update", "after", 1),
    ("Manifest", "write", "before", 1),
    ("Ledger", "commit", "before", 1),
    ("Ledger", "commit", "after", 1),
    ("releases", "_sync", "before", 9),
    ("Path", "rename", "before", 1),
    ("Path", "rename", "after", 1),
    ("Path", "symlink_to", "after", 1),
    ("Path", "replace", "after", 1),
]
OWNERS: Mapping[str, Any] = {
    "writer": writer,
    "staging": staging,
    "search": search,
    "releases": releases,
    "Manifest": manifest.Manifest,
    "Ledger": ledger.Ledger,
    "Path": Path,
}


def build(data: Path, statements: int, second: int) -> None:
    """Make a release of so many statements, with a fresh entry in the ledger for each."""

    def keep() -> None:
        book.commit("now")

    def union(by_graph: Mapping[str, Sequence[bytes]]) -> set[bytes]:
        return {line for found in by_graph.values() for line in found}

    contents = [
        GraphContent(
            iri, iri[4:], sorted(f"<urn:s> <urn:p> <urn:o:{n}> <{iri}> .".encode() for n in range(count)), True
        )
        for iri, count in (("urn:a", statements), ("urn:b", 5))
    ]
    draft = Manifest(
        id=f"2026010{second}T000000Z",
        previous=None,
        created="",
        base="urn:",
        origin="",
        quads=0,
        dataset_sha256="",
        graphs=(),
    )
    book = Ledger(data / "ledger.sqlite")
    for number in range(statements):
        book.code("cluster", "dk", str(number))
    target = Releases(data)
    with target.writing():
        writer.publish(target, draft, contents, union, before_switch=keep)


def die_at(moment: Moment) -> None:
    """Let this process be killed when the moment comes."""
    owner, name, when, which = OWNERS[moment[0]], *moment[1:]
    calls = itertools.count(1)
    original = getattr(owner, name)

    def deadly(*args: Any, **options: Any) -> Any:
        number = next(calls)  # of this call: others may be under way in other threads
        if number == which and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **options)
        if number == which:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)


def command(data: Path, statements: int, moment: Moment | None = None) -> list[str]:
    return [sys.executable, "-W", "ignore", __file__, str(data), str(statements), *map(str, moment or ())]


def crash(data: Path, statements: int, moment: Moment) -> None:
    assert subprocess.run(command(data, statements, moment), timeout=120).returncode == -signal.SIGKILL


def holds(data: Releases, name: str, statements: int) -> None:
    """Compare a release with what it should hold: store, dumps, counts, hash."""
    folder = data.folder(name)
    written = Manifest.read(folder)
    store = lines.of_store(ox.Store.read_only(str(folder / "store")))
    assert len(store) == 2 * statements + 5 == written.quads
    assert lines.sha256(store) == written.dataset_sha256
    dumps = [lines.read_dump(folder / "dumps" / f"{graph.dump}.nq.gz") for graph in written.graphs]
    assert sorted(line for dump in dumps for line in dump) == store
    assert sum(1 for _ in search.SearchIndex(folder / search.FOLDER).all()) == 0  # it opens; nothing has a name


def ledger_holds(data: Path, at_least: int) -> None:
    written = {local: code for _, code, local in Ledger(data / "ledger.sqlite").of_registry("dk")}
    assert len(written) >= at_least
    assert all(code == codes.derive("cluster", "dk", local) for local, code in written.items())


def next_build_is_clean(target: Releases) -> None:
    build(target.data, NEW, 3)
    holds(target, target.current_id(), NEW)
    assert sorted(path.name for path in target.root.iterdir()) == target.ids()
    assert not list(target.data.glob(".*"))
    ledger_holds(target.data, NEW)


@pytest.fixture(scope="module")
def _old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("old") / "data"
    build(data, OLD, 1)
    return data


@pytest.fixture
def old(_old: Path, data: Path) -> str:
    """Return the id of a release of OLD statements."""
    shutil.copytree(_old, data, symlinks=True)
    return Releases(data).current_id()


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: "-".join(map(str, moment)))
def test_a_kill_at_any_moment_leaves_the_old_release_or_the_new(data: Path, old: str, moment: Moment) -> None:
    crash(data, NEW, moment)
    target = Releases(data)
    switched = moment == MOMENTS[-1]
    assert (target.current_id() == old) != switched
    for name in target.ids():  # also one that was complete and not yet switched to
        holds(target, name, OLD if name == old else NEW)
    ledger_holds(data, OLD)
    next_build_is_clean(target)


@pytest.mark.parametrize("moment", [MOMENTS[2], MOMENTS[9]], ids=lambda moment: "-".join(map(str, moment)))
def test_a_kill_in_the_first_build_leaves_nothing_to_mend(data: Path, moment: Moment) -> None:
    crash(data, OLD, moment)
    assert Releases(data).current() is None
    next_build_is_clean(Releases(data))


@pytest.mark.parametrize("milliseconds", [5, 40, 120])
def test_a_kill_at_no_moment_in_particular(data: Path, old: str, milliseconds: int) -> None:
    with subprocess.Popen(command(data, NEW), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"building\n"
        time.sleep(milliseconds / 1000)
        process.kill()
    target = Releases(data)
    holds(target, target.current_id(), OLD if target.current_id() == old else NEW)
    next_build_is_clean(target)


if __name__ == "__main__":
    if len(sys.argv) > 3:
        die_at((sys.argv[3], sys.argv[4], sys.argv[5], int(sys.argv[6])))
    sys.stdout.write("building\n")
    sys.stdout.flush()
    build(Path(sys.argv[1]), int(sys.argv[2]), 2)
