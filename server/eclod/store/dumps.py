"""Dumps: sorted lines in compressed files, made of parts of which a new release rewrites those that changed only.

A dump is one gzip member (RFC 1952), as every reader takes it. Inside, each part stands by itself: it ends with a full
flush (RFC 1951, section 3.2.3), so that it can be copied and read without the others. Where a part begins depends on
the subjects and on nothing else, so the same lines give the same bytes, whatever was there before. What the parts are
stands in `parts/<name>` below the release: how they were made, then a line for each with its bytes in the file of
quads, its bytes in that of Turtle, its lines, and its first subject.
"""

from __future__ import annotations

import hashlib
import itertools
import mmap
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, cast

import pyoxigraph as ox
from zlib_ng import zlib_ng

from eclod.store import lines
from eclod.store.manifest import FileEntry

FOLDER: Final = "dumps"
PARTS: Final = "parts"
QUADS: Final = ".nq.gz"
TURTLE: Final = ".ttl.gz"

#: Of so many subjects about one begins a part: more parts make the files larger, fewer a change dearer.
_SUBJECTS: Final = 8
#: Level 6 takes four times as long for a tenth less.
_COMPRESSION: Final = 2
#: Deflate without a frame of its own.
_RAW: Final = -15
#: The head of a member without name and time, made on no particular system (RFC 1952, section 2.3).
_HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
#: A last, empty block (RFC 1951, section 3.2.3).
_END: Final = b"\x03\x00"
#: What zlib-ng raises, which its annotations call an object. It unpacks, and checks, in two thirds of the time; packing
#: is left to Python's zlib, since the bytes of a part are to be the same on every machine.
_BROKEN: Final = cast("type[Exception]", zlib_ng.error)
_COPIED_AT_ONCE: Final = 1 << 20
#: Unpacked bytes are hashed so many at a time: around each hash threads wake each other, which takes longer than a
#: short one.
_NOTED_AT_ONCE: Final = 4 << 20

#: Begins with no prefix that anybody would use.
_TRIPLE: Final = ox.Triple(ox.NamedNode("x:s"), ox.NamedNode("x:p"), ox.NamedNode("x:o"))

#: The prefixes of the Turtle file; None for a dump without one.
Prefixes = dict[str, str] | None


class Digest(Protocol):
    """What is told bytes one after the other, such as a hash."""

    def update(self, content: bytes, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a dump: their first subject, their bytes in the files of quads and of Turtle, how many they are."""

    subject: bytes
    quads: int
    turtle: int
    lines: int


@dataclass(frozen=True, slots=True)
class Dump:
    """What was written: how many lines, their SHA-256 in hexadecimal, the files."""

    lines: int
    sha256: str
    paths: tuple[Path, ...]


def write(release: Path, name: str, content: Iterable[bytes], prefixes: Prefixes) -> Dump:
    """Write the dump of sorted lines in the folder of a release, as Turtle too when there are prefixes for it."""
    with _Writing(release, name, prefixes) as writing:
        for some in _cut(content):
            writing.add(some)
        return writing.end()


def update(
    release: Path,
    name: str,
    before: Path,
    known: Sequence[FileEntry],
    removed: Iterable[bytes],
    added: Iterable[bytes],
    prefixes: Prefixes,
) -> Dump:
    """Write the dump that differs from that of the release before in these lines only; it can be updated.

    Gives what `write` gives for all lines. Raises Damaged when the files of the dump before cannot be read or are no
    longer what was `known` of them: parts that are copied are not looked at.
    """
    for file in known:
        _check(before / FOLDER / file.name, file)
    with Reader(before, name) as old, _Writing(release, name, prefixes) as writing:
        done = 0
        for start, end, content in _rewritten(old, removed, added):
            writing.copy(old, done, start)
            for some in _cut(content):
                writing.add(some)
            done = end
        writing.copy(old, done, len(old.parts))
        return writing.end()


def can_be_updated(release: Path, name: str, prefixes: Prefixes) -> bool:
    """Tell whether a release has this dump in parts that are made as they are made now."""
    try:
        with (release / PARTS / name).open("rb") as file:
            return file.readline() == _way(prefixes)
    except OSError:
        return False


def _check(path: Path, known: FileEntry) -> None:
    try:
        found = FileEntry.of(path)
    except OSError as error:
        raise lines.unreadable(path, error) from error
    if (found.size, found.sha256) != (known.size, known.sha256):
        raise lines.unreadable(path, "it is not what it was when it was written")


class Reader:
    """A dump that is read part by part; raises Damaged where it cannot be."""

    def __init__(self, release: Path, name: str) -> None:
        self.paths = {ending: release / FOLDER / f"{name}{ending}" for ending in (QUADS, TURTLE)}
        try:
            self.parts = [_part(line) for line in (release / PARTS / name).read_bytes().splitlines()[1:]]
            self._quads = _mapped(self.paths[QUADS])
            self._files = {QUADS: self._quads}
            if self.paths[TURTLE].exists():
                self._files[TURTLE] = _mapped(self.paths[TURTLE])
        except (OSError, ValueError) as error:
            raise lines.unreadable(self.paths[QUADS], error) from error
        self._subjects = [part.subject for part in self.parts]
        #: Where each part begins in both files, counted from the first part; the last entry is where all end.
        self.quads = list(itertools.accumulate((part.quads for part in self.parts), initial=0))
        self.turtle = list(itertools.accumulate((part.turtle for part in self.parts), initial=0))

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()

    def part_of(self, subject: bytes) -> int:
        """Return the number of the part in which a subject stands, or would."""
        return max(0, bisect_right(self._subjects, subject) - 1)

    def packed(self, number: int) -> bytes:
        """Return a part as it stands in the file: parts of other dumps with the same bytes have the same lines."""
        start = len(_HEAD) + self.quads[number]
        return self._quads[start : start + self.parts[number].quads]

    def pieces(self, ending: str, start: int, size: int) -> Iterator[bytes]:
        """Return so many bytes of one of the files, piece by piece."""
        for place in range(start, start + size, _COPIED_AT_ONCE):
            yield self._files[ending][place : min(place + _COPIED_AT_ONCE, start + size)]

    def read(self, number: int) -> list[bytes]:
        """Return the lines of a part."""
        try:
            return zlib_ng.decompressobj(_RAW).decompress(self.packed(number)).splitlines()
        except _BROKEN as error:
            raise lines.unreadable(self.paths[QUADS], error) from error

    def beginning(self, prefix: bytes) -> list[bytes]:
        """Return the lines that begin with a subject, or with what several subjects begin with."""
        found: list[bytes] = []
        for number in range(self.part_of(prefix), len(self.parts)):
            # No line has the byte 0xff, which is none of UTF-8.
            if self._subjects[number] > prefix + b"\xff":
                break
            found += (line for line in self.read(number) if line.startswith(prefix))
        return found


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


#: Parts of a dump, the first and the one behind the last, and the lines that take their place.
_Run = tuple[int, int, list[bytes]]


def _rewritten(old: Reader, removed: Iterable[bytes], added: Iterable[bytes]) -> Iterator[_Run]:
    """Return the runs of parts that change, in order."""
    gone, come = _by_part(old, removed), _by_part(old, added)
    run: _Run | None = None
    for number in sorted(gone.keys() | come.keys()):
        dropped = set(gone.get(number, ()))
        kept = [line for line in old.read(number) if line not in dropped] if old.parts else []
        now = list(dict.fromkeys(sorted([*kept, *come.get(number, ())])))  # two sorted runs are sorted in no time
        if run is not None and run[1] == number:
            run = run[0], number + 1, run[2] + now
            continue
        if run is not None:
            yield _from_a_beginning(old, run)
        run = number, min(number + 1, len(old.parts)), now
    if run is not None:
        yield _from_a_beginning(old, run)


def _from_a_beginning(old: Reader, run: _Run) -> _Run:
    """Return a run that begins where a part does: without its first subject the rest belongs to the part before."""
    start, end, content = run
    if start and content and not _begins(lines.subject(content[0])):
        return start - 1, end, [*old.read(start - 1), *content]
    return run


def _by_part(old: Reader, changed: Iterable[bytes]) -> dict[int, list[bytes]]:
    found: dict[int, list[bytes]] = {}
    for line in changed:
        found.setdefault(old.part_of(lines.subject(line)), []).append(line)
    return found


def _cut(content: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Return sorted lines in parts."""
    part: list[bytes] = []
    last = b""
    for line in content:
        about = line[: line.index(b" ")]
        if about != last:
            last = about
            if part and _begins(about):
                yield part
                part = []
        part.append(line)
    if part:
        yield part


def _begins(subject: bytes) -> bool:
    return zlib.crc32(subject) % _SUBJECTS == 0


class _Packed:
    """One compressed file in the making."""

    def __init__(self, path: Path, digest: Digest | None = None) -> None:
        """Begin a file; a digest is told all that stands in it, unpacked."""
        self.path = path
        self._digest = digest
        self._crc = self._size = 0
        self._unnoted: list[bytes] = []
        self._left_to_note = 0
        self._file = path.open("wb", buffering=_COPIED_AT_ONCE)
        self._file.write(_HEAD)

    def add(self, content: bytes) -> int:
        """Add a part and return how many bytes it takes."""
        self._note(content)
        packing = zlib.compressobj(_COMPRESSION, zlib.DEFLATED, _RAW)
        return self._file.write(packing.compress(content) + packing.flush(zlib.Z_FULL_FLUSH))

    def copy(self, old: Reader, ending: str, start: int, size: int) -> None:
        """Add parts as they stand in another file; raises Damaged."""
        unpacking = zlib_ng.decompressobj(_RAW)
        try:
            for some in old.pieces(ending, start, size):
                self._note(unpacking.decompress(some))
                size -= self._file.write(some)
        except _BROKEN as error:
            raise lines.unreadable(old.paths[ending], error) from error
        if size:
            raise lines.unreadable(old.paths[ending], "it is cut off")

    def _note(self, content: bytes) -> None:
        self._unnoted.append(content)
        self._left_to_note += len(content)
        if self._left_to_note >= _NOTED_AT_ONCE:
            self._note_all()

    def _note_all(self) -> None:
        content = b"".join(self._unnoted)
        self._unnoted, self._left_to_note = [], 0
        self._crc = zlib_ng.crc32(content, self._crc)
        self._size += len(content)
        if self._digest is not None:
            self._digest.update(content)

    def end(self) -> None:
        """Write what a member ends with (RFC 1952, section 2.3.1)."""
        self._note_all()
        self._file.write(_END + struct.pack("<II", self._crc, self._size & 0xFFFFFFFF))

    def close(self) -> None:
        self._file.close()


class _Writing:
    """A dump in the making: its files, and what is known of its parts."""

    def __init__(self, release: Path, name: str, prefixes: Prefixes) -> None:
        for folder in (FOLDER, PARTS):
            (release / folder).mkdir(exist_ok=True)
        self._path = release / PARTS / name
        self._prefixes = prefixes
        self._parts: list[Part] = []
        self._open = ExitStack()
        self._digest = hashlib.sha256()
        self._quads = self._packed(release / FOLDER / f"{name}{QUADS}", self._digest)
        self._turtle: _Packed | None = None
        if prefixes is not None:
            self._declared = _declared(prefixes)
            self._turtle = self._packed(release / FOLDER / f"{name}{TURTLE}")
            self._first = len(_HEAD) + self._turtle.add(self._declared)

    def __enter__(self) -> _Writing:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _packed(self, path: Path, digest: Digest | None = None) -> _Packed:
        packed = _Packed(path, digest)
        self._open.callback(packed.close)
        return packed

    def add(self, content: Sequence[bytes]) -> None:
        """Add the lines of one part."""
        unpacked = b"\n".join([*content, b""])
        turtle = 0
        if self._turtle is not None and self._prefixes is not None:
            said = (quad.triple for quad in ox.parse(unpacked, format=ox.RdfFormat.N_QUADS, lenient=True))
            turtle = self._turtle.add(_turtle(said, self._prefixes).removeprefix(self._declared))
        self._parts.append(Part(lines.subject(content[0]), self._quads.add(unpacked), turtle, len(content)))

    def copy(self, old: Reader, start: int, end: int) -> None:
        """Take parts over as they are."""
        if start == end:
            return
        self._quads.copy(old, QUADS, len(_HEAD) + old.quads[start], old.quads[end] - old.quads[start])
        if self._turtle is not None:
            size = old.turtle[end] - old.turtle[start]
            self._turtle.copy(old, TURTLE, self._first + old.turtle[start], size)
        self._parts += old.parts[start:end]

    def end(self) -> Dump:
        """Close the files and return what they hold."""
        packed = [self._quads, *filter(None, (self._turtle,))]
        for each in packed:
            each.end()
            each.close()
        told = (b"%d %d %d %s\n" % (part.quads, part.turtle, part.lines, part.subject) for part in self._parts)
        self._path.write_bytes(_way(self._prefixes) + b"".join(told))
        count = sum(part.lines for part in self._parts)
        return Dump(count, self._digest.hexdigest(), tuple(each.path for each in packed))


def _turtle(triples: Iterable[ox.Triple], prefixes: dict[str, str]) -> bytes:
    text = ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=prefixes)
    assert text is not None
    return text


def _declared(prefixes: dict[str, str]) -> bytes:
    """Return how Turtle with these prefixes begins."""
    alone = _turtle([_TRIPLE], {})
    return _turtle([_TRIPLE], prefixes).removesuffix(alone)


def _way(prefixes: Prefixes) -> bytes:
    """Return how parts are made now, as one line: by all that their bytes depend on."""
    declared = _declared(prefixes) if prefixes is not None else b""
    made_with = f"{_SUBJECTS} {_COMPRESSION} {zlib.ZLIB_RUNTIME_VERSION} {ox.__version__}"
    return f"1 {made_with} {hashlib.sha256(declared).hexdigest()[:16]}\n".encode()


def _part(line: bytes) -> Part:
    quads, turtle, count, subject = line.split(b" ", 3)
    return Part(subject, int(quads), int(turtle), int(count))
