"""A file with thirty and more different mistakes: each is found in its cell, and said in three languages.

`thirty/mistakes.csv` has one mistake in each row from the fourth on, and lines that end in three ways; its report in
three languages, `thirty/report.csv`, is written anew when a sentence changes on purpose.
"""

from __future__ import annotations

import csv
import json
import string
from pathlib import Path

import pyoxigraph as ox
import pytest
from openpyxl import Workbook, load_workbook

from eclod.core.errors import BadInput
from eclod.core.settings import Settings
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.reporting import dry_run
from eclod_loaders.reporting.dry_run import DryRun

THIRTY = Path(__file__).parent / "thirty"
#: The rows where a value can be computed that would do.
SUGGESTED = {4, 5, 6, 12, 16, 17, 21, 25, 26, 27, 29, 30, 31, 34, 35, 36}


def check(settings: Settings, path: Path, language: str = "en") -> DryRun:
    registry = Registry.load(THIRTY)
    return dry_run.run(settings, registry, registry.sources[0], path, language)


def report(settings: Settings) -> list[dict[str, str]]:
    """Return row, cell, rule and suggestion of each problem, and its sentence in each language."""
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for language in ("en", "fr", "de"):
        run = check(settings, THIRTY / "mistakes.csv", language)
        for fault in run.faults:
            key = (str(fault.row), fault.cell, fault.rule)
            about = {"row": key[0], "cell": key[1], "rule": key[2], "suggestion": fault.suggestion or ""}
            found.setdefault(key, about)[language] = fault.sentence
        for note in (each for group in run.notes for each in group.shown):
            cell = note.rows[0]
            row = cell.lstrip(string.ascii_uppercase)
            about = {"row": row, "cell": cell, "rule": "conflict", "suggestion": ""}
            found.setdefault((row, cell, "conflict"), about)[language] = note.sentence
    return sorted(found.values(), key=lambda each: int(each["row"]))


def test_each_mistake_is_found_in_its_cell_and_said_in_three_languages(settings: Settings) -> None:
    with (THIRTY / "report.csv").open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    assert report(settings) == expected
    assert [int(each["row"]) for each in expected] == [*range(4, 13), *range(14, 41)]  # row 13 is empty
    assert len(expected) >= 30
    assert {int(each["row"]) for each in expected if each["suggestion"]} == SUGGESTED
    assert {each["row"] for each in expected if not each["cell"]} == {"38", "39"}  # about the row as a whole
    for each in expected:
        assert len({each["en"], each["fr"], each["de"]}) == 3
        assert each["en"].endswith(tuple(".?"))


def test_rows_are_counted_and_only_those_without_a_mistake_stay(settings: Settings) -> None:
    entry = check(settings, THIRTY / "mistakes.csv").delivery.entry
    # A row that contradicts an earlier one stands beside it; the report notes it.
    assert (entry.read, entry.accepted, entry.rejected, entry.ignored) == (39, 3, 35, 1)


def test_page_copy_data_and_shacl_agree(settings: Settings, tmp_path: Path) -> None:
    run = check(settings, THIRTY / "mistakes.csv", "de")
    dry_run.write(run, tmp_path)
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert len(data["problems"]) == 35
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for fault in run.faults:
        assert fault.cell in page
    assert "<b>bauen</b>" not in page  # the mark-up of the file is shown, not taken
    with (tmp_path / "mistakes.checked.csv").open(encoding="utf-8-sig", newline="") as file:
        copy = list(csv.reader(file, delimiter=";"))
    said = {number: row[-1] for number, row in enumerate(copy, start=1) if row[-1]}
    assert said.keys() - {1} == {fault.row for fault in run.faults}
    shacl = ox.Store()
    shacl.load(path=str(tmp_path / "report.ttl"), format=ox.RdfFormat.TURTLE)
    asked = shacl.query("PREFIX sh: <http://www.w3.org/ns/shacl#> SELECT ?r { ?r a sh:ValidationResult }")
    assert isinstance(asked, ox.QuerySolutions)
    assert len(list(asked)) == 35


def test_a_spreadsheet_with_the_same_mistakes_has_the_wrong_cells_marked(settings: Settings, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    with (THIRTY / "mistakes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    for row in rows[:36]:
        sheet.append(["'" + cell if cell.startswith("=") else cell for cell in row])
    book.save(tmp_path / "mistakes.xlsx")
    run = check(settings, tmp_path / "mistakes.xlsx")
    dry_run.write(run, tmp_path / "report")
    marked = load_workbook(tmp_path / "report" / "mistakes.checked.xlsx").worksheets[0]
    wrong = {fault.cell for fault in run.faults if fault.cell}
    assert len(wrong) >= 28
    coloured = {cell.coordinate for row in marked.iter_rows() for cell in row if cell.fill.fill_type == "solid"}
    assert wrong <= coloured


def changed(old: str, new: str) -> bytes:
    text = (THIRTY / "mistakes.csv").read_bytes().decode()
    assert old in text
    return text.replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (changed("Titel", "Titre"), "has no column 'Titel'; .*|but one called 'Titre'"),
        (changed(";Web;", ";Webb;"), "no column 'Web', but one called 'Webb'; correct the header or the mapping"),
        (changed(";NACE;", ";Titel;"), "two columns called 'Titel'"),
        (changed(";FN\r\n", ";FN;Telefon\r\n"), "'Telefon' is not in the mapping; use it in a field or add it"),
        (changed("Nr;", "Projekte des Landes;;;\r\nNr;"), "has no column 'Anteil'"),
        (changed("Windrad", '"Haus "Sonne" Linz"'), "row 3 .*not readable as CSV .*; check its quotes"),
        (
            changed("Windrad", "Windr\u00e4der").decode().encode("cp1252", "replace"),
            "line .*: byte 0x.. does not exist in utf-8",
        ),
        (b"Nr,Titel,Web\n1,A,B\n", "its header has 2 times ',', so 'delimiter' may be ','"),
        (b"", "has no header"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_refused_with_one_sentence(
    settings: Settings, tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "mistakes.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=message) as refused:
        check(settings, path)
    assert "\n" not in refused.value.message


def test_nothing_is_wrong_with_lines_that_end_in_three_ways(settings: Settings) -> None:
    content = (THIRTY / "mistakes.csv").read_bytes()
    assert (b"\r\n" in content, content.replace(b"\r\n", b"").count(b"\n") > 5) == (True, True)
    assert content.replace(b"\r\n", b"").count(b"\r") > 5
    assert not [fault for fault in check(settings, THIRTY / "mistakes.csv").faults if fault.row in (2, 3)]
