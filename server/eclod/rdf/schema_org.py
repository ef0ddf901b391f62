"""Things in schema.org, as search engines read them: what every page embeds and what the profile `schema` gives.

Classes and properties are those of `ontology/alignments.ttl`; the tables here have what that file cannot say. A query
as the other profiles have takes 2 ms to be parsed, for each page again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

import pyoxigraph as ox

from eclod.core.namespaces import PREFIXES, SCHEME, expand

#: The subject of a triple, and its object.
_Node = ox.NamedNode | ox.BlankNode | ox.Triple
_Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

_SCHEMA: Final = PREFIXES["schema"]


def _schema(name: str) -> ox.NamedNode:
    return ox.NamedNode(_SCHEMA + name)


def _table(names: Mapping[str, str]) -> dict[str, ox.NamedNode]:
    return {expand(own): _schema(name) for own, name in names.items()}


_TYPE: Final = ox.NamedNode(expand("rdf:type"))
_MATCHES: Final = frozenset(map(expand, ("skos:exactMatch", "skos:closeMatch", "skos:broadMatch")))
_EXACT: Final = expand("skos:exactMatch")
_ORGANISATION: Final = _schema("Organization")
#: What properties of others are called there.
_CALLED: Final = _table(
    {
        "skos:prefLabel": "name",
        "dct:title": "name",
        "rdfs:label": "name",
        "foaf:name": "name",
        "skos:altLabel": "alternateName",
        "legal:legalName": "legalName",
        "dct:description": "description",
        "skos:definition": "description",
        "foaf:homepage": "url",
        "owl:sameAs": "sameAs",
        "dct:identifier": "identifier",
        "dcat:keyword": "keywords",
        "dct:license": "license",
        "dct:issued": "datePublished",
        "dct:modified": "dateModified",
        "skos:notation": "termCode",
        "skos:inScheme": "inDefinedTermSet",
        "cv:parentEvent": "superEvent",
        "eli:date_document": "legislationDate",
        "eli:id_local": "legislationIdentifier",
        "eurio:startDate": "startDate",
        "eurio:endDate": "endDate",
        "adms:identifier": "identifier",
        "geo:hasDefaultGeometry": "location",
    }
)
_TOPIC: Final = expand("foaf:primaryTopic")
_PAGE: Final = _schema("mainEntityOfPage")

_ADDRESS: Final = expand("locn:address")
_EVENT: Final = expand("cv:PublicEvent")
_COUNTRY: Final = expand("eclod:country")
_ISO: Final = expand("eclod:iso-alpha-2")
_IN_ADDRESS: Final = _table(
    {
        "locn:thoroughfare": "streetAddress",
        "locn:postCode": "postalCode",
        "locn:postName": "addressLocality",
        "locn:adminUnitL2": "addressRegion",
    }
)
_GEOMETRY: Final = expand("geo:hasDefaultGeometry")
_WKT: Final = expand("geo:asWKT")
_POINT: Final = re.compile(r"(?:<[^>]*> *)?POINT *[(] *(-?[0-9]+[.]?[0-9]*) +(-?[0-9]+[.]?[0-9]*) *[)]")
_DECIMAL: Final = ox.NamedNode(expand("xsd:decimal"))

#: What stands under its name: property, class there, whether only an organisation is said to have it.
_NAMED: Final = {
    expand("dct:spatial"): (_schema("areaServed"), _schema("AdministrativeArea"), True),
    expand("eclod:country"): (_schema("areaServed"), _schema("Country"), True),
    expand("eclod:sector"): (_schema("knowsAbout"), _schema("DefinedTerm"), True),
    expand("eclod:ecosystem"): (_schema("knowsAbout"), _schema("DefinedTerm"), True),
    expand("dct:publisher"): (_schema("publisher"), _ORGANISATION, False),
}
_NAMES: Final = _table({"skos:prefLabel": "name", "foaf:name": "name", "skos:notation": "identifier"})

_IDENTIFIER: Final = expand("adms:identifier")
_NOTATION: Final = expand("skos:notation")
_CONFORMS: Final = expand("dct:conformsTo")
#: Identifiers that have a property of their own there.
_OWN_NUMBERS: Final = {
    f"{SCHEME}identifier-scheme/{kind}": _schema(name)
    for kind, name in (("lei", "leiCode"), ("vat", "vatID"), ("duns", "duns"))
}
_TIME: Final = expand("time:hasTime")
_ENDS: Final = _table({"time:hasBeginning": "startDate", "time:hasEnd": "endDate"})
_MOMENTS: Final = tuple(map(expand, ("time:inXSDDate", "time:inXSDDateTimeStamp", "time:inXSDgYear")))
_FORMAT: Final = expand("cv:format")
_ATTENDANCE: Final = {
    "on-site": _schema("OfflineEventAttendanceMode"),
    "online": _schema("OnlineEventAttendanceMode"),
    "hybrid": _schema("MixedEventAttendanceMode"),
}


class SchemaOrg:
    """Knows how classes and properties are called there, as alignments say."""

    def __init__(self, alignments: Iterable[ox.Triple]) -> None:
        self._aligned: dict[str, list[ox.NamedNode]] = defaultdict(list)
        self._organisations: set[str] = set()
        for triple in alignments:
            own, there = triple.subject, triple.object
            if (
                triple.predicate.value in _MATCHES
                and isinstance(own, ox.NamedNode)
                and isinstance(there, ox.NamedNode)
                and there.value.startswith(_SCHEMA)
            ):
                self._aligned[own.value].append(there)
                if there == _ORGANISATION and triple.predicate.value != _EXACT:
                    self._organisations.add(own.value)

    def represent(self, iri: str, description: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
        """Return a thing in schema.org from what is said about it; a triple may come twice."""
        thing = ox.NamedNode(iri)
        said = _Said(description)
        about = said.of(thing)
        types = {kind.value for kind in about.get(_TYPE.value, ()) if isinstance(kind, ox.NamedNode)}
        for own, values in about.items():
            for value in values:
                for name in self._names(own):
                    yield ox.Triple(thing, name, value)
        for kind in types:
            for name in self._names_of_class(kind):
                yield ox.Triple(thing, _TYPE, name)
        for page in said.pages(thing):
            yield ox.Triple(thing, _PAGE, page)
        yield from _place(thing, said, _EVENT in types)
        yield from _named(thing, said, not self._organisations.isdisjoint(types))
        yield from _identifiers(thing, said)
        yield from _times(thing, said)

    def _names(self, own: str) -> Iterator[ox.NamedNode]:
        """Return what a property is called."""
        yield from self._aligned.get(own, ())
        if (name := _CALLED.get(own)) is not None:
            yield name
        if own.startswith(_SCHEMA):
            yield ox.NamedNode(own)

    def _names_of_class(self, kind: str) -> Iterator[ox.NamedNode]:
        yield from self._aligned.get(kind, ())
        if kind.startswith(_SCHEMA):
            yield ox.NamedNode(kind)


class _Said:
    """What is said, by subject and property."""

    def __init__(self, description: Iterable[ox.Triple]) -> None:
        self._by_subject: dict[_Node, dict[str, list[_Term]]] = {}
        self._pages: list[tuple[_Node, _Term]] = []
        for triple in description:
            subject, name = triple.subject, triple.predicate.value
            self._by_subject.setdefault(subject, {}).setdefault(name, []).append(triple.object)
            if name == _TOPIC:
                self._pages.append((subject, triple.object))

    def of(self, subject: _Term) -> Mapping[str, list[_Term]]:
        return {} if isinstance(subject, ox.Literal) else self._by_subject.get(subject, {})

    def parts(self, subject: _Term, name: str) -> Iterator[tuple[_Node, Mapping[str, list[_Term]]]]:
        """Return the values of a property that are no literals, and what is said about each."""
        for value in self.of(subject).get(name, ()):
            if not isinstance(value, ox.Literal):
                yield value, self.of(value)

    def pages(self, thing: ox.NamedNode) -> Iterator[_Node]:
        return (page for page, topic in self._pages if topic == thing)


def _place(thing: ox.NamedNode, said: _Said, is_event: bool) -> Iterator[ox.Triple]:
    """Return where a thing is; an event is at a place, which has the address."""
    at = thing
    for address in said.of(thing).get(_ADDRESS, ()):
        if is_event:
            at = ox.NamedNode(f"{thing.value}#venue")
            yield ox.Triple(thing, _schema("location"), at)
            yield ox.Triple(at, _TYPE, _schema("Place"))
        yield ox.Triple(at, _schema("address"), address)
    for part, facts in said.parts(thing, _ADDRESS):
        found = [(name, value) for own, name in _IN_ADDRESS.items() for value in facts.get(own, ())]
        for country in facts.get(_COUNTRY, ()):
            for code in said.of(country).get(_NOTATION, ()):
                if isinstance(code, ox.Literal) and code.datatype.value == _ISO:
                    found.append((_schema("addressCountry"), ox.Literal(code.value)))
        yield from _part(part, _schema("PostalAddress"), found)
    for part, facts in said.parts(thing, _GEOMETRY):
        for wkt in facts.get(_WKT, ()):
            if isinstance(wkt, ox.Literal) and (point := _POINT.fullmatch(wkt.value)):
                degrees = zip((_schema("longitude"), _schema("latitude")), point.groups(), strict=True)
                yield from _part(part, _schema("Place"), [(name, _decimal(number)) for name, number in degrees])


def _named(thing: ox.NamedNode, said: _Said, is_organisation: bool) -> Iterator[ox.Triple]:
    """Return where an organisation works, its fields, and who stands behind a thing, under their names."""
    for own, (name, kind, only_organisations) in _NAMED.items():
        if only_organisations and not is_organisation:
            continue
        for value in said.of(thing).get(own, ()):
            yield ox.Triple(thing, name, value)
        for part, facts in said.parts(thing, own):
            called = [(called, text) for label, called in _NAMES.items() for text in facts.get(label, ())]
            yield ox.Triple(part, _TYPE, kind)
            yield from _part(part, kind, [(name, _text(text)) for name, text in called if isinstance(text, ox.Literal)])


def _identifiers(thing: ox.NamedNode, said: _Said) -> Iterator[ox.Triple]:
    """Return the identifiers that others gave."""
    for part, facts in said.parts(thing, _IDENTIFIER):
        numbers = facts.get(_NOTATION, ())
        found = [(_schema("value"), number) for number in numbers]
        for scheme in facts.get(_CONFORMS, ()):
            found += [(_schema("propertyID"), code) for code in said.of(scheme).get(_NOTATION, ())]
            if isinstance(scheme, ox.NamedNode) and (own := _OWN_NUMBERS.get(scheme.value)) is not None:
                for number in numbers:
                    yield ox.Triple(thing, own, number)
        yield from _part(part, _schema("PropertyValue"), found)


def _times(thing: ox.NamedNode, said: _Said) -> Iterator[ox.Triple]:
    """Return when an event is, and whether one goes there."""
    for time, _ in said.parts(thing, _TIME):
        for end, name in _ENDS.items():
            for _, moment in said.parts(time, end):
                for value in (value for own in _MOMENTS for value in moment.get(own, ())):
                    yield ox.Triple(thing, name, value)
    for how in said.of(thing).get(_FORMAT, ()):
        if isinstance(how, ox.NamedNode) and (mode := _ATTENDANCE.get(how.value.rpartition("/")[2])) is not None:
            yield ox.Triple(thing, _schema("eventAttendanceMode"), mode)


def _part(part: _Node, kind: ox.NamedNode, said: Iterable[tuple[ox.NamedNode, _Term]]) -> Iterator[ox.Triple]:
    """Return a part of which something is said."""
    for name, value in said:
        yield ox.Triple(part, _TYPE, kind)
        yield ox.Triple(part, name, value)


def _text(name: ox.Literal) -> ox.Literal:
    """Return a name without a datatype."""
    return name if name.language else ox.Literal(name.value)


def _decimal(number: str) -> ox.Literal:
    """Return a number in its canonical form (XML Schema 1.1, section 3.3.3.2, without the point of an integer)."""
    text = f"{Decimal(number):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return ox.Literal("0" if text in ("-0", "") else text, datatype=_DECIMAL)
