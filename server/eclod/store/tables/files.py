"""Rows as files: CSV for spreadsheets, Parquet for programs. The same rows give the same bytes.

CSV as RFC 4180 has it: UTF-8 (with the mark by which spreadsheets know it), commas, CR LF, quotes where needed. Several
values of a cell are separated by " | ", and a bar inside one of them becomes a broken bar. A cell that a spreadsheet
would run as a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]  # it has no annotations
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from eclod.core.spreadsheet import BYTE_ORDER_MARK, safe
from eclod.store.tables.columns import Column, Datatype
from eclod.store.tables.layout import Table
from eclod.store.tables.readers import Cell
from eclod.store.tables.rows import Cells

SEPARATOR: Final = " | "
LINE_END: Final = "\r\n"

#: How Parquet keeps a type, and how its spelling becomes a value.
_TYPES: Final[Mapping[Datatype, tuple[Any, Callable[[str], object]]]] = {
    Datatype.TEXT: (pa.string(), str),
    Datatype.IRI: (pa.string(), str),
    Datatype.DATE: (pa.date32(), date.fromisoformat),
    Datatype.YEAR: (pa.int32(), int),
    Datatype.DECIMAL: (pa.float64(), float),
    Datatype.DOUBLE: (pa.float64(), float),
    Datatype.INTEGER: (pa.int64(), int),
    Datatype.BOOLEAN: (pa.bool_(), lambda text: text == "true"),
}


def write_csv(path: Path, columns: Sequence[Column], cells: Cells) -> None:
    """Write a table as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(BYTE_ORDER_MARK)
        writer = csv.writer(file, lineterminator=LINE_END)
        writer.writerow(column.name for column in columns)
        writer.writerows(zip(*map(_texts, columns, cells), strict=True))


def csv_rows(columns: Sequence[Column], cells: Cells) -> list[bytes]:
    """Return the rows of a table as they stand in the CSV file, each with its line end."""
    return list(map(_csv_row, zip(*map(_texts, columns, cells), strict=True)))


def csv_start(iri: str) -> bytes:
    """Return how the row of a thing begins in a CSV file, up to the second cell."""
    return _csv_row([safe(iri), ""]).removesuffix(LINE_END.encode())


def arrow_schema(table: Table) -> Any:
    """Return the schema of a table; what is known of a column stands in the metadata of its field."""
    facts = {"title": table.title["en"], "description": table.description["en"]}
    return pa.schema(map(_field, table.columns), metadata=facts)


def arrow_columns(table: Table, cells: Cells) -> list[Any]:
    """Return the columns of a table as arrays of the types in its schema."""
    return list(map(_array, table.columns, arrow_schema(table), cells))


def parquet(table: Table, arrays: Sequence[Any]) -> memoryview:
    """Return a table as Parquet from its columns as arrays."""
    packed = pa.BufferOutputStream()
    written = pa.Table.from_arrays(list(arrays), schema=arrow_schema(table))
    # Compressed as every reader can, in the format of 2021 (Parquet 2.6).
    pq.write_table(written, packed, compression="snappy", version="2.6")
    return memoryview(packed.getvalue())


def to_csv(names: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows of text as CSV."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator=LINE_END)
    writer.writerow(names)
    writer.writerows(map(safe, row) for row in rows)
    return (BYTE_ORDER_MARK + buffer.getvalue()).encode()


def plain(cell: Cell, column: Column) -> object:
    """Return a cell as JSON: a number or text, several values as text."""
    if isinstance(cell, tuple):
        return _joined(cell)
    return float(cell) if cell is not None and column.datatype.is_number else cell


def _csv_row(row: Sequence[Cell]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator=LINE_END).writerow(row)
    return buffer.getvalue().encode()


def _texts(column: Column, cells: Sequence[Cell]) -> Sequence[Cell]:
    """Return the cells of a column as CSV has them."""
    if column.many:
        texts = {cell: None if cell is None else safe(_joined(cell)) for cell in set(cells)}
        return [texts[cell] for cell in cells]
    if column.datatype.is_number:
        return cells
    return [None if cell is None else safe(str(cell)) for cell in cells]


def _joined(cell: Cell) -> str:
    return SEPARATOR.join((value or "").replace("|", "¦") for value in cell or ())


def _field(column: Column) -> Any:
    kind, _ = _TYPES[column.datatype]
    known = {
        "label": column.labels.get("en"),
        "description": column.descriptions.get("en"),
        "property": " ".join(column.properties),
        "code_list": " ".join(column.code_lists),
        "unit": column.unit,
    }
    metadata = {name: text for name, text in known.items() if text}
    # What shapes require may be missing in data that no gate has seen.
    return pa.field(column.name, pa.list_(kind) if column.many else kind, column.name != "iri", metadata)


def _array(column: Column, field: Any, cells: Sequence[Cell]) -> Any:
    convert = _TYPES[column.datatype][1]
    values: Sequence[object] = cells
    if convert is str or not any(cells):
        pass
    elif column.many:
        values = [cell and [value and convert(value) for value in cell] for cell in cells]
    else:
        values = [cell and convert(str(cell)) for cell in cells]
    return pa.array(values, type=field.type)
