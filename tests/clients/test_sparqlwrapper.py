"""SPARQLWrapper as people use it: every form of query in every format, every way to send it, every kind of error."""

from __future__ import annotations

import csv
import io
import json
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from urllib.parse import urljoin
from xml.dom.minidom import Document

import pytest
import rdflib
from SPARQLWrapper import CSV, GET, JSON, JSONLD, N3, POST, POSTDIRECTLY, RDF, RDFXML, TSV, TURTLE, URLENCODED, XML
from SPARQLWrapper import SPARQLWrapper as Client
from SPARQLWrapper.SPARQLExceptions import EndPointNotFound, QueryBadFormed
from SPARQLWrapper.Wrapper import _allowedFormats
from tests.test_service import Service

from eclod.store.manifest import Manifest

from .conftest import CLUSTERS, COUNT, CROSS_JOIN, REGION, ROWS, SECONDS

LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
#: A name with what formats like to lose: a language, quotes, a line break, a character beyond the BMP.
NAME = 'a "b"\n\U0001f3ed ü'
LITERAL = '"a \\"b\\"\\n\\U0001F3ED ü"@de-AT'
ROW = f"SELECT ?name ?number WHERE {{ VALUES (?name ?number) {{ ({LITERAL} 5) }} }}"
GRAPH = f"CONSTRUCT {{ <urn:a> <{LABEL}> {LITERAL} }} WHERE {{}}"
DESCRIPTION = f"DESCRIBE <{REGION}>"

TABLES, GRAPHS = (JSON, XML, CSV, TSV), (TURTLE, N3, XML, RDFXML, RDF, JSONLD, JSON)
FORMS = {"select": ROW, "ask": "ASK { ?s ?p ?o }", "construct": GRAPH, "describe": DESCRIPTION}
WAYS = pytest.mark.parametrize(
    ("method", "request_method"),
    [(GET, URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY)],
    ids=["get", "form", "direct"],
)
#: Where the client says of itself that it does not know what to accept.
UNSURE = "Sending Accept header '\\*/\\*' because unexpected returned format"


def client(endpoint: str, query: str, form: str = JSON) -> Client:
    made = Client(endpoint, returnFormat=form)
    made.setQuery(query)
    return made


def said_by_the_client(message: str, on: bool) -> AbstractContextManager[object]:
    return pytest.warns(match=message) if on else nullcontext()


def graph_in(content: object) -> rdflib.Graph:
    """Return a converted answer as a graph: the client leaves Turtle as it came."""
    if isinstance(content, bytes):
        return rdflib.Graph().parse(data=content, format="turtle")
    assert isinstance(content, rdflib.Graph)
    return content


def test_these_are_all_the_formats_there_are() -> None:
    assert {*TABLES, *GRAPHS} == set(_allowedFormats)


@WAYS
@pytest.mark.parametrize("form", TABLES)
def test_a_table_in_every_format(endpoint: str, form: str, method: str, request_method: str) -> None:
    asking = client(endpoint, ROW, form)
    asking.setMethod(method)
    asking.setRequestMethod(request_method)
    rows: Any = asking.queryAndConvert()
    match form:
        case "json":
            name, number = (rows["results"]["bindings"][0][column] for column in ("name", "number"))
            assert (name["value"], name["xml:lang"].lower()) == (NAME, "de-at")
            assert (number["value"], number["datatype"]) == ("5", "http://www.w3.org/2001/XMLSchema#integer")
        case "xml":
            assert isinstance(rows, Document)
            literals = rows.getElementsByTagName("literal")
            assert [getattr(literal.firstChild, "data", "") for literal in literals] == [NAME, "5"]
            assert literals[0].getAttribute("xml:lang").lower() == "de-at"
        case "csv":
            assert list(csv.reader(io.StringIO(rows.decode(), newline=""))) == [["name", "number"], [NAME, "5"]]
        case "tsv":
            assert rows.decode().splitlines() == ["?name\t?number", '"a \\"b\\"\\n\U0001f3ed ü"@de-at\t5']


@WAYS
@pytest.mark.parametrize("form", TABLES)
def test_yes_or_no_in_every_format(endpoint: str, form: str, method: str, request_method: str) -> None:
    asking = client(endpoint, FORMS["ask"], form)
    asking.setMethod(method)
    asking.setRequestMethod(request_method)
    answer: Any = asking.queryAndConvert()
    match form:
        case "json":
            assert answer["boolean"] is True
        case "xml":
            assert answer.getElementsByTagName("boolean")[0].firstChild.data == "true"
        case _:
            assert answer == b"true"


# What the client makes of RDF/XML and JSON-LD is a kind of graph that rdflib will drop.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@WAYS
@pytest.mark.parametrize("form", GRAPHS)
@pytest.mark.parametrize("query", ["construct", "describe"])
def test_a_graph_in_every_format(endpoint: str, form: str, method: str, request_method: str, query: str) -> None:
    asking = client(endpoint, FORMS[query], form)
    asking.setMethod(method)
    asking.setRequestMethod(request_method)
    with said_by_the_client(UNSURE, form in (RDF, JSON)):
        graph = graph_in(asking.queryAndConvert())
    if query == "construct":
        assert list(graph) == [(rdflib.URIRef("urn:a"), rdflib.URIRef(LABEL), rdflib.Literal(NAME, lang="de-AT"))]
    else:
        assert set(graph.subjects()) == {rdflib.URIRef(REGION)}
        assert (rdflib.URIRef(REGION), rdflib.URIRef(LABEL), rdflib.Literal("Hovedstaden", lang="da")) in graph


@pytest.mark.parametrize(
    ("query", "form"),
    [
        *((query, form) for query in ("select", "ask") for form in (TURTLE, N3, RDF, RDFXML, JSONLD)),
        *((query, form) for query in ("construct", "describe") for form in (CSV, TSV)),
    ],
)
def test_a_format_that_cannot_hold_the_answer_is_an_error(endpoint: str, query: str, form: str) -> None:
    with pytest.warns(RuntimeWarning, match=UNSURE), pytest.raises(urllib.error.HTTPError) as refused:
        client(endpoint, FORMS[query], form).query()
    with refused.value as error:
        problem = json.load(error)
    assert (error.code, problem["status"]) == (406, 406)
    assert error.headers["Content-Type"] == "application/problem+json"
    assert "text/turtle" in problem["available"] or "text/csv" in problem["available"]


@pytest.mark.parametrize("form", [*TABLES, TURTLE, N3, RDFXML])
def test_the_accept_header_alone_is_enough(endpoint: str, form: str) -> None:
    asking = client(endpoint, ROW if form in TABLES else GRAPH, form)
    asking.setOnlyConneg(True)
    answer = asking.query()
    assert "format=" not in answer.geturl()
    content = answer.info()["content-type"]
    assert (form if form not in (N3, RDFXML) else {N3: "turtle", RDFXML: "rdf+xml"}[form]) in content or (
        form == TSV and content.startswith("text/tab-separated-values")
    )


def test_headers_tell_the_release_and_how_to_cite(endpoint: str, starting_release: Manifest) -> None:
    asking = client(endpoint, COUNT)
    asking.addCustomHttpHeader("Cache-Control", "no-cache")
    asking.addCustomHttpHeader("X-Requested-With", "SPARQLWrapper")
    headers = asking.query().info()
    assert headers["eclod-release"] == starting_release.id
    assert headers["cache-status"] == "eclod; fwd=miss"
    assert 'rel="cite-as"' in headers["link"]


def test_the_receipt_of_an_answer_is_where_its_link_says(service: Service, endpoint: str) -> None:
    link = client(endpoint, COUNT).query().info()["link"]
    found = re.search('<([^>]+)>; rel="cite-as"', link)
    assert found is not None
    request = urllib.request.Request(urljoin(endpoint, found[1]), headers={"Accept": "application/json"})
    with urllib.request.urlopen(request) as answer:
        assert "COUNT(?cluster)" in json.dumps(json.load(answer))


def test_credentials_are_not_needed_and_do_no_harm(endpoint: str, clusters: list[str]) -> None:
    asking = client(endpoint, COUNT)
    asking.setCredentials("somebody", "secret")
    answer = asking.query()
    assert answer.info()["cache-control"] == "private, no-store"
    content: Any = answer.convert()
    assert content["results"]["bindings"][0]["clusters"]["value"] == str(len(clusters))


@WAYS
def test_graphs_named_in_the_request(
    endpoint: str, starting_release: Manifest, method: str, request_method: str
) -> None:
    graph = "https://w3id.org/eclod/graph/ontology"
    entry = starting_release.graph(graph)
    assert entry is not None

    def count(query: str, add: Callable[[Client], None]) -> int:
        asking = client(endpoint, f"SELECT (COUNT(*) AS ?n) WHERE {{ {query} }}")
        asking.setMethod(method)
        asking.setRequestMethod(request_method)
        add(asking)
        content: Any = asking.queryAndConvert()
        return int(content["results"]["bindings"][0]["n"]["value"])

    assert count("?s ?p ?o", lambda asking: asking.addDefaultGraph(graph)) == entry.triples
    assert count("GRAPH ?g { ?s ?p ?o }", lambda asking: asking.addNamedGraph(graph)) == entry.triples
    assert count("?s ?p ?o", lambda asking: asking.addNamedGraph(graph)) == 0
    assert count("?s ?p ?o", lambda asking: asking.addDefaultGraph(f"{graph}/unknown")) == 0


@WAYS
def test_a_syntax_error_is_one_and_says_where(endpoint: str, method: str, request_method: str) -> None:
    asking = client(endpoint, "SELECT ?s WHERE {\n  ?s ?p\n}")
    asking.setMethod(method)
    asking.setRequestMethod(request_method)
    with pytest.raises(QueryBadFormed) as refused:
        asking.query()
    assert '"line": 3' in str(refused.value)


def test_no_such_endpoint(service: Service) -> None:
    with pytest.raises(EndPointNotFound):
        client(f"{service.base}/releases/of-never/sparql", COUNT).query()


def test_an_update_is_refused(endpoint: str) -> None:
    asking = client(endpoint, "INSERT DATA { <urn:a> <urn:b> <urn:c> }")
    asking.setMethod(POST)
    with pytest.raises(urllib.error.HTTPError) as refused:
        asking.query()
    with refused.value as error:
        assert error.code == 403


def test_over_the_budget_is_an_error_and_never_half_an_answer(endpoint: str) -> None:
    asking = client(endpoint, CROSS_JOIN)
    asking.addParameter("timeout", "0.5")
    with pytest.raises(urllib.error.HTTPError) as refused:
        asking.query()
    with refused.value as error:
        problem = json.load(error)
    assert error.code == 503
    assert problem["budget_seconds"] == 0.5
    assert 0.4 <= problem["elapsed_seconds"] < SECONDS


def test_the_client_may_lose_its_patience_first(endpoint: str, clusters: list[str]) -> None:
    asking = client(endpoint, CROSS_JOIN)
    asking.setTimeout(1)
    with pytest.raises((TimeoutError, socket.timeout, urllib.error.URLError)):
        asking.query()
    content: Any = client(endpoint, COUNT).queryAndConvert()
    assert content["results"]["bindings"][0]["clusters"]["value"] == str(len(clusters))


def test_a_table_that_was_cut_says_so(endpoint: str, starting_release: Manifest) -> None:
    answer = client(endpoint, "SELECT ?s WHERE { ?s ?p ?o }").query()
    assert answer.info()["eclod-truncated"] == f"rows={ROWS}; limit={ROWS}"
    content: Any = answer.convert()
    assert len(content["results"]["bindings"]) == ROWS
    assert content["truncated"]["download"].endswith(f"/releases/{starting_release.id}")
    whole = client(endpoint, CLUSTERS).query()
    assert "eclod-truncated" not in whole.info()
    rows: Any = whole.convert()
    assert "truncated" not in rows
