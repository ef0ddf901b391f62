"""The catalogue against the shapes of DCAT-AP 3, and as CKAN reads it."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF

from eclod.rdf import description
from eclod.store.manifest import FileEntry, GraphEntry, Manifest, RegistryEntry, TableEntry

SHAPES = Path(__file__).resolve().parents[3] / "shared" / "data" / "shacl" / "dcat-ap-3.0.0"
SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
BASE = "https://w3id.org/eclod"
LICENCE = "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0"


def release(number: int, previous: str | None) -> Manifest:
    def file(name: str) -> FileEntry:
        return FileEntry(name=name, size=1234, sha256="ab" * 32)

    return Manifest(
        id=f"2026010{number}T000000Z-0000000{number}",
        previous=previous,
        created=f"2026-01-0{number}T00:00:00+00:00",
        base=BASE,
        origin="registries",
        quads=3,
        dataset_sha256="cd" * 32,
        graphs=(
            GraphEntry(
                iri="",
                dump="default",
                triples=2,
                sha256="0" * 64,
                files=(file("default.nq.gz"), file("default.ttl.gz")),
            ),
            GraphEntry(
                iri=f"{BASE}/graph/registry/dk",
                dump="registry-dk",
                triples=1,
                sha256="1" * 64,
                licence=LICENCE,
                files=(file("registry-dk.nq.gz"),),
            ),
        ),
        registries=(RegistryEntry(name="dk", title="Danish clusters", inputs="x"),),
        tables=(
            TableEntry(
                name="clusters",
                rows=9,
                files=(file("clusters.csv"), file("clusters.parquet"), file("clusters.geojson"), file("tables.json")),
            ),
            TableEntry(name="identifiers", rows=11, files=(file("identifiers.csv"), file("identifiers.parquet"))),
        ),
    )


@pytest.fixture(scope="module")
def catalogue() -> rdflib.Graph:
    first = release(1, None)
    second = release(2, first.id)
    said = ox.serialize(description.catalogue(second, [second, first]), format=ox.RdfFormat.N_TRIPLES)
    return rdflib.Graph().parse(data=said or b"", format="nt")


#: What is recommended and cannot be said: the kind of publisher is the operator's, and a series has no file of its own.
LEFT_OPEN = {
    (f"{BASE}/catalog#publisher", str(DCTERMS.type)),
    (f"{BASE}/catalog#releases", str(DCAT.distribution)),
}


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("shapes.ttl", set()),
        ("range.ttl", set()),
        ("shapes_recommended.ttl", LEFT_OPEN),
        ("mdr-vocabularies.shape.ttl", set()),
        ("deprecateduris.ttl", set()),
    ],
)
def test_the_catalogue_conforms_to_dcat_ap(catalogue: rdflib.Graph, name: str, known: set[tuple[str, str]]) -> None:
    """Contract 42, for every dump: sha256, size, licence, release, previous version in DCAT."""
    if not SHAPES.is_dir():
        pytest.skip(f"{SHAPES} is not there")
    rules = rdflib.Graph().parse(SHAPES / name)
    _, report, text = pyshacl.validate(catalogue, shacl_graph=rules, advanced=False, inference="none")
    assert isinstance(report, rdflib.Graph)
    found = {
        (str(report.value(result, SH.focusNode)), str(report.value(result, SH.resultPath)))
        for result in report.objects(None, SH.result)
        if report.value(result, SH.resultSeverity) == SH.Violation or known
    }
    # The shape for codes wants https://spdx.org/rdf/terms, and the algorithms of SPDX begin with http.
    assert {pair for pair in found if pair[1] != "http://spdx.org/rdf/terms#algorithm"} == known, text


def test_all_identifiers_are_offered_at_the_address_that_stays(catalogue: rdflib.Graph) -> None:
    whole = rdflib.URIRef(f"{BASE}/catalog#data")
    for name in ("identifiers.csv", "identifiers.parquet"):
        lasting = rdflib.URIRef(f"{BASE}/{name}")
        assert (whole, DCAT.distribution, lasting) in catalogue
        assert catalogue.value(lasting, DCAT.downloadURL) == lasting
        assert "newest release" in str(catalogue.value(lasting, DCTERMS.description))
    assert (whole, DCAT.distribution, rdflib.URIRef(f"{BASE}/clusters.csv")) not in catalogue


def test_what_ckan_takes_from_a_dataset_is_there(catalogue: rdflib.Graph) -> None:
    """What the profile euro_dcat_ap_3 of ckanext-dcat reads of each package and resource."""
    datasets = set(catalogue.objects(None, DCAT.dataset))
    assert len(datasets) == 5
    assert datasets == set(catalogue.subjects(RDF.type, DCAT.Dataset))
    for dataset in datasets:
        assert isinstance(dataset, rdflib.URIRef)
        for name in (DCTERMS.title, DCTERMS.description, DCTERMS.publisher, DCAT.theme, DCAT.keyword, DCTERMS.modified):
            assert catalogue.value(dataset, name, any=True) is not None, (dataset, name)
        publisher = catalogue.value(dataset, DCTERMS.publisher)
        assert catalogue.value(publisher, FOAF.name, any=True) is not None
        for distribution in catalogue.objects(dataset, DCAT.distribution):
            for name in (DCTERMS.title, DCAT.accessURL, DCTERMS.license, DCTERMS["format"], DCAT.mediaType):
                assert catalogue.value(distribution, name) is not None, (distribution, name)
            size = catalogue.value(distribution, DCAT.byteSize)
            assert str(size) in ("1234", "None")
    newest, first = f"{BASE}/releases/20260102T000000Z-00000002", f"{BASE}/releases/20260101T000000Z-00000001"
    assert (rdflib.URIRef(newest), rdflib.URIRef(f"{DCAT}previousVersion"), rdflib.URIRef(first)) in catalogue
