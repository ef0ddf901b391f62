"""What every code list is made of: concept schemes and concepts as triples, without blank nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.namespaces import expand

_CONCEPT_STATUS: Final = "http://publications.europa.eu/resource/authority/concept-status/"


def term(name: str) -> NamedNode:
    """Return the node of a prefixed name such as `skos:prefLabel`."""
    return NamedNode(expand(name))


RDF_TYPE: Final = term("rdf:type")
ALT_LABEL: Final = term("skos:altLabel")
BROADER: Final = term("skos:broader")
IN_SCHEME: Final = term("skos:inScheme")
NOTATION: Final = term("skos:notation")
PREF_LABEL: Final = term("skos:prefLabel")
STATUS: Final = term("adms:status")
CONCEPT: Final = term("skos:Concept")
DEPRECATED: Final = NamedNode(_CONCEPT_STATUS + "DEPRECATED")


@dataclass(frozen=True, slots=True)
class Scheme:
    """A concept scheme: its labels by language and, where it has one, its period of validity (ISO dates)."""

    iri: str
    labels: Mapping[str, str]
    source: str
    start: str | None = None
    end: str | None = None
    supersedes: str | None = None

    def triples(self) -> Iterator[Triple]:
        node = NamedNode(self.iri)
        yield Triple(node, RDF_TYPE, term("skos:ConceptScheme"))
        for language, text in self.labels.items():
            yield Triple(node, PREF_LABEL, Literal(text, language=language))
        yield Triple(node, term("dct:source"), NamedNode(self.source))
        if self.start:
            # DCMI Period Encoding Scheme: the one datatype that dct:valid has for a range.
            period = f"start={self.start};" + (f" end={self.end};" if self.end else "")
            yield Triple(node, term("dct:valid"), Literal(period, datatype=term("dct:Period")))
        if self.supersedes:
            yield Triple(node, term("xkos:supersedes"), NamedNode(self.supersedes))


@dataclass(frozen=True, slots=True)
class Concept:
    """A code: the schemes it is in, its notations and labels, and the code above it (none: a top concept)."""

    iri: str
    schemes: Sequence[str]
    notations: Sequence[Literal]
    labels: Sequence[Literal]
    alternatives: Sequence[Literal] = ()
    broader: str | None = None
    deprecated: bool = False

    def triples(self) -> Iterator[Triple]:
        node = NamedNode(self.iri)
        yield Triple(node, RDF_TYPE, CONCEPT)
        for scheme in self.schemes:
            yield Triple(node, IN_SCHEME, NamedNode(scheme))
            if self.broader is None:
                yield Triple(node, term("skos:topConceptOf"), NamedNode(scheme))
        yield from self._literals(node, NOTATION, self.notations)
        yield from self._literals(node, PREF_LABEL, self.labels)
        yield from self._literals(node, ALT_LABEL, self.alternatives)
        if self.broader is not None:
            yield Triple(node, BROADER, NamedNode(self.broader))
        if self.deprecated:
            yield Triple(node, STATUS, DEPRECATED)

    @staticmethod
    def _literals(node: NamedNode, predicate: NamedNode, values: Iterable[Literal]) -> Iterator[Triple]:
        return (Triple(node, predicate, value) for value in values)


def both_ways(predicate: str, one: str, other: str) -> Iterator[Triple]:
    """State a symmetric mapping such as `skos:exactMatch` in both directions, because nobody has to reason here."""
    yield Triple(NamedNode(one), term(predicate), NamedNode(other))
    yield Triple(NamedNode(other), term(predicate), NamedNode(one))


def tidy(text: str) -> str:
    """Return a label with its white space folded; the sources have trailing, doubled and non-breaking blanks."""
    return " ".join(text.split())
