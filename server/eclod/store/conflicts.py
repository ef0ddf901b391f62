"""`conflicts.sqlite`: what registries say and the merged view does not, because another source is believed.

One SQLite file, written with the release and never changed afterwards. A row is one statement that lost: the thing, the
property, what the registry says, and what stands instead. Values are as in N-Triples.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FILE: Final = "conflicts.sqlite"

_SCHEMA: Final = """
CREATE TABLE conflict (
    subject TEXT NOT NULL, property TEXT NOT NULL, value TEXT NOT NULL, graph TEXT NOT NULL,
    stands TEXT NOT NULL, said_by TEXT NOT NULL
);
CREATE INDEX conflict_subject ON conflict (subject);
CREATE INDEX conflict_property ON conflict (property, graph);
"""
_COLUMNS: Final = "subject, property, value, graph, stands, said_by"
_ENDING: Final = len(b" .")
_LANGUAGE: Final = re.compile(rb'"@([A-Za-z0-9-]+)$')


@dataclass(frozen=True, slots=True)
class Conflict:
    """A statement that lost: subject and property (IRIs), value, graph of its registry (IRI).

    `stands` are the values of the merged view in its place, `said_by` the graphs that say one of them.
    """

    subject: str
    property: str
    value: str
    graph: str
    stands: tuple[str, ...] = ()
    said_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """How many statements about a property (IRI) a registry (IRI of its graph) lost."""

    property: str
    graph: str
    lost: int


def of(by_graph: Mapping[str, Sequence[bytes]], view: Iterable[bytes]) -> list[Conflict]:
    """Return what of a subject's lines by graph (default graph form) is not among those of its merged view."""
    kept = set(view)
    found = []
    for graph, told in by_graph.items():
        for line in told:
            if line not in kept:
                subject, name, value = _parts(line)
                rivals = [other for other in kept if _parts(other)[1] == name and _alike(_parts(other)[2], value)]
                said_by = [each for each, lines_of in by_graph.items() if set(lines_of) & set(rivals)]
                stands = sorted(_parts(other)[2].decode() for other in rivals)
                found.append(
                    Conflict(_iri(subject), _iri(name), value.decode(), graph, tuple(stands), tuple(sorted(said_by)))
                )
    return found


def write(path: Path, conflicts: Iterable[Conflict]) -> None:
    """Write the conflicts of a release."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_SCHEMA)
        _insert(connection, conflicts)


def update(path: Path, previous: Path, touched: Iterable[bytes], conflicts: Iterable[Conflict]) -> None:
    """Write the conflicts of the release before, those about touched subjects (as lines begin) replaced by these."""
    shutil.copyfile(previous, path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany("DELETE FROM conflict WHERE subject = ?", ((_iri(about),) for about in touched))
        _insert(connection, conflicts)


class Conflicts:
    """The conflicts of one release; none when it has no such file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()

    def tally(self) -> list[Tally]:
        """Return how many statements each registry lost about each property, the most first."""
        rows = self._rows(
            "SELECT property, graph, count(*) FROM conflict GROUP BY property, graph ORDER BY 3 DESC, 1, 2"
        )
        return [Tally(property, graph, lost) for property, graph, lost in rows]

    def count(self, property: str = "", graph: str = "") -> int:
        """Return how many there are, of a property, of a registry's graph, or in all."""
        where, values = _where(property, graph)
        return next((int(row[0]) for row in self._rows(f"SELECT count(*) FROM conflict {where}", *values)), 0)

    def some(self, limit: int, offset: int = 0, property: str = "", graph: str = "") -> list[Conflict]:
        """Return conflicts in a fixed order: by subject, property and graph."""
        where, values = _where(property, graph)
        order = "ORDER BY subject, property, graph, value LIMIT ? OFFSET ?"
        rows = self._rows(f"SELECT {_COLUMNS} FROM conflict {where} {order}", *values, limit, offset)
        return [
            Conflict(about, name, value, source, tuple(filter(None, stands.split("\n"))), tuple(said_by.split()))
            for about, name, value, source, stands, said_by in rows
        ]

    def _rows(self, query: str, *values: str | int) -> list[tuple[Any, ...]]:
        if not self._path.exists():
            return []
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(f"file:{self._path}?mode=ro&immutable=1", uri=True)
            self._local.connection = connection
        return list(connection.execute(query, values))


def _insert(connection: sqlite3.Connection, conflicts: Iterable[Conflict]) -> None:
    connection.executemany(
        f"INSERT INTO conflict ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
        sorted((c.subject, c.property, c.value, c.graph, "\n".join(c.stands), " ".join(c.said_by)) for c in conflicts),
    )


def _where(property: str, graph: str) -> tuple[str, tuple[str, ...]]:
    wanted = {name: value for name, value in (("property", property), ("graph", graph)) if value}
    return ("WHERE " + " AND ".join(f"{name} = ?" for name in wanted) if wanted else "", tuple(wanted.values()))


def _parts(line: bytes) -> tuple[bytes, bytes, bytes]:
    subject, name, value = line[:-_ENDING].split(b" ", 2)
    return subject, name, value


def _iri(term: bytes) -> str:
    return term.decode().removeprefix("<").removesuffix(">")


def _alike(one: bytes, other: bytes) -> bool:
    """Return whether two values are rivals: texts only with those of their own language."""
    tags = [match[1] if (match := _LANGUAGE.search(value)) else b"" for value in (one, other)]
    return tags[0] == tags[1]
