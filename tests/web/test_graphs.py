"""Graphs by the SPARQL 1.1 Graph Store HTTP Protocol: read for all, written for their registry, always a submission."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import rdflib
from flask.testing import FlaskClient

from eclod.core.settings import Settings
from eclod.store.inprocess import InProcessEngine
from eclod.store.intake import Intake
from eclod.store.releases import Releases
from eclod.store.tokens import FILE, Tokens
from eclod.web.app import create_app

from .conftest import BASE, EARLIER, RELEASE, Client, FoundEverywhere, write_release

GRAPH = f"{BASE}/graph/registry/dk"
TURTLE = b"<https://example.org/a> <https://example.org/b> 1 ."


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    own = Settings(data=tmp_path, upload_mb=1)
    write_release(Releases(own.data), EARLIER, None, "2025-12-31T00:00:00+00:00")
    write_release(Releases(own.data), RELEASE, EARLIER, "2026-01-02T03:04:05+00:00")
    return own


@pytest.fixture
def client(own: Settings, engine: InProcessEngine) -> FlaskClient:
    app = create_app(own, engine, Releases(own.data), FoundEverywhere())
    return Client(app, app.response_class)


@pytest.fixture
def bearer(own: Settings) -> dict[str, str]:
    return {"Authorization": f"Bearer {Tokens(own.data / FILE).create('dk')[1]}"}


def test_everybody_reads_a_graph_in_the_format_they_want(client: FlaskClient) -> None:
    answer = client.get("/graphs", query_string={"graph": GRAPH})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/turtle; charset=utf-8")
    turtle = rdflib.Graph().parse(data=answer.data, format="turtle")
    plain = client.get("/graphs", query_string={"graph": GRAPH}, headers={"Accept": "application/n-triples"})
    assert len(turtle) == len(rdflib.Graph().parse(data=plain.data, format="nt")) > 0
    assert answer.headers["Eclod-Release"] == RELEASE
    again = client.get("/graphs", query_string={"graph": GRAPH}, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    head = client.head("/graphs", query_string={"graph": GRAPH})
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == answer.headers["ETag"]


def test_the_default_graph_is_the_merged_view(client: FlaskClient) -> None:
    answer = client.get("/graphs?default", headers={"Accept": "application/n-triples"})
    assert answer.status_code == 200
    assert len(answer.data.splitlines()) > 600


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("graph=", 400),
        ("graph=relative", 400),
        ("graph=https://example.org/a%20b", 400),
        ("graph=a:b&graph=a:c", 400),
        ("graph=a:b&default", 400),
        ("graph=https://example.org/none", 404),
        ("graph=https://example.org/%3E%7D%20UNION%20%7B", 400),
    ],
)
def test_which_graph_is_said_once_and_is_one(client: FlaskClient, query: str, status: int) -> None:
    assert client.get(f"/graphs?{query}").status_code == status


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_write_is_a_submission(client: FlaskClient, own: Settings, bearer: dict[str, str], method: str) -> None:
    answer = client.open(
        "/graphs", method=method, query_string={"graph": GRAPH}, data=TURTLE, headers=bearer, content_type="text/turtle"
    )
    (made,) = Intake(own.data).submissions("dk")
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/registries/dk/submissions/{made.id}"
    assert (made.arrival.file, made.arrival.operation) == ("graph.ttl", {"PUT": "replace", "POST": "merge"}[method])
    assert made.content.read_bytes() == TURTLE


def test_deleting_is_a_submission_of_nothing(client: FlaskClient, own: Settings, bearer: dict[str, str]) -> None:
    answer = client.delete("/graphs", query_string={"graph": GRAPH}, headers=bearer)
    (made,) = Intake(own.data).submissions("dk")
    assert answer.status_code == 202
    assert made.content.read_bytes() == b""


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize("graph", [f"{BASE}/graph/registry/lu", f"{BASE}/graph/ontology", f"{GRAPH}/", "a:b"])
def test_another_graph_is_refused_and_nothing_said_about_it(
    client: FlaskClient, own: Settings, bearer: dict[str, str], method: str, graph: str
) -> None:
    options: dict[str, Any] = {"method": method, "query_string": {"graph": graph}, "data": TURTLE}
    options["content_type"] = "text/turtle"
    answer = client.open("/graphs", headers=bearer, **options)
    assert answer.status_code == 403
    assert "another" in answer.text
    assert client.open("/graphs", **options).status_code == 401
    assert Intake(own.data).registries() == []


def test_the_default_graph_is_nobodys(client: FlaskClient, bearer: dict[str, str]) -> None:
    assert client.put("/graphs?default", data=TURTLE, headers=bearer, content_type="text/turtle").status_code == 403


def test_what_is_no_graph_is_not_taken(client: FlaskClient, own: Settings, bearer: dict[str, str]) -> None:
    def put(**more: Any) -> int:
        options = {"query_string": {"graph": GRAPH}, "data": TURTLE, "headers": bearer, **more}
        return client.put("/graphs", **options).status_code

    assert put(content_type="text/csv") == 415
    assert put() == 415
    assert put(content_type="text/turtle", headers=bearer | {"Content-Range": "bytes 0-1/2"}) == 400
    assert put(content_type="text/turtle", data=b" " * ((1 << 20) + 1)) == 413
    assert client.patch("/graphs", query_string={"graph": GRAPH}, headers=bearer).status_code == 405
    assert Intake(own.data).registries() == []


def test_updates_stay_refused_with_a_token_too(client: FlaskClient, bearer: dict[str, str]) -> None:
    """Contract, line 16: nothing but a submission changes anything."""
    for data, kind in (
        ("CLEAR ALL", "application/sparql-update"),
        ("update=CLEAR ALL", "application/x-www-form-urlencoded"),
    ):
        assert client.post("/sparql", data=data, headers=bearer, content_type=kind).status_code in (400, 403)
