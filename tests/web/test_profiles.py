"""Things in other vocabularies: Content Negotiation by Profile, schema.org in pages, languages of pages."""

from __future__ import annotations

import json
import re
from typing import Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from eclod.core.formats import GRAPH_FORMATS, Format
from eclod.store.executor import GRAPH_FORMATS as PARSERS

from .conftest import BASE, CLUSTER, COMPANY, LICENCE, MANAGER, NUTS, RELEASE

DOC = f"/doc/cluster/{CLUSTER}"
ORGANISATION = f"/doc/organisation/{COMPANY}"
THING = ox.NamedNode(f"{BASE}/id/cluster/{CLUSTER}")
SCHEMA = "https://schema.org/"
PROV = "http://www.w3.org/ns/prov#"
FULL = "https://w3id.org/eclod/shapes"
CBV = "https://semiceu.github.io/Core-Business-Vocabulary/releases/2.3.0/"
ALTR = "http://www.w3.org/ns/dx/connegp/altr"


def triples(client: FlaskClient, path: str, form: Format = GRAPH_FORMATS[0], **headers: str) -> set[ox.Triple]:
    response = client.get(path, headers={"Accept": form.media_type, **headers})
    assert (response.status_code, response.mimetype) == (200, form.media_type), response.text
    return {quad.triple for quad in ox.parse(response.data, format=PARSERS[form.name])}


@pytest.mark.parametrize(
    ("address", "accept_profile", "profile"),
    [
        ("", None, FULL),
        ("", "*", FULL),
        ("", f"<{SCHEMA}>", SCHEMA),
        ("", "<https://schema.org>", SCHEMA),
        ("", "<http://unknown.example/>, <https://schema.org/>;q=0.5", SCHEMA),
        ("", f"<{SCHEMA}>;q=0.2, <{FULL}>", FULL),
        ("", f"<{SCHEMA}>;q=0, *;q=0.1", FULL),
        ("?profile=schema", None, SCHEMA),
        ("?_profile=schema", f"<{FULL}>", SCHEMA),
        ("?profile=https%3A%2F%2Fschema.org%2F", None, SCHEMA),
        ("?profile=nothing,schema", None, SCHEMA),
        ("?_profile=schema&_mediatype=text/turtle", None, SCHEMA),
        ("?_profile=all", None, ALTR),
        (".ttl?profile=schema", None, SCHEMA),
    ],
)
def test_a_profile_is_negotiated(client: FlaskClient, address: str, accept_profile: str | None, profile: str) -> None:
    headers = {} if accept_profile is None else {"Accept-Profile": accept_profile}
    response = client.get(DOC + address, headers=headers)
    assert response.status_code == 200
    assert response.headers["Content-Profile"] == f"<{profile}>"
    assert "Accept-Profile" in response.headers["Vary"]
    tag = response.headers["ETag"]
    assert client.get(DOC + address, headers=headers | {"If-None-Match": tag}).status_code == 304


def test_what_there_is_not_is_406_with_what_there_is(client: FlaskClient) -> None:
    for address, headers in (
        ("?profile=nonsense", {}),
        ("?profile=cbv", {}),  # a cluster is no organisation
        ("", {"Accept-Profile": "<http://unknown.example/>"}),
    ):
        response = client.get(DOC + address, headers=headers)
        assert (response.status_code, response.mimetype) == (406, "application/problem+json")
        assert response.get_json()["available"] == [FULL, SCHEMA, PROV, ALTR]
        assert f'<{DOC}?profile=schema>; rel="alternate"; type="application/ld+json"' in response.headers["Link"]
        assert ("Accept-Profile" in response.headers["Vary"]) == (not address)  # an address says it alone
    assert client.get(f"{DOC}?profile=schema", headers={"Accept": "image/png"}).status_code == 406
    assert client.get(DOC, headers={"Accept": "image/png"}).headers["Vary"] == "Accept, Accept-Profile"
    assert client.get("/sparql?query=ASK{}", headers={"Accept": "image/png"}).headers["Vary"] == "Accept"


def test_profiles_are_advertised(client: FlaskClient) -> None:
    link = client.get(ORGANISATION).headers["Link"]
    assert f'<{ORGANISATION}?profile=schema>; rel="alternate"; profile="{SCHEMA}"' in link
    assert f'<{ORGANISATION}?profile=cbv>; rel="alternate"; profile="{CBV}"' in link
    assert len(link) < 3000  # what proxies take for a header
    tokens = client.get(f"{ORGANISATION}?profile=all").headers["Link"]
    assert f'<http://www.w3.org/ns/dx/prof/Profile>; rel="type"; token="schema"; anchor="{SCHEMA}"' in tokens


def test_the_list_of_profiles_for_programs_and_people(client: FlaskClient) -> None:
    listed = triples(client, f"{ORGANISATION}?profile=all")
    ways = {str(t.subject)[1:-1]: str(t.object)[1:-1] for t in listed if t.predicate.value.endswith("conformsTo")}
    assert set(ways.values()) == {FULL, SCHEMA, CBV, PROV}
    for address, profile in ways.items():
        response = client.get(address.removeprefix(BASE))
        assert response.headers["Content-Profile"] == f"<{profile}>", address
    page = client.get(f"{ORGANISATION}?profile=all", headers={"Accept": "text/html"})
    assert page.mimetype == "text/html"
    assert f'href="{ORGANISATION}.ttl?profile=cbv"' in page.text


@pytest.mark.parametrize("form", GRAPH_FORMATS, ids=lambda form: form.name)
def test_schema_org_in_every_format(client: FlaskClient, form: Format) -> None:
    said = triples(client, f"{DOC}?profile=schema", form)
    assert said == triples(client, f"{DOC}?profile=schema")
    schema = ox.NamedNode
    assert ox.Triple(THING, schema(f"{SCHEMA}name"), ox.Literal("Medicon-dalens alliance", language="da")) in said
    assert ox.Triple(THING, schema(f"{SCHEMA}url"), ox.NamedNode("https://mva.example/")) in said
    address = ox.NamedNode(f"{THING.value}#address")
    assert ox.Triple(address, schema(f"{SCHEMA}addressLocality"), ox.Literal("København")) in said
    location = ox.NamedNode(f"{THING.value}#location")
    degrees = [t.object for t in said if t.subject == location and "itude" in t.predicate.value]
    assert {term.value for term in degrees if isinstance(term, ox.Literal)} == {"12.5683", "55.6761"}


def test_profiles_of_what_others_name(client: FlaskClient) -> None:
    address = f"/describe?iri={NUTS}"
    said = triples(client, f"{address}&profile=schema")
    kind = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    assert ox.Triple(ox.NamedNode(NUTS), kind, ox.NamedNode(f"{SCHEMA}DefinedTerm")) in said
    location = client.get(f"/id/cluster/{CLUSTER}?profile=schema").headers["Location"]
    assert location == f"{DOC}?profile=schema"


def test_a_registry_is_the_dataset_of_the_catalogue(client: FlaskClient) -> None:
    """One IRI, one description: what a portal finds in the catalogue is there where the IRI leads."""
    registry, dcat = ox.NamedNode(f"{BASE}/registries/dk"), "http://www.w3.org/ns/dcat#"
    said, catalogue = triples(client, "/registries/dk?profile=dcat-ap"), triples(client, "/catalog")
    assert {t for t in catalogue if t.subject == registry} == {t for t in said if t.subject == registry}
    (file,) = {t.object for t in said if t.predicate.value == f"{dcat}distribution"}
    assert {f"{dcat}byteSize", f"{dcat}downloadURL"} <= {t.predicate.value for t in said if t.subject == file}
    (page,) = {t.object for t in said if t.predicate.value == f"{dcat}landingPage"}
    assert isinstance(page, ox.NamedNode)
    assert client.get(page.value.removeprefix(BASE)).mimetype == "text/html"


def embedded(page: str) -> Any:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert len(found) == 1
    return json.loads(found[0])


def test_a_page_embeds_schema_org_in_its_language(client: FlaskClient) -> None:
    data = embedded(client.get(f"{DOC}.html", headers={"Accept-Language": "da"}).text)
    assert (data["@id"], data["@type"]) == (THING.value, "Organization")
    assert data["name"] == "Medicon-dalens alliance"
    assert data["address"]["addressLocality"] == "København"
    assert (data["location"]["longitude"], data["location"]["latitude"]) == (12.5683, 55.6761)
    assert embedded(client.get(f"{DOC}.html").text)["name"] == "Medicon Valley Alliance"
    page = client.get(f"/doc/organisation/{MANAGER}.html").text
    assert embedded(page)["name"] == "MVA Secretariat <b>&</b>"
    assert "<b>" not in page.partition('application/ld+json">')[2].partition("</script>")[0]
    # It is the same graph as the profile, whatever reads it: nothing has to be fetched for its context.
    read = {quad.triple for quad in ox.parse(json.dumps(data), format=ox.RdfFormat.JSON_LD)}
    assert ox.Triple(THING, ox.NamedNode(f"{SCHEMA}url"), ox.NamedNode("https://mva.example/")) in read


def test_a_page_says_what_it_is_to_networks_and_browsers(client: FlaskClient) -> None:
    page = client.get(f"{DOC}.html").text
    assert f'<link rel="canonical" href="{BASE}{DOC}">' in page
    assert '<meta property="og:title" content="Medicon Valley Alliance">' in page
    assert f'<meta property="og:url" content="{BASE}{DOC}">' in page
    assert '<meta property="og:locale" content="en_GB">' in page
    assert f'<link rel="alternate" type="text/turtle" href="{DOC}.ttl"' in page


@pytest.mark.parametrize(
    ("address", "wanted", "language", "marked"),
    [
        (DOC, "da", "da, en", False),
        (f"{DOC}?lang=da", "fr", "da, en", False),
        (DOC, "fr", "en", True),
        (DOC, "en-GB", "en", False),
        (DOC, "", "en", False),
    ],
)
def test_the_language_of_a_page_and_a_visible_fallback(
    client: FlaskClient, address: str, wanted: str, language: str, marked: bool
) -> None:
    response = client.get(address, headers={"Accept": "text/html", "Accept-Language": wanted})
    assert response.headers["Content-Language"] == language
    assert ("There is no name in fr" in response.text) == marked


def test_the_licence_of_the_data_goes_with_it(client: FlaskClient) -> None:
    assert f'<{LICENCE}>; rel="license"' in client.get(f"{DOC}?profile=schema").headers["Link"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", {"canonical", "describedby", "type", "license"}),
        ("/catalog", {"alternate", "canonical", "describedby", "type", "license", "profile"}),
        ("/ontology", {"alternate", "canonical", "describedby", "type", "license"}),
        ("/scheme/membership-role/member", {"alternate", "canonical", "describedby", "describes", "type"}),
        ("/releases", {"alternate", "describedby"}),
        (f"/releases/{RELEASE}", {"alternate", "canonical", "describedby", "type"}),
        ("/registries/dk", {"alternate", "canonical", "describedby", "describes", "type"}),
        ("/clusters", {"alternate", "canonical", "describedby"}),
        ("/tables", {"alternate", "describedby"}),
        (f"/describe?iri={NUTS}", {"alternate", "canonical", "describedby", "describes", "type"}),
        (DOC, {"alternate", "canonical", "describedby", "describes", "type", "license"}),
    ],
)
def test_everything_has_typed_links(client: FlaskClient, path: str, expected: set[str]) -> None:
    """Contract 8: typed links alternate, describedby, type, license, canonical."""
    link = client.get(path).headers["Link"]
    assert expected <= set(re.findall(r'rel="([^"]+)"', link)), link
    assert link.count('rel="describedby"') == 1
