"""Receipts as pages and files: negotiated, compared with today, asked again."""

from __future__ import annotations

import shutil

import pytest
from flask.testing import FlaskClient
from tests.web.conftest import BASE, EARLIER, RELEASE

from eclod.core.errors import OverBudget, TooBusy
from eclod.store.releases import Releases

from .conftest import ASK, PAGE, THINGS, Both, cite, receipt


def test_there_is_a_page_about_receipts(client: FlaskClient) -> None:
    page = client.get("/receipts", headers=PAGE)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert '<form class="query" action="/receipts" method="post">' in page.text
    assert page.text.count("<option") == 3
    assert f'<option value="{RELEASE}">' in page.text
    assert 'name="robots" content="noindex"' in page.text
    assert client.get("/receipts", headers={"If-None-Match": page.headers["ETag"]}).status_code == 304
    assert client.get("/receipts", headers={"Accept": "text/turtle"}).status_code == 406


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("html", "text/html"),
        ("json", "application/json"),
        ("bib", "application/x-bibtex"),
        ("csl", "application/vnd.citationstyles.csl+json"),
    ],
)
def test_a_receipt_is_negotiated(client: FlaskClient, name: str, media_type: str) -> None:
    address = receipt(client, THINGS)
    ways = [
        client.get(f"{address}.{name}"),
        client.get(f"{address}?format={name}"),
        client.get(address, headers={"Accept": media_type}),
    ]
    for answer in ways:
        assert (answer.status_code, answer.mimetype) == (200, media_type)
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Eclod-Release"] == EARLIER
        assert answer.headers["Vary"].startswith("Accept, Accept-Language")
        assert answer.headers["Content-Location"] == f"{address}.{name}"
        assert f'<{BASE}{address}>; rel="canonical"' in answer.headers["Link"]
        assert answer.headers["Link"].count('rel="alternate"') == 3
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert not answer.headers["ETag"].startswith("W/")
    assert len({answer.data for answer in ways}) == 1
    head = client.head(f"{address}.{name}")
    assert (head.data, head.headers["Content-Length"]) == (b"", str(len(ways[0].data)))
    again = client.get(f"{address}.{name}", headers={"If-None-Match": ways[0].headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_receipt_that_is_not_so_or_not_there(client: FlaskClient) -> None:
    address = receipt(client, THINGS)
    name = address.rpartition("/")[2]
    assert client.get(address, headers={"Accept": "text/turtle"}).status_code == 406
    assert client.get(f"{address}.ttl").status_code == 404
    assert client.get(f"{address}?format=ttl").status_code == 400
    moved = client.get(f"/receipts/{name[:5].upper()}-{name[5:]}.bib")
    assert (moved.status_code, moved.headers["Location"]) == (301, f"{address}.bib")
    other = "0" if name[0] != "0" else "1"
    assert client.get(f"/receipts/{other}{name[1:]}").get_json()["title"] == "The identifier is misspelt"
    missing = client.get("/receipts/0000000000" + "1")
    assert missing.status_code in (400, 404)
    assert client.post(address).status_code == 405


def test_today_is_compared_once_for_each_release(client: FlaskClient, both: Both) -> None:
    changed, same = receipt(client, THINGS), receipt(client, "SELECT (1 AS ?one) {}")
    assert client.get(f"{changed}.json").get_json()["today"] is None
    assert "is the one that is served today" in client.get(changed).text
    both.release = RELEASE
    both.asked.clear()
    for _ in range(3):
        today = client.get(f"{changed}.json").get_json()["today"]
        page = client.get(changed)
    assert len(both.asked) == 1
    assert both.asked[0].asker is not None  # the limits on each client hold
    assert (today["release"], today["same"], today["rows"]) == (RELEASE, False, 6)
    assert "Today’s answer differs: it is that of release " + RELEASE in page.text
    assert "It is 6 rows, and was 3 rows." in page.text
    assert client.get(f"{same}.json").get_json()["today"]["same"] is True
    assert "Today’s answer is the same" in client.get(same).text


def test_today_may_not_be_known(client: FlaskClient, both: Both) -> None:
    address = receipt(client, THINGS)
    both.release = RELEASE
    both.error = TooBusy("All executors are busy; try again in a moment.", retry_after=1)
    for answer in (client.get(address), client.get(f"{address}.json")):
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert "ETag" not in answer.headers
        assert "All executors are busy" in answer.text
    both.error = OverBudget("The query was stopped after its budget of 10 seconds.")
    assert client.get(f"{address}.json").get_json()["today"] == {
        "release": RELEASE,
        "same": None,
        "problem": "The query was stopped after its budget of 10 seconds.",
    }
    assert client.get(f"{address}.bib").status_code == 200


def test_a_replay_says_whether_the_answer_is_the_same(client: FlaskClient, both: Both) -> None:
    address = receipt(client, THINGS)
    both.asked.clear()
    replayed = client.get(f"{address}?replay=true", headers=PAGE)
    assert (replayed.headers["Cache-Control"], "ETag" in replayed.headers) == ("no-store", False)
    assert "the release gives the same answer, with the same hash" in replayed.text
    assert [(q.release, q.fresh, q.fixed_order) for q in both.asked] == [(EARLIER, True, True)]
    both.engines[EARLIER]._store.update("DELETE DATA { <urn:s0> <urn:p> 0 }")  # which never happens
    assert "the release does not give the same answer" in client.get(f"{address}?replay=true").text
    facts = client.get(f"{address}.json?replay=true").get_json()
    assert (facts["replay"]["same"], facts["replay"]["rows"], facts["answer"]["rows"]) == (False, 2, 3)
    both.error = TooBusy("All executors are busy; try again in a moment.", retry_after=1)
    assert client.get(f"{address}?replay=true").status_code == 503


def test_a_receipt_outlives_its_release(client: FlaskClient, both: Both, releases: Releases) -> None:
    link = cite(client, "/sparql", query=THINGS)
    address = client.get(link).headers["Location"]
    before = client.get(address)
    both.release = RELEASE
    releases.switch(RELEASE)
    shutil.rmtree(releases.root / EARLIER)
    page = client.get(address, headers={"If-None-Match": before.headers["ETag"]})
    assert page.status_code == 200
    assert "The release is no longer kept here" in page.text
    assert "replay=true" not in page.text
    assert "/sparql?query" not in page.text
    facts = client.get(f"{address}.json?replay=true").get_json()
    assert (facts["release"]["kept"], facts["release"]["id"], facts["answer"]["files"]) == (False, EARLIER, {})
    assert facts["replay"] == {
        "release": EARLIER,
        "same": None,
        "problem": "The release is no longer kept here, so it cannot be asked again.",
    }
    assert facts["today"]["same"] is False
    assert client.get(link).headers["Location"] == address
    assert client.get("/receipts", query_string={"query": ASK, "release": EARLIER}).status_code == 404
