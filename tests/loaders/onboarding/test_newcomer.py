"""A registry made from a sample loads and runs; its columns are guessed as people would, and doubts are said."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from eclod.cli import main
from eclod.core.errors import BadInput
from eclod_loaders.declarations.mapping_file import UNDECIDED, RegistryMapping
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.onboarding import newcomer
from eclod_loaders.onboarding.newcomer import Made, Who

CLUSTERS = (Path(__file__).parent / "clusters.csv").read_text(encoding="utf-8")


def make(
    folder: Path, content: str | bytes, name: str = "at-clusters", country: str = "AT", language: str = "de"
) -> Made:
    path = folder / "Cluster 2026.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return newcomer.make(name, path, folder / "registries", Who("Cluster", "Bund", country, language))


def columns(mapping: RegistryMapping) -> Mapping[str, str]:
    """Return the field of each column, things of their own by their alias."""
    found = {}
    for alias, thing in mapping.things.items():
        for name, sources in thing.fields.items():
            for source in sources:
                for column in source.used_columns():
                    found.setdefault(column, name if alias == next(iter(mapping.things)) else f"{alias}.{name}")
    return found


def test_a_table_of_clusters_is_understood(tmp_path: Path) -> None:
    made = make(tmp_path, CLUSTERS)
    mapping = Registry.load(tmp_path / "registries" / "at-clusters").sources[0].mapping
    assert (made.proposal.shape, made.read, made.mapped) == ("Cluster", 3, 3)
    assert mapping.file.delimiter == ";"
    found = columns(mapping)
    assert found["Nr."] == "identifier"
    assert found["Clustername"] == "name"
    assert found["Webseite"] == "homepage"
    assert found["Bundesland"] == "region"
    assert found["PLZ"] == "address.postcode"
    assert found["Ort"] == "address.city"
    assert found["Straße"] == "address.street"
    assert found["Träger"] == "manager.name"
    assert mapping.ignored["Ansprechpartner"] == mapping.ignored["E-Mail"] == "personal data"
    assert mapping.ignored["Farbe"].startswith(UNDECIDED)
    assert "Farbe" in mapping.undecided
    region = mapping.things["cluster"].fields["region"][0]
    assert region.translate == {"Oberösterreich": ("AT31",), "Steiermark": ("AT22",), "Tirol": ("AT33",)}


def test_a_column_that_would_spoil_rows_is_left_to_decide(tmp_path: Path) -> None:
    rows = "".join(f"{i};Firma {i};{'https://x.eu' if i % 3 else 'keine'}\n" for i in range(30))
    made = make(tmp_path, "Nr;Name;Webseite\n" + rows)
    assert (made.read, made.mapped) == (30, 30)
    assert made.registry.sources[0].mapping.ignored["Webseite"].startswith("to decide: 'keine' is not a web address")


def test_damage_of_a_wrong_encoding_is_undone(tmp_path: Path) -> None:
    text = "Nr;Name\n1;Cœur – l’été\n2;Zürich\n"
    made = make(tmp_path, text.encode().decode("cp1252", "replace").encode(), country="FR", language="fr")
    repair = made.registry.sources[0].mapping.repair
    assert repair is not None
    assert made.mapped == 2


@pytest.mark.parametrize(
    "content",
    ["Name\nA\nB\n", "Name,Web\n", ",".join(f"c{i}" for i in range(2_000)) + "\n" + ",".join(["x"] * 2_000) + "\n"],
)
def test_whatever_is_written_loads_and_runs(tmp_path: Path, content: str) -> None:
    made = make(tmp_path, content)
    assert Registry.load(made.registry.folder).sources[0].mapping == made.registry.sources[0].mapping
    assert made.mapped == made.read


@pytest.mark.parametrize("name", ["../x", "Ab", "a b", "a--b", "", "life"])
def test_a_name_that_will_not_do_writes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="is no name for a registry"):
        make(tmp_path, CLUSTERS, name)
    assert [path.name for path in tmp_path.iterdir()] == ["Cluster 2026.csv"]


def test_a_file_that_cannot_be_read_leaves_no_folder_and_a_folder_is_never_overwritten(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="two columns called"):
        make(tmp_path, "Name,Name\nA,B\n")
    assert not (tmp_path / "registries" / "at-clusters").exists()
    make(tmp_path, CLUSTERS)
    with pytest.raises(BadInput, match="is there already"):
        make(tmp_path, CLUSTERS)


def test_what_a_file_says_cannot_break_out_of_the_mapping(tmp_path: Path) -> None:
    nasty = 'Name,"a""\n[things.x]\nshape = ""Project""",\\u0041,\x7f,"]] = {"\nA,1,2,3,4\n'
    made = make(tmp_path, nasty)
    assert made.mapped == 1
    assert set(made.registry.sources[0].mapping.things) == {next(iter(made.registry.sources[0].mapping.things))}


def test_country_and_language_come_from_the_name() -> None:
    assert newcomer.country_of("pl-clusters") == "PL"
    assert newcomer.language_of("PL") == "pl"
    assert (newcomer.country_of("eu-x"), newcomer.country_of("my-x"), newcomer.language_of("")) == ("", "MY", "en")


def test_the_command_says_where_each_column_went(tmp_path: Path) -> None:
    file = tmp_path / "cluster.csv"
    file.write_text(CLUSTERS, encoding="utf-8")
    said = CliRunner().invoke(main, ["registry", "new", "at-c", str(file), "--into", str(tmp_path / "r")])
    assert said.exit_code == 0, said.output
    assert "Clustername -> name" in said.output
    assert "E-Mail -> ignored, personal data" in said.output
    assert "3 of 3 rows can be read" in said.output


#: file, country, language, least columns placed right (measured against the mappings written by hand), rows mapped
REAL = [
    ("dk/ERDF_Denmark_2014-2020.csv", "DK", "da", "Project", 107),
    ("lu/all_funds_data_luxembourg_2007-2020.csv", "LU", "fr", "Project", 74),
    ("mt/malta_2007-2013.csv", "MT", "en", "Project", 230),
    ("be/ERDF_Brussels_2007-2013-Clean.csv", "BE", "fr", "Project", 34),
    ("cz/dodavatele.geojson", "CZ", "cs", "Organisation", 3439),
    ("cz/pi_vtp.geojson", "CZ", "cs", "Organisation", 59),
    ("cz/ris3/subjekty_vav.json", "CZ", "cs", "Organisation", 3700),
]


@pytest.mark.parametrize(("file", "country", "language", "shape", "rows"), REAL)
def test_real_registers_are_understood(
    shared: Path, tmp_path: Path, file: str, country: str, language: str, shape: str, rows: int
) -> None:
    who = Who("Test", "Somebody", country, language)
    made = newcomer.make("test", shared / "national" / file, tmp_path, who)
    assert made.proposal.shape == shape
    assert made.mapped >= rows
