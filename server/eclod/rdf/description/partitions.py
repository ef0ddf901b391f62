"""Counts as VoID statistics: a dataset partitioned by class and by property, each part with a name of its own.

Source: https://www.w3.org/TR/void/#class-property-partitions
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.formats import GRAPH_FORMATS
from eclod.core.namespaces import shorten
from eclod.rdf.description.model import ClassCounts, GraphCounts, Release, default_graph_iri, release_iri
from eclod.rdf.description.statements import Statements, integer, term

#: What has a meaning of its own in the regular expressions of SPARQL.
_SPECIAL: Final = re.compile(r"[.\\?*+{}()\[\]|^$]")


def whole_counts(release: Release, counts: GraphCounts) -> Iterator[Triple]:
    """Return what holds of a release as a whole: the counts of its default graph, which is what SPARQL asks without
    GRAPH, with the vocabularies and some of the things in it."""
    iri = release_iri(release)
    made = Statements()
    made.extend(_statistics(iri, default_graph_iri(release), counts))
    for vocabulary in _vocabularies(counts):
        made.about(iri, "void:vocabulary", NamedNode(vocabulary))
    for partition in counts.classes:
        if partition.uri_space.startswith(f"{release.base}/id/") and "#" not in partition.example:
            made.about(iri, "void:exampleResource", NamedNode(partition.example))
    for form in GRAPH_FORMATS:
        made.about(iri, "void:feature", NamedNode(form.w3c))
    return iter(made)


def graph_counts(iri: str, counts: GraphCounts, *, by_property: bool) -> Iterator[Triple]:
    """Return the counts of one graph; `by_property` says whether each class is partitioned further."""
    made = Statements()
    made.extend(_statistics(iri, iri, counts))
    for partition in counts.classes:
        made.extend(_class(iri, partition, by_property=by_property))
    for part in counts.properties:
        node = _property_part(iri, part.iri)
        made.extend(_property(node, part.iri, part.triples))
        made.about(node, "void:distinctSubjects", integer(part.distinct_subjects))
        made.about(node, "void:distinctObjects", integer(part.distinct_objects))
    return iter(made)


def _statistics(iri: str, parts: str, counts: GraphCounts) -> Iterator[Triple]:
    """The numbers of a dataset and its partitions by name; `parts` is what their names begin with."""
    made = Statements()
    numbers = {
        "void:triples": counts.triples,
        "void:entities": counts.entities,
        "void:classes": counts.distinct_classes,
        "void:properties": len(counts.properties),
        "void:distinctSubjects": counts.distinct_subjects,
        "void:distinctObjects": counts.distinct_objects,
    }
    for name, number in numbers.items():
        made.about(iri, name, integer(number))
    made.extend(_uri_space(iri, counts.uri_space))
    for partition in counts.classes:
        made.about(iri, "void:classPartition", NamedNode(_class_part(parts, partition.iri)))
    for part in counts.properties:
        made.about(iri, "void:propertyPartition", NamedNode(_property_part(parts, part.iri)))
    return iter(made)


def _class(iri: str, partition: ClassCounts, *, by_property: bool) -> Iterator[Triple]:
    node = _class_part(iri, partition.iri)
    made = Statements()
    made.about(node, "rdf:type", term("void:Dataset"))
    made.about(node, "void:class", NamedNode(partition.iri))
    made.about(node, "void:entities", integer(partition.entities))
    made.about(node, "void:triples", integer(partition.triples))
    made.extend(_uri_space(node, partition.uri_space))
    for name, triples in partition.properties if by_property else ():
        part = _property_part(node, name)
        made.about(node, "void:propertyPartition", NamedNode(part))
        made.extend(_property(part, name, triples))
    return iter(made)


def _property(node: str, iri: str, triples: int) -> Iterator[Triple]:
    made = Statements()
    made.about(node, "rdf:type", term("void:Dataset"))
    made.about(node, "void:property", NamedNode(iri))
    made.about(node, "void:triples", integer(triples))
    return iter(made)


def _uri_space(node: str, space: str) -> Iterator[Triple]:
    """What all entities of a part begin with, also as the regular expression that some clients want."""
    made = Statements()
    if space:
        made.about(node, "void:uriSpace", Literal(space))
        pattern = "^" + _SPECIAL.sub(r"\\\g<0>", space)
        made.about(node, "void:uriRegexPattern", Literal(pattern))
    return iter(made)


def _vocabularies(counts: GraphCounts) -> Iterable[str]:
    """Return the namespaces of the classes and properties, up to the last `#` or `/`."""
    terms = [*(part.iri for part in counts.classes), *(part.iri for part in counts.properties)]
    found = (term[: max(term.rfind("#"), term.rfind("/")) + 1] for term in terms)
    return sorted({namespace for namespace in found if namespace})


def _class_part(iri: str, name: str) -> str:
    return f"{iri}-class-{_slug(name)}"


def _property_part(iri: str, name: str) -> str:
    return f"{iri}-property-{_slug(name)}"


def _slug(iri: str) -> str:
    """Return a short name for a term: the prefixed one where there is one, else a hash."""
    short = shorten(iri)
    return short if short != iri else hashlib.sha256(iri.encode()).hexdigest()[:16]
