"""A template that is filled in loads without any mapping work, whatever the shape and the language."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from eclod.cli import main
from eclod.core.errors import BadInput
from eclod.rdf.fields import FieldCatalogue
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.declarations.mapping_file import load_mapping
from eclod_loaders.mapping.plan import make_plans
from eclod_loaders.onboarding.template import TemplateMaker
from eclod_loaders.reporting.language import LANGUAGES, speech


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_has_a_mapping_that_holds(
    language: str, catalogue: FieldCatalogue, codes: CodeLists, tmp_path: Path
) -> None:
    maker = TemplateMaker(catalogue, speech(language), "CZ")
    able = [shape.name for shape in catalogue if shape.kind and not maker.needs(shape.name)]
    assert {"Cluster", "ClusterOrganisation", "Organisation", "Project", "Event", "Call", "Offer"} <= set(able)
    for name in able:
        made = maker.make(name)
        columns = [column.name for column in made.columns]
        assert len(set(columns)) == len(columns), (name, sorted(c for c in columns if columns.count(c) > 1))
        assert all(column.meaning and column.how for column in made.columns), name
        path = tmp_path / f"{name}.toml"
        path.write_text("\n".join(made.mapping({})) + "\n", encoding="utf-8")
        mapping = load_mapping(path, path.name)
        make_plans(mapping, catalogue, codes, language, path.name)
        assert mapping.used_columns == set(columns)


def run(*arguments: str) -> str:
    said = CliRunner().invoke(main, list(arguments))
    assert said.exit_code == 0, said.output
    return said.output


def test_a_filled_spreadsheet_is_a_registry_at_once(tmp_path: Path) -> None:
    run("registry", "template", "Cluster", "--language", "fr", "--into", str(tmp_path))
    book = load_workbook(tmp_path / "cluster.xlsx")
    assert book.sheetnames == ["Cluster", "Explication", "Codes"]
    sheet = book["Cluster"]
    names = [cell.value for cell in sheet[1]]
    filled = {
        "N°": "FR-1",
        "nom": "Minalogic",
        "page d’accueil": "https://www.minalogic.com/",
        "pays": "FR",
        "région": "FRK2",
        "longitude": 5.7,
        "latitude": 45.2,
        "mot-clé": "photonique; logiciel",
        "gérée par": "Minalogic Partenaires",
    }
    assert set(filled) <= set(names)
    for name, value in filled.items():
        sheet.cell(2, names.index(name) + 1, value)
    book.save(tmp_path / "rempli.xlsx")
    said = run("registry", "new", "fr-clusters", str(tmp_path / "rempli.xlsx"), "--into", str(tmp_path / "r"))
    assert "1 of 1 rows can be read" in said
    report = tmp_path / "report"
    checked = run(
        "validate",
        str(tmp_path / "rempli.xlsx"),
        "--registry",
        "fr-clusters",
        "--registries",
        str(tmp_path / "r"),
        "--report",
        str(report),
        "--data",
        str(tmp_path / "data"),
    )
    assert "1 acceptées" in checked
    assert "2 ajoutés" in checked


def test_a_csv_template_is_explained_in_another_file(tmp_path: Path) -> None:
    run(
        "registry",
        "template",
        "Organisation",
        "--format",
        "csv",
        "--language",
        "de",
        "--country",
        "AT",
        "--into",
        str(tmp_path),
    )
    blank, text = (
        (tmp_path / name).read_text(encoding="utf-8-sig").splitlines()
        for name in ("organisation.csv", "organisation.explained.csv")
    )
    header = next(csv.reader(blank))
    explained = list(csv.DictReader(text))
    assert [each["Spalte"] for each in explained] == header
    assert "Unternehmensnummer" in header
    assert [each["Nötig"] for each in explained[:2]] == ["in jeder Zeile", "in jeder Zeile"]


@pytest.mark.parametrize(
    ("shape", "said"),
    [("Clustr", "did you mean 'Cluster'"), ("Address", "no template"), ("Figure", "cannot say its")],
)
def test_a_shape_without_template_is_said_so(catalogue: FieldCatalogue, shape: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        TemplateMaker(catalogue, speech("en")).make(shape)
