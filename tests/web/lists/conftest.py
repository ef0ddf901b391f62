"""Lists of a few clusters, firms, projects, documents and events, and what stands on their pages."""

from __future__ import annotations

import html
import re

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from tests.web.conftest import BASE, RELEASE, Client, FoundEverywhere

from eclod.core import codes
from eclod.core.settings import Settings
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app


def code(kind: str, name: object) -> str:
    return codes.derive(kind, "lists", str(name))


PROGRAMME = code("programme", "COSME")
HOST = code("organisation", "host")
PREFIXES = """
@prefix country: <http://publications.europa.eu/resource/authority/country/> .
@prefix cv: <http://data.europa.eu/m8g/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix eclod: <https://w3id.org/eclod/ontology#> .
@prefix eli: <http://data.europa.eu/eli/ontology#> .
@prefix eurio: <http://data.europa.eu/s66#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix geo: <http://www.opengis.net/ont/geosparql#> .
@prefix time: <http://www.w3.org/2006/time#> .
@prefix nace2: <http://data.europa.eu/ux2/nace2/> .
@prefix nace21: <http://data.europa.eu/ux2/nace2.1/> .
@prefix nuts: <http://data.europa.eu/nuts/code/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
CODES = """
country:DNK skos:prefLabel "Denmark"@en , "Dänemark"@de ; skos:exactMatch nuts:DK .
country:GRC skos:prefLabel "Greece"@en ; skos:exactMatch nuts:EL .
nuts:DK skos:prefLabel "Danmark"@da .
nuts:DK0 skos:broader nuts:DK ; skos:prefLabel "Danmark"@da .
nuts:DK01 skos:broader nuts:DK0 ; skos:prefLabel "Hovedstaden"@da .
nuts:DK011 skos:broader nuts:DK01 ; skos:prefLabel "Byen København"@da ; geo:hasDefaultGeometry <urn:x-dk011> .
<urn:x-dk011> geo:asWKT "POINT(12.6 55.7)"^^geo:wktLiteral .
nuts:DK01 geo:hasDefaultGeometry <urn:x-dk01> . <urn:x-dk01> geo:asWKT "POINT(12.2 55.9)"^^geo:wktLiteral .
nuts:DK04 skos:broader nuts:DK0 ; skos:prefLabel "Midtjylland"@da ; skos:exactMatch nuts:DKOLD .
nuts:DK8 skos:broader nuts:DK ; skos:prefLabel "Divided"@en ; dct:isReplacedBy nuts:DK01 , nuts:DK04 , nuts:EL3 .
nuts:EL skos:prefLabel "Ελλάδα"@el .
nuts:EL3 skos:broader nuts:EL ; skos:prefLabel "Αττική"@el .
nace21:C skos:prefLabel "MANUFACTURING"@en .
nace21:28 skos:broader nace21:C ; skos:prefLabel "Machinery"@en .
nace21:2811 skos:broader nace21:28 ; skos:prefLabel "Engines"@en ; skos:exactMatch nace2:2811 .
nace21:J skos:prefLabel "INFORMATION"@en .
nace21:62 skos:broader nace21:J ; skos:prefLabel "Programming"@en .
nace2:C skos:prefLabel "MANUFACTURING"@en .
nace2:28 skos:broader nace2:C ; skos:prefLabel "Machinery"@en ; skos:relatedMatch nace21:28 .
nace2:2811 skos:broader nace2:28 ; skos:prefLabel "Engines"@en ; skos:exactMatch nace21:2811 .
<https://w3id.org/eclod/scheme/ecosystem/health> skos:prefLabel "Health"@en , "Gesundheit"@de .
<https://w3id.org/eclod/scheme/ecosystem/digital> skos:prefLabel "Digital"@en .
"""
#: name, language, country, region, sectors, ecosystems
CLUSTERS = [
    ("Medicon Valley", "en", "DNK", "DK01", ["nace21:2811"], ["health", "digital"]),
    ('Ökosystem \\"Nord\\"', "de", "DNK", "DK04", ["nace2:2811"], ["health"]),
    ("københavn robotics", "da", "DNK", "DK011", ["nace21:28"], ["digital"]),
    ("Old region", "en", "DNK", "DKOLD", [], []),
    ("Attica Software", "en", "GRC", "EL3", ["nace21:62", "nace21:2811"], ["digital"]),
    ("No place at all", "en", "", "", ["nace2:28"], []),
]
#: When the events begin and end, the latest first.
SPANS = [
    ("2024-05-07T09:00:00Z", "2024-05-07T17:00:00Z"),
    ("2023-12-11", "2023-12-12"),
    ("2023-11-29", "2023-12-01"),
]


def turtle() -> str:
    lines = [PREFIXES, CODES]
    for number, (name, language, country, region, sectors, ecosystems) in enumerate(CLUSTERS):
        facts = ["a eclod:Cluster", f'skos:prefLabel "{name}"@{language}']
        facts += [f"eclod:country country:{country}", f"dct:spatial nuts:{region}"] if country else []
        facts += [f"eclod:sector {sector}" for sector in sectors]
        facts += [f"eclod:ecosystem <https://w3id.org/eclod/scheme/ecosystem/{each}>" for each in ecosystems]
        facts += [f"eclod:managedBy <{BASE}/id/organisation/{HOST}>"] if number < 2 else []
        lines.append(f"<{BASE}/id/cluster/{code('cluster', number)}> {' ; '.join(facts)} .")
    first = f"{BASE}/id/cluster/{code('cluster', 0)}"
    lines.append(
        f'<{first}> skos:altLabel "MVA"@en ; skos:prefLabel "Medicon Tal"@de ; '
        "foaf:homepage <https://www.mva.example/> ; "
        f'geo:hasDefaultGeometry <{first}#location> . <{first}#location> geo:asWKT "POINT(12.5 55.6)"^^geo:wktLiteral .'
    )
    lines.append(f'<{BASE}/id/organisation/{HOST}> a org:Organization ; skos:prefLabel "Host"@en .')
    for number in range(120):
        member, kind = code("organisation", number), "sme" if number % 3 else "university"
        lines.append(
            f'<{BASE}/id/organisation/{member}> a org:Organization ; skos:prefLabel "Firm {number:03}"@en ; '
            f"org:classification <https://w3id.org/eclod/scheme/organisation-type/{kind}> . "
            f"<{BASE}/id/membership/{member}> org:member <{BASE}/id/organisation/{member}> ; "
            f"org:organization <{BASE}/id/organisation/{HOST}> ."
        )
    lines.append(
        f'<{BASE}/id/programme/{PROGRAMME}> a eurio:FundingScheme ; skos:prefLabel "COSME"@en ; '
        'eclod:startYear "2014"^^xsd:gYear ; eclod:endYear "2020"^^xsd:gYear ; '
        'dct:description "For <small> firms."@en .'
    )
    for number, year in enumerate((2016, 2016, 2019)):
        lines.append(
            f'<{BASE}/id/project/{code("project", number)}> a eurio:Project ; skos:prefLabel "Project {number}"@en ; '
            f'eurio:startDate "{year}-03-01"^^xsd:date ; eclod:programme <{BASE}/id/programme/{PROGRAMME}> .'
        )
    for number, date in enumerate(("2020-03-10", "2021-05-05", "")):
        dated = f'; eli:date_document "{date}"^^xsd:date' if date else ""
        lines.append(
            f"<{BASE}/id/document/{code('document', number)}> a eli:LegalResource ; "
            f'dct:title "Act {number}"@en {dated} .'
        )
    for number, (start, end) in enumerate(SPANS):
        event = f"{BASE}/id/event/{code('event', number)}"
        lines.append(
            f'<{event}> a cv:PublicEvent ; dct:title "Meeting {number}"@en ; time:hasTime <{event}#time> . '
            f"<{event}#time> time:hasBeginning <{event}#first> ; time:hasEnd <{event}#last> . "
            f"<{event}#first> {_instant(start)} . <{event}#last> {_instant(end)} ."
        )
    return "\n".join(lines)


def _instant(at: str) -> str:
    kind = "XSDDateTimeStamp" if "T" in at else "XSDDate"
    return f'time:in{kind} "{at}"^^xsd:{kind[3].lower()}{kind[4:]}'


@pytest.fixture(scope="module")
def lists(settings: Settings) -> FlaskClient:
    store = ox.Store()
    store.load(turtle().encode(), ox.RdfFormat.TURTLE)
    app = create_app(settings, InProcessEngine(store, RELEASE), Releases(settings.data), FoundEverywhere())
    return Client(app, app.response_class)


def page(client: FlaskClient, address: str, language: str = "en") -> str:
    response = client.get(address, headers={"Accept": "text/html", "Accept-Language": language})
    assert response.status_code == 200, response.text[:500]
    return response.get_data(as_text=True)


def names(text: str) -> list[str]:
    """Return the names in the rows of a page, in order."""
    cells = re.findall(r'<th scope="row">(.*?)</th>|<h2><a[^>]*>(.*?)</a></h2>', text, re.DOTALL)
    return [html.unescape(re.sub(r"<p>.*|<[^>]*>", "", one or other)) for one, other in cells]


def facet(text: str, title: str) -> dict[str, tuple[int, str]]:
    """Return the choices of a facet: label -> (count, address)."""
    part = text.partition(f"<summary><h2>{title}</h2></summary>")[2].partition('<details class="facet"')[0]
    part = part.partition("</aside>")[0]
    found = re.findall(
        r'<li[^>]*>\s*<a([^>]*)href="([^"]*)"[^>]*>(.*?)</a>.*?<span class="soft">(.*?)</span></li>', part, re.DOTALL
    )
    return {
        html.unescape(re.sub(r"<[^>]*>|chosen; give it up", "", label)).strip(): (
            int(number.replace("\u00a0", "")),
            html.unescape(href),
        )
        for _, href, label, number in found
    }


def total(text: str) -> int:
    found = re.search(r'<p class="total" role="status"><strong>(.*?)</strong>', text)
    return int(found[1].replace("\u00a0", "")) if found else 0
