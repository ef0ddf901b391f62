"""The saved queries as pages and as an API."""

from __future__ import annotations

import csv
import io

import pytest
from flask.testing import FlaskClient

from eclod.rdf import query_catalogue

QUERIES = sorted(query_catalogue.load().queries)
PAGE = {"Accept": "text/html"}


def test_the_list_names_every_query_for_people_and_programs(client: FlaskClient) -> None:
    page = client.get("/queries", headers=PAGE)
    assert page.status_code == 200
    listed = client.get("/queries?format=json").get_json()
    assert sorted(query["name"] for query in listed) == QUERIES
    assert all(f'href="/queries/{name}"' in page.text for name in QUERIES)


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("accept", ["text/html", "text/csv", "application/sparql-results+json"])
def test_every_query_answers(client: FlaskClient, name: str, accept: str) -> None:
    answer = client.get(f"/queries/{name}", headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    assert answer.content_type.startswith(accept)
    assert answer.headers["Eclod-Release"]


def test_a_parameter_is_bound_and_never_pasted(client: FlaskClient) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/queries/clusters-of-a-region.csv?region=DK01").text)))
    assert rows
    assert {row["region"] for row in rows} == {"http://data.europa.eu/nuts/code/DK01"}
    hostile = client.get("/queries/clusters-of-a-region.csv", query_string={"region": "http://x/> ?p ?o } #"})
    assert hostile.status_code == 400
    assert hostile.content_type == "application/problem+json"
    page = client.get("/queries/clusters-of-a-region?region=DK01", headers=PAGE)
    assert 'value="DK01"' in page.text
    assert "/queries/clusters-of-a-region.csv?region=DK01" in page.text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/queries/no-such-query", 404),
        ("/queries/clusters-by-country.xls", 404),
        ("/queries/clusters-by-country?colour=red", 400),
        ("/queries/clusters-by-country?format=xls", 400),
    ],
)
def test_what_there_is_not_is_said(client: FlaskClient, address: str, status: int) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.get_json()["detail"]


def test_head_has_the_headers_of_get(client: FlaskClient) -> None:
    get, head = client.get("/queries/clusters-by-country.csv"), client.head("/queries/clusters-by-country.csv")
    assert head.data == b""
    assert get.headers["Content-Length"] == head.headers["Content-Length"]
    assert get.headers["Content-Location"] == "/queries/clusters-by-country.csv"
