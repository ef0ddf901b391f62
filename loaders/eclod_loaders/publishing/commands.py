"""What the command line can do with deliveries: tokens, submitting, promoting, and the publisher itself."""

from __future__ import annotations

import json
import mimetypes
import resource
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import click
from rich.console import Console
from rich.table import Column, Table

from eclod.core import settings
from eclod.core.errors import BadInput, Locked, NotFound
from eclod.core.settings import Settings
from eclod.store import publishing
from eclod.store.intake import Intake
from eclod.store.submission import Submission
from eclod.store.tokens import FILE, Tokens
from eclod_loaders.declarations.registry import NAME
from eclod_loaders.publishing.publisher import Publisher

#: Names that mean something else in the intake.
_RESERVED = ("downloads",)
#: How often the bell of the intake is looked at, in seconds; one look is one question to the file system.
_LOOK = 0.1
#: How often it is looked for what nobody rang for, such as a build that had the data folder.
_LOOK_AROUND = 2.0

_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
_data = click.option("--data", type=click.Path(path_type=Path), help="Data folder (else ECLOD_DATA).")
_folders = click.option(
    "--registries",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Folder with registries, beside those of ECLOD_REGISTRIES; may be repeated.",
)


@click.group()
def token() -> None:
    """Make, list and revoke the tokens with which a registry sends its deliveries."""


@token.command("create")
@click.argument("name")
@click.option("--note", default="", help="Who has it, or what for.")
@_folders
@_data
def create_token(name: str, note: str, folders: tuple[Path, ...], data: Path | None) -> None:
    """Make a token for the registry NAME and print it: it is shown this once."""
    chosen = settings.from_environment(data=data)
    if not NAME.fullmatch(name) or name in _RESERVED:
        raise BadInput(f"'{name}' cannot be the name of a registry that sends deliveries.")
    known = Publisher(chosen, folders).registries()
    if name not in known:
        raise NotFound(f"There is no registry '{name}'; there are {', '.join(known)}.")
    made, text = _tokens(chosen).create(name, note)
    click.echo(text)
    Console(stderr=True, highlight=False, soft_wrap=True).print(
        f"Token {made.id} of {name}. It is not shown again; 'eclod registry token revoke {name} {made.id}' ends it.",
        markup=False,
    )


@token.command("list")
@click.argument("name")
@_data
@_json
def list_tokens(name: str, data: Path | None, as_json: bool) -> None:
    """List the tokens of the registry NAME, without their secrets."""
    found = _tokens(settings.from_environment(data=data)).of_registry(name)
    rows = [{"id": t.id, "created": t.created, "revoked": t.revoked or None, "note": t.note} for t in found]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    table = Table("token", "created", "revoked", "note")
    for row in rows:
        table.add_row(*(row[name] or "" for name in ("id", "created", "revoked", "note")))
    Console(highlight=False).print(table)


@token.command("revoke")
@click.argument("name")
@click.argument("token_id", metavar="TOKEN")
@_data
def revoke_token(name: str, token_id: str, data: Path | None) -> None:
    """End the TOKEN (its id) of the registry NAME, at once."""
    _tokens(settings.from_environment(data=data)).revoke(name, token_id)
    click.echo(f"The token {token_id} of {name} holds no longer.")


@click.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", default="", help="Which of the registry's files it stands for; else told by its name.")
@_folders
@_data
@_json
def submit(name: str, file: Path, source: str, folders: tuple[Path, ...], data: Path | None, as_json: bool) -> None:
    """Send FILE as a delivery of the registry NAME, as a push over the web does, and wait for what becomes of it.

    The exit code is 0 when it is published or says what is published already.
    """
    publisher = Publisher(settings.from_environment(data=data), folders)
    if name not in publisher.registries():
        raise NotFound(f"There is no registry '{name}'; 'eclod registry list' shows those that come with eclod.")
    if not file.is_file():
        raise BadInput(f"There is no file {file}; check the path.")
    media_type = mimetypes.guess_type(file.name)[0] or ""
    with publisher.intake.upload() as upload, file.open("rb") as stream:
        upload.save(stream, file.name, file.stat().st_size)
        facts: dict[str, Any] = {"source": source, "media_type": media_type, "origin": "command"}
        submission, is_new = publisher.intake.receive(upload, name, **facts)
    _finish(publisher, submission, as_json, "" if is_new else "This content was sent before: nothing changed. ")


@click.command()
@click.argument("name")
@click.argument("submission_id", metavar="[SUBMISSION]", required=False)
@_folders
@_data
@_json
def promote(name: str, submission_id: str | None, folders: tuple[Path, ...], data: Path | None, as_json: bool) -> None:
    """Publish the delivery of the registry NAME that waits, the newest unless another is named."""
    publisher = Publisher(settings.from_environment(data=data), folders)
    if submission_id is None:
        waiting = [each for each in publisher.intake.submissions(name) if each.state == "waiting"]
        if not waiting:
            raise NotFound(f"No delivery of the registry '{name}' waits.")
        submission_id = waiting[-1].id
    submission = publisher.intake.get(name, submission_id)
    publisher.intake.approve(submission)
    _finish(publisher, submission, as_json, "", promoted=True)


@click.command()
@click.argument("name")
@_data
@_json
def submissions(name: str, data: Path | None, as_json: bool) -> None:
    """List what the registry NAME sent and what became of it, the newest last."""
    found = Intake(settings.from_environment(data=data).data).submissions(name)
    if as_json:
        click.echo(json.dumps([_facts(each) for each in found], ensure_ascii=False, indent=1))
        return
    # What other commands ask for is never cut, however narrow the terminal is.
    table = Table(Column("submission", no_wrap=True), "file", "bytes", Column("state", no_wrap=True), "message")
    for each in found:
        table.add_row(each.id, each.arrival.file, f"{each.arrival.size:,}", each.state, each.progress.message)
    Console(highlight=False).print(table)


@click.command()
@click.option("--once", is_flag=True, help="Settle what there is, then end.")
@_folders
@_data
def publisher(once: bool, folders: tuple[Path, ...], data: Path | None) -> None:
    """Check and publish what registries send, until stopped; `eclod serve` runs it when there is something to do."""
    chosen = settings.from_environment(data=data)
    worker = Publisher(chosen, folders)
    limit = chosen.publisher_memory_mb << 20
    # Of its own data, not of the files it has mapped: those are the system's to give back.
    resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with worker.only_one():
        worker.intake.sweep()
        busy_at, looked_at = -chosen.publisher_seconds, 0.0  # when there is nothing at the first look, it is not needed
        rung, is_awaited, is_prepared = -1, False, False
        worker.look_around(datetime.now(UTC))
        while not stopping:
            now = time.monotonic()
            if rung != (rung := worker.intake.rung()) or now - looked_at > _LOOK_AROUND:
                looked_at = now
                is_awaited = publishing.is_awaited(chosen.data)
                if worker.intake.is_due(datetime.now(UTC)):
                    worker.look_around(datetime.now(UTC))
                while not stopping and worker.step():
                    busy_at, is_prepared = time.monotonic(), False
                if not is_prepared and (busy_at > 0 or is_awaited) and not stopping:
                    worker.prepare()
                    is_prepared = True
            # One that has worked ends, and with it all that it has read; the service starts another one where one is
            # awaited.
            if once or (time.monotonic() - busy_at > chosen.publisher_seconds and (busy_at > 0 or not is_awaited)):
                break
            time.sleep(_LOOK)


def _finish(publisher: Publisher, submission: Submission, as_json: bool, before: str, promoted: bool = False) -> None:
    """Settle a submission here, or wait until the publisher that runs has, and say what became of it."""
    submission = _settled(publisher, submission, promoted)
    if as_json:
        click.echo(json.dumps(_facts(submission), ensure_ascii=False, indent=1))
    else:
        text = f"{submission.id} is {submission.state}. {before}{submission.progress.message}"
        Console(highlight=False, soft_wrap=True).print(text, markup=False)
        if submission.report.is_dir():
            click.echo(str(submission.report / "report.html"))
    if submission.state not in ("published", "checked"):
        raise SystemExit(1)
    if submission.state == "published":
        with suppress(Locked), publisher.only_one():  # one that runs prepares itself
            publisher.prepare()


def _settled(publisher: Publisher, submission: Submission, promoted: bool) -> Submission:
    def is_done(found: Submission) -> bool:
        return found.settled and not (promoted and found.state == "waiting")

    while True:
        try:
            with publisher.only_one():
                while not is_done(found := publisher.intake.get(submission.registry, submission.id)):
                    if not publisher.step():
                        time.sleep(_LOOK)
                return found
        except Locked:
            if is_done(found := publisher.intake.get(submission.registry, submission.id)):
                return found
            time.sleep(_LOOK)


def _facts(submission: Submission) -> dict[str, Any]:
    progress = submission.progress
    return {
        "id": submission.id,
        "registry": submission.registry,
        "file": submission.arrival.file,
        "size": submission.arrival.size,
        "sha256": submission.arrival.sha256,
        "received": submission.arrival.received,
        "state": submission.state,
        "message": progress.message,
        "counts": progress.counts.model_dump(),
        "release": progress.release or None,
        "seconds": progress.seconds,
    }


def _tokens(chosen: Settings) -> Tokens:
    return Tokens(chosen.data / FILE)
