"""`make freeze VERSION=1.2.0` freezes the vocabulary; without a version it says what changed since the last one."""

from __future__ import annotations

import datetime
import logging
from typing import Final

import click

from eclod.core import assets
from eclod.core.errors import EclodError
from eclod.rdf.vocabulary import changes, editions, freezing, page
from eclod.rdf.vocabulary.editions import Edition

_SHOWN: Final = 40


@click.command()
@click.argument("version", required=False)
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="The day of the version; today when left out.")
def main(version: str | None, date: datetime.datetime | None) -> None:
    """Freeze the vocabulary as VERSION; without one, say what changed since the last frozen version."""
    logging.getLogger().setLevel(logging.WARNING)  # pyLODE lets everything be logged
    root = assets.checkout()
    if root is None:
        raise click.ClickException("Only a checkout of the sources can be frozen.")
    last = editions.frozen()[-1:]
    if version is None:
        _tell(last)
        return
    parsed = editions.parse_version(version)
    if parsed is None:
        raise click.ClickException(f"'{version}' is no version such as 1.2.0.")
    day = date.date() if date else datetime.datetime.now(datetime.UTC).date()
    try:
        edition = freezing.freeze(root / "ontology", root / "shapes", parsed, day, page.write)
    except EclodError as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"Frozen: {edition.ontology.relative_to(root)}, {len(editions.sums(edition.ontology).splitlines())} files."
    )


def _tell(last: list[Edition]) -> None:
    if not last:
        click.echo("No version is frozen yet; any version may be the first.")
        return
    found = changes.between(last[0], editions.current())
    if not found:
        click.echo(f"Nothing changed since {last[0].version}.")
        return
    for change in found[:_SHOWN]:
        click.echo(str(change))
    if len(found) > _SHOWN:
        click.echo(f"and {len(found) - _SHOWN} more")
    click.echo(
        f"Since {last[0].version}: {len(found)} changes, so {changes.least_version(last[0].version, found)} or higher."
    )


if __name__ == "__main__":
    main()
