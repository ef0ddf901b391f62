"""Data at the scale of the European Cluster Collaboration Platform, in the project's ontology, the same every time.

What is drawn is drawn by a fixed seed. Regions, sectors and everything else with a code are the real ones, and their
code lists and the ontology are part of the file.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from benchmarks.names import Choice, Name, Names
from eclod.core import assets, codes, iris
from eclod.core.namespaces import SCHEME, expand
from eclod_loaders.codes.codelists import CodeLists

FILE: Final = "platform.nt"
SEED: Final = 20230623

#: Classes with fewer things than this are not listed when data is written.
WORTH_SAYING: Final = 10

_NACE: Final = "http://data.europa.eu/ux2/nace2.1/nace2.1"
_NUTS: Final = "http://data.europa.eu/nuts/scheme/2024"
_XSD: Final = "http://www.w3.org/2001/XMLSchema#"

#: Members of a cluster lie between these, most near the lower end, so that there are always some with about a hundred.
_FEWEST, _MOST = 8, 180
_PROJECT_PARTNERS: Final = 4


def _term(name: str) -> NamedNode:
    return NamedNode(expand(name))


_TYPE: Final = _term("rdf:type")
_PREF_LABEL: Final = _term("skos:prefLabel")
_COUNTRY: Final = _term("eclod:country")
_REGION: Final = _term("dct:spatial")
_SECTOR: Final = _term("eclod:sector")
_ECOSYSTEM: Final = _term("eclod:ecosystem")
_HOMEPAGE: Final = _term("foaf:homepage")
_CLASSIFICATION: Final = _term("org:classification")
_ORGANISATION: Final = _term("org:Organization")


@dataclass(frozen=True, slots=True)
class Scale:
    """How many of each there are; by default as on the platform."""

    cluster_organisations: int = 1_000
    smes: int = 100_000
    large_firms: int = 8_000
    research: int = 11_000
    projects: int = 2_000

    def times(self, factor: float) -> Scale:
        """Return the scale made smaller or larger; of each there is at least one."""
        values = (self.cluster_organisations, self.smes, self.large_firms, self.research, self.projects)
        return Scale(*(max(1, round(value * factor)) for value in values))


@dataclass(frozen=True, slots=True)
class _Place:
    """A NUTS 3 region: its code, its name, the NUTS code and the IRI of its country."""

    region: NamedNode
    name: str
    nuts_country: str
    country: NamedNode


class Platform:
    """The triples of a made-up platform: iterate once over `triples()`."""

    def __init__(self, scale: Scale, lists: CodeLists) -> None:
        self._scale = scale
        self._choice = Choice(SEED)
        self._names = Names(self._choice)
        self._iris = iris.Names()
        self._places = places(lists)
        self._divisions, self._classes = _activities(lists)
        self._ecosystems = _notations(lists, SCHEME + "ecosystem")
        #: Every organisation that can be a member, and the same by country, so that most members are from nearby.
        self._members: list[NamedNode] = []
        self._members_in: dict[str, list[NamedNode]] = {}

    def triples(self) -> Iterator[Triple]:
        """Return everything but the code lists and the ontology."""
        scale = self._scale
        for number in range(scale.smes):
            yield from self._firm(f"sme {number}", "sme", number)
        for number in range(scale.large_firms):
            yield from self._firm(f"large {number}", "large-enterprise", number)
        for number in range(scale.research):
            yield from self._research(number)
        for number in range(scale.cluster_organisations):
            yield from self._cluster(number)
        for number in range(scale.projects):
            yield from self._project(number)

    def _iri(self, kind: str, local_id: str) -> NamedNode:
        return NamedNode(self._iris.thing(kind, codes.derive(kind, "benchmark", local_id)))

    def _firm(self, local_id: str, form: str, number: int) -> Iterator[Triple]:
        node, place = self._iri("organisation", local_id), self._choice.one(self._places)
        self._enrol(node, place)
        large = form == "large-enterprise"
        yield from self._organisation(node, place, form)
        yield from _labels(node, self._names.local("firm", place.nuts_country, place.name))
        yield Triple(node, _SECTOR, self._choice.one(self._classes))
        if large or number % 4 == 0:
            yield Triple(node, _HOMEPAGE, _homepage(local_id))
        if large or number % 10 == 0:
            yield Triple(node, _ECOSYSTEM, self._choice.one(self._ecosystems))

    def _research(self, number: int) -> Iterator[Triple]:
        local_id = f"research {number}"
        node, place = self._iri("organisation", local_id), self._choice.one(self._places)
        self._enrol(node, place)
        kind, form = ("university", "university") if number % 3 == 0 else ("institute", "research-organisation")
        local = self._names.local(kind, place.nuts_country, place.name)
        yield from self._organisation(node, place, form)
        yield from _labels(node, local, *([self._names.english(kind, place.name)] if number % 2 else []))
        yield Triple(node, _SECTOR, self._choice.one(self._classes))
        yield Triple(node, _HOMEPAGE, _homepage(local_id))

    def _cluster(self, number: int) -> Iterator[Triple]:
        local_id = f"cluster {number}"
        node, place = self._iri("organisation", local_id), self._choice.one(self._places)
        cluster = self._iri("cluster", local_id)
        labels = (
            self._names.local("cluster", place.nuts_country, place.name),
            self._names.english("cluster", place.name),
        )
        sectors = {self._choice.one(self._divisions) for _ in range(2 + self._choice.number(2))}
        ecosystem = self._choice.one(self._ecosystems)
        yield from self._organisation(node, place, "cluster-organisation")
        yield Triple(node, _TYPE, _term("eclod:ClusterOrganisation"))
        yield Triple(cluster, _TYPE, _term("eclod:Cluster"))
        yield Triple(cluster, _COUNTRY, place.country)
        yield Triple(cluster, _REGION, place.region)
        yield Triple(cluster, _term("eclod:managedBy"), node)
        for each in (node, cluster):
            yield from _labels(each, *labels)
            yield Triple(each, _ECOSYSTEM, ecosystem)
            for sector in sorted(sectors, key=str):
                yield Triple(each, _SECTOR, sector)
        if number % 4:
            yield Triple(node, _HOMEPAGE, _homepage(local_id))
        if number % 2:
            yield from self._described(node, place)
        yield from self._memberships(node, local_id, place)

    def _described(self, node: NamedNode, place: _Place) -> Iterator[Triple]:
        """Return a short name, a description and an address, which about half of the platform's clusters give."""
        address = NamedNode(f"{node.value}#address")
        yield Triple(node, _term("skos:altLabel"), Literal(node.value[-4:].upper(), language="en"))
        yield Triple(node, _term("dct:description"), Literal(f"Brings together firms in {place.name}.", language="en"))
        yield Triple(node, _term("locn:address"), address)
        yield Triple(address, _TYPE, _term("locn:Address"))
        yield Triple(address, _term("locn:postName"), Literal(place.name, language="und"))
        yield Triple(address, _COUNTRY, place.country)

    def _memberships(self, cluster: NamedNode, local_id: str, place: _Place) -> Iterator[Triple]:
        near = self._members_in.get(place.nuts_country) or self._members
        size = _FEWEST + int((_MOST - _FEWEST) * self._choice.share() ** 4)
        members = {self._choice.one(near if self._choice.share() < 0.8 else self._members) for _ in range(size)}
        for position, member in enumerate(sorted(members, key=str)):
            node = self._iri("membership", f"{local_id} {member.value}")
            role = "associated" if position % 20 == 19 else "member"
            yield Triple(node, _TYPE, _term("org:Membership"))
            yield Triple(node, _term("org:organization"), cluster)
            yield Triple(node, _term("org:member"), member)
            yield Triple(node, _term("org:role"), NamedNode(f"{SCHEME}membership-role/{role}"))

    def _project(self, number: int) -> Iterator[Triple]:
        local_id = f"project {number}"
        node, place = self._iri("project", local_id), self._choice.one(self._places)
        start = 2014 + self._choice.number(10)
        cost = NamedNode(f"{node.value}#totalCost")
        yield Triple(node, _TYPE, _term("eurio:Project"))
        yield from _labels(node, self._names.english("cluster", place.name))
        yield Triple(node, _term("dct:identifier"), Literal(f"{number:06d}"))
        yield Triple(node, _REGION, place.region)
        yield Triple(node, _term("eurio:startDate"), _typed(f"{start}-01-01", "date"))
        yield Triple(node, _term("eurio:endDate"), _typed(f"{start + 1 + number % 4}-12-31", "date"))
        yield Triple(node, _term("eurio:hasTotalCost"), cost)
        yield Triple(cost, _TYPE, _term("eurio:MonetaryAmount"))
        yield Triple(cost, _term("eurio:value"), _typed(f"{10_000 * (1 + self._choice.number(500))}.0", "decimal"))
        yield Triple(cost, _term("eurio:currency"), Literal("EUR"))
        parties = {self._choice.one(self._members) for _ in range(_PROJECT_PARTNERS)}
        for position, party in enumerate(sorted(parties, key=str)):
            part = self._iri("participation", f"{local_id} {party.value}")
            role = "partner" if position else "coordinator"
            yield Triple(part, _TYPE, _term("eurio:OrganisationRole"))
            yield Triple(part, _term("eurio:isRoleOf"), party)
            yield Triple(part, _term("eurio:isInvolvedIn"), node)
            yield Triple(part, _term("cv:role"), NamedNode(f"{SCHEME}participation-role/{role}"))

    def _organisation(self, node: NamedNode, place: _Place, form: str) -> Iterator[Triple]:
        yield Triple(node, _TYPE, _ORGANISATION)
        yield Triple(node, _CLASSIFICATION, NamedNode(f"{SCHEME}organisation-type/{form}"))
        yield Triple(node, _COUNTRY, place.country)
        yield Triple(node, _REGION, place.region)

    def _enrol(self, node: NamedNode, place: _Place) -> None:
        self._members.append(node)
        self._members_in.setdefault(place.nuts_country, []).append(node)


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written: its triples, its things by class (IRI), the SHA-256 of its bytes."""

    path: Path
    triples: int
    classes: dict[str, int]
    sha256: str


def write(folder: Path, factor: float = 1.0) -> Written:
    """Write the platform, its code lists and the ontology as one N-Triples file, the same bytes every time."""
    lists = CodeLists.load()
    folder.mkdir(parents=True, exist_ok=True)
    digest, classes, count = hashlib.sha256(), Counter[str](), 0
    path = folder / FILE
    with path.open("wb") as file:
        for triple in chain(Platform(Scale().times(factor), lists).triples(), lists.triples(), _ontology()):
            line = f"{triple} .\n".encode()
            digest.update(line)
            file.write(line)
            count += 1
            if triple.predicate == _TYPE and isinstance(triple.object, NamedNode):
                classes[triple.object.value] += 1
    return Written(path, count, dict(classes.most_common()), digest.hexdigest())


def _ontology() -> Iterable[Triple]:
    """Return the ontology without what the code lists hold already."""
    for path in assets.turtle_files("ontology"):
        if path.parent.name != "schemes":
            yield from (quad.triple for quad in parse(path=path, format=RdfFormat.TURTLE))


def _labels(node: NamedNode, *names: Name) -> Iterator[Triple]:
    """Return names, of each language the first: there is one preferred label per language (SKOS, S14)."""
    for name in {name.language: name for name in reversed(names)}.values():
        yield Triple(node, _PREF_LABEL, Literal(name.text, language=name.language))


def _homepage(local_id: str) -> NamedNode:
    return NamedNode(f"https://{local_id.replace(' ', '-')}.example.org/")


def _typed(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=NamedNode(_XSD + datatype))


def places(lists: CodeLists) -> list[_Place]:
    """Return the NUTS 3 regions in force, without those that stand for what lies outside all regions."""
    facts = _Facts(lists)
    found = []
    for region in facts.in_scheme(_NUTS):
        notation = facts.text(region, "skos:notation")
        if facts.text(region, "eclod:nutsLevel") == "3" and not notation.endswith("ZZZ"):
            country = facts.one(NamedNode(f"http://data.europa.eu/nuts/code/{notation[:2]}"), "skos:exactMatch")
            found.append(_Place(region, facts.text(region, "skos:prefLabel"), notation[:2], country))
    return found


def _activities(lists: CodeLists) -> tuple[list[NamedNode], list[NamedNode]]:
    """Return the divisions (28) and the classes (28.11) of NACE 2.1."""
    facts = _Facts(lists)
    by_length: dict[int, list[NamedNode]] = {}
    for activity in facts.in_scheme(_NACE):
        by_length.setdefault(len(facts.text(activity, "skos:notation")), []).append(activity)
    return by_length[2], by_length[5]


def _notations(lists: CodeLists, scheme: str) -> list[NamedNode]:
    return _Facts(lists).in_scheme(scheme)


class _Facts:
    """Code lists by subject and predicate."""

    def __init__(self, lists: CodeLists) -> None:
        self._by_key: dict[tuple[str, str], list[NamedNode | Literal]] = {}
        self._schemes: dict[str, list[NamedNode]] = {}
        for triple in lists.triples():
            assert isinstance(triple.subject, NamedNode)
            assert isinstance(triple.object, NamedNode | Literal)
            self._by_key.setdefault((triple.subject.value, triple.predicate.value), []).append(triple.object)
            if triple.predicate == _term("skos:inScheme"):
                self._schemes.setdefault(triple.object.value, []).append(triple.subject)

    def in_scheme(self, scheme: str) -> list[NamedNode]:
        return self._schemes[scheme]

    def text(self, subject: NamedNode, predicate: str) -> str:
        return self._by_key.get((subject.value, expand(predicate)), [Literal("")])[0].value

    def one(self, subject: NamedNode, predicate: str) -> NamedNode:
        found = self._by_key[subject.value, expand(predicate)][0]
        assert isinstance(found, NamedNode)
        return found
