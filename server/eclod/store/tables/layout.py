"""Which tables there are, and which columns: one table for each kind of thing, with a column for each of its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from eclod.core.namespaces import expand
from eclod.rdf import fields
from eclod.rdf.fields import ClassShape, Field, FieldCatalogue, Words
from eclod.store.tables import columns, readers
from eclod.store.tables.columns import Column, Datatype
from eclod.store.tables.readers import Reader
from eclod.store.tables.view import term

#: The tables by name, in the order in which people are shown them, with the kind of thing in their rows.
KINDS: Final[Mapping[str, str]] = {
    "clusters": "cluster",
    "organisations": "organisation",
    "hubs": "hub",
    "memberships": "membership",
    "projects": "project",
    "participations": "participation",
    "programmes": "programme",
    "calls": "call",
    "strategies": "strategy",
    "priorities": "priority",
    "events": "event",
    "slots": "slot",
    "offers": "offer",
    "needs": "need",
    "documents": "document",
    "passages": "passage",
    "actions": "action",
    "recommendations": "recommendation",
    "seats": "seats",
    "platforms": "platform",
    "threads": "thread",
    "posts": "post",
    "accounts": "account",
    "figures": "figure",
    "observations": "observation",
    "registries": "registry",
}
PLACES: Final = "places"
IDENTIFIERS: Final = "identifiers"
#: What of other things a place shows, beside what an industrial zone has itself.
_WHERE: Final = ("address", "location")
_PLACE_SHAPE: Final = "IndustrialZone"


@dataclass(frozen=True, slots=True)
class Fill:
    """The values of a property fill the cells from a position on."""

    position: int
    reader: Reader


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns, the shapes of what its rows are about (the most special first), and for each shape what
    fills the cells.

    A thing of a shape in `only_with` has a row only when it has one of these properties. `class_position` is where the
    class of the thing stands, None in a table about one class.
    """

    name: str
    columns: tuple[Column, ...]
    shapes: tuple[ClassShape, ...] = ()
    fills: Mapping[str, Mapping[bytes, Sequence[Fill]]] = field(default_factory=dict)
    only_with: Mapping[str, frozenset[bytes]] = field(default_factory=dict)
    class_position: int | None = None

    @property
    def title(self) -> Words:
        return self._words("title")

    @property
    def description(self) -> Words:
        return self._words("description")

    def _words(self, part: str) -> Words:
        said: Any = columns.words()["table"][self.name][part]
        return dict(said)


@cache
def tables() -> tuple[Table, ...]:
    """Return the tables that follow from the project's shapes."""
    return of_catalogue(fields.load())


def of_catalogue(catalogue: FieldCatalogue) -> tuple[Table, ...]:
    """Return the tables that follow from shapes."""
    by_kind: dict[str, list[ClassShape]] = {}
    for shape in catalogue:
        if shape.kind is not None:
            by_kind.setdefault(shape.kind, []).append(shape)
    things = [_of_shapes(name, by_kind.get(kind, []), catalogue) for name, kind in KINDS.items()]
    every = [shape for shapes in by_kind.values() for shape in shapes]
    return (*things, _places(every, catalogue), Table(IDENTIFIERS, _identifier_columns()))


def _of_shapes(
    name: str,
    shapes: Sequence[ClassShape],
    catalogue: FieldCatalogue,
    wanted: frozenset[str] | None = None,
    descriptions: Mapping[str, Words] = MappingProxyType({}),
) -> Table:
    """Return the table for things of some shapes.

    `wanted` are the fields to show, by default all; `descriptions` say what some mean where the shapes say it of one
    sort of thing only.
    """
    by_name: dict[str, list[tuple[ClassShape, Field]]] = {}
    for shape in shapes:
        for each in catalogue.all_fields(shape.name):
            if wanted is None or each.name in wanted:
                by_name.setdefault(each.name, []).append((shape, each))
    found = [columns.fixed("iri", Datatype.IRI, required=True)]
    class_position = None
    if len(shapes) > 1:
        class_position = len(found)
        kind = columns.fixed("class", Datatype.IRI, required=True, properties=(expand("rdf:type"),))
        found += [kind, columns.derived("label", kind, properties=(expand("rdfs:label"),))]
    fills: dict[str, dict[bytes, list[Fill]]] = {shape.name: {} for shape in shapes}
    for same in sorted(by_name.values(), key=lambda same: (min(each.order for _, each in same), same[0][1].name)):
        alike = [replace(each, descriptions=descriptions.get(each.name, each.descriptions)) for _, each in same]
        reader = readers.of_fields(tuple(alike), catalogue)
        for shape, each in same:
            fills[shape.name].setdefault(term(each.path), []).append(Fill(len(found), reader))
        found += reader.columns
    special = sorted(shapes, key=lambda shape: (-len(catalogue.lineage(shape.name)), shape.name))
    return Table(name, tuple(found), tuple(special), fills, class_position=class_position)


def _places(shapes: Sequence[ClassShape], catalogue: FieldCatalogue) -> Table:
    """Return the table of industrial zones, and of where all else is that has an address or a point."""
    wanted = frozenset({*(each.name for each in catalogue.all_fields(_PLACE_SHAPE)), *_WHERE})
    somewhere = [s for s in shapes if any(catalogue.field(s.name, name) for name in _WHERE)]
    table = _of_shapes(PLACES, somewhere, catalogue, wanted, columns.words()["place"])
    only_with = {
        shape.name: frozenset(term(each.path) for name in _WHERE if (each := catalogue.field(shape.name, name)))
        for shape in somewhere
        if shape.name != _PLACE_SHAPE
    }
    return Table(PLACES, table.columns, table.shapes, table.fills, only_with, table.class_position)


def _identifier_columns() -> tuple[Column, ...]:
    def prefixed(name: str) -> tuple[str, ...]:
        return (expand(name),)

    state = columns.fixed("state", Datatype.TEXT, properties=prefixed("eclod:lifecycleStatus"))
    registry = columns.fixed("registry", Datatype.IRI, many=True, properties=prefixed("eclod:registeredBy"))
    return (
        columns.fixed("iri", Datatype.IRI, required=True),
        columns.fixed("kind", Datatype.TEXT),
        columns.fixed("code", Datatype.TEXT, properties=prefixed("eclod:code"), direct=True),
        columns.fixed("label", Datatype.TEXT, properties=prefixed("skos:prefLabel")),
        state,
        columns.fixed("successor", Datatype.IRI, many=True, properties=prefixed("dct:isReplacedBy"), direct=True),
        columns.fixed("since", Datatype.TEXT, properties=prefixed("prov:invalidatedAtTime"), direct=True),
        registry,
        columns.derived("label", registry, properties=prefixed("dct:title")),
        columns.fixed("local_id", Datatype.TEXT, many=True, properties=prefixed("eclod:localIdentifier"), direct=True),
        columns.fixed("identifier", Datatype.TEXT, many=True, properties=prefixed("dct:identifier")),
    )
