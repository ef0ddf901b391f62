"""The shapes as people read them: which rules a thing keeps, why, and an example of what passes and of what fails.

The examples are the files that the tests judge (`tests/shapes/{Shape}/valid.{why}.ttl` and
`invalid.{field}-{parameter}.ttl`), so that what a page shows is known to be so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.namespaces import ECLOD, SHAPES, expand, shorten

_SH: Final = expand("sh:")
#: What a rule says in words; `{}` is its value.
_WORDS: Final[Mapping[str, str]] = {
    "class": "what it names is of the class {}",
    "datatype": "{}",
    "hasValue": "{} is among the values",
    "languageIn": "languages are English, French or German",
    "lessThanOrEquals": "not after the value of {}",
    "maxCount": "at most {}",
    "maxInclusive": "{} or less",
    "minCount": "at least {}",
    "minInclusive": "{} or more",
    "node": "what it names keeps the rules of {}",
    "nodeKind": "names of things (IRIs), not text",
    "not": "not {}",
    "pattern": "written like {}",
    "qualifiedMinCount": "at least {} of them keeps the rules of {}",
    "uniqueLang": "one text in each language",
}
_TYPES: Final[Mapping[str, str]] = {
    "rdf:langString": "text with its language",
    "xsd:string": "plain text",
    "xsd:date": "day (2026-01-31)",
    "xsd:dateTime": "moment (2026-01-31T12:00:00Z)",
    "xsd:gYear": "year (2026)",
    "xsd:integer": "whole number",
    "xsd:decimal": "decimal number",
    "xsd:boolean": "true or false",
}

#: Text in several languages: (text, language)
Words = tuple[tuple[str, str], ...]
Term = NamedNode | Literal


@dataclass(frozen=True, slots=True)
class Example:
    """One file of an example: `why` in one sentence, and the Turtle itself."""

    why: str
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One constraint: its SHACL parameter, what it demands in words, the shape it leads to, and what breaks it."""

    parameter: str
    words: str
    shape: str | None
    broken_by: Example | None


@dataclass(frozen=True, slots=True)
class FieldRules:
    """One field of a shape: the property it stands for and its rules; `target` is the shape of what it leads to."""

    anchor: str
    name: str
    path: str
    labels: Words
    descriptions: Words
    messages: Words
    severity: str
    rules: tuple[Rule, ...]
    code_lists: tuple[str, ...]
    target: str | None
    order: float

    @property
    def demands(self) -> str:
        """Return the rules in one line."""
        return "; ".join(rule.words for rule in self.rules)


@dataclass(frozen=True, slots=True)
class ShapeRules:
    """One node shape; `parents` are the shapes whose rules it keeps too, `kind` is None for what has no page."""

    name: str
    labels: Words
    comments: Words
    messages: Words
    target_class: str | None
    kind: str | None
    parents: tuple[str, ...]
    severity: str
    fields: tuple[FieldRules, ...]
    rules: tuple[Rule, ...]
    passing: tuple[Example, ...]


class ShapeBook:
    """All node shapes by name, in the order of their names."""

    def __init__(self, shapes: Iterable[ShapeRules]) -> None:
        self.shapes: Mapping[str, ShapeRules] = {shape.name: shape for shape in sorted(shapes, key=lambda s: s.name)}

    def lineage(self, name: str) -> list[ShapeRules]:
        """Return a shape and those whose rules it keeps too, nearest first."""
        shape = self.shapes[name]
        return [shape, *(ancestor for parent in shape.parents for ancestor in self.lineage(parent))]

    @cached_property
    def used_by(self) -> Mapping[str, tuple[str, ...]]:
        """Return the shapes that each shape is named by, in a field or as a parent."""
        found: dict[str, set[str]] = defaultdict(set)
        for shape in self.shapes.values():
            for name in (*shape.parents, *(f.target for f in shape.fields if f.target), *_led_to(shape)):
                found[name].add(shape.name)
        return {name: tuple(sorted(users - {name})) for name, users in found.items()}


def _led_to(shape: ShapeRules) -> Iterable[str]:
    rules = [*shape.rules, *(rule for field in shape.fields for rule in field.rules)]
    return (rule.shape for rule in rules if rule.shape)


def read(triples: Iterable[Triple], examples: Path) -> ShapeBook:
    """Return the shapes that some statements describe, with the examples below a folder."""
    facts: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for triple in triples:
        if isinstance(triple.subject, NamedNode) and isinstance(triple.object, NamedNode | Literal):
            facts[triple.subject.value][triple.predicate.value].append(triple.object)
    return ShapeBook(
        _shape(facts, iri, examples)
        for iri in list(facts)
        if any(kind.value == _SH + "NodeShape" for kind in facts[iri].get(expand("rdf:type"), ()))
    )


Facts = Mapping[str, Mapping[str, Sequence[Term]]]


def _shape(facts: Facts, iri: str, examples: Path) -> ShapeRules:
    about, name = facts[iri], iri.removeprefix(SHAPES)
    broken = {path.name: _example(path) for path in (examples / name).glob("invalid.*.ttl")}
    fields = [_field(facts, value.value, broken) for value in about.get(_SH + "property", ())]
    return ShapeRules(
        name=name,
        labels=_words(about, expand("rdfs:label")),
        comments=_words(about, expand("rdfs:comment")),
        messages=_words(about, _SH + "message"),
        target_class=_first(about, _SH + "targetClass"),
        kind=_first(about, ECLOD + "kind"),
        parents=tuple(sorted(node.value.removeprefix(SHAPES) for node in about.get(_SH + "node", ()))),
        severity=_severity(about),
        fields=tuple(sorted(fields, key=lambda field: (field.order, field.name))),
        rules=tuple(_rules(facts, about, "", broken, leave="node")),
        passing=tuple(_example(path) for path in sorted((examples / name).glob("valid.*.ttl"))),
    )


def _field(facts: Facts, iri: str, broken: Mapping[str, Example]) -> FieldRules:
    about = facts[iri]
    anchor = iri.removeprefix(SHAPES)
    name = anchor.partition("-")[2]
    lists = tuple(sorted(value.value for value in about.get(ECLOD + "codeList", ())))
    return FieldRules(
        anchor=anchor,
        name=name,
        path=_first(about, _SH + "path") or "",
        labels=_words(about, _SH + "name"),
        descriptions=_words(about, _SH + "description"),
        messages=_words(about, _SH + "message"),
        severity=_severity(about),
        rules=tuple(_rules(facts, about, name, broken)),
        code_lists=lists,
        target=None if lists else _target(facts, about),
        order=float(_first(about, _SH + "order") or "inf"),
    )


def _target(facts: Facts, about: Mapping[str, Sequence[Term]]) -> str | None:
    """Return the shape of what a field leads to: the one it names, else the one of the class it names."""
    node, kind = _first(about, _SH + "node"), _first(about, _SH + "class")
    if node is not None:
        return node.removeprefix(SHAPES)
    owners = (iri for iri, found in facts.items() if kind and _first(found, _SH + "targetClass") == kind)
    return next((iri.removeprefix(SHAPES) for iri in owners), None)


def _rules(
    facts: Facts, about: Mapping[str, Sequence[Term]], field: str, broken: Mapping[str, Example], leave: str = ""
) -> Iterable[Rule]:
    for parameter in sorted(_WORDS):
        values = about.get(_SH + parameter, ())
        if not values or parameter == leave:
            continue
        example = broken.get(f"invalid.{field}-{parameter}.ttl" if field else f"invalid.{parameter}.ttl")
        shapes = [value.value.removeprefix(SHAPES) for value in values if value.value.startswith(SHAPES)]
        said = " or ".join(_said(facts, value) for value in values)
        words = _WORDS[parameter]
        if parameter == "qualifiedMinCount":
            inner = about[_SH + "qualifiedValueShape"][0]
            shapes = [inner.value.removeprefix(SHAPES)]
            yield Rule(parameter, words.format(said, _said(facts, inner)), shapes[0], example)
        else:
            yield Rule(parameter, words.format(said), shapes[0] if shapes else None, example)


def _said(facts: Facts, value: Term) -> str:
    """Return a value of a parameter in words: the English label of a shape, a prefixed name, or the literal."""
    if isinstance(value, Literal):
        return value.value
    labels = {language: text for text, language in _words(facts.get(value.value, {}), expand("rdfs:label"))}
    name = shorten(value.value)
    return labels.get("en") or _TYPES.get(name, name)


def _words(about: Mapping[str, Sequence[Term]], name: str) -> Words:
    return tuple((value.value, value.language or "") for value in about.get(name, ()) if isinstance(value, Literal))


def _first(about: Mapping[str, Sequence[Term]], name: str) -> str | None:
    return next((value.value for value in about.get(name, ())), None)


def _severity(about: Mapping[str, Sequence[Term]]) -> str:
    return (_first(about, _SH + "severity") or _SH + "Violation").removeprefix(_SH)


def _example(path: Path) -> Example:
    """Return an example: its first line is a comment that says why it is there."""
    why, _, text = path.read_text(encoding="utf-8").partition("\n")
    return Example(why.lstrip("# "), text) if why.startswith("#") else Example("", f"{why}\n{text}")
