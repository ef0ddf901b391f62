"""A replay of the whole feed beside loading the dump that it equals: both over HTTP, both into a store on disk."""

from __future__ import annotations

import gzip
import io
import resource
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import click
import pyoxigraph as ox

from benchmarks import servers
from benchmarks.goals import Goal
from benchmarks.processes import HOST, CouldNotRun, memory, run
from eclod.store import lines
from eclod.store.feed.announcing import feed
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases

#: A replay may take so many times as long as loading the dump.
_LONGER: Final = 2.0
_ROUNDS: Final = 3


def measure(folder: Path, data: Path) -> None:
    """Print how long both take, in turn, for the current release of a data folder; raises CouldNotRun."""
    releases = Releases(data)
    manifest = releases.current()
    if manifest is None:
        raise CouldNotRun(f"{data} has no release.")
    service = servers.eclod(folder, data)
    try:
        head = feed(releases).head()
        click.echo(f"\nA copy of {head.triples:,} statements: {head.members:,} changes on {len(head.pages):,} pages")
        base = f"http://{HOST}:{service.port}"
        dump = f"{base}/releases/{manifest.id}/dumps/default.nq.gz"
        loading, replaying = [], []
        for number in range(_ROUNDS):
            loading.append(_timed(lambda: _load(dump, folder / "loaded")))
            replaying.append(_timed(lambda: _follow(f"{base}/feed", folder / "followed")))
            click.echo(f"  round {number + 1}: loading the dump {_said(loading[-1])}, replay {_said(replaying[-1])}")
        _compare(folder, manifest)
        again, _ = _timed(lambda: _follow(f"{base}/feed", folder / "followed", afresh=False))
        click.echo(f"  a look that finds nothing new, its process and all: {again:.2f} s")
        ratio = min(replaying)[0] / min(loading)[0]
        click.echo(f"  {Goal('best replay / best loading', ratio, _LONGER, unit=' times')}")
        click.echo(f"  the service takes {sum(memory(service.server.pid)) >> 20:,} MiB")
    finally:
        service.close()
        service.server.stop()


def _load(address: str, store: Path) -> None:
    shutil.rmtree(store, ignore_errors=True)
    # A process of its own, as the replay has one.
    run([sys.executable, "-m", "benchmarks.following", address, str(store)], Path(__file__).parent.parent)


def _follow(address: str, copy: Path, afresh: bool = True) -> None:
    if afresh:
        shutil.rmtree(copy, ignore_errors=True)
    run([sys.executable, "-m", "eclod", "follow", address, "--into", str(copy), "--once"], copy.parent)


def _compare(folder: Path, manifest: Manifest) -> None:
    entry = manifest.graph("")
    assert entry is not None
    for store in (folder / "loaded", folder / "followed" / "store"):
        found = lines.sha256(lines.of_store(ox.Store.read_only(str(store))))
        if found != entry.sha256:
            raise CouldNotRun(f"{store.name} has the hash {found}, the release {entry.sha256}.")
    click.echo(f"  both have the hash of the release, {entry.sha256[:16]}…")


def _timed(action: Callable[[], None]) -> tuple[float, float]:
    """Return (seconds, seconds of processor time) of an action that runs one process to its end."""
    started, worked = time.perf_counter(), _worked()
    action()
    return time.perf_counter() - started, _worked() - worked


def _said(measured: tuple[float, float]) -> str:
    return f"{measured[0]:.2f} s ({measured[1]:.2f} s of processor time)"


def _worked() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    with urlopen(sys.argv[1]) as response:
        content = gzip.decompress(response.read())
    loaded = ox.Store(sys.argv[2])
    loaded.bulk_load(io.BytesIO(content), ox.RdfFormat.N_QUADS)
    loaded.flush()
