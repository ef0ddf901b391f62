"""The feed over HTTP: the same members in every format, pages that stay as they are, Atom that is valid."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
import rdflib
from flask.testing import FlaskClient
from pyshacl import validate
from tests.store.feed.test_announcing import Site, life, says, thing
from tests.web.conftest import BASE, Client, FoundEverywhere

from eclod.core.settings import Settings
from eclod.rdf.feed.model import AS, LDES, TREE
from eclod.store import lines
from eclod.store.feed import announcing, log
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app
from eclod.web.pages.feed import nodes

FEED = f"{BASE}/feed"
MEDIA_TYPES = {"trig": "application/trig", "nq": "application/n-quads", "jsonld": "application/ld+json"}
PARSERS = {"trig": ox.RdfFormat.TRIG, "nq": ox.RdfFormat.N_QUADS, "jsonld": ox.RdfFormat.JSON_LD}
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MEMBERS", 4)
    monkeypatch.setattr(nodes, "IN_INDEX", 3)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "data")


@pytest.fixture
def client(site: Site) -> FlaskClient:
    settings = Settings(data=site.releases.data)
    app = create_app(settings, InProcessEngine(ox.Store(), "r"), Releases(settings.data), FoundEverywhere())
    return Client(app, app.response_class)


@pytest.fixture
def full(site: Site) -> Site:
    """Return a site whose feed has nineteen members: an index of three pages, a page that is full, and the last one."""
    label = '<{}> <http://www.w3.org/2004/02/skos/core#prefLabel> "Name <of> {}"@en .'
    site.publish(*(says(f"t{n}", "1") for n in range(9)), label.format(thing("t1"), "t1"), says("old", "1"))
    site.publish(*(says(f"t{n}", "2", r"a \"quoted\" .\n <x> line") for n in range(2, 5)), says("old", "1"))
    return site


def parse(client: FlaskClient, path: str, suffix: str) -> set[ox.Quad]:
    response = client.get(f"{path}.{suffix}")
    assert response.status_code == 200, response.text
    return set(ox.parse(response.data, format=PARSERS[suffix], base_iri=f"{BASE}{path}"))


def nodes_from(client: FlaskClient, path: str, suffix: str = "nq") -> list[str]:
    """Return the paths of the nodes that one leads to, in order."""
    quads = parse(client, path, suffix)
    found = {text(quad.object) for quad in quads if quad.predicate.value == TREE + "node"}
    return sorted(node.removeprefix(BASE) for node in found)


def walk(client: FlaskClient, path: str = "/feed") -> Iterator[tuple[str, set[ox.Quad]]]:
    yield path, parse(client, path, "nq")
    for node in nodes_from(client, path):
        yield from walk(client, node)


@pytest.mark.parametrize("suffix", ["trig", "jsonld"])
def test_every_document_says_the_same_in_every_format(client: FlaskClient, full: Site, suffix: str) -> None:
    walked = list(walk(client))
    assert [path for path, _ in walked] == [
        *("/feed", "/feed/index/1", "/feed/pages/1", "/feed/pages/2", "/feed/pages/3", "/feed/pages/4", "/feed/pages/5")
    ]
    for path, quads in walked:
        assert parse(client, path, suffix) == quads


def test_the_root_leads_to_all_members_and_says_what_a_replay_gives(client: FlaskClient, full: Site) -> None:
    state: dict[str, set[ox.Triple]] = {}
    members = 0
    for _, quads in walk(client):
        for quad in sorted((q for q in quads if q.predicate.value == TREE + "member"), key=lambda q: number(q.object)):
            members += 1
            activity = quad.object
            about = {q.predicate.value: q.object for q in quads if q.subject == activity}
            payload = {q.triple for q in quads if q.graph_name == activity}
            if text(about["http://www.w3.org/1999/02/22-rdf-syntax-ns#type"]) == AS + "Delete":
                state.pop(text(about[AS + "object"]))
            else:
                state[text(about[AS + "object"])] = payload
    assert members == full.feed.head().members == 19
    copy = sorted(lines.of_triple(triple) for payload in state.values() for triple in payload)
    assert copy == full.dump()
    root = parse(client, "/feed", "nq")
    said = {(text(quad.subject).removeprefix(BASE), quad.predicate.value): text(quad.object) for quad in root}
    assert said["/feed#checksum", "http://spdx.org/rdf/terms#checksumValue"] == lines.sha256(copy)
    assert said["/feed#copy", "http://rdfs.org/ns/void#triples"] == str(len(copy))
    assert said["/feed#stream", LDES + "timestampPath"] == AS + "published"
    assert said["/feed#stream", LDES + "versionOfPath"] == AS + "object"
    assert said["/feed#stream", TREE + "view"] == FEED
    assert said["/feed#retention", LDES + "startingFrom"] == full.feed.head().pages[0].first


def text(term: object) -> str:
    assert isinstance(term, ox.NamedNode | ox.Literal)
    return term.value


def number(term: object) -> int:
    assert isinstance(term, ox.NamedNode)
    return int(term.value.rpartition("#")[2])


def in_rdflib(quads: Iterable[ox.Quad]) -> rdflib.Graph:
    default = (quad.triple for quad in quads if quad.graph_name == ox.DefaultGraph())
    return rdflib.Graph().parse(data=b"\n".join(map(lines.of_triple, default)), format="nt")


def test_the_shape_of_members_holds_for_all_of_them_and_can_fail(client: FlaskClient, full: Site) -> None:
    data = in_rdflib(quad for _, quads in walk(client) for quad in quads)
    shape = in_rdflib(parse(client, "/feed", "nq"))
    assert validate(data, shacl_graph=shape)[0]
    data.remove((None, rdflib.URIRef(AS + "published"), None))
    assert not validate(data, shacl_graph=shape)[0]


def test_full_pages_never_change_a_byte_and_may_be_kept(client: FlaskClient, full: Site) -> None:
    """Contract, line 32."""
    addresses = [f"/feed/pages/{n}.{s}" for n in range(1, 5) for s in MEDIA_TYPES] + ["/feed/index/1.trig"]
    before = {address: client.get(address) for address in addresses}
    for response in before.values():
        assert "immutable" in response.headers["Cache-Control"]
        assert b"immutable" in response.data
    full.publish(says("new", "1"))
    for address, response in before.items():
        again = client.get(address)
        assert (again.data, again.headers["ETag"]) == (response.data, response.headers["ETag"])
        assert client.get(address, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def test_the_bytes_of_a_page_are_these(client: FlaskClient, site: Site) -> None:
    """Other bytes for what is full already would break a promise: documents.VERSION, and a good reason, come first."""
    site.publish(*(says(f"t{n}", r"one \"quote\"") for n in range(4)), life=life("gone", "withdrawn", reason="Closed"))
    hashes = {s: hashlib.sha256(client.get(f"/feed/pages/1.{s}").data).hexdigest()[:16] for s in MEDIA_TYPES}
    assert hashes == {"trig": "6b631281be189470", "nq": "fee66bc21e97229a", "jsonld": "efdeb75e9f9e01ad"}


def test_the_last_page_and_the_root_are_asked_for_again(
    client: FlaskClient, full: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MEMBERS", 1000)
    full.publish(says("new", "1"))
    last = f"/feed/pages/{len(full.feed.head().pages)}"
    for address in ("/feed", last):
        response = client.get(address)
        assert response.headers["Cache-Control"] == "public, max-age=10"
        assert client.get(address, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
        packed = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(packed.data) == response.data
        tag = packed.headers["ETag"]
        assert tag != response.headers["ETag"]
        headers = {"If-None-Match": tag, "Accept-Encoding": "gzip"}
        assert client.get(address, headers=headers).headers["ETag"] == tag
        full.publish(says("new", address))
        assert client.get(address, headers={"If-None-Match": response.headers["ETag"]}).status_code == 200


def test_a_page_that_gets_full_is_another_document(
    client: FlaskClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.publish(says("a", "1"))
    before = client.get("/feed/pages/1")
    monkeypatch.setattr(log, "LARGEST", 1)
    site.publish(says("a", "1"), says("b", "1"))
    after = client.get("/feed/pages/1")
    assert after.headers["ETag"] != before.headers["ETag"]
    assert b"immutable" in after.data


@pytest.mark.parametrize("path", ["/feed", "/feed/pages/1"])
def test_formats_by_negotiation_and_by_suffix(client: FlaskClient, full: Site, path: str) -> None:
    assert client.get(path).mimetype == "application/trig"
    for suffix, media_type in (MEDIA_TYPES | {"html": "text/html"}).items():
        negotiated = client.get(path, headers={"Accept": media_type})
        assert negotiated.mimetype == media_type
        assert negotiated.headers["Content-Location"] == f"{path}.{suffix}"
        assert "Accept" in negotiated.headers["Vary"]
        assert client.get(f"{path}.{suffix}").data == negotiated.data
    assert 'profile="https://w3id.org/tree/profile"' in client.get(f"{path}.nq").headers["Content-Type"]
    assert client.get(path, headers={"Accept": "image/png"}).status_code == 406
    assert client.head(path).headers["ETag"] == client.get(path).headers["ETag"]


@pytest.mark.parametrize("path", ["/feed/pages/0", "/feed/pages/99", "/feed/pages/x", "/feed/index/2", "/feed.png"])
def test_what_the_feed_does_not_have(client: FlaskClient, full: Site, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_feed_of_nothing(client: FlaskClient, site: Site) -> None:
    assert nodes_from(client, "/feed") == []
    assert "Nothing has been published yet" in client.get("/feed.html").text
    assert ElementTree.fromstring(client.get("/feed.atom").data).findall(f"{ATOM}entry") == []


def test_pages_for_people(client: FlaskClient, full: Site) -> None:
    whole = client.get("/feed", headers={"Accept": "text/html"}).text
    assert "Name &lt;of&gt; t1" in whole.partition("What changed last")[2]
    assert "10 new" in whole
    assert "3 changed, 6 gone" in whole
    assert '<a href="/feed/pages/1#m1">' in whole
    page = client.get("/feed/pages/1", headers={"Accept": "text/html"}).text
    assert 'id="m1"' in page
    assert "This page is full" in page


def atom(client: FlaskClient, address: str) -> ElementTree.Element:
    response = client.get(address)
    assert response.mimetype == "application/atom+xml"
    return ElementTree.fromstring(response.data)


def test_atom_has_what_the_standard_asks_for_and_an_entry_for_each_release(client: FlaskClient, site: Site) -> None:
    """RFC 4287, sections 4.1.1, 4.1.2 and 4.2; RFC 5005, section 3."""
    for number in range(23):
        site.publish(says("a&b", str(number)) if number else says("first", "x"))
    first = atom(client, "/feed.atom")
    for parent in (first, *first.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(parent.findall(ATOM + name)) == 1
            assert parent.findtext(ATOM + name)
        datetime.fromisoformat(parent.findtext(f"{ATOM}updated", ""))
    assert first.findtext(f"{ATOM}author/{ATOM}name")
    ids: list[str] = []
    pages, address = 0, "/feed.atom"
    while address:
        page = atom(client, address)
        pages += 1
        links = {link.get("rel", ""): link.get("href", "") for link in page.findall(f"{ATOM}link")}
        assert links["self"] == BASE + address
        ids += [entry.findtext(f"{ATOM}id", "") for entry in page.findall(f"{ATOM}entry")]
        address = links.get("next", "")
    assert (pages, len(ids), len(set(ids))) == (3, 23, 23)
    newest = first.find(f"{ATOM}entry")
    assert newest is not None
    assert newest.findtext(f"{ATOM}title", "").endswith("1 changed")
    assert [client.get(f"/feed.atom?page={page}").status_code for page in ("0", "4", "x", "9" * 99)] == [400] * 4


def test_atom_names_what_is_gone(client: FlaskClient, full: Site) -> None:
    full.releases.rollback(full.releases.ids()[0])
    announcing.bring_up_to_date(full.releases, datetime(2026, 7, 8, tzinfo=UTC))
    entries = atom(client, "/feed.atom").findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}published", "")[:10] for entry in entries] == [
        "2026-07-08",
        "2026-01-02",
        "2026-01-02",
    ]
    content = entries[1].findtext(f"{ATOM}content", "")
    assert content.count("<li>") == 9
    assert f'gone: <a href="/doc/cluster/t0">{thing("t0")}</a>' in content
    assert "Name &lt;of&gt; t1" in entries[2].findtext(f"{ATOM}content", "")
