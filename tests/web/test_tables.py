"""Tables over HTTP: the page, the files, an address that leads to the newest, DCAT and VoID about the release."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from eclod.core.settings import Settings
from eclod.store import partitions
from eclod.store.finding.index import SearchIndexes
from eclod.store.inprocess import InProcessEngine
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod.web.app import create_app

from .conftest import RELEASE, Client
from .test_catalogue import BROWSER, objects, triples


def over(settings: Settings) -> FlaskClient:
    """Return a client of an application over the current release of a data folder."""
    releases = Releases(settings.data)
    release = releases.current_id()
    store = ox.Store.read_only(str(releases.folder(release) / "store"))
    app = create_app(settings, InProcessEngine(store, release), releases, SearchIndexes(releases))
    return Client(app, app.response_class)


@pytest.fixture(scope="module")
def whole(starting_settings: Settings, starting_release: Manifest) -> FlaskClient:
    return over(starting_settings)


Damage = Callable[[Callable[[Path], None]], FlaskClient]


@pytest.fixture
def damaged(starting_settings: Settings, starting_release: Manifest, tmp_path: Path) -> Damage:
    """Return a client over a copy of the release of which something was changed."""

    def copy(change: Callable[[Path], None]) -> FlaskClient:
        shutil.copytree(starting_settings.data, tmp_path / "data", symlinks=True)
        change(tmp_path / "data" / "releases" / starting_release.id)
        return over(starting_settings.model_copy(update={"data": tmp_path / "data"}))

    return copy


def test_the_page_lists_the_tables_and_explains_the_columns(whole: FlaskClient, starting_release: Manifest) -> None:
    page = whole.get("/tables", headers={"Accept": BROWSER})
    assert (page.status_code, page.mimetype) == (200, "text/html")
    for table in starting_release.tables:
        for file in table.files:
            assert f'href="/releases/{starting_release.id}/tables/{file.name}"' in page.text
    for text in (
        "Industrial clusters:",
        "managed_by_label",
        "The organisation that manages the cluster.",
        "read_parquet",
    ):
        assert text in page.text
    assert "http://localhost/tables/organisations.csv" in page.text
    german = whole.get("/tables", headers={"Accept": BROWSER, "Accept-Language": "de"}).text
    assert "Die Organisation, die das Cluster verwaltet." in german
    of_release = whole.get(f"/releases/{starting_release.id}/tables", headers={"Accept": BROWSER})
    assert of_release.status_code == 200
    assert f'href="/releases/{starting_release.id}/tables/clusters.csv"' in of_release.text


def test_the_page_does_not_repeat_what_a_forged_host_says(whole: FlaskClient) -> None:
    page = whole.get("/tables", headers={"Accept": BROWSER, "Host": 'evil.example"><script>'})
    assert "<script>alert" not in page.text
    assert 'evil.example"' not in page.text


def test_the_page_as_data(whole: FlaskClient, starting_release: Manifest) -> None:
    found = whole.get("/tables?format=json").get_json()
    assert found["release"] == starting_release.id
    assert [(table["name"], table["rows"]) for table in found["tables"]] == [
        (table.name, table.rows) for table in starting_release.tables
    ]
    columns = {column["name"]: column for column in found["tables"][0]["columns"]}
    assert columns["country"]["properties"][0]["iri"] == "https://w3id.org/eclod/ontology#country"
    assert columns["country"]["properties"][0]["href"].startswith("/describe?iri=")
    assert columns["country"]["several"] is True
    assert columns["name"]["filled"] == 1.0


def test_an_address_that_always_leads_to_the_newest(whole: FlaskClient, starting_release: Manifest) -> None:
    response = whole.get("/tables/clusters.csv")
    assert (response.status_code, response.headers["Cache-Control"]) == (302, "no-cache")
    assert response.headers["Location"] == f"/releases/{starting_release.id}/tables/clusters.csv"
    assert whole.get("/tables/clusters.csv", follow_redirects=True).data.startswith(b"\xef\xbb\xbfiri,name,")


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("clusters.csv", "text/csv; charset=utf-8; header=present"),
        ("clusters.parquet", "application/vnd.apache.parquet"),
        ("clusters.geojson", "application/geo+json"),
        ("csv-metadata.json", "application/csvm+json"),
        ("dictionary.csv", "text/csv; charset=utf-8; header=present"),
    ],
)
def test_a_file_is_sent_as_the_manifest_lists_it(
    whole: FlaskClient, starting_release: Manifest, name: str, content_type: str
) -> None:
    address = f"/releases/{starting_release.id}/tables/{name}"
    response = whole.get(address)
    entry = next(file for table in starting_release.tables for file in table.files if file.name == name)
    assert hashlib.sha256(response.data).hexdigest() == entry.sha256
    headers = response.headers
    assert (headers["Content-Type"], headers["Content-Length"]) == (content_type, str(entry.size))
    assert headers["ETag"] == f'"{entry.sha256}"'
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["Eclod-Release"] == starting_release.id
    metadata = f"</releases/{starting_release.id}/tables/csv-metadata.json>"
    described = f'{metadata}; rel="describedby"; type="application/csvm+json"'
    assert (described in headers["Link"]) == (name != "csv-metadata.json")
    head = whole.head(address)
    assert (head.data, head.headers["Content-Length"]) == (b"", str(entry.size))
    part = whole.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, response.data[10:20])
    assert whole.get(address, headers={"If-None-Match": headers["ETag"]}).status_code == 304
    assert whole.get(address, headers={"Range": "lines=1-2"}).status_code == 200


@pytest.mark.parametrize("name", ["nothing.csv", "..%2Fmanifest.json", "clusters", "manifest.json", "%00"])
def test_what_is_no_table_is_not_there(whole: FlaskClient, starting_release: Manifest, name: str) -> None:
    for address in (f"/tables/{name}", f"/releases/{starting_release.id}/tables/{name}"):
        assert whole.get(address).status_code == 404
    assert whole.get("/releases/none/tables/clusters.csv").status_code == 404
    assert whole.get("/releases/none/tables").status_code == 404


def test_metadata_beside_a_file_describes_it(whole: FlaskClient, starting_release: Manifest) -> None:
    folder = f"/releases/{starting_release.id}/tables/"
    metadata = json.loads(whole.get(f"{folder}csv-metadata.json").data)
    for table in metadata["tables"]:
        text = whole.get(folder + table["url"]).data.decode("utf-8-sig")
        header = next(csv.reader(io.StringIO(text, newline="")))
        assert header == [column["name"] for column in table["tableSchema"]["columns"]]


def test_the_release_page_lists_the_tables_with_their_hashes(whole: FlaskClient, starting_release: Manifest) -> None:
    page = whole.get(f"/releases/{starting_release.id}", headers={"Accept": BROWSER}).text
    for table in starting_release.tables:
        for file in table.files:
            assert f"{file.sha256}  {file.name}" in page
    assert f'href="/releases/{starting_release.id}/tables#clusters"' in page


def test_dcat_has_each_file_as_a_distribution_of_the_release(whole: FlaskClient, starting_release: Manifest) -> None:
    release = f"{starting_release.base}/releases/{starting_release.id}"
    whole_data = f"{starting_release.base}/catalog#data"
    for path, dataset in (("/catalog", whole_data), (f"/releases/{starting_release.id}", release)):
        found = triples(whole, path)
        assert objects(found, dataset, "dcat:distribution") >= {
            f"{release}/tables/{file.name}" for table in starting_release.tables for file in table.files
        }
    address = f"{release}/tables/clusters.parquet"
    entry = starting_release.tables[0].files[1]
    assert objects(found, address, "dcat:byteSize") == {str(entry.size)}
    assert objects(found, f"{address}#checksum", "spdx:checksumValue") == {entry.sha256}
    types = "https://www.iana.org/assignments/media-types/"
    assert objects(found, address, "dcat:mediaType") == {f"{types}application/vnd.apache.parquet"}
    assert objects(found, address, "dct:conformsTo") == set()
    address = f"{release}/tables/clusters.csv"
    assert objects(found, address, "dct:conformsTo") == {"https://www.w3.org/TR/tabular-data-model/"}
    assert objects(found, address, "dcat:downloadURL") == {address}


def test_void_of_the_running_service_counts_what_its_endpoint_counts(
    whole: FlaskClient, starting_release: Manifest
) -> None:
    found = triples(whole, "/.well-known/void")
    release = f"{starting_release.base}/releases/{starting_release.id}"
    part = f"{release}#default-class-eclod:Cluster"
    assert part in objects(found, release, "void:classPartition")
    query = "SELECT (COUNT(*) AS ?n) { ?s a <https://w3id.org/eclod/ontology#Cluster> }"
    answer = whole.get("/sparql", query_string={"query": query}, headers={"Accept": "text/csv"}).text.split()
    assert objects(found, part, "void:entities") == {answer[1]}
    service = triples(whole, "/sparql")
    assert objects(service, f"{release}#default", "void:triples") == objects(found, release, "void:triples")


def test_a_release_from_before_there_were_tables_is_served_without(client: FlaskClient) -> None:
    page = client.get("/tables", headers={"Accept": BROWSER})
    assert page.status_code == 200
    assert "was made before there were tables" in page.text
    assert client.get("/tables?format=json").get_json() == {"release": RELEASE, "tables": []}
    assert client.get("/tables/clusters.csv").status_code == 404
    assert client.get(f"/releases/{RELEASE}/tables/clusters.csv").status_code == 404
    assert "/tables#" not in client.get(f"/releases/{RELEASE}", headers={"Accept": BROWSER}).text


def test_counts_that_are_gone_do_not_take_the_description_away(damaged: Damage) -> None:
    client = damaged(lambda folder: (folder / partitions.FILE).unlink())
    found = triples(client, "/.well-known/void")
    assert not any(t.predicate.value.endswith("classPartition") for t in found)
    assert any(t.predicate.value.endswith("#triples") for t in found)


def test_tables_whose_description_is_gone_are_listed_without(damaged: Damage) -> None:
    client = damaged(lambda folder: (folder / "tables" / "dictionary.csv").unlink())
    tables = client.get("/tables?format=json").get_json()["tables"]
    assert [(table["title"], table["columns"]) for table in tables[:2]] == [("clusters", []), ("organisations", [])]
    assert client.get("/tables/clusters.csv", follow_redirects=True).status_code == 200
    assert client.get("/tables", headers={"Accept": BROWSER}).status_code == 200
