"""`partitions.json`: how often each class and property occurs in each graph of a release, counted when it was made.

Counted from the sorted lines that the release is made of, and equal to what `COUNT` finds in it:

    triples            COUNT(*)           { ?s ?p ?o }
    distinct_subjects  COUNT(DISTINCT ?s) { ?s ?p ?o }
    distinct_objects   COUNT(DISTINCT ?o) { ?s ?p ?o }
    entities           COUNT(DISTINCT ?s) { ?s a ?class }
    distinct_classes   COUNT(DISTINCT ?o) { ?s a ?o }
    class              COUNT(DISTINCT ?s) { ?s a <class> }
      its property     COUNT(*)           { ?s a <class> ; <property> ?o }
    property           the first three with { ?s <property> ?o }

Source: VoID, section 4 (https://www.w3.org/TR/void/#statistics).
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from eclod.core.errors import Damaged
from eclod.core.namespaces import expand
from eclod.store import lines

FILE: Final = "partitions.json"
#: Files of another format are counted anew when the next release is made.
FORMAT: Final = 1
_TYPE: Final = f"<{expand('rdf:type')}>".encode()


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClassPartition(_Part):
    """The instances of one class: how many, what all their IRIs begin with (empty: nothing), the first of them, and
    how many triples each property has with one of them as subject."""

    iri: str
    entities: int
    uri_space: str = ""
    example: str = ""
    properties: tuple[tuple[str, int], ...] = ()

    @property
    def triples(self) -> int:
        return sum(triples for _, triples in self.properties)


class PropertyPartition(_Part):
    """The triples of one property."""

    iri: str
    triples: int
    distinct_subjects: int
    distinct_objects: int


class GraphPartitions(_Part):
    """One graph (IRI; empty for the default graph). A class that is no IRI counts in `distinct_classes` only;
    `uri_space` is what the IRIs of all entities begin with."""

    iri: str
    triples: int
    entities: int
    distinct_subjects: int
    distinct_objects: int
    distinct_classes: int
    uri_space: str = ""
    classes: tuple[ClassPartition, ...] = ()
    properties: tuple[PropertyPartition, ...] = ()


class Partitions(_Part):
    """The graphs of a release; none for a release that was made before there were such counts."""

    format: int = FORMAT
    graphs: tuple[GraphPartitions, ...] = ()

    @cached_property
    def _by_iri(self) -> dict[str, GraphPartitions]:
        return {graph.iri: graph for graph in self.graphs}

    def graph(self, iri: str) -> GraphPartitions | None:
        """Return the counts of a graph (empty: the default graph), or None when there are none."""
        return self._by_iri.get(iri)


def read(folder: Path) -> Partitions:
    """Return the counts of a release folder, empty ones when it has no file of them.

    Raises Damaged when the file does not hold or is of another format.
    """
    try:
        content: Any = json.loads((folder / FILE).read_text(encoding="utf-8"))
        found = Partitions.model_validate(content)
    except FileNotFoundError:
        return Partitions()
    except (OSError, ValueError, ValidationError) as error:
        raise Damaged(
            f"The counts of release {folder.name} ({FILE}) cannot be read ({error}); roll back or build again."
        ) from error
    if found.format != FORMAT:
        raise Damaged(f"The counts of release {folder.name} are of format {found.format}, this eclod reads {FORMAT}.")
    return found


def write(folder: Path, graphs: Iterable[GraphPartitions]) -> None:
    """Write the counts of a release folder."""
    content = Partitions(graphs=tuple(sorted(graphs, key=lambda graph: graph.iri))).model_dump(mode="json")
    (folder / FILE).write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


class _Instances:
    """Typed subjects in the making: their number, the first and the last in order, triples by property."""

    __slots__ = ("entities", "first", "last", "properties")

    def __init__(self, first: bytes) -> None:
        self.entities = 0
        self.first = self.last = first
        self.properties: Counter[bytes] = Counter()

    def add(self, others: _Instances) -> None:
        self.entities += others.entities
        self.first, self.last = min(self.first, others.first), max(self.last, others.last)
        self.properties.update(others.properties)


def count(graph: Iterable[bytes], iri: str) -> GraphPartitions:
    """Return the counts of the sorted lines of a graph (IRI, `_:label`, or empty for the default graph)."""
    ending = len(" ." if not iri else f" {lines.graph_name(iri)} .")
    triples: Counter[bytes] = Counter()
    subjects: Counter[bytes] = Counter()
    objects: dict[bytes, set[bytes]] = {}
    # Subjects that have exactly the same classes are counted once for all of these.
    alike: dict[tuple[bytes, ...], _Instances] = {}
    # Sorted lines have a subject's together, and in these a predicate's.
    split = (line[:-ending].split(b" ", 2) for line in graph)
    distinct_subjects = 0
    for subject, about in itertools.groupby(split, lambda parts: parts[0]):
        distinct_subjects += 1
        predicates: dict[bytes, int] = {}
        types: list[bytes] = []
        for _, predicate, value in about:
            if predicate in predicates:
                predicates[predicate] += 1
            else:
                predicates[predicate] = 1
            if predicate == _TYPE:
                types.append(value)
            try:
                objects[predicate].add(value)
            except KeyError:
                objects[predicate] = {value}
        triples.update(predicates)
        subjects.update(predicates.keys())
        if types:
            instances = alike.setdefault(tuple(types), _Instances(subject))
            instances.entities += 1
            instances.last = subject
            instances.properties.update(predicates)
    return GraphPartitions(
        iri=iri,
        triples=triples.total(),
        entities=sum(instances.entities for instances in alike.values()),
        distinct_subjects=distinct_subjects,
        distinct_objects=len(set().union(*objects.values())),
        distinct_classes=len(objects.get(_TYPE, ())),
        uri_space=_uri_space(_together(alike.values())),
        classes=_classes(alike),
        properties=tuple(
            PropertyPartition(
                iri=_text(predicate),
                triples=triples[predicate],
                distinct_subjects=subjects[predicate],
                distinct_objects=len(objects[predicate]),
            )
            for predicate in sorted(triples)
        ),
    )


def _classes(alike: Mapping[tuple[bytes, ...], _Instances]) -> tuple[ClassPartition, ...]:
    found: dict[bytes, list[_Instances]] = {}
    for types, instances in alike.items():
        for kind in types:
            if kind.startswith(b"<") and not kind.startswith(b"<<"):
                found.setdefault(kind, []).append(instances)
    return tuple(_class(kind, _together(groups)) for kind, groups in sorted(found.items()))


def _class(kind: bytes, instances: _Instances) -> ClassPartition:
    return ClassPartition(
        iri=_text(kind),
        entities=instances.entities,
        uri_space=_uri_space(instances),
        example=_text(instances.first) if instances.first.startswith(b"<") else "",
        properties=tuple((_text(name), triples) for name, triples in sorted(instances.properties.items())),
    )


def _together(groups: Iterable[_Instances]) -> _Instances:
    groups = list(groups)
    whole = _Instances(groups[0].first if groups else b"")
    for group in groups:
        whole.add(group)
    return whole


def _uri_space(instances: _Instances) -> str:
    """Return what the IRIs of all instances begin with, up to a `/` or `#` after the host; "" for blank nodes.

    The common beginning of the first and the last in order is that of all between them.
    """
    if instances.last.startswith(b"_:"):
        return ""
    pairs = zip(_text(instances.first), _text(instances.last), strict=False)
    common = "".join(one for one, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    space = common[: max(common.rfind("/"), common.rfind("#")) + 1]
    return space if space.count("/") > 2 or "#" in space else ""


def _text(term: bytes) -> str:
    return term[1:-1].decode()
