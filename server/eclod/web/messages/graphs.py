"""Triples and quads as bytes in one of the graph formats."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import pyoxigraph as ox

from eclod.core.errors import NotAcceptable
from eclod.core.formats import N_QUADS, RDF_XML, TRIG, Format
from eclod.core.namespaces import PREFIXES
from eclod.store.executor import GRAPH_FORMATS

#: Formats that keep apart which graph says what.
DATASET_FORMATS: Final = (N_QUADS, TRIG)
_LOCAL_NAME: Final = re.compile(r"[^\W\d][\w.-]*$")
#: Characters that RDF may hold and XML may not, not even escaped (XML 1.0, section 2.2).
_NOT_IN_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def serialise(statements: Sequence[ox.Triple] | Sequence[ox.Quad], form: Format) -> bytes:
    """Return statements in a format, in the order given.

    Raises NotAcceptable for RDF/XML when a property has no local name, since XML could not name its element
    (RDF 1.1 XML Syntax, section 5.3), or a text has characters that XML cannot hold; the engine would write a broken
    document.
    """
    if form is RDF_XML:
        _check_for_xml(statements)
    body = ox.serialize(statements, format=GRAPH_FORMATS[form.name], prefixes=_prefixes(statements))
    assert body is not None  # no output was given
    # A bare carriage return is read as a line feed (XML 1.0, section 2.11); the engine does not escape it.
    return body.replace(b"\r", b"&#13;") if form is RDF_XML else body


def _check_for_xml(statements: Sequence[ox.Triple] | Sequence[ox.Quad]) -> None:
    for statement in statements:
        name, value = statement.predicate.value, statement.object
        if not _LOCAL_NAME.search(name):
            raise NotAcceptable(f"The property {name} cannot be written in RDF/XML; ask for another format.")
        if isinstance(value, ox.Literal) and (found := _NOT_IN_XML.search(value.value)):
            raise NotAcceptable(
                f"A value of {name} has the character U+{ord(found[0]):04X}, which XML cannot hold; "
                "ask for another format."
            )


def _prefixes(statements: Sequence[ox.Triple] | Sequence[ox.Quad]) -> dict[str, str]:
    """Return the prefixes that the statements use, so that a small document stays small."""
    iris = {statement.predicate.value for statement in statements}
    for term in {statement.subject for statement in statements} | {statement.object for statement in statements}:
        if isinstance(term, ox.NamedNode):
            iris.add(term.value)
        elif isinstance(term, ox.Literal):
            iris.add(term.datatype.value)
    used = set(map(_namespace, iris))
    return {prefix: namespace for prefix, namespace in PREFIXES.items() if namespace in used}


def _namespace(iri: str) -> str:
    """Return an IRI up to its last `#` or `/`."""
    return iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]
