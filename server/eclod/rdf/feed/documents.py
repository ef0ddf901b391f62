"""A node as N-Quads, TriG or JSON-LD, by hand, so that a page is the same bytes with every version of a library.

First comes what the node says of itself, then each member with all that belongs to it (TREE profile, section 4). In
N-Quads all IRIs are absolute; TriG and JSON-LD name the documents of the feed relative to where they were asked for, so
that a feed can be followed wherever it is served.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from eclod.core.errors import NotAcceptable
from eclod.core.formats import JSON_LD, N_QUADS, TRIG, Format
from eclod.core.namespaces import PREFIXES, expand
from eclod.rdf.feed import hypermedia
from eclod.rdf.feed.model import AS, LDES, TREE, FeedNames, Member, Node

#: To be raised when other bytes are written for the same node: strong tags depend on it.
VERSION: Final = 1

_NAMES: Final = ("dct", "prov", "rdf", "rdfs", "sh", "spdx", "void", "xsd")
_PREFIXES: Final[Mapping[str, str]] = {"as": AS, "ldes": LDES, "tree": TREE} | {name: PREFIXES[name] for name in _NAMES}
_TYPE: Final = expand("rdf:type")
_DATE_TIME: Final = expand("xsd:dateTime")
_STRING: Final = expand("xsd:string")


def write(names: FeedNames, node: Node, form: Format) -> bytes:
    """Return a node in a format."""
    return _WRITERS[form](names, node)


def _n_quads(names: FeedNames, node: Node) -> bytes:
    parts = [f"{t.subject} {t.predicate} {t.object} .\n".encode() for t in hypermedia.triples(names, node)]
    for member in node.members:
        activity = f"<{names.activity(node.path, member.number)}>"
        parts.append(
            f"<{names.stream}> <{TREE}member> {activity} .\n{activity} <{_TYPE}> <{AS}{member.kind}> .\n"
            f"{activity} <{AS}object> <{member.object}> .\n"
            f'{activity} <{AS}published> "{member.published}"^^<{_DATE_TIME}> .\n'.encode()
        )
        # A line ends nowhere else than after its full stop, since line feeds inside literals are escaped.
        parts.append(member.payload.replace(b" .\n", f" {activity} .\n".encode()))
    return b"".join(parts)


def _trig(names: FeedNames, node: Node) -> bytes:
    parts = [f"@prefix {prefix}: <{namespace}> .\n".encode() for prefix, namespace in sorted(_PREFIXES.items())]
    before = ""
    for triple in hypermedia.triples(names, node):
        assert isinstance(triple.subject, NamedNode)
        subject = _reference(names, node, triple.subject.value)
        value = triple.object
        written = _short(names, node, value.value) if isinstance(value, NamedNode) else _literal(value)
        end = "" if subject == before else ("\n" if not before else " .\n\n") + subject
        parts.append(f"{end or ' ;'}\n    {_short(names, node, triple.predicate.value)} {written}".encode())
        before = subject
    parts.append(b" .\n")
    for member in node.members:
        activity = f"<{names.activity(node.path, member.number)}>"
        parts.append(
            f"\n<{names.stream}> tree:member {activity} .\n{activity} a as:{member.kind} ;\n"
            f'    as:object <{member.object}> ;\n    as:published "{member.published}"^^xsd:dateTime .\n'.encode()
        )
        if member.payload:
            parts += [f"{activity} {{\n".encode(), member.payload, b"}\n"]
    return b"".join(parts)


def _reference(names: FeedNames, node: Node, iri: str) -> str:
    return f"<{_relative(names, node, iri)}>"


def _short(names: FeedNames, node: Node, iri: str) -> str:
    """Return an IRI as TriG has it, with a prefix where one fits."""
    for prefix, namespace in _PREFIXES.items():
        if iri.startswith(namespace) and iri[len(namespace) :].replace("_", "").isalnum():
            return f"{prefix}:{iri[len(namespace) :]}"
    return _reference(names, node, iri)


def _relative(names: FeedNames, node: Node, iri: str) -> str:
    """Return a document of the feed relative to this one; any other IRI, and the names of all else, as they are."""
    if iri != names.root and not iri.startswith(names.root + "/"):
        return iri
    if iri == names.node(node.path):
        return ""
    return ("../.." if node.path else "") + iri[len(names.base) :].removeprefix("" if node.path else "/")


def _literal(value: Any) -> str:
    if value.datatype.value == _DATE_TIME:
        return f'"{value.value}"^^xsd:dateTime'
    return str(value)


def _json_ld(names: FeedNames, node: Node) -> bytes:
    nodes: dict[str, dict[str, Any]] = {}

    def reference(iri: str) -> str:
        return _relative(names, node, iri)

    for triple in hypermedia.triples(names, node):
        _add(nodes, triple, reference)
    activities = [_activity(names, node, member) for member in node.members]
    if activities:
        nodes[names.stream]["tree:member"] = [{"@id": activity["@id"]} for activity in activities]
    content = {"@context": dict(sorted(_PREFIXES.items())), "@graph": [*nodes.values(), *activities]}
    return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"


def _activity(names: FeedNames, node: Node, member: Member) -> dict[str, Any]:
    payload: dict[str, dict[str, Any]] = {}
    for quad in parse(member.payload, format=RdfFormat.N_TRIPLES):
        _add(payload, quad.triple, str)
    about: dict[str, Any] = {
        "@id": names.activity(node.path, member.number),
        "@type": f"as:{member.kind}",
        "as:object": {"@id": member.object},
        "as:published": {"@type": "xsd:dateTime", "@value": member.published},
    }
    return about | {"@graph": list(payload.values())} if payload else about


def _add(nodes: dict[str, dict[str, Any]], triple: Triple, reference: Callable[[str], str]) -> None:
    """Add a statement to the node objects by subject (JSON-LD 1.1, section 9.1)."""
    assert isinstance(triple.subject, NamedNode)
    name, value = triple.predicate.value, triple.object
    about = nodes.setdefault(triple.subject.value, {"@id": reference(triple.subject.value)})
    if name == _TYPE and isinstance(value, NamedNode):
        about.setdefault("@type", []).append(value.value)
        return
    said: dict[str, str]
    if isinstance(value, NamedNode):
        said = {"@id": reference(value.value)}
    elif not isinstance(value, Literal):
        raise NotAcceptable("The feed has a statement about a statement, which JSON-LD cannot hold; ask for N-Quads.")
    else:
        said = {"@value": value.value}
        if value.language:
            said["@language"] = value.language
        elif value.datatype.value != _STRING:
            said["@type"] = value.datatype.value
    about.setdefault(name, []).append(said)


_WRITERS: Final[Mapping[Format, Callable[[FeedNames, Node], bytes]]] = {
    N_QUADS: _n_quads,
    TRIG: _trig,
    JSON_LD: _json_ld,
}
