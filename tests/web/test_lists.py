"""The lists: facets, counts, pages and addresses, and that a page and its data say the same."""

from __future__ import annotations

import html
import itertools
import json
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from eclod.core import assets, codes
from eclod.core.errors import BadInput
from eclod.core.iris import Names
from eclod.core.settings import Settings
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app
from eclod.web.pages.lists import rows, spelling, state, table, texts
from eclod.web.pages.lists.index import positions

from .conftest import BASE, RELEASE, Client, FoundEverywhere


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
nuts:DK011 skos:broader nuts:DK01 ; skos:prefLabel "Byen København"@da .
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
    return "\n".join(lines)


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


def test_a_list_says_how_many_there_are_and_shows_them_by_name(lists: FlaskClient) -> None:
    text = page(lists, "/clusters")
    assert total(text) == len(CLUSTERS)
    assert names(text) == [
        "Attica Software",
        "københavn robotics",
        "Medicon Valley",
        "No place at all",
        'Ökosystem "Nord"',
        "Old region",
    ]
    assert "<h1>Clusters</h1>" in text
    assert '<link rel="canonical" href="/clusters">' in text
    assert 'name="robots"' not in text
    assert facet(text, "Country") == {"Denmark": (4, "/clusters?country=DK"), "Greece": (1, "/clusters?country=GR")}
    assert facet(text, "Ecosystem")["Digital"] == (3, "/clusters?ecosystem=digital")
    assert '<a href="https://www.mva.example/" class="external" rel="external noopener">mva.example</a>' in text


def test_labels_are_in_the_language_of_the_visitor(lists: FlaskClient) -> None:
    text = page(lists, "/clusters?country=DK", "de")
    assert "Medicon Tal" in names(text)
    assert "Gesundheit" in facet(text, "Ecosystem")
    assert 'Country:</span> <span lang="de" dir="auto">Dänemark</span>' in text


def test_facets_combine_and_count_what_they_lead_to(lists: FlaskClient) -> None:
    text = page(lists, "/clusters?country=DK&ecosystem=digital")
    assert names(text) == ["københavn robotics", "Medicon Valley"]
    assert "<strong>2</strong> of 6\u00a0clusters" in text or "<strong>2</strong> of 6 clusters" in text
    # Its own choices do not narrow a facet: another country would be added.
    assert facet(text, "Country")["Greece"] == (1, "/clusters?country=DK&country=GR&ecosystem=digital")
    assert facet(text, "Ecosystem") == {
        "Digital": (2, "/clusters?country=DK"),
        "Health": (2, "/clusters?country=DK&ecosystem=digital&ecosystem=health"),
    }
    assert 'content="noindex"' in text
    assert all('rel="nofollow"' in tag for tag in re.findall(r"<a [^>]*country=DK&amp;country=GR[^>]*>", text))


def test_every_count_is_the_length_of_the_list_it_leads_to(lists: FlaskClient) -> None:
    checked = 0
    for start in ("/clusters", "/clusters?country=DK", "/clusters?sector=C", "/clusters?q=o"):
        text = page(lists, start)
        before = parse_qsl(urlsplit(start).query)
        for title in ("Country", "Region", "Ecosystem", "Sector"):
            for label, (number, href) in facet(text, title).items():
                chosen = parse_qsl(urlsplit(href).query)
                # A second choice in one facet adds to the list; its count is that of the choice.
                if len(chosen) > len(before) and len({name for name, _ in chosen}) == len(chosen):
                    assert total(page(lists, href)) == number, (start, label)
                    checked += 1
    assert checked == 21


def test_a_region_includes_its_parts_and_what_it_was_called_before(lists: FlaskClient) -> None:
    assert names(page(lists, "/clusters?region=DK01")) == ["københavn robotics", "Medicon Valley"]
    assert total(page(lists, "/clusters?region=dk")) == 4
    assert names(page(lists, "/clusters?region=DK04")) == ['Ökosystem "Nord"', "Old region"]
    # The tree of regions begins at what is inside the chosen country and goes down from what is chosen.
    assert facet(page(lists, "/clusters"), "Region") == {}
    assert facet(page(lists, "/clusters?country=DK"), "Region") == {
        "Hovedstaden": (2, "/clusters?country=DK&region=DK01"),
        "Midtjylland": (2, "/clusters?country=DK&region=DK04"),
    }
    below = facet(page(lists, "/clusters?country=DK&region=DK0"), "Region")
    assert {"Hovedstaden": 2, "Midtjylland": 2}.items() <= {
        label: number for label, (number, _) in below.items()
    }.items()


def test_a_sector_includes_narrower_codes_of_both_editions(lists: FlaskClient) -> None:
    assert facet(page(lists, "/clusters"), "Sector") == {
        "MANUFACTURING": (4, "/clusters?sector=C"),
        "INFORMATION": (1, "/clusters?sector=J"),
    }
    assert total(page(lists, "/clusters?sector=2811")) == 3
    # Of NACE 2 only what means the same belongs to a code of NACE 2.1: division 28 of 2008 does not.
    assert "No place at all" not in names(page(lists, "/clusters?sector=28"))
    assert "No place at all" in names(page(lists, "/clusters?sector=nace2:28"))
    assert "Machinery" in facet(page(lists, "/clusters?sector=C"), "Sector")


def test_a_code_that_was_divided_says_where_its_things_may_be(lists: FlaskClient) -> None:
    """What may or may not belong to a former code is not counted, and is one click away."""

    def said(address: str) -> dict[str, tuple[str, str]]:
        part = page(lists, address).partition('<p class="note">')[2].partition("</p>")[0]
        found = re.findall(r'<a href="([^"]*)"[^>]*><span[^>]*>(.*?)</span></a> <span class="soft">(.*?)</span>', part)
        return {label: (number, html.unescape(href)) for href, label, number in found}

    assert total(page(lists, "/clusters?region=DK8")) == 0
    assert said("/clusters?region=DK8&country=DK") == {
        "Hovedstaden": ("2", "/clusters?country=DK&region=DK01"),
        "Midtjylland": ("2", "/clusters?country=DK&region=DK04"),
    }
    # Things that the chosen code leads to already are not named again.
    assert said("/clusters?sector=nace2:28") == {"Machinery": ("1", "/clusters?sector=28")}
    assert said("/clusters?region=DK04") == {} == said("/clusters")


def test_words_in_the_name_narrow_in_any_language(lists: FlaskClient) -> None:
    assert names(page(lists, "/clusters?q=ÖKO")) == ['Ökosystem "Nord"']
    assert names(page(lists, "/clusters?q=tal")) == ["Medicon Valley"]
    assert names(page(lists, "/clusters?q=valley+medicon")) == ["Medicon Valley"]
    assert total(page(lists, "/clusters?q=valley+tal")) == 0  # both words in one name
    assert names(page(lists, "/clusters?q=%22nord%22")) == ['Ökosystem "Nord"']
    text = page(lists, "/clusters?q=%3Cb%3E&country=DK")
    assert "<b>" not in text and "&lt;b&gt;" in text
    assert '<input type="hidden" name="country" value="DK">' in text


def test_an_empty_list_says_what_to_take_away(lists: FlaskClient) -> None:
    text = page(lists, "/clusters?country=GR&ecosystem=health")
    assert total(text) == 0 and names(text) == []
    assert '<a href="/clusters?ecosystem=health" rel="nofollow">without country “Greece”</a>: 2' in text
    assert '<a href="/clusters?country=GR" rel="nofollow">without ecosystem “Health”</a>: 1' in text
    hopeless = page(lists, "/clusters?country=SE&q=nobody")
    assert "without country" not in hopeless and '<a href="/clusters">take all away</a>' in hopeless
    assert "This release has no offers and needs yet" in page(lists, "/matchmaking")


def test_pages_lead_to_the_next_and_back(lists: FlaskClient) -> None:
    first = page(lists, "/organisations")
    assert total(first) == 121 and len(names(first)) == rows.SHOWN
    assert '<link rel="next" href="/organisations?page=2">' in first and 'rel="prev"' not in first
    shown = [name for number in (1, 2, 3) for name in names(page(lists, f"/organisations?page={number}"))]
    assert shown == [f"Firm {number:03}" for number in range(120)] + ["Host"]
    last = page(lists, "/organisations?page=3")
    assert '<link rel="prev" href="/organisations?page=2">' in last and 'rel="next"' not in last
    assert "<title>Organisations, page 3" in last
    assert lists.get("/organisations?page=4", headers={"Accept": "text/html"}).status_code == 404
    # A choice begins at the first page again.
    assert facet(last, "Type")["sme"] == (80, "/organisations?type=sme")


@pytest.mark.parametrize(
    "address",
    [
        "/clusters?colour=red",
        "/clusters?country=ZZ",
        "/clusters?country=%3E",
        "/clusters?page=0",
        "/clusters?page=x",
        "/clusters?region=DK%2001",
        "/projects?programme=abc",
        "/projects?programme=http://x%3E",
        "/projects?year=next",
        f"/clusters?q={'x' * 201}",
    ],
)
def test_what_a_list_does_not_take_is_said(lists: FlaskClient, address: str) -> None:
    response = lists.get(address)
    assert response.status_code == 400
    assert response.json is not None and response.json["detail"].endswith((".", ". "))


def test_a_timeline_has_the_newest_first(lists: FlaskClient) -> None:
    text = page(lists, "/documents")
    assert names(text) == ["Act 1", "Act 0", "Act 2"]
    assert '<ol class="timeline">' in text
    assert re.findall(r'<p class="when">(.*?)</p>', text) == [
        '<time datetime="2021-05-05">5 May 2021</time>',
        '<time datetime="2020-03-10">10 March 2020</time>',
        "no date known",
    ]
    programmes = page(lists, "/programmes")
    assert '<p class="when">2014 – 2020</p>' in programmes
    assert "For &lt;small&gt; firms." in programmes


def test_charts_have_the_numbers_of_the_list(lists: FlaskClient) -> None:
    text = page(lists, "/projects")
    chart = text.partition('data-chart="lines"')[2].partition("</table>")[0]
    assert re.findall(r"(\d{4})</span>", chart) == ["2016", "2017", "2018", "2019"]
    assert re.findall(r'<data value="(\d+)">', chart) == ["2", "0", "0", "1"]
    bars = page(lists, "/clusters").partition('data-chart="bars"')[2].partition("</table>")[0]
    assert re.findall(r'<data value="(\d+)">', bars) == ["3", "2"]
    shown = re.search(r'href="/sparql\?edit=([^"]*)"[^>]*>Show as a query</a></p>\s*</section>', text)
    assert shown is not None
    answer = lists.get(
        "/sparql", query_string={"query": html.unescape(unquote(shown[1]))}, headers={"Accept": "text/csv"}
    )
    assert answer.status_code == 200, answer.text


def test_a_map_has_countries_and_places(lists: FlaskClient) -> None:
    text = page(lists, "/clusters")
    assert '<li data-country="DNK" data-count="4"><a href="/clusters?country=DK"' in text
    assert text.count("data-longitude") == 1 and 'data-longitude="12.5" data-latitude="55.6"' in text
    assert "data-map" not in page(lists, "/documents")


def test_links_lead_to_what_belongs_to_a_thing(lists: FlaskClient) -> None:
    assert total(page(lists, f"/organisations?member-of={HOST}")) == 120
    assert total(page(lists, f"/clusters?managed-by={HOST}")) == 2
    assert "Member of:</span> <span>Host</span>" in page(lists, f"/organisations?member-of={HOST}")
    host = page(lists, f"/doc/organisation/{HOST}")
    assert f'href="/organisations?member-of={HOST}"' in host and f'href="/clusters?managed-by={HOST}"' in host
    assert f'href="/projects?programme={PROGRAMME}"' in page(lists, f"/doc/programme/{PROGRAMME}")
    firm = page(lists, f"/doc/organisation/{code('organisation', 1)}")
    assert "Its members" not in firm


FORMATS = {"csv": "text/csv", "json": "application/sparql-results+json", "xml": "application/sparql-results+xml"} | {
    "tsv": "text/tab-separated-values",
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_list_is_data_too(lists: FlaskClient, name: str) -> None:
    response = lists.get(f"/organisations?type=sme&format={name}")
    assert (response.status_code, response.mimetype) == (200, FORMATS[name])
    assert response.headers["Content-Location"] == f"/organisations?type=sme&format={name}"
    negotiated = lists.get("/organisations?type=sme", headers={"Accept": FORMATS[name]})
    assert negotiated.data == response.data
    assert negotiated.headers["Vary"].startswith("Accept, Accept-Language")
    assert negotiated.headers["Access-Control-Allow-Origin"] == "*"
    assert negotiated.headers["Eclod-Release"] == RELEASE
    assert response.text.count("Firm 0") == 66  # all of them, not one page: two of three among the first hundred


@pytest.mark.parametrize("address", ["/clusters", "/clusters?country=DK", "/clusters?format=csv", "/browse"])
def test_a_list_is_kept_by_caches(lists: FlaskClient, address: str) -> None:
    response = lists.get(address, headers={"Accept": "text/html"})
    tag = response.headers["ETag"]
    again = lists.get(address, headers={"Accept": "text/html", "If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    head = lists.head(address, headers={"Accept": "text/html"})
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", tag)
    assert lists.post(address).status_code == 405


def things(client: FlaskClient, address: str) -> list[str]:
    """Return the things that the data of a list has, in order."""
    separator = "&" if "?" in address else "?"
    response = client.get(f"{address}{separator}format=json")
    assert response.status_code == 200, response.text
    found = [row["thing"]["value"] for row in json.loads(response.text)["results"]["bindings"]]
    assert len(found) == len(set(found)), "a thing has several rows"
    return found


CHOICES = [
    "",
    "country=DK",
    "country=DK&country=GR",
    "region=DK0",
    "region=DK04",
    "sector=C",
    "sector=28",
    "sector=nace2:28",
    "sector=2811&ecosystem=health",
    "ecosystem=digital&ecosystem=health",
    "q=o",
    "q=%C3%B6kosystem+%22nord",
    "q=medicon+valley&country=DK",
    f"managed-by={HOST}",
]


@pytest.mark.parametrize("choice", CHOICES)
def test_page_and_data_have_the_same_things(lists: FlaskClient, choice: str) -> None:
    text = page(lists, f"/clusters?{choice}")
    found = [
        f"{BASE}/id/cluster/{match}" for match in re.findall(r'<th scope="row"><a href="/doc/cluster/(\w+)"', text)
    ]
    assert sorted(found) == sorted(things(lists, f"/clusters?{choice}"))
    assert len(found) == total(text)


@pytest.mark.parametrize("path", table.load())
def test_every_list_can_be_asked_with_every_facet(lists: FlaskClient, path: str) -> None:
    collection = table.load()[path]
    text = page(lists, f"/{path}")
    assert total(text) == len(things(lists, f"/{path}"))
    values = {"country": "DK", "region": "DK0", "sector": "C", "year": "2016", "text": "x", "code": "some"}
    for each in collection.facets:
        value = values.get(each.type) or code(each.base, "nobody")
        narrowed = page(lists, f"/{path}?{each.name}={value}")
        assert total(narrowed) == len(things(lists, f"/{path}?{each.name}={value}")), each.name
    if collection.years or collection.bars:
        for each in (*collection.bars, *([collection.years] if collection.years else [])):
            query = texts.numbers(state.State(collection, Names(BASE), {}), each)
            assert lists.get("/sparql", query_string={"query": query, "format": "csv"}).status_code == 200


def test_the_table_has_these_lists() -> None:
    every = table.load()
    assert len(every) == 23
    assert all(each.path == path and each.facet("q") is None for path, each in every.items())
    groups = [group for group, _ in itertools.groupby(each.group for each in every.values())]
    assert len(groups) == len(set(groups)), "a group is in two places of the table"


def test_browse_lists_what_there_is(lists: FlaskClient) -> None:
    text = page(lists, "/browse")
    assert re.search(r'<a href="/clusters">Clusters</a> <span class="soft">6</span>', text)
    assert re.search(r'<a href="/hubs" rel="nofollow">innovation hubs and communities</a>', text)
    assert text.index("/clusters") < text.index("/projects") < text.index("/documents")
    listed = {each["name"]: each["count"] for each in lists.get("/browse?format=json").get_json()}
    assert listed["organisations"] == 121 and listed["documents"] == 3 and listed["hubs"] == 0
    home = page(lists, "/")
    assert '<a href="/organisations"><span>Organisations</span> <strong>121</strong></a>' in home
    assert '<li data-country="DNK" data-count="4"><a href="/clusters?country=DK">Denmark</a>' in home


@pytest.mark.parametrize(
    ("name", "text", "iri", "spelled"),
    [
        ("sector", "62.01", "http://data.europa.eu/ux2/nace2.1/6201", "6201"),
        ("sector", "nace2:62.01", "http://data.europa.eu/ux2/nace2/6201", "nace2:6201"),
        ("country", "dk", "http://publications.europa.eu/resource/authority/country/DNK", "DK"),
        ("country", "EL", "http://publications.europa.eu/resource/authority/country/GRC", "GR"),
        ("country", "UK", "http://publications.europa.eu/resource/authority/country/GBR", "GB"),
        ("country", "DNK", "http://publications.europa.eu/resource/authority/country/DNK", "DK"),
        ("country", "XK", "http://publications.europa.eu/resource/authority/country/XKX", "XK"),
        ("region", "dk01", "http://data.europa.eu/nuts/code/DK01", "DK01"),
        ("sector", "c", "http://data.europa.eu/ux2/nace2.1/C", "C"),
        ("sector", "nace2:28", "http://data.europa.eu/ux2/nace2/28", "nace2:28"),
        ("ecosystem", "health", "https://w3id.org/eclod/scheme/ecosystem/health", "health"),
        ("managed-by", "http://dbpedia.org/a", "http://dbpedia.org/a", "http://dbpedia.org/a"),
        ("managed-by", HOST.upper(), f"{BASE}/id/organisation/{HOST}", HOST),
        (
            "managed-by",
            f"cluster/{code('cluster', 1)}",
            f"{BASE}/id/cluster/{code('cluster', 1)}",
            f"cluster/{code('cluster', 1)}",
        ),
    ],
)
def test_values_have_readable_names(name: str, text: str, iri: str, spelled: str) -> None:
    facet = table.load()["clusters"].facet(name)
    assert facet is not None
    assert spelling.term(facet, text, Names(BASE)) == iri
    assert spelling.spelled(facet, iri, Names(BASE)) == spelled


def test_an_address_is_always_spelled_the_same() -> None:
    given = MultiDict(
        [
            ("q", " b  a "),
            ("ecosystem", "health"),
            ("country", "se"),
            ("country", "DNK"),
            ("country", "DK"),
            ("page", "3"),
        ]
    )
    found = state.read(table.load()["clusters"], given, Names(BASE))
    assert found.address() == "/clusters?country=DK&country=SE&ecosystem=health&q=b+a&page=3"
    assert found.address("csv") == "/clusters?country=DK&country=SE&ecosystem=health&q=b+a&format=csv"
    with pytest.raises(BadInput, match="it has q, country, region"):
        state.read(table.load()["clusters"], MultiDict({"land": "DK"}), Names(BASE))


def test_the_members_of_a_set_come_in_order() -> None:
    assert list(positions(0b1011001)) == [0, 3, 4, 6]
    assert list(positions(0)) == []


def test_the_documents_name_every_list_and_hidden_choice() -> None:
    text = (assets.checkout() or Path()).joinpath("docs", "users.md").read_text(encoding="utf-8")
    for path, collection in table.load().items():
        assert f"`/{path}`" in text, path
        for each in collection.facets:
            assert not each.hidden or f"/{path}?{each.name}=" in text, (path, each.name)
