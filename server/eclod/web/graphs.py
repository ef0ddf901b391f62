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


def serialise(statements: Sequence[ox.Triple] | Sequence[ox.Quad], form: Format) -> bytes:
    """Return statements in a format, in the order given.

    Raises NotAcceptable for RDF/XML when a property has no local name, since XML could not name its element
    (RDF 1.1 XML Syntax, section 5.3); the engine would write a broken document.
    """
    if form is RDF_XML:
        for statement in statements:
            if not _LOCAL_NAME.search(statement.predicate.value):
                raise NotAcceptable(
                    f"The property {statement.predicate.value} cannot be written in RDF/XML; ask for another format."
                )
    body = ox.serialize(statements, format=GRAPH_FORMATS[form.name], prefixes=_prefixes(statements))
    assert body is not None  # no output was given
    return body


def _prefixes(statements: Sequence[ox.Triple] | Sequence[ox.Quad]) -> dict[str, str]:
    """Return the prefixes that the statements use, so that a small document stays small."""
    used: set[str] = set()
    for statement in statements:
        used.add(_namespace(statement.predicate.value))
        for term in (statement.subject, statement.object):
            if isinstance(term, ox.NamedNode):
                used.add(_namespace(term.value))
            elif isinstance(term, ox.Literal):
                used.add(_namespace(term.datatype.value))
    return {prefix: namespace for prefix, namespace in PREFIXES.items() if namespace in used}


def _namespace(iri: str) -> str:
    """Return an IRI up to its last `#` or `/`."""
    return iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]
