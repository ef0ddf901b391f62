"""The ledger of identifiers: which code was given to what, for ever, and what was decided of it later.

One SQLite file of events that can only be added to (triggers refuse the rest). A code is derived from (kind, registry,
local id), so a ledger lost and made anew gives the same codes; what it alone knows is what happened to them later. Only
an erasure writes it anew, without what must not be kept.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Set
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

from eclod.core import codes
from eclod.core.errors import Damaged
from eclod.store.decisions import EVENTS, Decision, Lives

FILE: Final = "ledger.sqlite"

_SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS event (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    event TEXT NOT NULL CHECK (event IN ('minted')),
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    registry TEXT NOT NULL,
    local_id TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS minted_code ON event (kind, code) WHERE event = 'minted';
CREATE UNIQUE INDEX IF NOT EXISTS minted_for ON event (registry, kind, local_id) WHERE event = 'minted';
CREATE TABLE IF NOT EXISTS decision (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    event TEXT NOT NULL CHECK (event IN {EVENTS}),
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    others TEXT NOT NULL,
    registry TEXT NOT NULL,
    local_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    author TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS never_changed BEFORE UPDATE ON event
    BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER IF NOT EXISTS never_removed BEFORE DELETE ON event
    BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER IF NOT EXISTS decision_never_changed BEFORE UPDATE ON decision
    BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER IF NOT EXISTS decision_never_removed BEFORE DELETE ON decision
    BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
"""
_MINTED: Final = "SELECT at, kind, code, registry, local_id FROM event ORDER BY number"
_MINT: Final = "INSERT INTO event (at, event, kind, code, registry, local_id) VALUES (?, 'minted', ?, ?, ?, ?)"
_DECIDE: Final = (
    "INSERT INTO decision (at, event, kind, code, others, registry, local_id, reason, author) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_DECISIONS: Final = (
    "SELECT event, kind, code, others, reason, author, at, registry, local_id FROM decision ORDER BY number"
)
#: How a local id is kept of which nothing may be kept; no registry has one that begins so.
_HASHED: Final = "\x1fsha256:"


class Ledger:
    """The codes given so far, those a build adds, and what was decided; nothing is on disk before `commit`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_as: tuple[int, int, int] | None = None
        self._load()

    def _load(self) -> None:
        self._codes: dict[tuple[str, str, str], str] = {}
        self._row: dict[tuple[str, str], tuple[str, str]] = {}
        self._taken: set[tuple[str, str]] = set()
        self._fresh: dict[tuple[str, str, str], str] = {}
        self._fresh_decisions: list[Decision] = []
        self._hashed = False
        self._taken_for_good = False
        self.lives = Lives()
        found = self._on_disk()
        if found is not None:
            try:
                with closing(self._connect()) as connection:
                    self._read(connection)
            except sqlite3.DatabaseError as error:
                raise Damaged(f"The ledger {self._path} cannot be read ({error}); restore it from a copy.") from error
        self._read_as = found

    def renewed(self) -> Ledger:
        """Return this ledger as it is on disk: what was not committed is forgotten.

        The file is read again only when somebody else wrote it, or decisions were not committed; raises Damaged.
        """
        if self._on_disk() != self._read_as or self._fresh_decisions or self._taken_for_good:
            self._load()
        for (registry, kind, local_id), code in self._fresh.items():
            del self._codes[registry, kind, local_id], self._row[kind, code]
            self._taken.discard((kind, code))
        self._fresh = {}
        return self

    def _on_disk(self) -> tuple[int, int, int] | None:
        """Return what tells one state of the file from another, None when it is not there."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _read(self, connection: sqlite3.Connection) -> None:
        # A first commit that was killed half-way leaves a file with nothing in it; what it would have said is derived.
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if not tables:
            return
        rows = connection.execute("SELECT kind, code, registry, local_id FROM event ORDER BY number")
        for kind, code, registry, local_id in rows:
            self._codes[registry, kind, local_id] = code
            self._row[kind, code] = registry, local_id
            self._taken.add((kind, code))
            self._hashed |= local_id.startswith(_HASHED)
        if "decision" in tables:  # a ledger from before there were decisions has no such table
            for row in connection.execute(_DECISIONS):
                self._learn(_decision(row))

    def _learn(self, decision: Decision) -> None:
        self.lives.add(decision)
        if decision.event in ("assigned", "split"):  # codes that no row was given at first
            self._taken.update((decision.kind, code) for code in (decision.code, *decision.others))
        self._hashed |= decision.local_id.startswith(_HASHED)

    def code(self, kind: str, registry: str, local_id: str) -> str:
        """Return the code of the thing that a row is about, given now when it was never seen.

        It is the one the row was assigned to, or its own, followed to the end of a chain of mergers. Raises Damaged
        when that chain goes in a circle.
        """
        return self.lives.end(kind, self.first_code(kind, registry, local_id))

    def first_code(self, kind: str, registry: str, local_id: str) -> str:
        """Return the code of a row before any merger, given now when it was never seen."""
        known = self._known(kind, registry, local_id)
        if known is None and self._hashed:
            known = self._known(kind, registry, _hash(kind, registry, local_id))
        if known is not None:
            return known
        code = self._free(kind, registry, local_id)
        self._codes[registry, kind, local_id] = code
        self._row[kind, code] = registry, local_id
        self._fresh[registry, kind, local_id] = code
        return code

    def _known(self, kind: str, registry: str, local_id: str) -> str | None:
        return self.lives.assigned(registry, kind, local_id) or self._codes.get((registry, kind, local_id))

    def _free(self, kind: str, registry: str, local_id: str) -> str:
        """Return a code that nothing has, taken from now on."""
        attempt = 0
        while (kind, code := codes.derive(kind, registry, local_id, attempt)) in self._taken:
            attempt += 1
        self._taken.add((kind, code))
        return code

    def given(self, kind: str, code: str) -> bool:
        """Tell whether a code was ever given to something."""
        return (kind, code) in self._taken

    def order(self, kind: str, code: str) -> tuple[int, str]:
        """Return by what identifiers are sorted by age: those that were given first come first, then by code."""
        row = self._row.get((kind, code))
        wanted = (row[0], kind, row[1]) if row else None
        return next((place for place, each in enumerate(self._codes) if each == wanted), len(self._codes)), code

    def fresh_of(self, registry: str) -> Iterator[tuple[str, str, str]]:
        """Return (kind, code, local id) of what a registry named for the first time since the last commit."""
        return ((kind, code, local) for (name, kind, local), code in self._fresh.items() if name == registry)

    def of_registry(self, registry: str) -> Iterator[tuple[str, str, str]]:
        """Return (kind, code, local id) of everything a registry ever named; the code is the one that holds now."""
        for name, kind, local in self._codes:
            if name == registry:
                yield kind, self._holds(kind, name, local), local
        for row in self.lives.assignments():
            if row.registry == registry and (registry, row.kind, row.local_id) not in self._codes:
                yield row.kind, self.lives.end(row.kind, row.code), row.local_id

    def rows_of(self, kind: str, code: str) -> list[tuple[str, str]]:
        """Return (registry, local id) of the rows that feed a thing, sorted; the code is the one that holds now."""
        own = {self._row[kind, each] for each in (code, *self.leading_to(kind, code)) if (kind, each) in self._row}
        found = {(name, local) for name, local in own if self._holds(kind, name, local) == code}
        found |= {
            (row.registry, row.local_id)
            for row in self.lives.assignments()
            if row.kind == kind and self.lives.end(kind, row.code) == code
        }
        return sorted(found)

    def leading_to(self, kind: str, code: str) -> list[str]:
        """Return the codes that were merged into one, directly or through others."""
        known = (other for of, other, _ in self.lives.all() if of == kind and other != code)
        return [other for other in known if self.lives.end(kind, other) == code]

    def _holds(self, kind: str, registry: str, local_id: str) -> str:
        """Return the code that holds now for a row that is known."""
        return self.lives.end(kind, self._known(kind, registry, local_id) or "")

    def decide(self, decisions: Iterable[Decision]) -> None:
        """Take decisions into account; they are on disk after the next `commit`."""
        for decision in decisions:
            self._learn(decision)
            self._fresh_decisions.append(decision)

    def assign(self, assignment: Decision) -> None:
        """Decide which thing a row is about; a code of its own that nobody has seen is forgotten."""
        row = (assignment.registry, assignment.kind, assignment.local_id)
        fresh = self._fresh.pop(row, None)
        if fresh is not None:
            self._taken.discard((assignment.kind, fresh))
            del self._codes[row], self._row[assignment.kind, fresh]
        self.decide([assignment])

    def free_code(self, kind: str, rows: Iterable[tuple[str, str]]) -> str:
        """Return a code that nothing has for what rows (registry, local id) are about; it is taken from now on."""
        self._taken_for_good = True
        return self._free(kind, *min(rows))

    def standing(self, registries: Set[str] | None) -> str:
        """Return a hash of what decisions change for the rows of some registries, or all; empty when nothing.

        A withdrawal by a registry's own rule is none: it follows from the rows.
        """
        rows = {(*self._row[kind, code], kind) for kind, code, _ in self.lives.all() if (kind, code) in self._row}
        rows |= {(row.registry, row.local_id, row.kind) for row in self.lives.assignments()}
        digest, some = hashlib.sha256(), False
        for registry, local_id, kind in sorted(row for row in rows if registries is None or row[0] in registries):
            end = self._holds(kind, registry, local_id)
            life = self.lives.of(kind, end)
            state = life.state if life.history and life.history[-1].event != "retired" else "valid"
            if end != self._codes.get((registry, kind, local_id)) or state != "valid":
                digest.update("\x1f".join((registry, kind, local_id, end, state, "\x1e")).encode())
                some = True
        return digest.hexdigest() if some else ""

    def commit(self, at: str) -> int:
        """Write what is new since the last commit (time as ISO 8601) and return how many codes were given."""
        count = len(self._fresh)
        if self._fresh or self._fresh_decisions:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._connect()) as connection, connection:
                connection.executescript(_SCHEMA)
                minted = [(at, kind, code, registry, local) for (registry, kind, local), code in self._fresh.items()]
                connection.executemany(_MINT, minted)
                connection.executemany(_DECIDE, map(_values, self._fresh_decisions))
            self._read_as = self._on_disk()
        self._fresh, self._fresh_decisions = {}, []
        return count

    def erase(self, kind: str, code: str, at: str) -> None:
        """Forget what is kept about a thing but that it is erased; the file is written anew without the rest.

        Of the rows that fed it a hash stays, so that they are known when they come again. Call after `commit`.
        """
        assert not self._fresh and not self._fresh_decisions
        rows = {(registry, kind, local) for registry, local in self.rows_of(kind, code)}
        about = {code} | {other for of, other, _ in self.lives.all() if of == kind and self._leads(kind, other, code)}
        fresh = self._path.with_name(self._path.name + ".erasing")
        fresh.unlink(missing_ok=True)
        with closing(self._connect()) as old, closing(sqlite3.connect(fresh)) as new, new:
            new.executescript(_SCHEMA)
            for when, of, given, registry, local in old.execute(_MINTED):
                gone = (registry, of, local) in rows
                new.execute(_MINT, (when, of, given, registry, _hash(of, registry, local) if gone else local))
            for row in old.execute(_DECISIONS):
                new.execute(_DECIDE, _values(_forgotten(_decision(row), kind, about, rows)))
            new.execute(_DECIDE, _values(Decision("erased", kind, code, at=at)))
        _sync(fresh)
        fresh.replace(self._path)
        _sync(self._path.parent)
        self._load()

    def _leads(self, kind: str, code: str, to: str) -> bool:
        return self.lives.end(kind, code) == to or to in self.lives.ends(kind, code)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path)
        connection.execute("PRAGMA synchronous = FULL")
        return connection


def _decision(row: tuple[str, ...]) -> Decision:
    event, kind, code, others, *rest = row
    return Decision(event, kind, code, tuple(others.split()), *rest)


def _values(decision: Decision) -> tuple[str, ...]:
    d = decision
    return (d.at, d.event, d.kind, d.code, " ".join(d.others), d.registry, d.local_id, d.reason, d.author)


def _forgotten(decision: Decision, kind: str, about: set[str], rows: set[tuple[str, str, str]]) -> Decision:
    """Return a decision without words and local ids of what is erased."""
    if decision.kind == kind and {decision.code, *decision.others} & about:
        decision = replace(decision, reason="", author="")
    if (decision.registry, decision.kind, decision.local_id) in rows:
        decision = replace(decision, local_id=_hash(decision.kind, decision.registry, decision.local_id))
    return decision


def _hash(kind: str, registry: str, local_id: str) -> str:
    if local_id.startswith(_HASHED):
        return local_id
    return _HASHED + hashlib.sha256("\x1f".join((kind, registry, local_id)).encode()).hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
