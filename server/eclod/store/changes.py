"""`changes.txt`: which things of the merged view a release says something else about than the one it was made on.

A thing is an IRI with all its fragments: `…/id/cluster/AB` and `…/id/cluster/AB#address` change together. The file has
a line for each, `Create <iri>`, `Update <iri>` or `Delete <iri>`, and nothing of what is said, so that what is erased
later is not in it. A release that was made on none has no such file.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from eclod.core.errors import Damaged
from eclod.rdf.feed.model import Kind

FILE: Final = "changes.txt"

#: What happened to a thing, by its name as lines have it (`<…>`, or `_:…`).
Changes = Mapping[bytes, Kind]


def thing(line: bytes) -> bytes:
    """Return the thing that a line is about: its subject, without a fragment."""
    subject = line[: line.index(b" ")]
    whole, mark, _ = subject.partition(b"#")
    return whole + b">" if mark and subject.startswith(b"<") else subject


def beginnings(name: bytes) -> tuple[bytes, ...]:
    """Return what the lines about a thing and its fragments begin with."""
    return (name[:-1] + b"#", name + b" ") if name.startswith(b"<") else (name + b" ",)


def about(view: Sequence[bytes], name: bytes) -> list[bytes]:
    """Return the lines of a sorted graph that are about a thing and its fragments."""
    return [line for prefix in beginnings(name) for line in _beginning(view, prefix)]


def _beginning(view: Sequence[bytes], prefix: bytes) -> Sequence[bytes]:
    # No line has the byte 0xff, which is none of UTF-8.
    return view[bisect_left(view, prefix) : bisect_left(view, prefix + b"\xff")]


def grouped(view: Iterable[bytes]) -> dict[bytes, list[bytes]]:
    """Return the lines of a sorted graph by the thing they are about."""
    found: dict[bytes, list[bytes]] = {}
    for line in view:
        name = thing(line)
        try:
            found[name].append(line)
        except KeyError:
            found[name] = [line]
    return found


def between(before: Callable[[bytes], int], removed: Iterable[bytes], added: Iterable[bytes]) -> Changes:
    """Return what happened to the things of a graph that lost and gained lines.

    `before` returns how many lines about a thing there were.
    """
    less, more = Counter(map(thing, removed)), Counter(map(thing, added))
    found = {}
    for name in sorted(less.keys() | more.keys()):
        was = before(name)
        if was - less[name] + more[name] == 0:
            found[name] = Kind.DELETE
        else:
            found[name] = Kind.UPDATE if was else Kind.CREATE
    return found


def write(folder: Path, changes: Changes) -> None:
    """Write the changes of a release into its folder."""
    (folder / FILE).write_bytes(b"".join(f"{kind} ".encode() + name + b"\n" for name, kind in changes.items()))


def read(folder: Path) -> Changes | None:
    """Return the changes of a release, or None when it was made on none; raises Damaged."""
    try:
        content = (folder / FILE).read_bytes()
        told = (line.split(b" ", 1) for line in content.splitlines())
        return {name: Kind(kind.decode()) for kind, name in told}
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Damaged(f"The changes of release {folder.name} ({FILE}) cannot be read ({error}).") from error
