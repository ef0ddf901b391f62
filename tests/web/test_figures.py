"""The page of figures: the answers of saved queries as bars, tables and addresses for programs."""

from __future__ import annotations

import re

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from eclod.core import assets, codes
from eclod.core.settings import Settings
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app

from .conftest import BASE, RELEASE, Client, FoundEverywhere

COMPUTED = codes.derive("observation", "eurostat-sbs", "specialisation")
OBSERVATIONS = f"""
@prefix dct: <http://purl.org/dc/terms/> .
@prefix eclod: <https://w3id.org/eclod/ontology#> .
@prefix nace2: <http://data.europa.eu/ux2/nace2/> .
@prefix nuts: <http://data.europa.eu/nuts/code/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix sdmx-attribute: <http://purl.org/linked-data/sdmx/2009/attribute#> .
@prefix sdmx-measure: <http://purl.org/linked-data/sdmx/2009/measure#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

nace2:28 a skos:Concept ; skos:prefLabel "Machinery <and> more"@en ; skos:notation "28" .
nuts:DK04 skos:prefLabel "Midtjylland"@da ; skos:notation "DK04" .
nuts:FR21 skos:prefLabel "Champagne-Ardenne"@fr ; skos:notation "FR21" .
<https://w3id.org/eclod/scheme/observation-status/estimated> skos:notation "estimated" .
<https://w3id.org/eclod/scheme/observation-status/normal> skos:notation "normal" .
<{BASE}/id/observation/1> eclod:personsEmployed 27403 .
<{BASE}/id/observation/{COMPUTED}> a eclod:RegionalSpecialisation ; eclod:region nuts:DK04 ; eclod:sector nace2:28 ;
    eclod:period "2015"^^xsd:gYear ; eclod:locationQuotient 4.5934 ; eclod:stars 3 ; eclod:employmentShare 0.072649 ;
    sdmx-attribute:obsStatus <https://w3id.org/eclod/scheme/observation-status/normal> ;
    prov:wasDerivedFrom <{BASE}/id/observation/1> .
<{BASE}/id/observation/3> eclod:personsEmployed 60 .
<{BASE}/id/observation/4> a eclod:RegionalSpecialisation ; eclod:region nuts:FR21 ; eclod:sector nace2:28 ;
    eclod:period "2015"^^xsd:gYear ; eclod:locationQuotient 2.5 ; eclod:stars 1 ; eclod:employmentShare 0.06 ;
    sdmx-attribute:obsStatus <https://w3id.org/eclod/scheme/observation-status/estimated> ;
    prov:wasDerivedFrom <{BASE}/id/observation/3> .
<{BASE}/id/figure/1> a eclod:Figure ; skos:prefLabel "Jobs"@en , "Emplois"@fr ; sdmx-measure:obsValue 54000000.0 ;
    eclod:unit "persons" ; eclod:edition "2020 edition" ; dct:source <https://www.example.org/panorama> .
"""


@pytest.fixture(scope="module")
def statistics(settings: Settings) -> FlaskClient:
    store = ox.Store()
    store.load(OBSERVATIONS.encode(), ox.RdfFormat.TURTLE)
    store.load(path=assets.folder("ontology") / "cubes.ttl", format=ox.RdfFormat.TURTLE)
    engine = InProcessEngine(store, RELEASE)
    app = create_app(settings, engine, Releases(settings.data), FoundEverywhere())
    return Client(app, app.response_class)


def page(client: FlaskClient, address: str, language: str = "en") -> str:
    response = client.get(address, headers={"Accept": "text/html", "Accept-Language": language})
    assert response.status_code == 200
    return response.get_data(as_text=True)


def cells(html: str, caption: str) -> list[list[str]]:
    table = html.partition(f"{caption}</caption>")[2].partition("</tbody>")[0].partition("<tbody>")[2]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    return [[re.sub(r"<[^>]+>|\s+", " ", cell).strip() for cell in re.findall(r"<td.*?</td>", row)] for row in rows]


def test_regions_stand_by_quotient_with_what_goes_with_it(statistics: FlaskClient) -> None:
    html = page(statistics, "/statistics?least=0")
    assert cells(html, "Regions by location quotient") == [
        ["DK04 Midtjylland", "4.5934", "3", "27\u00a0403".replace("\u00a0", " "), "0.072649", "complete",
         "of this region"],
        ["FR21 Champagne-Ardenne", "2.5", "1", "60", "0.06", "estimated", "of this region"],
    ]  # fmt: skip
    assert '<option value="28" selected>28 Machinery &lt;and&gt; more</option>' in html
    assert 'data-chart="bars"' in html and "data-chart-labels" in html and "data-chart-numbers" in html
    assert "/queries/specialised-sectors?region=DK04" in html
    assert "2 regions" in html


def test_small_ones_are_left_out_and_the_query_is_the_one_that_is_shown(statistics: FlaskClient) -> None:
    html = page(statistics, "/statistics?sector=28&least=1000")
    assert [row[0] for row in cells(html, "Regions by location quotient")] == ["DK04 Midtjylland"]
    assert "1 region." in html
    [query] = re.findall(r'href="(/queries/specialised-regions\?[^"]*)">Show as a query', html)
    shown = page(statistics, query.replace("&amp;", "&"))
    assert "Midtjylland" in shown and "Champagne" not in shown
    nothing = page(statistics, "/statistics?quotient=9")
    assert "No region matches" in nothing


def test_figures_are_in_the_language_of_the_visitor(statistics: FlaskClient) -> None:
    row = ["54 000 000", "persons", "2020 edition", "www.example.org"]
    for language, name in (("en", "Jobs"), ("fr", "Emplois"), ("de", "Jobs")):
        found = cells(page(statistics, "/statistics", language), "Published figures by edition")
        assert [[text.replace("\u00a0", " ") for text in each] for each in found] == [[name, *row]]


@pytest.mark.parametrize(("accept", "suffix"), [("text/csv", "csv"), ("application/sparql-results+json", "json")])
def test_programs_are_sent_to_the_query(statistics: FlaskClient, accept: str, suffix: str) -> None:
    response = statistics.get("/statistics?sector=28&least=0", headers={"Accept": accept})
    assert response.status_code == 303
    assert response.headers["Location"] == f"/queries/specialised-regions.{suffix}?sector=28&least=0"
    answer = statistics.get(response.headers["Location"])
    assert answer.status_code == 200 and "FR21 Champagne-Ardenne" in answer.get_data(as_text=True)


@pytest.mark.parametrize("address", ["/statistics?colour=red", "/statistics?least=many", "/statistics?sector=a%20b"])
def test_what_is_not_understood_is_said(statistics: FlaskClient, address: str) -> None:
    assert statistics.get(address, headers={"Accept": "application/json"}).status_code == 400


def test_a_release_without_regional_statistics_says_so(client: FlaskClient) -> None:
    assert "This release has no regional statistics" in page(client, "/statistics")


def test_the_name_of_a_statistical_dataset_leads_to_its_description(statistics: FlaskClient) -> None:
    response = statistics.get("/cube/regional-specialisation", headers={"Accept": "text/turtle"})
    assert response.status_code == 200
    assert "quotientThreshold" in response.get_data(as_text=True)


def test_a_sector_may_be_named_with_its_prefix(statistics: FlaskClient) -> None:
    html = page(statistics, "/statistics?sector=nace2:28")
    assert html.count(" selected") == 1 and '<option value="28" selected>' in html
    assert '<option value="nace21:28" selected>nace21:28</option>' in page(statistics, "/statistics?sector=nace21:28")


@pytest.mark.parametrize(
    ("iri", "addresses"),
    [
        (
            "http://data.europa.eu/nuts/code/FR21",
            [
                "/clusters?region=FR21",
                "/organisations?region=FR21",
                "/priorities?region=FR21",
                "/events?region=FR21",
                "/events.ics?region=FR21",
                "/queries/specialised-sectors?region=FR21",
                "/queries/code-in-another-version?code=FR21",
            ],
        ),
        (
            "http://data.europa.eu/ux2/nace2/28",
            [
                "/clusters?sector=nace2:28",
                "/statistics?sector=nace2:28",
                "/queries/code-in-another-version?code=nace2:28",
            ],
        ),
    ],
)
def test_the_page_of_a_code_offers_questions_about_it(statistics: FlaskClient, iri: str, addresses: list[str]) -> None:
    band = page(statistics, f"/describe?iri={iri}").partition('<div class="band">')[2].partition("</div>")[0]
    assert re.findall(r'href="([^"]*)"', band) == addresses
    for address in addresses:
        assert statistics.get(address, headers={"Accept": "text/html"}).status_code == 200


def test_an_observation_is_called_by_what_it_is_about(statistics: FlaskClient) -> None:
    html = page(statistics, f"/doc/observation/{COMPUTED}")
    assert "<h1>Machinery &lt;and&gt; more, Midtjylland, 2015</h1>" in html
