"""Tables as rows: encodings, line ends, quotes, spreadsheets, and what is wrong with a file in one sentence."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

from eclod.core.errors import BadInput
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.rows import Row

Make = Callable[..., Registry]
Read = Callable[[Registry], list[Row]]

THING = '[things.organisation]\nshape = "Organisation"\nkey = "id"\nfields.name = "navn"\n'


def options(**settings: str) -> str:
    return "[file]\n" + "".join(f'{name} = "{value}"\n' for name, value in settings.items()) + THING


def cells(rows: list[Row]) -> list[dict[str, str]]:
    return [{column: "".join(values) for column, values in row.cells.items()} for row in rows]


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("utf-8", "id,navn\n1,Smørrebrød\n".encode()),
        ("utf-8", "id,navn\n1,Smørrebrød\n".encode("utf-8-sig")),
        ("cp850", "id,navn\r\n1,Smørrebrød\r\n".encode("cp850")),
        ("cp1252", "id,navn\n1,Smørrebrød\n".encode("cp1252")),
        ("cp1252", "id,navn\n1,Smørrebrød\n".encode("utf-8-sig")),
        ("utf-16", "id,navn\n1,Smørrebrød\n".encode("utf-16")),
        ("mac-roman", "id,navn\r1,Smørrebrød\r".encode("mac-roman")),
    ],
)
def test_declared_encodings(make_registry: Make, read: Read, encoding: str, content: bytes) -> None:
    rows = read(make_registry(options(encoding=encoding), content))
    assert cells(rows) == [{"id": "1", "navn": "Smørrebrød"}]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(make_registry: Make, read: Read, end: str) -> None:
    rows = read(make_registry(THING, end.join(["id,navn", "1,A", "2,B"])))
    assert [(row.number, row.cells["navn"]) for row in rows] == [(2, ("A",)), (3, ("B",))]


def test_rows_have_the_numbers_of_the_spreadsheet(make_registry: Make, read: Read) -> None:
    content = 'Liste over klynger\n\nid,navn\n1,"to\nlinjer"\n,\n3,C\n'
    rows = read(make_registry("[file]\nheader_row = 3\n" + THING, content))
    assert [row.number for row in rows] == [4, 5, 6]
    assert rows[0].cells["navn"] == ("to\nlinjer",)
    assert rows[1].cells == {"id": (), "navn": ()}


def test_delimiter_and_quote(make_registry: Make, read: Read) -> None:
    rows = read(make_registry(options(delimiter=";", quote="'"), "id;navn\n1;'a;b'\n"))
    assert cells(rows) == [{"id": "1", "navn": "a;b"}]


def test_a_row_of_another_length_is_a_defect_of_the_row(make_registry: Make, read: Read) -> None:
    rows = read(make_registry(THING, "id,navn\n1,A,x\n2\n3,C\n\n"))
    assert [bool(row.defect) for row in rows] == [True, True, False, False]
    assert "3 cells and the header has 2" in rows[0].defect
    assert "1 cells and the header has 2" in rows[1].defect


def test_columns_without_a_name_may_be_empty_only(make_registry: Make, read: Read) -> None:
    rows = read(make_registry(THING, "id,navn,\n1,A,\n2,B,x\n"))
    assert rows[0].cells == {"id": ("1",), "navn": ("A",)} and not rows[0].defect
    assert "column without a name" in rows[1].defect


def test_headers_are_compared_on_one_line(make_registry: Make, read: Read) -> None:
    rows = read(make_registry(THING, '" id ","na\u0301vn"\n1,A\n'.replace("na\u0301vn", "navn\n ")))
    assert cells(rows) == [{"id": "1", "navn": "A"}]


FAULTS = [
    ("duplicate header", "id,navn,navn\n1,A,B\n", "two columns called 'navn'"),
    ("missing column", "id,Navne\n1,A\n", "no column 'navn', but one called 'Navne'"),
    ("missing without a near one", "id\n1\n", "no column 'navn', which the mapping uses; its columns are 'id'"),
    ("unknown column", "id,navn,telefon\n1,A,2\n", "column 3: 'telefon' is not in the mapping"),
    ("other delimiter", "id;navn\n1;A\n", "its header has 1 times ';', so 'delimiter' may be ';'"),
    ("empty file", "", "no header in row 1"),
    ("open quote", 'id,navn\n1,"A\n2,B\n', r"row 2 \(near line 3\): not readable as CSV"),
    ("text after a quote", 'id,navn\n1,"A"x\n', "row 2 .*not readable as CSV"),
    ("NUL", "id,navn\n1,A\0\n", "not a text file"),
]


@pytest.mark.parametrize(("content", "message"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_faults_of_a_file_are_one_sentence(make_registry: Make, read: Read, content: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as fault:
        read(make_registry(THING, content))
    assert fault.value.message.startswith("rows.csv")
    assert fault.value.message.endswith(".")


def test_a_wrong_encoding_is_said_with_line_and_guess(make_registry: Make, read: Read) -> None:
    text = "id,navn\n" + "".join(f"{n},Smørrebrødsjomfruens fødevareværksted på Ærø\n" for n in range(30))
    with pytest.raises(BadInput, match=r"rows\.csv, line 2: byte 0xF8 does not exist in utf-8; it looks like \w+"):
        read(make_registry(THING, text.encode("cp1252")))


def test_a_byte_order_mark_that_contradicts_is_said(make_registry: Make, read: Read) -> None:
    with pytest.raises(BadInput, match='is in utf-16 by its first bytes; write encoding = "utf-16"'):
        read(make_registry(THING, "id,navn\n".encode("utf-16")))


SIGNS = (
    '[file]\nencoding = "mac-roman"\n[repair]\nreason = "damaged"\nsigns = { "_" = "é", "ˆ" = "à" }\nnot_in = "id"\n'
)


def test_repair_by_signs_reaches_header_and_cells(make_registry: Make, read: Read) -> None:
    mapping = SIGNS + THING.replace("navn", "libellé")
    rows = read(make_registry(mapping, b"id,libell_\na_b,d_j\xf6 vu\n"))
    assert cells(rows) == [{"id": "a_b", "libellé": "déjà vu"}]


@pytest.mark.parametrize("page", ["latin-1", "cp1252", "cp850"])
def test_repair_of_utf8_that_was_taken_for_something_else(make_registry: Make, read: Read, page: str) -> None:
    whole = "Għaqda – Mużikali’s café"
    damaged = (
        whole.encode().decode(page, "replace" if page == "cp850" else "strict")
        if page != "cp1252"
        else ("".join(bytes([byte]).decode(page, "ignore") or chr(byte) for byte in whole.encode()))
    )
    mapping = f'[repair]\nreason = "read twice"\nutf8_read_as = "{page}"\n' + THING
    rows = read(make_registry(mapping, f"id,navn\n1,{damaged} 5\xa0€ Ørsted ç\n"))
    assert cells(rows)[0]["navn"] == f"{whole} 5\xa0€ Ørsted ç"


# Spreadsheets


def workbook(path: Path, rows: list[list[object]], sheet: str = "Klynger") -> None:
    book = openpyxl.Workbook()
    active = book.active
    assert active is not None
    active.title = sheet
    for row in rows:
        active.append(row)
    book.save(path)


def test_spreadsheets_are_read_as_a_person_sees_them(make_registry: Make, read: Read) -> None:
    mapping = '[values]\nlocale = "da_DK"\n' + THING.replace(
        'fields.name = "navn"', 'fields.name = "navn"\n[ignored]\nstart = "x"\nkm = "x"\nja = "x"\n'
    )
    registry = make_registry(mapping, file="rows.xlsx")
    day = datetime.datetime(2014, 4, 24)
    workbook(registry.folder / "rows.xlsx", [["id", "navn", "start", "km", "ja"], [1, "Ærø", day, 2.5, True], [2]])
    rows = read(registry)
    assert cells(rows) == [
        {"id": "1", "navn": "Ærø", "start": "2014-04-24", "km": "2,5", "ja": "true"},
        {"id": "2", "navn": "", "start": "", "km": "", "ja": ""},
    ]


def test_a_sheet_by_name(make_registry: Make, read: Read) -> None:
    registry = make_registry('[file]\nsheet = "Klynge"\n' + THING, file="rows.xlsx")
    workbook(registry.folder / "rows.xlsx", [["id", "navn"]])
    with pytest.raises(BadInput, match=r"rows\.xlsx has no sheet 'Klynge'; it has 'Klynger'\."):
        read(registry)


def test_what_is_no_spreadsheet_is_said(make_registry: Make, read: Read) -> None:
    with pytest.raises(BadInput, match=r"rows\.xlsx is not a spreadsheet that can be read"):
        read(make_registry(THING, "id,navn\n", file="rows.xlsx"))
