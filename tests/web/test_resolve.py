"""`/resolve`: one identifier by GET, a thousand by POST (contract 29)."""

from __future__ import annotations

import csv
import io
import json

import pytest
from flask.testing import FlaskClient

from .conftest import BASE, CLUSTER, COMPANY, RELEASE, UNKNOWN

IRI = f"{BASE}/id/cluster/{CLUSTER}"
MISSPELT = CLUSTER[:-1] + ("x" if CLUSTER[-1] != "x" else "y")


def test_one_is_answered_as_json_with_its_name(client: FlaskClient) -> None:
    answer = client.get("/resolve", query_string={"id": CLUSTER.upper()})
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.get_json() == {
        "asked": CLUSTER.upper(),
        "outcome": "found",
        "iri": IRI,
        "state": "valid",
        "chain": [IRI],
        "choices": [],
        "confidence": 1.0,
        "how": "identifier of this service",
        "message": "",
        "name": "Medicon Valley Alliance",
        "release": RELEASE,
    }
    again = client.get(
        "/resolve", query_string={"id": CLUSTER.upper()}, headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304
    head = client.head("/resolve", query_string={"id": CLUSTER})
    assert (head.status_code, head.data) == (200, b"")


def test_a_homepage_and_an_address_of_this_installation_are_understood(client: FlaskClient) -> None:
    for asked in ("http://www.mva.example", f"http://localhost/doc/cluster/{CLUSTER}.ttl"):
        assert client.get("/resolve", query_string={"id": asked}).get_json()["iri"] == IRI


def test_a_wrong_check_character_is_a_400_with_a_suggestion(client: FlaskClient) -> None:
    answer = client.get("/resolve", query_string={"id": MISSPELT})
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert answer.get_json()["suggestions"] == [IRI]


def test_what_nobody_knows_is_a_404(client: FlaskClient) -> None:
    for asked in (UNKNOWN, "https://nobody.example", f"{BASE}/id/organisation/{CLUSTER}"):
        answer = client.get("/resolve", query_string={"id": asked})
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.get_json()["suggestions"] == [IRI]


def test_nothing_asked_is_a_page_for_people_and_a_400_for_programs(client: FlaskClient) -> None:
    assert client.get("/resolve").status_code == 400
    page = client.get("/resolve", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "Resolve identifiers" in page.text


def test_a_page_shows_what_was_found_and_what_was_not(client: FlaskClient) -> None:
    page = client.get("/resolve", query_string={"id": CLUSTER}, headers={"Accept": "text/html"})
    assert f'href="/doc/cluster/{CLUSTER}"' in page.text
    assert "Medicon Valley Alliance" in page.text
    page = client.get("/resolve", query_string={"id": MISSPELT + "<b>"}, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "<b>" not in page.text.partition("<main")[2].replace("<body", "")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json.dumps([CLUSTER, UNKNOWN, COMPANY]), "application/json"),
        (json.dumps({"ids": [CLUSTER, UNKNOWN, COMPANY]}), "application/json; charset=utf-8"),
        (f"{CLUSTER}\n\n{UNKNOWN}\r\n{COMPANY}", "text/plain"),
        (f'\ufeff"{CLUSTER}"\r\n"{UNKNOWN}"\r\n{COMPANY}\r\n', "text/csv"),
        (f"id={CLUSTER}&id={UNKNOWN}%0A{COMPANY}", "application/x-www-form-urlencoded"),
    ],
)
def test_many_are_answered_in_their_order(client: FlaskClient, body: str, kind: str) -> None:
    answer = client.post("/resolve", data=body.encode(), content_type=kind)
    assert answer.status_code == 200
    assert [(each["asked"], each["outcome"]) for each in answer.get_json()["results"]] == [
        (CLUSTER, "found"),
        (UNKNOWN, "unknown"),
        (COMPANY, "found"),
    ]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


def test_a_thousand_are_answered_and_one_more_is_refused(client: FlaskClient) -> None:
    answer = client.post("/resolve", json=[CLUSTER] * 1000)
    assert len(answer.get_json()["results"]) == 1000
    refused = client.post("/resolve", json=[CLUSTER] * 1001)
    assert (refused.status_code, refused.get_json()["limit"]) == (413, 1000)
    assert client.post("/resolve", data=b"x" * ((1 << 20) + 1), content_type="text/plain").status_code == 413


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\n\n", "text/plain", 400),
        (b"[1]", "application/json", 400),
        (b'{"id": "x"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"\xff\xfe", "text/plain", 400),
        (b"<a/>", "application/xml", 415),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(client: FlaskClient, body: bytes, kind: str, status: int) -> None:
    answer = client.post("/resolve", data=body, content_type=kind)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.get_json()["detail"].endswith(".")


def test_a_table_is_safe_for_spreadsheets(client: FlaskClient) -> None:
    answer = client.post("/resolve?format=spreadsheet", json=["=1+1", CLUSTER])
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["asked"] for row in rows] == ["'=1+1", CLUSTER]
    assert rows[1]["iri"] == IRI
    plain = client.post("/resolve", json=["=1+1"], headers={"Accept": "text/csv"})
    assert next(iter(csv.DictReader(io.StringIO(plain.text))))["asked"] == "=1+1"
