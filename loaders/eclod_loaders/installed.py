"""What depends on installed files only: code lists, shapes, vocabulary, saved queries, and this code.

It is read once: installed files do not change while a process runs, and a publisher makes many releases in one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from pyoxigraph import RdfFormat, Triple
from pyoxigraph import parse as parse_rdf

import eclod
import eclod_loaders
from eclod.core import assets
from eclod.core.errors import Damaged
from eclod.core.iris import Names
from eclod.rdf import competency, competency_graph, fields, query_catalogue, query_graph
from eclod.rdf.fields import FieldCatalogue
from eclod.rdf.gate import Gate
from eclod.rdf.vocabulary import editions, style
from eclod.store import checks, lines
from eclod.store.staging import GraphContent
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.gating import assessing

CC_BY: Final = "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0"


@cache
def catalogue() -> FieldCatalogue:
    """Return the fields of the shapes."""
    return fields.load()


@cache
def gate() -> Gate:
    """Return the gate with the shapes."""
    return Gate()


@cache
def assessor() -> assessing.Assessor:
    """Return who assesses cluster organisations."""
    return assessing.Assessor(code_lists())


@cache
def code_lists() -> CodeLists:
    """Return the code lists, which come from installed packages."""
    return CodeLists.load()


@cache
def system_contents(names: Names) -> tuple[GraphContent, ...]:
    """Return the graphs that no registry brings: code lists, ontology, shapes, saved queries.

    Raises Damaged when the ontology or a code list of ours breaks its own rules.
    """
    if broken := style.problems(editions.current()):
        raise Damaged(f"The vocabulary breaks its own rules; correct it: {'; '.join(broken)}.")
    own_schemes = "schemes"
    ontology = [p for p in assets.turtle_files("ontology") if own_schemes not in p.parts]
    graphs = {
        "codelists": code_lists().triples(),
        "ontology": _turtle(ontology),
        "shapes": _turtle(assets.turtle_files("shapes")),
        "queries": [
            *query_graph.triples(query_catalogue.load(base=names.base), names),
            *competency_graph.triples(competency.load(), names),
        ],
    }
    merged = ("codelists", "ontology")  # the others are about the data
    return tuple(
        GraphContent(iri := names.graph(name), name, lines.of_triples(triples, iri), name in merged, CC_BY)
        for name, triples in graphs.items()
    )


def _turtle(paths: Iterable[Path]) -> Iterable[Triple]:
    return (quad.triple for path in paths for quad in parse_rdf(path=path, format=RdfFormat.TURTLE))


@cache
def fingerprint() -> str:
    """Return a hash of all that deliveries and their release depend on: code lists, shapes, checks, and this code."""
    digest = hashlib.sha256(code_lists().fingerprint.encode())
    service, loaders = (Path(str(package.__file__)).parent for package in (eclod, eclod_loaders))
    code = [p for folder in (service / "core", service / "rdf", loaders) for p in folder.rglob("*.py")]
    code += [Path(checks.__file__), *(assets.folder("queries") / checks.FOLDER).glob("*.rq")]
    methods = assets.folder("ontology") / "cubes.ttl"  # has the parameters of what is computed
    for path in [*assets.turtle_files("shapes"), methods, *sorted(code)]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def ontology_version() -> str:
    """Return the version that the ontology states about itself."""
    for quad in parse_rdf(path=assets.folder("ontology") / "eclod.ttl", format=RdfFormat.TURTLE):
        if quad.predicate.value == "http://www.w3.org/2002/07/owl#versionInfo":
            return str(getattr(quad.object, "value", ""))
    return ""
