"""Spreadsheets that would fill the memory are refused before they are read: unpacked sizes, and the cells they span.

A spreadsheet is a ZIP file, of which a small one may hold gigabytes (CWE-409); and readers keep a sheet as a full
table, so that two cells far apart are billions.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import Final

from eclod.core.errors import BadInput

MAX_BYTES: Final = 1024 * 1024 * 1024
MAX_CELLS: Final = 40_000_000

_CHUNK: Final = 1 << 20
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
#: The address of a cell (ECMA-376 Part 1, section 18.3.1.4); one that is cut by the end of a chunk is in the next.
_CELL: Final = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']""")
_OVERLAP: Final = 64
#: Open documents say how often a cell and a row are repeated (OpenDocument 1.3 Part 3, section 19.675).
_ODS_CONTENT: Final = "content.xml"
_REPEATED: Final = re.compile(rb"""number-(columns|rows)-repeated\s*=\s*["']([0-9]{1,10})["']""")
_MOST_REPEATED: Final = {b"columns": 16_384, b"rows": 1_048_576}


def check(path: Path, name: str) -> None:
    """Raise BadInput, saying what to do, for a spreadsheet that unpacks to more than is read or spans too many cells.

    What is no ZIP file, such as an old `.xls`, is left to its reader.
    """
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MAX_BYTES:
                raise _too_large(name)
            for entry in entries:
                _check_entry(archive, entry, name)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        raise BadInput(
            f"{name} is not a spreadsheet that can be read; save it anew as .xlsx, without a password."
        ) from None


def _check_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> None:
    """Unpack an entry piece by piece: one that says less than it holds fails its checksum here."""
    last_column = last_row = 0
    sheet = _SHEET.fullmatch(entry.filename) is not None
    before = b""
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            if sheet:
                for letters, row in _CELL.findall(before + chunk):
                    last_column, last_row = max(last_column, _position(letters)), max(last_row, int(row))
                if last_column * last_row > MAX_CELLS:
                    raise _too_wide(name)
            elif entry.filename == _ODS_CONTENT:
                _check_repetition(before + chunk, name)
            before = chunk[-_OVERLAP:]


def _check_repetition(content: bytes, name: str) -> None:
    for what, times in _REPEATED.findall(content):
        if int(times) > _MOST_REPEATED[what]:
            raise _too_wide(name)


def _position(letters: bytes) -> int:
    position = 0
    for letter in letters:
        position = position * 26 + letter - ord("A") + 1
    return position


def _too_large(name: str) -> BadInput:
    return BadInput(f"{name} unpacks to more than {MAX_BYTES >> 20} MiB, which is more than is read; split it.")


def _too_wide(name: str) -> BadInput:
    return BadInput(
        f"{name} has a sheet that spans more than {MAX_CELLS:,} cells, which is more than is read; "
        "delete what stands far away from the table, or save it as CSV."
    )
