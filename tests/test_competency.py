"""The competency questions: asked by everybody about every system, and answered right on data that one can see through.

`tests/competency/data/*.ttl` is a small data set written by hand, with things that a question must find and others that
it must not; `tests/competency/<name>.csv` are the rows that follow from reading it, with prefixed names, worked out by
hand too. The code lists and the ontology beside it are those of a release. `starting` in the head of a question is the
number of its rows on the starting data; where that has grown,

    pytest tests/test_competency.py -n0 -k starting --write-starting

writes the numbers that it finds into the heads, to be read through before they are committed.
"""

from __future__ import annotations

import csv
import re
import time
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core import assets
from eclod.core.namespaces import PREFIXES, expand
from eclod.core.settings import Settings
from eclod.rdf import competency, query_catalogue
from eclod.rdf.competency import ASKERS, SYSTEMS, CompetencyQuestion
from eclod.rdf.gate import Gate
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases

EXPECTED = Path(__file__).parent / "competency"
DATA = sorted((EXPECTED / "data").glob("*.ttl"))
QUESTIONS = competency.load()
GRAPH = "https://w3id.org/eclod/graph/"
EXAMPLES = "https://example.org/id/"
#: Seconds of one processor that a question may take.
BUDGET = 1.0
#: Namespaces whose terms need not be in the ontology: codes and the names of things, not classes or properties.
CODES = {"nuts", "nace2", "nace21", "country", "xsd"}

every_question = pytest.mark.parametrize("name", QUESTIONS.questions)


@pytest.fixture(scope="module")
def starting(starting_settings: Settings, starting_release: Manifest) -> ox.Store:
    return ox.Store.read_only(str(Releases(starting_settings.data).folder(starting_release.id) / "store"))


def _example_triples() -> list[ox.Triple]:
    return [quad.triple for path in DATA for quad in ox.parse(path=path, format=ox.RdfFormat.TURTLE)]


@pytest.fixture(scope="module")
def small(starting: ox.Store) -> ox.Store:
    """Return the small data with the code lists and the ontology, all in the default graph as in a merged view."""
    store = ox.Store()
    for name in ("codelists", "ontology"):
        graph = starting.quads_for_pattern(None, None, None, ox.NamedNode(GRAPH + name))
        store.extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in graph)
    store.extend(ox.Quad(each.subject, each.predicate, each.object) for each in _example_triples())
    return store


def rows(store: ox.Store, question: CompetencyQuestion) -> list[list[str]]:
    """Return the header and the rows of an answer, spelled as they are written down."""
    found = store.query(question.text)
    assert isinstance(found, ox.QuerySolutions)
    return [[variable.value for variable in found.variables], *([_spelled(term) for term in row] for row in found)]


def _spelled(term: object) -> str:
    if term is None:
        return ""
    if not isinstance(term, ox.NamedNode):
        assert isinstance(term, ox.Literal)
        return term.value
    known = {"ex": EXAMPLES, **PREFIXES}
    prefix = max((p for p in known if term.value.startswith(known[p])), key=lambda p: len(known[p]), default="")
    return f"{prefix}:{term.value.removeprefix(known[prefix])}" if prefix else term.value


def test_every_system_and_everybody_asks() -> None:
    assert len(QUESTIONS.questions) == 50
    assert len(SYSTEMS) == 13
    assert min(len(listed) for listed in QUESTIONS.by_system().values()) >= 3
    askers = Counter(question.asked_by for question in QUESTIONS)
    assert askers.keys() == ASKERS.keys()
    assert min(askers.values()) >= 8
    assert len({question.question for question in QUESTIONS}) == len(QUESTIONS.questions)


def test_each_question_has_its_rows_and_names_saved_queries() -> None:
    assert {path.stem for path in EXPECTED.glob("*.csv")} == set(QUESTIONS.questions)
    assert {used for question in QUESTIONS for used in question.uses} <= set(query_catalogue.load().queries)
    assert {path.name for path in EXPECTED.iterdir()} == {"data", *(f"{name}.csv" for name in QUESTIONS.questions)}


def test_the_small_data_passes_the_gate(starting: ox.Store) -> None:
    triples = _example_triples()
    assert len(DATA) == 7
    named = {triple.object for triple in triples if isinstance(triple.object, ox.NamedNode)}
    codes = ox.NamedNode(GRAPH + "codelists")
    ontology = ox.NamedNode(GRAPH + "ontology")
    beside = [
        quad.triple
        for graph in (codes, ontology)
        for code in named
        for quad in starting.quads_for_pattern(code, None, None, graph)
        if quad.predicate.value in {expand(p) for p in ("rdf:type", "skos:inScheme", "skos:notation")}
    ]
    blocking = [each for each in Gate().validate(triples, beside) if each.blocks]
    assert [(each.focus, each.shape, each.component, each.value) for each in blocking] == []
    subjects = {triple.subject.value for triple in triples if isinstance(triple.subject, ox.NamedNode)}
    assert all(subject.startswith(EXAMPLES) for subject in subjects)
    pointed = {node.value for node in named if node.value.startswith(EXAMPLES)}
    assert pointed <= subjects


@every_question
def test_a_question_gives_its_rows_in_time(name: str, small: ox.Store) -> None:
    with (EXPECTED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        expected = list(csv.reader(file))
    assert len(expected) > 1, "a question without an answer shows nothing"
    started = time.process_time()
    assert rows(small, QUESTIONS[name]) == expected
    assert time.process_time() - started < BUDGET


@every_question
def test_a_question_has_as_many_rows_on_the_starting_data(
    name: str, starting: ox.Store, pytestconfig: pytest.Config
) -> None:
    started = time.process_time()
    found = len(rows(starting, QUESTIONS[name])) - 1
    assert time.process_time() - started < BUDGET
    if pytestconfig.getoption("write_starting"):
        path = assets.folder("queries") / competency.FOLDER / f"{name}.rq"
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"(?m)^#\+ starting: \d+$", f"#+ starting: {found}", text, count=1), encoding="utf-8")
    else:
        assert found == QUESTIONS[name].starting


@every_question
def test_no_row_is_doubled_by_language(name: str, small: ox.Store) -> None:
    more = ox.Store()
    more.extend(small)
    for triple in _example_triples():
        if isinstance(triple.object, ox.Literal) and triple.object.language:
            text = ox.Literal(f"\U0001f310 {triple.object.value}", language="qaa")
            more.add(ox.Quad(triple.subject, triple.predicate, text))
    assert rows(more, QUESTIONS[name]) == rows(small, QUESTIONS[name])


@every_question
def test_prefixes_are_those_of_the_one_table_and_terms_exist(name: str, small: ox.Store) -> None:
    prefixes = QUESTIONS[name].prefixes
    assert prefixes == {prefix: PREFIXES[prefix] for prefix in prefixes}
    text = re.sub(r'"[^"]*"|<[^>\s]*>', "", QUESTIONS[name].text.partition("\n\n")[2])
    used = {tuple(term.split(":")) for term in re.findall(r"\b[a-z][a-z0-9-]*:\w+", text)}
    assert set(prefixes) == {prefix for prefix, _ in used}
    unknown = [
        f"{prefix}:{local}"
        for prefix, local in sorted(used)
        if prefix not in CODES and not _is_known(ox.NamedNode(PREFIXES[prefix] + local), small)
    ]
    assert unknown == []


def _is_known(term: ox.NamedNode, store: ox.Store) -> bool:
    """Return whether the ontology has a label of a term, its own or of a vocabulary it reuses."""
    return any(store.quads_for_pattern(term, ox.NamedNode(expand("rdfs:label")), None, None))


@every_question
def test_the_codes_in_a_question_exist(name: str, starting: ox.Store) -> None:
    text = QUESTIONS[name].text.partition("\n\n")[2]
    named = re.findall(r"<(https://w3id\.org/eclod/[^>#]*)>", text)
    named += [PREFIXES[p] + code for p, code in re.findall(r"\b(nuts|nace21?|country):([A-Z0-9]+)", text)]
    for iri in named:
        assert any(starting.quads_for_pattern(ox.NamedNode(iri), None, None, ox.DefaultGraph())), iri
