"""What a delivery costs at the scale of the platform: checking it, publishing it, and reporting on what is wrong in it.

The platform is one registry of tables. Each step runs in a process of its own, with everything it starts, and is
measured from outside: seconds, seconds of processor, memory. The yardstick is pyshacl in one process over the whole.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from benchmarks import goals, posting, register
from benchmarks.goals import Goal
from benchmarks.processes import CouldNotRun, environment, memory

_MIB: Final = 1024 * 1024
_SECONDS_BETWEEN: Final = 0.25
_ROWS: Final = 1_000
_DELIVERIES: Final = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process and all below it took: seconds, seconds of processors, most memory in MiB; and what it said."""

    seconds: float
    processor: float
    memory: float
    said: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: the size of the registry, that of the part which pyshacl checks, and how often."""

    factor: float
    yardstick: float
    violations: int
    rounds: int


def measure(folder: Path, plan: Plan) -> None:
    """Print what deliveries cost."""
    registries, data = folder / "registries", folder / "data"
    rows = register.write(registries, plan.factor)
    click.echo(f"\nDelivering the platform as one registry of {rows:,} rows, on {os.cpu_count()} cores")
    full = _step("publish", data, registries)
    _say("everything, checked and published", full)
    click.echo(f"    {Goal('seconds', full.seconds, goals.PUBLISHED_SECONDS, unit=' s')}")
    click.echo(f"    {Goal('memory', full.memory, goals.PUBLISHED_MIB, unit=' MiB')}")
    register.write_small(registries, _ROWS)
    small = _step("publish", data, registries)
    _say(f"{_ROWS:,} rows more, built anew", small)
    register.rename(registries, _ROWS)
    changed = _step("publish", data, registries)
    _say(f"the large one, {_ROWS:,} rows changed", changed)
    first, *others = posting.measure(folder / "posting", data, registries, _ROWS, _DELIVERIES)
    said = ", ".join(f"{seconds:.2f}" for seconds in (first, *others))
    click.echo(f"  {_ROWS:,} rows from POST to SPARQL, the first after a pause: {said} s")
    click.echo(f"    {Goal('the first', first, goals.DELIVERY_SECONDS, unit=' s')}")
    click.echo(f"    {Goal('the longest of the others', max(others), goals.DELIVERY_SECONDS, unit=' s')}")
    register.write_faulty(folder / "faulty", plan.violations)
    _say(f"a report on {plan.violations:,} violations", report := _step("report", data, folder / "faulty"))
    click.echo(f"    {Goal('seconds', report.seconds, goals.REPORT_SECONDS, unit=' s')}")
    _compare(folder / "part", plan)


def _compare(folder: Path, plan: Plan) -> None:
    """Print how long checks take beside pyshacl, in turn, with the median of each."""
    register.write(folder, plan.yardstick)
    triples = int(_step("triples", folder / "part.nt", folder).said["triples"])
    click.echo(f"\nChecking {triples:,} triples, medians of {plan.rounds} rounds")
    found: dict[str, list[float]] = {"pyshacl": [], "cold": [], "changed": []}
    for _ in range(plan.rounds):
        found["pyshacl"].append(_step("pyshacl", folder / "part.nt", folder).said["seconds"])
        checked = _step("check", folder / "part.nt", folder).said
        found["cold"].append(checked["cold"])
        found["changed"].append(checked["changed"])
    medians = {name: sorted(times)[len(times) // 2] for name, times in found.items()}
    for name, what in (("pyshacl", "pyshacl, the whole"), ("cold", "eclod, the whole"), ("changed", "eclod, 1 % new")):
        click.echo(f"  {what:34s}{medians[name]:8.2f} s")
    cold, changed = (medians["pyshacl"] / medians[name] for name in ("cold", "changed"))
    click.echo(f"    {Goal('pyshacl / eclod, the whole', cold, goals.CHECK_RATIO, at_least=True)}")
    click.echo(f"    {Goal('pyshacl / eclod, 1 % new', changed, goals.CHANGE_RATIO, at_least=True)}")


def _say(what: str, cost: Cost) -> None:
    click.echo(
        f"  {what:34s}{cost.seconds:8.2f} s, {cost.processor:,.2f} s of processor, {cost.memory:,.0f} MiB at most"
    )


def _step(name: str, *paths: Path) -> Cost:
    """Run one step in a process and return what it took."""
    command: Sequence[str] = [sys.executable, "-m", "benchmarks.steps", name, *map(str, paths)]
    before, started, most = os.times(), time.perf_counter(), 0.0
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            while process.poll() is None:
                most = max(most, sum(memory(process.pid)) / _MIB)
                time.sleep(_SECONDS_BETWEEN)
        finally:
            process.kill()
        said = process.stdout.read() if process.stdout else ""
    seconds, after = time.perf_counter() - started, os.times()
    if process.returncode:
        raise CouldNotRun(f"The step '{name}' ended with exit code {process.returncode}.")
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    content: dict[str, Any] = json.loads(said)
    return Cost(float(content.get("seconds", seconds)), processor, most, content)
