"""Comunica over the endpoint, over documents, and over the endpoint together with somebody else's data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.test_service import Service

from eclod.core.formats import GRAPH_FORMATS, RESULT_FORMATS
from eclod.store.manifest import Manifest

from . import nodejs
from .conftest import COUNT, REGION, Elsewhere

pytestmark = nodejs.NEEDS_COMUNICA

BASE = "https://w3id.org/eclod"
LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
INTEGER = "http://www.w3.org/2001/XMLSchema#integer"
LITERAL = '"a \\"b\\"\\n\\U0001F3ED ü"@de-at'
TOURS = "https://tours.example/visited"

#: What is asked, by name: the form, the query, the sources.
Questions = dict[str, tuple[str, str, list[object]]]


@dataclass(frozen=True)
class Answer:
    """What came of one question, and what Comunica asked for it."""

    result: Any
    error: str
    requests: list[dict[str, Any]]

    @property
    def queries(self) -> list[str]:
        """Return the queries that the endpoint was sent in addresses."""
        found = [parse_qs(urlsplit(request["url"]).query).get("query") for request in self.requests]
        return [query[0] for query in found if query]


@pytest.fixture(scope="module")
def answers(service: Service, starting_release: Manifest, elsewhere: Elsewhere, cluster: str) -> dict[str, Answer]:
    """Ask everything in one run of Node, which takes seconds to load Comunica."""
    endpoint = f"{service.base}/sparql"
    typed = {"type": "sparql", "value": endpoint}
    visits = elsewhere.put("/visits.ttl", "text/turtle", f"<{BASE}{cluster}> <{TOURS}> 2026 .\n")
    label = f"SELECT ?name WHERE {{ <{REGION}> <{LABEL}> ?name }}"
    joined = f"SELECT ?cluster ?year ?name WHERE {{ ?cluster <{TOURS}> ?year ; <{LABEL}> ?name }}"
    questions: Questions = {
        "typed": ("select", COUNT, [typed]),
        "detected": ("select", COUNT, [endpoint]),
        "past": ("select", COUNT, [f"{service.base}/releases/{starting_release.id}/sparql"]),
        "literal": ("select", f"SELECT ?text ?number {{ VALUES (?text ?number) {{ ({LITERAL} 5) }} }}", [typed]),
        "label": ("select", label, [typed]),
        "ask": ("ask", f"ASK {{ <{REGION}> <{LABEL}> ?name }}", [endpoint]),
        "ask nothing": ("ask", "ASK { <urn:nobody> ?p ?o }", [endpoint]),
        "construct": (
            "construct",
            f"CONSTRUCT {{ ?r <urn:name> ?n }} {{ BIND(<{REGION}> AS ?r) ?r <{LABEL}> ?n }}",
            [typed],
        ),
        "long": ("select", f"{label} # {'x' * 8000}", [typed]),
        "wrong": ("select", "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", [typed]),
        "thing": ("select", f"SELECT ?name {{ <{BASE}{cluster}> <{LABEL}> ?name }}", [service.base + cluster]),
        "ontology": (
            "ask",
            f"ASK {{ <{BASE}/ontology#Cluster> a <http://www.w3.org/2002/07/owl#Class> }}",
            [f"{service.base}/ontology"],
        ),
        "joined": ("select", joined, [endpoint, visits]),
    }
    asked = [{"form": form, "query": query, "sources": sources} for form, query, sources in questions.values()]
    found = json.loads(nodejs.run("ask.mjs", given=json.dumps(asked)))
    return {
        name: Answer(each.get("result"), each.get("error", ""), each["requests"])
        for name, each in zip(questions, found, strict=True)
    }


@pytest.mark.parametrize("source", ["typed", "detected", "past"])
def test_the_endpoint_counts(answers: dict[str, Answer], source: str, clusters: list[str]) -> None:
    assert answers[source].result == [{"clusters": {"value": str(len(clusters)), "language": "", "datatype": INTEGER}}]


def test_the_endpoint_is_found_to_be_one_without_being_told(answers: dict[str, Answer]) -> None:
    first, *rest = answers["detected"].requests
    assert (urlsplit(first["url"]).query, first["status"]) == ("", 200)
    assert first["type"].startswith("application/n-quads")
    assert [request["type"] for request in rest] == ["application/sparql-results+json"]
    assert answers["detected"].queries == [COUNT]  # the whole question is left to the endpoint
    assert len(answers["typed"].requests) == 1  # and who says so, asks once


def test_its_description_says_all_that_comunica_looks_for(service: Service) -> None:
    turtle = service.get("/sparql", "text/turtle")[2].decode()
    read = json.loads(nodejs.run("probe.mjs", f"{service.base}/sparql", given=turtle))
    assert read["sparqlService"] == f"{service.base}/sparql"
    assert set(read["resultFormats"]) == {form.w3c for form in (*RESULT_FORMATS, *GRAPH_FORMATS)}
    assert "http://www.w3.org/ns/sparql-service-description#SPARQL11Query" in read["supportedLanguages"]
    assert "http://www.w3.org/ns/sparql#version-1.1" in read["supportedVersions"]


def test_terms_come_through_whole(answers: dict[str, Answer]) -> None:
    [row] = answers["literal"].result
    assert (row["text"]["value"], row["text"]["language"]) == ('a "b"\n\U0001f3ed ü', "de-at")
    assert (row["number"]["value"], row["number"]["datatype"]) == ("5", INTEGER)
    [row] = answers["label"].result
    assert (row["name"]["value"], row["name"]["language"]) == ("Hovedstaden", "da")


def test_ask_and_construct(answers: dict[str, Answer]) -> None:
    assert answers["ask"].result is True
    assert answers["ask nothing"].result is False
    [(subject, predicate, name)] = answers["construct"].result
    assert (subject, predicate, name["value"], name["language"]) == (REGION, "urn:name", "Hovedstaden", "da")


def test_a_long_query_is_posted(answers: dict[str, Answer]) -> None:
    [request] = answers["long"].requests
    assert (request["method"], request["status"]) == ("POST", 200)
    assert answers["long"].result == answers["label"].result


def test_a_query_that_is_refused_says_why(answers: dict[str, Answer]) -> None:
    assert answers["wrong"].result is None
    assert "HTTP status 403" in answers["wrong"].error
    assert "https://query.wikidata.org/sparql" in answers["wrong"].error  # what may be asked


def test_documents_are_sources(answers: dict[str, Answer], cluster: str) -> None:
    assert [row["name"]["value"] for row in answers["thing"].result]
    [request] = answers["thing"].requests
    assert request["url"].endswith(cluster)
    assert request["status"] == 200
    assert answers["ontology"].result is True


def test_the_endpoint_joins_with_the_data_of_somebody_else(
    answers: dict[str, Answer], service: Service, elsewhere: Elsewhere, cluster: str
) -> None:
    names = service.ask(f"SELECT ?name WHERE {{ <{BASE}{cluster}> <{LABEL}> ?name }}")[1]["results"]["bindings"]
    found = answers["joined"].result
    assert {(row["cluster"], row["year"]["value"]) for row in found} == {(BASE + cluster, "2026")}
    assert sorted(row["name"]["value"] for row in found) == sorted(name["name"]["value"] for name in names)
    assert all(request["status"] == 200 for request in answers["joined"].requests)
    assert {urlsplit(request["url"]).netloc for request in answers["joined"].requests} == {
        urlsplit(service.base).netloc,
        urlsplit(elsewhere.base).netloc,
    }
