"""What registries delivered, kept as data from release to release, without the older ones too; RDF end to end."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from eclod.core import assets
from eclod.core.settings import Settings, from_environment
from eclod.store.releases import Releases

from .test_pipeline import ROWS, add_registry, ask, build, current

QUERY = (assets.folder("queries") / "deliveries.rq").read_text(encoding="utf-8")
RDF = """title = { en = "Things" }
publisher = "Somebody"
language = "en"
[[sources]]
file = "./things.ttl"
adapter = "rdf"
"""
THINGS = """@prefix eclod: <https://w3id.org/eclod/ontology#> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix r: <https://register.example/id/> .
r:a a eclod:Cluster ; eclod:country "DK" ; skos:prefLabel "A"@en ; eclod:managedBy r:b .
r:b a org:Organization ; skos:prefLabel "B"@en .
r:c a eclod:Cluster ; eclod:country "DK" ; eclod:managedBy r:b .
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return from_environment({}, data=tmp_path / "data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "registries"
    add_registry(folder, "one")
    add_registry(folder, "two", rows="id,name,region,legal\n1,Delta,DK04,\n")
    return folder


def deliveries(settings: Settings, registry: str) -> list[tuple[str, ...]]:
    """Return number, time, release, rows read, accepted, rejected and part that conforms."""
    rows = ask(settings, QUERY.replace("/eclod-europe>", f"/{registry}>"))
    return [(*row[:6], row[9]) for row in rows]


def test_deliveries_are_numbered_and_go_on(settings: Settings, folder: Path) -> None:
    first = build(settings, folder, 1).current
    assert deliveries(settings, "one") == [("1", "", "", "3", "3", "0", "100")]
    add_registry(folder, "one", rows=ROWS + "4,,DK04,\n")
    second = build(settings, folder, 2).current
    past = ("1", "2026-01-01T00:00:01Z", f"https://w3id.org/eclod/releases/{first}", "3", "3", "0", "100")
    assert deliveries(settings, "one") == [past, ("2", "", "", "4", "3", "1", "75")]
    assert [row[:2] for row in deliveries(settings, "two")] == [("1", "2026-01-01T00:00:01Z")]
    entry = current(settings).registry("one")
    assert entry is not None and (entry.delivery, entry.delivered, entry.things) == (2, "2026-01-01T00:00:02+00:00", 3)
    assert build(settings, folder, 3).manifest is None
    shutil.rmtree(Releases(settings.data).folder(first))
    add_registry(folder, "two", rows="id,name,region,legal\n1,Delta 2,DK04,\n")
    build(settings, folder, 4)
    assert [row[2].rpartition("/")[2] for row in deliveries(settings, "one")] == [first, second]
    assert [row[0] for row in deliveries(settings, "two")] == ["1", "2"]


def test_a_registry_that_comes_back_goes_on_counting(settings: Settings, folder: Path) -> None:
    build(settings, folder, 1)
    shutil.rmtree(folder / "two")
    build(settings, folder, 2)
    assert [row[:2] for row in deliveries(settings, "two")] == [("1", "2026-01-01T00:00:01Z")]
    add_registry(folder, "two", rows="id,name,region,legal\n1,Delta,DK04,\n")
    build(settings, folder, 3)
    assert [row[:2] for row in deliveries(settings, "two")] == [("1", "2026-01-01T00:00:01Z"), ("2", "")]


def test_a_registry_of_rdf_from_end_to_end(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "registries"
    (folder / "rdf").mkdir(parents=True)
    (folder / "rdf" / "registry.toml").write_text(RDF, encoding="utf-8")
    (folder / "rdf" / "things.ttl").write_text(THINGS, encoding="utf-8")
    outcome = build(settings, folder, 1)
    (entry,) = outcome.registries
    assert (entry.read, entry.accepted, entry.rejected, entry.things) == (3, 2, 1, 2)
    (problem,) = outcome.deliveries[0].problems
    assert (problem.place, problem.rule) == (
        "line 7, https://register.example/id/c",
        "shape:Cluster-name/MinCount",
    )
    rows = ask(
        settings,
        """PREFIX eclod: <https://w3id.org/eclod/ontology#> PREFIX owl: <http://www.w3.org/2002/07/owl#>
        SELECT ?own ?cluster ?manager WHERE {
          GRAPH <https://w3id.org/eclod/graph/registry/rdf> { ?cluster eclod:managedBy ?manager }
          GRAPH <https://w3id.org/eclod/graph/identifiers/rdf> {
            ?cluster owl:sameAs ?own ; eclod:localIdentifier ?local FILTER (STR(?own) = ?local) } }""",
    )
    ((own, cluster, manager),) = rows
    assert own == "https://register.example/id/a"
    assert "/id/cluster/" in cluster and "/id/organisation/" in manager
    # What the service says of a thing can be sent back under its identifier.
    changed = THINGS.replace("r:a a", f"<{cluster}> a").replace('"A"', '"A2"')
    (folder / "rdf" / "things.ttl").write_text(changed, encoding="utf-8")
    (entry,) = build(settings, folder, 2).registries
    assert (entry.accepted, entry.rejected) == (2, 1)
    label = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
    assert ask(settings, f"SELECT ?name {{ <{cluster}> {label} ?name }}") == [("A2",)]
