"""A portal on this machine, and an installation that hears of it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from eclod.core import codes
from eclod.core.settings import Settings
from eclod.store import identities
from eclod.store.identities import Identity
from eclod.store.linkbacks.box import Box, Linkback
from eclod.store.linkbacks.rounds import Rounds
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases

BASE = "https://w3id.org/eclod"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CODE, OTHER, THIRD = (codes.derive("cluster", "dk", str(number)) for number in (1, 2, 3))
THING, SUCCESSOR, LAST = (f"{BASE}/id/cluster/{code}" for code in (CODE, OTHER, THIRD))
PAGE = "https://portal.example/page"


def is_ours(iri: str) -> bool:
    return iri.startswith(f"{BASE}/id/")


class Portal:
    """A portal on this machine: what it answers by path, what its inbox received."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.received: list[tuple[str, bytes]] = []
        self.asked: list[str] = []
        portal = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                portal.asked.append(self.path)
                self._answer(*portal.answers.get(self.path, (404, {}, b"")))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                portal.received.append((self.headers["Content-Type"], body))
                self._answer(*portal.answers.get(self.path, (201, {}, b"")))

            def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in {"Content-Type": "text/html", "Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def portal() -> Iterator[Portal]:
    found = Portal()
    yield found
    found.server.shutdown()
    found.server.server_close()


class Installation:
    """A data folder with releases that differ in the life of identifiers, and rounds at a time of our own."""

    def __init__(self, data: Path, portal: Portal, listed: str | None = None) -> None:
        self.now = NOW
        self.settings = Settings(
            data=data, linkback_hosts=portal.host if listed is None else listed, linkback_private=True
        )
        self.releases = Releases(data)
        self.box = Box(data)
        self.rounds = Rounds(self.settings, clock=lambda: self.now)
        self.release()

    def release(self, *changed: Identity) -> None:
        number = len(self.releases.ids())
        name = f"2026-01-{number + 1:02}T000000Z-00000000"
        folder = self.releases.root / name
        folder.mkdir(parents=True)
        Manifest(
            id=name, previous=None, created="2026-01-01T00:00:00+00:00", base=BASE, origin="rdf", quads=0,
            dataset_sha256="0" * 64, graphs=(), registries=(), ontology_version="1", code_version="1",
        ).write(folder)  # fmt: skip
        identities.write(folder / identities.FILE, {}, BASE)
        with sqlite3.connect(folder / identities.FILE) as database:
            valid = (Identity(iri, "cluster", iri[-11:]) for iri in (THING, SUCCESSOR, LAST))
            for each in {identity.iri: identity for identity in (*valid, *changed)}.values():
                values = (each.iri, "cluster", each.iri.rpartition("/")[2], each.state, " ".join(each.successors))
                database.execute(
                    "INSERT INTO identity VALUES (?, ?, ?, ?, ?, '', ?, '', '', '')", (*values, each.reason)
                )
        database.close()
        self.releases.switch(name)

    def receive(self, page: str, thing: str = THING, inbox: str = "", check: bool = True) -> Linkback:
        return self.box.receive(page, thing, thing, "valid", "", inbox, self.now, check)[0]

    def published(self, portal: Portal, path: str = "/page", inbox: str = "/inbox") -> Linkback:
        portal.answers[path] = (200, {}, f"<title>Ours</title><a href='{THING}'>x</a>".encode())
        found = self.receive(portal.url + path, inbox=portal.url + inbox)
        self.rounds.step()
        return self.box.get(found.id)


@pytest.fixture
def installation(tmp_path: Path, portal: Portal) -> Installation:
    return Installation(tmp_path, portal)


MERGED = Identity(THING, "cluster", CODE, "merged", (SUCCESSOR,), reason="They joined.")
