"""The SPARQL endpoint: what it speaks and which graphs it answers from.

Source: https://www.w3.org/TR/sparql11-service-description/
"""

from __future__ import annotations

from collections.abc import Sequence

from pyoxigraph import NamedNode, Triple

from eclod.core.formats import GRAPH_FORMATS, RESULT_FORMATS
from eclod.rdf.description.model import TITLE, Release, default_graph_iri, graph_iri, release_iri
from eclod.rdf.description.statements import Statements, integer, term, text


def service_description(release: Release, endpoint: str = "", federated: Sequence[str] = ()) -> list[Triple]:
    """Return the SPARQL endpoint with its formats and graphs, and the other endpoints that its queries may ask.

    `endpoint` is its address, where it is not at the base of the identifiers.
    """
    endpoint = endpoint or f"{release.base}/sparql"
    dataset = f"{endpoint}#dataset"
    default = default_graph_iri(release)
    made = Statements()
    for kind in ("sd:Service", "dcat:DataService"):
        made.about(endpoint, "rdf:type", term(kind))
    made.about(endpoint, "dct:title", text(f"{TITLE}: SPARQL endpoint"))
    made.about(endpoint, "sd:endpoint", NamedNode(endpoint))
    made.about(endpoint, "dcat:endpointURL", NamedNode(endpoint))
    made.about(endpoint, "dcat:endpointDescription", NamedNode(endpoint))
    made.about(endpoint, "dcat:servesDataset", NamedNode(release_iri(release)))
    # What is in the graphs, class by class: the part names of the graphs below are the datasets described there.
    made.about(endpoint, "rdfs:seeAlso", NamedNode(f"{release.base}/.well-known/void"))
    made.about(endpoint, "sd:supportedLanguage", term("sd:SPARQL11Query"))
    if federated:
        made.about(endpoint, "sd:feature", term("sd:BasicFederatedQuery"))
        made.about(endpoint, "rdfs:seeAlso", NamedNode(f"{release.base}/federation"))
    for other in federated:
        made.about(endpoint, "dct:references", NamedNode(other))
    for form in (*RESULT_FORMATS, *GRAPH_FORMATS):
        made.about(endpoint, "sd:resultFormat", NamedNode(form.w3c))
    made.about(endpoint, "sd:defaultDataset", NamedNode(dataset))
    made.about(dataset, "rdf:type", term("sd:Dataset"))
    made.about(dataset, "sd:defaultGraph", NamedNode(default))
    made.about(default, "rdf:type", term("sd:Graph"))
    for graph in release.graphs:
        if not graph.iri:
            made.about(default, "void:triples", integer(graph.triples))
            continue
        named = f"{endpoint}#graph-{graph.dump}"
        made.about(dataset, "sd:namedGraph", NamedNode(named))
        made.about(named, "rdf:type", term("sd:NamedGraph"))
        made.about(named, "sd:name", NamedNode(graph.iri))
        made.about(named, "sd:graph", NamedNode(graph_iri(release, graph)))
        made.about(graph_iri(release, graph), "rdf:type", term("sd:Graph"))
        made.about(graph_iri(release, graph), "void:triples", integer(graph.triples))
    return made.sorted()
