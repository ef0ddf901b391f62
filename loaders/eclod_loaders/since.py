"""Since when registries say what they say, as statements that go on from release to release.

What a registry says, it says since the delivery that had it first and was followed by deliveries that all had it. Most
values are as old as what a registry said first, or as their thing, so only the others have an entry of their own:

- `<graph of the registry> prov:wasGeneratedBy <delivery>`: all that has no other entry, below;
- `<thing> prov:wasGeneratedBy <delivery>`: what is said of a thing that came later, and of its parts;
- an `rdf:Statement` that `prov:wasGeneratedBy <delivery>`: a value that came to a thing that was there.

A registry that delivered once has no entries: the same files must always give the same data. When a delivery was made
is told by the graph of deliveries (see `history`).
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from eclod.core.iris import Names
from eclod.core.namespaces import expand
from eclod.store import lines
from eclod.store.manifest import Manifest, RegistryEntry
from eclod.store.releases import Releases
from eclod.store.staging import GraphContent

_DIGITS: Final = 20
GENERATED: Final = f"<{expand('prov:wasGeneratedBy')}>".encode()
_STATEMENT: Final = f"<{expand('rdf:Statement')}>".encode()
_TYPE, _SUBJECT, _PREDICATE, _OBJECT = (
    f"<{expand(f'rdf:{name}')}>".encode() for name in ("type", "subject", "predicate", "object")
)


def contents(
    made: Iterable[GraphContent],
    entries: Iterable[RegistryEntry],
    releases: Releases,
    before: Manifest | None,
    names: Names,
) -> list[GraphContent]:
    """Return the graphs that say since when, of the registries (with the numbers of their deliveries) in `made`."""
    by_iri = {content.iri: content for content in made}

    def read(graph: str) -> Sequence[bytes]:
        entry = before.graph(graph) if before else None
        if before is None or entry is None:
            return ()
        return lines.read_dump(releases.folder(before.id) / "dumps" / f"{entry.dump}.nq.gz")

    found = []
    for entry in entries:
        data = by_iri.get(names.registry_graph(entry.name))
        if data is None or entry.delivery < 2:
            continue
        graph, told = names.graph(f"since/{entry.name}"), None
        if data.lines is not None:
            known = before.registry(entry.name) if before else None
            told = _Dating(names, entry, known).told(data.lines, read)
        elif before is None or before.graph(graph) is None:
            continue
        found.append(GraphContent(graph, f"since-{entry.name}", told, licence=data.licence))
    return found


@dataclass(frozen=True, slots=True)
class _Dating:
    """One registry with its delivery of now, and with the one that the release before has."""

    names: Names
    now: RegistryEntry
    known: RegistryEntry | None

    def told(self, new: Sequence[bytes], read: Callable[[str], Sequence[bytes]]) -> list[bytes]:
        """Return the lines that say since when; `new` is what the registry says, `read` reads what graphs were."""
        own, data = self.names.graph(f"since/{self.now.name}"), self.names.registry_graph(self.now.name)
        delivery = self._delivery(self.now.delivery)
        if self.known is None:  # it was not there, so all of it comes now
            return [_line(f"<{data}>".encode(), GENERATED, delivery, own)]
        known, old = read(own), read(data)
        if not known:
            known = [_line(f"<{data}>".encode(), GENERATED, self._delivery(self.known.delivery or 1), own)]
        removed, added = lines.difference(old, new)
        return changed(known, old, new, removed, added, delivery, own, data)

    def _delivery(self, number: int) -> bytes:
        return f"<{self.names.registry(self.now.name)}#delivery-{number}>".encode()


def changed(
    known: Sequence[bytes],
    old: Sequence[bytes],
    new: Sequence[bytes],
    removed: Sequence[bytes],
    added: Sequence[bytes],
    delivery: bytes,
    own: str,
    data: str,
) -> list[bytes]:
    """Return the sorted lines of a graph `own` that says since when, after a change of the registry's graph `data`.

    `known` are its lines before the change, `old` and `new` the sorted lines of `data`, `delivery` is what `added` came
    with (an IRI in brackets). What it costs is in proportion to the change, and to the lines of `known`.
    """
    start = f"<{own}#".encode()
    dated = dict(_subject_and_object(line) for line in known if not line.startswith(start))
    first = dated.pop(f"<{data}>".encode())
    gone = {node(line, own, data) for line in removed}
    gone |= {thing for thing in dated if not _has(new, thing)}
    fresh: list[bytes] = []
    came: set[bytes] = set()
    for line in added:
        about = _thing(line)
        if not _has(old, about):
            came.add(about)
        elif dated.get(about, first) != delivery:
            fresh += _entry(line, delivery, own, data)
    fresh += [_line(thing, GENERATED, delivery, own) for thing in came if delivery != first]
    gone |= came
    kept = (line for line in known if lines.subject(line) not in gone)
    return sorted([*kept, *fresh])


def _thing(line: bytes) -> bytes:
    """Return the thing that a line is about, as lines begin: also that of a part of it."""
    whole, mark, _ = lines.subject(line).partition(b"#")
    return whole + b">" if mark else whole


def _has(told: Sequence[bytes], thing: bytes) -> bool:
    """Return whether one of sorted lines is about a thing or a part of it."""
    for start in (thing + b" ", thing[:-1] + b"#"):
        position = bisect_left(told, start)
        if position < len(told) and told[position].startswith(start):
            return True
    return False


def node(line: bytes, own: str, data: str) -> bytes:
    """Return the name of the statement that a line makes."""
    digest = hashlib.sha256(lines.without_graph(line, data)).hexdigest()[:_DIGITS]
    return f"<{own}#{digest}>".encode()


def _entry(line: bytes, delivery: bytes, own: str, data: str) -> Iterator[bytes]:
    name = node(line, own, data)
    subject, predicate, rest = lines.without_graph(line, data).split(b" ", 2)
    yield _line(name, _TYPE, _STATEMENT, own)
    yield _line(name, _SUBJECT, subject, own)
    yield _line(name, _PREDICATE, predicate, own)
    yield _line(name, _OBJECT, rest.removesuffix(b" ."), own)
    yield _line(name, GENERATED, delivery, own)


def _line(subject: bytes, predicate: bytes, value: bytes, graph: str) -> bytes:
    return b"%b %b %b <%b> ." % (subject, predicate, value, graph.encode())


def _subject_and_object(line: bytes) -> tuple[bytes, bytes]:
    subject, _, value, _ = line.split(b" ", 3)
    return subject, value
