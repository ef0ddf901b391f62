"""The protocol suite: every request it describes, sent as it says (SPARQL 1.1 Protocol, section 2.1).

The manifest names the tests; the requests are in their descriptions, and written out here. The updates among them are
not for this endpoint, which only reads: they have to be refused, and to change nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

import pytest

from .conftest import PROTOCOL_DATA
from .service import ENDPOINT, Response, Service
from .suite import SPARQL11, Suite

FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
QUERY: Final = {"Content-Type": "application/sparql-query"}
UPDATE: Final = {"Content-Type": "application/sparql-update"}
UTF16: Final = "; charset=UTF-16"

_ONE, _TWO, _THREE = PROTOCOL_DATA.named

_BOTH_IN_DEFAULT: Final = f"ASK {{ <{_ONE}> a ?type . <{_TWO}> a ?type }}"
_BOTH_NAMED: Final = f"GRAPH ?g1 {{ <{_ONE}> a ?type }} GRAPH ?g2 {{ <{_TWO}> a ?type }}"
_DEFAULT: Final = [("default-graph-uri", _ONE), ("default-graph-uri", _TWO)]
_NAMED: Final = [("named-graph-uri", _ONE), ("named-graph-uri", _TWO)]
_FULL: Final = [("default-graph-uri", _THREE), *_NAMED]


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and the type of answer that is expected: one of `ANSWERS`, or a refusal."""

    method: str
    parameters: list[tuple[str, str]] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    answer: str = "boolean"

    def send(self, service: Service) -> Response:
        target = f"{ENDPOINT}?{urlencode(self.parameters)}" if self.parameters else ENDPOINT
        return service.request(self.method, target, body=self.body, headers=self.headers)


def _form(*fields: tuple[str, str]) -> bytes:
    return urlencode(fields).encode()


def _posted(query: str, parameters: list[tuple[str, str]] | None = None, answer: str = "boolean") -> Request:
    return Request("POST", parameters or [], QUERY, query.encode(), answer)


QUERIES: Final = {
    "query_get": Request("GET", [("query", "ASK {}"), ("default-graph-uri", _ONE)]),
    "query_post_form": Request("POST", [("default-graph-uri", _ONE)], FORM, _form(("query", "ASK {}"))),
    "query_post_direct": _posted("ASK {}"),
    "query_dataset_default_graphs_get": Request("GET", [("query", _BOTH_IN_DEFAULT), *_DEFAULT]),
    "query_dataset_default_graphs_post": _posted(_BOTH_IN_DEFAULT, _DEFAULT),
    "query_dataset_named_graphs_get": Request("GET", [("query", f"ASK {{ {_BOTH_NAMED} }}"), *_NAMED]),
    "query_dataset_named_graphs_post": _posted(f"ASK {{ {_BOTH_NAMED} }}", _NAMED),
    "query_dataset_full": _posted(f"ASK {{ <{_THREE}> a ?type {_BOTH_NAMED} }}", _FULL),
    # The dataset of the request wins over the one in the query.
    "query_multiple_dataset": _posted(f"ASK FROM <{_THREE}> {{ {_BOTH_NAMED} }}", _NAMED),
    "query_content_type_select": _posted("SELECT (1 AS ?value) {}", _DEFAULT, "table"),
    "query_content_type_ask": _posted("ASK {}", _DEFAULT),
    "query_content_type_describe": _posted("DESCRIBE <http://example.org/>", _DEFAULT, "graph"),
    # The addresses are relative on purpose: the endpoint has a base of its own.
    "query_content_type_construct": _posted("CONSTRUCT { <s> <p> 1 } WHERE {}", _DEFAULT, "graph"),
}

BAD_QUERIES: Final = {
    "bad_query_method": Request("PUT", [("query", "ASK {}"), ("default-graph-uri", _ONE)], FORM),
    "bad_multiple_queries": Request("GET", [("query", "ASK {}"), ("query", "SELECT * {}")]),
    "bad_query_wrong_media_type": Request("POST", [], {"Content-Type": "text/plain"}, b"ASK {}"),
    "bad_query_missing_form_type": Request("POST", [], {}, _form(("query", "ASK {}"))),
    "bad_query_missing_direct_type": Request("POST", [], {}, b"ASK {}"),
    "bad_query_non_utf8": Request(
        "POST", [], {"Content-Type": QUERY["Content-Type"] + UTF16}, "ASK {}".encode("utf-16")
    ),
    "bad_query_syntax": Request("GET", [("query", "ASK {")]),
}

_INSERT: Final = f"""PREFIX foaf: <http://xmlns.com/foaf/0.1/>
CLEAR ALL ; INSERT DATA {{ GRAPH <{_ONE}> {{ <{_ONE}> a foaf:Document }} }} ;
INSERT {{ GRAPH <http://example.org/new/> {{ ?s a <http://purl.org/dc/terms/BibliographicResource> }} }}
WHERE {{ ?s a foaf:Document }}""".encode()
_USING: Final = ("using-graph-uri", _ONE)
_USING_TWO: Final = ("using-graph-uri", _TWO)
_USING_NAMED: Final = ("using-named-graph-uri", _ONE)

UPDATES: Final = {
    "update_dataset_default_graph": Request("POST", [_USING], UPDATE, _INSERT),
    "update_dataset_default_graphs": Request("POST", [_USING, _USING_TWO], UPDATE, _INSERT),
    "update_dataset_named_graphs": Request("POST", [_USING_NAMED], UPDATE, _INSERT),
    "update_dataset_full": Request("POST", [_USING_TWO, _USING_NAMED], UPDATE, _INSERT),
    "update_post_form": Request("POST", [], FORM, _form(("update", "CLEAR ALL"))),
    "update_post_direct": Request("POST", [], UPDATE, b"CLEAR ALL"),
    "update_base_uri": Request("POST", [], UPDATE, f"INSERT DATA {{ GRAPH <{_ONE}> {{ <a> <b> <test> }} }}".encode()),
    "bad_update_get": Request("GET", [("update", "CLEAR ALL")]),
    "bad_multiple_updates": Request("POST", [], FORM, _form(("update", "CLEAR NAMED"), ("update", "CLEAR DEFAULT"))),
    "bad_update_wrong_media_type": Request("POST", [], {"Content-Type": "text/plain"}, b"CLEAR NAMED"),
    "bad_update_missing_form_type": Request("POST", [], {}, _form(("update", "CLEAR NAMED"))),
    "bad_update_non_utf8": Request(
        "POST", [], {"Content-Type": UPDATE["Content-Type"] + UTF16}, "CLEAR NAMED".encode("utf-16")
    ),
    "bad_update_syntax": Request("POST", [], FORM, _form(("update", "CLEAR XYZ"))),
    "bad_update_dataset_conflict": Request(
        "POST", [_USING_NAMED], UPDATE, f"WITH <{_ONE}> DELETE {{ ?s a ?o }} WHERE {{ ?s a ?o }}".encode()
    ),
}

#: The media types that each type of answer may have.
ANSWERS: Final = {
    "boolean": {"application/sparql-results+json", "application/sparql-results+xml"},
    "table": {
        "application/sparql-results+json",
        "application/sparql-results+xml",
        "text/csv",
        "text/tab-separated-values",
    },
    "graph": {"text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"},
}


def test_every_test_of_the_suite_is_here(w3c_suite: Suite) -> None:
    listed = {
        case.iri.removeprefix(f"{SPARQL11}protocol/manifest#")
        for case in w3c_suite.cases
        if case.kind == "ProtocolTest"
    }
    assert len(listed) == 34
    assert listed == QUERIES.keys() | BAD_QUERIES.keys() | UPDATES.keys()


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_answered(service: Service, name: str) -> None:
    request = QUERIES[name]
    response = request.send(service)
    assert response.status == 200, response.body.decode()
    assert response.media_type in ANSWERS[request.answer]
    if request.answer == "boolean":
        assert json.loads(response.body)["boolean"] is True


@pytest.mark.parametrize("name", BAD_QUERIES)
def test_what_is_no_query_is_refused(service: Service, name: str) -> None:
    response = BAD_QUERIES[name].send(service)
    assert 400 <= response.status < 500
    assert response.media_type == "application/problem+json"


@pytest.mark.parametrize("name", UPDATES)
def test_an_update_is_refused_and_changes_nothing(service: Service, name: str) -> None:
    before = content(service)
    response = UPDATES[name].send(service)
    assert 400 <= response.status < 500
    assert response.media_type == "application/problem+json"
    assert content(service) == before


def content(service: Service) -> tuple[str, bytes]:
    """Return the release that answers, and how much it holds."""
    response = service.request(
        "POST",
        body=b"SELECT ?g (COUNT(*) AS ?n) { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } } GROUP BY ?g ORDER BY ?g",
        headers=QUERY | {"Accept": "text/tab-separated-values"},
    )
    assert response.status == 200
    assert response.body.count(b"\n") > len(PROTOCOL_DATA.named)
    return response.headers["eclod-release"], response.body
