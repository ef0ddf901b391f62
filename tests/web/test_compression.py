"""Responses in gzip: for whoever takes it, with a tag of its own, the same in all else."""

from __future__ import annotations

import gzip

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from eclod.web.messages import compression

from .conftest import CLUSTER

DOCUMENT = f"/doc/cluster/{CLUSTER}.ttl"
QUERY = "/sparql?query=SELECT%20*%20WHERE%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D"


def ask(client: FlaskClient, path: str, encoding: str = "", method: str = "GET", **headers: str) -> TestResponse:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.open(path, method=method, headers=given | ({"Accept-Encoding": encoding} if encoding else {}))


@pytest.mark.parametrize("path", [DOCUMENT, QUERY, "/", "/static/base.css", "/releases?format=ttl"])
def test_who_takes_gzip_gets_the_same_in_fewer_bytes(client: FlaskClient, path: str) -> None:
    plain, small = ask(client, path), ask(client, path, "br, gzip;q=0.5")
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == plain.data
    assert int(small.headers["Content-Length"]) == len(small.data) < len(plain.data)
    assert "Accept-Encoding" in plain.headers["Vary"] and plain.headers["Vary"] == small.headers["Vary"]
    assert small.headers["ETag"] == plain.headers["ETag"][:-1] + '-gzip"'
    own = {"Content-Encoding", "Content-Length", "ETag", "Date"}
    assert {(n, v) for n, v in plain.headers if n not in own} == {(n, v) for n, v in small.headers if n not in own}


@pytest.mark.parametrize("path", [DOCUMENT, QUERY, "/"])
@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_head_says_what_get_says(client: FlaskClient, path: str, encoding: str) -> None:
    whole, head = ask(client, path, encoding), ask(client, path, encoding, "HEAD")
    assert head.data == b""
    assert [pair for pair in whole.headers if pair[0] != "Date"] == [pair for pair in head.headers if pair[0] != "Date"]


@pytest.mark.parametrize("path", [DOCUMENT, QUERY, "/static/base.css"])
@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_who_has_it_is_told_so_about_what_they_have(client: FlaskClient, path: str, encoding: str) -> None:
    first = ask(client, path, encoding)
    tag = first.headers["ETag"]
    again = ask(client, path, encoding, If_None_Match=f'"other", {tag}')
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers.get("Vary") == first.headers["Vary"]  # RFC 9110, section 15.4.5


@pytest.mark.parametrize("encoding", ["", "identity", "br", "gzip;q=0", "*;q=0", "zstd, deflate"])
def test_who_does_not_take_gzip_gets_it_plain(client: FlaskClient, encoding: str) -> None:
    assert "Content-Encoding" not in ask(client, DOCUMENT, encoding).headers


@pytest.mark.parametrize("encoding", ["*", "GZIP", "gzip;q=1.0, identity; q=0.5, *;q=0"])
def test_all_ways_to_ask_for_gzip(encoding: str) -> None:
    assert compression.is_wanted(encoding)


def test_parts_short_responses_and_errors_go_as_they_are(client: FlaskClient) -> None:
    part = ask(client, QUERY, "gzip", Range="bytes=0-9")
    assert (part.status_code, len(part.data), "Content-Encoding" in part.headers) == (206, 10, False)
    assert "Content-Encoding" not in ask(client, "/health/live", "gzip").headers
    assert "Content-Encoding" not in ask(client, "/doc/cluster/none", "gzip").headers


@pytest.mark.parametrize("media", ["image/png", "application/gzip", "application/vnd.apache.parquet", "font/woff2"])
def test_what_is_compressed_already_is_left_alone(media: str) -> None:
    assert not compression.is_worthwhile(media, 1 << 20)


@pytest.mark.parametrize(
    "media",
    [
        *("text/turtle; charset=utf-8", "application/ld+json", "application/sparql-results+xml"),
        *("application/n-quads", "image/svg+xml", "application/json", "text/csv"),
    ],
)
def test_text_is_compressed(media: str) -> None:
    assert compression.is_worthwhile(media, 1 << 20)
