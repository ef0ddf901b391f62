"""A dump taken over HTTP and loaded elsewhere is the dataset (contract, line 42)."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Iterator

import pyoxigraph as ox
import pytest
from tests.test_service import Service, start, stop

from eclod.core.settings import Settings


@pytest.fixture(scope="module")
def service(starting_settings: Settings) -> Iterator[Service]:
    service = start(starting_settings.data)
    yield service
    stop(service)


def loaded(service: Service, path: str) -> list[bytes]:
    """Return what a fresh store gives back of a dump, as sorted lines."""
    status, _, packed = service.get(path)
    assert status == 200
    store = ox.Store()
    store.extend(ox.parse(gzip.decompress(packed), ox.RdfFormat.N_QUADS))  # in bulk blank nodes get other labels
    given_back = io.BytesIO()
    store.dump(given_back, ox.RdfFormat.N_QUADS)
    return sorted(given_back.getvalue().splitlines(keepends=True))


def test_the_dump_of_everything_loaded_elsewhere_has_the_hash_of_the_dataset(service: Service) -> None:
    """Contract, line 42: by nothing but what is said over HTTP, a store of one's own, and SHA-256."""
    release = service.get("/health/ready")[1]["Eclod-Release"]
    manifest = json.loads(service.get(f"/releases/{release}?format=json")[2])
    folder = f"/releases/{release}/dumps"
    every = loaded(service, f"{folder}/{manifest['dataset']['name']}")
    assert len(every) == manifest["quads"] > 10_000
    assert hashlib.sha256(b"".join(every)).hexdigest() == manifest["dataset_sha256"]
    packed = service.get(f"{folder}/dataset.nq.gz")[2]
    assert hashlib.sha256(gzip.decompress(packed)).hexdigest() == manifest["dataset_sha256"]
    assert (len(packed), hashlib.sha256(packed).hexdigest()) == (
        manifest["dataset"]["size"], manifest["dataset"]["sha256"]
    )  # fmt: skip
    together: list[bytes] = []
    for graph in manifest["graphs"]:
        (name,) = [file["name"] for file in graph["files"] if file["name"].endswith(".nq.gz")]
        found = loaded(service, f"{folder}/{name}")
        assert (len(found), hashlib.sha256(b"".join(found)).hexdigest()) == (graph["triples"], graph["sha256"]), name
        together += found
    assert sorted(together) == every, "the dumps of the graphs are the dump of everything"
