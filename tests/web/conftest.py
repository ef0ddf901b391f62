"""A small release on disk and an application over it, with the engine in this process."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from eclod.core import codes
from eclod.core.settings import Settings
from eclod.store import identities, partitions
from eclod.store.finding.index import Entry, Hit
from eclod.store.inprocess import InProcessEngine
from eclod.store.manifest import FileEntry, GraphEntry, Manifest, RegistryEntry
from eclod.store.releases import Releases
from eclod.web.app import create_app

BASE = "https://w3id.org/eclod"
RELEASE = "2026-01-02T030405Z-abcdef12"
EARLIER = "2025-12-31T000000Z-00000000"
CLUSTER = codes.derive("cluster", "dk", "1")
COMPANY = codes.derive("organisation", "dk", "2")
MANAGER = codes.derive("organisation", "dk", "3")
MEMBERSHIP = codes.derive("membership", "dk", "1-2")
UNKNOWN = codes.derive("cluster", "dk", "nobody")
NUTS = "http://data.europa.eu/nuts/code/DK01"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
DUMP = b"<a:s> <a:p> <a:o> .\n" * 50


class Found:
    """A search index that finds the cluster by any word of its name, with two more by `alliance`."""

    def search(self, text: str, limit: int = 20, kinds: Sequence[str] = ()) -> list[Hit]:
        if not text or text.lower() not in "medicon valley alliance" or (kinds and "cluster" not in kinds):
            return []
        hits = [
            Hit(Entry(f"{BASE}/id/cluster/{CLUSTER}{more}", "cluster", "Medicon Valley Alliance", "en", "Denmark"))
            for more in ("", *(("#a", "#b") if text == "alliance" else ()))
        ]
        return hits[:limit]

    def alike(self, name: str, limit: int, types: Sequence[str] = (), kinds: Sequence[str] = ()) -> list[Hit]:
        return self.search(name, limit, kinds)

    def identified(self, text: str, kinds: Sequence[str] = (), limit: int = 10) -> list[Hit]:
        return []

    def has_type(self, iri: str) -> bool:
        return iri.endswith("#Cluster")

    def get(self, iri: str) -> Entry | None:
        return next((hit.entry for hit in self.search("medicon") if hit.iri == iri), None)


class FoundEverywhere:
    def for_release(self, release: str) -> Found:
        return Found()


def dataset() -> ox.Store:
    """Return the data of the test release, with 300 more organisations in the region."""
    text = (Path(__file__).parent / "data.trig").read_text(encoding="utf-8")
    for name, code in {
        "CLUSTER": CLUSTER,
        "COMPANY": COMPANY,
        "MANAGER": MANAGER,
        "MEMBERSHIP": MEMBERSHIP,
    }.items():
        text = text.replace(f"@{name}@", code)
    store = ox.Store()
    store.load(text.encode(), ox.RdfFormat.TRIG)
    for number in range(300):
        code = codes.derive("organisation", "many", str(number))
        thing = ox.NamedNode(f"{BASE}/id/organisation/{code}")
        spatial = ox.NamedNode("http://purl.org/dc/terms/spatial")
        label = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
        store.add(ox.Quad(thing, spatial, ox.NamedNode(NUTS)))
        store.add(ox.Quad(thing, label, ox.Literal(f"Firm {number:03}", language="en")))
    return store


def write_release(releases: Releases, name: str, previous: str | None, created: str) -> None:
    dumps = releases.root / name / "dumps"
    dumps.mkdir(parents=True)
    packed = gzip.compress(DUMP, mtime=0)
    (dumps / "dk.nq.gz").write_bytes(packed)
    file = FileEntry(name="dk.nq.gz", size=len(packed), sha256=hashlib.sha256(packed).hexdigest())
    graphs = (
        GraphEntry(iri="", dump="default", triples=638, sha256="0" * 64),
        GraphEntry(
            iri=f"{BASE}/graph/registry/dk", dump="dk", triples=23, sha256="1" * 64, licence=LICENCE, files=(file,)
        ),
        GraphEntry(iri=f"{BASE}/graph/ontology", dump="ontology", triples=4, sha256="2" * 64),
    )
    source = FileEntry(name="danish.csv", size=10, sha256="ab" * 32)
    registries = (
        RegistryEntry(
            name="dk", title="Danish clusters", inputs="x", sources=(source,), read=5, accepted=3, rejected=1, ignored=1
        ),
    )
    Manifest(
        id=name,
        previous=previous,
        created=created,
        base=BASE,
        origin="registries",
        quads=665,
        dataset_sha256="d" * 64,
        graphs=graphs,
        registries=registries,
        ontology_version="0.1.0",
        code_version="0.1.0",
    ).write(releases.root / name)


@pytest.fixture(scope="session")
def engine() -> InProcessEngine:
    return InProcessEngine(dataset(), RELEASE)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(data=tmp_path_factory.mktemp("data"), query_kb=64)
    releases = Releases(settings.data)
    write_release(releases, EARLIER, None, "2025-12-31T00:00:00+00:00")
    write_release(releases, RELEASE, EARLIER, "2026-01-02T03:04:05+00:00")
    view = dataset().quads_for_pattern(None, None, None, ox.DefaultGraph())
    lines = sorted(f"{quad.subject} {quad.predicate} {quad.object} .".encode() for quad in view)
    partitions.write(releases.root / RELEASE, [partitions.count(lines, "")])
    identities.write(releases.root / RELEASE / identities.FILE, {"": lines}, BASE)
    releases.switch(RELEASE)
    return settings


@pytest.fixture(scope="session")
def app(settings: Settings, engine: InProcessEngine) -> Flask:
    return create_app(settings, engine, Releases(settings.data), FoundEverywhere())


class Client(FlaskClient):
    """A client that reads every answer to its end, as a server does, so that no file stays open."""

    def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> TestResponse:
        return super().open(*args, buffered=buffered, **kwargs)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return Client(app, app.response_class)
