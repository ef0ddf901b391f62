"""Writing the folder of tables of a release."""

from __future__ import annotations

import filecmp
import gc
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import compress
from pathlib import Path
from typing import Final

from eclod.core.iris import Names
from eclod.store import lines
from eclod.store.manifest import FileEntry, TableEntry
from eclod.store.tables import files, layout, metadata, rows
from eclod.store.tables.layout import Table
from eclod.store.tables.rows import Cells
from eclod.store.tables.view import View

FOLDER: Final = "tables"
#: What is also there for maps, with what else than its rows is on it: the organisations that manage them.
_ON_A_MAP: Final = "clusters"
_MANAGERS: Final = ("organisations", "ClusterOrganisation")


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
    prefix = Names(base).graph("identifiers/")
    identifiers = [
        View([lines.without_graph(line, iri) for line in graph])
        for iri, graph in graphs.items()
        if iri.startswith(prefix)
    ]
    with _without_collection():
        found = rows.read(tables, View(graphs.get("", [])), identifiers, base)
        entries = [_write_table(folder, table, found, tables) for table in tables]
        explained = [line for table in tables for line in metadata.dictionary_rows(table, found[table.name])]
    entries.append(_write_dictionary(folder, tables, explained))
    if previous is not None:
        _link_same(folder, previous / FOLDER)
    return tuple(entries)


def _write_table(folder: Path, table: Table, found: Mapping[str, Cells], tables: Sequence[Table]) -> TableEntry:
    own = found[table.name]
    csv, parquet = (folder / f"{table.name}.{ending}" for ending in ("csv", "parquet"))
    files.write_csv(csv, table.columns, own)
    files.write_parquet(parquet, table, own)
    entries = [FileEntry.of(path, len(own[0])) for path in (csv, parquet)]
    if table.name == _ON_A_MAP:
        path = folder / f"{table.name}.geojson"
        points = files.write_geojson(path, [(table, own), _managers(found, tables)])
        entries.append(FileEntry.of(path, points))
    return TableEntry(name=table.name, rows=len(own[0]), files=tuple(entries))


def _managers(found: Mapping[str, Cells], tables: Sequence[Table]) -> tuple[Table, Cells]:
    """Return what else than clusters is on the map, as a part of its table."""
    name, shape = _MANAGERS
    table = next(each for each in tables if each.name == name)
    kind = next(each.target_class for each in table.shapes if each.name == shape)
    assert table.class_position is not None
    wanted = [one == kind for one in found[name][table.class_position]]
    return table, [list(compress(cells, wanted)) for cells in found[name]]


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


@contextmanager
def _without_collection() -> Iterator[None]:
    """Make rows without the search for cycles, of which there are none: it takes a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
