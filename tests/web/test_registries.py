"""The page of a registry: what it delivered and when, what became of it, what lost, and where to have it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from eclod.core.settings import Settings
from eclod.store.conflicts import FILE, Conflict, write
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app

from .conftest import BASE, EARLIER, LICENCE, RELEASE, FoundEverywhere, dataset, write_release

BROWSER = "text/html,application/xhtml+xml"
MEASURES = ("rows-read", "rows-accepted", "rows-rejected", "rows-ignored", "warnings", "things")


def delivery(number: int, values: tuple[int, ...], made: str = "") -> str:
    node = f"{BASE}/registries/dk#delivery-{number}"
    said = [
        f"<{node}> prov:wasAssociatedWith <{BASE}/registries/dk> ; dct:identifier '{number}' .",
        *(
            f"<{node}> dqv:hasQualityMeasurement <{node}-{name}> . <{node}-{name}> dqv:value {value} ;"
            f" dqv:isMeasurementOf <https://w3id.org/eclod/scheme/delivery-measure/{name}> ."
            for name, value in zip(MEASURES, values, strict=True)
        ),
    ]
    if made:
        said.append(f"<{node}> prov:endedAtTime '{made}'^^xsd:dateTime ; dct:isPartOf <{BASE}/releases/{EARLIER}> .")
    return "\n".join(said)


PREFIXES = """PREFIX dct: <http://purl.org/dc/terms/>
PREFIX dqv: <http://www.w3.org/ns/dqv#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    settings = Settings(data=tmp_path_factory.mktemp("registries"))
    releases = Releases(settings.data)
    write_release(releases, EARLIER, None, "2025-12-31T00:00:00+00:00")
    write_release(releases, RELEASE, EARLIER, "2026-01-02T03:04:05+00:00")
    lost = [Conflict(f"{BASE}/id/cluster/{n}", f"{BASE}/p", '"x"', f"{BASE}/graph/registry/dk") for n in range(3)]
    write(releases.root / RELEASE / FILE, lost)
    path = releases.root / RELEASE / "manifest.json"
    marks = '"name": "dk",\n   "delivery": 2,\n   "delivered": "2026-01-02T03:04:05+00:00",'
    text = path.read_text(encoding="utf-8").replace('"delivered": "",', "").replace('"delivery": 0,', "")
    path.write_text(text.replace('"name": "dk",', marks, 1), encoding="utf-8")
    releases.switch(RELEASE)
    store = dataset()
    said = delivery(1, (5, 4, 0, 1, 0, 2), "2025-12-31T00:00:00Z") + delivery(2, (5, 3, 1, 1, 0, 2))
    store.update(f"{PREFIXES}INSERT DATA {{ GRAPH <{BASE}/graph/deliveries> {{ {said} }} }}")
    engine = InProcessEngine(store, RELEASE)
    with create_app(settings, engine, releases, FoundEverywhere()).test_client() as client:
        yield client


def test_the_page_shows_deliveries_and_what_became_of_them(pages: FlaskClient) -> None:
    text = " ".join(pages.get("/registries/dk", headers={"Accept": BROWSER}).text.split())
    assert "Last delivery:" in text and f'<a href="/releases/{RELEASE}">' in text
    assert "1 row did not pass the checks and is not published." in text
    assert text.count('data-label="Conforming rows in %"><data value=') == 2
    assert '<data value="100">' in text and '<data value="75">' in text
    assert 'data-chart="lines"' in text and "dist/figures.js" in text
    assert 'href="/queries/deliveries?registry=dk"' in text
    assert 'href="/registries/dk/submissions"' in text
    assert '<a href="/merging/conflicts?registry=dk">3 values</a> of it are not in the merged view' in text
    assert f"/releases/{RELEASE}/dumps/dk.nq.gz" in text
    assert "danish.csv" in text


@pytest.mark.parametrize(("licence", "rights", "is_said"), [(True, "", False), (False, "", True), (False, "©", False)])
def test_a_registry_without_licence_says_so(tmp_path: Path, licence: bool, rights: str, is_said: bool) -> None:
    """Nobody may use what has no licence, and officer and reader see that; words about rights are enough."""
    settings = Settings(data=tmp_path)
    releases = Releases(settings.data)
    write_release(releases, RELEASE, None, "2026-01-02T03:04:05+00:00")
    path = releases.root / RELEASE / "manifest.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text if licence else text.replace(LICENCE, ""), encoding="utf-8")
    releases.switch(RELEASE)
    store = dataset()
    if rights:
        said = f"<{BASE}/registries/dk> dct:rights '{rights}'@en"
        store.update(f"{PREFIXES}INSERT DATA {{ GRAPH <{BASE}/graph/registry/dk> {{ {said} }} }}")
    engine = InProcessEngine(store, RELEASE)
    with create_app(settings, engine, releases, FoundEverywhere()).test_client() as client:
        page = client.get("/registries/dk", headers={"Accept": BROWSER})
    assert page.status_code == 200
    assert ("No licence is stated" in page.text) == is_said


def test_the_history_is_the_answer_of_a_saved_query(pages: FlaskClient) -> None:
    rows = pages.get("/queries/deliveries.json?registry=dk").get_json()["results"]["bindings"]
    assert [(row["number"]["value"], row["read"]["value"], row["conforming"]["value"]) for row in rows] == [
        ("1", "5", "100"),
        ("2", "5", "75"),
    ]
    assert rows[0]["release"]["value"].endswith(EARLIER) and "made" not in rows[1]


def test_a_registry_is_negotiated_as_other_things_are(pages: FlaskClient) -> None:
    assert pages.get("/registries/dk", headers={"Accept": "text/turtle"}).content_type.startswith("text/turtle")
    assert pages.get("/registries/dk.jsonld").content_type.startswith("application/ld+json")
    found = ox.parse(pages.get("/registries/dk.nt").data, ox.RdfFormat.N_TRIPLES)
    assert any(quad.object == ox.Literal("Danish clusters", language="en") for quad in found)
    assert pages.get("/registries/nobody", headers={"Accept": BROWSER}).status_code == 404


def test_the_claims_about_a_registry_are_named_in_its_document(pages: FlaskClient) -> None:
    """A registry is described in a part of its page; claims about it get IRIs with one `#`, which are valid."""
    answer = pages.get("/registries/dk?profile=prov", headers={"Accept": "application/n-triples"})
    assert answer.status_code == 200, answer.text
    claims = {line.split(" ")[0] for line in answer.text.splitlines() if "#subject> " in line}
    assert len(claims) == 2  # its class and its title
    assert all(claim.count("#") == 1 and claim.startswith(f"<{BASE}/registries/dk#document-") for claim in claims)
