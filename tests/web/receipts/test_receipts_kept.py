"""Receipts and room for them: what is put down when a query is asked, and what when there is none."""

from __future__ import annotations

import html
import re

from flask.testing import FlaskClient
from tests.web.conftest import EARLIER, RELEASE, Client, FoundEverywhere
from werkzeug.test import TestResponse

from eclod.core.settings import Settings
from eclod.store.receipts import Receipts
from eclod.store.releases import Releases
from eclod.web.app import create_app

from .conftest import LONG, PAGE, THINGS, Both, receipt


def test_one_client_gets_so_many_new_receipts_a_day(client: FlaskClient, releases: Releases) -> None:
    def made(number: int, **client_at: str) -> TestResponse:
        query = f"ASK {{ ?s ?p '{number}{'x' * 60_000}' }}"
        return client.post("/receipts", data={"query": query}, environ_overrides=client_at)

    answers = [made(number) for number in range(20)]
    assert [answer.status_code for answer in answers] == [303] * 17 + [429] * 3
    refused = answers[-1]
    assert 86_000 < int(refused.headers["Retry-After"]) <= 86_400
    assert "used up what one may have of new receipts here in 24 hours" in refused.get_json()["detail"]
    assert made(0).headers["Location"] == answers[0].headers["Location"]  # known ones cost nothing
    assert made(19, REMOTE_ADDR="198.51.100.9").status_code == 303
    assert (releases.data / "receipts.sqlite").stat().st_size < 2 << 20


def test_a_long_query_is_put_down_when_it_is_answered(client: FlaskClient, both: Both, releases: Releases) -> None:
    def post(**headers: str) -> str:
        return str(client.post("/sparql", data={"query": LONG}, headers=headers).headers.get("Link", ""))

    assert post(Authorization="Bearer x") == post(**{"Cache-Control": "no-store"}) == ""
    assert not (releases.data / "receipts.sqlite").exists()
    link = re.search(r"<(/receipts/\w+)>; rel=\"cite-as\"", post())
    assert link is not None
    assert post() == link[0]
    both.release = RELEASE  # what was asked was the release before
    page = client.get(link[1], headers=PAGE)
    assert page.status_code == 200
    facts = client.get(f"{link[1]}.json").get_json()
    assert (facts["release"]["id"], facts["answer"]["rows"], facts["request"]["query"]) == (EARLIER, 300, LONG)
    assert receipt(client, LONG, release=EARLIER) == link[1]
    form = re.search(r'<form class="query-bar" action="([^"]*)" method="post">', page.text)
    assert form is not None
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
    assert (
        client.post(
            form[1], data={**{name: html.unescape(value) for name, value in hidden}, "format": "csv"}
        ).text.count("urn:x:")
        == 300
    )


def test_answers_do_not_fail_for_want_of_receipts(client: FlaskClient, releases: Releases) -> None:
    (releases.data / "receipts.sqlite").mkdir()
    answer = client.post("/sparql", data={"query": LONG})
    assert (answer.status_code, "cite-as" in answer.headers.get("Link", "")) == (200, False)
    refused = client.get("/receipts", query_string={"query": THINGS})
    assert refused.status_code == 503
    assert "Retry-After" in refused.headers
    assert str(releases.data) not in refused.text
    page = client.post("/receipts", data={"query": THINGS}, headers=PAGE)
    assert (page.status_code, page.mimetype) == (503, "text/html")


def test_a_full_store_says_so(both: Both, releases: Releases) -> None:
    app = create_app(Settings(data=releases.data), both, releases, FoundEverywhere())
    app.extensions["eclod"].receipts = Receipts(releases.data / "receipts.sqlite", 60_000)
    client = Client(app, app.response_class)
    answers = [
        client.get("/receipts", query_string={"query": f"ASK {{ ?s ?p '{number}" + "x" * 1500 + "' }"})
        for number in range(40)
    ]
    statuses = [answer.status_code for answer in answers]
    assert statuses == sorted(statuses)
    assert set(statuses) == {303, 503}
    assert "no room for another receipt" in answers[-1].get_json()["detail"]
    assert client.get(answers[0].headers["Location"]).status_code == 200
    assert client.get("/sparql", query_string={"query": THINGS}).status_code == 200


def test_nothing_of_the_client_is_kept_or_repeated(client: FlaskClient, releases: Releases) -> None:
    secrets = {
        "User-Agent": "Unmistakable/1.0",
        "Referer": "https://referer.example/",
        "X-Forwarded-For": "203.0.113.7",
        "Cookie": "a=secret",
    }
    made = client.get(
        "/receipts", query_string={"query": THINGS}, headers=secrets, environ_overrides={"REMOTE_ADDR": "198.51.100.9"}
    )
    page = client.get(made.headers["Location"], headers=secrets)
    kept = (releases.data / "receipts.sqlite").read_bytes()
    for secret in (*secrets.values(), "198.51.100.9"):
        assert secret.encode() not in kept
        assert secret not in page.text + made.text + str(made.headers)
