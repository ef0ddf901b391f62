"""News as a page and a feed, what lists explain, and the countries of Europe before others."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from eclod.core import codes
from eclod.core.settings import Settings
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app

from .conftest import BASE, RELEASE, Client, FoundEverywhere

ATOM = "{http://www.w3.org/2005/Atom}"


def iri(kind: str, name: str) -> str:
    return f"{BASE}/id/{kind}/{codes.derive(kind, 'news', name)}"


NEWS = f"""
@prefix country: <http://publications.europa.eu/resource/authority/country/> .
@prefix cv: <http://data.europa.eu/m8g/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix eclod: <https://w3id.org/eclod/ontology#> .
@prefix eurio: <http://data.europa.eu/s66#> .
@prefix nuts: <http://data.europa.eu/nuts/code/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sioc: <http://rdfs.org/sioc/ns#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix time: <http://www.w3.org/2006/time#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix category: <https://w3id.org/eclod/scheme/forum-category/> .

country:DNK skos:prefLabel "Denmark"@en ; skos:exactMatch nuts:DK .
country:USA skos:prefLabel "United States"@en .
nuts:DK09 skos:prefLabel "Nordlandet"@da .
eclod:Call rdfs:label "call"@en .

<{iri("event", "fair")}> a cv:PublicEvent ; dct:title "Fair"@en , "Messe"@de ;
    dct:description "Firms & <others> meet."@en ;
    eclod:country country:DNK ; time:hasTime <{iri("event", "fair")}#time> .
<{iri("event", "fair")}#time> time:hasBeginning <{iri("event", "fair")}#begin> .
<{iri("event", "fair")}#begin> time:inXSDDate "2026-05-04"^^xsd:date .
<{iri("event", "series")}> a cv:PublicEvent ; dct:title "A series without a day"@en .
<{iri("call", "open")}> a eclod:Call , eurio:FundingScheme ; skos:prefLabel "Open call"@en ;
    eclod:opens "2025-01-01"^^xsd:date ; eclod:deadline "2026-09-30"^^xsd:date .
<{iri("project", "initiative")}> a eclod:Initiative , eurio:Project ; skos:prefLabel "An initiative"@en ;
    eclod:startYear "2024"^^xsd:gYear .

category:i-need-help a skos:Concept ; skos:inScheme <https://w3id.org/eclod/scheme/forum-category> ;
    skos:prefLabel "I need help"@en , "ich brauche Hilfe"@de ;
    skos:definition "What somebody needs."@en , "Was jemand braucht."@de .
category:best-practices a skos:Concept ; skos:inScheme <https://w3id.org/eclod/scheme/forum-category> ;
    skos:prefLabel "best practices"@en ; skos:definition "What has worked."@en .
<{iri("thread", "masks")}> sioc:topic category:i-need-help .
<{iri("post", "masks")}> a sioc:Post ; dct:title "Masks"@en ; sioc:has_container <{iri("thread", "masks")}> .
"""


def clusters() -> str:
    return "\n".join(
        f'<{iri("cluster", str(number))}> a eclod:Cluster ; skos:prefLabel "C"@en ; eclod:country country:{land} .'
        for number, land in enumerate(("USA", "USA", "USA", "DNK"))
    )


@pytest.fixture(scope="module")
def client(settings: Settings) -> FlaskClient:
    store = ox.Store()
    store.load((NEWS + clusters()).encode(), ox.RdfFormat.TURTLE)
    app = create_app(settings, InProcessEngine(store, RELEASE), Releases(settings.data), FoundEverywhere())
    return Client(app, app.response_class)


def page(client: FlaskClient, address: str, language: str = "en") -> str:
    response = client.get(address, headers={"Accept": "text/html", "Accept-Language": language})
    assert response.status_code == 200, response.text[:500]
    return response.get_data(as_text=True)


def test_news_are_events_calls_and_initiatives_the_newest_first(client: FlaskClient) -> None:
    text = page(client, "/news")
    assert re.findall(r"<h2><a [^>]*>(.*?)</a></h2>", text) == ["Open call", "Fair", "An initiative"]
    assert '<a class="follow" href="/news.atom">' in text
    assert '<a class="follow" href="/news.atom?kind=Call">' in page(client, "/news?kind=Call")
    assert '<a class="follow" href="/events.ics?country=DK">' in page(client, "/events?country=DK")
    assert 'class="follow"' not in page(client, "/documents")


def test_the_feed_has_the_news_in_the_same_order(client: FlaskClient) -> None:
    response = client.get("/news.atom", headers={"Accept-Language": "de"})
    assert (response.status_code, response.content_type) == (200, "application/atom+xml; charset=utf-8")
    feed = ET.fromstring(response.data)
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["Open call", "Messe", "An initiative"]
    assert [entry.findtext(f"{ATOM}updated") for entry in entries] == [
        "2026-09-30T00:00:00Z",
        "2026-05-04T00:00:00Z",
        "2024-01-01T00:00:00Z",
    ]
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [
        iri("call", "open"),
        iri("event", "fair"),
        iri("project", "initiative"),
    ]
    assert entries[1].findtext(f"{ATOM}summary") == "Firms & <others> meet."
    (kind,) = entries[0].findall(f"{ATOM}category")
    assert kind.attrib == {"term": "https://w3id.org/eclod/ontology#Call", "label": "call"}
    for needed in ("id", "title", "updated"):  # RFC 4287, section 4.1.1
        assert feed.findtext(f"{ATOM}{needed}")
    again = client.get("/news.atom", headers={"Accept-Language": "de", "If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    only = ET.fromstring(client.get("/news.atom?country=DK").data)
    assert [entry.findtext(f"{ATOM}title") for entry in only.findall(f"{ATOM}entry")] == ["Fair"]


def test_the_forum_says_who_may_post_and_what_its_categories_mean(client: FlaskClient) -> None:
    text = page(client, "/forum", "de")
    assert "Who may post" in text and "through a cluster organisation or a public authority" in text
    assert "Was jemand braucht." in text and "What has worked." in text
    assert re.search(r'<dt><a href="/forum\?category=i-need-help">.*?ich brauche Hilfe', text)
    assert re.search(r"<dt><span[^>]*>best practices</span></dt>", text), "nothing to lead to"


def test_countries_of_europe_come_before_others(client: FlaskClient) -> None:
    text = page(client, "/clusters")
    part = text.partition("<h2>Country</h2>")[2].partition("</ul>")[0]
    found = re.findall(r'href="/clusters\?country=(\w\w)".*?<span class="soft">(\d+)</span>', part, re.DOTALL)
    assert found == [("DK", "1"), ("US", "3")]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("DK099", "the region above it, DK09, is at /describe?iri=http://data.europa.eu/nuts/code/DK09."),
        ("FR261", "search for it by name at /search."),
    ],
)
def test_a_region_that_is_not_known_is_said_so(client: FlaskClient, code: str, said: str) -> None:
    response = client.get(
        f"/describe?iri=http://data.europa.eu/nuts/code/{code}", headers={"Accept": "application/json"}
    )
    detail = response.get_json()["detail"]
    assert response.status_code == 404 and detail.endswith(said)
    assert detail.startswith(f"The NUTS code {code} is not known here: ")
