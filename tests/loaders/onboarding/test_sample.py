"""What a file looks like is found out, however it was written; what cannot be read is said in one sentence."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from eclod.core.errors import BadInput
from eclod_loaders.onboarding import sample
from eclod_loaders.reading import workbook_bounds


def write(folder: Path, content: str | bytes, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


ROWS = "Název;Obec;Částka\nŠkoda;Plzeň;1,5\nŽďár;Česká Třebová;2,5\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1250", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_the_encoding_the_delimiter_and_the_line_ends_are_found(tmp_path: Path, encoding: str, line_end: str) -> None:
    text = ROWS + "Příliš žluťoučký kůň;Děčín;3,5\n" * 30
    found = sample.read(write(tmp_path, text.replace("\n", line_end).encode(encoding)))
    assert [column.name for column in found.columns] == ["Název", "Obec", "Částka"]
    assert found.options["delimiter"] == ";"
    assert found.columns[0].texts[:2] == ["Škoda", "Žďár"]
    assert len(found.rows) == 32


def test_one_column_ten_thousand_columns_and_no_row(tmp_path: Path) -> None:
    assert [c.name for c in sample.read(write(tmp_path, "Name\nA\nB\n")).columns] == ["Name"]
    wide = ",".join(f"c{i}" for i in range(10_000)) + "\n" + ",".join(map(str, range(10_000))) + "\n"
    assert len(sample.read(write(tmp_path, wide)).columns) == 10_000
    nothing = sample.read(write(tmp_path, "Name,Web\n"))
    assert nothing.rows == []
    assert "no row below its header" in nothing.remarks[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n", "no row with anything in it|is empty"),
        ("Name,Name\nA,B\n", "two columns called 'Name'"),
        ("Name,,Web\nA,B,C\n", "column 2 has values and no name"),
        (b"PK\x03\x04\0\0\0", "not a text file"),
        ("[]", "no list of records"),
        ('{"a": {"b": 1}}', "no list of records"),
        ('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><a><b>1</b><b>2</b></a>', "document type definition"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_to_do(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        sample.read(write(tmp_path, content))
    assert refused.value.message.endswith(".")


def test_the_header_is_found_below_a_title_and_below_a_row_that_groups_columns(tmp_path: Path) -> None:
    titled = "Register of clusters,,\n,,\nName,Members,Web\nA,12,https://a.eu\nB,13,https://b.eu\n"
    found = sample.read(write(tmp_path, titled))
    assert (found.options["header_row"], [c.name for c in found.columns]) == (3, ["Name", "Members", "Web"])
    grouped = "Cluster,Place,Figures\nName,Town,Members\nA,Graz,12\nB,Linz,13\nC,Wels,14\n"
    assert sample.read(write(tmp_path, grouped)).options["header_row"] == 2


def workbook(path: Path) -> Path:
    book = Workbook()
    cover = book.active
    assert cover is not None
    cover["A1"] = "Cover"
    sheet = book.create_sheet("Daten")
    sheet.append(["Cluster", None, "Zahlen"])
    sheet.merge_cells("A1:B1")
    sheet.append(["Name", "Ort", "Mitglieder"])
    for number in range(5):
        sheet.append([f"Cluster {number}", "Graz", number * 10.5])
    sheet.append(['=HYPERLINK("http://evil")', "Linz", 3])
    book.save(path)
    return path


def test_the_fullest_sheet_is_read_below_merged_header_cells(tmp_path: Path) -> None:
    found = sample.read(workbook(tmp_path / "daten.xlsx"))
    assert found.options == {"sheet": "Daten", "header_row": 2}
    assert [c.name for c in found.columns] == ["Name", "Ort", "Mitglieder"]
    assert any("Sheet" in remark for remark in found.remarks)


def zipped(path: Path, **entries: bytes) -> Path:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    path.write_bytes(buffer.getvalue())
    return path


def test_a_spreadsheet_that_would_fill_the_memory_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = b'<worksheet><c r="A1"/><c r="XFD1048576"/></worksheet>'
    with pytest.raises(BadInput, match="spans more than"):
        sample.read(zipped(tmp_path / "far.xlsx", xl__worksheets__sheet1_xml=far))
    with pytest.raises(BadInput, match="spans more than"):
        sample.read(zipped(tmp_path / "far.ods", content_xml=b'<c table:number-rows-repeated="99999999"/>'))
    monkeypatch.setattr(workbook_bounds, "MAX_BYTES", 1 << 20)
    with pytest.raises(BadInput, match="unpacks to more than 1 MiB"):
        sample.read(zipped(tmp_path / "bomb.xlsx", xl__worksheets__sheet1_xml=b" " * (2 << 20)))


def test_a_spreadsheet_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "lies.xlsx", xl__worksheets__sheet1_xml=b" " * 1_000_000)
    # The size of what is unpacked, in the entry's own head and in the directory, now says 9.
    content = path.read_bytes().replace((1_000_000).to_bytes(4, "little"), (9).to_bytes(4, "little"))
    path.write_bytes(content)
    with pytest.raises(BadInput, match="not a spreadsheet that can be read"):
        sample.read(path)


def test_records_of_json_and_xml_are_found(tmp_path: Path) -> None:
    json = '{"meta": {"date": "2026"}, "clusters": [{"name": "A", "address": {"city": "Graz"}}, {"name": "B"}]}'
    found = sample.read(write(tmp_path, json, "c.json"))
    assert (found.adapter, found.options["records"]) == ("json", "clusters")
    assert [c.name for c in found.columns] == ["name", "address/city"]
    top = sample.read(write(tmp_path, '[{"name": "A", "parts": [{"n": "x"}]}, {"name": "B"}]', "list.json"))
    assert (top.options, [c.name for c in top.columns]) == ({"records": "*"}, ["name", "parts/n"])
    xml = '<r xmlns="http://x.eu/"><c id="1"><name>A</name></c><c id="2"><name>B</name></c></r>'
    found = sample.read(write(tmp_path, xml, "c.xml"))
    assert (found.adapter, found.options) == ("xml", {"records": "r/c", "namespaces": {"": "http://x.eu/"}})
    assert [c.name for c in found.columns] == ["@id", "name"]
