"""The shapes as a catalogue of fields: what a mapping, a template or a report may call by name.

A node shape `shapes:Organisation` offers the field `homepage` through its property shape
`shapes:Organisation-homepage`. A shape that names another by `sh:node` inherits its fields.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, RdfFormat
from pyoxigraph import parse as parse_rdf

from eclod.core import assets
from eclod.core.errors import Damaged
from eclod.core.namespaces import ECLOD, SHAPES, expand

_SH: Final = expand("sh:")

#: subject IRI -> predicate IRI -> values
_Facts = dict[str, dict[str, list[str]]]
#: A text in several languages: language tag -> text
Words = Mapping[str, str]
#: subject IRI -> predicate IRI -> text in several languages
_AllWords = dict[str, dict[str, dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Field:
    """What one property shape says about one field."""

    name: str
    shape: str
    path: str
    datatypes: tuple[str, ...]
    code_lists: tuple[str, ...]
    nested: str | None
    target: str | None
    language_tagged: bool
    required: bool
    single: bool
    one_per_language: bool
    pattern: str | None
    order: float
    codes_of_their_time: bool
    labels: Words = dataclasses.field(compare=False)
    descriptions: Words = dataclasses.field(compare=False)

    @property
    def is_iri(self) -> bool:
        return not self.datatypes

    @property
    def is_web_page(self) -> bool:
        """Return whether values are addresses of pages, and not names of things."""
        return self.is_iri and (self.pattern or "").startswith("^https?://")


@dataclass(frozen=True, slots=True)
class ClassShape:
    """A node shape: its class, the kind in the identifiers of its instances (None for nested nodes), its fields."""

    name: str
    iri: str
    target_class: str
    kind: str | None
    parents: tuple[str, ...]
    fields: Mapping[str, Field]


class FieldCatalogue:
    """All class shapes by name."""

    def __init__(self, shapes: Mapping[str, ClassShape]) -> None:
        self.shapes = shapes

    def __getitem__(self, name: str) -> ClassShape:
        """Return the class shape called `Organisation`, `Project`, … (KeyError when there is none)."""
        return self.shapes[name]

    def __iter__(self) -> Iterator[ClassShape]:
        return iter(self.shapes.values())

    def lineage(self, name: str) -> list[ClassShape]:
        """Return the shape and those it inherits from, nearest first."""
        shape = self.shapes[name]
        return [shape, *(ancestor for parent in shape.parents for ancestor in self.lineage(parent))]

    def field(self, name: str, field: str) -> Field | None:
        """Return a field by name, own before inherited."""
        return next((shape.fields[field] for shape in self.lineage(name) if field in shape.fields), None)

    def classes(self, name: str) -> list[str]:
        """Return the classes an instance carries: its own and those it inherits (nobody has to reason)."""
        return list(dict.fromkeys(shape.target_class for shape in self.lineage(name)))

    @cached_property
    def single_valued(self) -> Mapping[str, frozenset[str]]:
        """Return, for each class IRI, the property IRIs that may have one value only."""
        return {
            shape.target_class: frozenset(f.path for f in self.all_fields(shape.name) if f.single) for shape in self
        }

    @cached_property
    def one_per_language(self) -> Mapping[str, frozenset[str]]:
        """Return, for each class IRI, the property IRIs that may have one value per language only."""
        return {
            shape.target_class: frozenset(f.path for f in self.all_fields(shape.name) if f.one_per_language)
            for shape in self
        }

    @cached_property
    def with_other_names(self) -> frozenset[str]:
        """Return the class IRIs of what may have names beside its first one (`skos:altLabel`)."""
        other = expand("skos:altLabel")
        return frozenset(
            shape.target_class for shape in self if any(f.path == other for f in self.all_fields(shape.name))
        )

    def all_fields(self, name: str) -> list[Field]:
        """Return the fields of a shape, own and inherited, by name."""
        fields: dict[str, Field] = {}
        for shape in reversed(self.lineage(name)):
            fields |= shape.fields
        return [fields[name] for name in sorted(fields)]

    @cached_property
    def properties_with_codes_of_their_time(self) -> frozenset[str]:
        """Return the property IRIs for which a withdrawn code is as good as a current one, in whatever shape."""
        codes = [field for shape in self for field in shape.fields.values() if field.code_lists]
        return frozenset(f.path for f in codes if f.codes_of_their_time) - {
            f.path for f in codes if not f.codes_of_their_time
        }

    @cached_property
    def properties_with_a_class(self) -> frozenset[str]:
        """Return the property IRIs whose values shall be things of some class."""
        return frozenset(field.path for shape in self for field in shape.fields.values() if field.target)

    @cached_property
    def code_list_properties(self) -> Mapping[str, tuple[str, ...]]:
        """Return, for each property IRI whose values are codes, the schemes they come from."""
        result: dict[str, tuple[str, ...]] = {}
        for shape in self:
            for field in shape.fields.values():
                if field.code_lists:
                    result[field.path] = tuple(dict.fromkeys((*result.get(field.path, ()), *field.code_lists)))
        return result


def load(files: list[Path] | None = None) -> FieldCatalogue:
    """Return the catalogue of the project's shapes, or of the given Turtle files.

    Raises Damaged when a file is not Turtle.
    """
    facts: _Facts = {}
    words: _AllWords = {}
    for path in files if files is not None else assets.gating_shapes():
        try:
            for quad in parse_rdf(path=path, format=RdfFormat.TURTLE):
                if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal):
                    predicates = facts.setdefault(quad.subject.value, {})
                    predicates.setdefault(quad.predicate.value, []).append(quad.object.value)
                    if isinstance(quad.object, Literal) and quad.object.language:
                        texts = words.setdefault(quad.subject.value, {}).setdefault(quad.predicate.value, {})
                        texts[quad.object.language] = quad.object.value
        except SyntaxError as error:
            raise Damaged(f"{path.name} is not Turtle: {error}") from error
    shapes = [_class_shape(facts, words, iri) for iri, predicates in facts.items() if _SH + "targetClass" in predicates]
    return FieldCatalogue({shape.name: shape for shape in sorted(shapes, key=lambda shape: shape.name)})


def _class_shape(facts: _Facts, words: _AllWords, iri: str) -> ClassShape:
    about = facts[iri]
    fields = [_field(facts, words.get(shape, {}), shape) for shape in sorted(about.get(_SH + "property", []))]
    return ClassShape(
        name=iri.removeprefix(SHAPES),
        iri=iri,
        target_class=about[_SH + "targetClass"][0],
        kind=next(iter(about.get(ECLOD + "kind", [])), None),
        parents=tuple(sorted(node.removeprefix(SHAPES) for node in about.get(_SH + "node", []))),
        fields={field.name: field for field in fields if field is not None},
    )


def _field(facts: _Facts, words: Mapping[str, Words], shape: str) -> Field | None:
    """Return the field of a property shape; a shape that only adds a rule to a field (`…-end-order`) is none."""
    _, dash, name = shape.removeprefix(SHAPES).partition("-")
    about = facts.get(shape, {})
    paths = about.get(_SH + "path", [])
    if not dash or "-" in name or not paths:
        return None
    datatypes = about.get(_SH + "datatype") or about.get(ECLOD + "datatypes", [])
    if not datatypes and about.get(_SH + "nodeKind") == [_SH + "Literal"]:  # of any datatype; a text will do
        datatypes = [expand("xsd:string")]
    code_lists = sorted(about.get(ECLOD + "codeList", []))
    nodes = [node.removeprefix(SHAPES) for node in about.get(_SH + "node", [])]
    return Field(
        name=name,
        shape=shape,
        path=paths[0],
        datatypes=tuple(datatypes),
        code_lists=tuple(code_lists),
        nested=nodes[0] if nodes and not code_lists else None,
        target=next(iter(about.get(_SH + "class", [])), None),
        language_tagged=expand("rdf:langString") in datatypes,
        required=about.get(_SH + "minCount", ["0"]) != ["0"],
        single=about.get(_SH + "maxCount") == ["1"],
        one_per_language=about.get(_SH + "uniqueLang") == ["true"],
        pattern=next(iter(about.get(_SH + "pattern", [])), None),
        order=float(next(iter(about.get(_SH + "order", [])), "inf")),
        codes_of_their_time=about.get(ECLOD + "codesOfTheirTime") == ["true"],
        labels=words.get(_SH + "name", {}),
        descriptions=words.get(_SH + "description", {}),
    )
