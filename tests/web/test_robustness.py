"""What holds whatever comes in: no input breaks the service, no page mixes two releases, any RDF can be shown."""

from __future__ import annotations

from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from eclod.core.errors import TooBusy
from eclod.core.settings import Settings
from eclod.store.engine import Answer, Question
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app
from eclod.web.resources import statements
from eclod.web.resources.statements import Reader

from .conftest import CLUSTER, EARLIER, RELEASE, FoundEverywhere, dataset

HEADER_TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=60)
PATHS = st.sampled_from(
    ["/", "/sparql", "/describe", "/search", "/releases", f"/doc/cluster/{CLUSTER}", "/id/cluster/x"]
)

fuzz = profile(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@fuzz
@given(path=PATHS, accept=HEADER_TEXT, language=HEADER_TEXT, tag=HEADER_TEXT)
@example(path="/", accept='text/html;q="', language="*;q=0", tag='W/"')
@example(path="/sparql", accept="a/b;q=1e999,*/*;q=nan", language="x" * 500, tag="*")
def test_no_header_breaks_it(client: FlaskClient, path: str, accept: str, language: str, tag: str) -> None:
    headers = {"Accept": accept, "Accept-Language": language, "If-None-Match": tag}
    assert client.get(path, headers=headers).status_code < 500


@fuzz
@given(
    path=PATHS,
    name=st.sampled_from(["query", "format", "iri", "q", "lang", "limit", "edit", "kind"]),
    text=st.text(max_size=80),
)
@example(path="/describe", name="iri", text="http://a.example/\ud7ff\U0010ffff")
@example(path="/sparql", name="query", text="SELECT (1 AS ?x) {} #\x00")
@example(path="/search", name="q", text='" OR NEAR(')
def test_no_parameter_breaks_it(client: FlaskClient, path: str, name: str, text: str) -> None:
    for accept in ("text/html", "*/*"):
        assert client.get(path, query_string={name: text}, headers={"Accept": accept}).status_code < 500


@fuzz
@given(query_string=st.text(st.characters(max_codepoint=0xFF), max_size=60), body=st.binary(max_size=60))
def test_no_bytes_break_the_endpoint(client: FlaskClient, query_string: str, body: bytes) -> None:
    overrides = {"QUERY_STRING": query_string}
    assert client.get("/sparql", environ_overrides=overrides).status_code < 500
    for content_type in ("application/x-www-form-urlencoded", "application/sparql-query", "", "a/b;charset"):
        assert client.post("/sparql", data=body, content_type=content_type).status_code < 500


@fuzz
@given(
    tail=st.text(max_size=30),
    start=st.sampled_from(["/doc/", "/id/cluster/", "/releases/", "/registries/", "/scheme/", "/"]),
)
@example(start="/releases/", tail="\x00")
@example(start="/doc/", tail="cluster/..")
def test_no_path_breaks_it(client: FlaskClient, start: str, tail: str) -> None:
    response = client.get(
        "/", environ_overrides={"PATH_INFO": (start + tail).encode("utf-8", "replace").decode("latin-1")}
    )
    assert response.status_code < 500
    assert "\n" not in response.headers.get("Location", "")


class Switching:
    """An engine whose release changes after so many questions."""

    def __init__(self, after: int) -> None:
        self._engines = [InProcessEngine(dataset(), EARLIER), InProcessEngine(dataset(), RELEASE)]
        self._after = after
        self.asked = 0

    @property
    def release(self) -> str:
        return self._engines[self.asked >= self._after].release

    def ask(self, question: Question) -> Answer:
        engine = self._engines[self.asked >= self._after]
        self.asked += 1
        return engine.ask(question)


@pytest.mark.parametrize("after", [1, 2, 3, 4])
@pytest.mark.parametrize("suffix", ["html", "ttl"])
def test_a_page_is_about_one_release(settings: Settings, after: int, suffix: str) -> None:
    engine = Switching(after)
    client = create_app(settings, engine, Releases(settings.data), FoundEverywhere()).test_client()
    response = client.get(f"/doc/cluster/{CLUSTER}.{suffix}")
    other = {EARLIER: RELEASE, RELEASE: EARLIER}[response.headers["Eclod-Release"]]
    assert response.status_code == 200
    assert other not in response.text


def test_releases_that_never_rest_are_said_to_be_busy(engine: InProcessEngine) -> None:
    class Restless:
        release = RELEASE
        asked = 0

        def ask(self, question: Question) -> Answer:
            self.asked += 1
            answer = engine.ask(question)
            answer.release = str(self.asked)
            return answer

    def twice(reader: Reader) -> bool:
        return reader.ask("ASK {}") and reader.ask("ASK {}")

    with pytest.raises(TooBusy):
        statements.consistently(Restless(), twice)


FOREIGN = b"""
@prefix : <http://a.example/> .
:x :name "X" ; :part [ :street "High Street" ; :deeper [ :still [ :deep "down" ] ] ] .
:g { :x :says "in a graph" ; <http://a.example/no/local/name/> "y" . }
"""


@pytest.fixture(scope="module")
def foreign(settings: Settings) -> FlaskClient:
    store = ox.Store()
    store.load(FOREIGN, ox.RdfFormat.TRIG)
    app = create_app(settings, InProcessEngine(store, RELEASE), Releases(settings.data), FoundEverywhere())
    return app.test_client()


def test_rdf_that_was_published_as_it_came(foreign: FlaskClient) -> None:
    page = foreign.get("/describe?iri=http://a.example/x&format=html")
    assert page.status_code == 200
    for text in ("High Street", "down", "in a graph"):
        assert text in page.text
    assert foreign.get("/describe?iri=http://a.example/x&format=rdf").status_code == 406  # XML has no name for it
    for name in ("ttl", "nt", "jsonld", "nq", "trig"):
        response = foreign.get(f"/describe?iri=http://a.example/x&format={name}")
        assert response.status_code == 200
        assert b"High Street" in response.data
    assert foreign.get("/").status_code == 200


AWKWARD = r"""
@prefix : <http://a.example/> .
:returns :says "one\rtwo\r\nthree" .
:controls :says "bell\u0007" .
"""


def test_xml_keeps_what_it_can_and_refuses_the_rest(settings: Settings) -> None:
    store = ox.Store()
    store.load(AWKWARD.encode(), ox.RdfFormat.TURTLE)
    app = create_app(settings, InProcessEngine(store, RELEASE), Releases(settings.data), FoundEverywhere())
    client = app.test_client()
    returns = client.get("/describe?iri=http://a.example/returns&format=rdf")
    parsed = ElementTree.fromstring(returns.data)
    assert [node.text for node in parsed.iter("{http://a.example/}says")] == ["one\rtwo\r\nthree"]
    controls = client.get("/describe?iri=http://a.example/controls&format=rdf")
    assert (controls.status_code, "U+0007" in controls.get_json()["detail"]) == (406, True)
    assert client.get("/describe?iri=http://a.example/controls&format=ttl").status_code == 200


def test_a_release_without_an_ontology_says_so(settings: Settings, foreign: FlaskClient) -> None:
    assert foreign.get("/ontology").status_code == 200  # the manifest of this release lists it
    assert foreign.get("/shapes").status_code == 404
