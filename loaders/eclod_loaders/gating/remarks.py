"""What the shapes say of values that entered nevertheless, as validation results (SHACL, section 3.6.2).

What a result says to people is the message of its shape, which is in the graph of shapes in every language.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from eclod.core.namespaces import SHAPES, expand

_DIGITS: Final = 20


def of_warnings(warnings: Iterable[Mapping[str, str]], data: Iterable[Triple], graph: str) -> Iterator[Triple]:
    """Return a result for each warning about a delivery's data; results are named in `graph` (IRI)."""
    found = list(warnings)
    if not found:
        return
    said: dict[str, list[Triple]] = defaultdict(list)
    wanted = {warning["focus"] for warning in found}
    for triple in data:
        if isinstance(triple.subject, NamedNode) and triple.subject.value in wanted:
            said[triple.subject.value].append(triple)
    for warning in found:
        shape, value = warning["rule"].partition("/")[0], warning.get("value", "")
        about = [t for t in said[warning["focus"]] if value and _plain(t) == value]
        digest = hashlib.sha256(f"{warning['focus']} {warning['rule']} {value}".encode()).hexdigest()[:_DIGITS]
        node = NamedNode(f"{graph}#{digest}")
        yield _say(node, "rdf:type", NamedNode(expand("sh:ValidationResult")))
        yield _say(node, "sh:focusNode", NamedNode(warning["focus"]))
        yield _say(node, "sh:resultSeverity", NamedNode(expand("sh:Warning")))
        yield _say(node, "sh:sourceShape", NamedNode(SHAPES + shape))
        yield _say(node, "sh:resultMessage", Literal(warning["message"], language="en"))
        for triple in about[:1]:
            yield _say(node, "sh:resultPath", triple.predicate)
            yield Triple(node, NamedNode(expand("sh:value")), triple.object)


def _say(node: NamedNode, name: str, value: NamedNode | Literal) -> Triple:
    return Triple(node, NamedNode(expand(name)), value)


def _plain(triple: Triple) -> str:
    return triple.object.value if isinstance(triple.object, NamedNode | BlankNode | Literal) else ""
