"""A merge and a withdrawal, followed by portals that each look in one way only: feed, resolve, HTTP, inbox.

Contract lines 7, 26, 27, 29 and 32, as other portals meet them: a served installation, and the commands that its
operator runs (`eclod id merge`, `eclod id withdraw`).
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import pyoxigraph as ox
import pytest
from tests.test_service import Service, start, stop

from eclod.core.iris import split_path
from eclod.core.namespaces import expand
from eclod.core.settings import Settings
from eclod.following.copy import Copy
from eclod.store import identities
from eclod.store.identities import VALID, Identities
from eclod.store.releases import Releases

#: Subject (IRI), then property and value.
Said = dict[str, set[tuple[str, str]]]
T = TypeVar("T")
BASE = "https://w3id.org/eclod"
REASON = "Tried out by the tests"
PATIENCE = 60.0
NAME = expand("skos:prefLabel")
TOLD = "https://www.w3.org/ns/activitystreams"


@dataclass
class Portal:
    """Another portal: pages that link to us, and an inbox of its own."""

    address: str
    pages: dict[str, str] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)


class _Site(BaseHTTPRequestHandler):
    portal: Portal

    def do_GET(self) -> None:
        page = self.portal.pages.get(self.path)
        body = f'<!doctype html><title>Ours</title><a href="{page}">cluster</a>'.encode()
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.portal.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@dataclass
class World:
    """What was there before, and what became of it: IRIs of the merged, its successor, the withdrawn, an untouched."""

    service: Service
    portal: Portal
    copy: Path
    merged: str
    successor: str
    withdrawn: str
    untouched: str
    resolved_before: list[dict[str, Any]]
    said_before: Said

    def http(self, iri: str, accept: str) -> tuple[int, str, bytes]:
        """Return status, `Location` and body of one request, without following where it leads."""

        class Staying(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_arguments: Any) -> None:
                return None

        request = urllib.request.Request(self.service.base + iri.removeprefix(BASE), headers={"Accept": accept})
        try:
            with urllib.request.build_opener(Staying).open(request, timeout=PATIENCE) as answer:
                return answer.status, answer.headers.get("Location", ""), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers.get("Location", ""), error.read()


def post(service: Service, path: str, content: object, kind: str) -> tuple[int, Any]:
    request = urllib.request.Request(service.base + path, json.dumps(content).encode(), {"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return answer.status, json.loads(answer.read() or b"null")


def resolve(service: Service, *asked: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = post(service, "/resolve", list(asked), "application/json")[1]["results"]
    return found


def eclod(*words: str, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ECLOD_")}
    done = subprocess.run(
        [sys.executable, "-m", "eclod", *words], env=clean | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def wait_for(what: str, look: Callable[[], T]) -> T:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited in vain for {what}")


def follow(service: Service, copy: Path) -> Said:
    """Bring a copy in step, compare its hash with what the feed says, and return what it says, by subject."""
    eclod("follow", f"{service.base}/feed", "--into", str(copy), "--once", "--verify")
    return said_in(ox.Store.read_only(str(copy / "store")))


def said_in(store: ox.Store) -> Said:
    said: Said = defaultdict(set)
    for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph()):
        said[getattr(quad.subject, "value", "")].add((quad.predicate.value, getattr(quad.object, "value", "")))
    return said


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    _Site.portal = Portal(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield _Site.portal
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def world(starting_settings: Settings, portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return an installation after the decisions, with what the portals saw and did before them."""
    data, copy = tmp_path_factory.mktemp("portals") / "data", tmp_path_factory.mktemp("copy") / "copy"
    shutil.copytree(starting_settings.data, data, symlinks=True)
    releases = Releases(data)
    known = Identities(releases.folder(releases.current_id()) / identities.FILE)
    clusters = [each.iri for each in known.all() if each.kind == "cluster" and each.state == VALID]
    merged, successor, withdrawn, untouched = clusters[:4]
    allowed = {"ECLOD_LINKBACK_HOSTS": portal.address.removeprefix("http://"), "ECLOD_LINKBACK_PRIVATE": "true"}
    service = start(data, **allowed)
    try:
        for number, iri in enumerate((merged, withdrawn, untouched)):
            page = f"/clusters/{number}"
            portal.pages[page] = iri
            actor = {"id": portal.address, "inbox": f"{portal.address}/inbox"}
            said = {"@context": TOLD, "type": "Announce", "actor": actor, "object": portal.address + page}
            assert post(service, "/inbox", said | {"context": iri}, "application/ld+json")[0] == 201
        wait_for("pages to be looked at", lambda: service.get("/linkbacks")[2].count(b'"anchor"') == 3)
        before, said_of_all = resolve(service, merged, withdrawn), follow(service, copy)
        decided = ("--reason", REASON, "--author", "The operator", "--data", str(data))
        eclod("id", "merge", merged, successor, *decided, "--no-build")
        eclod("id", "withdraw", withdrawn, *decided)
        wait_for("the release", lambda: service.get("/health/ready")[1]["Eclod-Release"] == releases.current_id())
        yield World(service, portal, copy, merged, successor, withdrawn, untouched, before, said_of_all)
    finally:
        stop(service)


def test_a_portal_that_only_follows_the_feed_learns_of_both(world: World) -> None:
    """Its copy says nothing more of them, has the hash of the dump, and what became of them beside it (26, 27, 32)."""
    before, after = world.said_before, follow(world.service, world.copy)
    with Copy(world.copy) as copy:
        gone = {iri: tombstone(said.encode()) for iri, said in copy.gone()}
    assert set(gone) >= {world.merged, world.withdrawn}
    for iri, state in ((world.merged, "merged"), (world.withdrawn, "withdrawn")):
        assert NAME in dict(before[iri])
        assert iri not in after
        assert gone[iri][identities.STATUS] == {f"{identities.STATES}{state}"}
        assert gone[iri][identities.REASON] == {REASON}
    assert gone[world.merged][identities.REPLACED_BY] == {world.successor}
    assert identities.REPLACED_BY not in gone[world.withdrawn]
    assert NAME in dict(after[world.successor])
    assert after[world.untouched] == before[world.untouched]


def tombstone(said: bytes) -> dict[str, set[str]]:
    found = defaultdict(set)
    for quad in ox.parse(said, ox.RdfFormat.N_TRIPLES):
        found[quad.predicate.value].add(getattr(quad.object, "value", ""))
    return found


def test_the_feed_tells_a_delete_of_both(world: World) -> None:
    """As any client reads it: the last activity about each is an `as:Delete`, and replay is the dump (27, 32)."""
    kinds: dict[str, str] = {}
    kept: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for page in itertools.count(1):
        status, _, body = world.service.get(f"/feed/pages/{page}.nq")
        if status == 404:
            break
        for activity in activities(body):
            thing, kinds[thing] = activity.thing, activity.kind
            kept[thing] = activity.said if activity.kind != "Delete" else set()
    assert (kinds[world.merged], kinds[world.withdrawn]) == ("Delete", "Delete")
    assert kinds[world.untouched] == "Create"
    release = world.service.get("/health/ready")[1]["Eclod-Release"]
    view = gzip.decompress(world.service.get(f"/releases/{release}/dumps/default.nq.gz")[2])
    quads = ox.parse(view, ox.RdfFormat.N_QUADS)
    assert set().union(*kept.values()) == {(str(q.subject), str(q.predicate), str(q.object)) for q in quads}


@dataclass
class Activity:
    """A member of the feed: when, what it is about, what happened, and what holds from then on."""

    published: str = ""
    thing: str = ""
    kind: str = ""
    said: set[tuple[str, str, str]] = field(default_factory=set)


def activities(page: bytes) -> list[Activity]:
    """Return the members of a page, in the order of time, read with nothing but an RDF parser."""
    found: dict[str, Activity] = defaultdict(Activity)
    for quad in ox.parse(page, ox.RdfFormat.N_QUADS):
        value = getattr(quad.object, "value", "")
        if isinstance(quad.graph_name, ox.NamedNode):
            found[quad.graph_name.value].said.add((str(quad.subject), str(quad.predicate), str(quad.object)))
            continue
        subject, name = getattr(quad.subject, "value", ""), quad.predicate.value
        if name == f"{TOLD}#object":
            found[subject].thing = value
        elif name == f"{TOLD}#published":
            found[subject].published = value
        elif name == expand("rdf:type") and value.startswith(f"{TOLD}#"):
            found[subject].kind = value.rpartition("#")[2]
    return sorted((each for each in found.values() if each.thing), key=lambda each: each.published)


def test_a_portal_that_only_resolves_learns_of_both(world: World) -> None:
    """`/resolve` names the end of the chain, and the state and reason of what has none (contract 26, 29)."""
    assert [(each["state"], each["iri"]) for each in world.resolved_before] == [
        ("valid", world.merged),
        ("valid", world.withdrawn),
    ]
    merged, withdrawn, untouched = resolve(world.service, world.merged, world.withdrawn, world.untouched)
    assert (merged["iri"], merged["state"]) == (world.successor, "valid")
    assert merged["chain"] == [world.merged, world.successor]
    assert (withdrawn["iri"], withdrawn["state"]) == (world.withdrawn, "withdrawn")
    assert REASON in merged["message"]
    assert REASON in withdrawn["message"]
    assert (untouched["iri"], untouched["message"]) == (world.untouched, "")


@pytest.mark.parametrize("accept", ["text/html", "text/turtle", "application/ld+json", "*/*"])
def test_a_portal_that_only_dereferences_learns_of_both(world: World, accept: str) -> None:
    """301 to the successor, 303 from there; 410 that says who, when and why (contract 7, 26, 27)."""
    successor = world.successor.removeprefix(BASE)
    assert world.http(world.merged, accept)[:2] == (301, successor)
    kind, code = split_path(successor) or ("", "")
    assert world.http(world.successor, accept)[:2] == (303, f"/doc/{kind}/{code}")
    status, location, body = world.http(world.withdrawn, accept)
    assert (status, location) == (410, "")
    assert REASON.encode() in body
    assert b"The operator" in body
    assert world.http(world.untouched, accept)[0] == 303


def test_a_portal_that_only_has_an_inbox_is_told_of_both(world: World) -> None:
    """An Update with the successor, a Delete, and nothing about what is as it was (issue 6, linkbacks)."""
    told = world.portal.told
    wait_for("both notifications", lambda: len(told) >= 2)
    about = {each["object"]["id"]: each for each in told}
    assert set(about) == {world.merged, world.withdrawn}
    assert about[world.merged]["type"] == "Update"
    assert about[world.merged]["result"] == [world.successor]
    assert about[world.merged]["context"] == [f"{world.portal.address}/clusters/0"]
    assert about[world.withdrawn]["type"] == "Delete"
    assert REASON in about[world.withdrawn]["summary"]
    assert len(told) == 2
