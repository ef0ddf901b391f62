"""The data of the benchmark: the same bytes every time, as many things as promised, and nothing our shapes refuse."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tomllib
import unicodedata
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest
from benchmarks import generator, names, questions
from benchmarks.generator import Platform, Scale, Written

from eclod.core import codes, iris
from eclod.core.namespaces import SCHEME, expand
from eclod.rdf.gate import Gate
from eclod_loaders.codes.codelists import CodeLists

FACTOR = 0.01
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return generator.write(tmp_path_factory.mktemp("platform"), FACTOR)


@pytest.fixture(scope="module")
def store(written: Written) -> ox.Store:
    return _loaded(written)


def _loaded(written: Written) -> ox.Store:
    store = ox.Store()
    store.bulk_load(path=written.path, format=ox.RdfFormat.N_TRIPLES)
    return store


def _objects(store: ox.Store, predicate: str) -> list[ox.NamedNode | ox.Literal]:
    quads = store.quads_for_pattern(None, ox.NamedNode(expand(predicate)), None)
    return [quad.object for quad in quads if isinstance(quad.object, ox.NamedNode | ox.Literal)]


def test_it_is_the_same_in_another_process(written: Written, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-m", "benchmarks", "generate", str(tmp_path), "--factor", str(FACTOR)]
    said = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    again = (tmp_path / generator.FILE).read_bytes()
    assert hashlib.sha256(again).hexdigest() == written.sha256
    assert again == written.path.read_bytes()
    assert f"{written.triples:,} triples" in said
    assert written.sha256 in said


def test_there_are_as_many_things_as_the_scale_says(written: Written, store: ox.Store) -> None:
    assert len(store) == written.triples
    forms = Counter(
        node.value.removeprefix(f"{SCHEME}organisation-type/") for node in _objects(store, "org:classification")
    )
    assert (forms["cluster-organisation"], forms["sme"], forms["large-enterprise"]) == (10, 1000, 80)
    assert forms["university"] + forms["research-organisation"] == 110
    assert written.classes[expand("eclod:ClusterOrganisation")] == 10
    assert written.classes[expand("eclod:Cluster")] == 10
    assert written.classes[expand("org:Organization")] == 10 + 1000 + 80 + 110
    assert written.classes[expand("eurio:Project")] == 20
    assert written.classes[expand("org:Membership")] == len(_objects(store, "org:member")) > 100


def test_the_whole_is_the_size_of_the_platform() -> None:
    assert Scale().times(1) == Scale(1_000, 100_000, 8_000, 11_000)
    assert Scale().times(0.00001) == Scale(1, 1, 1, 1, 1)


def test_it_conforms_to_the_shapes() -> None:
    lists = CodeLists.load()
    triples = list(Platform(Scale().times(FACTOR), lists).triples())
    used = {triple.object.value for triple in triples if isinstance(triple.object, ox.NamedNode)}
    assert Gate().validate(triples, lists.describe(used)) == []


def test_identifiers_are_ones_the_service_understands(store: ox.Store) -> None:
    solutions = store.query(f"SELECT ?o WHERE {{ ?o a <{expand('org:Organization')}> }}")
    assert isinstance(solutions, ox.QuerySolutions)
    paths = [iris.Names().path_of(solution["o"].value) or "" for solution in solutions]
    assert len(paths) == 1200
    for path in paths:
        kind, code = iris.split_path(path) or ("", "")
        assert (kind, codes.normalise(code)) == ("organisation", code)


def test_names_are_in_many_languages_and_in_three_scripts(store: ox.Store) -> None:
    solutions = store.query(
        f"SELECT ?name WHERE {{ ?o a <{expand('org:Organization')}> ; <{expand('skos:prefLabel')}> ?name }}"
    )
    assert isinstance(solutions, ox.QuerySolutions)
    found = [solution["name"] for solution in solutions]
    assert len({name.language for name in found}) > 20
    scripts = Counter(unicodedata.name(name.value[0]).partition(" ")[0] for name in found)
    assert min(scripts["LATIN"], scripts["CYRILLIC"], scripts["GREEK"]) > 5


def test_there_are_words_for_every_country_that_has_regions() -> None:
    table = tomllib.loads(Path(names.__file__).with_name("names.toml").read_text(encoding="utf-8"))
    countries = {place.nuts_country for place in generator.places(CodeLists.load())}
    assert countries == set(table["countries"])
    assert {language for languages in table["countries"].values() for language in languages} == set(table["languages"])
    for language, entry in table["languages"].items():
        assert entry["script"] in table["scripts"], language
        for kind in ("cluster", "firm", "university", "institute"):
            assert "{topic}" in entry[kind] or kind == "university", language


def test_every_question_finds_something(tmp_path: Path) -> None:
    store = _loaded(generator.write(tmp_path, 0.05))
    asked = questions.all_of_them(store)
    assert len(asked) == 9
    for question in asked:
        results = store.query(question.text(0))
        if isinstance(results, ox.QueryTriples):
            body = results.serialize(format=ox.RdfFormat.N_TRIPLES)
        else:
            body = results.serialize(format=ox.QueryResultsFormat.JSON)
        assert body is not None
        assert question.rows(body), question.name
    members = next(question for question in asked if question.name == questions.MEMBERS)
    assert len({members.text(round) for round in range(members.rounds * members.succession)}) == 50
