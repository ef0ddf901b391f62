"""One release as a dataset: its graphs, their files with size, hash and licence, and what was counted in them.

Sources: https://www.w3.org/TR/vocab-dcat-3/, https://www.w3.org/TR/void/
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.formats import FILE_MEDIA_TYPES
from eclod.rdf.description.model import (
    TITLE,
    Counts,
    File,
    Graph,
    Release,
    Table,
    dump_iri,
    graph_iri,
    graph_title,
    release_iri,
    table_iri,
)
from eclod.rdf.description.partitions import graph_counts, whole_counts
from eclod.rdf.description.statements import Statements, integer, term, text, time

_MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types/"
ABOUT: Final = (
    "Europe's industrial clusters: the organisations that run and join them, their places, sectors, projects and the "
    "policy around them, from national registries, merged and published under one ontology."
)
#: What the files for people who do not ask SPARQL follow.
STANDARDS: Final = {
    ".csv": "https://www.w3.org/TR/tabular-data-model/",
    ".json": "https://www.w3.org/TR/tabular-metadata/",
    ".geojson": "https://www.rfc-editor.org/rfc/rfc7946",
}


def release_description(release: Release, counts: Counts | None = None) -> list[Triple]:
    """Return one release with its graphs, their files and, when given, what was counted in them (DCAT and VoID)."""
    made = Statements()
    made.extend(dataset(release))
    iri = release_iri(release)
    for graph in release.graphs:
        made.about(iri, "void:subset", NamedNode(graph_iri(release, graph)))
        made.extend(_graph(release, graph))
        if counts is not None and (found := counts.graph(graph.iri)) is not None:
            made.extend(graph_counts(graph_iri(release, graph), found, by_property=not graph.iri))
            made.extend(() if graph.iri else whole_counts(release, found))
    for table in release.tables:
        made.extend(_table(release, table))
    return made.sorted()


def dataset(release: Release) -> Iterator[Triple]:
    """The release as a whole, without its parts."""
    iri = release_iri(release)
    made = Statements()
    for kind in ("dcat:Dataset", "void:Dataset"):
        made.about(iri, "rdf:type", term(kind))
    made.about(iri, "dct:title", text(f"{TITLE}, release {release.id}"))
    made.about(iri, "dct:description", text(ABOUT))
    made.about(iri, "dct:identifier", Literal(release.id))
    made.about(iri, "dcat:version", Literal(release.id))
    made.about(iri, "dct:issued", time(release.created))
    made.about(iri, "dct:modified", time(release.created))
    made.about(iri, "dcat:inSeries", NamedNode(f"{release.base}/catalog#releases"))
    made.about(iri, "dcat:landingPage", NamedNode(iri))
    made.about(iri, "foaf:homepage", NamedNode(f"{release.base}/"))
    made.about(iri, "void:sparqlEndpoint", NamedNode(f"{release.base}/sparql"))
    # As SPARQL counts without GRAPH; the graphs of the sources have counts of their own.
    default = next((graph for graph in release.graphs if not graph.iri), None)
    if default is not None:
        made.about(iri, "void:triples", integer(default.triples))
    if release.previous:
        previous = NamedNode(f"{release.base}/releases/{release.previous}")
        made.about(iri, "dcat:prev", previous)
        made.about(iri, "dcat:previousVersion", previous)
    made.checksum(iri, release.dataset_sha256)
    return iter(made)


def _graph(release: Release, graph: Graph) -> Iterator[Triple]:
    iri = graph_iri(release, graph)
    made = Statements()
    for kind in ("dcat:Dataset", "void:Dataset"):
        made.about(iri, "rdf:type", term(kind))
    made.about(iri, "dct:title", text(graph_title(release, graph)))
    made.about(
        iri, "dct:description", text(f"{graph_title(release, graph)}: one graph of {TITLE}, release {release.id}.")
    )
    made.about(iri, "dct:isPartOf", NamedNode(release_iri(release)))
    made.about(iri, "dct:issued", time(release.created))
    made.about(iri, "void:triples", integer(graph.triples))
    made.about(iri, "void:sparqlEndpoint", NamedNode(f"{release.base}/sparql"))
    made.licence(iri, graph.licence)
    for file in graph.files:
        address = dump_iri(release, file)
        made.about(iri, "dcat:distribution", NamedNode(address))
        made.about(iri, "void:dataDump", NamedNode(address))
        made.extend(_distribution(release, address, file))
        made.licence(address, graph.licence)
    return iter(made)


def _table(release: Release, table: Table) -> Iterator[Triple]:
    """The files of a table as distributions of the release."""
    made = Statements()
    for file in table.files:
        address = table_iri(release, file)
        made.about(release_iri(release), "dcat:distribution", NamedNode(address))
        made.extend(_distribution(release, address, file))
        made.about(address, "dct:description", text(f"Table {table.name}, {table.rows} rows."))
        if (standard := STANDARDS.get(PurePath(file.name).suffix)) is not None:
            made.about(address, "dct:conformsTo", NamedNode(standard))
    return iter(made)


def _distribution(release: Release, iri: str, file: File) -> Iterator[Triple]:
    made = Statements()
    made.about(iri, "rdf:type", term("dcat:Distribution"))
    made.about(iri, "dct:title", Literal(file.name))
    made.about(iri, "dcat:accessURL", NamedNode(release_iri(release)))
    made.about(iri, "dcat:downloadURL", NamedNode(iri))
    made.about(iri, "dcat:byteSize", Literal(str(file.size), datatype=term("xsd:nonNegativeInteger")))
    made.about(iri, "dct:issued", time(release.created))
    plain = file.name.removesuffix(".gz")
    if (media_type := FILE_MEDIA_TYPES.get(PurePath(plain).suffix)) is not None:
        made.about(iri, "dcat:mediaType", NamedNode(_MEDIA_TYPES + media_type))
    if plain != file.name:
        made.about(iri, "dcat:compressFormat", NamedNode(_MEDIA_TYPES + "application/gzip"))
    made.checksum(iri, file.sha256)
    return iter(made)
