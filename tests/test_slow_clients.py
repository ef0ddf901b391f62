"""Clients that are slow, or only seem to be there, cost those who are quick nothing."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from tests.test_service import Service, start, stop
from tests.test_serving import ask, connection

from eclod.core.settings import Settings

#: 20 MB as JSON.
LARGE = "SELECT ?s ?p ?o WHERE { ?s ?p ?o } LIMIT 100000"
MIB = 1 << 20


@pytest.fixture(scope="module")
def service(starting_settings: Settings) -> Iterator[Service]:
    service = start(starting_settings.data, ECLOD_WEB_THREADS="4", ECLOD_QUEUE="4")
    yield service
    stop(service)


@contextmanager
def connections(service: Service, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """Open connections over which so much is sent, and nothing is read."""
    address = urlsplit(service.base)
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(count):
            link = socket.socket()
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stack.enter_context(link)
            link.connect((address.hostname, address.port))
            link.sendall(sent)
            opened.append(link)
        yield opened


def seconds_for_a_page(service: Service) -> float:
    """Return how long a page takes that no cache has."""
    started = time.monotonic()
    link = connection(service, "127.0.0.3")
    link.request("GET", f"/releases?at={started}")
    assert link.getresponse().status == 200
    link.close()
    return time.monotonic() - started


def web_memory(service: Service) -> int:
    """Return the bytes that the processes of the web server have for themselves."""
    total = 0
    for pid in service.family():
        if b"granian" in Path(f"/proc/{pid}/cmdline").read_bytes():
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Private_Dirty:"))
    return total


def test_connections_nobody_asks_over_keep_nobody_out(service: Service) -> None:
    with connections(service, 600, b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: "):
        assert seconds_for_a_page(service) < 10
        assert ask(service, "ASK {}")[0] == 200


def test_bodies_that_trickle_take_no_thread(service: Service) -> None:
    head = (
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 2000000\r\n\r\n"
    )
    stopped = threading.Event()

    def trickle(links: list[socket.socket]) -> None:
        while not stopped.wait(0.5):
            for link in links:
                with contextlib.suppress(OSError):
                    link.send(b" ")

    with connections(service, 40, head + b"ASK") as links:
        drip = threading.Thread(target=trickle, args=(links,))
        drip.start()
        try:
            assert seconds_for_a_page(service) < 10
            # However little arrives again and again: a body has a time by which it is here.
            links[0].settimeout(40)
            assert links[0].recv(100).split(b" ", 2)[1] == b"408"
        finally:
            stopped.set()
            drip.join()


def test_answers_that_are_read_slowly_stay_on_disk(service: Service) -> None:
    before = web_memory(service)
    asked = "GET /sparql?" + urlencode({"query": LARGE, "format": "json"}) + " HTTP/1.1\r\nHost: x\r\n\r\n"
    with connections(service, 12, b"") as links:
        for link in links:
            link.settimeout(60)
            link.sendall(asked.encode())
            assert link.recv(12) == b"HTTP/1.1 200"
        time.sleep(2)
        assert web_memory(service) - before < 100 * MIB  # of 240
        assert seconds_for_a_page(service) < 10
    status, headers, whole = ask(service, LARGE, format="json")
    assert (status, int(headers["Content-Length"])) == (200, len(whole))
