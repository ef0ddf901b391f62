"""Rows of a table made anew, put among those of the release before: the files are those that all rows would give.

Rows are sorted by IRI in every file. The Parquet says where they are, so that CSV need not be read cell by cell.
"""

from __future__ import annotations

import base64
import bisect
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it has no annotations
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from eclod.core.errors import Damaged
from eclod.store.tables import files, layout
from eclod.store.tables.layout import Table
from eclod.store.tables.rows import Cells

_LINE_END = files.LINE_END.encode()


class Before:
    """One table of the release before, from the bytes of its Parquet file."""

    def __init__(self, table: Table, content: bytes) -> None:
        """Raises Damaged when the file is none, of other columns, or of another writer."""
        self._table = table
        try:
            self._file = pq.ParquetFile(pa.BufferReader(content))
            self.iris = self.column("iri")
        except (pa.ArrowException, OSError, KeyError) as error:
            raise Damaged(f"The table {table.name} cannot be read ({error}).") from error
        facts = self._file.metadata
        schema = base64.b64encode(files.arrow_schema(table).serialize())
        if (facts.metadata or {}).get(b"ARROW:schema") != schema or facts.created_by != _writer():
            raise Damaged(f"The table {table.name} was written by another version.")

    def column(self, name: str) -> Any:
        """Return a column as one array."""
        return self._file.read([name], use_threads=False).column(name).combine_chunks()

    def pairs(self, iris: Any, name: str) -> Iterator[tuple[str, Any]]:
        """Return the values of a column by the IRIs, of those given, that have a row."""
        rows = pc.indices_nonzero(pc.is_in(self.iris, value_set=iris))
        return zip(self.iris.take(rows).to_pylist(), self.column(name).take(rows).to_pylist(), strict=True)


@dataclass(frozen=True, slots=True)
class _Mark:
    """The start of a row in a CSV file, after a line end (empty at the end of the file): what comes before it, and
    whether what follows goes."""

    begin: bytes
    inserted: Sequence[bytes]
    dropped: bool


class Splice:
    """What becomes of a table: `gone` says which rows of before are to go, `fresh` are the cells of new ones."""

    def __init__(self, table: Table, before: Before, stale: Any, cells: Cells) -> None:
        self._table, self._before = table, before
        self._cells = cells
        self._gone = pc.is_in(before.iris, value_set=stale)
        self.unaffected = not cells[0] and not pc.any(self._gone).as_py()

    @property
    def rows(self) -> int:
        return len(self._before.iris) - (pc.sum(self._gone).as_py() or 0) + len(self._cells[0])

    def columns(self) -> list[Any]:
        """Return the columns of the table as arrays."""
        fresh = files.arrow_columns(self._table, self._cells)
        kept = pc.indices_nonzero(pc.invert(self._gone))
        old = len(self._gone)
        places = pa.concat_arrays([kept, pa.array(range(old, old + len(fresh[0])), kept.type)])
        iris = pa.concat_arrays([self._before.iris, fresh[0]])
        order = places.take(pc.sort_indices(iris.take(places)))
        return [
            self._column(column.name, field.type, own, order)
            for column, field, own in zip(self._table.columns, files.arrow_schema(self._table), fresh, strict=True)
        ]

    def csv(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Return the file, piece by piece, from what it was before; raises Damaged when that is of other rows."""
        marks, dropped, rest = deque(self._marks()), False, b""
        odd = 0  # 1 inside quotes, where a text may hold what looks like a row
        for block in blocks:
            block = rest + block
            end = max(block.rfind(_LINE_END), 0)
            searched = taken = 0
            while marks and marks[0].begin and (found := block.find(marks[0].begin, searched, end)) >= 0:
                odd ^= block.count(b'"', searched, found) & 1
                searched = found + odd
                if not odd:
                    mark, start = marks.popleft(), found + len(_LINE_END)
                    yield from (() if dropped else (block[taken:start],))
                    yield from mark.inserted
                    taken, dropped = start, mark.dropped
            odd ^= block.count(b'"', searched, end) & 1
            if not dropped:
                yield block[taken:end]
            rest = block[end:]
        if rest != _LINE_END or any(mark.begin for mark in marks):
            raise Damaged(f"The table {self._table.name} does not have the rows as CSV that it has as Parquet.")
        yield from (() if dropped else (rest,))
        yield from (text for mark in marks for text in mark.inserted)

    def _marks(self) -> Iterator[_Mark]:
        """Return where the file changes, in its order."""
        iris = self._before.iris
        gone = set(pc.indices_nonzero(self._gone).to_pylist())
        inserted: dict[int, list[bytes]] = {}
        for iri, text in zip(self._cells[0], files.csv_rows(self._table.columns, self._cells), strict=True):
            place = bisect.bisect_left(range(len(iris)), str(iri), key=lambda row: iris[row].as_py())
            inserted.setdefault(place, []).append(text)
        for row in sorted(gone | {row + 1 for row in gone} | inserted.keys()):
            begin = _LINE_END + files.csv_start(iris[row].as_py()) if row < len(iris) else b""
            yield _Mark(begin, inserted.get(row, ()), row in gone)

    def _column(self, name: str, kind: Any, fresh: Any, order: Any) -> Any:
        old = self._before.column(name)
        if old.null_count == len(old) and fresh.null_count == len(fresh):
            return pa.nulls(len(order), kind)
        return pa.concat_arrays([old.cast(kind), fresh]).take(order)


def stale_array(iris: Iterable[str]) -> Any:
    """Return IRIs as Splice wants them."""
    return pa.array(sorted(iris), pa.string())


@cache
def _writer() -> str:
    """Return who writes Parquet here: other versions may give other bytes."""
    table = min(layout.tables(), key=lambda table: len(table.columns))
    packed = files.parquet(table, files.arrow_columns(table, [()] * len(table.columns)))
    return str(pq.read_metadata(pa.BufferReader(packed)).created_by)
