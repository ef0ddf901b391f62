"""An endpoint on this machine that answers as it is told, and a federation that may ask it."""

from __future__ import annotations

import threading
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pyoxigraph as ox
import pytest

from eclod.core.endpoints import Endpoint
from eclod.store.federation import Federation

JSON = "application/sparql-results+json"

LOCAL = """
@prefix : <http://e/> .
:c1 :same :r1 ; :name "one" ; :size 1 . :c2 :same :r2 ; :name "two" ; :size 2 . :c3 :name "three" ; :size 3 .
:c4 :same :r4 , :r1 ; :name "four" . :c5 :same [] ; :name "five" .
"""
REMOTE = r"""
@prefix : <http://e/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:r1 :label "Eins"@de , "One"@en , "quote \" and \\ and \\u0041 and 'x'" , "line\nbreak\r\ttab" , "" .
:r1 :label "} } SERVICE <x> {" .
:r1 :number 1 , 2.5 , 1e0 , true , "2014-04-24"^^xsd:date , "x"^^<http://e/type> , "\u0000\u0085\U0001f600" .
:r2 :label "Zwei"@de-at ; :site <https://example.org/é?a=b&c='d'#e> , <http://e/a,b;c(d)> .
:r3 :label "Three" ; :number 7 .
:r4 :number 4 ; :knows [ :label "inside" ] .
"""


def store_of(*texts: str) -> ox.Store:
    store = ox.Store()
    for text in texts:
        store.load(text.encode(), ox.RdfFormat.TURTLE)
    return store


class Remote:
    """A SPARQL endpoint on this machine that answers as it is told."""

    def __init__(self, store: ox.Store) -> None:
        self.store = store
        self.queries: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.behave: Callable[[BaseHTTPRequestHandler, str], None] = self.answer
        remote = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._ask(urllib.parse.parse_qs(form, strict_parsing=True)["query"][0])

            def do_GET(self) -> None:
                self._ask("")

            def _ask(self, query: str) -> None:
                remote.queries.append(query)
                remote.headers.append({name.lower(): value for name, value in self.headers.items()})
                remote.behave(self, query)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass  # whoever asked has gone

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/sparql"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def answer(self, handler: BaseHTTPRequestHandler, query: str) -> None:
        results = self.store.query(query)
        assert isinstance(results, ox.QuerySolutions)
        body = results.serialize(format=ox.QueryResultsFormat.JSON)
        assert body is not None
        self.send(handler, body)

    def send(
        self, handler: BaseHTTPRequestHandler, body: bytes, kind: str = JSON, status: int = 200, **more: str
    ) -> None:
        """Answer with these headers beside or instead of the usual ones; in their names, _ is for -."""
        handler.send_response(status)
        for name, value in ({"Content_Type": kind, "Content_Length": str(len(body))} | more).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def _remote() -> Iterator[Remote]:
    remote = Remote(store_of(REMOTE))
    yield remote
    remote.close()


@pytest.fixture
def remote(_remote: Remote) -> Remote:
    """Return the endpoint as it is when nobody says otherwise."""
    _remote.store = store_of(REMOTE)
    _remote.queries.clear()
    _remote.headers.clear()
    _remote.behave = _remote.answer
    return _remote


@pytest.fixture(scope="module")
def federation(_remote: Remote) -> Iterator[Federation]:
    federation = Federation([Endpoint.parse(_remote.address)], private=True, rows=1000, agent="eclod-tests/1")
    yield federation
    federation.close()


def ask_of(store: ox.Store) -> Callable[[str, float], bytes]:
    def ask(text: str, seconds: float) -> bytes:
        assert 0 < seconds <= 30
        results = store.query(text)
        assert isinstance(results, ox.QuerySolutions)
        body = results.serialize(format=ox.QueryResultsFormat.JSON)
        assert body is not None
        return body

    return ask


def rows(store: ox.Store, query: str) -> Counter[tuple[tuple[str, str], ...]]:
    """Return the solutions of a query, each with how often it is there; all blank nodes are one."""

    def written(term: Any) -> str:
        blank = isinstance(term, ox.BlankNode) or str(term).startswith("<urn:blank:")
        return "blank" if blank else str(term)

    results = store.query(query)
    assert isinstance(results, ox.QuerySolutions)
    columns = [variable.value for variable in results.variables]
    return Counter(
        tuple(sorted((name, written(term)) for name, term in zip(columns, solution, strict=True) if term is not None))
        for solution in results
    )


def names(store: ox.Store, query: str) -> set[str]:
    """Return the variables of a query's table, the engine's object for which may not outlive this thread."""
    results = store.query(query)
    assert isinstance(results, ox.QuerySolutions)
    return {variable.value for variable in results.variables}


def filled(pattern: str, service: str, head: str = "SELECT *") -> str:
    return "PREFIX : <http://e/>\n" + head + " WHERE { " + pattern.replace("SERVICE {", service + " {").replace(
        "SERVICE{", service + "{"
    ) + "\n}"  # fmt: skip
