"""What is probed: an installation, or a foreign endpoint that has only SPARQL."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from eclod.probing.deadline import Deadline

SPARQL_JSON: Final = "application/sparql-results+json"
TURTLE: Final = "text/turtle"
_SAMPLE_THING: Final = """SELECT ?thing WHERE {
  ?thing a <https://w3id.org/eclod/ontology#Cluster> FILTER(isIRI(?thing)) } ORDER BY ?thing LIMIT 1"""


class NotKept(Exception):
    """A promise that is not kept, with what was seen instead."""


class NotThere(Exception):
    """What a promise is about is not there, so that nothing can be said of it."""


class Target:
    """An installation at a root address, its SPARQL endpoint at `endpoint`."""

    def __init__(self, root: str, endpoint: str, client: httpx.Client, deadline: Deadline) -> None:
        self.root = root.rstrip("/")
        self.endpoint = endpoint
        self.client = client
        self.deadline = deadline

    def get(self, path: str, accept: str | None = None, **headers: str) -> httpx.Response:
        """Return the answer to a GET of a path below the root, not followed."""
        return self.request("GET", path, accept, None, **headers)

    def request(
        self, method: str, path: str, accept: str | None = None, content: bytes | None = None, **headers: str
    ) -> httpx.Response:
        """Return the answer to a request, without Accept where that is None; `_` in names of headers stands for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if accept is not None:
            sent["Accept"] = accept
        address = path if "://" in path else self.root + path
        request = self.client.build_request(method, address, headers=sent, content=content)
        if accept is None and "Accept" in request.headers:
            del request.headers["Accept"]
        return self.client.send(request)

    def ask(self, query: str, accept: str = SPARQL_JSON, **parameters: str) -> httpx.Response:
        """Return the answer to a query sent by GET."""
        return self.client.get(self.endpoint, params={"query": query, **parameters}, headers={"Accept": accept})

    def rows(self, query: str) -> list[dict[str, str]]:
        """Return the rows of a SELECT, values as text; raises NotKept when it is not answered."""
        answer = self.ask(query)
        expect(answer.status_code == 200, f"a plain query was answered with {answer.status_code}")
        found: Any = json.loads(answer.content)
        return [{name: term["value"] for name, term in row.items()} for row in found["results"]["bindings"]]

    def installed(self, path: str) -> httpx.Response:
        """Return the answer to a GET of a path that only an installation of this service has; raises NotThere."""
        headers = {"Accept": "application/json, text/turtle;q=0.9, */*;q=0.1"}
        answer = self.client.get(self.root + path, headers=headers, follow_redirects=True)
        if answer.status_code == 404:
            raise NotThere(f"there is no {path}")
        return answer

    @cached_property
    def thing(self) -> str:
        """Return the path of some thing below the root, such as `/id/cluster/…`; raises NotThere."""
        rows = self.rows(_SAMPLE_THING)
        if not rows:
            raise NotThere("there is no cluster to look at")
        path = urlsplit(rows[0]["thing"]).path
        at = path.find("/id/")
        if at < 0:
            raise NotThere("clusters have no addresses below /id/")
        return path[at:]

    @property
    def document(self) -> str:
        """Return the path of the document about that thing."""
        return self.thing.replace("/id/", "/doc/", 1)

    @cached_property
    def release(self) -> str:
        """Return the release that is served, "" where answers do not say."""
        return str(self.ask("ASK {}").headers.get("Eclod-Release", ""))


def expect(kept: bool, seen: str) -> None:
    """Raise NotKept, with what was seen, unless a promise was kept."""
    if not kept:
        raise NotKept(seen)


def media_type(answer: httpx.Response) -> str:
    """Return the media type of an answer without its parameters."""
    return str(answer.headers.get("Content-Type", "")).partition(";")[0].strip().lower()
