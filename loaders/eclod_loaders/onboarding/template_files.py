"""Templates as files: a spreadsheet with a sheet that explains its columns and one of the codes, or two CSV files."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from pyoxigraph import Literal, NamedNode

from eclod.core.errors import BadInput
from eclod.core.spreadsheet import BYTE_ORDER_MARK
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.codes.concepts import IN_SCHEME, NOTATION, PREF_LABEL
from eclod_loaders.onboarding.template import Template
from eclod_loaders.reporting.language import Speech

FORMATS: Final = ("xlsx", "csv")
#: Lists with more codes are named, not listed: NACE and NUTS have thousands.
_LISTED: Final = 320
_ROWS: Final = 5_000
_HEAD: Final = Font(bold=True)
_NEEDED: Final = PatternFill("solid", fgColor="FFF2CC")
_WRAP: Final = Alignment(wrap_text=True, vertical="top")
_WIDTH: Final = 24


def write(template: Template, folder: Path, form: str, codes: CodeLists, say: Speech) -> list[Path]:
    """Write a template into a folder and return its files. Raises BadInput when the folder cannot be written."""
    stem = template.shape.lower()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if form == "csv":
            return _write_csv(template, folder, stem, say)
        target = folder / f"{stem}.xlsx"
        _workbook(template, codes, say).save(target)
        return [target]
    except OSError as error:
        raise BadInput(f"The folder {folder} cannot be written: {error.strerror}. Name another with --into.") from None


def _write_csv(template: Template, folder: Path, stem: str, say: Speech) -> list[Path]:
    table, explained = folder / f"{stem}.csv", folder / f"{stem}.explained.csv"
    for target, rows in (
        (table, [[column.name for column in template.columns]]),
        (explained, [_headings(say), *_explanation(template, say)]),
    ):
        with target.open("w", encoding="utf-8", newline="") as file:
            file.write(BYTE_ORDER_MARK)
            csv.writer(file).writerows(rows)
    return [table, explained]


def _headings(say: Speech) -> list[str]:
    return [say(name) for name in ("Column", "Needed", "What it means", "What to write", "Code lists")]


def _explanation(template: Template, say: Speech) -> Iterator[list[str]]:
    for column in template.columns:
        needed = say("in each row") if column.required else ""
        yield [column.name, needed, column.meaning, column.how, " ".join(column.code_lists)]


def _workbook(template: Template, codes: CodeLists, say: Speech) -> Workbook:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = template.shape[:31]
    for position, column in enumerate(template.columns, start=1):
        cell = sheet.cell(1, position, column.name)
        cell.font = _HEAD
        if column.required:
            cell.fill = _NEEDED
        sheet.column_dimensions[get_column_letter(position)].width = _WIDTH
    sheet.freeze_panes = "B2"
    explained = book.create_sheet(say("Explanation"))
    for row in (_headings(say), *_explanation(template, say)):
        explained.append(row)
    for letter, width in zip("ABCDE", (30, 14, 70, 40, 50), strict=True):
        explained.column_dimensions[letter].width = width
    for cells in explained.iter_rows():
        for each in cells:
            each.alignment = _WRAP
            if each.row == 1:
                each.font = _HEAD
    _add_codes(book, sheet, template, codes, say)
    return book


def _add_codes(book: Workbook, sheet: Worksheet, template: Template, codes: CodeLists, say: Speech) -> None:
    """Add a sheet with the codes of short lists, from which their columns offer a choice."""
    wanted = {scheme for column in template.columns for scheme in column.code_lists}
    lists = {scheme: found for scheme, found in _codes(codes, wanted, say).items() if len(found) <= _LISTED}
    if not lists:
        return
    listed = book.create_sheet(say("Codes"))
    places: dict[str, str] = {}
    for position, (scheme, found) in enumerate(sorted(lists.items())):
        letter, beside = get_column_letter(2 * position + 1), get_column_letter(2 * position + 2)
        listed[f"{letter}1"] = scheme.rpartition("/")[2]
        listed[f"{letter}1"].font = _HEAD
        listed.column_dimensions[beside].width = 40
        for row, (code, label) in enumerate(found, start=2):
            listed[f"{letter}{row}"], listed[f"{beside}{row}"] = code, label
        places[scheme] = f"{quote_sheetname(listed.title)}!${letter}$2:${letter}${len(found) + 1}"
    for position, column in enumerate(template.columns, start=1):
        if len(column.code_lists) == 1 and column.code_lists[0] in places:
            choice = DataValidation(type="list", formula1=places[column.code_lists[0]], allow_blank=True)
            # Several codes in a cell are none of the list: then it only offers.
            choice.showErrorMessage = not column.several
            letter = get_column_letter(position)
            choice.add(f"{letter}2:{letter}{_ROWS}")
            sheet.add_data_validation(choice)


def _codes(codes: CodeLists, schemes: set[str], say: Speech) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return code and name of each concept of the schemes."""
    about: dict[str, tuple[list[str], list[str], dict[str, str]]] = {}
    for triple in codes.triples():
        value = triple.object
        if triple.predicate == IN_SCHEME and isinstance(value, NamedNode) and value.value in schemes:
            about.setdefault(str(triple.subject), ([], [], {}))[0].append(value.value)
    for triple in codes.triples():
        value, known = triple.object, about.get(str(triple.subject))
        if known is None or not isinstance(value, Literal):
            continue
        if triple.predicate == NOTATION:
            known[1].append(value.value)
        elif triple.predicate == PREF_LABEL:
            known[2][value.language or ""] = value.value
    found: dict[str, list[tuple[str, str]]] = {scheme: [] for scheme in schemes}
    for in_schemes, notations, labels in about.values():
        for scheme in in_schemes:
            found[scheme].append((min(notations, key=len, default=""), say.of(labels)))
    return {scheme: sorted(pairs) for scheme, pairs in found.items()}
