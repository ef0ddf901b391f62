"""Whatever portals send to find and link identifiers is answered, or refused in a sentence (contract 11; issue 6).

Random requests to every route of `/resolve`, `/reconcile`, `/search`, `/suggest`, `/inbox` and `/id`, over the starting
release and its search index: never a 5xx, never a traceback, one sentence in every refusal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from eclod.core.settings import Settings
from eclod.store.finding.index import SearchIndexes
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app

#: The routes that are tried, with the parameters they read. `<text>` in a path is anything.
READ: Mapping[str, tuple[str, ...]] = {
    "/resolve": ("id", "format"),
    "/search": ("q", "kind", "limit", "page", "format"),
    "/suggest": ("q", "kind", "limit"),
    "/reconcile": ("queries", "query", "extend", "callback"),
    "/reconcile/1.0-draft": ("queries", "query"),
    "/reconcile/preview": ("id",),
    "/reconcile/1.0-draft/preview": ("id",),
    "/reconcile/suggest/<text>": ("prefix", "cursor", "limit"),
    "/reconcile/1.0-draft/suggest/<text>": ("prefix", "cursor", "limit"),
    "/reconcile/flyout/<text>": ("id",),
    "/reconcile/extend/propose": ("type", "limit"),
    "/reconcile/1.0-draft/extend/propose": ("type", "limit"),
    "/inbox": ("page", "format"),
    "/inbox/<text>": ("format",),
    "/linkbacks": ("thing", "page", "format"),
    "/id/<text>": (),
    "/doc/<text>": (),
    "/id/<text>/<text>": ("format", "lang", "profile"),
    "/doc/<text>/<text>": ("format", "lang", "profile", "view"),
}
WRITTEN = (
    "/resolve",
    "/reconcile",
    "/reconcile/match",
    "/reconcile/1.0-draft/match",
    "/reconcile/extend",
    "/reconcile/1.0-draft/extend",
    "/inbox",
)
KINDS = (
    "application/json",
    "application/ld+json",
    "application/x-www-form-urlencoded",
    "text/plain",
    "text/turtle",
    "a/b;charset",
    "",
)
#: Words that mean something to these routes, so that what is sent gets beyond the first look.
_WORDS = """queries query ids properties pid v type limit extend conditions id propertyValue matchType matchQuantifier
@context @type Announce object context entity cluster organisation cluster/0123 eclod:Cluster 01490 LEI: -1 0 1e9 null
* % NEAR("""
WORDS = st.sampled_from(_WORDS.split())
TEXTS = st.one_of(WORDS, st.text(max_size=40))
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS)
NESTED = st.one_of(LEAVES, st.lists(LEAVES, max_size=4), st.dictionaries(TEXTS, LEAVES, max_size=4))
VALUES = st.one_of(NESTED, st.lists(NESTED, max_size=4), st.dictionaries(TEXTS, NESTED, max_size=4))
#: Close to what is asked for, with something in it that is not.
CLOSE = st.one_of(
    st.lists(TEXTS, max_size=4).map(lambda ids: {"ids": ids}),
    VALUES.map(lambda value: {"queries": [{"query": value}]}),
    VALUES.map(lambda value: {"queries": [{"conditions": [{"matchType": "name", "propertyValue": value}]}]}),
    VALUES.map(lambda value: {"q0": {"query": "x", "limit": value, "type": value, "properties": value}}),
    VALUES.map(lambda value: {"ids": ["x"], "properties": [{"id": value}]}),
    st.tuples(VALUES, VALUES).map(
        lambda two: {"@context": "https://www.w3.org/ns/activitystreams", "type": "Announce", "object": two[0]}
        | {"context": two[1]}
    ),
)  # fmt: skip
BODIES = st.one_of(
    st.binary(max_size=60),
    VALUES.map(lambda value: json.dumps(value).encode()),
    CLOSE.map(lambda value: json.dumps(value).encode()),
    CLOSE.map(lambda value: b"queries=" + json.dumps(value).encode()),
)

fuzz = profile(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def client(starting_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    data = tmp_path_factory.mktemp("data")
    (data / "releases").symlink_to(starting_settings.data / "releases")
    (data / "current").symlink_to((starting_settings.data / "current").readlink())
    releases = Releases(data)
    release = releases.current_id()
    store = ox.Store.read_only(str(releases.folder(release) / "store"))
    settings = starting_settings.model_copy(update={"data": data, "linkback_day": 1_000_000})
    return create_app(settings, InProcessEngine(store, release), releases, SearchIndexes(releases)).test_client()


def check(client: FlaskClient, method: str, path: str, **more: object) -> None:
    """Ask, as a program and as a person, and look at the answer."""
    for accept in ("application/json", "text/html"):
        answer = client.open(path, method=method, headers={"Accept": accept}, **more)  # type: ignore[arg-type]  # as they come
        text = answer.get_data(as_text=True)
        assert answer.status_code < 500, (method, path, more, text)
        assert "Traceback" not in text
        assert "\n" not in answer.headers.get("Location", "")
        if answer.status_code >= 400 and answer.mimetype == "application/problem+json":
            detail = json.loads(text)["detail"]
            assert detail[-1] in ".?", detail


@fuzz
@given(route=st.sampled_from(list(READ)), data=st.data())
def test_no_question_breaks_it(client: FlaskClient, route: str, data: st.DataObject) -> None:
    path = route
    while "<text>" in path:
        path = path.replace("<text>", data.draw(TEXTS).replace("<text>", "") or "x", 1)
    parameters = {name: data.draw(TEXTS) for name in READ[route] if data.draw(st.booleans())}
    if "queries" in parameters and data.draw(st.booleans()):
        parameters["queries"] = json.dumps(data.draw(CLOSE))
    spelt = path.encode("utf-8", "replace").decode("latin-1")
    check(client, "GET", "/", query_string=parameters, environ_overrides={"PATH_INFO": spelt})


@fuzz
@given(path=st.sampled_from(WRITTEN), kind=st.sampled_from(KINDS), body=BODIES)
@example(path="/resolve", kind="application/json", body=b'["\\ud800"]')
@example(path="/reconcile/match", kind="application/json", body=b'{"queries":[{"type":"\\u0000","limit":1e400}]}')
@example(path="/inbox", kind="application/ld+json", body=b'{"@context":{"@vocab":"\\ud800:"},"@type":"x"}')
def test_no_message_breaks_it(client: FlaskClient, path: str, kind: str, body: bytes) -> None:
    check(client, "POST", path, data=body, content_type=kind)
    check(client, "PUT", path, data=body, content_type=kind)


def test_every_route_of_these_is_tried(client: FlaskClient) -> None:
    roots = ("/resolve", "/reconcile", "/search", "/suggest", "/inbox", "/linkbacks", "/id/", "/doc/")
    rules = [rule for rule in client.application.url_map.iter_rules() if rule.rule.startswith(roots)]
    read = {rule.rule for rule in rules if "GET" in (rule.methods or ())}
    written = {rule.rule for rule in rules if "POST" in (rule.methods or ())}
    plain = {route.replace("<text>", "<>") for route in READ}
    assert {"".join("<>" if part.startswith("<") else part for part in split(rule)) for rule in read} == plain
    assert written == set(WRITTEN)


def split(rule: str) -> list[str]:
    """Return the parts of a rule, its variables apart."""
    return rule.replace("<", "\0<").replace(">", ">\0").split("\0")
