"""Every value says who says so, since when, with which verdict: on the page, in every format of /describe (issue 5)."""

from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from eclod.core.settings import Settings
from eclod.store.inprocess import InProcessEngine
from eclod.store.manifest import GraphEntry, Manifest, RegistryEntry
from eclod.store.releases import Releases
from eclod.web.app import create_app

from .conftest import BASE, RELEASE, Client, FoundEverywhere, write_release

THING = "http://things.example/1"
ADDRESS = f"/describe?iri={THING}"
DATA = f"""
PREFIX eclod: <https://w3id.org/eclod/ontology#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/> PREFIX locn: <http://www.w3.org/ns/locn#> PREFIX dct: <http://purl.org/dc/terms/>
PREFIX prov: <http://www.w3.org/ns/prov#> PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX g: <{BASE}/graph/registry/> PREFIX s: <{BASE}/graph/since/> PREFIX r: <{BASE}/registries/>
<{THING}> a eclod:Cluster ; skos:prefLabel "One"@en , "Un"@fr ; foaf:homepage <https://one.example/> ;
    dct:spatial <http://data.europa.eu/nuts/code/DEG0N> ; locn:address <{THING}#address> .
<{THING}#address> locn:postName "Erfurt" .
GRAPH g:north {{ <{THING}> a eclod:Cluster ; skos:prefLabel "One"@en ; foaf:homepage <https://one.example/> ;
    dct:spatial <http://data.europa.eu/nuts/code/DEG0N> ; locn:address <{THING}#address> .
  <{THING}#address> locn:postName "Erfurt" . }}
GRAPH g:south {{ <{THING}> a eclod:Cluster ; skos:prefLabel "The first"@en , "Un"@fr ;
    foaf:homepage <https://one.example/> , <https://old.example/> . }}
GRAPH s:north {{ g:north prov:wasGeneratedBy <{BASE}/registries/north#delivery-1> .
  <{THING}> prov:wasGeneratedBy <{BASE}/registries/north#delivery-2> .
  <{BASE}/graph/since/north#1> a rdf:Statement ; rdf:subject <{THING}> ; rdf:predicate foaf:homepage ;
    rdf:object <https://one.example/> ; prov:wasGeneratedBy <{BASE}/registries/north#delivery-3> . }}
GRAPH <{BASE}/graph/deliveries> {{
  <{BASE}/registries/north#delivery-2> prov:endedAtTime "2026-01-02T00:00:00Z"^^xsd:dateTime .
  <{BASE}/registries/south#delivery-1> prov:endedAtTime "2026-01-01T00:00:00Z"^^xsd:dateTime . }}
GRAPH <{BASE}/graph/warnings/north> {{ <{BASE}/graph/warnings/north#1> a sh:ValidationResult ; sh:focusNode <{THING}> ;
  sh:resultPath dct:spatial ; sh:value <http://data.europa.eu/nuts/code/DEG0N> ;
  sh:resultMessage "Check the status of the code."@en . }}
"""
POLICY = {
    "rules": [
        {"class": "https://w3id.org/eclod/ontology#Project", "property": "http://xmlns.com/foaf/0.1/homepage"},
        {
            "class": "https://w3id.org/eclod/ontology#Cluster",
            "property": "http://xmlns.com/foaf/0.1/homepage",
            "reason": "It looks after addresses",
        },
    ]
}


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    settings = Settings(data=tmp_path / "data")
    releases = Releases(settings.data)
    write_release(releases, RELEASE, None, "2026-01-05T00:00:00+00:00")
    folder = releases.folder(RELEASE)
    entries = tuple(
        RegistryEntry(
            name=name, title=f"The {name}", inputs="x", read=1, accepted=1, rejected=0, ignored=0, delivery=number,
            delivered="2026-01-04T00:00:00+00:00",
        )
        for name, number in (("north", 3), ("south", 2))
    )  # fmt: skip
    manifest, digest = Manifest.read(folder), "0" * 64
    graphs = [
        GraphEntry(iri=f"{BASE}/graph/{name}/north", dump=name, triples=6, sha256=digest)
        for name in ("since", "warnings")
    ]
    changed = {"registries": entries, "graphs": (*manifest.graphs, *graphs)}
    manifest.model_copy(update=changed).write(folder)
    (folder / "merging.json").write_text(json.dumps(POLICY))
    releases.switch(RELEASE)
    store = ox.Store()
    store.load(DATA.encode(), ox.RdfFormat.TRIG)
    app = create_app(settings, InProcessEngine(store, RELEASE), releases, FoundEverywhere())
    return Client(app, app.response_class)


#: Registry, value, delivery, day, verdict.
SAID = {
    ("north", f"{THING}#address", 2, "2026-01-02", "taken"),
    ("north", "Erfurt", 2, "2026-01-02", "taken"),
    ("north", "One", 2, "2026-01-02", "taken"),
    ("north", "http://data.europa.eu/nuts/code/DEG0N", 2, "2026-01-02", "taken"),
    ("north", "https://one.example/", 3, "2026-01-04", "agrees"),
    ("north", "https://w3id.org/eclod/ontology#Cluster", 2, "2026-01-02", "agrees"),
    ("south", "The first", 1, "2026-01-01", "lost"),
    ("south", "Un", 1, "2026-01-01", "taken"),
    ("south", "https://one.example/", 1, "2026-01-01", "agrees"),
    ("south", "https://old.example/", 1, "2026-01-01", "lost"),
    ("south", "https://w3id.org/eclod/ontology#Cluster", 1, "2026-01-01", "agrees"),
}


@pytest.mark.parametrize("form", ["ttl", "jsonld", "rdf", "nt", "nq", "trig"])
def test_programs_get_it_in_every_format(client: FlaskClient, form: str) -> None:
    """The profile `prov` of /describe has a statement for each registry and value, in whatever format."""
    response = client.get(f"{ADDRESS}&profile=prov&format={form}")
    assert response.status_code == 200, response.text
    store = ox.Store()
    formats = {
        "ttl": "TURTLE",
        "jsonld": "JSON_LD",
        "rdf": "RDF_XML",
        "nt": "N_TRIPLES",
        "nq": "N_QUADS",
        "trig": "TRIG",
    }
    store.load(response.data, getattr(ox.RdfFormat, formats[form]))
    rows = store.query(
        """PREFIX prov: <http://www.w3.org/ns/prov#> PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
        SELECT ?who ?value ?delivery ?since ?verdict WHERE { ?claim a rdf:Statement ; rdf:object ?value ;
          prov:wasAttributedTo ?who ; prov:wasGeneratedBy ?delivery ; prov:generatedAtTime ?since ;
          <http://purl.org/dc/terms/type> ?concept ; <http://purl.org/dc/elements/1.1/type> ?verdict
          FILTER (STR(?concept) = CONCAT("https://w3id.org/eclod/scheme/verdict/", ?verdict)) }"""
    )
    assert isinstance(rows, ox.QuerySolutions)
    found = [
        [str(getattr(row[name], "value", "")) for name in ("who", "value", "delivery", "since", "verdict")]
        for row in rows
    ]
    told = {
        (who.rpartition("/")[2], value, int(delivery.rpartition("-")[2]), since[:10], verdict)
        for who, value, delivery, since, verdict in found
    }
    assert told == SAID
    assert len(found) == len(SAID)
    lost = store.query(
        """PREFIX prov: <http://www.w3.org/ns/prov#> PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
        SELECT ?old ?new ?rule WHERE { ?claim rdf:object ?old ; prov:wasInfluencedBy ?rule ;
          <http://purl.org/dc/terms/isReplacedBy>/rdf:object ?new }"""
    )
    assert isinstance(lost, ox.QuerySolutions)
    assert {tuple(str(getattr(row[name], "value", "")) for name in ("old", "new", "rule")) for row in lost} == {
        ("The first", "One", f"{BASE}/merging#order"),
        ("https://old.example/", "https://one.example/", f"{BASE}/merging#rule-2"),
    }


def test_the_page_says_it_of_every_value(client: FlaskClient) -> None:
    """At once what lost and what is doubtful; the others when somebody switches it on."""
    page = " ".join(client.get(ADDRESS, headers={"Accept": "text/html"}).text.split())
    assert page.count('class="said') == len(SAID) - 3  # classes stand above the title, the address in its parts
    assert 'lost against The north, by <a href="/merging#order">the order of registries</a>' in page
    assert '<a href="/merging#rule-2">a rule</a> (It looks after addresses); not in the merged view' in page
    assert "taken into the merged view; <strong>Check the status of the code.</strong>" in page
    assert "agrees with The south" in page
    assert '<time datetime="2026-01-04T00:00:00+00:00">4 January 2026</time>: agrees with The south' in page
    assert page.count("said-more") == 5
    assert '&amp;profile=prov">The source of every value</a>' in page


def test_a_description_links_to_the_sources_of_its_values(client: FlaskClient) -> None:
    links = client.get(ADDRESS, headers={"Accept": "text/turtle"}).headers.get("Link", "")
    assert 'profile=prov>; rel="alternate"; profile="http://www.w3.org/ns/prov#"' in links


def test_the_policy_and_the_inbox_are_a_click_away(client: FlaskClient) -> None:
    """Every page leads to whom the merged view believes, and to where links are announced."""
    page = client.get("/registries", headers={"Accept": "text/html"}).text
    footer = page[page.index("<footer") :]
    assert 'href="/merging"' in footer
    assert 'href="/inbox"' in footer
    assert 'href="/merging"' in page[: page.index("<footer")]
