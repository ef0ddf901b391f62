"""Promises about the data: saved queries, counts, dumps, catalogue."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import tempfile
from collections import Counter
from typing import IO, Any, Final, cast

import pyoxigraph as ox

from eclod.probing.target import TURTLE, NotKept, NotThere, Target, expect

_VOID: Final = "http://rdfs.org/ns/void#"
_DCAT: Final = "http://www.w3.org/ns/dcat#"
_DCT: Final = "http://purl.org/dc/terms/"


def example_queries(target: Target) -> str:
    """Every saved query, as CSV and counted."""
    queries: Any = json.loads(target.installed("/queries?format=json").content)
    counted = 0
    for query in queries:
        name, kind = query["name"], query["kind"]
        ending = "nt" if kind == "construct" else "json" if kind == "ask" else "csv"
        answer = target.get(f"/queries/{name}.{ending}")
        expect(answer.status_code == 200, f"/queries/{name}.{ending} gives {answer.status_code}: {answer.text[:200]}")
        if kind != "select":
            continue
        rows = sum(1 for _ in csv.reader(io.StringIO(answer.text))) - 1
        results: Any = json.loads(target.get(f"/queries/{name}.json").content)
        number = len(results["results"]["bindings"])
        expect(rows == number, f"/queries/{name} has {rows} rows as CSV and {number} as JSON")
        counted += 1
    return f"{len(queries)} queries answered, {counted} counted"


def void(target: Target) -> str:
    """The number of triples, stated and counted."""
    graph = _graph(target.installed("/.well-known/void?format=ttl").content, target)
    release = target.release
    stated = {
        quad.subject.value: int(quad.object.value)
        for quad in graph
        if quad.predicate.value == f"{_VOID}triples"
        and isinstance(quad.subject, ox.NamedNode)
        and isinstance(quad.object, ox.Literal)
    }
    whole = next((n for iri, n in stated.items() if iri.endswith(f"/releases/{release}")), None)
    if whole is None:
        raise NotKept("VoID does not count the triples of the release that is served")
    counted = int(target.rows("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")[0]["n"])
    expect(counted == whole, f"VoID states {whole} triples, the endpoint counts {counted}")
    return f"{counted} triples in both"


def dumps(target: Target) -> str:
    """Size and hash of every dump."""
    manifest = _manifest(target)
    files = 0
    for graph in manifest["graphs"]:
        for file in graph["files"]:
            path = f"/releases/{manifest['id']}/dumps/{file['name']}"
            digest, size = hashlib.sha256(), 0
            with target.client.stream("GET", target.root + path, headers={"Accept-Encoding": "identity"}) as answer:
                expect(answer.status_code == 200, f"{path} gives {answer.status_code}")
                for chunk in answer.iter_raw():
                    digest.update(chunk)
                    size += len(chunk)
            expect(size == file["size"], f"{path} has {size} bytes, not {file['size']}")
            expect(digest.hexdigest() == file["sha256"], f"{path} has another hash than stated")
            files += 1
    return f"{files} files"


def dump_is_store(target: Target) -> str:
    """The dump of everything, read here, has the hash of the dataset, and in it the merged view has its own.

    Of a release without such a dump, the merged view alone. Either is sorted, so no more than a line is kept.
    """
    manifest = _manifest(target)
    view = next(graph for graph in manifest["graphs"] if not graph["iri"])
    whole = manifest.get("dataset") or next(file for file in view["files"] if file["name"].endswith(".nq.gz"))
    every, merged, counts, before = hashlib.sha256(), hashlib.sha256(), Counter[bool](), b""
    with tempfile.TemporaryFile() as packed:
        _download(target, f"/releases/{manifest['id']}/dumps/{whole['name']}", packed)
        with gzip.open(packed) as plain:
            for quad in ox.parse(cast("IO[bytes]", plain), ox.RdfFormat.N_QUADS):
                line = f"{quad} .\n".encode()
                expect(before[:-1] < line[:-1], f"{whole['name']} is not sorted, or says something twice: {quad}")
                of_view = isinstance(quad.graph_name, ox.DefaultGraph)
                every.update(line)
                if of_view:
                    merged.update(line)
                counts[of_view] += 1
                before = line
    expect(counts[True] == view["triples"], f"the merged view has {counts[True]} triples, not {view['triples']}")
    expect(merged.hexdigest() == view["sha256"], "the merged view has another hash than the release states")
    if not manifest.get("dataset"):
        return f"{counts[True]} triples of the merged view, sha256 {merged.hexdigest()[:16]}…"
    expect(counts.total() == manifest["quads"], f"the dataset has {counts.total()} quads, not {manifest['quads']}")
    expect(every.hexdigest() == manifest["dataset_sha256"], "the dataset has another hash than the release states")
    return f"{counts.total()} quads, sha256 {every.hexdigest()[:16]}…"


def _download(target: Target, path: str, into: IO[bytes]) -> None:
    with target.client.stream("GET", target.root + path, headers={"Accept-Encoding": "identity"}) as answer:
        expect(answer.status_code == 200, f"{path} gives {answer.status_code}")
        for chunk in answer.iter_raw():
            into.write(chunk)
    into.seek(0)


def catalogue(target: Target) -> str:
    """Datasets, distributions, licences, a publisher."""
    graph = _graph(target.installed("/catalog?format=ttl").content, target)
    used = {quad.predicate.value for quad in graph}
    for name in (
        f"{_DCAT}dataset",
        f"{_DCAT}distribution",
        f"{_DCAT}downloadURL",
        f"{_DCT}license",
        f"{_DCT}publisher",
    ):
        expect(name in used, f"the catalogue has no {name}")
    datasets = sum(quad.predicate.value == f"{_DCAT}dataset" for quad in graph)
    return f"{datasets} datasets"


def _manifest(target: Target) -> Any:
    if not target.release:
        raise NotThere("there are no releases")
    return json.loads(target.installed(f"/releases/{target.release}?format=json").content)


def _graph(content: bytes, target: Target) -> list[ox.Quad]:
    try:
        return list(ox.parse(content, ox.RdfFormat.TURTLE, base_iri=target.root))
    except SyntaxError as error:
        raise NotKept(f"what says {TURTLE} is none: {error}") from None
