"""Clients that ask too much at a time: 429 says when to come back, and whoever does so gets the answer."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from SPARQLWrapper import JSON
from SPARQLWrapper import SPARQLWrapper as Client
from tests.test_service import Service, start, stop

from eclod.core.settings import Settings

from .conftest import COUNT, CROSS_JOIN

AT_ONCE, LINE_SECONDS, BUDGET = 2, 1, 4


@pytest.fixture(scope="module")
def strict(starting_settings: Settings) -> Iterator[Service]:
    """Return a service where a client has few queries at the same time."""
    service = start(
        starting_settings.data,
        ECLOD_EXECUTORS="2",
        ECLOD_CLIENT_QUERIES=str(AT_ONCE),
        ECLOD_QUEUE_SECONDS=str(LINE_SECONDS),
        ECLOD_QUERY_SECONDS=str(BUDGET),
    )
    yield service
    stop(service)


def with_urllib(endpoint: str, query: str) -> bytes:
    with urllib.request.urlopen(f"{endpoint}?{urlencode({'query': query})}", timeout=30) as answer:
        return bytes(answer.read())


def with_sparqlwrapper(endpoint: str, query: str) -> bytes:
    client = Client(endpoint, returnFormat=JSON)
    client.setQuery(query)
    return bytes(client.query().response.read())


def patiently(ask: Callable[[], bytes]) -> tuple[bytes, list[int]]:
    """Return an answer, asked for again as often as the service says when, and the seconds waited each time."""
    waited: list[int] = []
    while len(waited) < 10:
        try:
            return ask(), waited
        except urllib.error.HTTPError as error:
            with error:
                assert error.code == 429, error.read()
                assert b"too-many-requests" in error.read()
                waited.append(int(error.headers["Retry-After"]))
        time.sleep(waited[-1])
    raise AssertionError(f"refused {len(waited)} times")


@pytest.mark.parametrize("ask", [with_urllib, with_sparqlwrapper])
def test_a_client_that_follows_retry_after_gets_its_answer(strict: Service, ask: Callable[[str, str], bytes]) -> None:
    endpoint = f"{strict.base}/sparql"
    query = f"# {ask.__name__}\n{COUNT}"  # not what the service remembers from before
    with ThreadPoolExecutor(AT_ONCE) as others:
        long = [others.submit(strict.ask, f"# {number}\n{CROSS_JOIN}") for number in range(AT_ONCE)]
        time.sleep(0.5)
        answer, waited = patiently(lambda: ask(endpoint, query))
        # One runs to the end of its budget; the other waits for the one place that this client has, and for too long.
        assert sorted(each.result()[0] for each in long) == [429, 503]
    assert 1 <= len(waited) <= BUDGET / LINE_SECONDS + 1
    assert set(waited) == {LINE_SECONDS}
    assert b'"clusters"' in answer
