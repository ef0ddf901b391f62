"""The saved queries as pages, as an API, and as data."""

from __future__ import annotations

import csv
import dataclasses
import html
import io
import re
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from eclod.core.iris import Names
from eclod.rdf import query_catalogue, query_graph
from eclod.web.context import service
from eclod.web.queries import naming, saved
from eclod.web.queries.results import Table
from eclod.web.resources.views import Term

from .conftest import BASE, CLUSTER

CATALOGUE = query_catalogue.load()
PAGE = {"Accept": "text/html"}
TURTLE = "text/turtle"


def graph(body: str | bytes) -> set[ox.Triple]:
    return {quad.triple for quad in ox.parse(body, format=ox.RdfFormat.TURTLE)}


def edited(page: str) -> list[str]:
    """Return the queries that a page opens on the query page."""
    hrefs = [html.unescape(href) for href in re.findall(r'href="(/sparql\?edit=[^"]*)"', page)]
    return [parse_qs(urlsplit(href).query)["edit"][0] for href in hrefs]


def test_the_list_names_every_query_for_people_and_programs(client: FlaskClient) -> None:
    page = client.get("/queries", headers=PAGE)
    assert page.status_code == 200
    listed = client.get("/queries?format=json").get_json()
    assert [query["name"] for query in listed] == list(CATALOGUE.queries)
    assert all(query["kind"] == CATALOGUE[query["name"]].kind for query in listed)
    for name in CATALOGUE.queries:
        assert page.text.count(f'href="/queries/{name}"') == 1
    for title in CATALOGUE.by_topic():
        assert page.text.count(f">{title}</h2>") == 1


def test_descriptions_have_their_code_as_code(client: FlaskClient) -> None:
    """Backticks of a description are code on pages, and stay in the data."""
    for address in ("/queries", "/queries/clusters-of-a-region"):
        text = client.get(address, headers=PAGE).text
        assert "<code>bond</code>" in text
        assert "`" not in re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL)


def test_numbers_of_an_answer_stand_in_columns(client: FlaskClient) -> None:
    """Numbers are set to the right, texts are not."""
    table = client.get("/queries/classes", headers=PAGE).text.partition("<tbody>")[2].partition("</tr>")[0]
    assert table.count('<td class="number"><data') == table.count("<data") > 0
    assert table.count("<td") > table.count("number")


def test_an_answer_calls_things_by_their_names(client: FlaskClient) -> None:
    """On the page a thing stands under its name, or under its code where the row has the name; data have the IRI."""
    named = Term("", "/doc/cluster/x", f"{BASE}/id/cluster/{CLUSTER}")
    nameless = Term("", "/doc/observation/x", f"{BASE}/id/observation/x")
    code, outside = (
        Term("nuts:DK01", "/describe", "http://data.europa.eu/nuts/code/DK01"),
        Term("https://else.example/"),
    )
    spelled = [Term(each.iri or "", each.href, each.iri) for each in (named, nameless)]
    name = client.get(f"/doc/cluster/{CLUSTER}", headers=PAGE).text.partition("<h1>")[2].partition("<")[0].strip()
    assert name
    rows = (*((each, code, outside, None) for each in spelled), (spelled[0], Term(name), None, None))
    table = Table("", "bindings", ("a", "b", "c", "d"), rows, 3, None, (), "")
    with client.application.test_request_context("/queries/x"):
        found = naming.named(service(), table)
    assert [row[0] and row[0].text for row in found.rows] == [name, "observation/x", f"cluster/{CLUSTER}"]
    assert [row[0] and row[0].iri for row in found.rows] == [row[0] and row[0].iri for row in rows]
    assert [row[1:] for row in found.rows] == [row[1:] for row in rows]
    page = client.get("/queries/registries", headers=PAGE).text
    assert '<a href="/registries/dk">registries/dk</a>' in page
    assert "https://w3id.org/eclod/registries/dk" in client.get("/queries/registries.csv").text


def test_the_list_is_the_graph_as_rdf(client: FlaskClient) -> None:
    answer = client.get("/queries", headers={"Accept": TURTLE})
    assert answer.content_type.startswith(TURTLE)
    assert graph(answer.data) == set(query_graph.triples(CATALOGUE, Names()))
    again = client.get("/queries", headers={"Accept": TURTLE, "If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    for name in ("jsonld", "rdf", "nt", "nq", "trig"):
        assert client.get(f"/queries?format={name}").status_code == 200


@pytest.mark.parametrize("name", CATALOGUE.queries)
@pytest.mark.parametrize("accept", ["text/html", "text/csv", "application/sparql-results+json", TURTLE])
def test_every_query_answers_or_says_what_there_is(client: FlaskClient, name: str, accept: str) -> None:
    answer = client.get(f"/queries/{name}", headers={"Accept": accept})
    if CATALOGUE[name].kind == "construct" and "html" not in accept and accept != TURTLE:
        assert answer.status_code == 406
        assert TURTLE in answer.get_json()["available"]
        return
    assert answer.status_code == 200, answer.text
    assert answer.content_type.startswith(accept)
    assert answer.headers["Eclod-Release"]


def test_rdf_of_a_table_is_the_description_of_the_query(client: FlaskClient) -> None:
    query = CATALOGUE["clusters-of-a-region"]
    described = set(query_graph.of_query(query, Names()))
    answer = client.get(f"/queries/{query.name}?region=DK01", headers={"Accept": TURTLE})
    assert graph(answer.data) == described
    assert answer.headers["Content-Location"] == f"/queries/{query.name}.ttl"
    named = client.get(f"/queries/{query.name}.ttl")
    assert graph(named.data) == described
    assert f'<{query_graph.iri(query, Names())}>; rel="describes"' in named.headers["Link"]
    links = client.get(f"/queries/{query.name}.csv?region=DK01").headers["Link"].split(", ")
    assert f'</queries/{query.name}.ttl>; rel="describedby"; type="text/turtle"' in links
    alternates = [link for link in links if 'rel="alternate"' in link]
    assert len(alternates) == 5
    assert all("region=DK01" in link for link in alternates)


@pytest.mark.parametrize("name", ["clusters-of-a-region", "cluster-in-full"])
def test_the_text_of_a_query_has_an_address(client: FlaskClient, name: str) -> None:
    named = client.get(f"/queries/{name}.rq")
    asked = client.get(f"/queries/{name}", headers={"Accept": "application/sparql-query"})
    for answer in (named, asked):
        assert (answer.status_code, answer.content_type) == (200, "application/sparql-query; charset=utf-8")
        assert answer.text == CATALOGUE[name].text
        assert answer.headers["Vary"].startswith("Accept, Accept-Language")
    assert ">Query as a file</a>" in client.get(f"/queries/{name}", headers={"Accept": "text/html"}).text


def test_the_text_of_a_query_has_the_values_of_its_address(client: FlaskClient) -> None:
    text = client.get("/queries/clusters-of-a-region.rq?region=DK01").text
    assert "VALUES ?region { <http://data.europa.eu/nuts/code/DK01> }" in text
    answered = client.post("/sparql?format=csv", data=text, content_type="application/sparql-query")
    assert (
        answered.text.count("\r\n")
        == client.get("/queries/clusters-of-a-region.csv?region=DK01").text.count("\r\n")
        > 1
    )
    assert client.get("/queries/clusters-of-a-region.rq?region=a%20b").status_code == 400
    page = client.get("/queries/clusters-of-a-region?region=DK01", headers={"Accept": "text/html"}).text
    assert 'href="/queries/clusters-of-a-region.rq?region=DK01"' in page


def test_rdf_of_a_graph_is_the_answer(client: FlaskClient) -> None:
    from_data = client.get("/search?q=medicon&format=json").get_json()["hits"][0]["iri"]
    answer = client.get("/queries/cluster-in-full.ttl", query_string={"cluster": from_data})
    found = graph(answer.data)
    assert any(triple.subject == ox.NamedNode(from_data) for triple in found)
    assert not any("shacl" in triple.predicate.value for triple in found)
    assert '</queries?format=ttl>; rel="describedby"' in answer.headers["Link"]


def test_a_client_of_tables_gets_a_table_though_it_reads_rdf_too(client: FlaskClient) -> None:
    accept = "application/sparql-results+json, text/turtle, */*"
    answer = client.get("/queries/clusters-by-country", headers={"Accept": accept})
    assert answer.content_type == "application/sparql-results+json"


def test_a_yes_or_no(client: FlaskClient) -> None:
    assert client.get("/queries/identifier-is-valid", headers=PAGE).text.count('<p class="answer">No</p>') == 1
    assert client.get("/queries/identifier-is-valid.json").get_json()["boolean"] is False


def test_a_parameter_is_bound_and_never_pasted(client: FlaskClient) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/queries/clusters-of-a-region.csv?region=dk01").text)))
    assert rows
    assert {row["region"] for row in rows} == {"http://data.europa.eu/nuts/code/DK01"}
    hostile = client.get("/queries/clusters-of-a-region.csv", query_string={"region": "http://x/> ?p ?o } #"})
    assert hostile.status_code == 400
    assert hostile.content_type == "application/problem+json"
    everything = client.get("/queries/things-by-name.csv", query_string={"text": "\" ) } # \\ ' ?x"})
    assert everything.status_code == 200
    assert len(everything.text.splitlines()) == 1


def test_a_page_has_a_control_for_each_type(client: FlaskClient) -> None:
    region = client.get("/queries/clusters-of-a-region?region=DK01", headers=PAGE).text
    assert re.search(r'<input type="text" name="region" value="DK01" placeholder="such as DE"', region)
    near = client.get("/queries/organisations-near", headers=PAGE).text
    assert re.search(r'<input type="number" name="latitude"[^>]* step="any" min="-90" max="90">', near)
    row = client.get("/queries/things-of-a-row", headers=PAGE).text
    assert re.search(r'<input type="number" name="row"[^>]* step="1" min="1">', row)
    events = client.get("/queries/events?until=2020-01-01", headers=PAGE).text
    assert re.search(r'<input type="date" name="until" value="2020-01-01"', events)
    assert re.search(r'<input type="date" name="from" value=""', events)
    chosen = client.get("/queries/clusters-of-an-ecosystem?ecosystem=health", headers=PAGE).text
    assert '<option value="health" selected>health</option>' in chosen
    assert chosen.count("<option") == 14
    optional = client.get("/queries/things-by-name", headers=PAGE).text
    assert '<option value="">any</option>' in optional
    assert " selected" not in optional


def test_a_page_shows_text_address_and_command(client: FlaskClient) -> None:
    page = client.get("/queries/clusters-of-a-region?region=DK01", headers=PAGE).text
    assert 'href="/queries/clusters-of-a-region.csv?region=DK01"' in page
    assert "curl 'http://localhost/queries/clusters-of-a-region.csv?region=DK01'" in html.unescape(page)
    unset = client.get("/queries/clusters-by-region?level=1", headers=PAGE).text
    assert "curl 'http://localhost/queries/clusters-by-region.csv?within=ES&level=1'" in html.unescape(unset)
    shown = re.search(r'aria-label="Query"><code>(.*?)</code>', page, re.DOTALL)
    assert shown is not None
    text = html.unescape(shown[1])
    assert "VALUES ?region { <http://data.europa.eu/nuts/code/DK01> }" in text
    assert edited(page) == [text]
    assert "A NUTS region of any level, in any edition. For example DE." in page
    assert '<th scope="col">region</th>' not in page  # the form above has it
    assert '<th scope="col">cluster</th>' in page


def test_columns_that_repeat_what_was_asked_are_left_out_of_the_page() -> None:
    query = CATALOGUE["clusters-of-a-sector"]
    columns = ("cluster", "country", "sector")
    row = (Term("a cluster"), Term("Denmark"), Term("29"))
    table = Table("", "bindings", columns, (row,), 1, None, (), "r")
    found = saved._without_parameters(table, query, {"sector": "<x:29>"})
    assert (found.columns, found.rows) == (("cluster", "country"), (row[:2],))
    found = saved._without_parameters(table, query, {"sector": "<x:29>", "country": "<x:DNK>"})
    assert found.columns == ("cluster",)
    unset = dataclasses.replace(table, rows=((row[0], None, row[2]),))
    assert saved._without_parameters(unset, query, {"sector": "<x:29>"}).columns == ("cluster",)


def test_a_forged_host_does_not_get_into_a_command(client: FlaskClient) -> None:
    page = client.get("/queries/clusters-by-country", headers={**PAGE, "Host": "x';rm -rf ~;'"})
    assert "rm -rf" not in page.text


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/queries/no-such-query", 404, "/queries lists"),
        ("/queries/clusters-by-country.xls", 404, "csv"),
        ("/queries/clusters-by-country?colour=red", 400, "it has none"),
        ("/queries/clusters-by-country?limit=10", 400, "limit"),
        ("/queries/clusters-by-country?format=xls", 400, "csv"),
        ("/queries/clusters-by-country?timeout=soon", 400, "timeout"),
        ("/queries/clusters-of-a-region?colour=red", 400, "it has region"),
        ("/queries/clusters-of-a-region?region=DE&region=FR", 400, "2 times"),
        ("/queries/clusters-of-a-region.csv?region=a%20b", 400, "of any level, in any edition. For example DE."),
        ("/queries/clusters-of-a-region.ttl?region=a%20b", 400, "no IRI"),
        ("/queries/clusters-of-a-region.csv?region=_:b", 400, "'_:b', which is no IRI"),
        ("/queries/clusters-by-region?level=4", 400, "One of 1, 2, 3."),
        ("/queries/organisations-near?latitude=91", 400, "too large"),
        ("/queries/events?from=2020", 400, "2026-01-31"),
    ],
)
def test_what_there_is_not_is_said(client: FlaskClient, address: str, status: int, said: str) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert said in answer.get_json()["detail"]
    page = client.get(address, headers=PAGE)
    assert (page.status_code, page.content_type) == (status, "text/html; charset=utf-8")


def test_fields_of_a_form_that_are_empty_give_nothing(client: FlaskClient) -> None:
    given = client.get("/queries/events.csv?from=&until=&language=")
    assert given.text == client.get("/queries/events.csv").text
    assert client.get("/queries/events.csv?lang=fr&timeout=5&format=csv").text == given.text


def test_head_has_the_headers_of_get(client: FlaskClient) -> None:
    get, head = client.get("/queries/clusters-by-country.csv"), client.head("/queries/clusters-by-country.csv")
    assert head.data == b""
    assert get.headers["Content-Length"] == head.headers["Content-Length"]
    assert get.headers["Content-Location"] == "/queries/clusters-by-country.csv"


@pytest.mark.parametrize("address", ["/queries", "/registries", "/search?q=medicon", "/search?q=medicon&kind=cluster"])
def test_every_list_opens_as_a_query_that_runs(client: FlaskClient, address: str) -> None:
    [text] = edited(client.get(address, headers=PAGE).text)
    answer = client.get("/sparql", query_string={"query": text, "format": "csv"})
    assert answer.status_code == 200, answer.text
    if "search" in address:
        hits = client.get(f"{address}&format=json").get_json()["hits"]
        assert {hit["iri"] for hit in hits} <= {row["thing"] for row in csv.DictReader(io.StringIO(answer.text))}


def test_words_of_a_search_are_texts_in_its_query(client: FlaskClient) -> None:
    page = client.get("/search", query_string={"q": 'alliance "medicon" } UNION { \\u0022'}, headers=PAGE)
    for text in edited(page.text):
        assert client.get("/sparql", query_string={"query": text}).status_code == 200


def test_the_name_of_a_query_leads_to_its_page(client: FlaskClient) -> None:
    answer = client.get("/describe?iri=https://w3id.org/eclod/queries/clusters-by-country")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/queries/clusters-by-country")
