"""What only a running server shows: hanging up, too many at once, answers that stream, bytes nobody should send."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote_plus, urlencode, urlsplit

import pytest
from tests.test_service import Service, start, stop

from eclod.core.settings import Settings
from eclod.store.manifest import Manifest

CROSS_JOIN = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
STREAMING = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(STRLEN(CONCAT(STR(?a), STR(?d))) < 0) }"
LARGE = "SELECT ?s ?p ?o WHERE { ?s ?p ?o } LIMIT 40000"
ELSEWHERE = "127.0.0.2"


@pytest.fixture(scope="module")
def service(starting_settings: Settings) -> Iterator[Service]:
    service = start(
        starting_settings.data,
        ECLOD_QUERY_SECONDS="8",
        ECLOD_EXECUTORS="3",
        ECLOD_CLIENT_QUERIES="6",
        ECLOD_QUEUE_SECONDS="1",
        ECLOD_RESULT_ROWS="50000",
    )
    yield service
    stop(service)


def connection(service: Service, source: str = "127.0.0.1") -> http.client.HTTPConnection:
    address = urlsplit(service.base)
    return http.client.HTTPConnection(address.hostname or "", address.port, timeout=60, source_address=(source, 0))


def ask(
    service: Service, query: str, source: str = "127.0.0.1", **fields: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    link = connection(service, source)
    try:
        link.request("GET", "/sparql?" + urlencode({"query": query} | fields))
        answer = link.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        link.close()


def hosts(service: Service) -> list[int]:
    """Return the processes below the service that are executors: those without children that run the host's code."""
    found = []
    for pid in service.family():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            continue
        if b"eclod.store.host" in command and not children:
            found.append(pid)
    return found


def busy(service: Service) -> int:
    """Return how many executors use the processor."""

    def used(pid: int) -> int:
        try:
            return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
        except OSError:
            return 0

    before = {pid: used(pid) for pid in hosts(service)}
    time.sleep(1)  # one that works long is behind all others, and gets a tenth of a processor that has more to do
    return sum(used(pid) - ticks > 2 for pid, ticks in before.items())


def test_a_client_that_hangs_up_frees_its_executor(service: Service) -> None:
    address = urlsplit(service.base)
    for query in (CROSS_JOIN, STREAMING):
        with socket.create_connection((address.hostname, address.port)) as link:
            link.sendall(f"GET /sparql?query={quote_plus(query)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            time.sleep(1)
            assert busy(service) == 1
        deadline = time.monotonic() + 5  # before its budget is over
        while busy(service):
            assert time.monotonic() < deadline


def test_fifty_at_once_are_too_many_for_one_client_and_do_not_touch_another(service: Service) -> None:
    waits: list[float] = []
    done = threading.Event()

    def modest() -> None:
        number = 0
        while not done.is_set():
            number += 1
            started = time.monotonic()
            assert ask(service, f"ASK {{ <urn:{number}> ?p ?o }}", ELSEWHERE)[0] == 200
            waits.append(time.monotonic() - started)

    other = threading.Thread(target=modest)
    other.start()
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda _: ask(service, CROSS_JOIN), range(50)))
    done.set()
    other.join()
    statuses = Counter(status for status, _, _ in answers)
    assert statuses[429] >= 44
    assert statuses[429] + statuses[503] == 50
    refused = next((headers, body) for status, headers, body in answers if status == 429)
    assert refused[0]["Retry-After"] == "1"
    assert json.loads(refused[1])["parallel_queries"] == 6
    assert refused[0]["Access-Control-Allow-Origin"] == "*"
    assert len(waits) > 20


def test_a_large_answer_comes_whole_and_in_parts(service: Service) -> None:
    status, headers, whole = ask(service, LARGE, format="json")
    assert (status, int(headers["Content-Length"])) == (200, len(whole))
    assert len(json.loads(whole)["results"]["bindings"]) == 40_000
    link = connection(service)
    link.request("HEAD", "/sparql?" + urlencode({"query": LARGE, "format": "json"}))
    head = link.getresponse()
    assert (head.status, head.read(), head.headers["Content-Length"]) == (200, b"", str(len(whole)))
    assert head.headers["ETag"] == headers["ETag"]
    link.request(
        "GET", "/sparql?" + urlencode({"query": LARGE, "format": "json"}), headers={"Range": "bytes=1000000-1999999"}
    )
    part = link.getresponse()
    assert (part.status, part.read()) == (206, whole[1_000_000:2_000_000])
    link.close()


def test_more_rows_than_allowed_are_cut_and_said_so(service: Service) -> None:
    status, headers, body = ask(service, "SELECT * { ?s ?p ?o }", format="csv")
    assert (status, headers["Eclod-Truncated"]) == (200, "rows=50000; limit=50000")
    assert b"# cut after 50000 rows" in body[-300:]


def test_what_was_answered_is_at_hand_for_the_next(service: Service, starting_release: Manifest) -> None:
    query = "SELECT (COUNT(*) AS ?n) { ?s a ?class }"
    first, again = ask(service, query), ask(service, query, ELSEWHERE)
    assert first[2] == again[2]
    assert again[1]["Cache-Status"] == "eclod; hit"
    assert {name: value for name, value in first[1].items() if name.lower() not in ("date", "cache-status")} == {
        name: value for name, value in again[1].items() if name.lower() not in ("date", "cache-status")
    }
    link = connection(service)
    link.request("GET", "/sparql?" + urlencode({"query": query}), headers={"If-None-Match": str(first[1]["ETag"])})
    unchanged = link.getresponse()
    assert (unchanged.status, unchanged.read()) == (304, b"")
    assert unchanged.headers["Eclod-Release"] == starting_release.id
    link.request("GET", "/sparql?" + urlencode({"query": query}), headers={"Authorization": "Bearer x"})
    private = link.getresponse()
    assert private.read() == first[2]
    assert private.headers["Cache-Control"] == "private, no-store"
    link.close()


@pytest.mark.parametrize("longer", [0, 2000], ids=["on the event loop", "in the application"])
@pytest.mark.parametrize("function", ["RAND()", "NOW()", "STRUUID()"])
def test_what_another_moment_answers_otherwise_is_computed_each_time(
    service: Service, function: str, longer: int
) -> None:
    """Neither memory gives it again: an hour would stand still in NOW(), and a SERVICE that failed stay empty."""
    query = f"SELECT ({function} AS ?x) {{}} #" + "-" * longer
    answers = [ask(service, query, format="csv") for _ in range(3)]
    assert [status for status, _, _ in answers] == [200] * 3
    assert len({body for _, _, body in answers}) == 3
    assert {headers["Cache-Status"] for _, headers, _ in answers} == {"eclod; fwd=miss"}


def test_a_release_is_asked_by_its_name(service: Service, starting_release: Manifest) -> None:
    link = connection(service)
    link.request("GET", f"/releases/{starting_release.id}/sparql?" + urlencode({"query": "ASK { ?s ?p ?o }"}))
    answer = link.getresponse()
    assert (answer.status, answer.headers["Eclod-Release"]) == (200, starting_release.id)
    answer.read()
    link.close()


def raw(service: Service, request: bytes, patience: float = 20) -> bytes:
    address = urlsplit(service.base)
    with socket.create_connection((address.hostname, address.port), timeout=patience) as link:
        link.sendall(request)
        received = b""
        while chunk := link.recv(1 << 16):
            received += chunk
            if b"Connection: close" not in request and b"\r\n\r\n" in received:
                break
        return received


@pytest.mark.parametrize(
    ("request_line", "headers", "body", "statuses"),
    [
        (b"GET /sparql?query=ASK%20%7B%7D HTTP/1.1", b"", b"", {200}),
        ("GET /sparql?query=ASK%20{FILTER('é'='%C3%A9')} HTTP/1.1".encode(), b"", b"", {200, 400}),
        (b"GET /sparql?query=%FF%FE HTTP/1.1", b"", b"", {400}),
        (b"GET /%FF%FE/x HTTP/1.1", b"", b"", {400, 404}),
        (b"GET //sparql HTTP/1.1", b"", b"", {200, 404}),
        (b"GET /sparql?query=ASK%20%7B%7D HTTP/1.1", b"X-Bytes: \xff\xfe\xe9\r\n", b"", {200, 400}),
        (b"GET /sparql?query=ASK%20%7B%7D HTTP/1.1", b"Accept: \xff/\xe9\r\n", b"", {200, 400, 406}),
        (b"GET /sparql?query=ASK%20%7B%7D HTTP/1.1", b"Accept: text/csv\r\nAccept: text/turtle;q=0.1\r\n", b"", {200}),
        (
            b"POST /sparql HTTP/1.1",
            b"Content-Type: application/sparql-query\r\nContent-Length: 6\r\n",
            b"ASK {}",
            {200},
        ),
        (
            b"POST /sparql HTTP/1.1",
            b"Content-Type: application/sparql-query\r\nTransfer-Encoding: chunked\r\n",
            b"3\r\nASK\r\n3\r\n {}\r\n0\r\n\r\n",
            {200},
        ),
        (
            b"POST /sparql HTTP/1.1",
            b"Content-Type: application/sparql-query\r\nContent-Length: 99999999999\r\n",
            b"A",
            {413},
        ),
        (b"DELETE /sparql HTTP/1.1", b"", b"", {405}),
        (b"BREW /sparql HTTP/1.1", b"", b"", {405, 501}),
        (b"OPTIONS * HTTP/1.1", b"", b"", {200, 204, 400, 404}),
    ],
)
def test_bytes_on_the_wire(
    service: Service, request_line: bytes, headers: bytes, body: bytes, statuses: set[int]
) -> None:
    received = raw(service, request_line + b"\r\nHost: x\r\nConnection: close\r\n" + headers + b"\r\n" + body)
    assert int(received.split(b" ", 2)[1]) in statuses
    assert b"Traceback" not in received


def test_a_body_that_stops_arriving_is_not_waited_for_without_end(service: Service) -> None:
    head = (
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 2000000\r\n\r\n"
    )
    received = raw(service, head + b"ASK", patience=40)
    assert received.split(b" ", 2)[1] == b"408"
    assert b"send it again" in received


def test_a_long_query_comes_in_pieces(service: Service) -> None:
    query = "ASK {}" + " " * 1_000_000
    encoded = urlencode({"query": query, "more": "x" * 300_000})
    link = connection(service)
    link.request("POST", "/sparql", encoded, {"Content-Type": "application/x-www-form-urlencoded"})
    assert link.getresponse().read() == b'{"head":{},"boolean":true}'
    link.request("POST", "/sparql", "query=" + "x" * 1_100_000, {"Content-Type": "application/x-www-form-urlencoded"})
    refused = link.getresponse()
    assert refused.status == 413
    assert b"1024 KiB" in refused.read()
    link.close()
