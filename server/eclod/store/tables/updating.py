"""Writing the tables of a release from those of the release before and what changed since.

The files are byte for byte those that `writing.write` makes of the whole release. Only rows that show something of what
changed are made; the others are taken over as they stand in the files.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Final

import pyoxigraph as ox

import eclod
from eclod.core.errors import Damaged
from eclod.core.garbage import uncollected
from eclod.core.iris import Names
from eclod.store import identities
from eclod.store.identities import Identity
from eclod.store.manifest import FileEntry, Manifest, TableEntry
from eclod.store.tables import files, layout, maps, metadata, reach, splicing, writing
from eclod.store.tables.layout import IDENTIFIERS, Table
from eclod.store.tables.reach import Reached
from eclod.store.tables.rows import Cells, Rows
from eclod.store.tables.splicing import Before, Splice
from eclod.store.tables.view import About, Pairs, Stored, iri_of, name_of

#: What graphs, by IRI, say about one subject.
_Told = Mapping[str, Pairs]
_CHANGE: Final = f"<{identities.CHANGE}>".encode()
_BLOCK: Final = 1 << 18
_DICTIONARY: Final = f"{metadata.DICTIONARY}.csv"


def update(
    release: Path, store: ox.Store, touched: Collection[bytes], base: str, previous: Path
) -> tuple[TableEntry, ...] | None:
    """Write the tables of a release and return what there is, or None, with nothing written, when `writing.write` has
    to: too much changed, or the tables of the release before (`previous` is its folder) are of another version or are
    damaged.

    `store` holds the new release. `touched` are the subjects, as lines begin, of which a line was added or removed in
    the merged view or in a graph about identifiers, that about their life included.
    """
    folder = release / writing.FOLDER
    if len(touched) > reach.MOST:
        return None
    try:
        with uncollected():
            return _Update(folder, _Files(previous, folder), Stored(store), store, base).write(touched)
    except (Damaged, reach.TooMany):
        shutil.rmtree(folder, ignore_errors=True)
        return None


class _Files:
    """The files of the release before, and those of this one."""

    def __init__(self, previous: Path, folder: Path) -> None:
        """Raises Damaged when a file is missing, or all are of another version."""
        manifest = Manifest.read(previous)
        self._before, self._folder = previous / writing.FOLDER, folder
        self._entries = {file.name: file for table in manifest.tables for file in table.files}
        self.tables = {table.name: table for table in manifest.tables}
        wanted = {f"{table.name}.{ending}" for table in layout.tables() for ending in ("csv", "parquet")}
        wanted |= {maps.FILE, _DICTIONARY, metadata.METADATA_FILE}
        if self._entries.keys() != wanted or manifest.code_version != eclod.__version__:
            raise Damaged("The tables of the release before are of another version.")
        for name, entry in self._entries.items():
            path = self._before / name
            if not path.is_file() or path.stat().st_size != entry.size:
                raise Damaged(f"{path} is not as the release before has it.")
        if self.read(metadata.METADATA_FILE) != writing.description():
            raise Damaged("The tables of the release before have other columns.")
        folder.mkdir()

    def read(self, name: str) -> bytes:
        """Return a file of before; raises Damaged when it is not what was written."""
        content = (self._before / name).read_bytes()
        if hashlib.sha256(content).hexdigest() != self._entries[name].sha256:
            raise Damaged(f"{self._before / name} is not as the release before has it.")
        return content

    def blocks(self, name: str) -> Iterator[bytes]:
        """Return a file of before piece by piece; raises Damaged at its end when it is not what was written."""
        digest = hashlib.sha256()
        with (self._before / name).open("rb", buffering=0) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                yield block
        if digest.hexdigest() != self._entries[name].sha256:
            raise Damaged(f"{self._before / name} is not as the release before has it.")

    def keep(self, name: str) -> FileEntry:
        """Take a file over as it was."""
        os.link(self._before / name, self._folder / name)
        return self._entries[name]

    def write(self, name: str, pieces: Iterable[bytes | memoryview], rows: int) -> FileEntry:
        """Write a file; one that is as it was becomes a link."""
        digest, path = hashlib.sha256(), self._folder / name
        with path.open("wb", buffering=_BLOCK) as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
            entry = FileEntry(name=name, size=file.tell(), sha256=digest.hexdigest(), rows=rows)
        if entry == self._entries[name]:
            path.unlink()
            return self.keep(name)
        return entry


@dataclass(slots=True)
class _Update:
    """The tables of a release in the making."""

    folder: Path
    files: _Files
    view: Stored
    store: ox.Store
    base: str

    def write(self, touched: Collection[bytes]) -> tuple[TableEntry, ...]:
        tables = layout.tables()
        before = {table.name: Before(table, self.files.read(f"{table.name}.parquet")) for table in tables}
        reached, told = self._reached(touched, before[IDENTIFIERS])
        found = self._cells(reached, told)
        stale = splicing.stale_array(map(_iri, reached.rows))
        identifiers = splicing.stale_array(map(_iri, reached.identifiers))
        filled = self._filled_before()
        entries = []
        with ThreadPoolExecutor(1) as beside:  # what packs Parquet works without Python's lock
            for table in tables:
                gone = identifiers if table.name == IDENTIFIERS else stale
                splice = Splice(table, before.pop(table.name), gone, found[table.name])
                entries.append((table, splice.rows, self._table(table, splice, filled, beside)))
            mapped = self._map(reached, found)
            written = [(table, rows, tuple(entry.result() for entry in each)) for table, rows, each in entries]
        made = [
            TableEntry(name=table.name, rows=rows, files=(*each, mapped) if table.name == maps.CLUSTERS else each)
            for table, rows, each in written
        ]
        return (*made, self._dictionary(filled))

    def _reached(self, touched: Collection[bytes], before: Before) -> tuple[Reached, Mapping[bytes, _Told]]:
        """Return whose rows are to be made, and what graphs about identifiers say of these."""
        names = Names(self.base)
        life = names.graph(identities.LIFE)

        def wanted(graph: str) -> bool:
            return graph == life or writing.is_about_identifiers(graph, names)

        told = {subject: self.view.in_graphs(subject, wanted) for subject in touched}
        labels = _labels(before, touched)
        reached = reach.of(touched, labels.get, self.view, self.store, self.base)
        told |= {subject: self.view.in_graphs(subject, wanted) for subject in reached.identifiers - told.keys()}
        return reached, told

    def _cells(self, reached: Reached, told: Mapping[bytes, _Told]) -> dict[str, Cells]:
        """Return the cells of all tables for the rows that are made."""
        life = Names(self.base).graph(identities.LIFE)
        made = Rows(layout.tables(), self.view, self.base)
        for subject in reached.rows:
            made.add(subject, _pairs(self.view.about(subject)))
        for subject in reached.identifiers:
            for graph, pairs in told[subject].items():
                if graph != life:
                    made.identify(subject, pairs)
        lived = {subject: told[subject][life] for subject in reached.identifiers if life in told[subject]}
        for identity in self._lives(lived, life):
            if name_of(identity.iri) in lived:
                made.end(identity)
        cells = made.cells()
        own = {_iri(subject) for subject in reached.identifiers}
        chosen = [iri in own for iri in cells[IDENTIFIERS][0]]
        return cells | {IDENTIFIERS: [list(compress(column, chosen)) for column in cells[IDENTIFIERS]]}

    def _lives(self, lived: dict[bytes, Pairs], life: str) -> Iterable[Identity]:
        """Return what became of identifiers, from what the graph about it says of them and of what happened to them."""
        events = {value for pairs in lived.values() for predicate, value in pairs if predicate == _CHANGE}
        said = {
            event: self.view.in_graphs(event, lambda graph: graph == life).get(life, ())
            for event in events
            if iri_of(event) is not None
        }
        lines = [b" ".join((s, p, o, b".")) for s, pairs in (said | lived).items() for p, o in pairs]
        return identities.life({life: sorted(lines)}, Names(self.base)).values()

    def _table(
        self, table: Table, splice: Splice, filled: dict[str, list[str]], beside: Executor
    ) -> tuple[Future[FileEntry], ...]:
        """Write or keep the files of a table, as CSV and as Parquet, and say in `filled` what is new there."""
        csv_name, parquet_name = f"{table.name}.csv", f"{table.name}.parquet"
        if splice.unaffected:
            return tuple(beside.submit(self.files.keep, name) for name in (csv_name, parquet_name))
        spliced = splice.csv(self.files.blocks(csv_name))
        csv_entry = beside.submit(self.files.write, csv_name, spliced, splice.rows)
        columns = splice.columns()
        filled[table.name] = [metadata.share(column.null_count, splice.rows) for column in columns]
        packed = files.parquet(table, columns)
        return csv_entry, beside.submit(self.files.write, parquet_name, [packed], splice.rows)

    def _map(self, reached: Reached, found: Mapping[str, Cells]) -> FileEntry:
        """Write or keep the map."""
        by_name = {table.name: table for table in layout.tables()}
        before = maps.features_of(self.files.read(maps.FILE))
        wanted = maps.managers_of(by_name[maps.CLUSTERS], found[maps.CLUSTERS])
        managers = Rows(layout.tables(), self.view, self.base)
        for iri in wanted:
            managers.add(name_of(iri), _pairs(self.view.about(name_of(iri))))
        points = maps.own_points(by_name[maps.ORGANISATIONS], managers.cells()[maps.ORGANISATIONS])
        made = maps.features(by_name, found, points.get, self.view)
        stale = {_iri(subject) for subject in reached.rows}
        if not made and stale.isdisjoint(before):
            return self.files.keep(maps.FILE)
        after = {iri: texts for iri, texts in before.items() if iri not in stale} | dict(made)
        return self.files.write(maps.FILE, [maps.collection(after)], maps.count(after))

    def _filled_before(self) -> dict[str, list[str]]:
        """Return the shares of rows with a value, as the dictionary of before has them, by table."""
        text = self.files.read(_DICTIONARY).decode("utf-8-sig")
        filled: dict[str, list[str]] = {}
        for row in csv.DictReader(io.StringIO(text, newline="")):
            filled.setdefault(row["table"], []).append(row["filled"])
        return filled

    def _dictionary(self, filled: Mapping[str, Sequence[str]]) -> TableEntry:
        content, length = writing.dictionary_of(filled)
        kept = (self.files.write(_DICTIONARY, [content], length), self.files.keep(metadata.METADATA_FILE))
        return TableEntry(name=metadata.DICTIONARY, rows=length, files=kept)


def _labels(before: Before, subjects: Collection[bytes]) -> dict[bytes, str]:
    """Return what things were called, where the table of identifiers says it."""
    wanted = splicing.stale_array(map(_iri, subjects))
    return {name_of(iri): label for iri, label in before.pairs(wanted, "label") if label is not None}


def _pairs(about: About) -> Pairs:
    return [(predicate, value) for predicate, values in about.items() for value in values]


def _iri(subject: bytes) -> str:
    return iri_of(subject) or ""
