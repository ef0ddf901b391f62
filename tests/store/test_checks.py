"""The checks that gate a release: each finds what it is for, and nothing in the starting data.

`tests/checks/<name>.ttl` is what a check must find; it stands beside the data cubes of the project. One that looks into
named graphs has `<name>.trig`.
"""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core import assets
from eclod.core.errors import Damaged, NotConforming
from eclod.core.settings import Settings
from eclod.store import checks
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases

EXAMPLES = Path(__file__).resolve().parents[1] / "checks"
CHECKS = {check.name: check for check in checks.load()}
CUBES = ("cubes.ttl", "eclod.ttl")


def example(name: str) -> ox.Store:
    store = ox.Store()
    for path in [assets.folder("ontology") / file for file in CUBES]:
        store.load(path=path, format=ox.RdfFormat.TURTLE)
    if name:
        [path] = EXAMPLES.glob(f"{name}.*")
        store.load(path=path)
    return store


def test_every_check_has_an_example() -> None:
    assert len(CHECKS) == 44
    assert sorted(path.stem for path in EXAMPLES.iterdir()) == sorted(CHECKS)


@pytest.fixture(scope="module")
def starting(starting_settings: Settings, starting_release: Manifest) -> ox.Store:
    return ox.Store.read_only(str(Releases(starting_settings.data).folder(starting_release.id) / "store"))


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_finds_its_example_and_nothing_in_the_starting_data(name: str, starting: ox.Store) -> None:
    assert checks.rows(starting, CHECKS[name]) == []
    assert len(checks.rows(example(name), CHECKS[name])) == 1


@pytest.mark.parametrize("name", CHECKS)
def test_an_example_breaks_one_check_only(name: str) -> None:
    store = example(name)
    clean = example("")
    assert [each.name for each in CHECKS.values() if checks.rows(store, each) != checks.rows(clean, each)] == [name]


def test_the_check_of_duplicates_names_every_dimension() -> None:
    found = example("").query("SELECT DISTINCT ?d { ?c <http://purl.org/linked-data/cube#dimension> ?d }")
    assert isinstance(found, ox.QuerySolutions)
    dimensions = {row["d"].value.rpartition("#")[2] for row in found}
    assert dimensions
    text = CHECKS["cube-ic-12-no-duplicates"].text
    grouped = text.partition("GROUP BY ")[2].partition("\n")[0].replace("?", "").split()
    assert dimensions <= set(grouped[1:])
    assert all(f"OPTIONAL {{ ?observation eclod:{name} ?{name} }}" in text for name in grouped[1:])


def test_a_refusal_names_the_check_the_number_of_rows_and_the_first() -> None:
    store = ox.Store()
    subjects = [ox.NamedNode(f"https://example.org/id/{n}") for n in range(5)]
    store.extend(ox.Quad(s, ox.NamedNode("https://w3id.org/eclod/ontology#code"), ox.Literal("x")) for s in subjects)
    check = checks.Check(
        name="no-codes",
        summary="something has a code",
        description="Take it out.",
        text="SELECT ?thing ?p WHERE { ?thing ?p ?o } ORDER BY ?thing",
    )
    with pytest.raises(NotConforming) as refused:
        checks.run(store, [check])
    assert refused.value.message == (
        "No release was made: the check 'no-codes' found something (something has a code): "
        + "; ".join(f"thing <https://example.org/id/{n}>, p eclod:code" for n in range(3))
        + " and 2 more. Take it out."
    )
    assert refused.value.details == {"check": "no-codes", "found": 5}
    checks.run(ox.Store(), [check])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("SELECT ?s { ?s ?p ?o }", "it needs a head in YAML"),
        ("#+ summary: s\n#+ description: d\nASK { ?s ?p ?o }", "it is no SELECT query"),
        ("#+ summary: s\n#+ description: d\nSELECT ?s { ?s ?p", "expected"),
        ("#+ summary: s\nSELECT ?s { ?s ?p ?o }", "description"),
    ],
)
def test_a_check_that_does_not_hold_is_named(content: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "odd.rq").write_text(content)
    with pytest.raises(Damaged, match=r"The check odd\.rq does not hold") as refused:
        checks.load(tmp_path)
    assert reason in refused.value.message
