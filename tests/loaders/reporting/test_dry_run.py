"""Every problem stands in its cell, with its rule, a sentence in the registry's language and what would do instead."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph as ox
import pytest
from openpyxl import Workbook, load_workbook
from tests.loaders.reporting.conftest import GOOD, HEADER, MISTAKES, Check, row

from eclod.core.namespaces import expand
from eclod.core.settings import Settings
from eclod_loaders import pipeline
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.reporting import dry_run, terminal


def rows_with_mistakes() -> list[str]:
    return [GOOD, *(row(number, **changed) for number, (changed, *_) in enumerate(MISTAKES, start=2))]


def test_each_mistake_is_in_its_cell_with_its_rule_and_a_suggestion(check: Check) -> None:
    run = check(rows_with_mistakes())
    first = {fault.row: fault for fault in reversed(run.faults)}
    found = [(first[n].column, first[n].rule, first[n].suggestion) for n in range(3, 3 + len(MISTAKES))]
    assert found == [tuple(expected) for _, *expected in MISTAKES]
    assert first[3].cell == "C3"
    assert (run.delivery.entry.accepted, run.delivery.entry.rejected) == (1, len(MISTAKES))


def test_a_value_is_shown_as_its_cell_has_it(check: Check, tmp_path: Path) -> None:
    """Contract, line 34: row, column, value; people look for what they wrote, and SHACL has what that was read as."""
    run = check([row(1, Von="01.02.2020", Bis="01.01.2019")])
    [fault] = run.faults
    assert (fault.column, fault.value, fault.read_as) == ("Von", "01.02.2020", "2020-02-01")
    dry_run.write(run, tmp_path)
    assert "01.02.2020" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert 'sh:value "2020-02-01"' in (tmp_path / "report.ttl").read_text(encoding="utf-8")
    table = list(csv.DictReader((tmp_path / "problems.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [each["value"] for each in table] == ["01.02.2020"]


def test_rows_that_contradict_each_other_are_shown_with_their_column(check: Check) -> None:
    run = check([row(1), row(1, Von="05.02.2020")])
    [group] = [note for note in run.notes if note.rule == "conflict"]
    assert (group.column, group.shown[0].value, group.shown[0].rows) == ("Von", "05.02.2020", ["D3"])
    notices = json.loads(run.delivery.report())["notices"]
    assert [each["property"] for each in notices] == ["http://data.europa.eu/s66#startDate"]


def test_a_registry_without_licence_is_told(check: Check, tmp_path: Path) -> None:
    run = check([row(1)])
    assert run.unlicensed
    assert "Das Register nennt keine Lizenz" in dry_run.page(run, [])
    assert any("keine Lizenz" in line for line in terminal.lines(run))
    dry_run.write(run, tmp_path)
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["licence"] is None
    for setting in ({"rights": "All of it is ours."}, {"licence": "http://example.org/licence"}):
        run.registry = run.registry.model_copy(update=setting)
        assert "keine Lizenz" not in dry_run.page(run, []) + " ".join(terminal.lines(run))


@pytest.mark.parametrize(
    ("language", "word"),
    [("de", "keine Internetadresse"), ("fr", "pas une adresse web"), ("da", "is not a web address")],
)
def test_sentences_are_in_the_language_of_the_registry(check: Check, language: str, word: str) -> None:
    run = check(rows_with_mistakes(), language)
    assert word in next(fault.sentence for fault in run.faults if fault.rule == "url")
    page = dry_run.page(run, [])
    if language != "da":
        assert f'<html lang="{language}">' in page
        left = re.findall(r"correct the cell|is not a|There is no|which comes from|Numbers that", page)
        assert left == []


def test_groups_count_by_rule_and_column_and_show_a_bounded_part(check: Check) -> None:
    run = check([row(n, Web=f"kaputt {n}") for n in range(1, 301)] + [row(n, NACE="xx") for n in range(301, 401)])
    web, nace = run.groups
    assert (web.rule, web.column, web.count, web.rows, web.kinds, len(web.shown)) == ("url", "Web", 300, 300, 300, 50)
    assert (nace.count, nace.kinds, nace.shown[0].count, len(nace.shown[0].rows)) == (100, 1, 100, 10)
    page = dry_run.page(run, ["problems.csv"])
    assert len(page) < 60_000
    assert "und 250 andere Werte" in page


def test_all_reports_are_written_and_agree(check: Check, tmp_path: Path) -> None:
    run = check(rows_with_mistakes())
    folder = tmp_path / "report"
    files = dry_run.write(run, folder)
    assert [path.name for path in files] == [
        "report.html",
        "problems.csv",
        "rows.checked.csv",
        "report.json",
        "report.ttl",
    ]
    data = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert len(data["problems"]) == run.total == sum(group["count"] for group in data["groups"])
    assert data["undecided_columns"] == ["Farbe"]
    table = list(csv.DictReader((folder / "problems.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [(each["cell"], each["rule"]) for each in table] == [(f.cell, f.rule) for f in run.faults]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Farbe" in page
    assert not re.search(r"<script|src=|@import|https?://[^<]*\.(?:css|js)", page)


def test_the_shacl_report_is_one_and_points_to_the_cells(check: Check, tmp_path: Path) -> None:
    run = check(rows_with_mistakes())
    dry_run.write(run, tmp_path / "report")
    store = ox.Store()
    store.load(path=tmp_path / "report" / "report.ttl", format=ox.RdfFormat.TURTLE)
    results = {
        quad.subject for quad in store.quads_for_pattern(None, None, ox.NamedNode(expand("sh:ValidationResult")))
    }
    assert len(results) == run.total
    for name in ("focusNode", "resultSeverity", "sourceConstraintComponent", "resultMessage"):
        assert len(list(store.quads_for_pattern(None, ox.NamedNode(expand("sh:") + name), None))) == run.total, name
    asked = store.query(
        """PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX oa: <http://www.w3.org/ns/oa#>
        PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> PREFIX csvw: <http://www.w3.org/ns/csvw#>
        SELECT ?path ?cell ?row ?column {
          ?r a sh:ValidationResult ; sh:resultPath ?path ; oa:hasTarget ?t .
          ?t csvw:rownum ?row ; csvw:name ?column ; oa:hasSelector/rdf:value ?cell }"""
    )
    assert isinstance(asked, ox.QuerySolutions)
    found = [tuple(getattr(term, "value", "") for term in solution) for solution in asked]
    assert found == [("http://data.europa.eu/s66#startDate", "cell=11,4", "11", "Von")]


def test_the_annotated_copy_says_it_in_the_row_and_runs_no_formula(check: Check, tmp_path: Path) -> None:
    run = check([row(1, Name='=HYPERLINK("http://evil")', Web="kaputt"), GOOD.replace("1;", "2;", 1)])
    dry_run.write(run, tmp_path)
    text = (tmp_path / "rows.checked.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    copy = list(csv.reader(text.decode("utf-8-sig").splitlines(), delimiter=";"))
    assert copy[0] == [*HEADER.split(";"), "Was falsch ist"]
    assert copy[1][1] == '\'=HYPERLINK("http://evil")'
    assert "ist eine Formel und nicht ihr Ergebnis" in copy[1][-1]
    assert "Web: „kaputt“ ist keine Internetadresse" in copy[1][-1]
    assert copy[2][-1] == ""


def test_the_annotated_copy_of_a_spreadsheet_is_one_and_marks_the_cells(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "cz-sheet"
    folder.mkdir()
    (folder / "registry.toml").write_text(
        'title = "T"\npublisher = "P"\nlanguage = "fr"\n[[sources]]\nfile = "./a.xlsx"\n'
    )
    (folder / "mapping.toml").write_text(
        '[file]\nheader_row = 2\n[things.o]\nshape = "Organisation"\nkey = "Nom"\n'
        '[things.o.fields]\nname = "Nom"\nhomepage = "Site"\n[ignored]\nNombre = "no term"\n'
    )
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Liste"
    for cells in (
        ["Liste", None, None],
        ["Nom", "Site", "Nombre"],
        ["A", "rien du tout", 1.5],
        ['="x"&"y"', "b.eu", 2],
    ):
        sheet.append(cells)
    book.save(folder / "a.xlsx")
    registry = Registry.load(folder)
    run = dry_run.run(settings, registry, registry.sources[0], folder / "a.xlsx")
    assert (run.faults[0].sheet, run.faults[0].cell, run.faults[0].column) == ("Liste", "B3", "Site")
    dry_run.write(run, tmp_path / "report")
    copy = load_workbook(tmp_path / "report" / "a.checked.xlsx")["Liste"]
    assert copy["D2"].value == "Ce qui ne va pas"
    assert copy["D3"].value.startswith("Site: « rien du tout » n’est pas une adresse web")
    assert copy["B3"].fill.fgColor.rgb == "00FFD9D6"
    assert (copy["C3"].value, copy["C3"].data_type) == (1.5, "n")
    assert {cell.data_type for cells in copy.iter_rows() for cell in cells} <= {"s", "n", "inlineStr"}


def test_what_a_release_would_change_is_shown_from_what_to_what(
    check: Check, settings: Settings, tmp_path: Path
) -> None:
    before = [row(n, Kosten="100", Partner="Uni") for n in (1, 2, 3)]
    first = check(before)
    assert first.difference.release == ""
    assert len(first.difference.added) == 3 + 1 + 3 + 3  # projects, partner, participations, leaders
    built = pipeline.build(settings, None, [tmp_path / "registries"], at=datetime(2026, 1, 1, tzinfo=UTC))
    again = check(before).difference
    assert (again.release, again.added, again.changed, again.retired) == (built.current, [], [], [])
    changed = [
        row(1, Kosten="200", Partner="Uni", Name="Neu"),
        row(2, Kosten="100", Partner="Uni"),
        row(4, Partner="Uni"),
    ]
    run = check(changed, retire="3")
    difference = run.difference
    project = next(change for change in difference.changed if change.kind == "project")
    assert {(c.label, tuple(c.old), tuple(c.new)) for c in project.changes} == {
        ("Name", ("Alpha (de)",), ("Neu (de)",)),
        ("Gesamtkosten: Wert", ("100",), ("200",)),
    }
    assert {change.kind for change in difference.retired} == {"project", "participation", "organisation"}
    assert {change.kind for change in difference.added} == {"project", "participation", "organisation"}
    assert "nach 3 Lieferungen" in dry_run.page(run, [])


def test_what_another_registry_may_have_too_is_proposed_with_its_evidence(
    check: Check, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "registries" / "cz-other"
    folder.mkdir(parents=True)
    (folder / "registry.toml").write_text(
        'title = "Other"\npublisher = "P"\nlanguage = "cs"\n[[sources]]\nfile = "./o.csv"\n'
    )
    (folder / "mapping.toml").write_text(
        '[things.o]\nshape = "Organisation"\nkey = "ICO"\n[things.o.fields]\nname = "Name"\n'
        'registeredAs = { identifier = "company-number", issued_in = "CZ", column = "ICO" }\n'
    )
    (folder / "o.csv").write_text("Name,ICO\nMUNI,00216224\nJiná,00216208\n", encoding="utf-8")
    pipeline.build(settings, None, [tmp_path / "registries"], at=datetime(2026, 1, 1, tzinfo=UTC))
    run = check([GOOD])
    assert [(each.name, each.other_name, each.registry, each.score) for each in run.candidates] == [
        ("Masarykova univerzita", "MUNI", "cz-other", 0.98)
    ]
    assert run.candidates[0].evidence == [("identifier", "company-number 00216224")]
    assert "MUNI (cz-other)" in dry_run.page(run, [])


def test_a_dry_run_leaves_no_trace(check: Check, settings: Settings) -> None:
    check(rows_with_mistakes())
    assert not settings.data.exists()


def test_hostile_text_stays_text_on_the_page(check: Check) -> None:
    page = dry_run.page(check([row(1, Web="<script>alert(1)</script>")]), ['"><img src=x>'])
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
