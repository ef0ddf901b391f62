"""Finding at platform scale over HTTP: suggestions as somebody types, names reconciled in batches, others beside it."""

from __future__ import annotations

import http.client
import json
import random
import statistics
import threading
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Final
from urllib.parse import quote

import click

from benchmarks import noise, servers
from benchmarks.goals import Goal
from benchmarks.processes import HOST
from eclod.core.folding import plain
from eclod.store.finding.index import FOLDER, SearchIndex
from eclod.store.releases import Releases

SUGGEST_P95_MS: Final = 20
NAMES_PER_SECOND: Final = 500
_SEED: Final = 20261123
_BATCH: Final = 50
_NAMES: Final = 3_000
_PREFIXES: Final = 1_500
_ROUNDS: Final = 3


def measure(folder: Path, data: Path) -> None:
    """Serve a release and print how long suggestions take and how many names a second are reconciled."""
    chance = random.Random(_SEED)
    entries = SearchIndex(Releases(data).root / Releases(data).current_id() / FOLDER).all()
    labels = sorted(entry.label for entry in entries if entry.kind in ("organisation", "cluster"))
    names = chance.sample(labels, min(_NAMES, len(labels)))
    prefixes = [plain(name)[: chance.randrange(1, 16)] for name in chance.choices(labels, k=_PREFIXES)]
    misspelt = [noise.misspelt(name, chance) for name in names]
    engine = servers.eclod(folder, data)
    try:
        click.echo(f"\nFinding among {len(labels):,} names, over HTTP, medians of {_ROUNDS} rounds")
        _suggestions(engine.port, prefixes)
        for what, asked in (("as they are", names), ("misspelt", misspelt)):
            figures = [_reconciled(engine.port, asked, 2) for _ in range(_ROUNDS)]
            click.echo(f"  names reconciled a second, {what:12s} {statistics.median(figures):8,.0f}")
            goal = Goal(f"  reconciled, {what}", statistics.median(figures), NAMES_PER_SECOND, at_least=True, unit="/s")
            click.echo(str(goal))
        _beside(engine.port, misspelt)
    finally:
        engine.server.stop()


def _suggestions(port: int, prefixes: Sequence[str]) -> None:
    rounds = [_latencies(port, [f"/suggest?q={quote(each)}&round={n}" for each in prefixes]) for n in range(_ROUNDS)]
    for part, name in ((50, "median"), (95, "p95"), (99, "p99")):
        click.echo(f"  suggestions, {name:6s} {statistics.median(_part(each, part) for each in rounds):8.2f} ms")
    p95 = statistics.median(_part(each, 95) for each in rounds)
    click.echo(str(Goal("  suggestions, p95", p95, SUGGEST_P95_MS, unit=" ms")))


def _beside(port: int, names: Sequence[str]) -> None:
    """Print how long a small page takes while batches are worked on."""
    alone = _latencies(port, ["/health/live"] * 300)
    done = threading.Event()

    def keep_on() -> None:
        while not done.is_set():
            _reconciled(port, names[:500], 1)

    working = [threading.Thread(target=keep_on) for _ in range(2)]
    for each in working:
        each.start()
    beside = _latencies(port, ["/health/live"] * 300)
    done.set()
    for each in working:
        each.join()
    click.echo(f"  another request, alone     p95 {_part(alone, 95):8.2f} ms")
    click.echo(f"  another request, beside it p95 {_part(beside, 95):8.2f} ms")


def _latencies(port: int, targets: Sequence[str]) -> list[float]:
    """Return the milliseconds that each answer took, one after the other on one connection."""
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    found = []
    for target in targets:
        started = perf_counter()
        connection.request("GET", target)
        response = connection.getresponse()
        response.read()
        found.append((perf_counter() - started) * 1000)
        assert response.status == 200, (target, response.status)
    connection.close()
    return found


def _reconciled(port: int, names: Sequence[str], clients: int) -> float:
    """Return how many names a second are reconciled, sent in batches by so many clients at a time."""
    batches = [names[at : at + _BATCH] for at in range(0, len(names), _BATCH)]

    def send(mine: Sequence[Sequence[str]]) -> None:
        connection = http.client.HTTPConnection(HOST, port, timeout=60)
        for batch in mine:
            queries = [{"conditions": [{"matchType": "name", "propertyValue": name}]} for name in batch]
            body = json.dumps({"queries": queries})
            connection.request("POST", "/reconcile/match", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            assert len(json.loads(response.read())["results"]) == len(batch)
        connection.close()

    started = perf_counter()
    threads = [threading.Thread(target=send, args=(batches[number::clients],)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(names) / (perf_counter() - started)


def _part(values: Sequence[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]
