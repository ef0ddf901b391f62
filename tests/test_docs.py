"""What the documents say is so: settings, commands, routes, versions, the README's first screen."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from tests.web.conftest import FoundEverywhere

from eclod.cli import main
from eclod.core import assets, formats
from eclod.core.namespaces import expand
from eclod.core.settings import Settings
from eclod.rdf import query_catalogue
from eclod.rdf.competency import SYSTEMS
from eclod.store.engine import Question
from eclod.store.inprocess import InProcessEngine
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod.web.app import create_app

ROOT = Path(__file__).resolve().parents[1]
DOCS = "\n".join(
    path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_in_the_operators_table_with_its_default(name: str) -> None:
    operators = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    row = next(line for line in operators.splitlines() if line.startswith("| ") and f"`ECLOD_{name.upper()}`" in line)
    field = Settings.model_fields[name]
    assert str(field.description) in row
    if field.default_factory is None:
        default = f"{field.default:g}" if isinstance(field.default, float) else field.default
        assert f"`{default}`" in row


def test_every_command_is_in_the_documents() -> None:
    context = click.Context(main)
    for name in main.list_commands(context):
        assert f"eclod {name}" in DOCS, name
        command = main.get_command(context, name)
        for sub in command.commands if isinstance(command, click.Group) else ():
            assert re.search(rf"eclod {name} [a-z|]*\b{sub}\b", DOCS), f"{name} {sub}"


def test_the_readme_shows_the_real_output(starting_settings: Settings, starting_release: Manifest) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```csv\n(.*?)```", readme, re.DOTALL)
    assert shown is not None
    store = ox.Store.read_only(str(Releases(starting_settings.data).folder(starting_release.id) / "store"))
    query = (assets.folder("queries") / "clusters-by-country.rq").read_text(encoding="utf-8")
    real = InProcessEngine(store).ask(Question(query, formats.RESULT_CSV)).read().decode().splitlines()
    assert shown[1].splitlines() == real[:4]
    rest = re.search(r"and (\d+) countries more", readme)
    assert rest is not None
    assert int(rest[1]) == len(real) - 4
    assert re.search(r"https://w3id.org/eclod(/id/cluster/\w+)` is served here at\s+<http://localhost:8000\1>", readme)


def test_the_readme_names_every_folder_that_there_is() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for folder in ("ontology", "shapes", "queries", "loaders/eclod_loaders", "loaders/registries", "tests", "docs"):
        assert f"`{folder}/`" in readme
        assert (ROOT / folder).is_dir()


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"## [{project}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8") or project == "0.1.0"
    ontology = (ROOT / "ontology" / "eclod.ttl").read_text(encoding="utf-8")
    version = re.search(r'owl:versionInfo "([^"]+)"', ontology)
    assert version is not None
    assert f"https://w3id.org/eclod/ontology/{version[1]}" in ontology
    assert version[1] in (ROOT / "ontology" / "CHANGELOG.md").read_text(encoding="utf-8")


def test_links_in_the_documents_lead_somewhere() -> None:
    for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


TABLE = [
    [cell.strip() for cell in line.strip("| ").split(" | ")]
    for line in (ROOT / "docs" / "domain.md").read_text(encoding="utf-8").partition("\n## ")[0].splitlines()
    if line.startswith("| ") and not line.startswith("| system")
]


@pytest.fixture(scope="module")
def served(starting_settings: Settings, starting_release: Manifest) -> FlaskClient:
    releases = Releases(starting_settings.data)
    store = ox.Store.read_only(str(releases.folder(starting_release.id) / "store"))
    engine = InProcessEngine(store, starting_release.id)
    return create_app(starting_settings, engine, releases, FoundEverywhere()).test_client()


def _named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_systems_of_cluster_policy_are_those_of_the_questions() -> None:
    """The table of systems has a row for each system that the competency questions are asked of, in their order."""
    assert [row[0] for row in TABLE] == list(SYSTEMS.values())
    assert {len(row) for row in TABLE} == {7}


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_what_the_table_of_systems_names_is_there(row: list[str], served: FlaskClient) -> None:
    """Each class has a rule, each rule, registry and saved query exists, and each page answers."""
    _, classes, rules, read_by, _, queries, pages = row
    shapes = ox.Store()
    for path in sorted(assets.folder("shapes").glob("*.ttl")):
        shapes.load(path=str(path), format=ox.RdfFormat.TURTLE)
    targets = {
        quad.subject.value.rpartition("#")[2]: quad.object.value
        for quad in shapes.quads_for_pattern(None, ox.NamedNode(expand("sh:targetClass")), None)
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode)
    }
    names = _named(rules)
    assert {expand(name) for name in _named(classes)} <= {targets[name] for name in names if name != "admission"}
    for name in _named(read_by):
        folder = ROOT / name if "/" in name else ROOT / "loaders" / "registries" / name
        assert folder.exists(), name
    assert set(_named(queries)) <= set(query_catalogue.load().queries)
    for page in _named(pages):
        assert served.get(page, headers={"Accept": "text/html,*/*;q=0.5"}).status_code in (200, 303), page
