"""The members of the feed, in files of a page each, and how they are added to.

A page is N-Triples, compressed: what its members hold, each under a comment with what else there is to say. Its file is
never written to again: a page that grows, or loses something to an erasure, gets a file of another name, and the head
names the files that count. So whatever moment a writer dies at, readers have the feed as it was or as it shall be.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from eclod.core.errors import Damaged, NotFound, TooBusy
from eclod.rdf.feed.model import Kind, Member
from eclod.store.feed import head as heads
from eclod.store.feed.head import Head, PageEntry

#: Members of a page, and bytes after which it takes no further one.
MEMBERS: Final = 1000
LARGEST: Final = 4 << 20
_COMPRESSION: Final = 2
#: What stands before the payload of a member: day and thing are taken.
_ABOUT: Final = re.compile(rb"^# [0-9]+ [A-Za-z]+ ([0-9-]{10})\S* (\S+)$", re.MULTILINE)
_TICK: Final = timedelta(microseconds=1)


class News(NamedTuple):
    """What is to be added about a thing: kind, IRI, N-Triples."""

    kind: Kind
    object: str
    payload: bytes


class Log:
    """The feed in a folder. Any number of readers; one writer at a time, who holds the publisher's lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: tuple[tuple[int, int, int], Head] | None = None

    def head(self) -> Head:
        """Return what the feed is now; raises Damaged."""
        try:
            state = (self.folder / heads.FILE).stat()
        except OSError:
            return Head()
        mark = (state.st_ino, state.st_mtime_ns, state.st_size)
        if self._seen is None or self._seen[0] != mark:
            self._seen = mark, heads.read(self.folder)
        return self._seen[1]

    def page(self, number: int) -> PageEntry:
        """Return the entry of a page; raises NotFound."""
        pages = self.head().pages
        if not 1 <= number <= len(pages):
            raise NotFound(f"The feed has no page {number}; it has {len(pages)}.")
        return pages[number - 1]

    def members(self, number: int) -> list[Member]:
        """Return the members of a page as it is now; raises NotFound, Damaged."""
        return self.members_of(self.page(number))

    def members_of(self, entry: PageEntry) -> list[Member]:
        """Return the members of a page as an entry has it.

        Raises TooBusy when the page is another one by now, which is rare and passes, Damaged when it cannot be read.
        """
        path = self.folder / entry.file
        try:
            return _read(path)
        except FileNotFoundError:
            if self.page(entry.number).file == entry.file:
                raise Damaged(f"The page {path} of the feed is gone; restore it from a copy.") from None
            raise TooBusy(f"Page {entry.number} of the feed is being added to; ask again.", retry_after=1) from None

    def replay(self) -> Iterator[Member]:
        """Return all members, in order."""
        for entry in self.head().pages:
            yield from self.members_of(entry)

    def days(self) -> dict[str, str]:
        """Return the day (ISO) on which each thing (IRI) was last told of; what is said of them is not looked at."""
        found: dict[str, str] = {}
        for entry in self.head().pages:
            try:
                content = _content(self.folder / entry.file)
            except FileNotFoundError:  # it is being added to, so that its things change now
                continue
            found.update((thing.decode(), day.decode()) for day, thing in _ABOUT.findall(content))
        return found

    def some(self, first: int, count: int) -> list[Member]:
        """Return so many members from a number on, fewer when there are no more."""
        found: list[Member] = []
        before = 0
        for entry in self.head().pages:
            if before + entry.members >= first and len(found) < count:
                found += (m for m in self.members_of(entry) if m.number >= first)
            before += entry.members
        return found[:count]

    def append(self, head: Head, news: Iterable[News], moment: datetime) -> Head:
        """Write what is to be added, each a microsecond after the other, and return the head that will have it."""
        pages = list(head.pages)
        waiting: list[Member] = []
        if pages and not pages[-1].full:
            waiting = _read(self.folder / pages.pop().file)
        size = sum(len(member.payload) for member in waiting)
        at = max(moment.astimezone(UTC), _after(head.last))
        number = head.members
        for kind, thing, payload in news:
            number += 1
            if len(waiting) >= MEMBERS or (waiting and size + len(payload) > LARGEST):
                pages.append(self._write(len(pages) + 1, waiting, full=True))
                waiting, size = [], 0
            waiting.append(Member(number, kind, thing, _written(at), payload))
            size += len(payload)
            at += _TICK
        if waiting:
            pages.append(self._write(len(pages) + 1, waiting, full=len(waiting) >= MEMBERS))
        return head.model_copy(update={"pages": tuple(pages), "members": number})

    def without(self, head: Head, things: Collection[str]) -> Head:
        """Write the pages that say something of these things anew, without it, and return the head that has them."""
        if not things:
            return head
        marks = [f" {thing}\n".encode() for thing in things]
        pages = list(head.pages)
        for position, entry in enumerate(head.pages):
            content = _content(self.folder / entry.file)
            if not any(mark in content for mark in marks):
                continue
            members = [
                Member(m.number, Kind.DELETE, m.object, m.published) if m.object in things else m
                for m in _members(content)
            ]
            pages[position] = self._write(entry.number, members, entry.full)
        return head.model_copy(update={"pages": tuple(pages)})

    def save(self, head: Head) -> None:
        """Let the feed be what a head says, and remove the files that no longer count."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _sync(self.folder)
        _replace(self.folder / heads.FILE, head.model_dump_json(indent=1).encode() + b"\n")
        _sync(self.folder)
        wanted = {heads.FILE, *(entry.file for entry in head.pages)}
        for path in self.folder.iterdir():
            if path.name not in wanted:
                path.unlink()

    def _write(self, number: int, members: Sequence[Member], full: bool) -> PageEntry:
        content = b"".join(f"# {m.number} {m.kind} {m.published} {m.object}\n".encode() + m.payload for m in members)
        digest = hashlib.sha256(content).hexdigest()[:16]
        file = f"page-{number:06}-{digest}.nt.gz"
        self.folder.mkdir(parents=True, exist_ok=True)
        _replace(self.folder / file, gzip.compress(content, _COMPRESSION, mtime=0))
        return PageEntry(
            number=number,
            file=file,
            first=members[0].published,
            last=members[-1].published,
            members=len(members),
            full=full,
        )


def _read(path: Path) -> list[Member]:
    return list(_members(_content(path)))


def _content(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Damaged(f"The page {path} of the feed cannot be read ({error}); restore it from a copy.") from error


def _members(content: bytes) -> Iterator[Member]:
    # A line of N-Triples begins with < or _, never with #.
    for part in content.removeprefix(b"# ").split(b"\n# ") if content else ():
        about, _, payload = part.partition(b"\n")
        number, kind, published, thing = about.decode().split(" ")
        closed = payload if not payload or payload.endswith(b"\n") else payload + b"\n"
        yield Member(int(number), Kind(kind), thing, published, closed)


def _written(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _after(last: str) -> datetime:
    return datetime.fromisoformat(last) + _TICK if last else datetime.min.replace(tzinfo=UTC)


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    fresh = path.with_name(f".{path.name}")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
