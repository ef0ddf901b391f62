"""Things and documents: redirects, spellings, suffixes, negotiation, what the RDF and the page hold."""

from __future__ import annotations

from urllib.parse import quote

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from eclod.core.formats import DOCUMENT_FORMATS, HTML, Format
from eclod.store.executor import GRAPH_FORMATS

from .conftest import BASE, CLUSTER, COMPANY, LICENCE, MANAGER, MEMBERSHIP, NUTS, RELEASE, UNKNOWN

DOC = f"/doc/cluster/{CLUSTER}"
THING = ox.NamedNode(f"{BASE}/id/cluster/{CLUSTER}")
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

NEGOTIATION = [
    (None, "text/turtle"),
    ("", "text/turtle"),
    ("*/*", "text/turtle"),
    ("text/*", "text/turtle"),
    ("TEXT/TURTLE", "text/turtle"),
    ("text/turtle;q=0.5, application/ld+json", "application/ld+json"),
    ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "application/ld+json"),
    ("application/json", "application/ld+json"),
    ("application/rdf+xml ; q = 0.9 , text/turtle;q=0.1", "application/rdf+xml"),
    ("application/n-triples;charset=utf-8", "application/n-triples"),
    ("application/trig", "application/trig"),
    ("application/n-quads", "application/n-quads"),
    ("text/turtle;q=0, */*;q=0.1", "application/ld+json"),
    (BROWSER, "text/html"),
    ("text/html", "text/html"),
    # RDF first and HTML last, with equal weight, is what RDF libraries send.
    ("application/rdf+xml, text/turtle, application/n-triples, application/xhtml+xml, text/html", "text/turtle"),
    ("nonsense", "text/turtle"),
    (",;=", "text/turtle"),
]


@pytest.mark.parametrize(("accept", "media_type"), NEGOTIATION)
def test_accept_decides(client: FlaskClient, accept: str | None, media_type: str) -> None:
    headers = {} if accept is None else {"Accept": accept}
    response = client.get(DOC, headers=headers)
    assert (response.status_code, response.mimetype) == (200, media_type)
    assert response.headers["Vary"].startswith("Accept, Accept-Language")
    assert response.headers["Eclod-Release"] == RELEASE


def test_nothing_acceptable_is_said_with_what_there_is(client: FlaskClient) -> None:
    response = client.get(DOC, headers={"Accept": "image/png"})
    assert (response.status_code, response.mimetype) == (406, "application/problem+json")
    problem = response.get_json()
    assert problem["status"] == 406
    assert set(problem["available"]) == {form.media_type for form in DOCUMENT_FORMATS}
    assert f'<{DOC}.ttl>; rel="alternate"; type="text/turtle"' in response.headers["Link"]


@pytest.mark.parametrize("form", DOCUMENT_FORMATS, ids=lambda form: form.name)
@pytest.mark.parametrize("spelled", ["{doc}.{name}", "{doc}?format={name}", "{doc}?format={media}"])
def test_a_named_format_beats_accept(client: FlaskClient, form: Format, spelled: str) -> None:
    address = spelled.format(doc=DOC, name=form.name, media=quote(form.media_type))
    response = client.get(address, headers={"Accept": "image/png"})
    assert (response.status_code, response.content_type) == (200, form.content_type)
    assert response.headers["Content-Location"] == f"{DOC}.{form.name}"


@pytest.mark.parametrize("form", [form for form in DOCUMENT_FORMATS if form is not HTML], ids=lambda form: form.name)
def test_every_rdf_format_says_the_same(client: FlaskClient, form: Format) -> None:
    body = client.get(f"{DOC}.{form.name}").data
    quads = set(ox.parse(body, format=GRAPH_FORMATS[form.name]))
    merged = {quad.triple for quad in quads if isinstance(quad.graph_name, ox.DefaultGraph)}
    turtle = client.get(f"{DOC}.ttl").data
    assert merged == {quad.triple for quad in ox.parse(turtle, format=ox.RdfFormat.TURTLE)}
    graphs = {quad.graph_name.value for quad in quads if isinstance(quad.graph_name, ox.NamedNode)}
    kept = {f"{BASE}/graph/registry/dk", f"{BASE}/graph/provenance/dk"} if form.name in ("nq", "trig") else set()
    assert graphs == kept


def test_the_description_holds_parts_labels_and_the_document(client: FlaskClient) -> None:
    triples = {quad.triple for quad in ox.parse(client.get(f"{DOC}.ttl").data, format=ox.RdfFormat.TURTLE)}

    def has(subject: str, name: str, value: ox.NamedNode | ox.Literal) -> bool:
        return ox.Triple(ox.NamedNode(subject), ox.NamedNode(name), value) in triples

    dct, foaf, skos = "http://purl.org/dc/terms/", "http://xmlns.com/foaf/0.1/", "http://www.w3.org/2004/02/skos/core#"
    document = f"{BASE}{DOC}"
    assert has(f"{THING.value}#address", "http://www.w3.org/ns/locn#postName", ox.Literal("København"))
    assert has(NUTS, f"{skos}prefLabel", ox.Literal("Hovedstaden", language="da"))
    assert has(document, f"{foaf}primaryTopic", THING)
    assert has(document, f"{dct}isPartOf", ox.NamedNode(f"{BASE}/releases/{RELEASE}"))
    assert has(document, f"{dct}license", ox.NamedNode(LICENCE))
    # A value that lost the merge stands in the registry's graph only.
    assert not any(isinstance(t.object, ox.Literal) and t.object.value == "MVA (old name)" for t in triples)


def test_typed_links(client: FlaskClient) -> None:
    links = client.get(DOC).headers["Link"]
    assert f'<{BASE}{DOC}>; rel="canonical"' in links
    assert f'<{THING.value}>; rel="describes"' in links
    assert '<https://w3id.org/eclod/ontology#Cluster>; rel="type"' in links
    assert f'<{LICENCE}>; rel="license"' in links
    assert f'<{DOC}.html>; rel="alternate"; type="text/html"' in links


def spellings() -> list[str]:
    dashed = f"{CLUSTER[:4]}-{CLUSTER[4:8]}-{CLUSTER[8:]}"
    encoded = "".join(f"%{ord(char):02X}" for char in CLUSTER)
    return [CLUSTER, CLUSTER.upper(), dashed, dashed.upper(), encoded, f"%20{CLUSTER}%20", CLUSTER.replace("1", "l")]


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("spelling", spellings())
def test_any_spelling_leads_to_the_document(client: FlaskClient, spelling: str, slash: str) -> None:
    response = client.get(f"/id/cluster/{spelling}{slash}", headers={"Host": "evil.example"})
    assert (response.status_code, response.headers["Location"]) == (303, DOC)
    assert response.headers["Vary"].startswith("Accept, Accept-Language")
    response = client.get(f"/doc/CLUSTER/{spelling}{slash}", headers={"Host": "evil.example"})
    assert (response.status_code, response.headers["Location"]) == (301, DOC)


def test_redirects_carry_the_format_and_nothing_else(client: FlaskClient) -> None:
    response = client.get(f"/id/cluster/{CLUSTER}?format=nt&lang=da&x=%0d%0aSet-Cookie:a", headers={"X-Secret": "s"})
    assert response.headers["Location"] == f"{DOC}?format=nt&lang=da"
    assert client.get(f"/id/cluster/{CLUSTER}.ttl").headers["Location"] == f"{DOC}.ttl"
    response = client.get(f"/doc/cluster/{CLUSTER.upper()}?format=%0d%0aX")
    assert response.headers["Location"] == f"{DOC}?format=%0D%0AX"
    assert "evil" not in str(client.get(DOC, headers={"Host": "evil.example"}).headers)


@pytest.mark.parametrize(
    ("path", "status", "slug"),
    [
        (f"/id/cluster/{CLUSTER[:-1]}{'0' if CLUSTER[-1] != '0' else '1'}", 400, "bad-identifier"),
        ("/id/cluster/short", 400, "bad-identifier"),
        ("/id/cluster/%FF%FE", 400, "bad-identifier"),
        (f"/id/cluster/{UNKNOWN}", 404, "not-found"),
        (f"/doc/cluster/{UNKNOWN}", 404, "not-found"),
        (f"/doc/organisation/{CLUSTER}", 404, "not-found"),
        (f"/id/spaceship/{CLUSTER}", 404, "not-found"),
        (f"{DOC}.docx", 404, "not-found"),
        (f"{DOC}.%0d%0aX", 404, "not-found"),
        (f"{DOC}?format=docx", 400, "bad-input"),
        (f"/doc/cluster/{CLUSTER}/more", 404, "not-found"),
        (f"//doc/cluster/{CLUSTER}", 404, "not-found"),
        ("/describe", 400, "bad-input"),
        ("/describe?iri=nothing", 400, "bad-input"),
        ("/describe?iri=http://a.example/%3E%20x", 400, "bad-input"),
        ("/describe?iri=http://a.example/unheard-of", 404, "not-found"),
        ("/registries/nobody", 404, "not-found"),
        ("/scheme/none/at-all", 404, "not-found"),
    ],
)
def test_what_does_not_hold(client: FlaskClient, path: str, status: int, slug: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert response.get_json()["type"].endswith(f"/{slug}")


def test_describe_foreign_and_own(client: FlaskClient) -> None:
    response = client.get(f"/describe?iri={quote(NUTS)}")
    assert response.status_code == 200
    assert b"Hovedstaden" in response.data
    assert response.headers["Content-Location"] == f"/describe?iri={NUTS}&format=ttl"
    assert client.get(f"/describe?iri={THING.value}").headers["Location"] == DOC
    assert client.get(f"/describe?iri={quote(THING.value + '#address')}").headers["Location"] == f"{DOC}#address"
    assert client.get(f"/describe?iri={BASE}/registries/dk").headers["Location"] == "/registries/dk"
    assert client.get(f"/describe?iri={BASE}/graph/registry/dk").headers["Location"] == "/.well-known/void"
    people = client.get(f"/describe?iri={BASE}/graph/registry/dk", headers={"Accept": BROWSER})
    assert people.headers["Location"] == "/registries/dk"
    # What is only mentioned has a page that says where.
    page = client.get("/describe?iri=https://mva.example/", headers={"Accept": BROWSER})
    assert page.status_code == 200
    assert DOC in page.text


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        (NUTS.replace("http:", "https:"), f"/describe?iri={NUTS}"),
        (f"{NUTS}/", f"/describe?iri={NUTS}"),
        (NUTS.lower(), f"/describe?iri={NUTS}"),
        (
            NUTS.replace("data.europa.eu/nuts", "Data.Europa.eu/NUTS").replace("http:", "HTTPS:"),
            f"/describe?iri={NUTS}",
        ),
        (THING.value.replace("https:", "http:"), DOC),
        (f"{BASE}/ontology#cluster", f"/describe?iri={BASE}/ontology%23Cluster"),
    ],
)
def test_another_spelling_of_what_is_described_is_suggested(client: FlaskClient, asked: str, meant: str) -> None:
    answer = client.get("/describe", query_string={"iri": asked})
    assert (answer.status_code, answer.get_json().get("suggestions")) == (404, [meant])
    assert f"perhaps {meant} is meant" in answer.get_json()["detail"]
    page = client.get("/describe", query_string={"iri": asked}, headers={"Accept": BROWSER})
    assert page.status_code == 404


def test_nothing_is_suggested_where_no_spelling_is_described(client: FlaskClient) -> None:
    for asked in ("http://a.example/unheard-of", "urn:none", "http://a.example", f"{NUTS}{'/' * 2000}"):
        assert "suggestions" not in client.get("/describe", query_string={"iri": asked}).get_json()


def test_ontology_shapes_and_schemes(client: FlaskClient) -> None:
    assert b"owl:Ontology" in client.get("/ontology").data
    assert client.get("/shapes").status_code == 404  # this release has none
    assert b"member" in client.get("/scheme/membership-role/member").data
    assert client.get("/scheme/membership-role/member/").status_code == 200
    assert b"danish.csv" in client.get("/source/dk/abababababababab").data


def test_the_page_of_a_thing(client: FlaskClient) -> None:
    page = client.get(DOC, headers={"Accept": BROWSER}).text
    assert "Medicon Valley Alliance" in page
    assert "Nørregade 10" in page
    assert "danish.csv, rows 7, 12" in page
    assert "MVA (old name)" in page
    assert f"/doc/organisation/{COMPANY}" in page  # the member, reached over the membership
    assert "ACME (member)" in page
    assert 'data-longitude="12.5683"' in page
    assert "MVA Secretariat &lt;b&gt;&amp;&lt;/b&gt;" in page


def test_labels_follow_the_language_with_a_visible_fallback(client: FlaskClient) -> None:
    page = client.get(f"{DOC}.html", headers={"Accept-Language": "da-DK,de;q=0.5"}).text
    assert "Medicon-dalens alliance – " in page
    assert "verwaltet von" in page  # no Danish label, the second wish counts
    assert 'lang="da"' in page
    assert client.get(f"{DOC}.html?lang=da").text.count("Medicon-dalens alliance – ") == 1


def test_data_cannot_smuggle_a_script(client: FlaskClient) -> None:
    response = client.get(f"/doc/organisation/{MANAGER}.html")
    assert 'href="javascript:' not in response.text
    assert "script-src" not in response.headers["Content-Security-Policy"]
    assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")


def test_a_thing_without_a_name_is_called_by_what_it_joins(client: FlaskClient) -> None:
    page = client.get(f"/doc/membership/{MEMBERSHIP}.html").text
    assert "<h1>ACME – Medicon Valley Alliance</h1>" in page


def test_a_place_that_hundreds_link_to(client: FlaskClient) -> None:
    page = client.get(f"/describe?iri={NUTS}&format=html").text
    assert page.count("/doc/organisation/") <= 25
    assert "301" in page
    assert "/sparql?query=" in page


def test_a_registry_shows_what_became_of_its_rows(client: FlaskClient) -> None:
    assert b"Danish clusters" in client.get("/registries/dk.ttl").data
    page = client.get("/registries/dk", headers={"Accept": BROWSER}).text
    assert "Danish clusters" in page
    assert "Rejected" in page
    listed = client.get("/registries?format=json").get_json()["registries"]
    assert [(row["name"], row["read"], row["licence"]) for row in listed] == [("dk", 5, LICENCE)]
