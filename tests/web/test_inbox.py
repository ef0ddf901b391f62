"""`/inbox` and `/linkbacks`: taking notifications, whoever sends them, and showing what is published (item 6)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Hashable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from eclod.core.errors import TooManyRequests
from eclod.core.settings import Settings
from eclod.moderating.commands import inbox as inbox_command
from eclod.store.inprocess import InProcessEngine
from eclod.store.linkbacks.box import PUBLISHED, Box, Versions
from eclod.store.releases import Releases
from eclod.web.app import create_app
from eclod.web.context import EXTENSION, Service
from eclod.web.messages.prepared import Prepared, PreparedResponses

from .conftest import BASE, CLUSTER, COMPANY, RELEASE, UNKNOWN, Client, FoundEverywhere

THING = f"{BASE}/id/cluster/{CLUSTER}"
PAGE = "https://portal.example/clusters/1"
CONTEXT = "https://www.w3.org/ns/activitystreams"
JSON_LD = "application/ld+json"


@pytest.fixture
def app(
    settings: Settings, engine: InProcessEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    monkeypatch.setattr(Versions, "_EVERY", -1.0)
    (tmp_path / "releases").symlink_to(settings.data / "releases")
    (tmp_path / "current").symlink_to(f"releases/{RELEASE}")
    chosen = settings.model_copy(update={"data": tmp_path, "linkback_hosts": "portal.example", "linkback_day": 50})
    yield create_app(chosen, engine, Releases(tmp_path), FoundEverywhere())


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return Client(app, app.response_class)


def service(app: Flask) -> Service:
    found: Service = app.extensions[EXTENSION]
    return found


def announce(client: FlaskClient, page: str = PAGE, thing: str = THING, **more: object) -> TestResponse:
    said = {"@context": CONTEXT, "type": "Announce", "object": page, "context": thing, **more}
    return client.post("/inbox", data=json.dumps(said), content_type=f'{JSON_LD}; profile="{CONTEXT}"')


def publish(app: Flask, client: FlaskClient, page: str = PAGE, title: str = "Ours", thing: str = THING) -> str:
    name = announce(client, page, thing).headers["Location"].rpartition("/")[2]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    service(app).linkbacks.update(name, state=PUBLISHED, title=title, checked=now, changed=now, due="")
    return name


def test_a_notification_is_created_and_says_how_far_it_got(client: FlaskClient) -> None:
    """LDN, section 3.2.2."""
    response = announce(client)
    assert response.status_code == 201
    assert response.headers["Location"].startswith("/inbox/")
    seen = client.get(response.headers["Location"])
    assert seen.mimetype == JSON_LD
    assert "Received" in seen.text
    assert PAGE not in seen.text
    assert seen.headers["X-Robots-Tag"] == "noindex"
    again = announce(client)
    assert (again.status_code, again.headers["Location"]) == (200, response.headers["Location"])


def test_turtle_and_activity_json_are_read_as_well(client: FlaskClient) -> None:
    text = f"@prefix as: <{CONTEXT}#> . <> a as:Announce ; as:object <{PAGE}> ; as:target <{THING}> ."
    assert client.post("/inbox", data=text, content_type="text/turtle").status_code == 201
    body = json.dumps({"@context": CONTEXT, "type": "Announce", "object": f"{PAGE}/2", "target": THING})
    assert client.post("/inbox", data=body, content_type="application/activity+json").status_code == 201
    bare = json.dumps({"type": "Announce", "object": f"{PAGE}/3", "target": THING})
    assert client.post("/inbox", data=bare, content_type="application/activity+json").status_code == 201
    assert client.post("/inbox", data=bare, content_type="application/ld+json").status_code == 400


def test_a_page_at_another_host_waits_for_the_operator(app: Flask, client: FlaskClient) -> None:
    response = announce(client, "https://elsewhere.example/")
    assert response.status_code == 202
    kept = service(app).linkbacks.get(response.headers["Location"].rpartition("/")[2])
    assert (kept.state, kept.due) == ("waiting", "")


def test_the_inbox_says_what_it_takes(client: FlaskClient) -> None:
    """LDN, section 3.2.1; contract 1 and 10."""
    response = client.options("/inbox")
    assert response.status_code == 200
    assert {"GET", "HEAD", "OPTIONS", "POST"} <= set(response.headers["Allow"].split(", "))
    assert JSON_LD in response.headers["Accept-Post"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    get, head = client.get("/inbox"), client.head("/inbox")
    assert get.mimetype == JSON_LD
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", get.headers["ETag"])
    assert JSON_LD in head.headers["Accept-Post"]


@pytest.mark.parametrize("accept", ["text/html", "text/turtle", JSON_LD])
def test_things_say_where_the_inbox_is(client: FlaskClient, accept: str) -> None:
    response = client.get(f"/doc/cluster/{CLUSTER}", headers={"Accept": accept})
    assert '</inbox>; rel="http://www.w3.org/ns/ldp#inbox"' in response.headers["Link"]


def test_the_inbox_lists_what_is_published_and_nothing_else(app: Flask, client: FlaskClient) -> None:
    announce(client, f"{PAGE}/waiting")
    name = publish(app, client)
    for accept, form in ((JSON_LD, ox.RdfFormat.JSON_LD), ("text/turtle", ox.RdfFormat.TURTLE)):
        body = client.get("/inbox", headers={"Accept": accept}).data
        quads = ox.parse(body, form, base_iri="http://here.example/inbox")
        contained = [q.object for q in quads if q.predicate.value == "http://www.w3.org/ns/ldp#contains"]
        assert contained == [ox.NamedNode(f"http://here.example/inbox/{name}")]
    seen = client.get(f"/inbox/{name}", headers={"Accept": "application/n-triples"}).text
    assert f"<{BASE}/inbox/{name}> <{CONTEXT}#object> <{PAGE}>" in seen
    page = client.get("/inbox", headers={"Accept": "text/html"}).text
    assert "Ours" in page
    assert "waiting" not in page


def test_links_are_a_linkset_with_provenance(app: Flask, client: FlaskClient) -> None:
    name = publish(app, client)
    publish(app, client, f"{PAGE}/company", thing=f"{BASE}/id/organisation/{COMPANY}")
    response = client.get(f"/linkbacks?thing={THING}")
    assert response.mimetype == "application/linkset+json"
    (link,) = response.get_json(force=True)["linkset"]
    assert link["anchor"] == PAGE
    assert link["http://purl.org/dc/terms/references"][0]["href"] == THING
    assert len(client.get("/linkbacks").get_json(force=True)["linkset"]) == 2
    said_by = link["http://www.w3.org/ns/prov#wasInformedBy"][0]["href"]
    assert said_by == f"{BASE}/inbox/{name}"
    for form in ("ttl", "trig", "jsonld", "nt"):  # the same name of the notification in every format
        assert said_by in client.get(f"/linkbacks?thing={THING}&format={form}").text, form
    triples = client.get(f"/linkbacks?thing={CLUSTER}", headers={"Accept": "application/n-triples"}).text
    assert f"<{PAGE}> <http://purl.org/dc/terms/references> <{THING}>" in triples
    assert f"<{BASE}/inbox/{name}> <http://www.w3.org/ns/prov#endedAtTime>" in triples
    assert client.get("/linkbacks?thing=nothing").status_code == 400
    assert client.get("/linkbacks?page=0").status_code == 400


def test_the_page_of_a_thing_shows_who_uses_it(app: Flask, client: FlaskClient) -> None:
    path, people = f"/doc/cluster/{CLUSTER}", {"Accept": "text/html"}
    before = client.get(path, headers=people)
    assert "Used by" not in before.text
    publish(app, client, title="<script>alert(1)</script>")
    after = client.get(path, headers=people)
    assert "Used by" in after.text
    assert "&lt;script&gt;alert(1)" in after.text
    assert "<script>alert" not in after.text
    assert 'rel="external nofollow ugc noopener"' in after.text
    assert after.headers["ETag"] != before.headers["ETag"]
    assert client.get(path, headers={**people, "If-None-Match": before.headers["ETag"]}).status_code == 200
    assert client.get(path, headers={**people, "If-None-Match": after.headers["ETag"]}).status_code == 304


def test_a_prepared_page_is_left_behind_by_a_new_link(app: Flask, client: FlaskClient) -> None:
    found = service(app)
    prepared = PreparedResponses(lambda: RELEASE, 1 << 20, found.linkback_version)
    address = f"/doc/cluster/{CLUSTER}.html?lang=de"

    def key(of: str) -> Hashable:
        return prepared.key("GET", of, {})

    first, other = key(address), key("/doc/cluster/another?")
    prepared.keep(first, Prepared(200, [], b"old", RELEASE))
    assert prepared.find(key(address), None) is not None
    publish(app, client)
    assert prepared.find(key(address), None) is None
    assert key("/doc/cluster/another?") == other


REFUSED = {
    "unknown": (f"{BASE}/id/cluster/{UNKNOWN}", 400, "no thing of this service"),
    "misspelt": (f"{BASE}/id/cluster/{CLUSTER[:-1]}{'0' if CLUSTER[-1] != '0' else '1'}", 400, "misspelt"),
    "not ours": ("https://example.org/", 400, "no things"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_thing_of_ours_is_refused(client: FlaskClient, name: str) -> None:
    thing, status, says = REFUSED[name]
    response = announce(client, thing=thing)
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    assert says in response.get_json(force=True)["detail"]


@pytest.mark.parametrize("state", ["split", "withdrawn", "erased"])
def test_what_has_ended_is_refused_and_what_was_merged_leads_on(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    known = service(app).identities.for_release(RELEASE)
    company = f"{BASE}/id/organisation/{COMPANY}"
    there = known.get(THING)
    assert there is not None
    changed = dataclasses.replace(there, state=state, successors=(company,) if state == "split" else ())
    monkeypatch.setattr(known, "get", lambda iri: changed if iri == THING else None)
    response = announce(client)
    assert response.status_code == 400
    assert "can no longer be linked to" in response.get_json(force=True)["detail"]
    changed = dataclasses.replace(there, state="merged", successors=(company,))
    kept = service(app).linkbacks.get(announce(client).headers["Location"].rpartition("/")[2])
    assert (kept.thing, kept.stated, kept.told) == (company, THING, f"merged {company}")


def test_hostile_bodies_are_refused(client: FlaskClient) -> None:
    def status(body: bytes, kind: str = JSON_LD, **headers: str) -> int:
        return client.post("/inbox", data=body, content_type=kind, headers=headers).status_code

    assert status(b"x" * (1 << 20)) == 413
    assert status(b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}") == 400
    assert status(b'{"@context":"https://evil.example/c","@type":"Announce"}') == 400
    assert status(b"{}", "application/json") == 415
    assert status(b"{}", JSON_LD, **{"Content-Encoding": "gzip"}) == 415
    assert status(b"") == 400
    assert status(b"<a> <b> <http://[> .", "text/turtle") == 400
    assert announce(client, f"{BASE}/registries/dk").status_code == 400
    assert announce(client, "http://localhost/registries/dk").status_code == 400
    assert announce(client, "javascript:alert(1)").status_code == 400
    assert client.put("/inbox").status_code == 405


def test_one_client_has_so_many_a_day(app: Flask, client: FlaskClient) -> None:
    statuses = [announce(client, f"https://portal.example/{number}").status_code for number in range(10_000)]
    assert statuses == [201] * 50 + [429] * 9_950
    response = announce(client)
    assert int(response.headers["Retry-After"]) > 80_000
    assert service(app).linkbacks.count("received") == 50


def test_one_host_has_so_many_a_day_whoever_sends_them(app: Flask) -> None:
    def from_client(number: int) -> TestResponse:
        client = Client(app, app.response_class)
        client.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        return announce(client, f"https://spam.example/{number}")

    found = [from_client(number) for number in range(51)]
    assert [response.status_code for response in found] == [202] * 50 + [429]
    assert "spam.example" in found[-1].get_json(force=True)["detail"]
    assert 80_000 < int(found[-1].headers["Retry-After"]) <= 86_400
    before = service(app)
    found_again = Service(before.settings, InProcessEngine(ox.Store(), RELEASE), before.releases, FoundEverywhere())
    kept = found_again.linkbacks  # of a process that was started later
    with pytest.raises(TooManyRequests):
        kept.receive("https://spam.example/99", THING, THING, "valid", "", "", datetime.now(UTC), False)
    later = datetime.now(UTC) + timedelta(days=1)
    assert kept.receive("https://spam.example/99", THING, THING, "valid", "", "", later, False)[1]


def test_a_link_is_taken_back_by_looking_again(app: Flask, client: FlaskClient) -> None:
    name = publish(app, client)
    response = announce(client, type="Undo")
    assert (response.status_code, response.headers["Location"]) == (202, f"/inbox/{name}")
    kept = service(app).linkbacks.get(name)
    assert kept.state == PUBLISHED  # until the page was looked at
    assert kept.due
    assert announce(client, f"{PAGE}/never", type="Undo").status_code == 400


def test_the_operator_decides_on_the_command_line(app: Flask, client: FlaskClient) -> None:
    data = str(service(app).settings.data)
    name = announce(client, "https://elsewhere.example/").headers["Location"].rpartition("/")[2]

    def run(*words: str) -> str:
        done = CliRunner().invoke(inbox_command, [*words, "--data", data], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    assert [row["id"] for row in json.loads(run("list", "--json"))] == [name]
    assert "elsewhere.example" in run("list")
    assert "waiting" in run("show", name)
    assert "is published" in run("accept", name)
    assert Box(Path(data)).get(name).state == PUBLISHED
    assert "is refused" in run("refuse", name, "--reason", "It is spam.")
    assert "It is spam." in client.get(f"/inbox/{name}").text
    assert "Nothing is taken" in run("block", "elsewhere.example")
    assert announce(client, "https://elsewhere.example/2").status_code == 403
    assert json.loads(run("list", "--notices", "--json")) == []
    assert json.loads(run("notify", "--json"))["looked"] == 0
