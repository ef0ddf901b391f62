"""The graph of saved queries in a release: apart from the data, runnable as it stands, and noticed when it changes."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyoxigraph as ox
import pytest
from tests.written_answers import ANSWERS

from eclod.core import assets, formats
from eclod.core.iris import Names
from eclod.core.settings import Settings
from eclod.rdf import competency, competency_graph, query_catalogue, query_graph
from eclod.store.engine import Question
from eclod.store.inprocess import InProcessEngine
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod_loaders import installed, pipeline

NAMES = Names()
GRAPH = NAMES.graph("queries")
_TEXTS = f"""PREFIX sh: <http://www.w3.org/ns/shacl#>
SELECT ?query ?text WHERE {{
  GRAPH <{GRAPH}> {{ ?query a sh:SPARQLExecutable ; sh:select|sh:ask|sh:construct ?text }}
}}"""


@pytest.fixture(scope="module")
def store(starting_settings: Settings, starting_release: Manifest) -> ox.Store:
    return ox.Store.read_only(str(Releases(starting_settings.data).folder(starting_release.id) / "store"))


@pytest.fixture(scope="module")
def texts(store: ox.Store) -> dict[str, str]:
    solutions = store.query(_TEXTS)
    assert isinstance(solutions, ox.QuerySolutions)
    return {row["query"].value.rpartition("/")[2]: row["text"].value for row in solutions}


@pytest.mark.parametrize("name", query_catalogue.load().queries)
def test_what_the_graph_holds_runs_as_it_stands(name: str, texts: dict[str, str], store: ox.Store) -> None:
    answer = InProcessEngine(store).ask(Question(texts[name], formats.RESULT_CSV, formats.N_TRIPLES))
    body = answer.read().decode().replace("\r\n", "\n")
    if answer.kind == "graph":
        body = "".join(sorted(body.splitlines(keepends=True)))
    [expected] = (ANSWERS / name).glob("expected.*")
    assert body == expected.read_text(encoding="utf-8")


def test_the_graph_is_all_of_the_catalogue_and_no_part_of_the_merged_view(
    store: ox.Store, texts: dict[str, str], starting_release: Manifest
) -> None:
    catalogue, questions = query_catalogue.load(), competency.load()
    assert texts.keys() == {*catalogue.queries, *(f"competency#{name}" for name in questions.questions)}
    held = {quad.triple for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(GRAPH))}
    assert held == {*query_graph.triples(catalogue, NAMES), *competency_graph.triples(questions, NAMES)}
    for triple in held:
        assert ox.Quad(triple.subject, triple.predicate, triple.object) not in store
    entry = starting_release.graph(GRAPH)
    assert entry is not None
    assert (entry.triples, entry.licence) == (len(held), installed.CC_BY)


def test_a_changed_query_makes_a_release_and_reads_no_registry_again(
    starting_settings: Settings, starting_release: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, queries = tmp_path / "data", tmp_path / "queries"
    shutil.copytree(starting_settings.data, data, symlinks=True)
    shutil.copytree(assets.folder("queries"), queries)
    settings = starting_settings.model_copy(update={"data": data})
    registries = [assets.folder("registries")]
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert pipeline.build(settings, None, registries, at=later).manifest is None  # nothing changed

    changed = queries / "clusters-by-country.rq"
    changed.write_text(changed.read_text(encoding="utf-8").replace("most first", "first the most"), encoding="utf-8")
    folder = assets.folder
    monkeypatch.setattr(assets, "folder", lambda name: queries if name == "queries" else folder(name))
    monkeypatch.setattr(
        installed, "system_contents", installed.system_contents.__wrapped__
    )  # kept while a process runs
    outcome = pipeline.build(settings, None, registries, at=later + timedelta(minutes=1))
    assert outcome.manifest is not None
    assert sorted(outcome.reused) == [entry.name for entry in starting_release.registries]
    before = {graph.iri: graph.sha256 for graph in starting_release.graphs}
    assert [graph.iri for graph in outcome.manifest.graphs if graph.sha256 != before[graph.iri]] == [GRAPH]
