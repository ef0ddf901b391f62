"""The steps of `benchmarks.delivery`, each in a process of its own: `python -m benchmarks.steps NAME PATH PATH`.

What a step says is one line of JSON; `seconds` are those that count, without what only prepares it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox
import pyshacl
import rdflib

from benchmarks import register
from eclod.core import assets, settings
from eclod.rdf import fields
from eclod.rdf.gate import Gate
from eclod.store import lines
from eclod_loaders import installed, pipeline
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.gating.judging import Before, Judgement
from eclod_loaders.mapping.mapper import map_rows
from eclod_loaders.reading.adapters import ADAPTERS
from eclod_loaders.reporting import dry_run
from eclod_loaders.rows import MappedRow

_GRAPH: Final = "https://example.org/graph"


def publish(data: Path, registries: Path) -> dict[str, Any]:
    """Check and publish what is new in the registries."""
    chosen = settings.from_environment({}, data=data)
    started = time.perf_counter()
    outcome = pipeline.build(chosen, None, [registries])
    seconds = time.perf_counter() - started
    assert outcome.manifest is not None
    return {"seconds": seconds, "quads": outcome.manifest.quads}


def report(data: Path, folder: Path) -> dict[str, Any]:
    """Report on a file in which everything is wrong."""
    registry = Registry.load(folder)
    [source] = registry.sources
    started = time.perf_counter()
    found = dry_run.run(settings.from_environment({}, data=data), registry, source, folder / source.file)
    return {"seconds": time.perf_counter() - started, "violations": found.total}


def triples(target: Path, folder: Path) -> dict[str, Any]:
    """Write what a registry says, and what it needs of the code lists, as N-Triples."""
    codes, catalogue = installed.code_lists(), fields.load()
    statements = [triple for row in _mapped(folder) for triple in row.statements]
    used = {triple.object.value for triple in statements if isinstance(triple.object, ox.NamedNode)}
    assert catalogue.shapes
    ox.serialize([*statements, *codes.describe(used)], str(target), ox.RdfFormat.N_TRIPLES)
    return {"triples": len(statements)}


def yardstick(source: Path, _: Path) -> dict[str, Any]:
    """Judge it all with pyshacl as it comes."""
    shapes = rdflib.Graph()
    for path in assets.gating_shapes():
        if path.name != "ontology-style.ttl":
            shapes.parse(path, format="turtle")
    started = time.perf_counter()
    graph = rdflib.Graph().parse(source, format="nt")
    conforms, _, _ = pyshacl.validate(graph, shacl_graph=shapes, inference="none", do_owl_imports=False)
    assert conforms
    return {"seconds": time.perf_counter() - started}


def check(_: Path, folder: Path) -> dict[str, Any]:
    """Judge it all, and again after one row in a hundred has changed."""
    judgement = Judgement(Registry.load(folder / register.NAME), Gate(), fields.load(), installed.code_lists())
    rows = _mapped(folder)
    started = time.perf_counter()
    first = judgement.judge(rows, [], None)
    cold = time.perf_counter() - started
    assert not first.rejected
    before = Before(_GRAPH, lines.of_triples(first.consolidated.statements, _GRAPH), first.warnings)
    changed = [_renamed(row) if number % 100 == 0 else row for number, row in enumerate(rows)]
    started = time.perf_counter()
    judgement.judge(changed, [], before)
    return {"cold": cold, "changed": time.perf_counter() - started}


def _mapped(folder: Path) -> list[MappedRow]:
    registry = Registry.load(folder / register.NAME)
    codes, catalogue = installed.code_lists(), fields.load()
    found: list[MappedRow] = []
    for source in registry.sources:
        rows = ADAPTERS[source.adapter](registry.folder / source.file, source.file, source)
        found += map_rows(registry, source, rows, catalogue, codes, _iri)
    return found


def _iri(kind: str, local_id: str, named_by: str = "") -> str:
    return f"https://w3id.org/eclod/id/{kind}/{local_id}"


def _renamed(row: MappedRow) -> MappedRow:
    about = ox.NamedNode(row.subjects[0])
    more = ox.Triple(about, ox.NamedNode("http://purl.org/dc/terms/source"), ox.NamedNode("https://example.org/new"))
    return MappedRow(row.row, (*row.statements, more), row.subjects)


_STEPS: Final[dict[str, Callable[[Path, Path], dict[str, Any]]]] = {
    "publish": publish,
    "report": report,
    "triples": triples,
    "pyshacl": yardstick,
    "check": check,
}

if __name__ == "__main__":
    print(json.dumps(_STEPS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))))
