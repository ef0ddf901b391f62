"""Answers to queries as HTTP has it: whole or said to be cut, tagged, in ranges, from memory, in the client's time."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient

from eclod.core.errors import EclodError, OverBudget, TooManyRequests
from eclod.core.settings import Settings
from eclod.store.engine import Answer, Question
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.store.remembering import RememberingEngine
from eclod.web.app import create_app

from .conftest import EARLIER, RELEASE, Client, FoundEverywhere

FIRMS = 'SELECT ?s ?name { ?s skos:prefLabel ?name FILTER(STRSTARTS(?name, "Firm")) } ORDER BY ?name'
QUERY = "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> " + FIRMS


def over(settings: Settings, engine: Any) -> FlaskClient:
    app = create_app(settings, engine, Releases(settings.data), FoundEverywhere())
    return Client(app, app.response_class)


@pytest.fixture
def short(settings: Settings, engine: InProcessEngine) -> FlaskClient:
    """Return a client of a service that cuts tables after 7 rows."""
    return over(settings, InProcessEngine(engine._store, RELEASE, rows=7))


def address(query: str = QUERY, **fields: str) -> str:
    return "/sparql?" + urlencode({"query": query} | fields)


def test_a_cut_table_says_so_in_header_json_and_csv(short: FlaskClient) -> None:
    answer = short.get(address(format="json"))
    assert answer.status_code == 200
    assert answer.headers["Eclod-Truncated"] == "rows=7; limit=7"
    assert f'</releases/{RELEASE}>; rel="enclosure"' in answer.headers["Link"]
    body = json.loads(answer.data)
    assert len(body["results"]["bindings"]) == 7
    assert body["truncated"]["rows"] == 7
    rows = list(csv.reader(io.StringIO(short.get(address(format="csv")).text)))
    assert [row[1] for row in rows[1:8]] == [f"Firm {n:03}" for n in range(7)]
    assert rows[8][0].startswith("# cut after 7 rows")
    assert "not complete" in short.get(address(format="html")).text


def test_a_complete_table_says_nothing(short: FlaskClient) -> None:
    answer = short.get(address(QUERY + " LIMIT 7", format="json"))
    assert "Eclod-Truncated" not in answer.headers
    assert json.loads(answer.data).keys() == {"head", "results"}
    assert len(json.loads(answer.data)["results"]["bindings"]) == 7


@pytest.mark.parametrize("path", [address(), "/queries/clusters-by-country"])
def test_parts_of_an_answer(client: FlaskClient, path: str) -> None:
    accept = {"Accept": "application/sparql-results+json"}
    whole = client.get(path, headers=accept)
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.content_length == len(whole.data)
    tag = whole.headers["ETag"]
    part = client.get(path, headers=accept | {"Range": "bytes=5-14"})
    assert (part.status_code, part.data) == (206, whole.data[5:15])
    assert part.headers["Content-Range"] == f"bytes 5-14/{len(whole.data)}"
    assert client.get(path, headers=accept | {"Range": "bytes=-4", "If-Range": tag}).data == whole.data[-4:]
    assert client.get(path, headers=accept | {"Range": "bytes=0-1", "If-Range": '"other"'}).data == whole.data
    beyond = client.get(path, headers=accept | {"Range": f"bytes={len(whole.data)}-"})
    assert beyond.status_code == 416
    assert beyond.headers["Content-Range"] == f"bytes */{len(whole.data)}"
    head = client.head(path, headers=accept)
    assert (head.status_code, head.data, head.content_length) == (200, b"", len(whole.data))
    again = client.get(path, headers=accept | {"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == tag
    assert again.headers["Eclod-Release"] == RELEASE


class Recording:
    """An engine that keeps the last question, and answers with what it is given or raises it."""

    release = RELEASE

    def __init__(self, engine: InProcessEngine, error: EclodError | None = None) -> None:
        self._engine = engine
        self._error = error
        self.questions: list[Question] = []

    def ask(self, question: Question) -> Answer:
        self.questions.append(question)
        if self._error is not None:
            raise self._error
        return self._engine.ask(question)


def test_a_client_may_ask_for_less_time(settings: Settings, engine: InProcessEngine) -> None:
    recording = Recording(engine)
    client = over(settings, recording)
    assert client.get(address(timeout="1.5")).status_code == 200
    assert client.post("/sparql", data={"query": "ASK {}", "timeout": "2"}).status_code == 200
    assert client.get("/queries/clusters-by-country.csv?timeout=2.5").status_code == 200
    assert client.get(address()).status_code == 200
    assert [question.seconds for question in recording.questions] == [1.5, 2.0, 2.5, None]


@pytest.mark.parametrize("timeout", ["", "0", "-1", "soon", "nan", "inf", "1e999"])
def test_a_time_that_is_none_is_refused(client: FlaskClient, timeout: str) -> None:
    answer = client.get(address(timeout=timeout))
    assert answer.status_code == 400
    assert "number of seconds" in json.loads(answer.data)["detail"]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "name"),
    [
        (0, "9.9.9.9", "1.2.3.4", "1.2.3.4"),
        (1, "9.9.9.9", "10.0.0.1", "9.9.9.9"),
        (1, "6.6.6.6, 9.9.9.9", "10.0.0.1", "9.9.9.9"),
        (2, "6.6.6.6, 9.9.9.9, 10.0.0.2", "10.0.0.1", "9.9.9.9"),
        (2, "9.9.9.9", "10.0.0.1", "10.0.0.1"),
        (0, "", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        (0, "", "::ffff:1.2.3.4", "1.2.3.4"),
        (1, "[2001:db8:1:2::9]", "10.0.0.1", "2001:db8:1:2::/64"),
        (1, "unknown", "10.0.0.1", "unknown"),
    ],
)
def test_who_a_client_is(
    settings: Settings, engine: InProcessEngine, proxies: int, forwarded: str, remote: str, name: str
) -> None:
    recording = Recording(engine)
    client = over(settings.model_copy(update={"proxies": proxies}), recording)
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    client.get(address(), headers=headers, environ_overrides={"REMOTE_ADDR": remote})
    asker = recording.questions[0].asker
    assert asker is not None
    assert asker.name == name
    assert not asker.gone()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (TooManyRequests("Too many.", retry_after=7), 429),
        (OverBudget("Over.", budget_seconds=2, elapsed_seconds=2.1), 503),
    ],
)
def test_limits_are_told_to_programs_and_people(
    settings: Settings, engine: InProcessEngine, error: EclodError, status: int
) -> None:
    client = over(settings, Recording(engine, error))
    answer = client.get(address())
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.headers.get("Retry-After") == ("7" if status == 429 else None)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "no-store"
    page = client.get(address(), headers={"Accept": "text/html"})
    assert (page.status_code, page.mimetype) == (status, "text/html")


def test_the_second_who_asks_is_answered_from_memory(settings: Settings, engine: InProcessEngine) -> None:
    recording = Recording(engine)
    client = over(settings, RememberingEngine(recording, 1 << 20))
    first = client.get(address())
    again = client.post("/sparql", data=QUERY, content_type="application/sparql-query")
    assert first.data == again.data
    assert [answer.headers["Cache-Status"] for answer in (first, again)] == ["eclod; fwd=miss", "eclod; hit"]
    assert len(recording.questions) == 1
    client.get(address(), headers={"Cache-Control": "no-cache"})
    assert len(recording.questions) == 2


def test_an_authenticated_answer_is_private(settings: Settings, engine: InProcessEngine) -> None:
    recording = Recording(engine)
    client = over(settings, RememberingEngine(recording, 1 << 20))
    for _ in range(2):
        answer = client.get(address(), headers={"Authorization": "Bearer x"})
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "Authorization" in answer.headers["Vary"]
    assert len(recording.questions) == 2


def test_a_spreadsheet_gets_no_formula(client: FlaskClient) -> None:
    query = 'SELECT * { VALUES (?a ?b) { ("=1+1" -5) ("@x" "+49 30") ("plain" "-5.5e3") } }'
    answer = client.get(address(query, format="spreadsheet"))
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith("\ufeffa,b\r\n".encode())
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[1:] == [["'=1+1", "-5"], ["'@x", "'+49 30"], ["plain", "-5.5e3"]]
    assert client.get(address(query, format="csv")).text.splitlines()[1] == "=1+1,-5"


def test_an_answer_says_how_to_cite_it(client: FlaskClient) -> None:
    links = client.get(address()).headers["Link"]
    target = urlsplit(next(part for part in links.split(", ") if "cite-as" in part).partition(">")[0].removeprefix("<"))
    assert target.path == "/receipts"
    assert dict(parse_qsl(target.query)) == {"release": RELEASE, "query": QUERY}


def test_a_syntax_error_shows_its_place(client: FlaskClient) -> None:
    answer = client.get(address("SELECT ?x\nWHERE { ?x ?y }"))
    problem = json.loads(answer.data)
    assert answer.status_code == 400
    assert (problem["line"], problem["column"]) == (2, 16)
    assert problem["excerpt"] == "WHERE { ?x ?y }"
    assert "at line 2, column 16, in 'WHERE { ?x ?y }': something else" in problem["detail"]


def test_a_release_that_is_not_there_cannot_be_asked(client: FlaskClient) -> None:
    answer = client.get("/releases/1999/sparql?" + urlencode({"query": "ASK {}"}))
    assert answer.status_code == 404
    assert client.get(f"/releases/{RELEASE}/sparql?" + urlencode({"query": "ASK {}"})).status_code == 200
    assert client.get(f"/releases/{EARLIER}/sparql", headers={"Accept": "text/turtle"}).status_code == 200
