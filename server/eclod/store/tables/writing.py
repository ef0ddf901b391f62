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
from eclod.store.tables.view import View

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
    prefix, life = names.graph("identifiers/"), names.graph(identities.LIFE)
    identifiers = [
        View([lines.without_graph(line, iri) for line in graph])
        for iri, graph in graphs.items()
        if iri.startswith(prefix) and iri != life
    ]
    with uncollected():
        view = View(graphs.get("", []))
        found = rows.read(tables, view, identifiers, base, identities.life(graphs, names).values())
        entries = [_write_table(folder, table, found[table.name]) for table in tables]
        entries = [_with_map(folder, entry, tables, found, view) for entry in entries]
        explained = [line for table in tables for line in metadata.dictionary_rows(table, found[table.name])]
        explained += metadata.map_rows()
    entries.append(_write_dictionary(folder, tables, explained))
    if previous is not None:
        _link_same(folder, previous / FOLDER)
    return tuple(entries)


def _write_table(folder: Path, table: Table, cells: Cells) -> TableEntry:
    csv, parquet = (folder / f"{table.name}.{ending}" for ending in ("csv", "parquet"))
    files.write_csv(csv, table.columns, cells)
    files.write_parquet(parquet, table, cells)
    entries = (FileEntry.of(csv, len(cells[0])), FileEntry.of(parquet, len(cells[0])))
    return TableEntry(name=table.name, rows=len(cells[0]), files=entries)


def _with_map(
    folder: Path, entry: TableEntry, tables: Sequence[Table], found: Mapping[str, Cells], view: View
) -> TableEntry:
    """Return the entry of a table with the map of its things, which is written now, where there is one."""
    if entry.name != maps.CLUSTERS:
        return entry
    path = folder / maps.FILE
    features = maps.write(path, {table.name: table for table in tables}, found, view)
    return entry.model_copy(update={"files": (*entry.files, FileEntry.of(path, features))})


def _write_dictionary(folder: Path, tables: Sequence[Table], explained: Sequence[Sequence[str]]) -> TableEntry:
    path = folder / f"{metadata.DICTIONARY}.csv"
    path.write_bytes(files.to_csv(metadata.dictionary_columns(), explained))
    described = folder / metadata.METADATA_FILE
    described.write_text(json.dumps(metadata.csvw(tables), ensure_ascii=False) + "\n", encoding="utf-8")
    entries = (FileEntry.of(path, len(explained)), FileEntry.of(described))
    return TableEntry(name=metadata.DICTIONARY, rows=len(explained), files=entries)


def _link_same(folder: Path, before: Path) -> None:
    for path in folder.iterdir():
        old = before / path.name
        if old.is_file() and filecmp.cmp(old, path, shallow=False):
            path.unlink()
            os.link(old, path)
