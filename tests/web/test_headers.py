"""What every response carries: CORS, caching, HEAD, errors in one shape."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from eclod.core.errors import Damaged, OverBudget, TooBusy
from eclod.core.settings import Settings
from eclod.store.engine import Answer, Question
from eclod.store.releases import Releases
from eclod.web.app import create_app

from .conftest import CLUSTER, DUMP, EARLIER, NUTS, RELEASE

QUERY = "/sparql?query=SELECT%20*%20%7B%3Fs%20%3Fp%20%3Fo%7D%20LIMIT%205"
PAGES = [
    "/",
    "/catalog",
    "/sparql",
    QUERY,
    f"/id/cluster/{CLUSTER}",
    f"/doc/cluster/{CLUSTER}",
    f"/doc/cluster/{CLUSTER}.html",
    f"/doc/cluster/{CLUSTER.upper()}",
    f"/describe?iri={NUTS}",
    "/ontology",
    "/ontology/alignments",
    "/ontology/diagram.svg",
    "/ontology/changes",
    "/shapes",
    "/shapes/Cluster",
    "/context.jsonld",
    "/scheme",
    "/scheme/ecosystem",
    "/scheme/membership-role/member",
    "/.well-known/void",
    "/registries",
    "/registries/dk",
    "/receipts",
    "/receipts?query=ASK%20%7B%7D",
    "/releases",
    f"/releases/{RELEASE}",
    f"/releases/{EARLIER}",
    f"/releases/{RELEASE}/dumps/dk.nq.gz",
    "/search",
    "/search?q=medicon",
    "/health/live",
    "/health/ready",
]
ERRORS = [
    "/reconcile/match",
    "/reconcile/extend",
    "/nothing",
    "/sparql?query=SELEC",
    f"/doc/cluster/{CLUSTER}.docx",
    "/describe",
    "/releases/none",
    "/graph/x",
]


@pytest.mark.parametrize("accept", ["", "text/html", "application/ld+json, */*;q=0.1"])
@pytest.mark.parametrize("path", PAGES + ERRORS)
def test_head_is_get_without_a_body(client: FlaskClient, path: str, accept: str) -> None:
    get, head = (client.open(path, method=method, headers={"Accept": accept}) for method in ("GET", "HEAD"))
    assert head.status_code == get.status_code
    assert head.data == b""
    changing = {"Date", "Expires"}
    assert {k: v for k, v in head.headers if k not in changing} == {k: v for k, v in get.headers if k not in changing}
    assert int(get.headers["Content-Length"]) == len(get.data)


@pytest.mark.parametrize("path", PAGES + ERRORS)
def test_every_origin_may_read_everything(client: FlaskClient, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "OPTIONS", "DELETE"):
        response = client.open(path, method=method, headers={"Origin": "https://portal.example"})
        assert response.headers["Access-Control-Allow-Origin"] == "*", method
        assert "Eclod-Release" in response.headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in response.headers
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/sparql", f"/doc/cluster/{CLUSTER}", "/nothing"])
def test_preflight(client: FlaskClient, path: str) -> None:
    response = client.options(
        path, headers={"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    )
    assert response.status_code == 204
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in response.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("path", [p for p in PAGES if "/health" not in p and "/id/" not in p and "HTML" not in p])
def test_what_is_there_already_is_not_sent_again(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    if first.status_code != 200:
        return
    tag = first.headers["ETag"]
    assert not tag.startswith("W/")
    for method in ("GET", "HEAD"):
        again = client.open(path, method=method, headers={"If-None-Match": f'"other", W/{tag}'})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == tag
        assert again.headers["Access-Control-Allow-Origin"] == "*"
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_each_representation_has_a_tag_of_its_own(client: FlaskClient) -> None:
    path = f"/doc/cluster/{CLUSTER}"
    tags = {
        client.get(path, headers={"Accept": accept, "Accept-Language": language}).headers["ETag"]
        for accept in ("text/turtle", "application/ld+json", "text/html")
        for language in ("en", "da")
    }
    assert len(tags) == 4  # language matters to the page only
    assert client.get(path).headers["Last-Modified"] == "Fri, 02 Jan 2026 03:04:05 GMT"


def test_the_answer_to_a_post_is_never_304(client: FlaskClient) -> None:
    query = {"query": "ASK {}"}
    tag = client.post("/sparql", data=query).headers["ETag"]
    assert client.post("/sparql", data=query, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("path", ERRORS)
def test_errors_have_one_shape(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"Accept": "application/json"})
    problem = response.get_json()
    assert response.mimetype == "application/problem+json"
    assert problem["status"] == response.status_code >= 400
    assert {"type", "title", "detail"} <= problem.keys()
    page = client.get(path, headers={"Accept": "text/html"})
    assert (page.status_code, page.mimetype) == (response.status_code, "text/html")
    assert "Traceback" not in page.text + response.text


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("text/turtle, application/rdf+xml;q=0.9, text/html;q=0.3", "application/problem+json"),
        ("application/sparql-results+json, text/html;q=0.1", "application/problem+json"),
        ("text/html;q=0.1", "text/html"),
    ],
)
def test_a_page_as_a_last_resort_is_not_for_errors(client: FlaskClient, accept: str, media_type: str) -> None:
    assert client.get("/no/such/page", headers={"Accept": accept}).mimetype == media_type


def test_a_method_that_is_not_taken(client: FlaskClient) -> None:
    response = client.delete("/sparql")
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert response.get_json()["title"] == "This address does not take that method"
    assert client.put(f"/doc/cluster/{CLUSTER}").headers["Allow"] == "GET, HEAD, OPTIONS"


class Failing:
    """An engine whose every answer is the same failure."""

    release = RELEASE

    def __init__(self, error: Exception) -> None:
        self._error = error

    def ask(self, question: Question) -> Answer:
        raise self._error


def failing(settings: Settings, error: Exception, search: object) -> FlaskClient:
    app: Flask = create_app(settings, Failing(error), Releases(settings.data), search)  # type: ignore[arg-type]
    return app.test_client()


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_a_fault_of_ours_shows_nothing_of_the_machine(
    settings: Settings, accept: str, caplog: pytest.LogCaptureFixture
) -> None:
    for error in (RuntimeError("secret /etc/path"), Damaged("secret /etc/path"), OSError("secret /etc/path")):
        response = failing(settings, error, None).get(f"/doc/cluster/{CLUSTER}", headers={"Accept": accept})
        assert response.status_code == 500
        assert "secret" not in response.text
        assert "Traceback" not in response.text
    assert caplog.text.count("secret /etc/path") >= 3  # the operator reads it


def test_busy_and_over_budget_say_when_and_why(settings: Settings) -> None:
    busy = failing(settings, TooBusy("All executors are busy.", retry_after=7), None).get(QUERY)
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "7")
    error = OverBudget("The query was stopped.", budget_seconds=2, elapsed_seconds=2.1)
    slow = failing(settings, error, None).get(QUERY)
    assert (slow.status_code, slow.get_json()["budget_seconds"]) == (503, 2)
    page = failing(settings, error, None).get(QUERY, headers={"Accept": "text/html"})
    assert (page.status_code, page.mimetype) == (503, "text/html")
    assert "The query was stopped." in page.text


def test_health_without_an_executor(settings: Settings) -> None:
    client = failing(settings, OverBudget("No executor."), None)
    assert client.get("/health/live").status_code == 200
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.mimetype) == (503, "application/problem+json")
    assert "Retry-After" in ready.headers


class Starting:
    """An engine that has no release yet."""

    @property
    def release(self) -> str:
        raise TooBusy("The service is starting; try again in a moment.", retry_after=2)

    def ask(self, question: Question) -> Answer:
        raise TooBusy("The service is starting; try again in a moment.", retry_after=2)


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
@pytest.mark.parametrize("path", [p for p in PAGES if "/releases/" not in p])
def test_before_the_first_release(tmp_path: Path, path: str, accept: str) -> None:
    settings = Settings(data=tmp_path)
    client = create_app(settings, Starting(), Releases(tmp_path), None).test_client()  # type: ignore[arg-type]
    response = client.get(path, headers={"Accept": accept})
    assert response.status_code in (200, 301, 406, 503), response.text
    assert "Eclod-Release" not in response.headers


def test_dumps_come_whole_and_in_ranges(client: FlaskClient, settings: Settings) -> None:
    path = f"/releases/{RELEASE}/dumps/dk.nq.gz"
    whole = client.get(path)
    assert (whole.status_code, whole.mimetype) == (200, "application/gzip")
    assert (
        whole.headers["ETag"].strip('"')
        == client.get("/releases?format=json").get_json()["releases"][0]["graphs"][1]["files"][0]["sha256"]
    )
    assert "immutable" in whole.headers["Cache-Control"]
    assert "Content-Encoding" not in whole.headers
    part = client.get(path, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.data) == (206, whole.data[:10])
    beyond = client.get(path, headers={"Range": "bytes=99999-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(whole.data)}")
    for unread in ("lines=1-2", "bytes=5-2", "nonsense"):  # to be ignored (RFC 9110, section 14.2)
        assert client.get(path, headers={"Range": unread}).status_code == 200
    for name in ("..%2fmanifest.json", "manifest.json", "dk.ttl.gz"):
        assert client.get(f"/releases/{RELEASE}/dumps/{name}").status_code == 404
    assert client.get(f"/releases/..%2f/dumps/{DUMP[:2].decode()}").status_code == 404
