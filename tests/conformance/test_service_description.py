"""The service description suite: three tests, put into words by its manifest.

What "conforms to schema" means is what the vocabulary says of its terms (SPARQL 1.1 Service Description, section 3).
"""

from __future__ import annotations

from typing import Final

import pyoxigraph as ox
import pytest

from . import asking
from .service import ENDPOINT, Service
from .suite import SPARQL11, Suite

_SD: Final = "http://www.w3.org/ns/sparql-service-description#"
_FORMATS: Final = "http://www.w3.org/ns/formats/"
_TYPE: Final = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")

CLASSES: Final = frozenset(
    {
        *("Service", "Dataset", "GraphCollection", "Graph", "NamedGraph", "Feature", "Language", "Function"),
        *("Aggregate", "EntailmentRegime", "EntailmentProfile"),
    }
)
#: What is one thing is the other, too.
_ALSO: Final = {"Dataset": {"Dataset", "GraphCollection"}}
#: property: the class of what has it, and of its value ("" for what needs no type there)
PROPERTIES: Final = {
    "endpoint": ("Service", ""),
    "feature": ("Service", ""),
    "defaultEntailmentRegime": ("Service", ""),
    "defaultSupportedEntailmentProfile": ("Service", ""),
    "extensionFunction": ("Service", "Function"),
    "extensionAggregate": ("Service", "Aggregate"),
    "languageExtension": ("Service", "Feature"),
    "supportedLanguage": ("Service", ""),
    "propertyFeature": ("Service", "Feature"),
    "defaultDataset": ("Service", "Dataset"),
    "availableGraphs": ("Service", "GraphCollection"),
    "resultFormat": ("Service", ""),
    "inputFormat": ("Service", ""),
    "defaultGraph": ("Dataset", "Graph"),
    "namedGraph": ("GraphCollection", "NamedGraph"),
    "entailmentRegime": ("NamedGraph", ""),
    "supportedEntailmentProfile": ("NamedGraph", ""),
    "name": ("NamedGraph", ""),
    "graph": ("NamedGraph", "Graph"),
}
#: The individuals that the vocabulary itself has for these values.
VALUES: Final = {
    "supportedLanguage": {_SD + name for name in ("SPARQL10Query", "SPARQL11Query", "SPARQL11Update")},
    "feature": {
        _SD + name
        for name in ("DereferencesURIs", "UnionDefaultGraph", "RequiresDataset", "EmptyGraphs", "BasicFederatedQuery")
    },
    "resultFormat": {
        _FORMATS + name
        for name in (
            *("SPARQL_Results_XML", "SPARQL_Results_JSON", "SPARQL_Results_CSV", "SPARQL_Results_TSV"),
            *("Turtle", "N-Triples", "RDF_XML", "JSON-LD", "N-Quads", "TriG"),
        )
    },
}


@pytest.fixture
def store(service: Service) -> ox.Store:
    response = service.request("GET", headers={"Accept": "text/turtle"})
    store = ox.Store()
    store.load(response.body, ox.RdfFormat.TURTLE, base_iri=service.address)
    return store


def test_every_test_of_the_suite_is_here(w3c_suite: Suite) -> None:
    listed = {case.iri for case in w3c_suite.cases if case.kind == "ServiceDescriptionTest"}
    names = ("returns-rdf", "has-endpoint-triple", "conforms-to-schema")
    assert listed == {f"{SPARQL11}service-description/manifest#{name}" for name in names}


@pytest.mark.parametrize("accept", [None, "*/*", *asking.GRAPHS, "application/rdf+xml"])
def test_returns_rdf(service: Service, accept: str | None) -> None:
    forms = asking.GRAPHS | {"application/rdf+xml": ox.RdfFormat.RDF_XML}
    response = service.request("GET", ENDPOINT, headers={"Accept": accept} if accept else {})
    assert response.status == 200
    assert response.media_type == (accept if accept in forms else "text/turtle")
    a_service = ox.NamedNode(f"{_SD}Service")
    found = [quad for quad in ox.parse(response.body, format=forms[response.media_type]) if quad.object == a_service]
    assert len(found) == 1


def test_has_endpoint_triple(service: Service, store: ox.Store) -> None:
    endpoints = [quad.object for quad in store.quads_for_pattern(None, ox.NamedNode(f"{_SD}endpoint"), None)]
    assert endpoints == [ox.NamedNode(service.address)]


def test_conforms_to_schema(store: ox.Store) -> None:
    used = {quad.predicate.value.removeprefix(_SD) for quad in store if quad.predicate.value.startswith(_SD)}
    assert {"endpoint", "supportedLanguage", "resultFormat", "defaultDataset", "namedGraph", "name"} <= used
    assert used <= PROPERTIES.keys()
    typed = [quad for quad in store.quads_for_pattern(None, _TYPE, None) if str(quad.object).startswith(f"<{_SD}")]
    assert set().union(*(classes(store, quad.subject) for quad in typed)) <= CLASSES
    for name in used:
        domain, range_ = PROPERTIES[name]
        for quad in store.quads_for_pattern(None, ox.NamedNode(_SD + name), None):
            assert domain in classes(store, quad.subject), quad
            assert isinstance(quad.object, ox.NamedNode | ox.BlankNode), quad
            assert not range_ or range_ in classes(store, quad.object), quad
            assert name not in VALUES or quad.object.value in VALUES[name], quad
    for named in store.quads_for_pattern(None, _TYPE, ox.NamedNode(f"{_SD}NamedGraph")):
        assert len(list(store.quads_for_pattern(named.subject, ox.NamedNode(f"{_SD}name"), None))) == 1


def classes(store: ox.Store, thing: ox.NamedNode | ox.BlankNode | ox.Triple) -> set[str]:
    """Return the names of the classes of a thing that are of this vocabulary, with those they are part of."""
    assert not isinstance(thing, ox.Triple)
    types = [str(quad.object) for quad in store.quads_for_pattern(thing, _TYPE, None)]
    own = {name[1:-1].removeprefix(_SD) for name in types if name.startswith(f"<{_SD}")}
    return own.union(*(_ALSO.get(name, set()) for name in own))
