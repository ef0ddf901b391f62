"""What the page of a thing works out: members as a chart, names of figures, where its region is."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from eclod.core import codes
from eclod.core.settings import Settings
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app

from .conftest import BASE, CLUSTER, COMPANY, MANAGER, NUTS, RELEASE, Client, FoundEverywhere, dataset, write_release

TYPE = "https://w3id.org/eclod/scheme/organisation-type/sme"
EMPLOYED = f"{BASE}/id/observation/{codes.derive('observation', 'employed', '1')}"
SPECIALISED = f"{BASE}/id/observation/{codes.derive('observation', 'specialised', '1')}"
EVENT = f"{BASE}/id/event/{codes.derive('event', 'meeting', '1')}"
ELI = "http://data.europa.eu/eli/reg/2021/690/oj"
CELEX = "http://publications.europa.eu/resource/celex/32021R0690"
MORE = f"""PREFIX eclod: <https://w3id.org/eclod/ontology#> PREFIX org: <http://www.w3.org/ns/org#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX geo: <http://www.opengis.net/ont/geosparql#>
PREFIX qb: <http://purl.org/linked-data/cube#> PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX prov: <http://www.w3.org/ns/prov#> PREFIX dct: <http://purl.org/dc/terms/>
INSERT DATA {{
  <{BASE}/id/organisation/{COMPANY}> org:classification <{TYPE}> .
  <{TYPE}> skos:prefLabel "small or medium-sized enterprise"@en .
  <{BASE}/id/membership/more> org:member <{BASE}/id/organisation/other> ;
    org:organization <{BASE}/id/organisation/{MANAGER}> .
  <{EMPLOYED}> eclod:region <{NUTS}> ; eclod:sector <http://data.europa.eu/ux2/nace2/14> ; eclod:period "2015" ;
    qb:dataSet <https://w3id.org/eclod/cube/regional-employment> .
  <{SPECIALISED}> eclod:region <{NUTS}> ; eclod:sector <http://data.europa.eu/ux2/nace2/14> ; eclod:period "2015" ;
    qb:dataSet <https://w3id.org/eclod/cube/regional-specialisation> ; prov:wasDerivedFrom <{EMPLOYED}> .
  <http://data.europa.eu/ux2/nace2/14> skos:prefLabel "Clothes"@en .
  <https://w3id.org/eclod/cube/regional-employment> dct:title "Persons employed"@en .
  <https://w3id.org/eclod/cube/regional-specialisation> dct:title "Specialisation"@en .
  <{NUTS}> geo:hasDefaultGeometry <{BASE}/p> . <{BASE}/p> geo:asWKT "POINT(12.5 55.5)"^^geo:wktLiteral .
  <{EVENT}> skos:prefLabel "A meeting"@en ; dct:spatial <{NUTS}> .
  <{CELEX}> skos:prefLabel "Regulation on the Single Market Programme"@en ; owl:sameAs <{ELI}> .
}}"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    settings = Settings(data=tmp_path_factory.mktemp("things"))
    releases = Releases(settings.data)
    write_release(releases, RELEASE, None, "2026-01-02T03:04:05+00:00")
    releases.switch(RELEASE)
    store = dataset()
    store.update(MORE)
    app = create_app(settings, InProcessEngine(store, RELEASE), releases, FoundEverywhere())
    return Client(app, app.response_class)


def _page(client: FlaskClient, path: str) -> str:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return " ".join(answer.text.split())


def _document(iri: str) -> str:
    return iri.removeprefix(BASE).replace("/id/", "/doc/")


@pytest.mark.parametrize(
    ("path", "told", "query"),
    [
        (
            f"cluster/{CLUSTER}",
            [("small or medium-sized enterprise", "1"), ("type not stated", "1")],
            f"/queries/members-by-type?cluster={CLUSTER}",
        ),
        (
            f"organisation/{MANAGER}",
            [("type not stated", "1")],
            f"/queries/members-by-type?cluster=https%3A%2F%2Fw3id.org%2Feclod%2Fid%2Forganisation%2F{MANAGER}",
        ),
    ],
)
def test_members_are_a_chart_by_type(pages: FlaskClient, path: str, told: list[tuple[str, str]], query: str) -> None:
    """The members of a cluster, those of its manager among them, in a table that is drawn; the query has the same."""
    page = _page(pages, f"/doc/{path}")
    section = page[page.index('aria-labelledby="members"') :].partition("</section>")[0]
    assert 'data-chart="bars"' in section
    assert "dist/figures.js" in page
    rows = re.findall(r'<th scope="row">(.*?)</th><td class="number"[^>]*>(\d+)</td>', section)
    assert sorted((re.sub("<[^>]*>", "", name), count) for name, count in rows) == sorted(told)
    assert f'href="{query}"' in section
    answer = pages.get(query.replace("?", ".json?"), headers={"Accept": "application/sparql-results+json"})
    assert sorted(row["members"]["value"] for row in answer.get_json()["results"]["bindings"]) == sorted(
        count for _, count in told
    )


def test_what_has_no_members_has_no_chart(pages: FlaskClient) -> None:
    page = _page(pages, f"/doc/organisation/{COMPANY}")
    assert 'aria-labelledby="members"' not in page
    assert "dist/figures.js" not in page


def test_figures_are_called_by_what_they_are_about(pages: FlaskClient) -> None:
    """On a region's page by sector, period and cube, without the region itself; among facts with the region."""
    page = _page(pages, f"/describe?iri={NUTS}")
    assert ">Clothes, 2015, Persons employed</a>" in page
    assert ">Clothes, 2015, Specialisation</a>" in page
    derived = _page(pages, _document(SPECIALISED))
    assert ">Clothes, Capital Region, 2015, Persons employed</a>" in derived


def test_the_identifier_of_another_has_the_name_of_what_is_the_same(pages: FlaskClient) -> None:
    assert "<h1>Regulation on the Single Market Programme</h1>" in _page(pages, f"/describe?iri={ELI}")


def test_what_is_only_in_a_region_stands_at_its_point(pages: FlaskClient) -> None:
    """The page says so; what has a point of its own stays there."""
    page = _page(pages, _document(EVENT))
    assert 'data-longitude="12.5" data-latitude="55.5"' in page
    assert "The point stands for its region, Capital Region; it has no coordinates of its own here." in page
    own = _page(pages, f"/doc/cluster/{CLUSTER}")
    assert 'data-longitude="12.5683"' in own
    assert "stands for its region" not in own
