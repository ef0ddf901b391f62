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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox
from pydantic import BaseModel, ConfigDict, ValidationError

from eclod.core.errors import Damaged
from eclod.core.namespaces import expand
from eclod.store import lines

FILE: Final = "partitions.json"
#: Files of another format are counted anew when the next release is made.
FORMAT: Final = 2
_TYPE_IRI: Final = expand("rdf:type")
_TYPE: Final = f"<{_TYPE_IRI}>".encode()

Subject = ox.NamedNode | ox.BlankNode | ox.Triple
Object = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClassPartition(_Part):
    """The instances of one class: how many, what all their IRIs begin with (empty: nothing), the first of them (empty:
    they have no IRI), the last (an IRI or `_:label`), and how many triples each property has with one of them as
    subject."""

    iri: str
    entities: int
    uri_space: str = ""
    example: str = ""
    last: str = ""
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
    everyone = _together(alike.values())
    return GraphPartitions(
        iri=iri,
        triples=triples.total(),
        entities=everyone.entities,
        distinct_subjects=distinct_subjects,
        distinct_objects=len(set().union(*objects.values())),
        distinct_classes=len(objects.get(_TYPE, ())),
        uri_space=_uri_space(everyone.first, everyone.last),
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


def update(
    before: GraphPartitions, removed: Sequence[bytes], added: Sequence[bytes], store: ox.Store, iri: str
) -> GraphPartitions:
    """Return what `count` gives for a graph after a change, from what it gave before.

    `removed` and `added` are the lines of the graph that only the one or only the other has, `store` has it as it is
    now. It is asked about the subjects and objects of these lines, and about all instances of a class that loses its
    first or last.
    """
    change = _Change(store, lines.graph_name(iri), set(lines.quads(removed)), set(lines.quads(added)))
    triples, subjects, objects = Counter[str](), Counter[str](), Counter[str]()
    for each in before.properties:
        triples[each.iri], subjects[each.iri] = each.triples, each.distinct_subjects
        objects[each.iri] = each.distinct_objects
    classes = {each.iri: _ChangedClass(each) for each in before.classes}
    distinct_subjects, entities = before.distinct_subjects, before.entities
    for subject, said, sign in change.subjects():
        distinct_subjects += sign
        subjects.update(dict.fromkeys(said, sign))
        triples.update({name: sign * len(values) for name, values in said.items()})
        entities += sign * (_TYPE_IRI in said)
        for kind in said.get(_TYPE_IRI, ()):
            if isinstance(kind, ox.NamedNode):
                known = classes.setdefault(kind.value, _ChangedClass(ClassPartition(iri=kind.value, entities=0)))
                known.change(subject, said, sign)
    more_objects, more_of_property = change.objects()
    objects.update(more_of_property)
    parts = tuple(each.counted(change) for _, each in sorted(classes.items(), key=_in_order) if each.entities)
    return GraphPartitions(
        iri=iri,
        triples=triples.total(),
        entities=entities,
        distinct_subjects=distinct_subjects,
        distinct_objects=before.distinct_objects + more_objects,
        distinct_classes=objects[_TYPE_IRI],
        uri_space=_space_of_all(parts, objects[_TYPE_IRI], change),
        classes=parts,
        properties=tuple(
            PropertyPartition(iri=n, triples=number, distinct_subjects=subjects[n], distinct_objects=objects[n])
            for n, number in sorted(triples.items(), key=_in_order)
            if number
        ),
    )


class _Change:
    """What a graph lost and gained, beside the store that has it now."""

    def __init__(
        self,
        store: ox.Store,
        graph: ox.NamedNode | ox.BlankNode | ox.DefaultGraph,
        removed: set[ox.Quad],
        added: set[ox.Quad],
    ) -> None:
        self._store, self._graph, self._removed, self._added = store, graph, removed, added
        self._gone: dict[Subject, set[ox.Quad]] = {}
        for quad in removed:
            self._gone.setdefault(quad.subject, set()).add(quad)

    def subjects(self) -> Iterator[tuple[bytes, Mapping[str, Sequence[Object]], int]]:
        """Return what was said of each subject, with -1, and what is said of it now, with 1: objects by property."""
        for subject in {quad.subject for quad in self._removed | self._added}:
            # All graphs by a subject are in the index that making the merged view has read already.
            about = self._store.quads_for_pattern(subject, None, None, None)
            now = {quad for quad in about if quad.graph_name == self._graph}
            was = now - self._added | self._gone.get(subject, set())
            for quads, sign in ((was, -1), (now, 1)):
                said: dict[str, list[Object]] = {}
                for quad in quads:
                    said.setdefault(quad.predicate.value, []).append(quad.object)
                if said:
                    yield str(subject).encode(), said, sign

    def objects(self) -> tuple[int, Counter[str]]:
        """Return how many more distinct objects there are, and by property."""
        stays: dict[Object, bool] = {}
        alone, of_property = 0, Counter[str]()
        for quads, sign in ((self._removed, -1), (self._added, 1)):
            for value in {quad.object for quad in quads}:
                if value not in stays:
                    stays[value] = self._stays(None, value)
                alone += 0 if stays[value] else sign
            for predicate, value in {(quad.predicate, quad.object) for quad in quads}:
                if not (stays[value] and self._stays(predicate, value)):
                    of_property[predicate.value] += sign
        return alone, of_property

    def entities(self, kind: str | None) -> Iterator[bytes]:
        """Return the instances of a class, or of any, as lines have them."""
        of = ox.NamedNode(kind) if kind is not None else None
        found = self._store.quads_for_pattern(None, ox.NamedNode(_TYPE_IRI), of, self._graph)
        return (str(quad.subject).encode() for quad in found)

    def _stays(self, predicate: ox.NamedNode | None, value: Object) -> bool:
        """Return whether a statement with an object was there before and is there now."""
        return any(
            quad not in self._added for quad in self._store.quads_for_pattern(None, predicate, value, self._graph)
        )


class _ChangedClass:
    """The partition of a class in the making, from what it was."""

    def __init__(self, old: ClassPartition) -> None:
        self._old = old
        self.entities = old.entities
        self._properties = Counter(dict(old.properties))
        self._instances: Counter[bytes] = Counter()  # that came with 1, went with -1, or stayed with 0

    def change(self, subject: bytes, said: Mapping[str, Sequence[Object]], sign: int) -> None:
        self.entities += sign
        self._instances[subject] += sign
        self._properties.update({name: sign * len(values) for name, values in said.items()})

    def counted(self, change: _Change) -> ClassPartition:
        if not self._instances:
            return self._old
        first, last = _term(self._old.example), _term(self._old.last)
        if self._instances[first] < 0 or self._instances[last] < 0:
            known = set(change.entities(self._old.iri))
        else:
            came = (subject for subject, sign in self._instances.items() if sign > 0)
            known = {*came, *([first, last] if self._old.entities else [])}
        first, last = min(known), max(known)
        properties = sorted(self._properties.items(), key=_in_order)
        return ClassPartition(
            iri=self._old.iri,
            entities=self.entities,
            uri_space=_uri_space(first, last),
            example=_name(first) if first.startswith(b"<") else "",
            last=_name(last),
            properties=tuple((name, number) for name, number in properties if number),
        )


def _space_of_all(parts: Sequence[ClassPartition], distinct_classes: int, change: _Change) -> str:
    if len(parts) == distinct_classes:  # otherwise some entities are in none of them
        known = {_term(name) for part in parts for name in (part.example, part.last)}
    else:
        known = set(change.entities(None))
    return _uri_space(min(known), max(known)) if known else ""


def _in_order(item: tuple[str, object]) -> bytes:
    return _term(item[0])


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
        uri_space=_uri_space(instances.first, instances.last),
        example=_name(instances.first) if instances.first.startswith(b"<") else "",
        last=_name(instances.last),
        properties=tuple((_text(name), triples) for name, triples in sorted(instances.properties.items())),
    )


def _together(groups: Iterable[_Instances]) -> _Instances:
    groups = list(groups)
    whole = _Instances(groups[0].first if groups else b"")
    for group in groups:
        whole.add(group)
    return whole


def _uri_space(first: bytes, last: bytes) -> str:
    """Return what the IRIs of all instances begin with, up to a `/` or `#` after the host; "" for blank nodes.

    The common beginning of the first and the last in order is that of all between them.
    """
    if last.startswith(b"_:"):
        return ""
    pairs = zip(_text(first), _text(last), strict=False)
    common = "".join(one for one, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    space = common[: max(common.rfind("/"), common.rfind("#")) + 1]
    return space if space.count("/") > 2 or "#" in space else ""


def _text(term: bytes) -> str:
    return term[1:-1].decode()


def _name(subject: bytes) -> str:
    return _text(subject) if subject.startswith(b"<") else subject.decode()


def _term(name: str) -> bytes:
    """Return a subject as lines have it; without a name it is a blank node, and comes after all IRIs."""
    return f"<{name}>".encode() if name and not name.startswith("_:") else (name or "_:").encode()
