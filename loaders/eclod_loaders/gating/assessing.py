"""Which admission criteria of the cluster platform each cluster organisation of a registry meets, as statements.

What the registry says of an organisation is completed by what its memberships show: fifteen members that are named are
fifteen members, and members of two groups of the helix are two groups. A list of members that shows less proves
nothing, for it may not be complete. The results are in EARL 1.0 (https://www.w3.org/TR/EARL10-Schema/, 2.1 and 2.4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.namespaces import ECLOD, SCHEME, expand
from eclod.rdf import admission
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.declarations.registry import UNMAPPED, Registry

SHAPE: Final = "ClusterOrganisation"
_ENOUGH_MEMBERS: Final = 15
_ENOUGH_GROUPS: Final = 2

_TYPE = NamedNode(expand("rdf:type"))
_CLUSTER_ORGANISATION = NamedNode(ECLOD + "ClusterOrganisation")
_MEMBER_COUNT = NamedNode(ECLOD + "memberCount")
_MEMBERS_FROM = NamedNode(ECLOD + "membersFrom")
_INTEGER = NamedNode(expand("xsd:integer"))
_GROUPS: Final = SCHEME + "helix-type/"
_TOLD: Final = frozenset(
    ECLOD + name
    for name in (
        *("staff", "websiteLanguage", "memberCount", "membersFrom", "worksWithPublicBodies"),
        *("recognisedBy", "socialEconomy"),
    )
)
_LINKS: Final = {
    "member": expand("org:member"),
    "joined": expand("org:organization"),
    "manager": ECLOD + "managedBy",
    "type": expand("org:classification"),
}


def concerns(registry: Registry) -> bool:
    """Tell whether a registry describes cluster organisations."""
    # What RDF describes is known only when it is read.
    if any(source.adapter in UNMAPPED for source in registry.sources):
        return True
    return any(thing.shape == SHAPE for source in registry.sources for thing in source.mapping.things.values())


class Assessor:
    """The admission profile with what it needs of the code lists."""

    def __init__(self, codes: CodeLists) -> None:
        self._codes = codes

    def statements(self, data: Sequence[Triple]) -> Iterator[Triple]:
        """Return an assertion for each cluster organisation in the data and each criterion."""
        organisations = sorted(
            {
                _subject(triple)
                for triple in data
                if triple.predicate == _TYPE and triple.object == _CLUSTER_ORGANISATION
            }
        )
        if not organisations:
            return
        known = {*organisations}
        told = [triple for triple in data if triple.predicate.value in _TOLD and _subject(triple) in known]
        facts = [Triple(NamedNode(iri), _TYPE, _CLUSTER_ORGANISATION) for iri in organisations]
        facts += _completed(told, self._members(data, known))
        for iri, results in self._profile.assess(organisations, facts).items():
            for criterion, result in results.items():
                yield from _assertion(iri, criterion, result)

    @cached_property
    def _profile(self) -> admission.Profile:
        return admission.Profile()

    @cached_property
    def _group_of(self) -> Mapping[str, NamedNode]:
        """The group of the helix of each type of organisation, as the code list of types has it."""
        match = NamedNode(expand("skos:broadMatch"))
        return {
            _subject(triple): triple.object
            for triple in self._codes.triples()
            if triple.predicate == match
            and isinstance(triple.object, NamedNode)
            and triple.object.value.startswith(_GROUPS)
        }

    def _members(self, data: Iterable[Triple], known: set[str]) -> Mapping[str, Mapping[str, set[NamedNode]]]:
        """Return the named members of each organisation, of itself or of its clusters, with their groups."""
        links: dict[str, dict[str, set[str]]] = {name: defaultdict(set) for name in _LINKS}
        by_property = {iri: name for name, iri in _LINKS.items()}
        for triple in data:
            name = by_property.get(triple.predicate.value)
            if name and isinstance(triple.object, NamedNode):
                links[name][_subject(triple)].add(triple.object.value)
        found: dict[str, dict[str, set[NamedNode]]] = defaultdict(dict)
        for membership, joined in links["joined"].items():
            managers = {manager for each in joined for manager in links["manager"].get(each, ())}
            for organisation in (joined | managers) & known:
                for member in links["member"].get(membership, ()):
                    types = links["type"].get(member, set())
                    found[organisation][member] = {self._group_of[t] for t in types if t in self._group_of}
        return found


def _completed(told: Sequence[Triple], members: Mapping[str, Mapping[str, set[NamedNode]]]) -> Iterator[Triple]:
    """Return what is told of organisations, and what their named members add to it."""
    enough = {iri for iri, named in members.items() if len(named) >= _ENOUGH_MEMBERS}
    # More members are named than the organisation counts: the names win, for they can be checked.
    yield from (triple for triple in told if triple.predicate != _MEMBER_COUNT or _subject(triple) not in enough)
    for iri, named in members.items():
        if iri in enough:
            yield Triple(NamedNode(iri), _MEMBER_COUNT, Literal(str(len(named)), datatype=_INTEGER))
        groups = set[NamedNode]().union(*named.values())
        groups |= {
            triple.object
            for triple in told
            if triple.predicate == _MEMBERS_FROM and _subject(triple) == iri and isinstance(triple.object, NamedNode)
        }
        if len(groups) >= _ENOUGH_GROUPS:
            yield from (Triple(NamedNode(iri), _MEMBERS_FROM, group) for group in groups)


def _assertion(organisation: str, criterion: str, result: str) -> Iterator[Triple]:
    node = NamedNode(f"{organisation}#assessment-{criterion}")
    yield Triple(NamedNode(organisation), NamedNode(ECLOD + "assessment"), node)
    yield Triple(node, _TYPE, NamedNode(expand("earl:Assertion")))
    yield Triple(node, NamedNode(expand("earl:subject")), NamedNode(organisation))
    yield Triple(node, NamedNode(expand("earl:test")), NamedNode(admission.CRITERIA + criterion))
    yield Triple(node, NamedNode(expand("earl:result")), NamedNode(admission.RESULTS + result))


def _subject(triple: Triple) -> str:
    assert isinstance(triple.subject, NamedNode)
    return triple.subject.value
