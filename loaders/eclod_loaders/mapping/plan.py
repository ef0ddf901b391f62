"""A mapping checked against the shapes and made ready for use: which steps give which properties of which things.

What a mapping asks for and the shapes do not have is found here, before the first row is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode

from eclod.core.errors import BadInput
from eclod.core.namespaces import expand
from eclod.rdf.fields import Field, FieldCatalogue
from eclod_loaders.declarations.mapping_file import FieldSource, RegistryMapping, Thing
from eclod_loaders.declarations.toml_files import did_you_mean
from eclod_loaders.mapping.conversion import Codes, Convert, Term, conversion, translation
from eclod_loaders.values import coordinates, identifiers
from eclod_loaders.values.texts import Unreadable

_SF_POINT: Final = NamedNode(expand("sf:Point"))
#: The field beside a geometry that keeps it in the system of the source.
_SOURCE_LOCATION: Final = "sourceLocation"


@dataclass(frozen=True, slots=True)
class Part:
    """A nested node of which there is one for each value: how it hangs on the thing, its classes, what it says beside.

    `label` begins the fragment of its IRI, which ends with the value.
    """

    label: str
    predicate: NamedNode
    types: tuple[NamedNode, ...]
    beside: tuple[tuple[NamedNode, Term], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One way in which a field gets values.

    `path` are the nested nodes on the way, such as ("grant", "amount"). `fixed` are the terms of a constant. A year
    goes to `year_predicate` where there is one. `in_source_crs` marks the second geometry of a point. With a `part`
    each value gets a node of its own.
    """

    name: str
    path: tuple[str, ...]
    predicate: NamedNode
    source: FieldSource
    convert: Convert
    translate: Callable[[str], Sequence[str]] | None = None
    year_predicate: NamedNode | None = None
    fixed: tuple[Term, ...] | None = None
    in_source_crs: bool = False
    part: Part | None = None

    @property
    def top(self) -> str:
        """The field of the thing itself that this step contributes to."""
        return self.path[0] if self.path else self.name


@dataclass(frozen=True, slots=True)
class Node:
    """A nested node: how it hangs on the one above, and its classes."""

    predicate: NamedNode
    types: tuple[NamedNode, ...]


@dataclass(frozen=True, slots=True)
class ThingPlan:
    """How one thing of the mapping is made."""

    alias: str
    thing: Thing
    kind: str | None
    types: tuple[NamedNode, ...]
    steps: tuple[Step, ...]
    nodes: dict[tuple[str, ...], Node]
    required: tuple[str, ...]


def make_plans(
    mapping: RegistryMapping, catalogue: FieldCatalogue, codes: Codes, language: str, label: str
) -> dict[str, ThingPlan]:
    """Return the plans of all things by alias.

    Raises BadInput, naming the file (as `label`), the field and the nearest name, for what the shapes do not have.
    """
    planner = _Planner(mapping, catalogue, codes, language, label)
    return {alias: planner.thing(alias, thing) for alias, thing in mapping.things.items()}


class _Planner:
    def __init__(
        self, mapping: RegistryMapping, catalogue: FieldCatalogue, codes: Codes, language: str, label: str
    ) -> None:
        self._mapping = mapping
        self._catalogue = catalogue
        self._codes = codes
        self._language = language
        self._label = label

    def thing(self, alias: str, thing: Thing) -> ThingPlan:
        where = f"{self._label}: things.{alias}"
        if thing.shape not in self._catalogue.shapes:
            raise BadInput(f"{where} has the shape '{thing.shape}'" + did_you_mean(thing.shape, self._catalogue.shapes))
        shape = self._catalogue[thing.shape]
        if shape.kind is None and not thing.iri and not thing.inside:
            raise BadInput(
                f"{where} needs 'iri' instead of 'key', or 'inside': a {thing.shape} gets no identifier of ours."
            )
        if thing.inside and (thing.iri or shape.kind is not None):
            raise BadInput(f"{where} has an identifier of its own and cannot be 'inside' another thing.")
        self._check_key(alias, thing, [])
        nodes: dict[tuple[str, ...], Node] = {}
        steps = [
            step for name, sources in thing.fields.items() for step in self._steps(where, thing, name, sources, nodes)
        ]
        tops = {step.top for step in steps}
        for name in thing.together:
            if name not in tops:
                raise BadInput(f"{where} has no field '{name}' to keep together with others" + did_you_mean(name, tops))
        self._check_required(where, thing, steps, nodes)
        described = thing.fields and not thing.adds
        required = tuple(f.name for f in self._catalogue.all_fields(thing.shape) if f.required)
        types = tuple(NamedNode(iri) for iri in self._catalogue.classes(thing.shape))
        return ThingPlan(alias, thing, shape.kind, types, tuple(steps), nodes, required if described else ())

    def _check_key(self, alias: str, thing: Thing, above: list[str]) -> None:
        if alias in above:
            raise BadInput(
                f"{self._label}: the keys of {' and '.join(above)} need each other; use columns in one of them."
            )
        for part in thing.key:
            if part.point:
                raise BadInput(f"{self._label}: things.{alias} has a point in its key; use columns.")
            if part.thing:
                self._check_key(part.thing, self._mapping.things[part.thing], [*above, alias])

    def _steps(
        self,
        where: str,
        thing: Thing,
        name: str,
        sources: Sequence[FieldSource],
        nodes: dict[tuple[str, ...], Node],
    ) -> Iterator[Step]:
        where = f"{where}.fields.{name}"
        *path, last = name.split(".")
        shape = self._walk(where, thing.shape, path, nodes)
        field = self._field(where, shape, last)
        for source in sources:
            if source.point:
                yield from self._points(where, thing.shape, field, source, nodes)
            elif source.identifier:
                yield self._identifier(where, tuple(path), field, source)
            elif field.nested and source.thing:
                self._check_inside(where, thing, source.thing)
                yield self._step(where, shape, tuple(path), field, source)
            elif field.nested:
                inner = ", ".join(f"{name}.{each.name}" for each in self._catalogue.all_fields(field.nested))
                raise BadInput(f"{where} has fields of its own: {inner}; map those.")
            else:
                yield self._step(where, shape, tuple(path), field, source)

    def _walk(self, where: str, shape: str, path: Sequence[str], nodes: dict[tuple[str, ...], Node]) -> str:
        """Return the shape at the end of a path of nested nodes, which are noted on the way."""
        for depth, name in enumerate(path, start=1):
            field = self._field(where, shape, name)
            if field.nested is None:
                raise BadInput(f"{where}: '{name}' has no fields of its own, and one of its settings may be misspelt.")
            shape = field.nested
            types = tuple(NamedNode(iri) for iri in self._catalogue.classes(shape))
            nodes.setdefault(tuple(path[:depth]), Node(NamedNode(field.path), types))
        return shape

    def _field(self, where: str, shape: str, name: str) -> Field:
        field = self._catalogue.field(shape, name)
        if field is None:
            known = [each.name for each in self._catalogue.all_fields(shape)]
            raise BadInput(f"{where}: the shape {shape} has no field '{name}'" + did_you_mean(name, known))
        return field

    def _step(self, where: str, shape: str, path: tuple[str, ...], field: Field, source: FieldSource) -> Step:
        if source.thing:
            self._check_reference(where, field, source.thing)
        # A date field names its companion for years by its own name: start and startYear, date and year.
        companion = f"{field.name}Year" if field.name != "date" else "year"
        year = self._catalogue.field(shape, companion) if field.datatypes else None
        try:
            convert = conversion(field, year is not None, source, self._mapping.values, self._language, self._codes)
            translate = translation(source.translate, where.rsplit(".fields.")[-1]) if source.translate else None
            for targets in (source.translate or {}).values():
                for target in filter(None, targets):
                    convert(target)
            fixed = (convert(source.constant),) if source.constant is not None else None
        except (ValueError, Unreadable) as error:
            raise BadInput(f"{where}: {error}") from None
        return Step(
            name=".".join((*path, field.name)),
            path=path,
            predicate=NamedNode(field.path),
            source=source,
            convert=convert,
            translate=translate,
            year_predicate=NamedNode(year.path) if year else None,
            fixed=fixed,
        )

    def _points(
        self, where: str, shape: str, field: Field, source: FieldSource, nodes: dict[tuple[str, ...], Node]
    ) -> Iterator[Step]:
        if field.nested is None or self._catalogue.field(field.nested, "wkt") is None:
            raise BadInput(f"{where} is no place for a point; use 'location'.")
        names = [field.name] if source.crs == coordinates.CRS84 else [field.name, _SOURCE_LOCATION]
        for name in names:
            self._walk(where, shape, [name], nodes)
            node = nodes[(name,)]
            nodes[(name,)] = Node(node.predicate, tuple(dict.fromkeys((*node.types, _SF_POINT))))
            wkt = self._field(where, field.nested, "wkt")
            convert = conversion(wkt, False, source, self._mapping.values, self._language, self._codes)
            predicate = NamedNode(wkt.path)
            yield Step(f"{name}.wkt", (name,), predicate, source, convert, in_source_crs=name != field.name)

    def _identifier(self, where: str, path: tuple[str, ...], field: Field, source: FieldSource) -> Step:
        """Return the step for identifiers of one scheme; each becomes a node with its scheme, country and issuer."""
        if field.nested is None or self._catalogue.field(field.nested, "scheme") is None:
            raise BadInput(f"{where} is no place for an identifier of others; use 'registeredAs'.")
        said = {"scheme": source.identifier, "country": source.issued_in, "agency": source.issued_by}
        inner = {name: self._field(where, field.nested, name) for name in ("notation", *said)}
        try:
            terms = [
                (NamedNode(inner[name].path), self._fixed(inner[name], source, text))
                for name, text in said.items()
                if text is not None
            ]
            spell = identifiers.speller(str(source.identifier), source.issued_in)
        except (ValueError, Unreadable) as error:
            raise BadInput(f"{where}: {error}") from None
        part = Part(
            label=f"{field.name}-{source.identifier}",
            predicate=NamedNode(field.path),
            types=tuple(NamedNode(iri) for iri in self._catalogue.classes(field.nested)),
            beside=tuple(terms),
        )
        return Step(
            name=".".join((*path, field.name)),
            path=path,
            predicate=NamedNode(inner["notation"].path),
            source=source,
            convert=lambda text: Literal(spell(text)),
            part=part,
        )

    def _fixed(self, field: Field, source: FieldSource, text: str) -> Term:
        return conversion(field, False, source, self._mapping.values, self._language, self._codes)(text)

    def _check_reference(self, where: str, field: Field, alias: str) -> None:
        shape = self._mapping.things[alias].shape
        if field.datatypes or field.code_lists:
            raise BadInput(f"{where} holds a value and cannot refer to the thing '{alias}'.")
        if shape in self._catalogue.shapes and field.target and field.target not in self._catalogue.classes(shape):
            raise BadInput(f"{where} wants a <{field.target}>, and '{alias}' is a {shape}.")

    def _check_inside(self, where: str, thing: Thing, alias: str) -> None:
        owner = self._mapping.things[alias].inside
        if owner is None or self._mapping.things[owner] is not thing:
            raise BadInput(f"{where} consists of nodes of this thing; say that '{alias}' is 'inside' it.")

    def _check_required(
        self, where: str, thing: Thing, steps: Sequence[Step], nodes: dict[tuple[str, ...], Node]
    ) -> None:
        if not thing.fields:
            return
        given = {step.name for step in steps} | {".".join(path) for path in nodes}
        for path in nodes if thing.adds else ((), *nodes):
            shape = self._walk(where, thing.shape, path, dict(nodes))
            for field in self._catalogue.all_fields(shape):
                name = ".".join((*path, field.name))
                if field.required and name not in given:
                    raise BadInput(f"{where} lacks the field '{name}', which every {shape} needs.")
