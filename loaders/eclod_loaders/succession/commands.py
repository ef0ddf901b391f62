"""What the command line can do with identifiers: find out about them, and decide what becomes of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click

from eclod.core import assets, settings
from eclod.core.errors import BadInput
from eclod.core.iris import Names
from eclod.core.settings import Settings
from eclod.store.identities import FILE as IDENTITIES
from eclod.store.identities import Identities
from eclod.store.ledger import FILE, Ledger
from eclod.store.releases import Releases
from eclod_loaders import pipeline
from eclod_loaders.pipeline import Outcome
from eclod_loaders.succession import deciding, erasure, naming, reviewing
from eclod_loaders.succession.deciding import Said
from eclod_loaders.succession.naming import Name
from eclod_loaders.succession.reviewing import Pair

Command = TypeVar("Command", bound=Callable[..., Any])

_data = click.option("--data", type=click.Path(path_type=Path), help="Data folder (else ECLOD_DATA).")
_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
_folders = click.option(
    "--registries",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Folder with registries, beside those of ECLOD_REGISTRIES; may be repeated.",
)
_sources = click.option("--sources", type=click.Path(path_type=Path), help="Folder of registries' relative files.")


def _deciding_options(command: Command) -> Command:
    """Add the options that every decision has."""
    for option in (
        _json,
        _data,
        _folders,
        _sources,
        click.option("--no-build", is_flag=True, help="Only write it down; the next build makes the release."),
        click.option("--author", required=True, help="Who decides."),
        click.option("--reason", required=True, help="Why; it is published with the decision."),
    ):
        command = option(command)
    return command


@click.group("id")
def identifiers() -> None:
    """Find out about identifiers, and decide what becomes of them."""


@identifiers.command()
@click.argument("identifier")
@_data
@_json
def resolve(identifier: str, data: Path | None, as_json: bool) -> None:
    """Say what an IDENTIFIER is now, in any spelling, and what takes its place."""
    chosen = settings.from_environment(data=data)
    ledger, names = Ledger(chosen.data / FILE), Names(chosen.base)
    kind, code = naming.find(identifier, ledger, names)
    life = ledger.lives.of(kind, code)
    ends = [names.thing(kind, each) for each in ledger.lives.ends(kind, code)]
    found = {"iri": names.thing(kind, code), "state": life.state, "since": life.since, "successors": ends}
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        since = f" since {life.since[:10]}" if life.since else ""
        click.echo(f"{found['iri']} {life.state}{since}")
        for iri in ends:
            click.echo(iri)


@identifiers.command()
@click.argument("identifier")
@_data
@_json
def show(identifier: str, data: Path | None, as_json: bool) -> None:
    """Show all that is known of an IDENTIFIER: its rows, what others call it, what was decided of it."""
    chosen = settings.from_environment(data=data)
    ledger, names = Ledger(chosen.data / FILE), Names(chosen.base)
    kind, code = naming.find(identifier, ledger, names)
    life = ledger.lives.of(kind, code)
    iri = names.thing(kind, code)
    known = _identities(chosen)
    erased = life.state == "erased"
    facts: dict[str, Any] = {
        "iri": iri,
        "state": life.state,
        "successors": [names.thing(kind, each) for each in ledger.lives.ends(kind, code)],
        "rows": [] if erased else [f"{name}:{local}" for name, local in ledger.rows_of(kind, code)],
        "outside": [asdict(each) for each in (known.outside_of(iri) if known else ())],
        "history": [_decided(each, names) for each in life.history],
    }
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1))
        return
    for label, value in facts.items():
        for line in value if isinstance(value, list) else [value]:
            click.echo(f"{label:<11}{' '.join(line.values()) if isinstance(line, dict) else line}")


def _decided(decision: Any, names: Names) -> dict[str, str]:
    others = " ".join(names.thing(decision.kind, each) for each in decision.others)
    said = {"at": decision.at, "event": decision.event, "to": others, "by": decision.author, "why": decision.reason}
    return {name: text for name, text in said.items() if text}


@identifiers.command()
@click.argument("identifier")
@click.argument("into")
@_deciding_options
def merge(identifier: str, into: str, reason: str, author: str, **options: Any) -> None:
    """Let IDENTIFIER lead to INTO from now on: both name the same thing."""
    chosen = _settings(options)
    one, other = deciding.find(chosen, identifier, into)
    with deciding.deciding(chosen) as decisions:
        decisions.merge(one, other, Said(reason, author))
    _publish(chosen, options, f"{_iri(chosen, one)} leads to {_iri(chosen, other)}.", [one, other])


@identifiers.command()
@click.argument("identifier")
@click.option("--row", "rows", multiple=True, required=True, help="registry:local-id of a row; may be repeated.")
@_deciding_options
def split(identifier: str, rows: tuple[str, ...], reason: str, author: str, **options: Any) -> None:
    """Take IDENTIFIER apart: the named rows are one thing, all other rows that feed it another."""
    chosen = _settings(options)
    (one,) = deciding.find(chosen, identifier)
    with deciding.deciding(chosen) as decisions:
        known = decisions.ledger.rows_of(*one)
        given = decisions.split(one, [naming.row(text, known) for text in rows], Said(reason, author))
    names = [(one[0], code) for code in given]
    told = " and ".join(_iri(chosen, each) for each in names)
    _publish(chosen, options, f"{_iri(chosen, one)} is split into {told}.", [one, *names])


@identifiers.command()
@click.argument("identifier")
@_deciding_options
def withdraw(identifier: str, reason: str, author: str, **options: Any) -> None:
    """Withdraw IDENTIFIER: its address says from now on who withdrew it, when and why."""
    chosen = _settings(options)
    (one,) = deciding.find(chosen, identifier)
    with deciding.deciding(chosen) as decisions:
        decisions.withdraw(one, Said(reason, author))
    _publish(chosen, options, f"{_iri(chosen, one)} is withdrawn.", [one])


@identifiers.command()
@click.argument("identifier")
@_deciding_options
def restore(identifier: str, reason: str, author: str, **options: Any) -> None:
    """Take back that IDENTIFIER was merged, withdrawn or split."""
    chosen = _settings(options)
    (one,) = deciding.find(chosen, identifier)
    with deciding.deciding(chosen) as decisions:
        decisions.restore(one, Said(reason, author))
    _publish(chosen, options, f"{_iri(chosen, one)} is valid again.", [one])


@identifiers.command()
@click.argument("identifier")
@click.option("--reason", required=True, help="Why; printed here and kept nowhere.")
@click.option("--author", required=True, help="Who decides; printed here and kept nowhere.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_sources
@_folders
@_data
@_json
def erase(identifier: str, reason: str, author: str, yes: bool, **options: Any) -> None:
    """Remove every trace of what IDENTIFIER names, from releases that have it too. This cannot be taken back."""
    chosen = _settings(options)
    (one,) = deciding.find(chosen, identifier)
    Said(reason, author)
    if not yes:
        click.confirm(f"Erase {_iri(chosen, one)} with all releases that have it? It cannot be taken back", abort=True)
    done = erasure.erase(chosen, one, _folders_of(chosen, options), _sources_of(chosen, options))
    told = asdict(done) | {"iri": _iri(chosen, one)}
    if options["as_json"]:
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    click.echo(f"{_iri(chosen, one)} is erased; the release is {done.release}.")
    for what, found in (("release", done.releases), ("received file", done.files), ("receipt", done.receipts)):
        for name in found:
            click.echo(f"removed {what} {name}")
    for path in done.outside:
        click.echo(f"still in {path}, which is not ours to change: take the row out there")


@identifiers.command()
@click.option("--accept", nargs=2, metavar="A B", help="Decide that A and B are the same thing.")
@click.option("--refuse", nargs=2, metavar="A B", help="Decide that they are not, so that nobody is asked again.")
@click.option("--reason", default="", help="Why; needed with --accept and --refuse, asked for on a terminal.")
@click.option("--author", default="", help="Who decides.")
@click.option("--least", default=0.5, show_default=True, help="Lowest score of pairs, from 0 to 1.")
@click.option("--limit", default=50, show_default=True, help="Pairs that are shown.")
@click.option("--no-build", is_flag=True, help="Only write it down; the next build makes the release.")
@_sources
@_folders
@_data
@_json
def review(
    accept: tuple[str, str] | None,
    refuse: tuple[str, str] | None,
    reason: str,
    author: str,
    least: float,
    limit: int,
    **options: Any,
) -> None:
    """List pairs of things that may be the same, with score and evidence; on a terminal, decide about each."""
    chosen = _settings(options)
    if accept or refuse:
        one, other = deciding.find(chosen, *(accept or refuse or ()))
        with deciding.deciding(chosen) as decisions:
            if accept:
                stays = decisions.accept(one, other, Said(reason, author))
                told = f"Both are {_iri(chosen, stays)}."
            else:
                decisions.refuse(one, other, Said(reason, author))
                told = f"{_iri(chosen, one)} and {_iri(chosen, other)} are two things."
        _publish(chosen, options, told, [one, other], needed=bool(accept))
        return
    pairs = reviewing.pairs(chosen, least)
    if options["as_json"]:
        click.echo(json.dumps([asdict(pair) for pair in pairs[:limit]], ensure_ascii=False, indent=1))
    elif sys.stdin.isatty():
        _ask(chosen, options, pairs, reason, author)
    else:
        for pair in pairs[:limit]:
            click.echo(_told(pair))
        click.echo(f"{len(pairs)} pairs.", err=True)


def _ask(chosen: Settings, options: dict[str, Any], pairs: Sequence[Pair], reason: str, author: str) -> None:
    """Ask about one pair after the other; what is decided is written at once, the release is made at the end."""
    author = author or click.prompt("Who decides")
    accepted: list[Name] = []
    for number, pair in enumerate(pairs, 1):
        click.echo(f"\n{number} of {len(pairs)}: {_told(pair)}")
        answer = click.prompt("The same", type=click.Choice(["yes", "no", "later", "stop"]), default="later")
        if answer == "stop":
            break
        if answer == "later":
            continue
        said = Said(reason or "; ".join(f"{what}: {both}" for what, both in pair.evidence), author)
        one, other = deciding.find(chosen, pair.iri, pair.other)
        with deciding.deciding(chosen) as decisions:
            if answer == "yes":
                decisions.accept(one, other, said)
                accepted += [one, other]
            else:
                decisions.refuse(one, other, said)
    if accepted:
        _publish(chosen, options, f"{len(accepted) // 2} pairs are the same.", accepted)


def _told(pair: Pair) -> str:
    why = "; ".join(f"{what}: {both}" for what, both in pair.evidence)
    return (
        f"{pair.score:.2f}  {pair.name} ({', '.join(pair.registries)})  {pair.iri}\n"
        f"      {pair.other_name} ({', '.join(pair.other_registries)})  {pair.other}\n      {why}"
    )


def _publish(
    chosen: Settings, options: dict[str, Any], told: str, concerned: Sequence[Name], needed: bool = True
) -> None:
    """Make a release with what was decided, unless it is to wait, and say so.

    Raises BadInput when a registry that has rows of it could not be read again, so that what it says stays as it was.
    """
    outcome = None
    if needed and not options["no_build"]:
        outcome = pipeline.build(chosen, _sources_of(chosen, options), _folders_of(chosen, options))
    if options["as_json"]:
        release = outcome.current if outcome else None
        click.echo(json.dumps({"decided": told, "release": release}, ensure_ascii=False, indent=1))
    else:
        where = f" The release is {outcome.current}." if outcome else ""
        waits = " The next build makes it public." if needed and outcome is None else ""
        click.echo(told + where + waits)
    if outcome is not None:
        _check_read(chosen, outcome, concerned)


def _check_read(chosen: Settings, outcome: Outcome, concerned: Sequence[Name]) -> None:
    ledger = Ledger(chosen.data / FILE)
    registries = {name for each in concerned for name, _ in ledger.rows_of(each[0], ledger.lives.end(*each))}
    stale = sorted(registries & outcome.skipped.keys() & set(outcome.reused))
    if stale:
        raise BadInput(
            f"It is decided, but the files of {', '.join(stale)} are not there, so what it says is as it was; build "
            "again with --sources and --registries that have them."
        )


def _settings(options: dict[str, Any]) -> Settings:
    return settings.from_environment(data=options["data"])


def _folders_of(chosen: Settings, options: dict[str, Any]) -> list[Path]:
    return [assets.folder("registries"), *settings.folders(chosen.registries), *options["folders"]]


def _sources_of(chosen: Settings, options: dict[str, Any]) -> Path | None:
    named: Path | None = options["sources"]
    return named or (Path(chosen.sources) if chosen.sources else None)


def _iri(chosen: Settings, name: Name) -> str:
    return Names(chosen.base).thing(*name)


def _identities(chosen: Settings) -> Identities | None:
    releases = Releases(chosen.data)
    current = releases.current()
    return Identities(releases.folder(current.id) / IDENTITIES) if current else None
