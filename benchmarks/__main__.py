"""`make bench`: a full build against a 1 % change, and a point query in process against the same over HTTP.

Everything is measured side by side in one run, since machines drift: read the ratios. The data is a register of as many
organisations as asked for (default 20,000), made by a fixed rule.
"""

from __future__ import annotations

import csv
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import click
import pyoxigraph as ox

from eclod.core import assets, settings
from eclod.core.settings import Settings
from eclod.store.releases import Releases
from eclod_loaders import pipeline

_REGISTRY = """title = { en = "Made for the benchmark" }
publisher = "eclod"
language = "en"
country = "DK"

[[sources]]
file = "./rows.csv"
adapter = "tabular"
"""
_MAPPING = """[things.organisation]
shape = "Organisation"
key = "id"
fields.name = "name"
fields.description = "description"
fields.homepage = "homepage"
fields.country = { constant = "DK" }
fields.region = "region"
fields.type = { constant = "sme" }
"""
_POINT = "SELECT ?p ?o WHERE {{ <{iri}> ?p ?o }}"


@click.command()
@click.option("--organisations", default=20_000, show_default=True, help="Rows of the register.")
@click.option("--queries", default=2_000, show_default=True, help="Point queries on each side.")
def main(organisations: int, queries: int) -> None:
    """Print medians and ratios."""
    with tempfile.TemporaryDirectory(prefix="eclod-bench-") as name:
        chosen = settings.from_environment({}, data=Path(name) / "data", port=_free_port())
        registries = Path(name) / "registries"
        _building(chosen, registries, organisations)
        _asking(chosen, queries)


def _building(chosen: Settings, registries: Path, organisations: int) -> None:
    folders = [assets.folder("registries"), registries]
    _write_registry(registries / "bench", organisations, changed=0)
    full = _timed(lambda: pipeline.build(chosen, None, folders))
    _write_registry(registries / "bench", organisations, changed=organisations // 100)
    registry_again = _timed(lambda: pipeline.build(chosen, None, folders))
    starter = registries / "small"
    _write_registry(starter, organisations // 100, changed=0)
    small = _timed(lambda: pipeline.build(chosen, None, folders))
    nothing = _timed(lambda: pipeline.build(chosen, None, folders))
    manifest = Releases(chosen.data).current()
    assert manifest is not None
    print(f"release: {manifest.quads:,} quads, {organisations:,} organisations in one registry")
    print(f"full build                                     {full:7.2f} s")
    print(f"1 % of the rows of the large registry changed  {registry_again:7.2f} s  ({registry_again / full:.0%})")
    print(f"a registry of 1 % of the size added            {small:7.2f} s  ({small / full:.0%})")
    print(f"nothing changed                                {nothing:7.2f} s  ({nothing / full:.0%})")


def _asking(chosen: Settings, queries: int) -> None:
    releases = Releases(chosen.data)
    folder = releases.folder(releases.current_id())
    disk = ox.Store.read_only(str(folder / "store"))
    memory = ox.Store()
    memory.bulk_extend(iter(disk))
    subjects = [q.subject for q in disk.quads_for_pattern(None, ox.NamedNode(_LEGAL_TYPE), None, ox.DefaultGraph())]
    texts = [
        _POINT.format(iri=getattr(subject, "value", "")) for subject in subjects[:: max(1, len(subjects) // queries)]
    ]
    server = subprocess.Popen(
        [sys.executable, "-m", "eclod", "serve", "--data", str(chosen.data), "--port", str(chosen.port)],
        env={k: v for k, v in os.environ.items() if not k.startswith("ECLOD_")},
        stderr=subprocess.DEVNULL,
    )
    try:
        started = time.perf_counter()
        connection = _connect(chosen)
        print(f"time to ready                                  {time.perf_counter() - started:7.2f} s")
        sides: dict[str, Callable[[str], object]] = {
            "in process, in memory": lambda text: _in_process(memory, text),
            "in process, from disk": lambda text: _in_process(disk, text),
            "over HTTP": lambda text: _over_http(connection, text),
        }
        times: dict[str, list[float]] = {side: [] for side in sides}
        for text in texts:
            for side, ask in sides.items():
                times[side].append(_timed(lambda ask=ask, text=text: ask(text)))  # type: ignore[misc]
        base = statistics.median(times["in process, in memory"])
        for side, measured in times.items():
            median = statistics.median(measured)
            print(f"point query {side:24s} median {median * 1e6:8.0f} µs  ({median / base:.1f} x)")
        print(f"memory of all processes: {_memory(server.pid) / 2**20:.0f} MiB (proportional set size)")
    finally:
        server.terminate()
        server.wait()


_LEGAL_TYPE = "http://www.w3.org/ns/org#classification"


def _in_process(store: ox.Store, text: str) -> object:
    results = store.query(text)
    assert isinstance(results, ox.QuerySolutions)
    return results.serialize(format=ox.QueryResultsFormat.JSON)


def _over_http(connection: http.client.HTTPConnection, text: str) -> object:
    connection.request("GET", "/sparql?" + urlencode({"query": text}), headers={"Accept": "application/json"})
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200, body
    return body


def _connect(chosen: Settings) -> http.client.HTTPConnection:
    for _ in range(1200):
        connection = http.client.HTTPConnection(chosen.host, chosen.port, timeout=60)
        try:
            connection.request("GET", "/health/ready")
            response = connection.getresponse()
            response.read()
            if response.status == 200:
                return connection
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit("the service did not become ready within a minute")


def _memory(root: int) -> int:
    """Return the proportional set size of a process and all below it, in bytes."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    family = {root}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    total = 0
    for process in family:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def _write_registry(folder: Path, organisations: int, changed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "registry.toml").write_text(_REGISTRY, encoding="utf-8")
    (folder / "mapping.toml").write_text(_MAPPING, encoding="utf-8")
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "name", "description", "homepage", "region"))
        for number in range(organisations):
            name = f"Organisation {number}" + (" renamed" if number < changed else "")
            writer.writerow(
                (
                    number,
                    name,
                    f"What organisation {number} does",
                    f"https://example.org/{number}",
                    f"DK0{number % 5 + 1}",
                )
            )


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
