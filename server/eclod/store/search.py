"""The search index of a release: one SQLite file with a full-text table over labels.

Built with the release and never changed afterwards, so that any number of readers may have it open.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import threading
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from eclod.store.releases import Releases

FILE: Final = "search.sqlite"
#: Characters of a search text that are looked at: no name is longer, and each further word costs.
_LONGEST_TEXT: Final = 500

_SCHEMA: Final = """
CREATE TABLE entry (id INTEGER PRIMARY KEY, iri TEXT NOT NULL, kind TEXT NOT NULL, label TEXT NOT NULL,
                    language TEXT NOT NULL, detail TEXT NOT NULL, other TEXT NOT NULL, weight INTEGER NOT NULL);
CREATE INDEX entry_iri ON entry (iri);
CREATE VIRTUAL TABLE words USING fts5(label, other, content='entry', content_rowid='id', prefix='2 3',
                                      tokenize="unicode61 remove_diacritics 2");
CREATE TRIGGER entry_added AFTER INSERT ON entry BEGIN
    INSERT INTO words (rowid, label, other) VALUES (new.id, new.label, new.other); END;
CREATE TRIGGER entry_removed AFTER DELETE ON entry BEGIN
    INSERT INTO words (words, rowid, label, other) VALUES ('delete', old.id, old.label, old.other); END;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is found: IRI, kind of thing, label with language, a detail to tell it from others, other names."""

    iri: str
    kind: str
    label: str
    language: str = ""
    detail: str = ""
    other: str = ""
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    iri: str
    label: str
    language: str
    kind: str
    detail: str


def write(path: Path, entries: Iterable[Entry]) -> None:
    """Write a new index."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_SCHEMA)
        _insert(connection, entries)


def update(path: Path, previous: Path, touched: Iterable[str], entries: Iterable[Entry]) -> None:
    """Write an index that differs from the previous one in the touched IRIs only."""
    shutil.copyfile(previous, path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany("DELETE FROM entry WHERE iri = ?", ((iri,) for iri in touched))
        _insert(connection, entries)


def _insert(connection: sqlite3.Connection, entries: Iterable[Entry]) -> None:
    connection.executemany(
        "INSERT INTO entry (iri, kind, label, language, detail, other, weight) VALUES (?, ?, ?, ?, ?, ?, ?)",
        ((e.iri, e.kind, e.label, e.language, e.detail, e.other, e.weight) for e in entries),
    )


class SearchIndex:
    """One release's index, open for reading; safe to share among threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()

    def search(self, text: str, limit: int = 20, kinds: Sequence[str] | None = None) -> list[Hit]:
        """Return what has all the words of a text in its names, the last word as a beginning, best first."""
        # Composed, since what Python takes for a word ends at a combining mark.
        words = re.findall(r"\w+", unicodedata.normalize("NFC", text[:_LONGEST_TEXT]))
        if not words or not self._path.exists():
            return []
        expression = " ".join(f'"{word}"' for word in words[:-1]) + f' "{words[-1]}"*'
        condition = f"AND e.kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        rows = self._connection().execute(
            "SELECT e.iri, e.label, e.language, e.kind, e.detail FROM words JOIN entry e ON e.id = words.rowid "
            f"WHERE words MATCH ? {condition} ORDER BY e.weight DESC, bm25(words, 10.0, 3.0), e.iri LIMIT ?",
            (expression.strip(), *(kinds or ()), limit),
        )
        return [Hit(*row) for row in rows]

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
            self._local.connection = connection
        return connection


class SearchIndexes:
    """The index of each release, opened when first asked for."""

    def __init__(self, releases: Releases) -> None:
        self._releases = releases
        self._open: dict[str, SearchIndex] = {}

    def for_release(self, release: str) -> SearchIndex:
        """Return the index of a release; raises NotFound when there is no such release."""
        if release not in self._open:
            self._open = {name: index for name, index in self._open.items() if len(self._open) < 8}
            self._open[release] = SearchIndex(self._releases.folder(release) / FILE)
        return self._open[release]
