"""One submission: its parts, each a small file in its folder, and what follows from them.

What arrived (`arrival.json`) never changes; how far it got (`state.json`) is written by the publisher alone; that
somebody wants it published (`approval.json`) by whoever says so. Each is replaced as a whole, so that a reader never
sees half of it.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from eclod.core.errors import Damaged

REPORT: Final = "report"
ARRIVAL, STATE, APPROVAL, CONTENT = "arrival.json", "state.json", "approval.json", "content"
_MERGED: Final = "merged.nt"

State = Literal["received", "checked", "waiting", "published", "refused"]
Operation = Literal["replace", "merge"]

Part = TypeVar("Part", bound=BaseModel)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Arrival(_Part):
    """What arrived: when, for which of the registry's files if that was said, by which token, and what is in it.

    `key` is a secret that opens the page of this one submission to whoever has it from the registry.
    """

    received: str
    file: str
    size: int
    sha256: str
    media_type: str = ""
    source: str = ""
    operation: Operation = "replace"
    token: str = ""
    origin: Literal["push", "pull", "command"] = "push"
    key: str


class Counts(_Part):
    """Rows of the file, and things that the release before has otherwise or not; None while not known."""

    read: int | None = None
    accepted: int | None = None
    rejected: int | None = None
    ignored: int | None = None
    added: int | None = None
    changed: int | None = None
    retired: int | None = None


class Progress(_Part):
    """How far a submission got; `source` is the registry's file that it stands for, `attempts` how often it was begun.

    `sandbox` says that it goes no further than being checked.
    """

    state: State = "received"
    at: str = ""
    message: str = ""
    source: str = ""
    counts: Counts = Counts()
    release: str = ""
    sandbox: bool = False
    attempts: int = 0
    seconds: dict[str, float] = {}


class Approval(_Part):
    """Who wants a waiting submission published, and since when: a token's id, or "" for the command line."""

    at: str
    token: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """One delivery of a registry, where it lies and how far it got."""

    registry: str
    id: str
    folder: Path
    arrival: Arrival
    progress: Progress

    @property
    def state(self) -> State:
        return self.progress.state

    @property
    def content(self) -> Path:
        """Return the file as it was received, under its own name."""
        return self.folder / CONTENT / self.arrival.file

    @property
    def merged(self) -> Path:
        """Return where what is added to a graph lies together with what was there."""
        return self.folder / _MERGED

    @property
    def delivered(self) -> Path:
        """Return the file that is checked and published."""
        return self.merged if self.arrival.operation == "merge" else self.content

    @property
    def report(self) -> Path:
        """Return the folder of its reports, which is there when it was checked."""
        return self.folder / REPORT

    @property
    def settled(self) -> bool:
        """Return whether nothing more happens to it unless somebody wants that."""
        return self.state in ("waiting", "published", "refused") or (self.state == "checked" and self.progress.sandbox)

    @property
    def accepted(self) -> bool:
        """Return whether builds take its file: it is published, or about to be."""
        return self.state in ("checked", "published") and not self.progress.sandbox

    def approval(self) -> Approval | None:
        """Return who wants it published, or None."""
        path = self.folder / APPROVAL
        return read(path, Approval) if path.exists() else None


def write(path: Path, content: BaseModel) -> None:
    """Replace a file as a whole: on disk before its name means it."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(json.dumps(content.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync(path.parent)


def read(path: Path, kind: type[Part]) -> Part:
    """Return a part from its file; raises Damaged."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise Damaged(f"The file {path} cannot be read ({error}); move its folder out of the intake.") from error


def sync(path: Path) -> None:
    """Put on disk what a file has, or which files a folder has."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
