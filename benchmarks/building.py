"""A full build against builds after small changes: the cost of a change is the change, not the size of the release."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import click

from eclod.core import assets, settings
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


def measure(folder: Path, organisations: int) -> None:
    """Print how long builds take: of everything, of 1 % changed, of a small registry added, of nothing changed."""
    chosen = settings.from_environment({}, data=folder / "data")
    registries = folder / "registries"
    folders = [assets.folder("registries"), registries]

    def build() -> float:
        return _timed(lambda: pipeline.build(chosen, None, folders))

    _write_registry(registries / "bench", organisations, changed=0)
    full = build()
    _write_registry(registries / "bench", organisations, changed=organisations // 100)
    changed = build()
    _write_registry(registries / "small", organisations // 100, changed=0)
    small = build()
    nothing = build()
    click.echo(f"\nBuilding a release, {organisations:,} organisations in one registry")
    click.echo(f"  full build                                     {full:7.2f} s")
    for what, seconds in (
        ("1 % of the rows of the large registry changed", changed),
        ("a registry of 1 % of the size added", small),
        ("nothing changed", nothing),
    ):
        click.echo(f"  {what:46s} {seconds:7.2f} s  ({seconds / full:.0%})")


def _write_registry(folder: Path, organisations: int, changed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "registry.toml").write_text(_REGISTRY, encoding="utf-8")
    (folder / "mapping.toml").write_text(_MAPPING, encoding="utf-8")
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "name", "description", "homepage", "region"))
        for number in range(organisations):
            name = f"Organisation {number}" + (" renamed" if number < changed else "")
            does, homepage = f"What organisation {number} does", f"https://example.org/{number}"
            writer.writerow((number, name, does, homepage, f"DK0{number % 5 + 1}"))


def _timed(action: Callable[[], object]) -> float:
    started = perf_counter()
    action()
    return perf_counter() - started
