"""The rules that a problem can break: what each is called, and which constraint of SHACL it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from pyoxigraph import Literal, NamedNode, RdfFormat
from pyoxigraph import parse as parse_rdf

from eclod.core import assets
from eclod.core.namespaces import SHAPES, expand
from eclod_loaders.reporting.language import Speech

_SHAPE: Final = "shape:"
_MESSAGE: Final = expand("sh:message")
_PATH: Final = expand("sh:path")
_NAME: Final = expand("sh:name")

#: rule of the loaders -> (what it is called, constraint component of SHACL, section 4)
_OF_LOADERS: Final[Mapping[str, tuple[str, str]]] = {
    "boolean": ("Neither true nor false", "Datatype"),
    "conflict": ("Rows that contradict each other", "MaxCount"),
    "coordinates": ("Coordinates that cannot be", "Pattern"),
    "date": ("Dates that cannot be read", "Datatype"),
    "encoding": ("Damaged letters", "Pattern"),
    "formula": ("Formulas instead of values", "Pattern"),
    "given": ("Identifiers of ours that were never given", "Pattern"),
    "identifier": ("Identifiers that are not valid", "Pattern"),
    "iri": ("Names that are no web address", "NodeKind"),
    "kind": ("Several kinds of thing at once", "Class"),
    "language": ("Languages that do not exist", "LanguageIn"),
    "left-out": ("Cells left out on purpose", "Pattern"),
    "markup": ("Mark-up of web pages", "Pattern"),
    "missing": ("Empty cells that are needed", "MinCount"),
    "not-in-shapes": ("Statements that the shapes do not have", "Closed"),
    "number": ("Numbers that cannot be read", "Datatype"),
    "part": ("Parts that are not described", "Node"),
    "pattern": ("Cells in another form than expected", "Pattern"),
    "region": ("Regions of another country", "In"),
    "row": ("Rows that do not fit the table", "Node"),
    "time": ("Times that cannot be read", "Datatype"),
    "too-long": ("Texts that are too long", "MaxLength"),
    "undescribed": ("Refers to something that is not described", "Class"),
    "unknown-code": ("Codes that are in no list", "In"),
    "unknown-value": ("Values without a translation", "In"),
    "url": ("Web addresses that cannot be read", "Pattern"),
    "value": ("Values of another sort than expected", "NodeKind"),
}
#: constraint component -> what breaking it is called
_OF_SHAPES: Final[Mapping[str, str]] = {
    "MinCount": "Missing: {field}",
    "MaxCount": "More than one value: {field}",
    "UniqueLang": "More than one text in a language: {field}",
    "Class": "Refers to something that is missing or of another kind: {field}",
    "Node": "Not as it has to be: {field}",
    "LessThanOrEquals": "In the wrong order: {field}",
    "LessThan": "In the wrong order: {field}",
}
_OTHER: Final = "Not as it has to be: {field}"


@dataclass(frozen=True, slots=True)
class ShapeRule:
    """What a shape says about itself: messages and name by language, and the property it is about."""

    messages: Mapping[str, str]
    names: Mapping[str, str]
    path: str


@cache
def shape_rules() -> Mapping[str, ShapeRule]:
    """Return what each shape says about itself, by its name after the `#`."""
    texts: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    paths: dict[str, str] = {}
    for file in assets.gating_shapes():
        for quad in parse_rdf(path=file, format=RdfFormat.TURTLE):
            if not isinstance(quad.subject, NamedNode):
                continue
            shape, predicate = quad.subject.value.removeprefix(SHAPES), quad.predicate.value
            if predicate in (_MESSAGE, _NAME) and isinstance(quad.object, Literal):
                texts[shape][predicate][quad.object.language or ""] = quad.object.value
            elif predicate == _PATH and isinstance(quad.object, NamedNode):
                paths[shape] = quad.object.value
    return {
        shape: ShapeRule(texts[shape][_MESSAGE], texts[shape][_NAME], paths.get(shape, ""))
        for shape in texts.keys() | paths.keys()
    }


def of_shape(rule: str) -> tuple[str, str] | None:
    """Return (name of the shape, constraint component) of a rule that a shape states, or None."""
    if not rule.startswith(_SHAPE):
        return None
    shape, _, component = rule.removeprefix(_SHAPE).rpartition("/")
    return shape, component


@cache
def path(rule: str) -> str:
    """Return the IRI of the property that a rule is about, or nothing."""
    named = of_shape(rule)
    found = shape_rules().get(named[0]) if named else None
    return found.path if found else ""


def title(rule: str, say: Speech) -> str:
    """Return what a rule is called, in the language of the report."""
    named = of_shape(rule)
    if named is None:
        known = _OF_LOADERS.get(rule)
        return say(known[0]) if known else rule
    shape, component = named
    found = shape_rules().get(shape)
    return say(_OF_SHAPES.get(component, _OTHER), field=(say.of(found.names) if found else "") or shape)


def sentence(rule: str, message: str, say: Speech) -> str:
    """Return what a problem says, in the language of the report."""
    named = of_shape(rule)
    if named is None:
        return say.sentence(message)
    found = shape_rules().get(named[0])
    return (say.of(found.messages) if found else "") or message


@cache
def component(rule: str) -> str:
    """Return the IRI of the constraint component of SHACL that a rule stands for."""
    named = of_shape(rule)
    name = named[1] if named else _OF_LOADERS.get(rule, ("", "Node"))[1]
    return expand("sh:") + f"{name}ConstraintComponent"


def known_rules() -> Sequence[str]:
    """Return the rules of the loaders."""
    return sorted(_OF_LOADERS)
