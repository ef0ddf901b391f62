"""The saved queries as data: SHACL's words, nothing without a name, and every text runs as it stands."""

from __future__ import annotations

from collections import defaultdict

import pyoxigraph as ox
import pytest
import rdflib

from eclod.core.iris import Names
from eclod.core.namespaces import expand
from eclod.rdf import query_catalogue, query_graph

CATALOGUE = query_catalogue.load()
NAMES = Names()
TRIPLES = query_graph.triples(CATALOGUE, NAMES)


@pytest.fixture(scope="module")
def store() -> ox.Store:
    found = ox.Store()
    found.extend(ox.Quad(t.subject, t.predicate, t.object) for t in TRIPLES)
    return found


def select(store: ox.Store, text: str) -> list[tuple[str, ...]]:
    prologue = "".join(f"PREFIX {prefix}: <{expand(f'{prefix}:')}>\n" for prefix in ("sh", "rdf", "rdfs", "schema"))
    solutions = store.query(prologue + text)
    assert isinstance(solutions, ox.QuerySolutions)
    return [tuple("" if term is None else term.value for term in solution) for solution in solutions]


def test_every_query_is_an_executable_with_one_text(store: ox.Store) -> None:
    found = select(
        store,
        """SELECT ?query ?kind ?text ?label ?comment ?target WHERE {
             ?query a sh:SPARQLExecutable , ?kind ; sh:select|sh:ask|sh:construct ?text ;
               rdfs:label ?label ; rdfs:comment ?comment ; schema:target ?target ; schema:keywords ?tag
             FILTER (?kind != sh:SPARQLExecutable && ?tag != "")
           } GROUP BY ?query ?kind ?text ?label ?comment ?target ORDER BY ?query""",
    )
    kinds = {"select": "Select", "ask": "Ask", "construct": "Construct"}
    assert found == [
        (
            f"{NAMES.base}/queries/{query.name}",
            expand(f"sh:SPARQL{kinds[query.kind]}Executable"),
            query.text,
            query.summary,
            query.description,
            f"{NAMES.base}/sparql",
        )
        for query in CATALOGUE
    ]
    assert {query.kind for query in CATALOGUE} == set(kinds)


def test_prefixes_are_declared_once_and_are_those_of_the_texts(store: ox.Store) -> None:
    declared = select(
        store, "SELECT DISTINCT ?p ?n { ?q sh:prefixes/sh:declare ?d . ?d sh:prefix ?p ; sh:namespace ?n }"
    )
    assert sorted(declared) == sorted({pair for query in CATALOGUE for pair in query.prefixes.items()})


def test_parameters_say_what_the_catalogue_says(store: ox.Store) -> None:
    said = defaultdict(list)
    for query, *facts in select(
        store,
        """SELECT ?query ?path ?name ?default ?optional ?kind WHERE {
             ?query sh:parameter ?p . ?p a sh:Parameter ; sh:path ?path ; sh:name ?name ; sh:order ?order ;
               sh:description ?d ; sh:datatype|sh:nodeKind ?kind .
             OPTIONAL { ?p sh:defaultValue ?default } OPTIONAL { ?p sh:optional ?optional }
           } ORDER BY ?query ?order""",
    ):
        path, name, default, optional, _ = facts
        assert path == f"{query}#{name}"  # its local name is the name of the variable
        assert bool(default) != (optional == "true")
        said[query.rpartition("/")[2]].append(name)
    expected = {query.name: [each.name for each in query.parameters] for query in CATALOGUE if query.parameters}
    assert said == expected


def test_nothing_is_a_blank_node_and_the_order_is_always_the_same() -> None:
    assert not any(isinstance(term, ox.BlankNode) for t in TRIPLES for term in (t.subject, t.object))
    assert len(TRIPLES) == len(set(TRIPLES))
    assert query_graph.triples(query_catalogue.load(), NAMES) == TRIPLES


@pytest.mark.parametrize("name", CATALOGUE.queries)
def test_other_parsers_read_the_text(name: str) -> None:
    """So that it runs elsewhere: SPARQL 1.1 as rdflib reads it."""
    rdflib.plugins.sparql.prepareQuery(CATALOGUE[name].text)


def test_a_description_is_the_part_of_the_graph_about_one_query() -> None:
    query = CATALOGUE["clusters-of-a-region"]
    part = query_graph.of_query(query, NAMES)
    assert set(part) < set(TRIPLES)
    assert {t.subject.value.partition("#")[0] for t in part if isinstance(t.subject, ox.NamedNode)} == {
        query_graph.iri(query, NAMES)
    }
