"""What answers the questions: an endpoint over HTTP on one connection that stays open, or pyoxigraph in process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlencode

import pyoxigraph as ox

from benchmarks.connection import Connection, NoAnswer
from benchmarks.processes import HOST, Server

JSON: Final = "application/sparql-results+json"
N_TRIPLES: Final = "application/n-triples"

OURS: Final = "eclod"
OURS_CACHED: Final = "eclod cached"
IN_PROCESS: Final = "pyoxigraph"
OXIGRAPH: Final = "Oxigraph"
VIRTUOSO: Final = "Virtuoso"
RDFLIB: Final = "rdflib-endpoint"
#: Pages about things in front of somebody else's endpoint; it answers no query itself.
TRIFID: Final = "Trifid"

#: Asks a service not to answer from stored answers (RFC 9111, section 5.2.1.4).
UNCACHED: Final = {"Cache-Control": "no-cache"}

_SECONDS: Final = 60.0
#: A connection that was idle for longer is opened anew, as clients do: servers close such ones, and Oxigraph's answers
#: the next request on one with an error.
_IDLE_SECONDS: Final = 5.0


class OverTime(Exception):
    """An engine took longer over a query than it is given."""


class Refused(Exception):
    """An engine answered with an error; the message is the status and the beginning of what it said."""


class Engine(Protocol):
    """What answers queries.

    `every` is 1, or more for a slow one that takes part in every so many rounds only. With `repeats`, a question is put
    twice and the second answer counts: it is one that somebody asked for before.
    """

    @property
    def name(self) -> str: ...

    @property
    def seconds(self) -> float: ...

    @property
    def every(self) -> int: ...

    @property
    def repeats(self) -> bool: ...

    def ask(self, text: str, media_type: str) -> bytes:
        """Return the whole answer; raises OverTime or Refused."""


class InProcess:
    """pyoxigraph with the data in memory, without HTTP: what is left is the engine."""

    name: str = IN_PROCESS
    seconds: float = _SECONDS
    every: int = 1
    repeats: bool = False

    def __init__(self, file: Path) -> None:
        self.store = ox.Store()
        self.store.bulk_load(path=file, format=ox.RdfFormat.N_TRIPLES)

    def ask(self, text: str, media_type: str) -> bytes:
        results = self.store.query(text)
        if isinstance(results, ox.QueryTriples):
            body = results.serialize(format=ox.RdfFormat.N_TRIPLES)
        else:
            body = results.serialize(format=ox.QueryResultsFormat.JSON)
        assert body is not None  # None is returned only when there is a file to write to.
        return body


@dataclass(slots=True)
class OverHttp:
    """An endpoint on the loopback address, asked from `source`, with `headers` sent with every query."""

    name: str
    port: int
    path: str
    server: Server
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = _SECONDS
    every: int = 1
    repeats: bool = False
    source: str = HOST
    _connection: Connection | None = None
    _last_used: float = 0.0

    def ask(self, text: str, media_type: str) -> bytes:
        return self.get(self.target(text), {"Accept": media_type, **self.headers})

    def target(self, text: str) -> str:
        """Return the path with which a query is asked by GET (SPARQL 1.1 Protocol, section 2.1.1)."""
        return f"{self.path}?{urlencode({'query': text})}"

    def get(self, target: str, headers: Mapping[str, str]) -> bytes:
        """Return the body of a 200; raises OverTime or Refused."""
        if time.monotonic() - self._last_used > _IDLE_SECONDS:
            self.close()
        try:
            status, body = self._exchange(target, headers)
        except TimeoutError:
            self.close()
            raise OverTime(f"{self.name} took more than {self.seconds:.0f} s") from None
        except (OSError, NoAnswer) as error:
            self.close()
            raise Refused(f"{self.name}: {error!r}. {self.server.said()}") from error
        if status != HTTPStatus.OK:
            raise Refused(f"{self.name}: {status} {body[:200].decode(errors='replace')}")
        return body

    def answers(self, target: str) -> bool:
        try:
            self.get(target, {"Accept": JSON})
        except (Refused, OverTime):
            return False
        return True

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(self, target: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = Connection(HOST, self.port, self.source, self.seconds)
        answer = self._connection.get(target, headers)
        self._last_used = time.monotonic()
        return answer
