"""Home, catalogue, VoID, releases, search, and the small functions behind the pages."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from eclod.core.formats import GRAPH_FORMATS, Format
from eclod.core.namespaces import expand
from eclod.store.executor import GRAPH_FORMATS as PARSERS
from eclod.web.pages.rows import size_text
from eclod.web.resources.wording import in_words

from .conftest import BASE, CLUSTER, EARLIER, LICENCE, RELEASE

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
DUMP = f"{BASE}/releases/{RELEASE}/dumps/dk.nq.gz"


def triples(client: FlaskClient, path: str, form: Format = GRAPH_FORMATS[0]) -> set[ox.Triple]:
    response = client.get(path, headers={"Accept": form.media_type})
    assert (response.status_code, response.mimetype) == (200, form.media_type)
    found = {quad.triple for quad in ox.parse(response.data, format=PARSERS[form.name])}
    assert not any(isinstance(term, ox.BlankNode) for triple in found for term in (triple.subject, triple.object))
    return found


def objects(found: set[ox.Triple], subject: str, name: str) -> set[str]:
    return {t.object.value for t in found if t.subject == ox.NamedNode(subject) and t.predicate.value == expand(name)}  # type: ignore[union-attr]


def test_home_is_a_page_by_default(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.mimetype == "text/html"
    for text in ("cluster", "organisation", "Danish clusters", 'action="/search"'):
        assert text in page.text
    assert client.get("/catalog").mimetype == "text/turtle"
    assert client.get("/catalog", headers={"Accept": BROWSER}).mimetype == "text/html"


@pytest.mark.parametrize("form", GRAPH_FORMATS, ids=lambda form: form.name)
def test_the_catalogue_in_every_format(client: FlaskClient, form: Format) -> None:
    assert triples(client, "/", form) == triples(client, "/catalog")


@pytest.mark.parametrize("path", ["/catalog", "/.well-known/void", "/conformance"])
def test_an_ending_names_the_format(client: FlaskClient, path: str) -> None:
    """Harvesters guess such addresses; each is the document itself in that format."""
    for suffix in ("ttl", "rdf", "jsonld", "nt"):
        guessed, named = client.get(f"{path}.{suffix}"), client.get(f"{path}?format={suffix}")
        assert guessed.status_code == 200, suffix
        assert (guessed.mimetype, guessed.data) == (named.mimetype, named.data)
        assert guessed.headers["Content-Location"] == named.headers["Content-Location"]
    assert client.get(f"{path}.docx").status_code == 404


def test_the_catalogue_lists_releases_graphs_and_files(client: FlaskClient) -> None:
    found = triples(client, "/catalog")
    datasets = objects(found, f"{BASE}/catalog", "dcat:dataset")
    registry, whole = f"{BASE}/registries/dk", f"{BASE}/catalog#data"
    assert {f"{BASE}/releases/{RELEASE}", f"{BASE}/releases/{EARLIER}", registry, whole} <= datasets
    assert objects(found, whole, "dcat:hasCurrentVersion") == {f"{BASE}/releases/{RELEASE}"}
    assert objects(found, f"{BASE}/releases/{EARLIER}", "dcat:inSeries") == {f"{BASE}/catalog#releases"}
    assert objects(found, f"{BASE}/releases/{RELEASE}", "dcat:prev") == {f"{BASE}/releases/{EARLIER}"}
    assert objects(found, registry, "dct:license") == objects(found, DUMP, "dct:license") == {LICENCE}
    assert objects(found, registry, "dcat:distribution") == {DUMP}
    packed = client.get(f"/releases/{RELEASE}/dumps/dk.nq.gz")
    assert objects(found, DUMP, "dcat:byteSize") == {str(len(packed.data))}
    assert objects(found, DUMP, "dcat:mediaType") == {
        "https://www.iana.org/assignments/media-types/application/n-quads"
    }
    assert objects(found, f"{DUMP}#checksum", "spdx:checksumValue") == {packed.headers["ETag"].strip('"')}
    for path in ("sparql", "graphs", "reconcile", "feed"):
        assert objects(found, f"{BASE}/{path}", "dcat:endpointURL") == {f"{BASE}/{path}"}
        assert client.get(f"/{path}").status_code in (200, 303, 400), path
    authority = "http://publications.europa.eu/resource/authority"
    assert objects(found, DUMP, "dct:format") == {f"{authority}/file-type/RDF_N_QUADS"}


def test_void_counts_what_the_manifest_counted(client: FlaskClient) -> None:
    found = triples(client, "/.well-known/void")
    whole = f"{BASE}/releases/{RELEASE}"
    assert objects(found, f"{BASE}/.well-known/void", "foaf:primaryTopic") == {whole}
    assert objects(found, whole, "void:triples") == {"638"}
    assert objects(found, f"{whole}#dk", "void:triples") == {"23"}
    assert objects(found, f"{whole}#dk", "void:dataDump") == {DUMP}
    assert objects(found, whole, "void:sparqlEndpoint") == {f"{BASE}/sparql"}


def test_a_browser_gets_the_page_of_the_release_instead_of_void(client: FlaskClient) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    response = client.get("/.well-known/void", headers={"Accept": browser})
    assert (response.status_code, response.headers["Location"]) == (303, f"/releases/{RELEASE}")
    assert client.get("/.well-known/void").mimetype == "text/turtle"


def test_releases(client: FlaskClient) -> None:
    listed = client.get("/releases", headers={"Accept": "application/json"}).get_json()
    assert listed["current"] == RELEASE
    assert [release["id"] for release in listed["releases"]] == [RELEASE, EARLIER]
    page = client.get("/releases").text
    assert page.index(RELEASE) < page.index(EARLIER)
    shown = client.get(f"/releases/{RELEASE}")
    assert f"/releases/{RELEASE}/dumps/dk.nq.gz" in shown.text
    assert f'</releases/{EARLIER}>; rel="predecessor-version"' in shown.headers["Link"]
    assert client.get(f"/releases/{EARLIER}").headers["Eclod-Release"] == EARLIER
    assert objects(triples(client, f"/releases/{EARLIER}"), f"{BASE}/releases/{EARLIER}", "void:triples") == {"638"}
    for name in ("none", ".staging-1", "..", "%00", "a" * 300):
        assert client.get(f"/releases/{name}").status_code == 404, name


def test_search(client: FlaskClient) -> None:
    page = client.get("/search?q=medicon")
    assert page.mimetype == "text/html"
    assert f'href="/doc/cluster/{CLUSTER}"' in page.text
    found = client.get("/search?q=medicon&format=json").get_json()
    assert found["hits"][0] == {
        "iri": f"{BASE}/id/cluster/{CLUSTER}",
        "label": "Medicon Valley Alliance",
        "language": "en",
        "kind": "cluster",
        "detail": "Denmark",
        "href": f"/doc/cluster/{CLUSTER}",
    }
    assert not found["truncated"]
    assert client.get("/search?q=alliance&limit=1&format=json").get_json()["truncated"]
    assert client.get("/search?q=medicon&kind=event&format=json").get_json()["hits"] == []
    assert client.get("/search?q=%3Cscript%3E").text.count("<script>") == 0
    for wrong in ("limit=0", "limit=101", "limit=x", "limit=²", f"q={'a' * 501}"):
        assert client.get(f"/search?{wrong}").status_code == 400, wrong


def test_sizes_and_words() -> None:
    assert [size_text(n) for n in (0, 999, 1234, 99_949, 123_456, 1_234_567, 5 * 10**12)] == [
        "0 bytes",
        "999 bytes",
        "1.2 kB",
        "99.9 kB",
        "123 kB",
        "1.2 MB",
        "5.0 TB",
    ]
    assert in_words("http://www.w3.org/2004/02/skos/core#prefLabel") == "pref label"
    assert in_words("http://a.example/things/ISBN") == "ISBN"
