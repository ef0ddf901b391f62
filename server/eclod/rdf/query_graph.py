"""The saved queries as data: one graph of executables that other tools can read, list and run.

The queries are `sh:SPARQLExecutable`s with the text in `sh:select`, `sh:ask` or `sh:construct`, as the SHACL vocabulary
has it and as the examples of the Swiss Institute of Bioinformatics use it
(https://github.com/sib-swiss/sparql-examples), so that tools made for those read ours: `rdfs:comment` says what is
asked, `schema:keywords` has the tags, `schema:target` the endpoint, and prefixes are declared once (SHACL, section
5.2.1). A text runs as it stands, with its prefixes and with the defaults of its parameters in VALUES lines.

Parameters are `sh:Parameter`s: SHACL's own vocabulary for what a SPARQL text takes, in which the local name of
`sh:path` is the name of the variable (SHACL, section 6.2.1). SPIN's `spl:Argument` was superseded by it, and the
comments of grlc are no RDF.

Everything has a name, so that there is no blank node: a query is `{base}/queries/{name}`, its parameters
`{base}/queries/{name}#…`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox
from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.iris import Names
from eclod.core.namespaces import expand
from eclod.rdf.query_catalogue import Kind, QueryCatalogue, SavedQuery
from eclod.rdf.query_parameters import Parameter

#: The class and the property of each kind of query.
_EXECUTABLES: Final[dict[Kind, tuple[str, str]]] = {
    "select": ("sh:SPARQLSelectExecutable", "sh:select"),
    "ask": ("sh:SPARQLAskExecutable", "sh:ask"),
    "construct": ("sh:SPARQLConstructExecutable", "sh:construct"),
}
_DATATYPES: Final = {
    "string": "xsd:string",
    "integer": "xsd:integer",
    "decimal": "xsd:decimal",
    "date": "xsd:date",
    "language": "xsd:string",
}


def triples(catalogue: QueryCatalogue, names: Names) -> list[Triple]:
    """Return the graph of all saved queries."""
    prefixes = {prefix: namespace for query in catalogue for prefix, namespace in query.prefixes.items()}
    found = [triple for query in catalogue for triple in of_query(query, names)]
    found += prefix_declarations(prefixes, f"{names.base}/queries")
    return list(dict.fromkeys(found))


def of_query(query: SavedQuery, names: Names) -> list[Triple]:
    """Return what is said of one saved query and its parameters."""
    return [*_query(query, names), *(t for n in range(len(query.parameters)) for t in _parameter(query, n, names))]


def iri(query: SavedQuery, names: Names) -> str:
    """Return the IRI of a saved query, which is also the address of its page."""
    return f"{names.base}/queries/{query.name}"


def _query(query: SavedQuery, names: Names) -> Iterator[Triple]:
    node = NamedNode(iri(query, names))
    kind, text = _EXECUTABLES[query.kind]

    def say(name: str, value: NamedNode | Literal) -> Triple:
        return Triple(node, _named(name), value)

    yield say("rdf:type", _named("sh:SPARQLExecutable"))
    yield say("rdf:type", _named(kind))
    yield say("rdfs:label", Literal(query.summary, language="en"))
    yield say("rdfs:comment", Literal(query.description, language="en"))
    yield say(text, Literal(query.text))
    yield say("sh:prefixes", NamedNode(f"{names.base}/queries#prefixes"))
    yield say("schema:target", NamedNode(f"{names.base}/sparql"))
    for tag in query.tags:
        yield say("schema:keywords", Literal(tag, language="en"))
    for parameter in query.parameters:
        yield say("sh:parameter", _parameter_node(query, parameter, names))


def _parameter(query: SavedQuery, position: int, names: Names) -> Iterator[Triple]:
    parameter = query.parameters[position]
    node = _parameter_node(query, parameter, names)

    def say(name: str, value: NamedNode | Literal) -> Triple:
        return Triple(node, _named(name), value)

    yield say("rdf:type", _named("sh:Parameter"))
    yield say("sh:path", NamedNode(f"{iri(query, names)}#{parameter.name}"))
    yield say("sh:name", Literal(parameter.name))
    yield say("sh:description", Literal(parameter.takes, language="en"))
    yield say("sh:order", Literal(position))
    if parameter.optional:
        yield say("sh:optional", Literal(True))
    else:
        yield say("sh:defaultValue", _term(parameter.term(parameter.default)))
    if parameter.type == "iri":
        yield say("sh:nodeKind", _named("sh:IRI"))
    else:
        yield say("sh:datatype", _named(_DATATYPES[parameter.type]))
    for name, bound in (("sh:minInclusive", parameter.minimum), ("sh:maxInclusive", parameter.maximum)):
        if bound is not None:
            yield say(name, Literal(f"{bound:f}", datatype=_named(_DATATYPES[parameter.type])))


def _parameter_node(query: SavedQuery, parameter: Parameter, names: Names) -> NamedNode:
    return NamedNode(f"{iri(query, names)}#parameter-{parameter.name}")


def prefix_declarations(prefixes: dict[str, str], page: str) -> Iterator[Triple]:
    """Declare prefixes under the name `{page}#prefixes` (SHACL, section 5.2.1)."""
    node = NamedNode(f"{page}#prefixes")
    for prefix, namespace in sorted(prefixes.items()):
        declaration = NamedNode(f"{page}#prefix-{prefix}")
        yield Triple(node, _named("sh:declare"), declaration)
        yield Triple(declaration, _named("rdf:type"), _named("sh:PrefixDeclaration"))
        yield Triple(declaration, _named("sh:prefix"), Literal(prefix))
        yield Triple(declaration, _named("sh:namespace"), Literal(namespace, datatype=_named("xsd:anyURI")))


def _term(text: str) -> NamedNode | Literal:
    """Return the term of its N-Triples spelling."""
    term = next(iter(ox.parse(f"<a:> <a:> {text} .", format=ox.RdfFormat.N_TRIPLES))).object
    assert isinstance(term, NamedNode | Literal)
    return term


def _named(name: str) -> NamedNode:
    return NamedNode(expand(name))
