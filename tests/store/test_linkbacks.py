"""Linkbacks in the store: what a notification says, whether a page links, what portals hear (issue: item 6)."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core import codes, hosts
from eclod.core.errors import BadInput, BadSetting, EndpointFailed, NotAllowed, NotFound, TooBusy, TooLarge
from eclod.core.settings import Settings, from_environment
from eclod.store import identities
from eclod.store.identities import Identity
from eclod.store.linkbacks import box as box_module
from eclod.store.linkbacks import notifications, pages
from eclod.store.linkbacks.box import FILE, PUBLISHED, RECEIVED, REFUSED, WAITING, Box, Linkback, Versions
from eclod.store.linkbacks.reaching import Reach
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


def announce(**more: object) -> bytes:
    said = {"@context": notifications.CONTEXT, "type": "Announce", "object": PAGE, "context": THING}
    return json.dumps({**said, **more}).encode()


def read(body: bytes) -> notifications.Notification:
    return notifications.read(notifications.parse_json(body, f"{BASE}/inbox/"), is_ours)


# What a notification says


@pytest.mark.parametrize("name", ["context", "target", "inReplyTo", "tag"])
def test_the_thing_is_named_by_what_the_activity_is_about(name: str) -> None:
    body = {"@context": notifications.CONTEXT, "type": "Announce", "object": f"{PAGE}#top", name: THING}
    found = read(json.dumps(body).encode())
    assert (found.page, found.about, found.taken_back) == (PAGE, THING, False)


def test_the_page_may_say_what_it_is_about_and_the_actor_where_their_inbox_is() -> None:
    page = {"id": PAGE, "https://schema.org/about": {"id": THING}}
    actor = {"id": "https://portal.example/", "inbox": "https://portal.example/inbox"}
    body = {"@context": [notifications.CONTEXT], "type": "Announce", "object": page, "actor": actor}
    found = read(json.dumps(body).encode())
    assert (found.actor, found.inbox) == ("https://portal.example/", "https://portal.example/inbox")


def test_a_link_is_taken_back_with_an_undo() -> None:
    assert read(announce(type="Undo")).taken_back


def test_turtle_is_read_as_well() -> None:
    text = f"@prefix as: <{notifications.AS}> . [] a as:Announce ; as:object <{PAGE}> ; as:target <{THING}> ."
    found = notifications.read(notifications.parse_turtle(text.encode(), BASE), is_ours)
    assert (found.page, found.about) == (PAGE, THING)


HOSTILE = {
    "remote context": (announce(**{"@context": "https://evil.example/c"}), "contexts are never fetched"),
    "remote context in a list": (
        announce(**{"@context": [notifications.CONTEXT, "http://10.0.0.1/"]}),
        "never fetched",
    ),
    "import": (announce(**{"@context": {"@version": 1.1, "@import": "http://10.0.0.1/"}}), "never fetched"),
    "scoped context": (
        announce(**{"@context": {"@version": 1.1, "a": {"@id": "urn:a", "@context": "http://evil.example/"}}}),
        "never fetched",
    ),
    "nested arrays": (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "nested too deeply"),
    "nested objects": (b'{"a":' * 200 + b"1" + b"}" * 200, "more than 30 deep"),
    "many statements": (announce(tag=[f"urn:{number}" for number in range(500)]), "more than 200 statements"),
    "no JSON": (b"\xff\xfe", "no JSON"),
    "a list": (b"[]", "no JSON object"),
    "no object": (announce(object=[]), "0 activities"),
    "two pages": (announce(object=[PAGE, f"{PAGE}2"]), "2 pages"),
    "two things": (announce(context=[THING, SUCCESSOR]), "2 things"),
    "no thing": (announce(context="https://example.org/"), "no things"),
    "script": (announce(object="javascript:alert(1)"), "not an address"),
    "file": (announce(object="file:///etc/passwd"), "not an address"),
    "user": (announce(object="https://a@127.0.0.1/"), "not an address"),
    "long": (announce(object="https://a.example/" + "a" * 3000), "not an address"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_understood_is_refused_in_a_sentence(name: str) -> None:
    body, says = HOSTILE[name]
    with pytest.raises(BadInput, match=says):
        read(body)


# Whether a page links


@pytest.mark.parametrize(
    ("media_type", "text", "links"),
    [
        ("text/html", f"<a href='{THING}'>x</a>", True),
        ("text/html", f"<title>T</title><link rel=related href={THING}>", True),
        ("text/html", f'<div about="{THING}">x</div>', True),
        ("text/html", f'<script type="application/ld+json">{{"sameAs": ["{THING}"]}}</script>', True),
        ("text/html", f"<!-- <a href='{THING}'> --> {THING}", False),
        ("text/html", f"<script>var a = '<a href={THING}>'</script>", False),
        ("text/html", f"<a href='{SUCCESSOR}'>another</a>", False),
        ("text/turtle", f"<> <urn:about> <{THING}> .", True),
        ("text/turtle", f'<> <urn:about> "{THING}" .', False),
        ("application/ld+json", json.dumps({"@id": "", "urn:about": {"@id": THING}}), True),
    ],
)
def test_a_link_is_a_link_and_not_a_text(media_type: str, text: str, links: bool) -> None:
    assert pages.read(media_type, "", text.encode(), PAGE, THING.__eq__).links is links


@pytest.mark.parametrize("media_type", ["application/pdf", "", "image/svg+xml"])
def test_only_html_and_rdf_are_looked_at(media_type: str) -> None:
    with pytest.raises(BadInput, match="only HTML or RDF"):
        pages.read(media_type, "", THING.encode(), PAGE, THING.__eq__)


def test_rdf_of_a_page_fetches_no_context() -> None:
    body = json.dumps({"@context": "http://10.0.0.1/", "@id": THING}).encode()
    with pytest.raises(BadInput, match="never fetched"):
        pages.read("application/ld+json", "", body, PAGE, THING.__eq__)


def test_a_title_is_short_and_has_nothing_that_is_not_seen() -> None:
    text = f"<title>Our\u202e &lt;b&gt;\n\tclusters\x00 {'x' * 5000}</title>"
    found = pages.read("text/html", "utf-8", text.encode(), PAGE, THING.__eq__).title
    assert found.startswith("Our <b> clusters xxx")
    assert len(found) == 120


@pytest.mark.parametrize(
    "part", ["<!--", "<a ", "<a href='", "<script>", "&#", "<!", "</", '<script type="application/ld+json">[']
)
def test_a_hostile_page_is_read_in_a_moment(part: str) -> None:
    started = time.monotonic()
    pages.read("text/html", "", (part * (500_000 // len(part))).encode(), PAGE, THING.__eq__)
    assert time.monotonic() - started < 5


# Where requests go


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


def test_a_list_of_hosts_is_read_and_compared() -> None:
    def allows(listed: str, address: str) -> bool:
        return Reach(hosts.parse(listed)).allows(address)

    assert allows("a.example", "https://a.example/x")
    assert allows("a.example", "http://A.EXAMPLE/x")
    assert not allows("a.example", "https://a.example:8443/x")
    assert allows("a.example:8443", "https://a.example:8443/x")
    assert not allows("a.example", "https://b.a.example/")
    assert allows("*.a.example", "https://b.a.example/")
    assert not allows("*.a.example", "https://evila.example/")
    assert not allows("", "https://a.example/")
    with pytest.raises(BadSetting, match="without scheme"):
        from_environment({"ECLOD_LINKBACK_HOSTS": "https://a.example"})


def test_private_addresses_are_refused_unless_allowed(portal: Portal) -> None:
    portal.answers["/"] = (200, {}, b"hello")
    listed = hosts.parse(f"{portal.host} localhost:{portal.server.server_port} [::1] 169.254.169.254")
    for address in (
        portal.url,
        f"http://localhost:{portal.server.server_port}/",
        "http://[::1]/",
        "http://169.254.169.254/",
    ):
        with pytest.raises(NotAllowed, match="private network"):
            Reach(listed).get(address, "*/*")
    assert portal.asked == []
    assert Reach(listed, private=True).get(portal.url, "*/*").body == b"hello"


def test_a_redirect_is_checked_again(portal: Portal) -> None:
    port = portal.server.server_port
    portal.answers |= {
        "/far": (302, {"Location": "https://elsewhere.example/"}, b""),
        "/private": (302, {"Location": f"http://localhost:{port}/"}, b""),
        "/near": (301, {"Location": "/here"}, b""),
        "/here": (200, {}, b"here"),
        "/loop": (302, {"Location": "/loop"}, b""),
    }
    reach = Reach(hosts.parse(portal.host), private=True)
    for path in ("/far", "/private"):
        with pytest.raises(NotAllowed, match="redirects to a host"):
            reach.get(portal.url + path, "*/*")
    assert reach.get(f"{portal.url}/near", "*/*").address == f"{portal.url}/here"
    with pytest.raises(EndpointFailed, match="more than 3 times"):
        reach.get(f"{portal.url}/loop", "*/*")


def test_long_and_slow_and_compressed_answers_are_refused(portal: Portal) -> None:
    portal.answers["/long"] = (200, {}, b"x" * 2000)
    portal.answers["/zip"] = (200, {"Content-Encoding": "gzip"}, b"x")
    portal.answers["/slow"] = (200, {"Content-Length": "5000"}, b"x" * 10)
    listed = hosts.parse(portal.host)
    with pytest.raises(TooLarge):
        Reach(listed, True, size=1000).get(f"{portal.url}/long", "*/*")
    with pytest.raises(EndpointFailed, match="compressed"):
        Reach(listed, True).get(f"{portal.url}/zip", "*/*")
    with pytest.raises(EndpointFailed):
        Reach(listed, True, seconds=0.5).get(f"{portal.url}/slow", "*/*")


# Rounds


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
                database.execute("INSERT INTO identity VALUES (?, ?, ?, ?, ?, '', ?, '', '')", (*values, each.reason))
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


def test_a_page_that_links_is_published_with_its_title(installation: Installation, portal: Portal) -> None:
    found = installation.published(portal)
    assert (found.state, found.title, found.checked) == (PUBLISHED, "Ours", "2026-03-01T12:00:00+00:00")
    assert not installation.rounds.has_work()


@pytest.mark.parametrize(
    ("answer", "state", "says"),
    [
        ((200, {}, b"<a href='https://w3id.org/eclod/'>home</a>"), REFUSED, "no link"),
        ((404, {}, b""), REFUSED, "no page"),
        ((200, {"Content-Type": "application/pdf"}, b"x"), REFUSED, "only HTML or RDF"),
        ((302, {"Location": "http://127.0.0.1:1/"}, b""), REFUSED, "not on the list"),
        ((500, {}, b""), RECEIVED, "answered 500"),
    ],
)
def test_a_page_that_does_not_link_is_not_published(
    installation: Installation, portal: Portal, answer: tuple[int, dict[str, str], bytes], state: str, says: str
) -> None:
    portal.answers["/page"] = answer
    name = installation.receive(f"{portal.url}/page").id
    installation.rounds.step()
    found = installation.box.get(name)
    assert found.state == state
    assert says in found.reason
    assert installation.box.published() == []


def test_a_page_that_fails_is_tried_four_times_and_then_waits(installation: Installation, portal: Portal) -> None:
    portal.answers["/page"] = (503, {}, b"")
    name = installation.receive(f"{portal.url}/page").id
    for _ in range(20):
        installation.rounds.step()
        installation.now += timedelta(minutes=30)
    assert installation.box.get(name).state == WAITING
    assert len(portal.asked) == 4


def test_nothing_is_fetched_without_a_list(tmp_path: Path, portal: Portal) -> None:
    installation = Installation(tmp_path, portal, listed="")
    name = installation.receive(f"{portal.url}/page").id  # as if it had been on the list when it came
    installation.rounds.step()
    assert portal.asked == []
    assert installation.box.get(name).state == REFUSED


def test_duplicates_are_one_and_a_refused_page_is_looked_at_again(installation: Installation, portal: Portal) -> None:
    first, again = (installation.receive(f"{portal.url}/page") for _ in range(2))
    assert first.id == again.id
    installation.rounds.step()
    assert installation.receive(f"{portal.url}/page").state == REFUSED  # too soon
    installation.now += timedelta(minutes=2)
    assert installation.published(portal).state == PUBLISHED


def test_a_host_that_is_blocked_is_refused(installation: Installation, portal: Portal) -> None:
    found = installation.published(portal)
    assert installation.box.block("127.0.0.1", NOW) == 1
    assert installation.box.get(found.id).state == REFUSED
    with pytest.raises(NotAllowed, match="are not taken here"):
        installation.receive(f"{portal.url}/other")


def test_the_inbox_is_bounded(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box_module, "_MOST_OPEN", 3)
    for number in range(3):
        installation.receive(f"https://spam.example/{number}", check=False)
    with pytest.raises(TooBusy, match="full"):
        installation.receive("https://spam.example/4", check=False)
    assert installation.receive("https://listed.example/", check=True).state == RECEIVED


def test_what_was_refused_is_deleted_after_a_month(installation: Installation, portal: Portal) -> None:
    name = installation.receive(f"{portal.url}/nothing").id
    installation.rounds.step()
    installation.box.sweep(NOW + timedelta(days=29))
    assert installation.box.get(name).state == REFUSED
    installation.box.sweep(NOW + timedelta(days=31))
    with pytest.raises(NotFound):
        installation.box.get(name)


MERGED = Identity(THING, "cluster", CODE, "merged", (SUCCESSOR,), reason="They joined.")
SPLIT = Identity(THING, "cluster", CODE, "split", (SUCCESSOR, LAST))
WITHDRAWN = Identity(THING, "cluster", CODE, "withdrawn", reason="It closed.")
ERASED = Identity(THING, "cluster", CODE, "erased")


@pytest.mark.parametrize(
    ("identity", "type_", "result"),
    [
        (MERGED, "Update", [SUCCESSOR]),
        (SPLIT, "Update", [SUCCESSOR, LAST]),
        (WITHDRAWN, "Delete", None),
        (ERASED, "Delete", None),
    ],
)
def test_a_portal_hears_what_became_of_a_thing(
    installation: Installation, portal: Portal, identity: Identity, type_: str, result: list[str] | None
) -> None:
    found = installation.published(portal)
    installation.release(identity)
    assert installation.rounds.has_work()
    assert installation.rounds.step().sent == 1
    assert not installation.rounds.has_work()
    media_type, body = portal.received[0]
    assert media_type.startswith("application/ld+json")
    said = json.loads(body)
    assert (said["type"], said["object"]["id"], said.get("result")) == (type_, THING, result)
    quads = notifications.parse_json(body, BASE)  # it is JSON-LD that a receiver such as ours can read
    assert any(quad.predicate.value == notifications.AS + "object" for quad in quads)
    assert installation.rounds.step().sent == 0
    if identity is ERASED:
        assert "context" not in said
        with pytest.raises(NotFound):
            installation.box.get(found.id)
    else:
        assert said["context"] == [found.page]


def test_linkbacks_follow_a_merger_and_its_undoing(installation: Installation, portal: Portal) -> None:
    found = installation.published(portal)
    installation.release(MERGED)
    installation.rounds.step()
    assert [each.id for each in installation.box.published(SUCCESSOR)] == [found.id]
    assert installation.box.published(THING) == []
    installation.release()
    installation.rounds.step()
    assert [each.id for each in installation.box.published(THING)] == [found.id]
    assert json.loads(portal.received[-1][1])["summary"] == "It is valid again."


def test_of_an_erased_thing_nothing_is_left_in_the_file(installation: Installation, portal: Portal) -> None:
    """Contract 28."""
    portal.answers["/inbox"] = (503, {}, b"")
    found = installation.published(portal)
    installation.release(WITHDRAWN)
    installation.rounds.step()
    installation.release(ERASED)
    installation.rounds.step()
    content = (installation.settings.data / FILE).read_bytes()
    assert found.page.encode() not in content
    assert b"It closed." not in content
    assert len(installation.box.notices()) == 1


def test_of_what_a_merger_led_to_and_was_erased_nothing_is_left(installation: Installation, portal: Portal) -> None:
    """Contract 28."""
    installation.published(portal)
    installation.release(MERGED, Identity(SUCCESSOR, "cluster", OTHER, "erased"))
    installation.rounds.step()
    assert installation.box.select() == []
    assert b"They joined" not in portal.received[0][1]


def test_an_inbox_that_fails_is_tried_again_later_each_time(installation: Installation, portal: Portal) -> None:
    installation.published(portal)
    portal.answers["/inbox"] = (503, {}, b"")
    installation.release(WITHDRAWN)
    tried = []
    for minute in range(3000):
        before = len(portal.received)
        installation.now = NOW + timedelta(minutes=minute)
        if installation.rounds.has_work():
            installation.rounds.step()
        if len(portal.received) > before:
            tried.append(minute)
    assert tried == [0, 1, 11, 71, 431, 1871]
    assert installation.box.notices()[0].state == "failed"


def test_an_inbox_that_is_gone_is_not_tried_again(installation: Installation, portal: Portal) -> None:
    installation.published(portal)
    portal.answers["/inbox"] = (410, {}, b"")
    installation.release(WITHDRAWN)
    assert installation.rounds.step().failed == 1
    assert installation.box.notices()[0].state == "failed"


def test_an_inbox_that_is_not_on_the_list_hears_nothing(installation: Installation, portal: Portal) -> None:
    portal.answers["/page"] = (200, {}, f"<a href='{THING}'>x</a>".encode())
    installation.receive(f"{portal.url}/page", inbox="http://127.0.0.1:1/inbox")
    installation.rounds.step()
    installation.release(WITHDRAWN)
    installation.rounds.step()
    assert installation.box.notices() == []


def test_the_page_may_name_its_inbox_in_a_link_header(installation: Installation, portal: Portal) -> None:
    header = f'<https://a.example/>; rel="license", </own-inbox>; rel="{notifications.LDP_INBOX}"'
    portal.answers["/page"] = (200, {"Link": header}, f"<a href='{THING}'>x</a>".encode())
    name = installation.receive(f"{portal.url}/page").id
    installation.rounds.step()
    assert installation.box.get(name).inbox == f"{portal.url}/own-inbox"


def test_two_pages_of_a_portal_are_one_notice(installation: Installation, portal: Portal) -> None:
    for path in ("/one", "/two"):
        installation.published(portal, path)
    installation.release(WITHDRAWN)
    installation.rounds.step()
    assert len(portal.received) == 1
    assert len(json.loads(portal.received[0][1])["context"]) == 2


def test_a_version_changes_with_what_is_published_and_with_nothing_else(
    installation: Installation, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Versions, "_EVERY", -1.0)
    versions = Versions(installation.box)
    assert versions.of(THING) == ""
    installation.receive("https://other.example/", check=False)
    assert versions.of(THING) == ""
    found = installation.published(portal)
    first = versions.of(THING)
    assert first
    assert versions.of(SUCCESSOR) == ""
    installation.box.update(found.id, due="")
    assert versions.of(THING) == first
    installation.release(MERGED)
    installation.rounds.step()
    assert versions.of(THING) != first
    assert versions.of(SUCCESSOR)


def test_the_versions_of_a_locked_file_are_the_last_ones(installation: Installation, portal: Portal) -> None:
    installation.published(portal)
    database = sqlite3.connect(installation.settings.data / FILE, isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    started = time.monotonic()
    assert Versions(installation.box).of(THING) == ""
    assert time.monotonic() - started < 1
    database.close()


def test_statements_of_the_reader_are_quads() -> None:
    assert all(isinstance(quad, ox.Quad) for quad in notifications.parse_json(announce(), BASE))
