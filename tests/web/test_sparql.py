"""The SPARQL endpoint: the protocol's corners, every format, the page for people."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from typing import IO, Any, cast
from urllib.parse import quote, quote_plus
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from eclod.core import formats
from eclod.core.formats import GRAPH_FORMATS, RESULT_FORMATS, Format
from eclod.core.settings import Settings
from eclod.store.engine import Answer, Question
from eclod.store.executor import GRAPH_FORMATS as PARSERS
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app

from .conftest import BASE, CLUSTER, NUTS, RELEASE, FoundEverywhere

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SELECT = f"SELECT ?label WHERE {{ <{NUTS}> <http://www.w3.org/2004/02/skos/core#prefLabel> ?label }} ORDER BY ?label"
CONSTRUCT = f"CONSTRUCT WHERE {{ <{NUTS}> ?p ?o }}"
GRAPH = f"{BASE}/graph/registry/dk"
FORM = "application/x-www-form-urlencoded"


def value(response_json: dict[str, object], name: str = "v") -> str:
    """Return the only value of a variable in SPARQL JSON."""
    bindings = cast("list[dict[str, dict[str, str]]]", response_json["results"]["bindings"])  # type: ignore[index]
    assert len(bindings) == 1
    return bindings[0][name]["value"]


@pytest.mark.parametrize(
    ("term", "status"),
    [
        ('"a"', 200),
        ('"a"@en', 200),
        ("<urn:a>", 200),
        ('"1"^^<http://www.w3.org/2001/XMLSchema#integer>', 200),
        ("a", 400),
        ("", 400),
        ("_:b", 400),
        ("<urn:a b>", 400),
        ("<urn:a> . <urn:b> <urn:p> <urn:c>", 400),
        ("<urn:a> . and more", 400),
        ('<< <urn:a> <urn:p> "c" >>', 400),
    ],
)
def test_a_variable_is_given_one_term_and_nothing_beside(client: FlaskClient, term: str, status: int) -> None:
    """What is wrong with a field is not said of the query, and nothing after the term is passed over in silence."""
    answer = client.get("/sparql", query_string={"query": "SELECT ?x { ?s ?p ?o } LIMIT 1", "$x": term})
    assert answer.status_code == status
    if status == 400:
        assert answer.json is not None
        assert (answer.json["parameter"], answer.json["type"].rpartition("/")[2]) == ("$x", "bad-input")


@pytest.mark.parametrize("fields", [{"$": '"a"'}, {"$a b": '"a"'}, {"$x": ['"a"', '"b"']}])
def test_a_field_that_names_no_variable_or_one_twice_is_refused(client: FlaskClient, fields: dict[str, Any]) -> None:
    answer = client.get("/sparql", query_string={"query": "SELECT ?x { ?s ?p ?o } LIMIT 1"} | fields)
    assert (answer.status_code, "give each once" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/json", "application/sparql-results+json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("application/xml", "application/sparql-results+xml"),
        ("text/csv", "text/csv"),
        ("text/tab-separated-values;q=0.9,text/csv;q=0.1", "text/tab-separated-values"),
        ("application/sparql-results+json, text/html", "application/sparql-results+json"),
        ("text/turtle;q=1, text/csv;q=0.1", "text/csv"),
        (BROWSER, "text/html"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "body"])
def test_select_is_negotiated(client: FlaskClient, method: str, accept: str | None, media_type: str) -> None:
    headers = {"Accept": accept} if accept else {}
    if method == "get":
        response = client.get("/sparql", query_string={"query": SELECT}, headers=headers)
    elif method == "post":
        response = client.post("/sparql", data={"query": SELECT}, headers=headers)
    else:
        response = client.post("/sparql", data=SELECT, content_type="application/sparql-query", headers=headers)
    assert (response.status_code, response.mimetype) == (200, media_type)
    assert response.headers["Eclod-Release"] == RELEASE
    assert "Hovedstaden" in response.text


@pytest.mark.parametrize("form", RESULT_FORMATS, ids=lambda form: form.name)
@pytest.mark.parametrize("by", ["accept", "name", "media type"])
def test_every_result_format_keeps_languages_and_types(client: FlaskClient, form: Format, by: str) -> None:
    query = 'SELECT * WHERE { VALUES (?a ?b ?c) { ("x"@da-DK "1.50"^^<http://a.example/t> UNDEF) } }'
    fields = {"query": query} | ({} if by == "accept" else {"format": form.name if by == "name" else form.media_type})
    accept = form.media_type if by == "accept" else "image/png"
    response = client.get("/sparql", query_string=fields, headers={"Accept": accept})
    assert (response.status_code, response.content_type) == (200, form.content_type)
    if form is formats.RESULT_CSV:
        assert list(csv.reader(io.StringIO(response.text)))[1] == ["x", "1.50", ""]
    else:
        assert "da-dk" in response.text.lower()
        assert "http://a.example/t" in response.text
    if form is formats.RESULT_XML:
        assert ElementTree.fromstring(response.data).tag.endswith("sparql")


@pytest.mark.parametrize("form", GRAPH_FORMATS, ids=lambda form: form.name)
def test_every_graph_format(client: FlaskClient, form: Format) -> None:
    response = client.get("/sparql", query_string={"query": CONSTRUCT}, headers={"Accept": form.media_type})
    assert (response.status_code, response.content_type) == (200, form.content_type)
    assert len(list(ox.parse(response.data, format=PARSERS[form.name]))) == 4


@pytest.mark.parametrize(
    ("query", "accept"),
    [(SELECT, "text/turtle"), ("ASK {}", "application/ld+json"), (CONSTRUCT, "text/csv"), (SELECT, "image/png")],
)
def test_a_wrong_kind_of_answer_is_406(client: FlaskClient, query: str, accept: str) -> None:
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": accept})
    assert (response.status_code, response.mimetype) == (406, "application/problem+json")
    assert response.get_json()["available"]
    assert 'rel="alternate"' in response.headers["Link"]


def test_format_names_of_other_software(client: FlaskClient) -> None:
    # SPARQLWrapper sends three parameters; a plus sign that nobody encoded arrives as a space.
    fields = {"query": CONSTRUCT, "format": "rdf+xml", "output": "rdf+xml", "results": "rdf+xml"}
    assert client.get("/sparql", query_string=fields).mimetype == "application/rdf+xml"
    response = client.get(f"/sparql?query={quote(SELECT)}&format=application/sparql-results+xml")
    assert response.mimetype == "application/sparql-results+xml"
    response = client.get("/sparql", query_string={"query": SELECT, "format": "docx"})
    assert (response.status_code, response.get_json()["parameter"]) == (400, "format")


@pytest.mark.parametrize("text", ["%41", "a+b", "a b", "tab\tand\nnewline", "𝒳 beyond", "100 %", "é&=;#", '\\"'])
@pytest.mark.parametrize("how", ["get", "get plus", "form", "body"])
def test_decoded_exactly_once(client: FlaskClient, text: str, how: str) -> None:
    escaped = json.dumps(text, ensure_ascii=False)
    query = f"SELECT ({escaped} AS ?v) {{}}"
    if how == "get":
        response = client.get(f"/sparql?query={quote(query, safe='')}")
    elif how == "get plus":
        response = client.get(f"/sparql?query={quote_plus(query)}")
    elif how == "form":
        response = client.post("/sparql", data=f"query={quote_plus(query)}", content_type=FORM)
    else:
        response = client.post("/sparql", data=query.encode(), content_type="application/sparql-query")
    assert value(response.get_json()) == text


def test_unencoded_utf8_in_the_address_is_read(client: FlaskClient) -> None:
    raw = 'query=SELECT("Ærø"AS?v){}'.encode().decode("latin-1")
    assert value(client.get("/sparql", environ_overrides={"QUERY_STRING": raw}).get_json()) == "Ærø"


@pytest.mark.parametrize(
    ("send", "status", "slug"),
    [
        ({"query_string": "query=%FF"}, 400, "bad-input"),
        ({"query_string": "query=%ED%A0%80"}, 400, "bad-input"),  # half of a surrogate pair
        ({"query_string": "query=ASK{}&query=ASK{}"}, 400, "bad-query"),
        ({"query_string": "query="}, 400, "bad-query"),
        ({"query_string": "query=NONSENSE"}, 400, "bad-query"),
        ({"query_string": "update=CLEAR%20ALL"}, 403, "not-allowed"),
        ({"query_string": "query=CLEAR%20ALL"}, 403, "not-allowed"),
        ({"query_string": "query=ASK{}&default-graph-uri=nowhere"}, 400, "bad-input"),
        ({"query_string": "query=ASK{SERVICE<http://127.0.0.1/>{}}"}, 403, "not-allowed"),
        ({"query_string": "&".join(f"a{n}=" for n in range(2000))}, 400, "bad-input"),
        ({"method": "POST"}, 415, "unsupported-media-type"),
        ({"method": "POST", "data": b"query=ASK{}", "content_type": "text/plain"}, 415, "unsupported-media-type"),
        ({"method": "POST", "data": {"query": "ASK{}"}, "content_type": "multipart/form-data"}, 415, ""),
        ({"method": "POST", "data": b"x=1", "content_type": FORM}, 400, "bad-query"),
        ({"method": "POST", "data": b"query=%FF", "content_type": FORM}, 400, "bad-input"),
        ({"method": "POST", "data": b"ASK{\xff}", "content_type": "application/sparql-query"}, 400, "bad-query"),
        (
            {
                "method": "POST",
                "data": "ASK{}".encode("utf-16"),
                "content_type": "application/sparql-query;charset=utf-16",
            },
            415,
            "",
        ),
        (
            {
                "method": "POST",
                "query_string": "query=ASK{}",
                "data": b"ASK{}",
                "content_type": "application/sparql-query",
            },
            400,
            "bad-query",
        ),
        ({"method": "POST", "query_string": "query=ASK{}", "data": {"query": "ASK{}"}}, 400, "bad-query"),
        ({"method": "POST", "data": {"update": "CLEAR ALL"}}, 403, "not-allowed"),
        ({"method": "POST", "data": b"CLEAR ALL", "content_type": "application/sparql-update"}, 403, "not-allowed"),
        ({"method": "POST", "data": b"LOAD <http://a.example/>", "content_type": "application/sparql-query"}, 403, ""),
        ({"method": "POST", "data": b"x" * 400_000, "content_type": "application/sparql-query"}, 413, "too-large"),
        ({"method": "POST", "data": {"query": "ASK{}"}, "headers": {"Content-Encoding": "gzip"}}, 415, ""),
        ({"method": "PUT", "data": b"ASK{}", "content_type": "application/sparql-query"}, 405, "method-not-allowed"),
    ],
)
def test_what_the_protocol_forbids(client: FlaskClient, send: dict[str, Any], status: int, slug: str) -> None:
    response = client.open("/sparql", **send)
    assert response.status_code == status, response.text
    assert response.get_json()["type"].endswith(slug)
    assert response.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_dataset_of_the_protocol(client: FlaskClient, method: str) -> None:
    def count(query: str, **fields: str | list[str]) -> int:
        content = {"query": query} | fields
        response = (
            client.get("/sparql", query_string=content) if method == "get" else client.post("/sparql", data=content)
        )
        return int(value(response.get_json()))

    plain = "SELECT (COUNT(*) AS ?v) { ?s ?p ?o }"
    named = "SELECT (COUNT(*) AS ?v) { GRAPH ?g { ?s ?p ?o } }"
    ontology = f"{BASE}/graph/ontology"
    assert count(plain, **{"default-graph-uri": GRAPH}) == 9
    assert count(plain, **{"default-graph-uri": [GRAPH, ontology]}) == 14
    assert count(plain, **{"default-graph-uri": "http://a.example/none"}) == 0
    assert count(named, **{"default-graph-uri": GRAPH}) == 0
    assert count(named, **{"named-graph-uri": GRAPH}) == 9
    assert count(plain, **{"named-graph-uri": GRAPH}) == 0
    assert count(f"SELECT (COUNT(*) AS ?v) FROM <{GRAPH}> {{ ?s ?p ?o }}") == 9
    # What the request says goes before what the query says (SPARQL 1.1 Protocol, section 2.1.4).
    assert count(f"SELECT (COUNT(*) AS ?v) FROM <{ontology}> {{ ?s ?p ?o }}", **{"default-graph-uri": GRAPH}) == 9


def test_a_post_takes_its_dataset_from_the_address(client: FlaskClient) -> None:
    response = client.post(
        f"/sparql?default-graph-uri={quote(GRAPH)}&format=csv",
        data="SELECT (COUNT(*) AS ?v) { ?s ?p ?o }",
        content_type="application/sparql-query; charset=UTF-8",
    )
    assert (response.mimetype, response.text.split()) == ("text/csv", ["v", "9"])


def test_without_a_query_the_service_describes_itself(client: FlaskClient) -> None:
    response = client.get("/sparql")
    assert response.mimetype == "text/turtle"
    triples = {quad.triple for quad in ox.parse(response.data, format=ox.RdfFormat.TURTLE)}
    sd = "http://www.w3.org/ns/sparql-service-description#"
    offered = {t.object.value for t in triples if t.predicate.value == f"{sd}resultFormat"}
    assert offered == {form.w3c for form in (*RESULT_FORMATS, *GRAPH_FORMATS)}
    named = {t.object.value for t in triples if t.predicate.value == f"{sd}name"}
    assert named == {GRAPH, f"{BASE}/graph/ontology"}
    assert client.get("/sparql", headers={"Accept": "image/png"}).status_code == 406


def test_the_query_page(client: FlaskClient) -> None:
    page = client.get("/sparql", headers={"Accept": BROWSER})
    assert page.mimetype == "text/html"
    assert "<textarea" in page.text
    filled = client.get("/sparql", query_string={"edit": "SELECT ?x # </textarea>"}, headers={"Accept": BROWSER}).text
    assert "SELECT ?x # &lt;/textarea&gt;" in filled
    wrong = client.get("/sparql", query_string={"query": "SELECT <b>"}, headers={"Accept": BROWSER})
    assert wrong.status_code == 400
    assert "SELECT &lt;b&gt;" in wrong.text
    assert "does not parse" in wrong.text


def test_results_as_a_table(client: FlaskClient) -> None:
    def page(query: str) -> str:
        response = client.get("/sparql", query_string={"query": query, "format": "html"})
        assert (response.status_code, response.mimetype) == (200, "text/html")
        return response.text

    everything = page("SELECT ?s ?p ?o { ?s ?p ?o }")
    assert "format=csv" in everything
    many = page(
        "PREFIX dct: <http://purl.org/dc/terms/> SELECT ?a ?b { ?a dct:spatial ?x . ?b dct:spatial ?x } LIMIT 5000"
    )
    assert 1000 <= many.count("<tr>") <= 1002
    assert "5\u00a0000" in many or "5,000" in many
    one = page('SELECT ("a<b>\\n\\t\\"c\\"" AS ?text) ("x"@da AS ?danish) (?none AS ?nothing) {}')
    assert "a&lt;b&gt;\n\t&#34;c&#34;" in one
    assert f'href="/doc/cluster/{CLUSTER}"' in page(f"SELECT (<{BASE}/id/cluster/{CLUSTER}> AS ?x) {{}}")
    assert 'href="javascript' not in page("SELECT (<javascript:alert(1)> AS ?x) {}")
    assert "Yes" in page("ASK {}")
    assert "Hovedstaden" in page(CONSTRUCT)
    assert page("SELECT ?nothing { ?nothing <http://a.example/none> ?x }")


class Spooling:
    """An engine that gives every answer as a file, as the executors do with large ones."""

    release = RELEASE

    def __init__(self, engine: InProcessEngine) -> None:
        self._engine = engine
        self.spools: list[IO[bytes]] = []

    def ask(self, question: Question) -> Answer:
        answer = self._engine.ask(question)
        spool = tempfile.TemporaryFile()  # noqa: SIM115  # whoever gets the answer closes it
        spool.write(answer.read())
        spool.seek(0)
        self.spools.append(spool)
        return Answer(answer.kind, answer.format, answer.release, answer.length, spool=spool)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("accept", ["text/csv", "text/html", "image/png"])
def test_a_spooled_answer_is_sent_whole_and_closed(
    settings: Settings, engine: InProcessEngine, client: FlaskClient, method: str, accept: str
) -> None:
    spooling = Spooling(engine)
    spooled = create_app(settings, spooling, Releases(settings.data), FoundEverywhere()).test_client()
    fields: dict[str, Any] = {"data" if method == "POST" else "query_string": {"query": SELECT}}
    fields["headers"] = {"Accept": accept}
    sent, expected = (c.open("/sparql", method=method, buffered=True, **fields) for c in (spooled, client))
    assert (sent.status_code, sent.data) == (expected.status_code, expected.data) or accept == "text/html"
    if accept == "text/csv":
        assert sent.headers["Content-Length"] == expected.headers["Content-Length"]
        assert sent.headers["ETag"] == expected.headers["ETag"]
    again = spooled.get(
        "/sparql", query_string={"query": SELECT}, headers={"If-None-Match": sent.headers.get("ETag", "")}
    )
    again.close()
    assert all(spool.closed for spool in spooling.spools)
