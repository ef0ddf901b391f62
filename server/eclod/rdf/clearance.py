"""Which nodes plainly conform to the shapes, found in one pass, so that the full judgement is spent on the others.

This is no second validator. It answers yes only where every constraint on a node is one of those below and is met
beyond doubt; anything else, a violation as much as a constraint it does not know, is left to pyshacl, which alone
reports. So a mistake to fear is one kind only, a yes too many, and a test compares the two on random graphs.

Constraints are those of SHACL, section 4: class, nodeKind, datatype, minCount, maxCount, minInclusive, maxInclusive,
pattern, uniqueLang, lessThanOrEquals, not (of a shape that is a pattern or a hasValue only), node, property,
qualifiedValueShape with a minimum, hasValue; targets are classes, and paths are single properties.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import pyoxigraph as ox
import rdflib
from rdflib.namespace import RDF, RDFS, SH

from eclod.rdf import certainty
from eclod.rdf.certainty import Term

#: node -> property IRI -> values
Facts = Mapping[Term, Mapping[str, list[Term]]]

_SH: Final = str(SH)
_TYPE: Final = str(RDF.type)
_SUBCLASS: Final = str(RDFS.subClassOf)
_NOTHING: Final[Mapping[str, list[Term]]] = {}

#: What says nothing about whether a node conforms.
_WORDS: Final = frozenset(
    {RDF.type, SH.targetClass, SH.severity, SH.message, SH.name, SH.description, SH.order, SH.group, SH.defaultValue}
    | {SH.path}
)
_KINDS: Final[Mapping[object, tuple[type, ...]]] = {
    SH.IRI: (ox.NamedNode,),
    SH.Literal: (ox.Literal,),
    SH.BlankNode: (ox.BlankNode,),
    SH.BlankNodeOrIRI: (ox.NamedNode, ox.BlankNode),
    SH.IRIOrLiteral: (ox.NamedNode, ox.Literal),
    SH.BlankNodeOrLiteral: (ox.BlankNode, ox.Literal),
}


class _Unknown(Exception):
    """A shape has something that is not judged here."""


@dataclass(slots=True)
class _Data:
    """The graph that is looked at, and what was found out about pairs of a shape and a node."""

    facts: Facts
    found: dict[tuple[str, Term], bool]


#: Whether one value node meets a constraint.
_Check = Callable[[Term, _Data], bool]


@dataclass(frozen=True, slots=True)
class _Values:
    """What a property shape asks of the values of a property, one by one and together."""

    name: str
    path: str
    least: int
    most: int | None
    each: tuple[_Check, ...]
    one_per_language: bool
    has: tuple[Term, ...]
    some: tuple[tuple[_Check, int], ...]
    up_to: tuple[str, ...]

    def met(self, values: list[Term], about: Mapping[str, list[Term]], data: _Data) -> bool:
        count = len(values)
        if count < self.least or (self.most is not None and count > self.most):
            return False
        for check in self.each:
            for value in values:
                if not check(value, data):
                    return False
        if count > 1 and self.one_per_language and not certainty.languages_differ(values):
            return False
        return (
            all(value in values for value in self.has)
            and all(sum(check(value, data) for value in values) >= least for check, least in self.some)
            and all(certainty.in_order(values, about.get(other, [])) for other in self.up_to)
        )


@dataclass(frozen=True, slots=True)
class _NodeShape:
    """A node shape: what it asks of the node itself and of its properties; `demanding` are those it must have.

    `advises` says that it has a rule whose breach is no violation but a warning or an information.
    """

    name: str
    itself: tuple[_Check, ...]
    properties: Mapping[str, tuple[_Values, ...]]
    demanding: tuple[_Values, ...]
    advises: bool

    def met(self, node: Term, data: _Data) -> bool:
        key = (self.name, node)
        known = data.found.get(key)
        if known is None:
            data.found[key] = False  # what depends on itself is left to the full judgement
            known = data.found[key] = self._met(node, data)
        return known

    def _met(self, node: Term, data: _Data) -> bool:
        about = data.facts.get(node, _NOTHING)
        for check in self.itself:
            if not check(node, data):
                return False
        for path, values in about.items():
            for asked in self.properties.get(path, ()):
                if not asked.met(values, about, data):
                    return False
        return all(asked.path in about or asked.met([], about, data) for asked in self.demanding)

    def unmet(self, node: Term, data: _Data) -> set[str] | None:
        """Return the property shapes that a node does not plainly meet; None when it is the node itself, too."""
        about = data.facts.get(node, _NOTHING)
        if not all(check(node, data) for check in self.itself):
            return None
        asked = {rule.name: rule for path in about for rule in self.properties.get(path, ())}
        asked |= {rule.name: rule for rule in self.demanding}
        return {name for name, rule in asked.items() if not rule.met(about.get(rule.path, []), about, data)}


@dataclass(frozen=True, slots=True)
class Doubt:
    """Things that do not plainly conform, and the property shapes (IRIs) that may be to blame; None: any."""

    things: list[str]
    rules: frozenset[str] | None


class Clearance:
    """The shapes, made ready for the look."""

    def __init__(self, shapes: rdflib.Graph) -> None:
        self._shapes = shapes
        self._made: dict[rdflib.term.Node, _NodeShape | None] = {}
        self._targets: dict[str, list[_NodeShape | None]] = {}
        for shape, target in shapes.subject_objects(SH.targetClass):
            self._targets.setdefault(str(target), []).append(self._shape(shape))
        self._usable = not any(
            (None, target, None) in shapes
            for target in (SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf, SH.target)
        ) and not any((None, RDF.type, each) in shapes for each in (RDFS.Class, rdflib.OWL.Class))

    def doubtful(self, things: Mapping[str, list[ox.Triple]], beside: Iterable[ox.Triple]) -> list[Doubt]:
        """Return the things that do not plainly conform, those with the same sort of doubt together, in their order.

        `things` has for each the statements about it and its nested nodes. What stands beside is not judged, but a
        warning about a code makes all that use it doubtful.
        """
        everything = [Doubt(list(things), None)]
        if not self._usable:
            return everything
        facts: dict[Term, dict[str, list[Term]]] = {}
        for about in things.values():
            _add(facts, about)
        others = dict.fromkeys(beside)
        _add(facts, others)
        if any(_SUBCLASS in about for about in facts.values()):
            return everything  # classes would have to be followed upwards
        data = _Data(facts, {})
        spoken_of: set[Term] = {
            node for node in {triple.subject for triple in others} if not self._conforms(node, data, advice_only=True)
        }
        found: dict[bool, list[str]] = {True: [], False: []}
        rules: set[str] = set()
        for name, about in things.items():
            unmet = self._unmet(about, data, spoken_of)
            if unmet is None or unmet:
                found[unmet is None].append(name)
                rules |= unmet or set()
        doubts = [Doubt(found[False], frozenset(rules)), Doubt(found[True], None)]
        return [doubt for doubt in doubts if doubt.things]

    def _unmet(self, about: list[ox.Triple], data: _Data, spoken_of: set[Term]) -> set[str] | None:
        """Return the property shapes that a thing and its nodes do not plainly meet; None for doubts of other sorts."""
        if spoken_of and any(triple.object in spoken_of for triple in about):
            return None
        unmet: set[str] = set()
        for node in {triple.subject for triple in about}:
            if self._conforms(node, data):
                continue
            rules = [None if shape is None else shape.unmet(node, data) for shape in self._shapes_of(node, data)]
            if None in rules or not any(rules):
                return None
            unmet.update(*filter(None, rules))
        return unmet

    def _shapes_of(self, node: Term, data: _Data) -> Iterator[_NodeShape | None]:
        for each in data.facts.get(node, _NOTHING).get(_TYPE, ()):
            yield from self._targets.get(getattr(each, "value", ""), ())

    def _conforms(self, node: Term, data: _Data, advice_only: bool = False) -> bool:
        """Return whether a node plainly conforms to the shapes of all its classes, or to those of them that advise."""
        for shape in self._shapes_of(node, data):
            if shape is None or (not (advice_only and not shape.advises) and not shape.met(node, data)):
                return False
        return True

    # Making shapes ready

    def _shape(self, shape: rdflib.term.Node) -> _NodeShape | None:
        if shape not in self._made:
            self._made[shape] = None  # a shape that leads to itself is not judged here
            with suppress(_Unknown):
                self._made[shape] = self._node_shape(shape)
        return self._made[shape]

    def _node_shape(self, shape: rdflib.term.Node) -> _NodeShape:
        itself: list[_Check] = []
        properties: list[_Values] = []
        for name, value in self._said(shape):
            if name == SH.property:
                properties.append(self._values(value))
            elif name == SH.nodeKind or (check := self._check(name, value)) is None:
                raise _Unknown
            else:
                itself.append(check)
        by_path: dict[str, tuple[_Values, ...]] = {}
        for each in properties:
            by_path[each.path] = (*by_path.get(each.path, ()), each)
        demanding = tuple(each for each in properties if each.least or each.has or each.some)
        return _NodeShape(str(shape), tuple(itself), by_path, demanding, self._advises(shape))

    def _advises(self, shape: rdflib.term.Node) -> bool:
        parts = (shape, *self._shapes.objects(shape, SH.property))
        return any(level != SH.Violation for part in parts for level in self._shapes.objects(part, SH.severity))

    def _values(self, shape: rdflib.term.Node) -> _Values:
        path = self._shapes.value(shape, SH.path)
        if not isinstance(path, rdflib.URIRef):
            raise _Unknown
        said: dict[rdflib.term.Node, list[rdflib.term.Node]] = {}
        each: list[_Check] = []
        for name, value in self._said(shape):
            check = self._check(name, value)
            if check is not None:
                each.append(check)
            else:
                said.setdefault(name, []).append(value)
        least = max(map(_whole_number, said.pop(SH.minCount, [])), default=0)
        if least > 1:
            raise _Unknown  # two spellings may be one value
        most = min(map(_whole_number, said.pop(SH.maxCount, [])), default=None)
        unique = said.pop(SH.uniqueLang, [])
        has = tuple(_iri(value) for value in said.pop(SH.hasValue, []))
        up_to = tuple(_iri(value).value for value in said.pop(SH.lessThanOrEquals, []))
        some = self._some(said.pop(SH.qualifiedValueShape, []), said.pop(SH.qualifiedMinCount, []))
        if said:
            raise _Unknown
        languages = any(value == rdflib.Literal(True) for value in unique)
        return _Values(str(shape), str(path), least, most, tuple(each), languages, has, some, up_to)

    def _said(self, shape: rdflib.term.Node) -> list[tuple[rdflib.term.Node, rdflib.term.Node]]:
        """Return what the shape says in words of SHACL that count; flags change what a pattern means."""
        found = [(name, value) for name, value in self._shapes.predicate_objects(shape) if str(name).startswith(_SH)]
        if (shape, SH.flags, None) in self._shapes:
            raise _Unknown
        return [(name, value) for name, value in found if name not in _WORDS]

    def _check(self, name: rdflib.term.Node, value: rdflib.term.Node) -> _Check | None:
        """Return what a constraint asks of one value, or None for one about all values together."""
        if name == SH["class"]:
            return _of_class(_iri(value))
        if name == SH.nodeKind:
            kinds = _KINDS[value]
            return lambda term, _: isinstance(term, kinds)
        if name == SH.datatype:
            datatype = str(value)
            return lambda term, _: isinstance(term, ox.Literal) and certainty.is_of(term, datatype)
        if name == SH.pattern:
            search = re.compile(str(value)).search
            return lambda term, _: (text := certainty.text(term)) is not None and search(text) is not None
        if name == SH["not"]:
            return self._without(value)
        if name == SH.node:
            shape = self._shape(value)
            if shape is None:
                raise _Unknown
            return shape.met
        if name in (SH.minInclusive, SH.maxInclusive):
            bound = certainty.number(ox.Literal(str(value), datatype=ox.NamedNode(_datatype(value))))
            if bound is None:
                raise _Unknown
            return _within(bound, 1 if name == SH.minInclusive else -1)
        return None

    def _without(self, shape: rdflib.term.Node) -> _Check:
        """Return the check that a value is not what another shape asks, when that is a pattern or one IRI alone."""
        said = self._said(shape)
        if len(said) == 1 and said[0][0] == SH.hasValue:
            unwanted = _iri(said[0][1])
            return lambda term, _: isinstance(term, ox.NamedNode) and term != unwanted
        if len(said) != 1 or said[0][0] != SH.pattern:
            raise _Unknown
        search = re.compile(str(said[0][1])).search
        return lambda term, _: (text := certainty.text(term)) is not None and search(text) is None

    def _some(self, shapes: list[rdflib.term.Node], counts: list[rdflib.term.Node]) -> tuple[tuple[_Check, int], ...]:
        if len(shapes) != len(counts) or len(shapes) > 1 or any(_whole_number(count) > 1 for count in counts):
            raise _Unknown
        made = [(self._shape(shape), _whole_number(count)) for shape, count in zip(shapes, counts, strict=True)]
        if any(shape is None for shape, _ in made):
            raise _Unknown
        return tuple((shape.met, count) for shape, count in made if shape is not None)


def _add(facts: dict[Term, dict[str, list[Term]]], triples: Iterable[ox.Triple]) -> None:
    for triple in triples:
        about = facts.setdefault(triple.subject, {})
        name = triple.predicate.value
        try:
            about[name].append(triple.object)
        except KeyError:
            about[name] = [triple.object]


def _of_class(wanted: ox.NamedNode) -> _Check:
    return lambda term, data: wanted in data.facts.get(term, _NOTHING).get(_TYPE, ())


def _within(bound: Decimal, sign: int) -> _Check:
    def check(term: Term, _: _Data) -> bool:
        number = certainty.number(term)
        return number is not None and number * sign >= bound * sign

    return check


def _whole_number(value: rdflib.term.Node) -> int:
    if not isinstance(value, rdflib.Literal) or not isinstance(value.value, int):
        raise _Unknown
    return value.value


def _datatype(value: rdflib.term.Node) -> str:
    if not isinstance(value, rdflib.Literal) or value.datatype is None:
        raise _Unknown
    return str(value.datatype)


def _iri(value: rdflib.term.Node) -> ox.NamedNode:
    if not isinstance(value, rdflib.URIRef):
        raise _Unknown
    return ox.NamedNode(str(value))
