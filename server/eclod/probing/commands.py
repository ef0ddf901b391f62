"""`eclod probe`: try what an installation promises, from outside."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table

from eclod.core import iris, promises, settings
from eclod.core.promises import FAILED, INAPPLICABLE, PASSED, Report
from eclod.probing import run
from eclod.rdf import conformance

_STYLES: Final = {PASSED: "green", FAILED: "bold red", INAPPLICABLE: "dim"}


@click.command()
@click.argument("url")
@click.option("--earl", "earl_file", type=click.Path(path_type=Path, dir_okay=False), help="Write EARL in Turtle here.")
@click.option("--keep", is_flag=True, help="Keep the result in the data folder, where /conformance shows it.")
@click.option("--data", type=click.Path(path_type=Path), help="Data folder (else ECLOD_DATA).")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def probe(url: str, earl_file: Path | None, keep: bool, data: Path | None, as_json: bool) -> None:
    """Try over HTTP what every installation promises, at URL: an installation, or any SPARQL endpoint.

    What an endpoint does not have counts for nothing; the exit code is 1 when a promise is not kept.
    """
    console = Console(stderr=True, highlight=False)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # each request else
    with console.status("") as status:
        report = run.probe(url, datetime.now(UTC), lambda name: status.update(f"Trying {name}"))
    if earl_file is not None:
        earl_file.write_bytes(conformance.turtle(report, iris.DEFAULT_BASE))
    if keep:
        folder = settings.from_environment(data=data).data
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{promises.KEPT}"
        fresh.write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")
        fresh.replace(folder / promises.KEPT)
    if as_json:
        click.echo(report.model_dump_json(indent=1))
    else:
        _print(report)
    if report.count(FAILED):
        raise SystemExit(1)


def _print(report: Report) -> None:
    console = Console(highlight=False)
    table = Table("promise", "outcome", "seen", title=f"{report.subject}, {report.at}")
    for result in report.results:
        table.add_row(result.name, f"[{_STYLES[result.outcome]}]{result.outcome}[/]", _escaped(result.seen))
    console.print(table)
    counts = ", ".join(f"{report.count(outcome)} {outcome}" for outcome in _STYLES)
    console.print(f"{counts}, of {len(report.results)}.")


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")
