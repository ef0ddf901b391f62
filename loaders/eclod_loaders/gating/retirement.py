"""What a registry no longer has: kept as it was last delivered, or retired, by the registry's own rule.

`retire_after` in `registry.toml` says after how many deliveries without a thing it is retired; `never` keeps it. A
thing whose rows are refused is not gone: what was last accepted stays until the row is corrected.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from pyoxigraph import NamedNode, Triple

from eclod.store import lines
from eclod.store.manifest import FileEntry
from eclod_loaders.declarations.registry import NEVER, Registry
from eclod_loaders.rows import MappedRow, Row

#: Stands for the file of rows that are not delivered but kept.
KEPT = "(kept)"


@dataclass(frozen=True, slots=True)
class Past:
    """What the release before has of a registry: its things, its lines, and how often which thing was missing since.

    `named` are the things that rows the registry ever had are about now. `delivered` tells its delivery from others.
    """

    things: Set[str]
    named: Set[str]
    data: Sequence[bytes]
    provenance: Sequence[bytes]
    missing: Mapping[str, int]
    delivered: str


@dataclass(frozen=True, slots=True)
class Leaving:
    """Of the things that a delivery does not have: those that stay, how often each was missing, those to retire.

    `along` are those of the retired that went with a thing that was withdrawn.
    """

    kept: Set[str] = frozenset()
    missing: Mapping[str, int] = field(default_factory=dict)
    retired: Set[str] = frozenset()
    along: Set[str] = frozenset()

    def without(self, things: Set[str]) -> Leaving:
        """Return the same with some of the kept things retired, since what they belong to is gone."""
        missing = {thing: count for thing, count in self.missing.items() if thing not in things}
        return Leaving(self.kept - things, missing, self.retired | things, self.along | things)


def delivered(registry: Registry, files: Iterable[FileEntry]) -> str:
    """Return what tells a delivery from another: a hash over the files and how the registry reads them."""
    digest = hashlib.sha256("".join(sorted(file.sha256 for file in files)).encode())
    for path in sorted(path for path in registry.folder.iterdir() if path.is_file()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def leaving(registry: Registry, past: Past, present: Set[str], refused: Set[str], delivery: str) -> Leaving:
    """Return what becomes of the things that were there and are not among the present ones.

    `refused` are those whose rows are there and did not enter. What no row of the registry is about any more, since
    somebody decided so, leaves whatever the rule.
    """
    kept, missing, retired = set(), {}, set()
    for thing in sorted(past.things - present):
        if thing in refused:
            kept.add(thing)
            continue
        count = past.missing.get(thing, 0) + (delivery != past.delivered)
        if thing not in past.named:
            retired.add(thing)
        elif registry.retire_after == NEVER or count < int(registry.retire_after):
            kept.add(thing)
            missing[thing] = count
        else:
            retired.add(thing)
    return Leaving(kept, missing, retired)


def kept_rows(past: Past, kept: Set[str]) -> list[MappedRow]:
    """Return the descriptions that stay, as rows of no file."""
    by_thing: dict[str, list[Triple]] = {thing: [] for thing in sorted(kept)}
    for quad in lines.quads(_about(past.data, kept)):
        assert isinstance(quad.subject, NamedNode)
        by_thing[quad.subject.value.partition("#")[0]].append(quad.triple)
    return [
        MappedRow(Row(KEPT, number, {}), tuple(statements), (thing,))
        for number, (thing, statements) in enumerate(by_thing.items(), 1)
    ]


def kept_provenance(past: Past, kept: Set[str]) -> Iterator[Triple]:
    """Return where the descriptions that stay came from, with what is said of those files."""
    about = [quad.triple for quad in lines.quads(_about(past.provenance, kept))]
    files = {t.object.value.partition("#")[0] for t in about if isinstance(t.object, NamedNode)}
    yield from about
    yield from (quad.triple for quad in lines.quads(_about(past.provenance, files)))


def things_of(graph: Iterable[bytes]) -> frozenset[str]:
    """Return the things that lines are about, without the nodes inside them."""
    return frozenset(_thing(line) for line in graph)


def _about(graph: Iterable[bytes], things: Set[str]) -> Iterator[bytes]:
    return (line for line in graph if _thing(line) in things)


def _thing(line: bytes) -> str:
    return lines.subject(line)[1:-1].decode().partition("#")[0]
