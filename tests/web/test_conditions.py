"""Ranges and preconditions, as RFC 9110 has them, on answers, pages and files alike."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from .conftest import CLUSTER, RELEASE

QUERY = "/sparql?query=SELECT%20*%20WHERE%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D"
SAVED = "/queries/clusters-by-country.csv"
DOCUMENT = f"/doc/cluster/{CLUSTER}.ttl"


@pytest.mark.parametrize("wanted", ["rows=0-9", "bytes=abc", "bytes=0-9,20-29", "bytes=9-0", "bytes=", "bytes 0-9"])
def test_a_range_that_is_none_or_several_asks_for_everything(client: FlaskClient, wanted: str) -> None:
    whole, asked = client.get(QUERY), client.get(QUERY, headers={"Range": wanted})
    assert (asked.status_code, asked.data) == (200, whole.data)


@pytest.mark.parametrize(
    ("wanted", "part"), [("bytes=0-9", (0, 10)), ("bytes=-5", (-5, None)), ("BYTES=3-", (3, None))]
)
def test_one_range_is_a_part(client: FlaskClient, wanted: str, part: tuple[int, int | None]) -> None:
    whole, asked = client.get(QUERY), client.get(QUERY, headers={"Range": wanted})
    assert (asked.status_code, asked.data) == (206, whole.data[slice(*part)])


def test_a_range_behind_the_end_cannot_be_had(client: FlaskClient) -> None:
    asked = client.get(QUERY, headers={"Range": "bytes=99999999-"})
    assert (asked.status_code, asked.mimetype) == (416, "application/problem+json")
    assert asked.json is not None
    assert (asked.json["type"], asked.json["status"]) == ("https://w3id.org/eclod/problem/beyond-the-end", 416)
    assert "after the end" in asked.json["detail"]


@pytest.mark.parametrize("wanted", ["bytes=0-9", "bytes=99999999-"])
def test_a_range_is_of_what_is_got(client: FlaskClient, wanted: str) -> None:
    """HEAD tells the headers of the whole: GET is the only method that has ranges (section 14.2)."""
    whole, asked = client.get(QUERY), client.head(QUERY, headers={"Range": wanted})
    assert (asked.status_code, asked.content_length) == (200, len(whole.data))
    assert "Content-Range" not in asked.headers


def test_if_range_with_a_strong_tag_only(client: FlaskClient) -> None:
    tag = client.get(QUERY).headers["ETag"]
    statuses = {
        given: client.get(QUERY, headers={"Range": "bytes=0-9", "If-Range": given}).status_code
        for given in (tag, f"W/{tag}", '"other"')
    }
    assert statuses == {tag: 206, f"W/{tag}": 200, '"other"': 200}


@pytest.mark.parametrize("path", [QUERY, SAVED, f"/releases/{RELEASE}/sparql?{QUERY.partition('?')[2]}"])
def test_an_answer_says_when_its_release_was_made(client: FlaskClient, path: str) -> None:
    """CONTRACT 8, on answers: a strong tag and Last-Modified, with GET and HEAD alike."""
    for method in ("GET", "HEAD"):
        answer = client.open(path, method=method)
        assert answer.headers.getlist("Last-Modified") == ["Fri, 02 Jan 2026 03:04:05 GMT"]
        assert answer.headers["ETag"].startswith('"')


def test_what_another_moment_answers_otherwise_has_no_date(client: FlaskClient) -> None:
    """RFC 9110, section 8.8.2.1: a date only where it is consistent with what changed the answer."""
    answer = client.get("/sparql?query=SELECT%20(NOW()%20AS%20%3Fn)%20%7B%7D")
    assert answer.status_code == 200
    assert "Last-Modified" not in answer.headers


@pytest.mark.parametrize("path", [QUERY, SAVED, DOCUMENT])
@pytest.mark.parametrize("tag", [None, '"other"'])
def test_a_date_never_says_that_nothing_changed(client: FlaskClient, path: str, tag: str | None) -> None:
    """After a roll-back the release is older than the date that a client has (RFC 9110, section 13.1.3)."""
    headers = {"If-Modified-Since": "Sat, 01 Jan 2050 00:00:00 GMT"} | ({"If-None-Match": tag} if tag else {})
    assert client.get(path, headers=headers).status_code == 200


def test_a_date_asks_for_no_range(client: FlaskClient) -> None:
    """All answers of a release have the same date, so it is no strong validator (RFC 9110, section 13.1.5)."""
    whole = client.get(QUERY)
    for date in (whole.headers["Last-Modified"], "Sat, 01 Jan 2050 00:00:00 GMT"):
        answer = client.get(QUERY, headers={"Range": "bytes=0-9", "If-Range": date})
        assert (answer.status_code, answer.data) == (200, whole.data)


@pytest.mark.parametrize("path", [QUERY, DOCUMENT, "/"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_if_match_wants_what_is_there(client: FlaskClient, path: str, method: str) -> None:
    tag = client.get(path).headers["ETag"]
    small = client.get(path, headers={"Accept-Encoding": "gzip"}).headers["ETag"]
    statuses = [
        client.open(path, method=method, headers={"If-Match": given}).status_code
        for given in (tag, small, "*", f'"a", {tag}', '"other"', f"W/{tag}")
    ]
    assert statuses == [200, 200, 200, 200, 412, 412]


def test_a_failed_precondition_is_said_in_words(client: FlaskClient) -> None:
    answer = client.get(DOCUMENT, headers={"If-Match": '"other"'})
    assert answer.json is not None
    assert (answer.json["status"], answer.json["type"]) == (412, "https://w3id.org/eclod/problem/not-as-wanted")
    assert "get it again" in answer.json["detail"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("since", "status"), [("Sat, 01 Jan 2000 00:00:00 GMT", 412), ("Sat, 01 Jan 2050 00:00:00 GMT", 200)]
)
def test_if_unmodified_since_looks_at_the_release(client: FlaskClient, since: str, status: int) -> None:
    assert client.get(DOCUMENT, headers={"If-Unmodified-Since": since}).status_code == status
