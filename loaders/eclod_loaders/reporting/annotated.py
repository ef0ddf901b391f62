"""A copy of a table with a column that says what is wrong in each row, to correct it where it was made."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from python_calamine import CalamineWorkbook

from eclod.core.spreadsheet import BYTE_ORDER_MARK, safe
from eclod_loaders.declarations.registry import Source
from eclod_loaders.reading.tabular import SPREADSHEETS, read_records
from eclod_loaders.reporting.faults import Fault
from eclod_loaders.reporting.language import Speech
from eclod_loaders.reporting.positions import Layout

_SHOWN: Final = 5
#: What a cell of a spreadsheet holds at most (Excel specifications and limits).
_LONGEST: Final = 32_000
_WRONG: Final = PatternFill("solid", fgColor="FFD9D6")
_HEAD: Final = Font(bold=True)
_WRAP: Final = Alignment(wrap_text=True, vertical="top")


def write(folder: Path, path: Path, name: str, source: Source, faults: Iterable[Fault], say: Speech) -> Path | None:
    """Write the copy into a folder and return where; None for a format that is no table.

    A table of a spreadsheet stays one, a CSV file keeps its delimiter and becomes UTF-8 with a byte order mark.
    """
    if source.adapter != "tabular":
        return None
    notes, wrong = _by_row(faults, say)
    if path.suffix.lower() in SPREADSHEETS:
        target = folder / f"{path.stem}.checked.xlsx"
        _write_sheet(target, path, source, notes, wrong, say)
    else:
        target = folder / f"{path.stem}.checked{path.suffix.lower() or '.csv'}"
        _write_delimited(target, path, name, source, notes, say)
    return target


def _by_row(faults: Iterable[Fault], say: Speech) -> tuple[dict[int, str], dict[int, set[str]]]:
    """Return what to say about each row, and its wrong cells by column."""
    said: dict[int, dict[str, None]] = {}
    wrong: dict[int, set[str]] = {}
    for fault in faults:
        if fault.row is None:
            continue
        hint = "" if fault.suggestion is None else " " + say("Perhaps {value}?", value=fault.suggestion)
        text = f"{fault.column}: {fault.sentence}{hint}" if fault.column else fault.sentence + hint
        said.setdefault(fault.row, {})[text] = None
        if fault.column:
            wrong.setdefault(fault.row, set()).add(fault.column)
    notes = {}
    for row, texts in said.items():
        more = [say("… and {count} more", count=len(texts) - _SHOWN)] if len(texts) > _SHOWN else []
        notes[row] = "\n".join([*list(texts)[:_SHOWN], *more])
    return notes, wrong


def _heading(taken: Iterable[str], say: Speech) -> str:
    """Return a name for the new column that no column has."""
    name, known = say("What is wrong"), set(taken)
    while name in known:
        name += " *"
    return name


def _write_delimited(
    target: Path, path: Path, name: str, source: Source, notes: Mapping[int, str], say: Speech
) -> None:
    options = source.mapping.file
    with target.open("w", encoding="utf-8", newline="") as file:
        file.write(BYTE_ORDER_MARK)
        writer = csv.writer(file, delimiter=options.delimiter, quotechar=options.quote, lineterminator="\r\n")
        width = 0
        for number, record in enumerate(read_records(path, name, source.mapping), start=1):
            if number == options.header_row:
                width = len(record)
                note = _heading(record, say)
            else:
                note = notes.get(number, "")
            # A row with cells too many keeps them, so that its note may stand one further than the others.
            cells = [safe(cell) for cell in record] + [""] * (width - len(record))
            writer.writerow([*cells, safe(note)])


def _write_sheet(
    target: Path, path: Path, source: Source, notes: Mapping[int, str], wrong: Mapping[int, set[str]], say: Speech
) -> None:
    options = source.mapping.file
    columns = Layout.of(path, path.name, source).columns
    with CalamineWorkbook.from_path(path) as book:
        chosen = book.get_sheet_by_name(options.sheet) if options.sheet else book.get_sheet_by_index(0)
        name, rows = chosen.name, chosen.to_python(skip_empty_area=False)
    made = Workbook(write_only=True)
    sheet = made.create_sheet(name)
    sheet.freeze_panes = f"A{options.header_row + 1}"
    width = max((len(row) for row in rows), default=0)
    sheet.column_dimensions[get_column_letter(width + 1)].width = 80
    for number, row in enumerate(rows, start=1):
        at_fault = {columns[column] for column in wrong.get(number, ()) if column in columns}
        head = number == options.header_row
        note = _heading(map(str, row), say) if head else notes.get(number, "")
        sheet.append(_cells(sheet, row, at_fault, head) + _note(sheet, note, head))
    made.save(target)


def _cells(sheet: Any, row: Sequence[object], at_fault: set[int], head: bool) -> list[object]:
    return [
        _cell(sheet, value, _WRONG if position in at_fault else None, head)
        if head or position in at_fault or isinstance(value, str)
        else value
        for position, value in enumerate(row)
    ]


def _note(sheet: Any, note: str, head: bool) -> list[object]:
    if not note:
        return []
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", note)[:_LONGEST])
    cell.data_type = "s"
    if head:
        cell.font = _HEAD
    else:
        cell.alignment = _WRAP
    return [cell]


def _cell(sheet: Any, value: Any, fill: PatternFill | None, head: bool) -> object:
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", value)[:_LONGEST]
        if fill is None and not head and not value.startswith("="):
            return value
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"  # never a formula
    if fill is not None:
        cell.fill = fill
    if head:
        cell.font = _HEAD
    return cell
