"""`make bench`: the endpoint beside others on the same data, and what building a release costs.

Everything is measured side by side in one run, since machines drift: read the ratios.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from benchmarks import building, delivery, endpoint, finding, following, generator, matching, servers
from benchmarks.endpoint import OTHERS, Plan
from benchmarks.processes import CouldNotRun
from eclod.core.errors import EclodError
from eclod.store.releases import Releases

_factor = click.option(
    "--factor",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0.001),
    help="Size of the data; 1 = the platform.",
)
_organisations = click.option(
    "--organisations", default=20_000, show_default=True, help="Rows of the register, times --factor."
)


@click.group()
def main() -> None:
    """Measure the service."""


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@_factor
def generate(folder: Path, factor: float) -> None:
    """Write data at the scale of the European Cluster Collaboration Platform into FOLDER."""
    _generate(folder, factor)


@main.command("building")
@_organisations
@_factor
def measure_building(organisations: int, factor: float) -> None:
    """Measure a full build against builds after small changes."""
    with tempfile.TemporaryDirectory(prefix="eclod-bench-") as name:
        building.measure(Path(name), max(100, round(organisations * factor)))


@main.command("endpoint")
@_factor
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), help="Data folder with a release of this data already."
)
@click.option("--with", "others", multiple=True, type=click.Choice(OTHERS), help="Only these others; may be repeated.")
@click.option("--query-seconds", default=30.0, show_default=True, help="Time rdflib-endpoint is given for a query.")
@click.option("--load-seconds", default=5, show_default=True, help="Duration of each measurement with wrk.")
@click.option("--fairness-seconds", default=20.0, show_default=True, help="Duration of the cross joins.")
def measure_endpoint(
    factor: float,
    data: Path | None,
    others: Sequence[str],
    query_seconds: float,
    load_seconds: int,
    fairness_seconds: float,
) -> None:
    """Ask our service and others the same questions in turn; the exit code is 1 when something could not run."""
    with tempfile.TemporaryDirectory(prefix="eclod-bench-") as name:
        written = _generate(Path(name) / "platform", factor)
        if data is not None and (release := Releases(data).current()) and release.quads != written.triples:
            raise click.UsageError(
                f"{data} has {release.quads:,} quads, the data {written.triples:,}; leave --data out."
            )
        plan = Plan(written.path, data, others or OTHERS, query_seconds, load_seconds, fairness_seconds)
        if not endpoint.measure(Path(name), plan):
            sys.exit(1)


@main.command("matching")
@click.option(
    "--sources",
    type=click.Path(path_type=Path),
    default=Path("../shared/data"),
    show_default=True,
    help="Folder of public files with names whose owner is known.",
)
def measure_matching(sources: Path) -> None:
    """Measure how often reconciliation is right, on names as they are and with noise."""
    matching.measure(sources)


@main.command("finding")
@_factor
@click.option("--data", type=click.Path(path_type=Path, exists=True), help="Data folder with a release already.")
def measure_finding(factor: float, data: Path | None) -> None:
    """Measure suggestions and reconciliation over HTTP on data at the scale of the platform."""
    with tempfile.TemporaryDirectory(prefix="eclod-bench-") as name:
        if data is None:
            data = servers.build_eclod(Path(name), _generate(Path(name) / "platform", factor).path)
        finding.measure(Path(name), data)


@main.command("feed")
@_factor
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), help="Data folder with a release to replay already."
)
def measure_feed(factor: float, data: Path | None) -> None:
    """Measure a replay of the whole feed beside loading the dump."""
    with tempfile.TemporaryDirectory(prefix="eclod-bench-") as name:
        if data is None:
            data = servers.build_eclod(Path(name), _generate(Path(name) / "platform", factor).path)
        following.measure(Path(name), data)


@main.command("delivery")
@_factor
@click.option("--yardstick", default=0.1, show_default=True, help="Size of the part that is checked beside pyshacl.")
@click.option("--violations", default=100_000, show_default=True, help="Violations of the file that is reported on.")
@click.option("--rounds", default=3, show_default=True, help="How often the checks are measured.")
def measure_delivery(factor: float, yardstick: float, violations: int, rounds: int) -> None:
    """Measure what it costs to check, publish and report on deliveries of a large registry."""
    with tempfile.TemporaryDirectory(prefix="eclod-bench-") as name:
        delivery.measure(Path(name), delivery.Plan(factor, yardstick, violations, rounds))


@main.command("all")
@_factor
@click.pass_context
def everything(context: click.Context, factor: float) -> None:
    """Measure building and endpoint; this is what `make bench` does."""
    context.invoke(measure_building, factor=factor)
    context.invoke(measure_endpoint, factor=factor)


def _generate(folder: Path, factor: float) -> generator.Written:
    written = generator.write(folder, factor)
    click.echo(f"{written.triples:,} triples in {written.path.name}, SHA-256 {written.sha256}")
    for iri, count in written.classes.items():
        if count >= generator.WORTH_SAYING:
            click.echo(f"  {count:>9,} {iri}")
    return written


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """End in order, so that what was started is stopped too."""
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    try:
        main()
    except (CouldNotRun, EclodError) as error:
        sys.exit(f"Error: {error}")
