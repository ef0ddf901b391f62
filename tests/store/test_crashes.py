"""Killing a build at any moment: the old release or the new stays, complete, and the next build needs no mending."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core import codes
from eclod.store import lines
from eclod.store.ledger import Ledger
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases

#: Builds a release of as many statements as said, with a fresh ledger entry for each, and dies where it is told to.
BUILD = """
import os, signal, sys
from pathlib import Path
from eclod.store import ledger, lines, manifest, releases, search, writer
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases

data, statements, second, owner, name, when, left = Path(sys.argv[1]), *sys.argv[2:7], int(sys.argv[7])

def union(by_graph):
    return {line for found in by_graph.values() for line in found}

def deadly(*args, **options):
    global left
    left -= 1
    if left == 0 and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = original(*args, **options)
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

if owner != "nobody":
    original = getattr(eval(owner), name)
    setattr(eval(owner), name, deadly)
graphs = {"urn:a": int(statements), "urn:b": 5}
contents = [
    writer.GraphContent(
        iri, iri[4:], sorted(f"<urn:s> <urn:p> <urn:o:{n}> <{iri}> .".encode() for n in range(count)), True
    )
    for iri, count in graphs.items()
]
draft = Manifest(id=f"2026010{second}T000000Z", previous=None, created="", base="urn:", origin="", quads=0,
                 dataset_sha256="", graphs=())
book = ledger.Ledger(data / "ledger.sqlite")
for number in range(int(statements)):
    book.code("cluster", "dk", str(number))
with Releases(data).writing():
    print("building", flush=True)
    writer.publish(Releases(data), draft, contents, union, before_switch=lambda: book.commit("now"))
"""
OLD, NEW = 20, 30
MOMENTS = [
    ("writer", "_copy_store", "after", 1),
    ("writer", "_change", "after", 1),
    ("lines", "write_dump", "before", 1),
    ("lines", "write_dump", "after", 2),
    ("search", "update", "after", 1),
    ("manifest.Manifest", "write", "before", 1),
    ("ledger.Ledger", "commit", "before", 1),
    ("ledger.Ledger", "commit", "after", 1),
    ("releases", "_sync", "before", 9),
    ("Path", "rename", "before", 1),
    ("Path", "rename", "after", 1),
    ("Path", "symlink_to", "after", 1),
    ("Path", "replace", "after", 1),
]
Moment = tuple[str, str, str, int]


def command(data: Path, statements: int, second: int, moment: Moment = ("nobody", "", "", 0)) -> list[str]:
    return [sys.executable, "-W", "ignore", "-c", BUILD, str(data), *map(str, (statements, second, *moment))]


def build(releases: Releases, statements: int, second: int) -> None:
    subprocess.run(command(releases.data, statements, second), check=True, timeout=120, stdout=subprocess.DEVNULL)


def crash(releases: Releases, statements: int, second: int, moment: Moment) -> None:
    run = subprocess.run(command(releases.data, statements, second, moment), timeout=120, stdout=subprocess.DEVNULL)
    assert run.returncode == -signal.SIGKILL


def holds(releases: Releases, name: str, statements: int) -> None:
    """Compare a release with what it should hold: store, dumps, counts, hash."""
    folder = releases.folder(name)
    manifest = Manifest.read(folder)
    store = lines.of_store(ox.Store.read_only(str(folder / "store")))
    assert len(store) == 2 * statements + 5 == manifest.quads
    assert lines.sha256(store) == manifest.dataset_sha256
    dumps = [lines.read_dump(folder / "dumps" / f"{graph.dump}.nq.gz") for graph in manifest.graphs]
    assert sorted(line for dump in dumps for line in dump) == store
    assert (folder / "search.sqlite").is_file()


def ledger_holds(releases: Releases, at_least: int) -> None:
    ledger = Ledger(releases.data / "ledger.sqlite")
    written = {local: code for _, code, local in ledger.of_registry("dk")}
    assert len(written) >= at_least
    assert all(code == codes.derive("cluster", "dk", local) for local, code in written.items())


def next_build_is_clean(releases: Releases) -> None:
    build(releases, NEW, 3)
    holds(releases, releases.current_id(), NEW)
    assert sorted(path.name for path in releases.root.iterdir()) == releases.ids()
    assert not list(releases.data.glob(".*"))
    ledger_holds(releases, NEW)


@pytest.fixture(scope="module")
def _old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("old") / "data"
    build(Releases(data), OLD, 1)
    return data


@pytest.fixture
def old(_old: Path, releases: Releases) -> str:
    """Return the id of a release of OLD statements."""
    shutil.copytree(_old, releases.data, symlinks=True)
    return releases.current_id()


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: "-".join(map(str, moment)))
def test_a_kill_at_any_moment_leaves_the_old_release_or_the_new(releases: Releases, old: str, moment: Moment) -> None:
    crash(releases, NEW, 2, moment)
    switched = moment == MOMENTS[-1]
    assert (releases.current_id() == old) != switched
    for name in releases.ids():  # also one that was complete and not yet switched to
        holds(releases, name, OLD if name == old else NEW)
    ledger_holds(releases, OLD)
    next_build_is_clean(releases)


@pytest.mark.parametrize("moment", [MOMENTS[2], MOMENTS[7], MOMENTS[10]], ids=lambda moment: "-".join(map(str, moment)))
def test_a_kill_in_the_first_build_leaves_nothing_to_mend(releases: Releases, moment: Moment) -> None:
    crash(releases, OLD, 1, moment)
    assert releases.current() is None
    next_build_is_clean(releases)


@pytest.mark.parametrize("milliseconds", [1, 25, 60, 140])
def test_a_kill_at_no_moment_in_particular(releases: Releases, old: str, milliseconds: int) -> None:
    with subprocess.Popen(command(releases.data, NEW, 2), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"building\n"
        time.sleep(milliseconds / 1000)
        process.kill()
    holds(releases, releases.current_id(), OLD if releases.current_id() == old else NEW)
    next_build_is_clean(releases)
