"""The ledger of identifiers: which code was given to what, for ever.

One SQLite file of events that can only be added to (triggers refuse the rest). A code is derived from (kind, registry,
local id), so a ledger lost and made anew gives the same codes; what it alone knows is what happened to them later.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from eclod.core import codes
from eclod.core.errors import Damaged

_SCHEMA: Final = """
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
CREATE TRIGGER IF NOT EXISTS never_changed BEFORE UPDATE ON event
    BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER IF NOT EXISTS never_removed BEFORE DELETE ON event
    BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
"""


class Ledger:
    """The codes given so far, and those a build adds; nothing is on disk before `commit`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._codes: dict[tuple[str, str, str], str] = {}
        self._taken: set[tuple[str, str]] = set()
        self._fresh: list[tuple[str, str, str, str]] = []
        if path.exists():
            try:
                with closing(self._connect()) as connection:
                    self._read(connection)
            except sqlite3.DatabaseError as error:
                raise Damaged(f"The ledger {path} cannot be read ({error}); restore it from a copy.") from error

    def _read(self, connection: sqlite3.Connection) -> None:
        # A first commit that was killed half-way leaves a file with nothing in it; what it would have said is derived.
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return
        rows = connection.execute("SELECT kind, code, registry, local_id FROM event WHERE event = 'minted'")
        for kind, code, registry, local_id in rows:
            self._codes[registry, kind, local_id] = code
            self._taken.add((kind, code))

    def code(self, kind: str, registry: str, local_id: str) -> str:
        """Return the code of a thing, given now when it was never seen."""
        known = self._codes.get((registry, kind, local_id))
        if known is not None:
            return known
        attempt = 0
        while (kind, code := codes.derive(kind, registry, local_id, attempt)) in self._taken:
            attempt += 1
        self._codes[registry, kind, local_id] = code
        self._taken.add((kind, code))
        self._fresh.append((kind, code, registry, local_id))
        return code

    def of_registry(self, registry: str) -> Iterator[tuple[str, str, str]]:
        """Return (kind, code, local id) of everything a registry ever named."""
        return ((kind, code, local) for (name, kind, local), code in self._codes.items() if name == registry)

    def commit(self, at: str) -> int:
        """Write the codes given since the last commit (time as ISO 8601) and return how many there were."""
        if self._fresh:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._connect()) as connection, connection:
                connection.executescript(_SCHEMA)
                connection.executemany(
                    "INSERT INTO event (at, event, kind, code, registry, local_id) VALUES (?, 'minted', ?, ?, ?, ?)",
                    [(at, *fresh) for fresh in self._fresh],
                )
        count, self._fresh = len(self._fresh), []
        return count

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path)
        connection.execute("PRAGMA synchronous = FULL")
        return connection
