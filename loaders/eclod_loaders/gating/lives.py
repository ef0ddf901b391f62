"""What happened to identifiers, as statements: who decided it, when, why, and what takes the identifier's place.

Organisations change by events of the Organization Ontology (https://www.w3.org/TR/vocab-org/, section 3.3), all things
by activities of PROV-O. Of what is erased nothing is said but that, and since when.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.iris import Names
from eclod.core.namespaces import SCHEME, expand
from eclod.store.decisions import Decision, Life, Lives

_STATES: Final = SCHEME + "lifecycle/"
_DATE_TIME = NamedNode(expand("xsd:dateTime"))
_TRUE = Literal("true", datatype=NamedNode(expand("xsd:boolean")))
#: Kinds that the Organization Ontology has events for.
_ORGANISATIONS: Final = frozenset({"organisation", "cluster", "hub"})
#: The state that an event leads to.
_LEADS_TO: Final = {
    "merged": "merged",
    "split": "split",
    "withdrawn": "withdrawn",
    "retired": "withdrawn",
    "restored": "valid",
}


def statements(lives: Lives, names: Names) -> Iterator[Triple]:
    """Return what the graph about the life of identifiers says."""
    for kind, code, life in lives.all():
        thing = NamedNode(names.thing(kind, code))
        if life.state == "erased":
            yield _say(thing, "eclod:lifecycleStatus", NamedNode(_STATES + "erased"))
            yield _say(thing, "prov:invalidatedAtTime", _time(life.since))
            continue
        successors = [NamedNode(names.thing(kind, each)) for each in lives.ends(kind, code)]
        yield from _state(thing, life, successors)
        for number, decision in enumerate(life.history, 1):
            yield from _event(thing, number, decision, names)


def _state(thing: NamedNode, life: Life, successors: list[NamedNode]) -> Iterator[Triple]:
    if life.state == "valid":
        return
    yield _say(thing, "eclod:lifecycleStatus", NamedNode(_STATES + life.state))
    yield _say(thing, "owl:deprecated", _TRUE)
    yield _say(thing, "prov:invalidatedAtTime", _time(life.since))
    yield _say(thing, "prov:wasInvalidatedBy", _event_of(thing, len(life.history)))
    for successor in successors:
        yield _say(thing, "dct:isReplacedBy", successor)
        yield _say(successor, "dct:replaces", thing)


def _event(thing: NamedNode, number: int, decision: Decision, names: Names) -> Iterator[Triple]:
    event = _event_of(thing, number)
    yield _say(thing, "prov:wasInfluencedBy", event)
    yield _say(event, "rdf:type", NamedNode(expand("prov:Activity")))
    yield _say(event, "dct:type", NamedNode(_STATES + _LEADS_TO[decision.event]))
    yield _say(event, "prov:endedAtTime", _time(decision.at))
    results = [NamedNode(names.thing(decision.kind, each)) for each in decision.others]
    if decision.kind in _ORGANISATIONS:
        yield _say(event, "rdf:type", NamedNode(expand("org:ChangeEvent")))
        yield _say(event, "org:originalOrganization", thing)
        for each in results:
            yield _say(event, "org:resultingOrganization", each)
    else:
        yield _say(event, "prov:used", thing)
        for each in results:
            yield _say(event, "prov:influenced", each)
    if decision.reason:
        yield _say(event, "dct:description", Literal(decision.reason))
    if decision.author:
        agent = NamedNode(event.value + "-by")
        yield _say(event, "prov:wasAssociatedWith", agent)
        yield _say(agent, "rdf:type", NamedNode(expand("prov:Agent")))
        yield _say(agent, "foaf:name", Literal(decision.author))


def _event_of(thing: NamedNode, number: int) -> NamedNode:
    return NamedNode(f"{thing.value}#change-{number}")


def _time(moment: str) -> Literal:
    return Literal(moment, datatype=_DATE_TIME)


def _say(subject: NamedNode, name: str, value: NamedNode | Literal) -> Triple:
    return Triple(subject, NamedNode(expand(name)), value)
