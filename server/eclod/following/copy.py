"""A copy of what a feed says, in a folder: `store/`, an Oxigraph store, and `state.sqlite`, how far it got.

What the store is about is written down before it is changed, how far it got afterwards. So after a stop at any moment
the same members are applied again, which gives the same, since each says all that holds of its thing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyoxigraph as ox

from eclod.core.errors import BadInput, Damaged, Locked
from eclod.rdf.feed.model import Kind, Member
from eclod.store import lines

STORE: Final = "store"
STATE: Final = "state.sqlite"
#: From so many statements on they are loaded in bulk.
_BULK: Final = 10_000
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS thing (iri TEXT PRIMARY KEY, parts TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS gone (iri TEXT PRIMARY KEY, published TEXT NOT NULL, said TEXT NOT NULL) WITHOUT ROWID;
"""


class Copy:
    """The copy in a folder, open for writing; one process at a time.

    Facts: `watermark` is the time of the last member that was applied, `stream` the IRI of the feed. The table `gone`
    has what was deleted, with what the feed said then, such as what took its place.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._store = ox.Store(str(folder / STORE))
        except OSError as error:
            if "lock" in str(error).lower():
                raise Locked(f"Another process has the copy in {folder} open; end it or use another folder.") from None
            raise BadInput(f"The copy cannot be kept in {folder}: {error}.") from error
        try:
            self._state = sqlite3.connect(folder / STATE)
            self._state.execute("PRAGMA synchronous = FULL")
            self._state.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            raise Damaged(f"The state in {folder} cannot be read ({error}); begin anew in an empty folder.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._state.close()
        del self._store

    def __len__(self) -> int:
        return len(self._store)

    def fact(self, name: str) -> str:
        """Return a fact, empty when it was never noted."""
        row = self._state.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def note(self, **facts: str) -> None:
        """Note facts, all or none."""
        with self._state:
            self._note(facts)

    def _note(self, facts: Mapping[str, str]) -> None:
        self._state.executemany("INSERT OR REPLACE INTO fact VALUES (?, ?)", facts.items())

    def things(self) -> int:
        """Return how many things the copy is about."""
        return int(self._state.execute("SELECT count(*) FROM thing").fetchone()[0])

    def gone(self) -> list[tuple[str, str]]:
        """Return what was deleted: (IRI, what the feed said then, as N-Triples), by IRI."""
        return list(self._state.execute("SELECT iri, said FROM gone ORDER BY iri"))

    def sha256(self) -> str:
        """Return the hash of the copy: of its sorted N-Triples, all of which it takes into memory."""
        return lines.sha256(lines.of_store(self._store))

    def apply(self, members: Sequence[Member]) -> None:
        """Bring the copy to where it is after these members, which are in the order of time."""
        latest = {member.object: member for member in members}
        before = self._known(latest)
        after = {m.object: _parts(m) for m in latest.values() if m.kind is not Kind.DELETE}
        with self._state:
            # Whatever happens next, all that the store may be about is written down.
            written = ((iri, _joined({*before.get(iri, ()), *parts})) for iri, parts in after.items())
            self._state.executemany("INSERT OR REPLACE INTO thing VALUES (?, ?)", written)
        fresh = [member.payload for iri, member in latest.items() if iri not in before and iri in after]
        self._add(b"".join(fresh))
        for iri in before:
            said = latest[iri].payload if iri in after else b""
            self._replace({iri, *before[iri]} | set(after.get(iri, ())), said)
        self._store.flush()
        deleted = [(m.object, m.published, m.payload.decode()) for m in latest.values() if m.kind is Kind.DELETE]
        with self._state:
            changed = ((iri, _joined(after[iri])) for iri in before if iri in after)
            self._state.executemany("INSERT OR REPLACE INTO thing VALUES (?, ?)", changed)
            self._state.executemany("DELETE FROM gone WHERE iri = ?", ((iri,) for iri in after))
            self._state.executemany("DELETE FROM thing WHERE iri = ?", ((iri,) for iri, _, _ in deleted))
            self._state.executemany("INSERT OR REPLACE INTO gone VALUES (?, ?, ?)", deleted)
            self._note({"watermark": members[-1].published})

    def _known(self, things: Iterable[str]) -> dict[str, Sequence[str]]:
        """Return the parts of the things that the store may be about already."""
        wanted = "SELECT iri, parts FROM thing WHERE iri IN (SELECT value FROM json_each(?))"
        return {iri: parts.split() for iri, parts in self._state.execute(wanted, (json.dumps(list(things)),))}

    def _add(self, payload: bytes) -> None:
        if payload.count(b"\n") >= _BULK:
            self._store.bulk_load(payload, ox.RdfFormat.N_TRIPLES)
        elif payload:
            self._store.extend(ox.parse(payload, format=ox.RdfFormat.N_TRIPLES))

    def _replace(self, subjects: Iterable[str], payload: bytes) -> None:
        """Let what is said of some subjects be what the payload says."""
        wanted = set(ox.parse(payload, format=ox.RdfFormat.N_TRIPLES))
        default = ox.DefaultGraph()
        have = {q for s in subjects for q in self._store.quads_for_pattern(ox.NamedNode(s), None, None, default)}
        # Quads with a value spelt otherwise than the store gives it back go and come again, to no harm.
        for quad in have - wanted:
            self._store.remove(quad)
        self._store.extend(wanted - have)


def _parts(member: Member) -> Sequence[str]:
    """Return the subjects of a payload that are not the thing itself."""
    name = b"<" + member.object.encode() + b"> "
    own = member.payload.count(b"\n" + name) + member.payload.startswith(name)
    if own == member.payload.count(b"\n"):
        return ()
    found = {line[1 : line.index(b"> ")].decode() for line in member.payload.splitlines()}
    return sorted(found - {member.object})


def _joined(parts: Iterable[str]) -> str:
    return " ".join(sorted(parts))
