"""A service of two releases, and receipts of what it answers."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from tests.web.conftest import EARLIER, RELEASE, Client, FoundEverywhere, dataset, write_release

from eclod.core.errors import EclodError
from eclod.core.settings import Settings
from eclod.store.engine import Answer, Question
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app

PAGE = {"Accept": "text/html"}
THINGS = "SELECT ?s ?o { ?s <urn:p> ?o } ORDER BY ?s ?o"
BLANK = "CONSTRUCT { ?s <urn:is> [ <urn:of> ?o ] } { ?s <urn:p> ?o }"
ASK = "ASK { <urn:s2> ?p ?o }"
LONG = "SELECT ?x { VALUES ?x { " + " ".join(f"<urn:x:{number}>" for number in range(300)) + " } }"
HOSTILE = 'SELECT ("}{\\\\ %$#&_~^<>|@ \\" </code><script>alert(1)</script>" AS ?x) { BIND("{{{ \' é ☃ %" AS ?y) }'


class Both:
    """An engine with both releases, of which one is current; it can be told to fail."""

    def __init__(self) -> None:
        later, before = dataset(), ox.Store()
        for number in range(3):
            later.update(f'INSERT DATA {{ <urn:s{number}> <urn:p> {number}, "{number}"@en }}')
            before.update(f"INSERT DATA {{ <urn:s{number % 2}> <urn:p> {number} }}")
        self.engines = {RELEASE: InProcessEngine(later, RELEASE), EARLIER: InProcessEngine(before, EARLIER)}
        self.release = EARLIER
        self.asked: list[Question] = []
        self.error: EclodError | None = None

    def ask(self, question: Question) -> Answer:
        if self.error is not None:
            raise self.error
        self.asked.append(question)
        return self.engines[question.release or self.release].ask(question)


@pytest.fixture
def both() -> Both:
    return Both()


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    found = Releases(tmp_path)
    write_release(found, EARLIER, None, "2025-12-31T00:00:00+00:00")
    write_release(found, RELEASE, EARLIER, "2026-01-02T03:04:05+00:00")
    found.switch(EARLIER)
    return found


@pytest.fixture
def client(both: Both, releases: Releases) -> FlaskClient:
    app = create_app(Settings(data=releases.data, query_kb=64), both, releases, FoundEverywhere())
    return Client(app, app.response_class)


def cite(client: FlaskClient, address: str, **fields: str) -> str:
    """Return where the answer at an address says that it gets its receipt; "" when it does not."""
    answer = client.get(address, query_string=fields or None)
    assert answer.status_code == 200, answer.text
    found = re.search(r'<([^>]*)>; rel="cite-as"', answer.headers.get("Link", ""))
    return found[1] if found else ""


def receipt(client: FlaskClient, query: str, **fields: str) -> str:
    """Return the address of the receipt of a query."""
    made = client.get("/receipts", query_string={"query": query, **fields})
    assert made.status_code == 303, made.text
    return str(made.headers["Location"])
