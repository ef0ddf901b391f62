"""Writing the folder of tables of a release."""

from __future__ import annotations

import filecmp
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from eclod.core.garbage import uncollected
from eclod.core.iris import Names
from eclod.store import identities, lines
from eclod.store.manifest import FileEntry, TableEntry
from eclod.store.tables import files, layout, maps, metadata, rows
from eclod.store.tables.layout import Table
from eclod.store.tables.rows import Cells
from eclod.store.tables.view import Lines

FOLDER: Final = "tables"


def write(
    release: Path, graphs: Mapping[str, Sequence[bytes]], base: str, previous: Path | None = None
) -> tuple[TableEntry, ...]:
    """Write the tables of a release from its graphs (sorted lines by graph IRI) and return what there is.

    All tables are always there, if only with their headers. Files that are as in the release before (`previous`, its
    folder) are links to these.
    """
    folder = release / FOLDER
    folder.mkdir()
    tables = layout.tables()
    names = Names(base)
    identifiers = [
        Lines([lines.without_graph(line, iri) for line in graphs[iri]])
        for iri in sorted(graphs)
        if is_about_identifiers(iri, names)
    ]
    with uncollected():
        view = Lines(graphs.get("", []))
        found = rows.read(tables, view, identifiers, base, identities.life(graphs, names).values())
        entries = [_write_table(folder, table, found[table.name]) for table in tables]
        entries = [_with_map(folder, entry, tables, found, view) for entry in entries]
        filled = {name: [metadata.share(own.count(None), len(own)) for own in cells] for name, cells in found.items()}
    entries.append(_write_dictionary(folder, filled))
    if previous is not None:
        _link_same(folder, previous / FOLDER)
    return tuple(entries)


def is_about_identifiers(graph: str, names: Names) -> bool:
    """Return whether a graph (IRI) says how registries name things; that about their life is another matter."""
    return graph.startswith(names.graph("identifiers/")) and graph != names.graph(identities.LIFE)


def dictionary_of(filled: Mapping[str, Sequence[str]]) -> tuple[bytes, int]:
    """Return the dictionary and how many rows it has; `filled` has the share of rows with a value, for each column of
    each table."""
    explained = [line for table in layout.tables() for line in metadata.dictionary_rows(table, filled[table.name])]
    explained += metadata.map_rows()
    return files.to_csv(metadata.dictionary_columns(), explained), len(explained)


def description() -> bytes:
    """Return the metadata of all tables."""
    return (json.dumps(metadata.csvw(layout.tables()), ensure_ascii=False) + "\n").encode()


def _write_table(folder: Path, table: Table, cells: Cells) -> TableEntry:
    csv, parquet = (folder / f"{table.name}.{ending}" for ending in ("csv", "parquet"))
    files.write_csv(csv, table.columns, cells)
    parquet.write_bytes(files.parquet(table, files.arrow_columns(table, cells)))
    entries = (FileEntry.of(csv, len(cells[0])), FileEntry.of(parquet, len(cells[0])))
    return TableEntry(name=table.name, rows=len(cells[0]), files=entries)


def _with_map(
    folder: Path, entry: TableEntry, tables: Sequence[Table], found: Mapping[str, Cells], view: Lines
) -> TableEntry:
    """Return the entry of a table with the map of its things, which is written now, where there is one."""
    if entry.name != maps.CLUSTERS:
        return entry
    path = folder / maps.FILE
    by_name = {table.name: table for table in tables}
    points = maps.own_points(by_name[maps.ORGANISATIONS], found[maps.ORGANISATIONS])
    made = maps.features(by_name, found, points.get, view)
    path.write_bytes(maps.collection(made))
    return entry.model_copy(update={"files": (*entry.files, FileEntry.of(path, maps.count(made)))})


def _write_dictionary(folder: Path, filled: Mapping[str, Sequence[str]]) -> TableEntry:
    path, described = folder / f"{metadata.DICTIONARY}.csv", folder / metadata.METADATA_FILE
    content, length = dictionary_of(filled)
    path.write_bytes(content)
    described.write_bytes(description())
    entries = (FileEntry.of(path, length), FileEntry.of(described))
    return TableEntry(name=metadata.DICTIONARY, rows=length, files=entries)


def _link_same(folder: Path, before: Path) -> None:
    for path in folder.iterdir():
        old = before / path.name
        if old.is_file() and filecmp.cmp(old, path, shallow=False):
            path.unlink()
            os.link(old, path)
