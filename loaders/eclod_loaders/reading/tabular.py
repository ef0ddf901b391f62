"""CSV, TSV and XLSX as rows."""

from __future__ import annotations

import codecs
import csv
import datetime
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from charset_normalizer import from_bytes
from python_calamine import CalamineError, CalamineWorkbook

from eclod.core.errors import BadInput
from eclod_loaders.declarations.mapping_file import RegistryMapping
from eclod_loaders.declarations.registry import Source
from eclod_loaders.declarations.toml_files import column_name, nearest
from eclod_loaders.reading import workbook_bounds
from eclod_loaders.rows import Row
from eclod_loaders.values import texts

SPREADSHEETS: Final = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})

#: The first bytes of a file that say how it is encoded.
BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SNIFFED_BYTES: Final = 200_000

Record = Sequence[str]


def read_tabular(path: Path, name: str, source: Source) -> Iterator[Row]:
    """Return the rows of a table. `name` is the file's name in messages.

    Raises BadInput, naming the file and what to do, when it is no table, is in another encoding, lacks a mapped column
    or has one that is neither mapped nor ignored.
    """
    mapping = source.mapping
    sheet = path.suffix.lower() in SPREADSHEETS
    numbered = enumerate(read_records(path, name, mapping), start=1)
    header: Record = next((record for number, record in numbered if number == mapping.file.header_row), ())
    columns = _columns(header, name, mapping, may_have_delimiter=not sheet)
    for number, record in numbered:
        yield _row(name, number, columns, record, mapping)


def read_records(path: Path, name: str, mapping: RegistryMapping) -> Iterator[Record]:
    """Return all rows of a table as they stand there, the header among them. Raises BadInput as `read_tabular` does."""
    sheet = path.suffix.lower() in SPREADSHEETS
    return _sheet(path, name, mapping) if sheet else _delimited(path, name, mapping)


def _row(name: str, number: int, columns: Sequence[str], record: Record, mapping: RegistryMapping) -> Row:
    repair = mapping.repair
    cells: dict[str, tuple[str, ...]] = {}
    defect = ""
    for column, text in zip(columns, record, strict=False):
        if not text.strip():
            cells[column] = ()
        elif not column:
            defect = f"The row has '{text}' in a column without a name; name the column or empty the cell."
        elif repair and column not in repair.not_in:
            cells[column] = (repair.apply(text),)
        else:
            cells[column] = (text,)
    cells.pop("", None)
    # A row of one empty cell is a blank line, which any table may have.
    if len(record) != len(columns) and any(text.strip() for text in record):
        defect = (
            f"The row has {len(record)} cells and the header has {len(columns)}; "
            "put a cell that contains the delimiter in quotes, or add what is missing."
        )
    return Row(name, number, cells, defect)


def _columns(header: Record, name: str, mapping: RegistryMapping, may_have_delimiter: bool) -> list[str]:
    """Return the names of the columns, checked against the mapping."""
    repaired = [mapping.repair.apply(text) if mapping.repair else text for text in header]
    columns = [column_name(text) for text in repaired]
    if not any(columns):
        raise BadInput(f"{name} has no header in row {mapping.file.header_row}; check the file and 'header_row'.")
    twice = [column for column, count in Counter(columns).items() if column and count > 1]
    if twice:
        raise BadInput(f"{name} has two columns called '{twice[0]}'; rename one of them.")
    missing = sorted(mapping.used_columns - set(columns) - set(mapping.file.optional))
    if missing:
        other = _other_delimiter(header, mapping.file.delimiter) if may_have_delimiter and len(columns) == 1 else ""
        raise BadInput(f"{name} has no column '{missing[0]}'" + (other or _instead(missing[0], columns, mapping)))
    for position, column in enumerate(columns, start=1):
        check_known(column, f"{name}, column {position}", mapping)
    return columns


def check_known(column: str, place: str, mapping: RegistryMapping) -> None:
    """Raise BadInput for a column that the mapping neither uses nor ignores by name or by how the name begins."""
    if column and column not in mapping.used_columns and not mapping.ignores(column):
        raise unknown(column, place)


def unknown(column: str, place: str) -> BadInput:
    """Return what to raise for a column that the mapping does not name."""
    return BadInput(
        f"{place}: '{column}' is not in the mapping; use it in a field or add it to [ignored] with a reason."
    )


def _instead(column: str, columns: Iterable[str], mapping: RegistryMapping) -> str:
    unknown = [each for each in columns if each and each not in mapping.used_columns and each not in mapping.ignored]
    near = nearest(column, unknown)
    if near:
        return f", but one called '{near}'; correct the header or the mapping."
    return f", which the mapping uses; its columns are {', '.join(repr(each) for each in columns)}."


def _other_delimiter(header: Record, delimiter: str) -> str:
    counts = {sign: header[0].count(sign) for sign in ";,\t|" if sign != delimiter}
    sign = max(counts, key=lambda each: counts[each])
    return f"; its header has {counts[sign]} times {sign!r}, so 'delimiter' may be {sign!r}." if counts[sign] else ""


# Delimited text


def _delimited(path: Path, name: str, mapping: RegistryMapping) -> Iterator[Record]:
    text = decode(read_bytes(path, name), name, mapping.file.encoding)
    if "\0" in text:
        raise BadInput(
            f"{name} is not a text file; save it as CSV or, if it is a spreadsheet, with its own ending (.xlsx)."
        )
    options = mapping.file
    # With newline="" a lone CR ends a line too, as in files of old Macintosh programs.
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=options.delimiter, quotechar=options.quote, strict=True
    )
    number = 0
    while True:
        try:
            record = next(reader, None)
        except csv.Error as error:
            raise BadInput(
                f"{name}, row {number + 1} (near line {reader.line_num}): not readable as CSV ({error}); "
                "check its quotes and the delimiter."
            ) from None
        if record is None:
            return
        number += 1
        yield record


def read_bytes(path: Path, name: str) -> bytes:
    """Return the content of a file. Raises BadInput when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{name} cannot be read: {error.strerror}.") from None


def decode(content: bytes, name: str, encoding: str) -> str:
    """Return the text of a file in its declared encoding, without byte order mark.

    Raises BadInput with the line of the first byte that does not fit and, where one can be found, the likely encoding.
    """
    marked = next((marked for bom, marked in BYTE_ORDER_MARKS if content.startswith(bom)), None)
    if marked and marked != encoding and not encoding.startswith(marked):
        if marked != "utf-8":
            raise BadInput(f'{name} is in {marked} by its first bytes; write encoding = "{marked}" in the mapping.')
        encoding = "utf-8"
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = len(content[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
        best = from_bytes(content[:_SNIFFED_BYTES]).best()
        guess = f"it looks like {best.encoding}" if best and best.encoding != encoding else "it may be damaged"
        raise BadInput(
            f"{name}, line {line}: byte 0x{content[error.start]:02X} does not exist in {encoding}; {guess}. "
            "Correct 'encoding' in the mapping or save the file anew."
        ) from None


# Spreadsheets


def _sheet(path: Path, name: str, mapping: RegistryMapping) -> Iterator[Record]:
    wanted = mapping.file.sheet
    if path.is_file():
        workbook_bounds.check(path, name)
    try:
        with CalamineWorkbook.from_path(path) as book:
            if wanted is not None and wanted not in book.sheet_names:
                raise BadInput(f"{name} has no sheet '{wanted}'; it has {', '.join(map(repr, book.sheet_names))}.")
            sheet = book.get_sheet_by_name(wanted) if wanted else book.get_sheet_by_index(0)
            cells = sheet.to_python(skip_empty_area=False)
    except FileNotFoundError:
        raise BadInput(f"{name} cannot be read: there is no such file.") from None
    except CalamineError as error:
        raise BadInput(f"{name} is not a spreadsheet that can be read ({error}); save it as .xlsx or CSV.") from None
    sign = texts.decimal_sign(mapping.values.locale[0])
    for record in cells:
        yield [_cell(cell, sign) for cell in record]


def _cell(cell: object, sign: str) -> str:
    """Return a cell as a user of the mapping's locale sees it; dates as ISO 8601, which is always understood."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        text = format(cell, ".15g") if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        return text.replace(".", sign)
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    return str(cell)
