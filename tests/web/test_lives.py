"""Identifiers that are no longer valid, over HTTP: one answer for each state, in every form."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from eclod.core import codes
from eclod.core.formats import DOCUMENT_FORMATS
from eclod.core.iris import Names
from eclod.core.settings import Settings
from eclod.store import identities, lines
from eclod.store.decisions import Decision, Lives
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app
from eclod_loaders.gating import lives

from .conftest import Client, FoundEverywhere, write_release

AT: Final = "2026-01-0{}T00:00:00+00:00"
RELEASE: Final = "2026-01-09T000000Z-00000000"
NAMES: Final = Names()
VALID, OTHER, MERGED, TWICE, SPLIT, WITHDRAWN, ERASED, LED, BACK, NEVER = (
    codes.derive("cluster", "dk", name) for name in "abcdefghij"
)
MEETINGS: Final = [codes.derive("event", "dk", name) for name in "abc"]
BROWSER: Final = {"Accept": "text/html"}
TURTLE: Final = {"Accept": "text/turtle"}


def decided(event: str, code: str, *others: str, day: int = 1) -> Decision:
    return Decision(event, "cluster", code, others, f"Reason of {event} <b>.", "Ada & Co", AT.format(day))


DECISIONS: Final = (
    decided("merged", TWICE, MERGED),
    decided("merged", MERGED, VALID, day=2),
    decided("withdrawn", TWICE, day=3),
    decided("split", SPLIT, TWICE, OTHER, day=3),
    decided("withdrawn", WITHDRAWN, day=4),
    decided("erased", ERASED, day=5),
    decided("merged", LED, WITHDRAWN, day=1),
    *(replace(decided("merged", one, other), kind="event") for one, other in itertools.pairwise(MEETINGS)),
    decided("withdrawn", BACK, day=1),
    decided("restored", BACK, day=2),
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    label, kind = "<http://www.w3.org/2004/02/skos/core#prefLabel>", "<https://w3id.org/eclod/ontology#Cluster>"
    view = "".join(
        f'<{NAMES.thing("cluster", code)}> a {kind} ; {label} "Cluster {name}"@en .\n'
        for name, code in {"one": VALID, "other": OTHER, "back": BACK}.items()
    )
    view += f'<{NAMES.thing("event", MEETINGS[-1])}> {label} "Meeting"@en .\n'
    life = list(lives.statements(Lives(DECISIONS), NAMES))
    graph = NAMES.graph(identities.LIFE)
    store = ox.Store()
    store.load(view.encode(), ox.RdfFormat.TURTLE)
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in life)
    graphs = {"": lines.of_store(store), graph: lines.of_triples(life, graph)}
    store.extend(ox.Quad(t.subject, t.predicate, t.object, ox.NamedNode(graph)) for t in life)
    settings = Settings(data=tmp_path_factory.mktemp("data"))
    releases = Releases(settings.data)
    write_release(releases, RELEASE, None, "2026-01-09T00:00:00+00:00")
    identities.write(releases.root / RELEASE / identities.FILE, graphs, NAMES.base)
    releases.switch(RELEASE)
    app = create_app(settings, InProcessEngine(store, RELEASE), releases, FoundEverywhere())
    app.test_client_class = Client
    return app.test_client()


@pytest.mark.parametrize("path", ["/id/cluster/", "/doc/cluster/"])
@pytest.mark.parametrize("code", [MERGED, TWICE])
def test_a_merged_identifier_leads_to_the_end_of_the_chain_at_once(client: FlaskClient, path: str, code: str) -> None:
    """Contract 26: merged twice, merged then withdrawn: one redirect to the end; a redirect wins over 410."""
    response = client.get(path + code.upper(), headers={"Host": "evil.example"})
    assert (response.status_code, response.headers["Location"]) == (301, path + VALID)
    assert client.get(f"{path}{code}.jsonld?lang=da").headers["Location"] == f"{path}{VALID}.jsonld?lang=da"
    assert client.get(f"{path}{VALID}").status_code == (303 if path.startswith("/id") else 200)


def test_what_is_merged_into_what_is_withdrawn_leads_there(client: FlaskClient) -> None:
    assert client.get(f"/doc/cluster/{LED}").headers["Location"] == f"/doc/cluster/{WITHDRAWN}"
    assert client.get(f"/doc/cluster/{WITHDRAWN}").status_code == 410


@pytest.mark.parametrize("path", ["/id/cluster/", "/doc/cluster/"])
def test_a_withdrawn_identifier_says_who_when_and_why(client: FlaskClient, path: str) -> None:
    """Contract 27: 410 with RDF and HTML."""
    page = client.get(path + WITHDRAWN, headers=BROWSER)
    assert (page.status_code, page.mimetype) == (410, "text/html")
    for text in ("is withdrawn", "2026-01-04", "Reason of withdrawn &lt;b&gt;.", "Ada &amp; Co", WITHDRAWN):
        assert text in page.text
    response = client.get(path + WITHDRAWN, headers=TURTLE)
    assert (response.status_code, response.mimetype) == (410, "text/turtle")
    found = ox.Store()
    found.load(response.data, ox.RdfFormat.TURTLE)
    query = f"""PREFIX prov: <http://www.w3.org/ns/prov#> SELECT ?at ?why ?who {{
        <{NAMES.thing("cluster", WITHDRAWN)}> prov:invalidatedAtTime ?at ; prov:wasInvalidatedBy ?event .
        ?event a <http://www.w3.org/ns/org#ChangeEvent> ; <http://purl.org/dc/terms/description> ?why ;
            prov:wasAssociatedWith/<http://xmlns.com/foaf/0.1/name> ?who }}"""
    (row,) = list(found.query(query))  # type: ignore[arg-type]
    assert [term.value for term in row] == ["2026-01-04T00:00:00Z", "Reason of withdrawn <b>.", "Ada & Co"]
    assert (
        client.get(path + WITHDRAWN, headers={**TURTLE, "If-None-Match": response.headers["ETag"]}).status_code == 410
    )


@pytest.mark.parametrize("form", DOCUMENT_FORMATS, ids=lambda form: form.name)
def test_a_withdrawn_identifier_has_every_form(client: FlaskClient, form: object) -> None:
    response = client.get(f"/doc/cluster/{WITHDRAWN}.{form.name}")  # type: ignore[attr-defined]
    assert (response.status_code, response.mimetype) == (410, form.media_type)  # type: ignore[attr-defined]
    head = client.head(f"/doc/cluster/{WITHDRAWN}.{form.name}")  # type: ignore[attr-defined]
    assert (head.status_code, head.data) == (410, b"")


def test_a_split_identifier_offers_what_it_became(client: FlaskClient) -> None:
    for path in ("/id/cluster/", "/doc/cluster/"):
        response = client.get(path + SPLIT, headers=TURTLE)
        assert response.status_code == 300
        for code in (VALID, OTHER):  # the first of them was merged twice since
            assert f'</doc/cluster/{code}>; rel="successor-version"' in response.headers["Link"]
            assert NAMES.thing("cluster", code) in response.text
    page = client.get(f"/id/cluster/{SPLIT}", headers=BROWSER)
    assert page.status_code == 300
    assert f'<a href="/doc/cluster/{OTHER}">Cluster other</a>' in page.text
    assert client.get(f"/doc/cluster/{SPLIT}.json").mimetype == "application/ld+json"


@pytest.mark.parametrize(("code", "status"), [(WITHDRAWN, 410), (SPLIT, 300)])
def test_a_card_in_a_page_of_another_site_says_what_became_of_the_thing(
    client: FlaskClient, code: str, status: int
) -> None:
    """A frame that was put there while the thing was valid shows no error of the browser later."""
    for path in ("/id/cluster/", "/doc/cluster/"):
        card = client.get(f"{path}{code}?view=card", headers=TURTLE)
        assert (card.status_code, card.mimetype) == (status, "text/html")
        assert "frame-ancestors *" in card.headers["Content-Security-Policy"]
        assert "<script" not in card.text
        assert ("Cluster other" in card.text) == (code == SPLIT)
    assert client.get(f"/doc/cluster/{MERGED}?view=card").headers["Location"] == f"/doc/cluster/{VALID}?view=card"
    for path in ("/id/cluster/", "/doc/cluster/"):
        erased = client.get(f"{path}{ERASED}?view=card", headers=BROWSER)
        assert (erased.status_code, erased.data) == (410, b"")
        assert "frame-ancestors *" in erased.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("code", "status"), [(TWICE, 200), (BACK, 200), (WITHDRAWN, 404), (SPLIT, 404), (ERASED, 404), (LED, 404)]
)
def test_oembed_follows_what_was_merged_and_shows_nothing_that_ended(
    client: FlaskClient, code: str, status: int
) -> None:
    """The identifiers' one state machine holds for oEmbed, too."""
    response = client.get(f"/oembed?url={NAMES.thing('cluster', code)}")
    assert response.status_code == status
    if code == TWICE:
        assert response.get_json()["title"] == "Cluster one"
        assert f"/doc/cluster/{VALID}?view=card" in response.get_json()["html"]


@pytest.mark.parametrize("path", ["/id/cluster/{}", "/doc/cluster/{}", "/doc/cluster/{}.ttl", "/doc/cluster/{}.html"])
def test_of_an_erased_identifier_nothing_is_said(client: FlaskClient, path: str) -> None:
    """Contract 28."""
    for headers in (BROWSER, TURTLE):
        response = client.get(path.format(ERASED), headers=headers)
        assert (response.status_code, response.data) == (410, b"")
        assert "Link" not in response.headers


def test_what_is_back_is_as_good_as_ever(client: FlaskClient) -> None:
    assert client.get(f"/id/cluster/{BACK}").status_code == 303
    page = client.get(f"/doc/cluster/{BACK}", headers=BROWSER)
    assert (page.status_code, "Cluster back" in page.text) == (200, True)


def test_describing_an_identifier_leads_to_its_own_answer(client: FlaskClient) -> None:
    for code, status in ((WITHDRAWN, 410), (MERGED, 301), (SPLIT, 300), (ERASED, 410), (VALID, 200)):
        response = client.get("/describe", query_string={"iri": NAMES.thing("cluster", code)})
        assert (response.status_code, response.headers["Location"]) == (303, f"/doc/cluster/{code}")
        assert client.get(response.headers["Location"]).status_code == status


@pytest.mark.parametrize(
    ("spell", "status"),
    [
        (lambda code: f"/doc/organisation/{code}", 404),
        (lambda code: f"/id/organisation/{code}", 404),
        (lambda code: f"/id/cluster/{code[:4]}{'2' if code[4] != '2' else '3'}{code[5:]}", 400),
        (lambda code: f"/doc/cluster/{code[:6]}{code[7:]}", 400),
        (lambda code: f"/id/cluster/{code}7", 400),
        (lambda code: f"/id/clusters/{code}", 404),
        (lambda code: f"/doc/klaster/{code[:6]}{code[7:]}.ttl", 404),
        (lambda code: f"/id/{code}", 404),
        (lambda code: f"/doc/{code.upper()}/", 404),
    ],
)
def test_a_near_miss_is_answered_with_what_was_meant(
    client: FlaskClient, spell: Callable[[str], str], status: int
) -> None:
    """Contract 29: a wrong check character is a 400 with a suggestion; unknown is a 404 with the nearest spelling."""
    response = client.get(spell(VALID))
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert f"/doc/cluster/{VALID}" in response.get_json()["suggestions"]
    assert f"perhaps /doc/cluster/{VALID}" in response.get_json()["detail"].lower()


def test_what_never_was_is_not_found(client: FlaskClient) -> None:
    for path in ("/id/cluster/", "/doc/cluster/"):
        response = client.get(path + NEVER)
        assert (response.status_code, response.get_json()["status"]) == (404, 404)
    erased = ERASED[:4] + ("2" if ERASED[4] != "2" else "3") + ERASED[5:]
    assert "suggestions" not in client.get(f"/id/cluster/{erased}").get_json()
    for path in (f"/id/{ERASED}", f"/id/clusters/{ERASED}", f"/id/{NEVER}", "/doc/anything", "/id/spaceship/x"):
        response = client.get(path)
        assert (response.status_code, "suggestions" in response.get_json()) == (404, False)


@pytest.mark.parametrize(("kind", "way"), [("cluster", [TWICE, MERGED, VALID]), ("event", MEETINGS)])
def test_resolving_tells_the_way_of_what_was_merged_again(client: FlaskClient, kind: str, way: list[str]) -> None:
    """Contract 26: of organisations, which have change events of their own, as of all else."""
    found = client.get("/resolve", query_string={"id": f"{kind}/{way[0]}"}, headers={"Accept": "application/json"}).json
    assert found is not None
    assert (found["state"], found["chain"]) == ("valid", [NAMES.thing(kind, code) for code in way])
