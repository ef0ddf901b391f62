"""Triples in the making: each once, sorted, under prefixed names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.namespaces import expand

_SHA256: Final = NamedNode("http://spdx.org/rdf/terms#checksumAlgorithm_sha256")


class Statements:
    """Triples in the making."""

    def __init__(self) -> None:
        self._triples: dict[Triple, None] = {}

    def __iter__(self) -> Iterator[Triple]:
        return iter(self._triples)

    def about(self, subject: str, predicate: str, value: NamedNode | Literal) -> None:
        self._triples[Triple(NamedNode(subject), term(predicate), value)] = None

    def licence(self, subject: str, licence: str) -> None:
        """State a licence that is named by an IRI; anything else is no licence a machine could follow."""
        if licence.startswith(("http://", "https://")):
            self.about(subject, "dct:license", NamedNode(licence))

    def checksum(self, subject: str, sha256: str) -> None:
        """State a SHA-256 as SPDX does."""
        node = f"{subject}#checksum"
        self.about(subject, "spdx:checksum", NamedNode(node))
        self.about(node, "rdf:type", term("spdx:Checksum"))
        self.about(node, "spdx:algorithm", _SHA256)
        self.about(_SHA256.value, "rdf:type", term("spdx:ChecksumAlgorithm"))
        self.about(node, "spdx:checksumValue", Literal(sha256, datatype=term("xsd:hexBinary")))

    def in_languages(self, subject: str, predicate: str, texts: Mapping[str, str]) -> None:
        for language, value in texts.items():
            self.about(subject, predicate, Literal(value, language=language))

    def extend(self, triples: Iterable[Triple]) -> None:
        self._triples.update(dict.fromkeys(triples))

    def sorted(self) -> list[Triple]:
        """Return the triples by subject, types first."""
        kind = term("rdf:type")
        return sorted(
            self._triples, key=lambda t: (str(t.subject), t.predicate != kind, t.predicate.value, str(t.object))
        )


def term(name: str) -> NamedNode:
    return NamedNode(expand(name))


def text(text: str) -> Literal:
    return Literal(text, language="en")


def time(moment: str) -> Literal:
    return Literal(moment, datatype=term("xsd:dateTime"))


def day(moment: str) -> Literal:
    """Return the day of a moment."""
    return Literal(moment[:10], datatype=term("xsd:date"))


def decimal(number: int) -> Literal:
    """Return a number as DCAT-AP 3.0.0 wants sizes."""
    return Literal(str(number), datatype=term("xsd:decimal"))


def integer(number: int) -> Literal:
    return Literal(str(number), datatype=term("xsd:integer"))
