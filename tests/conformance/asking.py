"""The same query asked in both ways: of pyoxigraph in this process, and of the service over HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlencode

import pyoxigraph as ox

from . import answers
from .answers import Answer, Graph, Refused
from .service import ENDPOINT, Response, Service
from .suite import FORMATS, Case, Dataset, Suite

#: Media types and what reads them; every answer is asked for in each.
TABLES: Final = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
}
BOOLEANS: Final = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
}
GRAPHS: Final = {
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-quads": ox.RdfFormat.N_QUADS,
    "application/trig": ox.RdfFormat.TRIG,
}
#: The name of an empty graph, for a dataset without data.
NO_GRAPH: Final = "http://example.org/no-such-graph"

_EXPECTED: Final = {
    "srx": ox.QueryResultsFormat.XML,
    "srj": ox.QueryResultsFormat.JSON,
    "tsv": ox.QueryResultsFormat.TSV,
}


def store_of(suite: Suite, dataset: Dataset) -> ox.Store:
    """Return a store with a dataset, loaded by pyoxigraph alone."""
    store = ox.Store()
    for iri in dataset.default:
        store.load(suite.files[iri], FORMATS[iri.rpartition(".")[2]], base_iri=iri)
    for iri in dataset.named:
        store.load(suite.files[iri], FORMATS[iri.rpartition(".")[2]], base_iri=iri, to_graph=ox.NamedNode(iri))
    return store


def results_in_process(suite: Suite, case: Case) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
    return store_of(suite, case.dataset).query(suite.query(case), base_iri=case.query)


def in_process(suite: Suite, case: Case) -> Answer:
    """Return what pyoxigraph answers."""
    try:
        return answers.of_engine(results_in_process(suite, case))
    except (SyntaxError, ValueError, OSError, RuntimeError) as error:
        return Refused(str(error))


def post(service: Service, suite: Suite, case: Case, accept: str, endpoint: str = ENDPOINT) -> Response:
    """Send the query of a case as it is, after one line.

    A query in a file has the address of the file as its base (RFC 3986, section 5.1.3), and the suites rely on it; a
    query that is sent has none but what it says itself (SPARQL 1.1, section 4.1.1.2), so a BASE line says it.
    """
    body = f"BASE <{case.query}>\n".encode() + suite.files[case.query]
    headers = {"Content-Type": "application/sparql-query", "Accept": accept}
    return service.request("POST", endpoint, body=body, headers=headers)


def endpoint_with_dataset(case: Case) -> str:
    """Return the endpoint with the dataset of a case, unless the query says that (SPARQL 1.1 Protocol, 2.1.4)."""
    if case.says_dataset:
        return ENDPOINT
    default = [("default-graph-uri", iri) for iri in case.dataset.default or [NO_GRAPH]]
    return f"{ENDPOINT}?{urlencode([*default, *(('named-graph-uri', iri) for iri in case.dataset.named)])}"


def media_types(like: Answer) -> Iterable[str]:
    """Return the media types that an answer like this one may be asked in."""
    return GRAPHS if isinstance(like, Graph) else BOOLEANS if isinstance(like, bool) else TABLES


def read(response: Response, media_type: str) -> Answer:
    """Return the answer in a response: one in the media type that was asked for, or a refusal."""
    if response.status != 200:
        assert 400 <= response.status < 500, response.body.decode()
        return Refused(response.body.decode())
    assert response.media_type == media_type
    if media_type in GRAPHS:
        return answers.of_graph(response.body, GRAPHS[media_type])
    return answers.of_results(response.body, TABLES[media_type])


def expected(suite: Suite, case: Case) -> tuple[Answer, bool]:
    """Return the answer that the suite gives, and whether the order of its rows counts."""
    suffix = case.result.rpartition(".")[2]
    if suffix in _EXPECTED:
        return answers.of_results(suite.files[case.result], _EXPECTED[suffix]), False
    return answers.of_description(suite.graph(case.result))
