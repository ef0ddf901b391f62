"""The ontology, the shapes, the code lists and the context on the web: pages, formats, frozen versions."""

from __future__ import annotations

import datetime
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient

from eclod.core import assets
from eclod.core.settings import Settings
from eclod.rdf.vocabulary import editions, freezing
from eclod.rdf.vocabulary.editions import Edition, Version
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app
from eclod.web.resources import shape_pages

from .conftest import BASE, RELEASE, Client, FoundEverywhere

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
HTML = {"Accept": BROWSER}
NUTS = "http://data.europa.eu/nuts/scheme/2024"
TYPES = {
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "jsonld": "application/ld+json",
    "nq": "application/n-quads",
    "trig": "application/trig",
}
READERS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
}
LISTS = f"""
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix nuts: <http://data.europa.eu/nuts/code/> .
<{NUTS}> skos:prefLabel "NUTS 2024"@en .
nuts:DE skos:inScheme <{NUTS}> ; skos:notation "DE" ; skos:prefLabel "Deutschland"@de , "Germany"@en .
nuts:DE1 skos:inScheme <{NUTS}> ; skos:notation "DE1" ; skos:prefLabel "Baden-Württemberg"@de ; skos:broader nuts:DE .
nuts:DE11 skos:inScheme <{NUTS}> ; skos:notation "DE11" ; skos:prefLabel "Stuttgart"@de ; skos:broader nuts:DE1 .
nuts:AT skos:inScheme <{NUTS}> ; skos:notation "AT" ; skos:prefLabel "Austria"@en .
nuts:LOOP skos:inScheme <{NUTS}> ; skos:notation "LOOP" ; skos:broader nuts:LOOP .
"""


@pytest.fixture(scope="session")
def whole(settings: Settings) -> Flask:
    """Return the service over our real ontology, shapes and code lists, and a few regions."""
    store = ox.Store()
    edition = editions.current()
    graphs = {"ontology": edition.ontology_files, "shapes": edition.shape_files, "codelists": edition.scheme_files}
    for name, files in graphs.items():
        for triple in editions.triples(files):
            s, p, o = triple
            store.add(ox.Quad(s, p, o, ox.NamedNode(f"{BASE}/graph/{name}")))
            if name != "shapes":
                store.add(ox.Quad(s, p, o))
    store.load(LISTS.encode(), ox.RdfFormat.TURTLE)
    return create_app(settings, InProcessEngine(store, RELEASE), Releases(settings.data), FoundEverywhere())


@pytest.fixture
def client(whole: Flask) -> FlaskClient:
    return Client(whole, whole.response_class)


@pytest.fixture(scope="session")
def made() -> None:
    """Make the pages about the ontology where they were not made yet; `make test` has done so."""
    if not editions.current().page("de").is_file():
        subprocess.run([sys.executable, "-m", "eclod.rdf.vocabulary.page"], check=True, capture_output=True)


@pytest.fixture
def frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edition:
    """Return version 7.0.0 of the vocabulary, frozen in a copy that the service takes for its own."""
    real = assets.folder
    shutil.copytree(real("ontology"), tmp_path / "ontology", ignore=shutil.ignore_patterns("releases", "pages"))
    shutil.copytree(real("shapes"), tmp_path / "shapes")

    def write_page(edition: Edition) -> None:
        edition.page("en").parent.mkdir()
        edition.page("en").write_text('<div class="lode"><p id="Cluster">As it was.</p></div>', encoding="utf-8")

    places = (tmp_path / "ontology", tmp_path / "shapes")
    edition = freezing.freeze(*places, Version(7, 0, 0), datetime.date(2026, 12, 1), write_page)
    monkeypatch.setattr(assets, "folder", lambda name: path if (path := tmp_path / name).is_dir() else real(name))
    return edition


@pytest.mark.parametrize("suffix", TYPES)
@pytest.mark.parametrize(
    "path", ["/ontology", "/shapes", "/scheme/ecosystem", "/ontology/alignments", "/shapes/Cluster"]
)
def test_all_formats_say_the_same(client: FlaskClient, path: str, suffix: str) -> None:
    named = client.get(f"{path}?format={suffix}")
    accepted = client.get(path, headers={"Accept": TYPES[suffix]})
    assert named.mimetype == accepted.mimetype == TYPES[suffix]
    turtle = ox.parse(input=client.get(f"{path}?format=nt").data, format=ox.RdfFormat.N_TRIPLES)
    wanted = {str(quad.triple) for quad in turtle}
    assert {str(q.triple) for q in ox.parse(input=named.data, format=READERS[suffix])} == wanted
    assert len(wanted) > 20
    if path in ("/ontology", "/shapes", "/scheme/ecosystem"):
        assert client.get(f"{path}.{suffix}").data == named.data


def test_the_page_about_the_ontology(client: FlaskClient, made: None) -> None:
    page = client.get("/ontology", headers=HTML)
    assert page.status_code == 200
    assert page.headers["Link"].count('rel="alternate"') == len(TYPES)
    for name in ("Cluster", "managedBy", "weight"):
        assert re.search(rf'id="{name}"', page.text)
    anchors = re.findall(r'\bid="([^"]+)"', page.text)
    assert len(anchors) == len(set(anchors))
    assert re.search(r'<svg [^>]*role="img" aria-labelledby="diagram-title diagram-description"', page.text)
    assert '<td><a href="/shapes/Cluster">cluster</a></td>' in page.text  # the diagram as a table
    assert not re.search(r"<style|\sstyle=|<script(?! type=\"module\" src=\"/static/)", page.text)
    assert not re.search(r'(src|<link[^>]+href)="(https?:)?//', page.text)


@pytest.mark.parametrize(
    ("tag", "word"), [("en", "cluster organisation"), ("fr", "organisation de cluster"), ("de", "Clusterorganisation")]
)
def test_the_page_speaks_the_language_of_the_visitor(client: FlaskClient, made: None, tag: str, word: str) -> None:
    by_header = client.get("/ontology", headers={**HTML, "Accept-Language": f"{tag};q=0.9, it"}).text
    assert f"<h3>{word} " in by_header
    assert f'hreflang="{tag}" aria-current="true"' in client.get(f"/ontology?lang={tag}", headers=HTML).text


def test_an_installation_without_the_made_page_describes_the_ontology(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Edition, "page", lambda self, language: tmp_path / "none.html")
    page = client.get("/ontology", headers=HTML, follow_redirects=True)
    assert page.status_code == 200
    assert "European Clusters Linked Open Data: ontology" in page.text


def test_the_diagram_is_a_picture_of_its_own(client: FlaskClient) -> None:
    response = client.get("/ontology/diagram.svg?lang=de")
    assert response.mimetype == "image/svg+xml"
    assert "prefers-color-scheme: dark" in response.text
    assert "<desc" in response.text
    assert ">Organisation</text>" in response.text
    again = client.get("/ontology/diagram.svg?lang=de", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_alignments_for_people_and_programs(client: FlaskClient) -> None:
    answer = client.get("/ontology/alignments")
    stated = re.findall(r'dct:modified "([^"]+)"', editions.current().alignments.read_text(encoding="utf-8"))
    assert answer.last_modified is not None
    assert answer.last_modified.date().isoformat() >= max(stated)
    turtle = answer.text
    assert "eclod:Cluster" in turtle
    assert "org:OrganizationalCollaboration" in turtle  # a superclass, which stands in another file
    page = client.get("/ontology/alignments", headers=HTML).text
    assert "is narrower than" in page
    assert 'href="https://schema.org/Organization"' in page


def test_every_shape_has_a_page_that_shows_what_passes_and_what_fails(client: FlaskClient) -> None:
    listed = client.get("/shapes", headers=HTML).text
    names = set(shape_pages.book().shapes)
    assert len(names) > 100
    assert set(re.findall(r'<h3><a href="/shapes/(\w+)"', listed)) == names
    for name in sorted(names):
        page = client.get(f"/shapes/{name}", headers=HTML)
        assert page.status_code == 200
        for field in shape_pages.book().shapes[name].fields:
            assert f'id="{field.anchor}"' in page.text
            assert f'id="{field.anchor}"' in listed  # where the IRI of the property shape leads


def test_the_page_of_a_shape(client: FlaskClient) -> None:
    page = client.get("/shapes/ClusterOrganisation", headers=HTML).text
    assert "What passes" in page
    assert "Every field with a value." in page
    assert 'id="Organisation-name"' in page  # a field that it inherits
    assert 'from <a href="/shapes/Organisation">organisation</a>' in page
    assert "fails: No name is given." in page
    german = client.get("/shapes/Cluster", headers={**HTML, "Accept-Language": "de"}).text
    assert "Geben Sie den Namen des Clusters mindestens einmal an" in german
    assert client.get("/shapes/Nope", headers=HTML).status_code == 404


def test_a_profile_is_where_its_shapes_are_named(client: FlaskClient) -> None:
    assert 'href="/shapes/admission"' in client.get("/shapes", headers=HTML).text
    turtle = client.get("/shapes/admission", headers={"Accept": "text/turtle"}).data
    subjects = {str(quad.subject) for quad in ox.parse(input=turtle, format=ox.RdfFormat.TURTLE)}
    assert "<https://w3id.org/eclod/shapes/admission#ManagementTeam>" in subjects


def test_profiles_and_frozen_shapes_have_a_page(client: FlaskClient) -> None:
    """Who accepts HTML only is shown which shapes there are, with links to them as data; programs get what they got."""
    versions = [str(edition.version) for edition in editions.frozen()]
    assert len(versions) >= 3
    for name in ("admission", *versions):
        page = client.get(f"/shapes/{name}", headers={"Accept": "text/html"})
        assert (page.status_code, page.mimetype) == (200, "text/html")
        assert f'href="/shapes/{name}?format=ttl"' in page.text
        assert f'<link rel="canonical" href="https://w3id.org/eclod/shapes/{name}"' in page.text or (
            f"<https://w3id.org/eclod/shapes/{name}>" in page.headers["Link"]
        )
        assert page.text.count('<div class="shape-row"') >= (4 if name == "admission" else 50)
        data = client.get(f"/shapes/{name}", headers={"Accept": "*/*"})
        assert (data.status_code, data.mimetype) == (200, "text/turtle")
    german = client.get("/shapes/admission", headers={"Accept": "text/html", "Accept-Language": "de"}).text
    assert 'id="ManagementTeam"' in german
    assert "Das Managementteam hat mindestens eine halbe Vollzeitstelle." in german


def test_examples_are_text_on_the_page(client: FlaskClient) -> None:
    page = client.get("/shapes/Cluster", headers=HTML).text
    assert "@prefix ex: &lt;https://example.org/id/&gt; ." in page
    assert "<https://example.org" not in page


def test_code_lists(client: FlaskClient) -> None:
    page = client.get("/scheme", headers=HTML).text
    listed = set(re.findall(r'href="/scheme/([a-z0-9-]+)"', page))
    # A list whose codes come with somebody's data is listed when they are there.
    assert listed == {path.stem for path in editions.current().scheme_files if b"skos:notation" in path.read_bytes()}
    assert len(listed) > 30
    assert f'href="/scheme?iri={NUTS.replace(":", "%3A").replace("/", "%2F")}"' in page


def test_a_code_list_of_ours(client: FlaskClient) -> None:
    page = client.get("/scheme/ecosystem", headers=HTML).text
    assert "14 codes" in page
    assert '<a href="/scheme/ecosystem/textiles">Textiles</a>' in page
    assert "<details>" not in page  # short enough to be open
    assert "/queries/codes-of-a-list.csv?list=https%3A%2F%2Fw3id.org%2Feclod%2Fscheme%2Fecosystem" in page
    german = client.get("/scheme/ecosystem", headers={**HTML, "Accept-Language": "de"}).text
    assert "Textil" in german
    turtle = ox.parse(input=client.get("/scheme/ecosystem").data, format=ox.RdfFormat.TURTLE)
    assert len({quad.subject for quad in turtle}) == 15  # the list and its codes
    assert client.get("/scheme/ecosystem/textiles", headers=HTML).status_code == 200
    assert client.get("/scheme/none", headers=HTML).status_code == 404
    there = client.get("/describe?iri=https://w3id.org/eclod/scheme/ecosystem")
    assert (there.status_code, there.headers["Location"]) == (303, "/scheme/ecosystem")


def test_a_code_list_of_others_is_a_tree(client: FlaskClient) -> None:
    page = client.get(f"/scheme?iri={NUTS}", headers={**HTML, "Accept-Language": "en"}).text
    assert "NUTS 2024" in page
    assert "5 codes" in page
    order = [page.index(f">{name}<") for name in ("Austria", "Germany", "Baden-Württemberg", "Stuttgart")]
    assert order == sorted(order)
    assert 'href="/describe?iri=http://data.europa.eu/nuts/code/DE11"' in page
    assert client.get("/scheme?iri=http://a.example/none", headers=HTML).status_code == 404
    assert client.get("/scheme?iri=none", headers=HTML).status_code == 400
    assert client.get(f"/scheme?iri={NUTS}&format=nt").data.count(b"inScheme") == 5


def test_the_context(client: FlaskClient) -> None:
    response = client.get("/context.jsonld", headers={"Accept": "application/ld+json, application/json;q=0.5"})
    assert response.mimetype == "application/ld+json"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert json.loads(response.data)["@context"]["Cluster"] == "eclod:Cluster"
    assert client.get("/context/0.0.1.jsonld").status_code == 404


def test_the_version_that_is_worked_on_leads_to_the_ontology(client: FlaskClient, frozen: Edition) -> None:
    path = frozen.ontology.parents[1] / "eclod.ttl"
    path.write_text(path.read_text(encoding="utf-8").replace('"7.0.0"', '"7.1.0"'), encoding="utf-8")
    for name in ("ontology", "shapes"):
        there = client.get(f"/{name}/7.1.0", headers=HTML)
        assert (there.status_code, there.headers["Location"]) == (302, f"/{name}")
        assert client.get(f"/{name}/7.0.0").status_code == 200
        assert client.get(f"/{name}/6.0.0").status_code == 404


def test_a_frozen_version(client: FlaskClient, frozen: Edition) -> None:
    turtle = client.get("/ontology/7.0.0")
    assert 'owl:versionInfo "7.0.0"' in turtle.text
    assert turtle.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/ontology/7.0.0.ttl").data == client.get("/ontology/7.0.0?format=ttl").data == turtle.data
    assert client.get("/ontology/7.0.0", headers={"Accept": "application/rdf+xml"}).mimetype == "application/rdf+xml"
    page = client.get("/ontology/7.0.0", headers={**HTML, "Accept-Language": "en"})
    assert "This version never changes." in page.text
    assert "As it was." in page.text
    assert page.headers["Cache-Control"] == "no-cache"  # the frame around it may change
    assert 'owl:versionInfo "7.0.0"' in client.get("/shapes/7.0.0").text
    for path in ("/ontology/7.0.0", "/shapes/7.0.0", "/context/7.0.0.jsonld", "/ontology/7.0.0/eclod.ttl"):
        assert client.get(path).headers["Last-Modified"] == "Tue, 01 Dec 2026 00:00:00 GMT", path
    context = client.get("/context/7.0.0.jsonld")
    assert context.data == frozen.context.read_bytes()
    assert "immutable" in context.headers["Cache-Control"]
    files = re.findall(r'href="(/ontology/7\.0\.0/[^"]+)"', page.text)
    assert len(files) > 60
    for address in files:
        answer = client.get(address)
        assert answer.data == (frozen.ontology / address.removeprefix("/ontology/7.0.0/")).read_bytes()
    for outside in ("../eclod.ttl", "%2e%2e/eclod.ttl", "..%2feclod.ttl", "none.ttl", "schemes"):
        assert client.get(f"/ontology/7.0.0/{outside}").status_code == 404


def test_every_address_is_in_the_documents(whole: Flask) -> None:
    told = (Path(__file__).resolve().parents[2] / "docs" / "users.md").read_text(encoding="utf-8")
    names = {"path:name": "file", "version": "version", "name": "name", "path:notation": "code", "path:rest": "name"}
    routes = [r for r in whole.url_map.iter_rules() if r.endpoint.partition(".")[0] in ("vocabulary", "schemes")]
    assert len(routes) > 15
    for rule in routes:
        if rule.rule.startswith(("/source/", "/graph/")) or "<suffix>" in rule.rule:
            continue  # names of data, which it leads to by itself; formats
        path = re.sub(r"<([^>]+)>", lambda part: "{" + names[part[1]] + "}", rule.rule)
        path = path.replace("/scheme/{name}", "/scheme/{list}")
        assert f"`{path}`" in told, path
