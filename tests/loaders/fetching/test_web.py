"""Files from the web: fetched again only when they changed, and never more, longer or other than is good."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest

from eclod.core.errors import BadInput
from eclod_loaders.fetching.copies import Copies
from eclod_loaders.fetching.patience import retry_after
from eclod_loaders.fetching.web import Bounds, Web

from .conftest import Asked, Said, Server

TABLE = b"id,name\n1,A\n"


@pytest.fixture
def copies(tmp_path: Path) -> Copies:
    return Copies(tmp_path / "downloads", Web(Bounds(size=10_000, seconds=5.0), sleep=lambda _: None))


def test_a_file_is_fetched_once_and_then_only_when_it_changed(server: Server, copies: Copies) -> None:
    def speak(asked: Asked) -> Said:
        if asked.headers.get("if-none-match") == '"one"':
            return Said(status=304, headers={"ETag": '"one"'})
        return Said(TABLE, headers={"ETag": '"one"', "Last-Modified": "Mon, 02 Nov 2026 08:00:00 GMT"})

    server.speakers["/rows.csv"] = speak
    first = copies.fetch(server.url("/rows.csv"))
    assert first.read_bytes() == TABLE
    assert first.name.endswith("-rows.csv")
    assert copies.fetch(server.url("/rows.csv")) == first
    assert server.asked[1].headers["if-modified-since"] == "Mon, 02 Nov 2026 08:00:00 GMT"
    assert server.asked[0].headers["user-agent"].startswith("eclod/")
    server.say("/rows.csv", TABLE + b"2,B\n", ETag='"two"')
    assert copies.fetch(server.url("/rows.csv")).read_bytes() == TABLE + b"2,B\n"


def test_validators_go_when_the_copy_is_gone(server: Server, copies: Copies) -> None:
    server.say("/rows.csv", TABLE, ETag='"one"')
    copies.fetch(server.url("/rows.csv")).unlink()
    assert copies.fetch(server.url("/rows.csv")).read_bytes() == TABLE
    assert "if-none-match" not in server.asked[1].headers


def test_two_addresses_never_share_a_copy(server: Server, copies: Copies) -> None:
    server.say("/a", TABLE, Content_Type="text/csv")
    server.say("/b/a", TABLE, Content_Type="text/turtle; charset=utf-8")
    one, two = copies.fetch(server.url("/a")), copies.fetch(server.url("/b/a"))
    assert one != two
    assert (one.suffix, two.suffix) == (".csv", ".ttl")


def test_what_is_packed_is_unpacked(server: Server, copies: Copies) -> None:
    server.say("/rows.csv", gzip.compress(TABLE), Content_Encoding="gzip")
    assert copies.fetch(server.url("/rows.csv")).read_bytes() == TABLE


def test_a_busy_server_is_asked_again(server: Server, tmp_path: Path) -> None:
    waits: list[float] = []
    answers = [Said(status=503, headers={"Retry-After": "7"}), Said(status=429), Said(status=425), Said(TABLE)]
    server.speakers["/rows.csv"] = lambda asked: answers.pop(0)
    copies = Copies(tmp_path, Web(sleep=waits.append))
    assert copies.fetch(server.url("/rows.csv")).read_bytes() == TABLE
    assert waits == [7.0, 2.0, 4.0]


def test_a_server_that_stays_busy_is_left_alone(server: Server, tmp_path: Path) -> None:
    waits: list[float] = []
    server.say("/rows.csv", b"", 503)
    with pytest.raises(BadInput, match=r"answers 503 .*try again later"):
        Copies(tmp_path, Web(sleep=waits.append)).fetch(server.url("/rows.csv"))
    assert (len(server.asked), waits) == (5, [1.0, 2.0, 4.0, 8.0])
    server.say("/rows.csv", b"", 429, Retry_After="86400")
    with pytest.raises(BadInput, match="answers 429"):
        Copies(tmp_path, Web(sleep=waits.append)).fetch(server.url("/rows.csv"))
    assert len(server.asked) == 6


def test_retry_after_is_seconds_or_a_date() -> None:
    assert retry_after("120") == 120.0
    assert retry_after("Fri, 01 Jan 1999 00:00:00 GMT") == 0.0
    assert retry_after("soon") is None
    assert retry_after(None) is None


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (Said(b"x" * 20_000), "gives more than 10,000 bytes"),
        (Said(gzip.compress(b"x" * 50_000_000), headers={"Content-Encoding": "gzip"}), "gives more than 10,000 bytes"),
        (Said(gzip.compress(TABLE)[:-6], headers={"Content-Encoding": "gzip"}), "broke off"),
        (Said(b"no gzip", headers={"Content-Encoding": "gzip"}), "cannot be fetched"),
        (Said(TABLE, headers={"Content-Length": "900", "Connection": "close"}), "cannot be fetched"),
        (Said(status=302, headers={"Location": "/rows.csv"}), "cannot be fetched"),
        (Said(status=302, headers={"Location": "file:///etc/passwd"}), "cannot be fetched"),
        (Said(status=404), "it answers 404"),
        (Said(status=304), "it answers 304"),
        (
            Said(b"\n<!DOCTYPE html><html><head><title>Sign in</title>", headers={"Content-Type": "text/csv"}),
            "gives a web page called 'Sign in' and not the file",
        ),
    ],
)
def test_what_is_no_good_is_refused_and_leaves_nothing(
    server: Server, copies: Copies, said: Said, sentence: str
) -> None:
    server.speakers["/rows.csv"] = lambda asked: said
    with pytest.raises(BadInput) as raised:
        copies.fetch(server.url("/rows.csv"))
    assert sentence in raised.value.message
    assert server.url("/rows.csv") in raised.value.message
    assert list(copies.make().iterdir()) == []


def test_redirects_that_never_end_are_left(server: Server, copies: Copies) -> None:
    for number in range(50):
        server.say(f"/{number}", b"", 302, Location=f"/{number + 1}")
    with pytest.raises(BadInput, match="cannot be fetched"):
        copies.fetch(server.url("/0"))
    assert len(server.asked) < 10


def test_a_slow_server_is_given_up(server: Server, tmp_path: Path) -> None:
    def slow(asked: Asked) -> Said:
        time.sleep(2)
        return Said(TABLE)

    server.speakers["/rows.csv"] = slow
    started = time.monotonic()
    with pytest.raises(BadInput, match="takes too long"):
        Copies(tmp_path, Web(Bounds(seconds=0.3))).fetch(server.url("/rows.csv"))
    assert time.monotonic() - started < 1.5


def test_a_failure_leaves_the_older_copy(server: Server, copies: Copies) -> None:
    server.say("/rows.csv", TABLE)
    path = copies.fetch(server.url("/rows.csv"))
    server.say("/rows.csv", "<html><title>Moved</title></html>")
    with pytest.raises(BadInput, match="web page called 'Moved'"):
        copies.fetch(server.url("/rows.csv"))
    assert path.read_bytes() == TABLE
