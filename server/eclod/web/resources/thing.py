"""The page about one thing: its properties with their sources, what links to it, where it is."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import pyoxigraph as ox

from eclod.core import labels as label_choice
from eclod.core.iris import split_path
from eclod.core.namespaces import expand, shorten
from eclod.core.wkt import point_of, rings_of
from eclod.web.messages.views import Alternate
from eclod.web.resources import links, questions, statements
from eclod.web.resources.claims import Claim
from eclod.web.resources.descriptions import Description
from eclod.web.resources.incoming import DIMENSIONS, read_incoming
from eclod.web.resources.incoming import Links as IncomingLinks
from eclod.web.resources.sources import Sources
from eclod.web.resources.statements import Reader
from eclod.web.resources.views import Group, Place, Term, ThingView, Value
from eclod.web.resources.wording import Wording

_TYPE: Final = expand("rdf:type")
_WKT: Final = expand("geo:asWKT")
_DESCRIPTIONS: Final = tuple(expand(name) for name in ("dct:description", "skos:definition", "rdfs:comment"))
#: What goes before the rest, which is ordered by label; inside a part this makes a sentence of its summary.
_ORDER: Final = (
    *label_choice.LABEL_PROPERTIES[:-1],
    *_DESCRIPTIONS,
    *map(expand, ("locn:fullAddress", "locn:thoroughfare", "locn:postCode", "locn:postName", "locn:adminUnitL1")),
    *map(expand, ("eurio:hasFundingAmount", "eurio:value", "eurio:currency")),
    *map(expand, ("time:hasBeginning", "time:hasEnd")),
    *map(expand, ("dct:conformsTo", "skos:notation")),
)
_POSITIONS: Final = {name: position for position, name in enumerate(_ORDER)}
#: What stands between the values of a part in its summary, when the part has the property; else a comma.
_BETWEEN: Final = {expand("eurio:currency"): " ", expand("time:hasEnd"): " – "}
_SAME: Final = expand("owl:sameAs")
_SPATIAL: Final = ox.NamedNode(expand("dct:spatial"))
_DEEPEST: Final = 4
_LONGEST_IN_SUMMARY: Final = 80
#: Positions of an outline on a page, where it is as wide as a hand.
_OUTLINE: Final = 400

Points = Mapping[str, tuple[float, float]]


class ThingPage:
    """Puts the page about one thing together."""

    def __init__(
        self, description: Description, wording: Wording, incoming: IncomingLinks, claims: Sequence[Claim] = ()
    ) -> None:
        self._description = description
        self._wording = wording
        self._incoming = incoming
        self._sources = Sources(description, claims)
        self._main = frozenset(description.main)
        self._by_subject: dict[ox.NamedNode | ox.BlankNode | ox.Triple, list[ox.Triple]] = defaultdict(list)
        for triple in dict.fromkeys([*description.main, *(q.triple for q in description.claims)]):
            self._by_subject[triple.subject].append(triple)
        self._node = ox.NamedNode(description.iri)

    def view(self, alternates: Sequence[Alternate], address: str) -> ThingView:
        """Return all facts of the page."""
        iri = self._description.iri
        types = tuple(self._wording.thing(kind) for kind in self._description.types)
        label, language = self._wording.label(iri) or self._label_of_same() or (self._made_label(), "")
        path = self._description.names.path_of(iri)
        thing = split_path(path) if path else None
        incoming = self._incoming.views(self._wording, iri)
        return ThingView(
            iri=iri,
            label=label,
            language=language,
            types=types,
            description=self._best_description(),
            groups=self._groups(self._node, 0),
            incoming=incoming,
            places=self._places(label),
            outline=self._outline(),
            sources=self._sources.all,
            alternates=tuple(alternates),
            canonical=iri,
            document=address,
            release=self._description.release,
            kind=thing[0] if thing else "",
            questions=questions.about(iri, {link.property_iri for link in incoming}),
            query_href=links.edit_about(iri),
        )

    def _label_of_same(self) -> tuple[str, str] | None:
        """Return the name of what the thing is said to be the same as: another's identifier often has no other."""
        said = [
            t.object.value for t in self._by_subject[self._node] if _is_same(t) and isinstance(t.object, ox.NamedNode)
        ]
        others = (*said, *self._incoming.subjects.get(_SAME, ()))
        return next((named for other in others if (named := self._wording.label(other))), None)

    def _made_label(self) -> str:
        """Return a name for what has none of its own: the things that a membership joins, or the IRI."""
        ends = [
            named[0]
            for triple in self._by_subject[self._node]
            if isinstance(triple.object, ox.NamedNode)
            and split_path(self._description.names.path_of(triple.object.value) or "")
            and (named := self._wording.label(triple.object.value))
        ]
        if ends:
            return " – ".join(dict.fromkeys(ends))
        if dimensions := self._dimensions():
            return ", ".join(dimensions)
        return shorten(self._description.iri)

    def _dimensions(self) -> list[str]:
        """Return what an observation is about, in words: sector, region and period."""
        values = {triple.predicate.value: triple.object for triple in self._by_subject[self._node]}
        found = []
        for name in DIMENSIONS:
            value = values.get(name)
            if isinstance(value, ox.Literal):
                found.append(value.value)
            elif isinstance(value, ox.NamedNode) and (named := self._wording.label(value.value)):
                found.append(named[0])
        return found

    def _best_description(self) -> Term | None:
        for name in _DESCRIPTIONS:
            texts = [
                (t.object.value, t.object.language or "")
                for t in self._by_subject[self._node]
                if t.predicate.value == name and isinstance(t.object, ox.Literal) and t in self._main
            ]
            if chosen := label_choice.choose(texts, self._wording.languages):
                return Term(chosen[0], language=chosen[1])
        return None

    def _groups(self, node: ox.NamedNode | ox.BlankNode, depth: int) -> tuple[Group, ...]:
        """Return the properties of a node with their values, name and description first, then by label."""
        values: dict[str, list[Value]] = defaultdict(list)
        for triple in self._by_subject[node]:
            if triple.predicate.value != _TYPE:
                values[triple.predicate.value].append(self._value(triple, depth))
        groups = [
            Group(
                name,
                self._wording.property(name),
                tuple(sorted(found, key=lambda v: (not v.merged, *self._wording.rank(v.term)))),
                href=links.describe(name) if self._wording.knows(name) else None,
            )
            for name, found in values.items()
        ]
        return tuple(sorted(groups, key=lambda group: (_position(group.property_iri), group.label.casefold())))

    def _value(self, triple: ox.Triple, depth: int) -> Value:
        sources, merged, said = self._sources.of(triple), triple in self._main, self._sources.said(triple)
        if not self._is_part(triple.object) or depth >= _DEEPEST:
            return Value(self._wording.term(triple.object), sources, merged=merged, said=said)
        assert isinstance(triple.object, ox.NamedNode | ox.BlankNode)
        nested = self._groups(triple.object, depth + 1)
        iri = triple.object.value if isinstance(triple.object, ox.NamedNode) else None
        return Value(Term(_summary(nested), iri=iri), sources, nested, merged, said)

    def _is_part(self, term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> bool:
        if isinstance(term, ox.NamedNode):
            return term.value.startswith(self._description.iri + "#") and term in self._by_subject
        return isinstance(term, ox.BlankNode) and term in self._by_subject

    def _places(self, label: str) -> tuple[Place, ...]:
        """Return the points of the thing and its parts that are in longitude and latitude."""
        found: dict[tuple[float, float], Place] = {}
        for triple in self._description.main:
            if triple.predicate.value == _WKT and isinstance(triple.object, ox.Literal):
                point = point_of(triple.object.value)
                if point is not None:
                    found.setdefault(point, Place(*point, label))
        return tuple(found.values())

    def _outline(self) -> str:
        """Return the boundary of a place, rings between semicolons: `15.2,50.1 15.3,50.2;…`; the finest said."""
        said = (t.object for t in self._description.main if t.predicate.value == _WKT)
        texts = [value.value for value in said if isinstance(value, ox.Literal)]
        rings = rings_of(max(texts, key=len), _OUTLINE) if texts else ()
        return ";".join(" ".join(f"{east:.3f},{north:.3f}" for east, north in ring) for ring in rings)


def read_view(
    reader: Reader,
    description: Description,
    wording: Wording,
    alternates: Sequence[Alternate],
    address: str,
    claims: Sequence[Claim] = (),
) -> ThingView:
    """Return the page about a thing: one to six questions, however much there is about it."""
    outgoing = {t.object.value for t in description.main if isinstance(t.object, ox.NamedNode)}
    found = read_incoming(reader, description.iri, description.incoming, outgoing, description.names)
    every = [*description.main, *(q.triple for q in description.claims)]
    named = {iri for triple in every for iri in _iris(triple)} | found.iris()
    names = statements.names(reader, named - {description.iri})
    wording.learn_names(names)
    # Of two dozen languages, a page tells search engines what a visitor reads.
    read = {*wording.languages, *label_choice.FALLBACK_LANGUAGES}
    description.labels = [name for iri in sorted(outgoing & names.keys()) for name in names[iri].in_languages(read)]
    wording.learn_joined(found.joined)
    wording.learn_composed(found.composed)
    wording.learn(t for t in description.main if t.subject == ox.NamedNode(description.iri))
    return ThingPage(description, wording, found, claims).view(alternates, address)


def at_regions(view: ThingView, description: Description, wording: Wording, points: Callable[[], Points]) -> ThingView:
    """Return the page of a thing of ours whose place nobody has stated with the points of its regions."""
    if view.places or view.outline or not view.kind:
        return view
    node = ox.NamedNode(description.iri)
    regions = sorted({iri for t in description.main if _is_in(t, node) for iri in _iris(t) if iri != _SPATIAL.value})
    known = points() if regions else {}
    places = tuple(Place(*known[iri], wording.thing(iri).text) for iri in regions if iri in known)
    return dataclasses.replace(view, places=places, of_region=bool(places))


def _is_in(triple: ox.Triple, node: ox.NamedNode) -> bool:
    return triple.predicate == _SPATIAL and triple.subject == node


def _is_same(triple: ox.Triple) -> bool:
    return triple.predicate.value == _SAME


def _iris(triple: ox.Triple) -> Iterable[str]:
    return (term.value for term in (triple.predicate, triple.object) if isinstance(term, ox.NamedNode))


def _position(name: str) -> int:
    return _POSITIONS.get(name, len(_POSITIONS))


def _summary(groups: Sequence[Group]) -> str:
    """Return the short texts of a part in one line: "Nørregade 10, 1165, København"; "83200 EUR"."""
    texts = [
        value.term.text
        for group in groups
        if group.property_iri != _WKT
        for value in group.values
        if value.merged and value.term.text and len(value.term.text) <= _LONGEST_IN_SUMMARY
    ]
    between = next((_BETWEEN[group.property_iri] for group in groups if group.property_iri in _BETWEEN), ", ")
    return between.join(dict.fromkeys(texts))
