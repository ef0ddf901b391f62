"""A SPARQL endpoint asked page by page: complete, patient, bounded, and the same bytes for the same answer."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core.errors import BadInput
from eclod_loaders.fetching.sparql_endpoint import Endpoint, paged
from eclod_loaders.fetching.web import Bounds

from .conftest import Asked, Said, Server

QUERY = """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX locn: <http://www.w3.org/ns/locn#>
CONSTRUCT { ?thing skos:prefLabel ?name ; locn:address [ locn:postName ?city ] }
WHERE { ?thing skos:prefLabel ?name ; skos:note ?city }"""


def answering(store: ox.Store) -> object:
    def speak(asked: Asked) -> Said:
        found = store.query(asked.parameters["query"])
        content = ox.serialize(list(found), format=ox.RdfFormat.TURTLE)  # type: ignore[arg-type]
        assert content is not None
        return Said(content, headers={"Content-Type": "text/turtle"})

    return speak


@pytest.fixture
def store() -> ox.Store:
    store = ox.Store()
    lines = [
        f'<http://r/{n}> <http://www.w3.org/2004/02/skos/core#{p}> "{p} {n}" .'
        for n in range(25)
        for p in ("prefLabel", "note")
    ]
    store.load("\n".join(lines).encode(), ox.RdfFormat.N_TRIPLES)
    return store


def test_all_pages_are_read(server: Server, store: ox.Store, tmp_path: Path) -> None:
    server.speakers["/sparql"] = answering(store)  # type: ignore[assignment]
    path = Endpoint(server.url("/sparql"), 10).fetch(QUERY, "q.rq", tmp_path / "answer.nt")
    found = path.read_bytes()
    assert found.count(b"core#prefLabel") == found.count(b"locn#postName") == found.count(b"locn#address") == 25
    pages = [re.search(r"LIMIT (\d+) OFFSET (\d+)", asked.parameters["query"]) for asked in server.asked]
    assert [match.groups() for match in pages if match] == [("10", "0"), ("10", "10"), ("10", "20"), ("10", "30")]
    assert "ORDER BY ?city ?name ?thing" in server.asked[0].parameters["query"]
    assert server.asked[0].headers["user-agent"].startswith("eclod/")
    again = Endpoint(server.url("/sparql"), 7).fetch(QUERY, "q.rq", tmp_path / "again.nt")
    assert again.read_bytes() == found


def test_a_busy_endpoint_is_asked_again(server: Server, store: ox.Store, tmp_path: Path) -> None:
    waits: list[float] = []
    busy = [Said(status=503, headers={"Retry-After": "3"}), Said(status=429), Said(b"x", status=500)]
    speak = answering(store)
    server.speakers["/sparql"] = lambda asked: busy.pop(0) if busy else speak(asked)  # type: ignore[operator]
    path = Endpoint(server.url("/sparql"), 100, sleep=waits.append).fetch(QUERY, "q.rq", tmp_path / "answer.nt")
    assert path.read_bytes().count(b"core#prefLabel") == 25
    assert waits == [3.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (Said(b"no such graph", 400), "does not answer the query: .*no such graph"),
        (Said(b"", 403), "403"),
        (Said(b"<!DOCTYPE html><title>Endpoint</title>"), "gives a web page and not an answer"),
        (Said(b"<http://a> <http://b>"), "page 1, line 1"),
        (Said(b"# " + b"x" * 5000), "gives more than 1,000 bytes"),
        (Said(status=301, headers={"Location": "/sparql"}), "does not answer"),
    ],
)
def test_a_bad_answer_is_said_in_a_sentence(server: Server, tmp_path: Path, said: Said, sentence: str) -> None:
    server.speakers["/sparql"] = lambda asked: said
    with pytest.raises(BadInput, match=sentence):
        Endpoint(server.url("/sparql"), 10, Bounds(1000, 10.0)).fetch(QUERY, "q.rq", tmp_path / "answer.nt")
    assert list(tmp_path.iterdir()) == []


def test_an_endpoint_that_says_the_same_for_ever_is_left(server: Server, tmp_path: Path) -> None:
    server.say("/sparql", "<http://a> <http://b> <http://c> .")
    with pytest.raises(BadInput, match="gives more than 2,000 bytes"):
        Endpoint(server.url("/sparql"), 10, Bounds(2000, 30.0)).fetch(QUERY, "q.rq", tmp_path / "answer.nt")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("SELECT * { ?s ?p ?o }", "is no CONSTRUCT query"),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 5", "has a LIMIT or OFFSET"),
        ("CONSTRUCT { ?s ?p ?o ", "is not a SPARQL query"),
    ],
)
def test_a_query_that_has_no_pages_is_refused(query: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        paged(query, "q.rq")


def test_an_order_of_its_own_stays() -> None:
    query = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } ORDER BY ?s"
    assert paged(query, "q.rq") == query
