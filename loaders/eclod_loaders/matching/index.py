"""What matching needs of what registries published, kept on disk, so that a look for the same things reads a few rows.

`index/` in the data folder has one SQLite file: the facts about the things of each registry's graph, under the SHA-256
of the graph, and the keys by which they are found. It holds nothing that is not in the release: lost, it is made anew.
A graph that changed is brought up to date by the parts of its dump that changed. The file is called after the code that
made it, since other code may fold names otherwise.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cache
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any, Final

from eclod.core import folding
from eclod.core.errors import Damaged
from eclod.core.iris import Names
from eclod.store import dumps, lines
from eclod.store.manifest import GraphEntry, Manifest
from eclod.store.releases import Releases
from eclod_loaders.matching import candidates
from eclod_loaders.matching.candidates import Candidate, Facts, InMemory, Known

FOLDER: Final = "index"

#: How long to wait for another process that brings the file up to date, in seconds.
_PATIENCE: Final = 30.0
_CACHE_KIB: Final = 64 << 10
#: Changed things of a graph from which on it is cheaper to read all of it.
_MANY: Final = 20_000
_SCHEMA: Final = (
    "CREATE TABLE graph (id INTEGER PRIMARY KEY, registry TEXT NOT NULL UNIQUE, sha256 TEXT NOT NULL)",
    "CREATE TABLE thing (id INTEGER PRIMARY KEY, graph INTEGER NOT NULL, iri TEXT NOT NULL, facts TEXT NOT NULL)",
    "CREATE UNIQUE INDEX thing_iri ON thing (graph, iri)",
    "CREATE TABLE found (key TEXT, graph INTEGER, thing INTEGER, PRIMARY KEY (key, graph, thing)) WITHOUT ROWID",
)

#: The graphs of registries in a release, by registry, in the order of the release.
Graphs = Mapping[str, GraphEntry]


def look(
    releases: Releases, release: Manifest, names: Names, registry: str, things: Sequence[Facts]
) -> list[Candidate]:
    """Return what other registries have in a release that may be the same as things of one.

    Where the index cannot be used, as in a data folder that cannot be written, all is read for this look.
    """
    every = _graphs(release, names)
    graphs = {name: graph for name, graph in every.items() if name != registry}
    if not graphs:
        return []
    try:
        with _opened(releases) as index:
            index.bring_up_to_date(release, graphs, every.keys())
            return _found(Known(_Shelf(index.database, graphs, registry)), things)
    except sqlite3.Error as error:
        if not isinstance(error, sqlite3.OperationalError):  # damaged: whoever looks next makes it anew
            remove(releases.data)
    except OSError:
        pass
    known = (_facts(releases.folder(release.id), graph, name) for name, graph in graphs.items())
    return _found(Known(InMemory(chain.from_iterable(known))), things)


def _found(known: Known, things: Iterable[Facts]) -> list[Candidate]:
    return [each for about in things for each in known.candidates(about)]


def refresh(releases: Releases, names: Names) -> None:
    """Bring the index up to date with the current release, and remove what other code made.

    Where that cannot be done it is left: whoever looks next does it, or does without.
    """
    with suppress(sqlite3.Error, OSError, Damaged):
        release = releases.current()
        if release is None or not (graphs := _graphs(release, names)):
            remove(releases.data)
            return
        with _opened(releases) as index:
            index.bring_up_to_date(release, graphs, graphs.keys())
            for path in index.path.parent.iterdir():
                if not path.name.startswith(index.path.name):  # its journal begins with its name
                    path.unlink()


def remove(data: Path) -> None:
    """Remove the index of a data folder, with all that it says of anything."""
    shutil.rmtree(data / FOLDER, ignore_errors=True)


def _graphs(release: Manifest, names: Names) -> Graphs:
    found = ((entry.name, release.graph(names.registry_graph(entry.name))) for entry in release.registries)
    return {name: graph for name, graph in found if graph is not None}


def _facts(folder: Path, graph: GraphEntry, registry: str) -> Iterable[Facts]:
    told = lines.read_dump(folder / dumps.FOLDER / f"{graph.dump}{dumps.QUADS}")
    return candidates.facts(told, registry).values()


class _Shelf:
    """The things of all registries but one, in the order in which the graphs are given."""

    def __init__(self, database: sqlite3.Connection, graphs: Graphs, registry: str) -> None:
        self._database = database
        known: dict[str, int] = dict(database.execute("SELECT registry, id FROM graph"))
        self._registries = {known[name]: name for name in graphs}
        self._order = {number: place for place, number in enumerate(self._registries)}
        self._own = known.get(registry, 0)

    def find(self, key: str, most: int) -> Sequence[int]:
        # Two ranges of the primary key: those of the registry itself may be very many.
        asked = (
            "SELECT graph, thing FROM found WHERE key = :key AND graph < :own "
            "UNION ALL SELECT graph, thing FROM found WHERE key = :key AND graph > :own LIMIT :most"
        )
        rows = self._database.execute(asked, {"key": key, "own": self._own, "most": most}).fetchall()
        return [thing for _, thing in sorted((self._order[graph], thing) for graph, thing in rows)]

    def take(self, place: int) -> Facts:
        asked = "SELECT graph, iri, facts FROM thing WHERE id = ?"
        graph, iri, text = self._database.execute(asked, (place,)).fetchone()
        return _read(iri, self._registries[graph], text)


@contextmanager
def _opened(releases: Releases) -> Iterator[_Index]:
    folder = releases.data / FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / f"matching-{_made_by()}.sqlite"
    with closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as database:
        database.execute("PRAGMA secure_delete = ON")  # what is gone from a graph leaves no bytes
        database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        yield _Index(releases, path, database)


@cache
def _made_by() -> str:
    """Return a hash of all that the content depends on beside the graphs."""
    code = (Path(str(module.__file__)).read_bytes() for module in (folding, candidates))
    made_with = [version("anyascii"), *_SCHEMA]
    return hashlib.sha256(b"\0".join([*code, *map(str.encode, made_with)])).hexdigest()[:12]


class _Index:
    """The open file."""

    def __init__(self, releases: Releases, path: Path, database: sqlite3.Connection) -> None:
        self.path = path
        self.database = database
        self._releases = releases

    def bring_up_to_date(self, release: Manifest, graphs: Graphs, registries: Collection[str]) -> None:
        """Make it say what graphs of a release say, and nothing of others than these registries.

        What is read afterwards is of this state, whatever other processes write meanwhile.
        """
        self.database.execute("BEGIN")
        if self._says(graphs, registries):
            return
        self.database.execute("ROLLBACK")
        self.database.execute("BEGIN IMMEDIATE")
        known = self._known()
        if known is None:
            for statement in _SCHEMA:
                self.database.execute(statement)
        for name, graph in graphs.items():
            before = (known or {}).get(name)
            if before != graph.sha256:
                self._write(release, name, graph, before)
        for name in (known or {}).keys() - set(registries):
            self._remove(name)
        self.database.execute("COMMIT")
        self.database.execute("BEGIN")
        if not self._says(graphs, registries):
            raise sqlite3.OperationalError("another process brought it to another release")

    def _says(self, graphs: Graphs, registries: Collection[str]) -> bool:
        known = self._known()
        if known is None or not known.keys() <= set(registries):
            return False
        return all(known.get(name) == graph.sha256 for name, graph in graphs.items())

    def _known(self) -> dict[str, str] | None:
        """Return the SHA-256 of each graph that is in, by registry, or None when the file is new."""
        if self.database.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
            return None
        return dict(self.database.execute("SELECT registry, sha256 FROM graph"))

    def _write(self, release: Manifest, registry: str, graph: GraphEntry, before: str | None) -> None:
        folder = self._releases.folder(release.id)
        changed = None if before is None else self._changed(folder, graph, registry, before)
        if changed is None:
            self._remove(registry)
            made = self.database.execute("INSERT INTO graph (registry, sha256) VALUES (?, '')", (registry,))
            assert made.lastrowid is not None
            self._add(made.lastrowid, _facts(folder, graph, registry))
        else:
            (number,) = self.database.execute("SELECT id FROM graph WHERE registry = ?", (registry,)).fetchone()
            self._drop(number, changed)
            self._add(number, filter(None, changed.values()))
        self.database.execute("UPDATE graph SET sha256 = ? WHERE registry = ?", (graph.sha256, registry))

    def _changed(self, folder: Path, graph: GraphEntry, registry: str, before: str) -> dict[str, Facts | None] | None:
        """Return what is to be known of the things, by IRI, that changed since the graph had another hash.

        None when that release is gone, or when so much changed that all is read anew.
        """
        for manifest in reversed(self._releases.manifests()):
            old = manifest.graph(graph.iri)
            if old is not None and old.sha256 == before:
                break
        else:
            return None
        try:
            with (
                dumps.Reader(self._releases.folder(manifest.id), old.dump) as was,
                dumps.Reader(folder, graph.dump) as now,
            ):
                touched = candidates.things(_only_in_one(was, now))
                return {iri: _about(now, iri, registry) for iri in touched} if len(touched) <= _MANY else None
        except Damaged:  # an older release has its dumps in one piece
            return None

    def _add(self, graph: int, things: Iterable[Facts]) -> None:
        (last,) = self.database.execute("SELECT coalesce(max(id), 0) FROM thing").fetchone()
        rows, found = [], []
        for number, about in enumerate(things, last + 1):
            rows.append((number, graph, about.iri, _written(about)))
            found += [(key, graph, number) for key in candidates.keys(about)]
        self.database.executemany("INSERT INTO thing VALUES (?, ?, ?, ?)", rows)
        self.database.executemany("INSERT INTO found VALUES (?, ?, ?)", sorted(found))

    def _drop(self, graph: int, iris: Iterable[str]) -> None:
        for iri in iris:
            asked = "SELECT id, facts FROM thing WHERE graph = ? AND iri = ?"
            for number, text in self.database.execute(asked, (graph, iri)).fetchall():
                keys = ((key, graph, number) for key in candidates.keys(_read(iri, "", text)))
                self.database.executemany("DELETE FROM found WHERE key = ? AND graph = ? AND thing = ?", keys)
                self.database.execute("DELETE FROM thing WHERE id = ?", (number,))

    def _remove(self, registry: str) -> None:
        for (number,) in self.database.execute("SELECT id FROM graph WHERE registry = ?", (registry,)).fetchall():
            for table, column in (("found", "graph"), ("thing", "graph"), ("graph", "id")):
                self.database.execute(f"DELETE FROM {table} WHERE {column} = ?", (number,))


def _only_in_one(one: dumps.Reader, other: dumps.Reader) -> Iterator[bytes]:
    """Return lines among which are all that only one of two dumps has: those of the parts that only one has."""
    mine, theirs = _parts(one), _parts(other)
    told = {line for part in mine.keys() - theirs.keys() for line in one.read(mine[part])}
    others = {line for part in theirs.keys() - mine.keys() for line in other.read(theirs[part])}
    return iter(told ^ others)


def _parts(dump: dumps.Reader) -> dict[bytes, int]:
    """Return the numbers of the parts by a hash of their bytes."""
    return {hashlib.sha256(dump.packed(number)).digest(): number for number in range(len(dump.parts))}


def _about(dump: dumps.Reader, iri: str, registry: str) -> Facts | None:
    """Return the facts about a thing, or None when there is nothing by which to match it."""
    told = [line for end in ("#", "> ") for line in dump.beginning(f"<{iri}{end}".encode())]
    return candidates.facts(told, registry).get(iri)


def _written(about: Facts) -> str:
    sets: list[Any] = [sorted(each) for each in (about.hosts, about.countries, about.towns, about.numbers)]
    return json.dumps([about.names, *sets], ensure_ascii=False, separators=(",", ":"))


def _read(iri: str, registry: str, text: str) -> Facts:
    names, hosts, countries, towns, numbers = json.loads(text)
    numbers = {(scheme, country, number) for scheme, country, number in numbers}
    return Facts(iri, registry, names, set(hosts), set(countries), set(towns), numbers)
