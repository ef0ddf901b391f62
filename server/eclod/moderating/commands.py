"""`eclod inbox`: the linkbacks of this installation on the command line."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from eclod.core import settings
from eclod.core.settings import Settings
from eclod.store.linkbacks.box import PUBLISHED, REFUSED, STATES, WAITING, Box, Linkback, iso
from eclod.store.linkbacks.rounds import Rounds

_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
_data = click.option("--data", type=click.Path(path_type=Path), help="Data folder (else ECLOD_DATA).")
#: Rounds after which `notify` leaves the rest to the next one.
_ROUNDS = 100


@click.group()
def inbox() -> None:
    """See which pages of other portals link here, let them in, keep them out."""


@inbox.command("list")
@click.option("--state", type=click.Choice([*STATES, "all"]), default=WAITING, show_default=True)
@click.option("--notices", is_flag=True, help="Show what portals were told instead.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@_data
@_json
def list_linkbacks(state: str, notices: bool, limit: int, data: Path | None, as_json: bool) -> None:
    """List notifications, the newest first."""
    box = Box(_settings(data).data)
    if notices:
        _show(
            [asdict(each) for each in box.notices(limit=limit)],
            ("inbox", "thing", "state", "changed", "reason"),
            as_json,
        )
        return
    found = box.select("" if state == "all" else state, limit=limit)
    _show([asdict(each) for each in found], ("id", "state", "page", "thing", "received"), as_json)


@inbox.command("show")
@click.argument("name", metavar="ID")
@_data
@_json
def show(name: str, data: Path | None, as_json: bool) -> None:
    """Show all that is known of the notification ID."""
    found = asdict(Box(_settings(data).data).get(name))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for key, value in found.items():
        _say(f"{key:9} {value}")


@inbox.command("accept")
@click.argument("names", metavar="ID…", nargs=-1, required=True)
@_data
def accept(names: tuple[str, ...], data: Path | None) -> None:
    """Publish notifications, whether or not their pages were looked at."""
    for each in _settle(names, data, PUBLISHED, "The operator accepted it."):
        _say(f"{each.page} is published as a page about {each.thing}.")


@inbox.command("refuse")
@click.argument("names", metavar="ID…", nargs=-1, required=True)
@click.option("--reason", default="The operator refused it.", help="What its sender reads.")
@_data
def refuse(names: tuple[str, ...], reason: str, data: Path | None) -> None:
    """Refuse notifications, or take back what was published."""
    for each in _settle(names, data, REFUSED, reason):
        _say(f"{each.page} is refused.")


@inbox.command("block")
@click.argument("host")
@_data
def block(host: str, data: Path | None) -> None:
    """Take nothing about pages at HOST any more, and refuse what it has here."""
    count = Box(_settings(data).data).block(host, datetime.now(UTC))
    _say(f"Nothing is taken from {host.lower()} any more; {count} of its notifications are refused.")


@inbox.command("notify")
@_data
@_json
def notify(data: Path | None, as_json: bool) -> None:
    """Look at the pages that were announced, and tell portals what became of the things they link to.

    `eclod serve` does this by itself.
    """
    rounds = Rounds(_settings(data))
    done = {"looked": 0, "noticed": 0, "sent": 0, "failed": 0}
    for _ in range(_ROUNDS):
        for key, value in asdict(rounds.step()).items():
            done[key] += value
        if not rounds.has_work():
            break
    if as_json:
        click.echo(json.dumps(done))
    else:
        _say(f"{done['looked']} pages looked at, {done['sent']} portals told, {done['failed']} not reached.")


def _settle(names: tuple[str, ...], data: Path | None, state: str, reason: str) -> list[Linkback]:
    box = Box(_settings(data).data)
    for name in names:
        box.get(name)
    now = iso(datetime.now(UTC))
    return [box.update(name, state=state, reason=reason, changed=now, due="", attempts=0) for name in names]


def _settings(data: Path | None) -> Settings:
    return settings.from_environment(data=data)


def _show(rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        _say("  ".join(str(row[column]) for column in columns))


def _say(text: str) -> None:
    Console(highlight=False, soft_wrap=True).print(text, markup=False)
