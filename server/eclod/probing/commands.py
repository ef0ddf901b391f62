"""`eclod probe`: try what an installation promises, from outside."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.markup import escape

from eclod.core import iris, promises, settings
from eclod.core.promises import FAILED, INAPPLICABLE, PASSED, UNTESTED, Report, Result
from eclod.probing import run
from eclod.rdf import conformance

_STYLES: Final = {PASSED: "green", FAILED: "bold red", INAPPLICABLE: "dim", UNTESTED: "yellow"}


@click.command()
@click.argument("url")
@click.option("--earl", "earl_file", type=click.Path(path_type=Path, dir_okay=False), help="Write EARL in Turtle here.")
@click.option("--keep", is_flag=True, help="Keep the result in the data folder, where /conformance shows it.")
@click.option("--data", type=click.Path(path_type=Path), help="Data folder (else ECLOD_DATA).")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def probe(url: str, earl_file: Path | None, keep: bool, data: Path | None, as_json: bool) -> None:
    """Try over HTTP what every installation promises, at URL: an installation, or any SPARQL endpoint.

    Each line is printed as soon as it is known. What an endpoint does not have counts for nothing; the exit code is 1
    when a promise is not kept. One that takes longer than its time is not kept, and after half an hour all ends.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)  # each request else
    report = run.probe(url, datetime.now(UTC), (lambda _: None) if as_json else _print)
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
        _print_counts(report)
    if report.count(FAILED):
        raise SystemExit(1)


def _print(result: Result) -> None:
    style = _STYLES[result.outcome]
    width = max(map(len, promises.promises()))
    line = f"{result.name:<{width}} [{style}]{result.outcome:<{len(INAPPLICABLE)}}[/] {escape(result.seen)}"
    Console(highlight=False, soft_wrap=True).print(line)


def _print_counts(report: Report) -> None:
    counts = ", ".join(f"{report.count(outcome)} {outcome}" for outcome in _STYLES if report.count(outcome))
    click.echo(f"{report.subject}, {report.at}: {counts}, of {len(report.results)}.")
