"""The documents at fixed addresses that lead to releases: the DCAT catalogue and the VoID description.

Sources: https://www.w3.org/TR/vocab-dcat-3/, https://www.w3.org/TR/void/#well-known
"""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import NamedNode, Triple

from eclod.rdf.description.model import TITLE, Counts, Release, graph_iri, release_iri
from eclod.rdf.description.release import ABOUT, dataset, release_description
from eclod.rdf.description.service import service_description
from eclod.rdf.description.statements import Statements, term, text, time


def catalogue(current: Release, releases: Iterable[Release]) -> list[Triple]:
    """Return the DCAT catalogue: the current release in full, the earlier ones by name, the SPARQL service."""
    root = f"{current.base}/catalog"
    series = f"{root}#releases"
    made = Statements()
    made.about(root, "rdf:type", term("dcat:Catalog"))
    made.about(root, "dct:title", text(TITLE))
    made.about(root, "dct:description", text(ABOUT))
    made.about(root, "foaf:homepage", NamedNode(f"{current.base}/"))
    made.about(root, "dct:modified", time(current.created))
    made.about(root, "dcat:service", NamedNode(f"{current.base}/sparql"))
    made.about(root, "dcat:dataset", NamedNode(series))
    made.about(series, "rdf:type", term("dcat:DatasetSeries"))
    made.about(series, "dct:title", text(f"{TITLE}, all releases"))
    made.about(series, "dct:description", text("One dataset for each release; a release never changes."))
    made.about(series, "dcat:last", NamedNode(release_iri(current)))
    for release in releases:
        made.about(root, "dcat:dataset", NamedNode(release_iri(release)))
        made.extend(dataset(release))
    for graph in current.graphs:
        made.about(root, "dcat:dataset", NamedNode(graph_iri(current, graph)))
    made.extend(release_description(current))
    made.extend(service_description(current))
    return made.sorted()


def void_description(release: Release, counts: Counts | None = None) -> list[Triple]:
    """Return the VoID description of a release, with what was counted in it and the document that holds it."""
    document = f"{release.base}/.well-known/void"
    made = Statements()
    made.about(document, "rdf:type", term("void:DatasetDescription"))
    made.about(document, "dct:title", text(f"What {TITLE} holds"))
    made.about(document, "foaf:primaryTopic", NamedNode(release_iri(release)))
    made.extend(release_description(release, counts))
    return made.sorted()
