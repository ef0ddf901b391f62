"""What registries sent: `intake/<registry>/<submission>/` with the file as received, its report, its state.

A submission is written beside, put on disk and then renamed, so that half an upload leaves nothing. Its id is the time
it arrived, never the same or earlier than the one before, so that names in order are deliveries in order.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final

from eclod.core.errors import BadInput, Damaged, NotFound, TooLarge, TooManyRequests
from eclod.store import submission as parts
from eclod.store.submission import Approval, Arrival, Progress, Submission

FOLDER: Final = "intake"
#: Submissions of one registry that wait for the publisher at the same time.
MOST_WAITING: Final = 20

_INCOMING: Final = ".incoming"
_BELL: Final = ".bell"
_DUE: Final = ".due"
_REGISTRY: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ID: Final = re.compile(r"\d{8}T\d{12}Z")
_ID_FORMAT: Final = "%Y%m%dT%H%M%S%fZ"
_CHUNK: Final = 1 << 20
#: An upload that nothing was added to for so long is nobody's any more, in seconds.
_ABANDONED: Final = 3600
#: What is kept of the name of a file that somebody sent.
_NOT_IN_NAMES: Final = re.compile(r"[^\w.,()+ -]+")
_LONGEST_NAME: Final = 100


class Upload:
    """A file on its way in, in a folder of its own that is gone again unless it is received."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name, self.size, self.sha256 = "", 0, ""

    def save(self, stream: IO[bytes], name: str, limit: int) -> None:
        """Put a stream of at most `limit` bytes on disk under a safe form of its name; raises TooLarge."""
        self.name = safe_name(name)
        digest = hashlib.sha256()
        target = self.folder / parts.CONTENT / self.name
        target.parent.mkdir()
        with target.open("wb") as file:
            while chunk := stream.read(_CHUNK):
                if file.tell() + len(chunk) > limit:
                    raise TooLarge(
                        f"The file is longer than the {limit >> 20} MiB that this service takes; send it in parts that "
                        "belong to different files of the registry, or ask the operator (ECLOD_UPLOAD_MB).",
                        limit=limit,
                    )
                digest.update(chunk)
                file.write(chunk)
            self.size, self.sha256 = file.tell(), digest.hexdigest()
            file.flush()
            os.fsync(file.fileno())


class Intake:
    """The submissions of all registries below one data folder."""

    def __init__(self, data: Path) -> None:
        self.root = data / FOLDER

    @contextmanager
    def upload(self) -> Iterator[Upload]:
        """Make room for a file that arrives; what was not received when this ends is removed."""
        folder = self.incoming() / secrets.token_hex(8)
        folder.mkdir()
        try:
            yield Upload(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def incoming(self) -> Path:
        """Return the folder for what is on its way in; raises BadInput when it cannot be made."""
        folder = self.root / _INCOMING
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise BadInput(f"The folder {self.root} cannot be written: {error.strerror}. Set ECLOD_DATA.") from error
        return folder

    def receive(
        self, upload: Upload, registry: str, at: datetime | None = None, **facts: Any
    ) -> tuple[Submission, bool]:
        """Take in what was uploaded for a registry, and return the submission and whether it is new.

        The same content as the one that counts now is not taken in again: that one is returned. `facts` are further
        fields of Arrival. Raises TooManyRequests when too many of the registry's wait to be checked.
        """
        moment = (at or datetime.now(UTC)).astimezone(UTC)
        folder = self.root / registry
        folder.mkdir(exist_ok=True, mode=0o700)
        with _lock(folder / ".lock"):
            known = self.submissions(registry)
            source = facts.get("source", "")
            if (same := _counts_now(known, upload.sha256, source)) and facts.get("operation") != "merge":
                return same, False
            if sum(each.state == "received" for each in known) >= MOST_WAITING:
                raise TooManyRequests(
                    f"{MOST_WAITING} submissions of this registry wait to be checked already; send this one later.",
                    retry_after=60,
                )
            arrival = Arrival(
                received=moment.isoformat(timespec="microseconds"),
                file=upload.name,
                size=upload.size,
                sha256=upload.sha256,
                key=secrets.token_urlsafe(32),
                **facts,
            )
            name = _next_id(moment, known[-1].id if known else "")
            parts.write(upload.folder / parts.ARRIVAL, arrival)
            parts.write(upload.folder / parts.STATE, Progress(at=arrival.received))
            for path in (upload.folder / parts.CONTENT, upload.folder):
                parts.sync(path)
            upload.folder.rename(folder / name)
            parts.sync(folder)
        self.ring()
        return self.get(registry, name), True

    def get(self, registry: str, name: str) -> Submission:
        """Return a submission; raises NotFound."""
        folder = self.root / registry / name
        if not (_REGISTRY.fullmatch(registry) and _ID.fullmatch(name) and folder.is_dir()):
            raise NotFound("There is no such submission.")
        try:
            arrival, progress = parts.read(folder / parts.ARRIVAL, Arrival), parts.read(folder / parts.STATE, Progress)
        except Damaged:
            if folder.is_dir():
                raise
            raise NotFound("There is no such submission.") from None
        return Submission(registry, name, folder, arrival, progress)

    def ids(self, registry: str) -> list[str]:
        """Return the ids of a registry's submissions in the order they arrived."""
        folder = self.root / registry
        if not _REGISTRY.fullmatch(registry) or not folder.is_dir():
            return []
        return sorted(path.name for path in folder.iterdir() if _ID.fullmatch(path.name))

    def submissions(self, registry: str) -> list[Submission]:
        """Return a registry's submissions in the order they arrived."""
        found = []
        for name in self.ids(registry):
            with suppress(NotFound):  # removed meanwhile
                found.append(self.get(registry, name))
        return found

    def registries(self) -> list[str]:
        """Return the names of the registries that sent something."""
        if not self.root.is_dir():
            return []
        names = sorted(path.name for path in self.root.iterdir() if _REGISTRY.fullmatch(path.name) and path.is_dir())
        return [name for name in names if self.ids(name)]

    def accepted(self) -> dict[tuple[str, str], Submission]:
        """Return the submission that builds take for each (registry, file of the registry) that has one."""
        return {
            (name, each.progress.source): each
            for name in self.registries()
            for each in self.submissions(name)
            if each.accepted
        }

    def advance(self, submission: Submission, **changes: Any) -> Submission:
        """Put down how far a submission got, and return it so; for the publisher only."""
        changes.setdefault("at", datetime.now(UTC).isoformat(timespec="microseconds"))
        progress = submission.progress.model_copy(update=changes)
        parts.write(submission.folder / parts.STATE, progress)
        return Submission(submission.registry, submission.id, submission.folder, submission.arrival, progress)

    def approve(self, submission: Submission, token: str = "") -> None:
        """Put down that a waiting submission shall be published; raises BadInput when it does not wait."""
        if submission.state != "waiting":
            raise BadInput(
                f"The submission {submission.id} does not wait for anybody: it is {submission.state}.",
                state=submission.state,
            )
        approval = Approval(at=datetime.now(UTC).isoformat(timespec="seconds"), token=token)
        parts.write(submission.folder / parts.APPROVAL, approval)
        self.ring()

    def ring(self) -> None:
        """Tell the publisher that there is something to do."""
        path = self.root / _BELL
        path.touch()
        now = time.time_ns()
        os.utime(path, ns=(now, now))

    def rung(self) -> int:
        """Return when the bell was rung last, 0 for never; what differs means that it was rung meanwhile."""
        try:
            return (self.root / _BELL).stat().st_mtime_ns
        except OSError:
            return 0

    def has_unfinished(self) -> bool:
        """Return whether a submission is neither settled nor left to wait by everybody."""
        return any(
            not each.settled or (each.state == "waiting" and each.approval() is not None)
            for name in self.registries()
            for each in self.submissions(name)
        )

    def is_due(self, moment: datetime) -> bool:
        """Return whether a file at an address is to be looked at again."""
        try:
            return (self.root / _DUE).read_text(encoding="ascii").strip() <= moment.isoformat()
        except (OSError, UnicodeDecodeError):
            return False

    def plan(self, moment: datetime | None) -> None:
        """Put down when a file at an address is to be looked at next, None for never; for the publisher only."""
        path = self.root / _DUE
        if moment is None:
            path.unlink(missing_ok=True)
            return
        fresh = path.with_name(f"{_DUE}.{secrets.token_hex(4)}")
        fresh.write_text(moment.astimezone(UTC).isoformat(), encoding="ascii")
        fresh.replace(path)

    def sweep(self) -> None:
        """Remove uploads that nobody goes on with."""
        for path in (self.root / _INCOMING).glob("*"):
            with suppress(OSError):
                if path.stat().st_mtime + _ABANDONED < time.time():
                    shutil.rmtree(path)


def safe_name(name: str) -> str:
    """Return the last part of a file's name with nothing in it that means something to a file system or a header."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = _NOT_IN_NAMES.sub("_", last).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot:
        return plain[:_LONGEST_NAME] or "delivery"
    return f"{stem[: _LONGEST_NAME - len(ending) - 1] or 'delivery'}.{ending[:10]}"


def _counts_now(known: list[Submission], sha256: str, source: str) -> Submission | None:
    """Return the submission of this content when sending it again would change nothing.

    While something newer is on its way, only the newest can be that; else the one that counts for any of the files.
    """
    heads: dict[str, Submission] = {}
    for each in known:
        if each.state == "refused":
            continue
        if each.state in ("received", "waiting") or each.progress.sandbox:
            heads.clear()
        heads[each.progress.source] = each
    fits = (each for each in heads.values() if not source or source in (each.progress.source, each.arrival.source))
    return next((each for each in fits if each.arrival.sha256 == sha256 and each.arrival.operation == "replace"), None)


def _next_id(moment: datetime, newest: str) -> str:
    """Return the id of what arrives at a moment: later than the newest, also when a clock was set back."""
    if newest and moment.strftime(_ID_FORMAT) <= newest:
        moment = datetime.strptime(newest, _ID_FORMAT).replace(tzinfo=UTC) + timedelta(microseconds=1)
    return moment.strftime(_ID_FORMAT)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
