"""What a node says beside its members: the stream it belongs to, where to go on, how long things are kept.

Every node of these triples has an IRI, so that the same node is the same statements in every format.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.namespaces import SHAPES, expand
from eclod.rdf.feed.model import AS, LDES, POLLING, TREE, FeedNames, Kind, Node, Span, State

_PROFILES: Final = ("https://semiceu.github.io/LDES-DCAT-AP-feeds/", "https://w3id.org/ldes/specification")
_TITLE: Final = "Changes of European Clusters Linked Open Data"
_KEPT: Final = (
    "Every member is kept. Only when something is erased, by law, do its earlier members lose what they said of it."
)
_COPY: Final = "What a replay of all members gives: the merged view of the release."
_PUBLISHED: Final = AS + "published"
_OBJECT: Final = AS + "object"


def triples(names: FeedNames, node: Node) -> list[Triple]:
    """Return the statements of a node about itself and the stream, in a fixed order, those of a subject together."""
    by_subject: dict[str, list[Triple]] = {}
    for triple in _statements(names, node):
        by_subject.setdefault(str(triple.subject), []).append(triple)
    return list(itertools.chain(*by_subject.values()))


def _statements(names: FeedNames, node: Node) -> Iterator[Triple]:
    about, stream = names.node(node.path), names.stream
    yield _say(stream, "rdf:type", LDES + "EventStream")
    yield _say(stream, LDES + "timestampPath", _PUBLISHED)
    yield _say(stream, LDES + "versionOfPath", _OBJECT)
    if node.path:
        yield _say(about, "rdf:type", TREE + "Node")
    else:
        yield from _of_root(names, node)
    if node.immutable:
        yield _say(about, LDES + "immutable", Literal(True))
    for span in node.relations:
        yield from _of_relation(names, about, span)


def _of_root(names: FeedNames, node: Node) -> Iterator[Triple]:
    root, stream = names.root, names.stream
    yield _say(stream, "dct:title", Literal(_TITLE, language="en"))
    for profile in _PROFILES:
        yield _say(stream, "dct:conformsTo", profile)
    yield _say(stream, TREE + "view", root)
    yield _say(stream, TREE + "shape", f"{root}#member")
    yield _say(stream, LDES + "pollingInterval", Literal(POLLING))
    for kind in Kind:
        yield _say(stream, f"{LDES}version{kind}Object", AS + kind)
    yield _say(root, "rdf:type", LDES + "EventSource")
    if node.state is not None:
        yield from _of_state(names, node.state)
    yield from _shape(names)


def _of_state(names: FeedNames, state: State) -> Iterator[Triple]:
    root, retention, copy, checksum = (f"{names.root}{end}" for end in ("", "#retention", "#copy", "#checksum"))
    if state.started:
        yield _say(root, LDES + "retentionPolicy", retention)
        yield _say(retention, "rdf:type", LDES + "RetentionPolicy")
        yield _say(retention, LDES + "startingFrom", _moment(state.started))
        yield _say(retention, "rdfs:comment", Literal(_KEPT, language="en"))
    if state.updated:
        yield _say(root, "dct:modified", _moment(state.updated))
    yield _say(copy, "rdf:type", "void:Dataset")
    yield _say(copy, "rdfs:comment", Literal(_COPY, language="en"))
    yield _say(copy, "prov:wasDerivedFrom", names.stream)
    yield _say(copy, "dct:isPartOf", f"{names.base}/releases/{state.release}")
    yield _say(copy, "void:triples", Literal(state.triples))
    yield _say(copy, "spdx:checksum", checksum)
    yield _say(checksum, "rdf:type", "spdx:Checksum")
    yield _say(checksum, "spdx:algorithm", "spdx:checksumAlgorithm_sha256")
    value = Literal(state.sha256, datatype=NamedNode(expand("xsd:hexBinary")))
    yield _say(checksum, "spdx:checksumValue", value)


def _of_relation(names: FeedNames, about: str, span: Span) -> Iterator[Triple]:
    bounds = [("from", "GreaterThanOrEqualToRelation", span.first)]
    if span.last is not None:
        bounds.append(("to", "LessThanOrEqualToRelation", span.last))
    for end, kind, moment in bounds:
        relation = f"{names.root}#{span.path.replace('/', '-')}-{end}"
        yield _say(about, TREE + "relation", relation)
        yield _say(relation, "rdf:type", TREE + kind)
        yield _say(relation, TREE + "node", names.node(span.path))
        yield _say(relation, TREE + "path", _PUBLISHED)
        yield _say(relation, TREE + "value", _moment(moment))


def _shape(names: FeedNames) -> Iterator[Triple]:
    """Return the shape of members; what they hold of a thing passes the shapes of its class."""
    shape, of_object, of_published = (f"{names.root}#member{end}" for end in ("", "-object", "-published"))
    yield _say(shape, "rdf:type", "sh:NodeShape")
    for kind in Kind:
        yield _say(shape, "sh:targetClass", AS + kind)
    yield _say(shape, "rdfs:seeAlso", SHAPES.removesuffix("#"))
    for path, part in ((_OBJECT, of_object), (_PUBLISHED, of_published)):
        yield _say(shape, "sh:property", part)
        yield _say(part, "sh:path", path)
        yield _say(part, "sh:minCount", Literal(1))
        yield _say(part, "sh:maxCount", Literal(1))
    yield _say(of_object, "sh:nodeKind", "sh:IRI")
    yield _say(of_published, "sh:datatype", "xsd:dateTime")


def _say(subject: str, predicate: str, value: str | Literal) -> Triple:
    return Triple(_node(subject), _node(predicate), _node(value) if isinstance(value, str) else value)


def _node(name: str) -> NamedNode:
    return NamedNode(name if "://" in name or name.startswith("urn:") else expand(name))


def _moment(text: str) -> Literal:
    return Literal(text, datatype=NamedNode(expand("xsd:dateTime")))
