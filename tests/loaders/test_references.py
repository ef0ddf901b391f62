"""What points to things of other registries, and clusters that are nowhere: the row is judged, not the whole build."""

from __future__ import annotations

from pathlib import Path

import pytest

from eclod.core import codes
from eclod.core.errors import BadInput
from eclod.core.settings import Settings, from_environment
from eclod_loaders import pipeline
from eclod_loaders.declarations.registry import Registry

from .test_pipeline import ROWS, add_registry, ask, build

RDF = """title = { en = "Clusters" }
publisher = "Somebody"
language = "fr"
[[sources]]
file = "./clusters.ttl"
adapter = "rdf"
"""
CLUSTER = """@prefix eclod: <https://w3id.org/eclod/ontology#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<https://clusters.example/a> a eclod:Cluster ; skos:prefLabel "A"@en ; %s .
<https://clusters.example/b> a eclod:Cluster ; skos:prefLabel "B"@en ; eclod:country "DK" .
"""
ALPHA = f"https://w3id.org/eclod/id/organisation/{codes.derive('organisation', 'one', '1')}"
BETA = f"https://w3id.org/eclod/id/organisation/{codes.derive('organisation', 'one', '2')}"
NOBODY = f"https://w3id.org/eclod/id/organisation/{codes.derive('organisation', 'one', '9')}"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return from_environment({}, data=tmp_path / "data")


def write(folder: Path, about_a: str) -> None:
    (folder / "zwei").mkdir(exist_ok=True, parents=True)
    (folder / "zwei" / "registry.toml").write_text(RDF, encoding="utf-8")
    (folder / "zwei" / "clusters.ttl").write_text(CLUSTER % about_a, encoding="utf-8")


def test_a_reference_is_judged_by_what_the_other_registry_says(settings: Settings, tmp_path: Path) -> None:
    """Issue 5: a thing of another registry has the type that it is published with, in the same build or before."""
    folder = tmp_path / "registries"
    add_registry(folder, "one")
    build(settings, folder, 1)
    write(folder, f'eclod:country "DK" ; eclod:managedBy <{ALPHA}>')
    outcome = build(settings, folder, 2)
    assert outcome.reused == ["one"]
    (delivery,) = outcome.deliveries
    assert [problem.message for problem in delivery.problems] == []
    managers = "SELECT ?m { ?c <https://w3id.org/eclod/ontology#managedBy> ?m }"
    assert ask(settings, managers) == [(ALPHA,)]
    source = Registry.load(folder / "zwei").sources[0]
    for manager, rejected in ((BETA, 0), (NOBODY, 1)):
        write(folder, f'eclod:country "DK" ; eclod:managedBy <{manager}>')
        dry = pipeline.check(settings, Registry.load(folder / "zwei"), source, folder / "zwei" / "clusters.ttl")
        assert dry.entry.rejected == rejected, dry.problems
    write(folder, f'eclod:country "DK" ; eclod:managedBy <{BETA}>')
    add_registry(folder, "one", rows=ROWS.replace("2,Beta", "5,Beta"))
    outcome = build(settings, folder, 3)
    zwei = next(each for each in outcome.deliveries if each.entry.name == "zwei")
    assert [(problem.focus.rpartition("/")[0].rpartition("/")[2], problem.rule) for problem in zwei.problems] == [
        ("cluster", "shape:Cluster-managedBy/Class")
    ]


def test_a_cluster_that_is_nowhere_costs_its_row(settings: Settings, tmp_path: Path) -> None:
    """Issue 5: a row without region and country is refused with a sentence in the registry's language."""
    write(folder := tmp_path / "registries", 'skos:altLabel "AA"@en')
    outcome = build(settings, folder, 1)
    (entry,) = outcome.registries
    assert (entry.accepted, entry.rejected) == (1, 1)
    (problem,) = outcome.deliveries[0].problems
    assert problem.rule == "shape:Cluster-region/MinCount"
    assert problem.message.startswith("Indiquez où se trouve le cluster")


def test_names_that_the_service_uses_are_refused(tmp_path: Path) -> None:
    """A registry called `life` would share the graph about the life of identifiers."""
    folder = add_registry(tmp_path, "life")
    with pytest.raises(BadInput, match="needs another name"):
        Registry.load(folder)
