"""`eclod follow`: keep a copy of a service's data in step with its feed."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from eclod.core.errors import EndpointFailed, NotConforming
from eclod.following.copy import Copy
from eclod.following.follower import Follower, Progress
from eclod.following.source import Source

_INTERVAL: Final = 60


@click.command()
@click.argument("url")
@click.option(
    "--into",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("eclod-copy"),
    show_default=True,
    help="Where the copy is kept; what is there is gone on with.",
)
@click.option("--once", is_flag=True, help="Stop when the copy is in step.")
@click.option("--every", type=click.IntRange(min=1), help="Seconds between two looks (else what the feed asks for).")
@click.option("--verify", is_flag=True, help="Compare the hash of the copy with what the feed says it should be.")
@click.option("--json", "as_json", is_flag=True, help="Print what each look brought as JSON, a line each.")
def follow(url: str, folder: Path, once: bool, every: int | None, verify: bool, as_json: bool) -> None:
    """Keep a copy of the data behind the feed at URL, such as https://w3id.org/eclod/feed.

    The copy is an Oxigraph store, in which the default graph is the merged view of the service. It may be stopped at
    any moment and goes on where it was.
    """
    console = Console(stderr=True, highlight=False)
    source = Source(url)
    try:
        with Copy(folder) as copy:
            follower = Follower(source, copy)
            while True:
                wait = every or _INTERVAL
                try:
                    progress = _look(follower, copy, verify, as_json)
                    wait = every or progress.polling or _INTERVAL
                except EndpointFailed as error:
                    if once:
                        raise
                    console.print(f"eclod: {error.message}", markup=False, soft_wrap=True)
                if once:
                    return
                time.sleep(wait)
    except KeyboardInterrupt:
        console.print("Stopped; the same command goes on from here.")
    finally:
        source.close()


def _look(follower: Follower, copy: Copy, verify: bool, as_json: bool) -> Progress:
    started = time.monotonic()
    progress = follower.look(again=verify)
    seconds = time.monotonic() - started
    if as_json:
        facts = asdict(progress) | {"statements": len(copy), "things": copy.things(), "seconds": round(seconds, 3)}
        click.echo(json.dumps(facts))
    elif progress.nodes or verify:
        click.echo(
            f"{progress.members:,} changes on {progress.nodes:,} pages in {seconds:.1f} s; the copy has "
            f"{len(copy):,} statements about {copy.things():,} things."
        )
    if verify:
        _verify(follower, copy, progress)
    return progress


def _verify(follower: Follower, copy: Copy, progress: Progress) -> None:
    """Raise NotConforming when the copy is not what the feed says it should be."""
    for _ in range(3):
        if not progress.sha256:
            raise NotConforming("The feed does not say what a copy should be; nothing can be compared.")
        if copy.sha256() == progress.sha256:
            click.echo(f"The copy is release {progress.release}: sha256 {progress.sha256}.")
            return
        progress = follower.look(again=True)  # a release may have come in between
    raise NotConforming("The copy differs from what the feed says it should be; follow it into an empty folder.")
