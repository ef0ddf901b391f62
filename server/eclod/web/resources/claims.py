"""Every value with who says so, since when, and what became of it: for pages, and as data in the profile `prov`.

A value that a registry states is *taken* into the merged view, *agrees* there with another registry, or is *lost*
against another one, by a rule of the policy or by the order of registries. Since when it is stated is worked out as
`eclod_loaders.since` writes it down; the newest delivery's time is in the manifest.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

import pyoxigraph as ox

from eclod.core.iris import Names
from eclod.core.namespaces import PREFIXES, SCHEME, expand
from eclod.store.manifest import Manifest
from eclod.web.context import Service
from eclod.web.resources import statements
from eclod.web.resources.descriptions import Description
from eclod.web.resources.statements import Reader

TAKEN: Final = "taken"
AGREES: Final = "agrees"
LOST: Final = "lost"

#: Written with each release, see `eclod_loaders.gating.policies`.
_POLICY: Final = "merging.json"
_DIGITS: Final = 20
_TYPE: Final = ox.NamedNode(expand("rdf:type"))
#: Of what nature a statement is, as a word (Dublin Core Elements, which has no range); `dct:type` has it as a concept.
_VERDICT: Final = ox.NamedNode("http://purl.org/dc/elements/1.1/type")
_DATE_TIME: Final = ox.NamedNode(expand("xsd:dateTime"))
_ENTRIES: Final = f"""PREFIX prov: <{PREFIXES["prov"]}> PREFIX rdf: <{PREFIXES["rdf"]}> PREFIX sh: <{PREFIXES["sh"]}>
SELECT ?g ?s ?p ?o ?delivery ?message WHERE {{
  {{ VALUES ?s {{ %(subjects)s }}
    GRAPH ?g {{ ?entry rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o ; prov:wasGeneratedBy ?delivery }} }}
  UNION {{ VALUES ?s {{ %(wholes)s }} GRAPH ?g {{ ?s prov:wasGeneratedBy ?delivery }} }}
  UNION {{ VALUES ?s {{ %(subjects)s }}
    GRAPH ?g {{ ?result sh:focusNode ?s ; sh:resultMessage ?message
      OPTIONAL {{ ?result sh:resultPath ?p ; sh:value ?o }} }} }} }}"""
_TIMES: Final = f"""SELECT ?delivery ?time WHERE {{ VALUES ?delivery {{ %s }}
  GRAPH ?g {{ ?delivery <{PREFIXES["prov"]}endedAtTime> ?time }} }}"""


class Claim(NamedTuple):
    """One statement of one registry (its name), and what became of it.

    `delivery` (IRI) had it first without interruption, `since` is when that was made (ISO; "" where nobody knows).
    `agreeing` are other registries that say the same. A value that is lost lost against `stands`, said by `believed`,
    by the rule of that number (0: the order of registries). `warnings` are what the shapes say of it.
    """

    statement: ox.Triple
    registry: str
    verdict: str
    delivery: str
    since: str
    agreeing: tuple[str, ...] = ()
    stands: tuple[ox.Triple, ...] = ()
    believed: tuple[str, ...] = ()
    rule: int = 0
    reason: str = ""
    warnings: tuple[str, ...] = ()


def read(reader: Reader, service: Service, description: Description) -> list[Claim]:
    """Return what registries say of a thing and its parts, in the order of the description: one or two questions."""
    if not description.claims:
        return []
    release = description.release
    rules = service.remember("rules", release, lambda: (_rules(service, release), release))
    entries = _Entries(reader, description)
    judged = _Judged(description, rules)
    found = []
    for quad in description.claims:
        registry = _registry(description.names, quad)
        delivery = entries.delivery(registry, quad.triple)
        found.append(
            judged.claim(
                quad.triple, registry, delivery, entries.times.get(delivery, ""), entries.remarks(registry, quad.triple)
            )
        )
    return found


def _rules(service: Service, release: str) -> list[dict[str, Any]]:
    path = service.releases.folder(release) / _POLICY
    policy: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return list(policy.get("rules", []))


class _Entries:
    """What the graphs of a release say of statements: since which delivery, and warnings."""

    def __init__(self, reader: Reader, description: Description) -> None:
        self._names = description.names
        self._own: dict[tuple[str, ox.Triple], str] = {}
        self._whole: dict[tuple[str, str], str] = {}
        self._remarks: dict[tuple[str, str, object], list[str]] = defaultdict(list)
        self._asked(reader, description)
        self.times = self._times(reader, description)

    def _asked(self, reader: Reader, description: Description) -> None:
        manifest, about = (
            description.manifest,
            [f"{n}/{r}" for n in ("since", "warnings") for r in description.registries],
        )
        if manifest is not None and not any(manifest.graph(self._names.graph(name)) for name in about):
            return  # most registries have delivered once, and nothing doubtful
        subjects = {q.subject.value for q in description.claims if isinstance(q.subject, ox.NamedNode)}
        graphs = {self._names.registry_graph(name) for name in description.registries}
        text = _ENTRIES % {"subjects": _listed(subjects), "wholes": _listed({*map(_thing, subjects), *graphs})}
        since, warnings = self._names.graph("since/"), self._names.graph("warnings/")
        for row in reader.select(text):
            graph = cast("ox.NamedNode", row["g"]).value
            subject, delivery = cast("ox.NamedNode", row["s"]), row["delivery"]
            if graph.startswith(since) and isinstance(delivery, ox.NamedNode):
                name = graph.removeprefix(since)
                if row["p"] is None:
                    self._whole[name, subject.value] = delivery.value
                else:
                    stated = ox.Triple(subject, cast("ox.NamedNode", row["p"]), row["o"])
                    self._own[name, stated] = delivery.value
            elif graph.startswith(warnings) and isinstance(row["message"], ox.Literal):
                key = (graph.removeprefix(warnings), subject.value, row["o"])
                self._remarks[key].append(row["message"].value)

    def _times(self, reader: Reader, description: Description) -> dict[str, str]:
        known = _newest(self._names, description.manifest, description.registries)
        wanted = {*self._own.values(), *self._whole.values()}
        wanted |= {self._first(name) for name in description.registries}
        wanted -= known.keys()
        for row in reader.select(_TIMES % _listed(wanted)) if wanted else ():
            known[cast("ox.NamedNode", row["delivery"]).value] = cast("ox.Literal", row["time"]).value
        return known

    def delivery(self, registry: str, statement: ox.Triple) -> str:
        """Return the delivery (IRI) since which a registry makes a statement."""
        about = statement.subject.value if isinstance(statement.subject, ox.NamedNode) else ""
        return (
            self._own.get((registry, statement))
            or self._whole.get((registry, _thing(about)))
            or self._whole.get((registry, self._names.registry_graph(registry)))
            or self._first(registry)
        )

    def _first(self, registry: str) -> str:
        return f"{self._names.registry(registry)}#delivery-1"

    def remarks(self, registry: str, statement: ox.Triple) -> tuple[str, ...]:
        about = statement.subject.value if isinstance(statement.subject, ox.NamedNode) else ""
        # What is not about a value is about the thing, and is told with its class.
        whole = self._remarks.get((registry, about, None), []) if statement.predicate == _TYPE else []
        return tuple(sorted([*self._remarks.get((registry, about, statement.object), []), *whole]))


class _Judged:
    """What became of statements in the merged view, and by which rule."""

    def __init__(self, description: Description, rules: Sequence[Mapping[str, Any]]) -> None:
        self._names = description.names
        self._rules = rules
        self._view: dict[object, list[ox.Triple]] = defaultdict(list)
        self._said_by: dict[ox.Triple, set[str]] = defaultdict(set)
        self._types: dict[object, set[str]] = defaultdict(set)
        for quad in description.quads:
            if isinstance(quad.graph_name, ox.DefaultGraph):
                self._view[quad.subject, quad.predicate].append(quad.triple)
        for quad in description.claims:
            self._said_by[quad.triple].add(_registry(self._names, quad))
            if quad.predicate == _TYPE and isinstance(quad.object, ox.NamedNode):
                self._types[quad.subject].add(quad.object.value)

    def claim(self, statement: ox.Triple, registry: str, delivery: str, since: str, warnings: tuple[str, ...]) -> Claim:
        """Return a statement of a registry with its verdict."""
        view = self._view[statement.subject, statement.predicate]
        if statement in view:
            others = tuple(sorted(self._said_by[statement] - {registry}))
            verdict = AGREES if others else TAKEN
            return Claim(statement, registry, verdict, delivery, since, others, warnings=warnings)
        stands = tuple(other for other in view if _tag(other) == _tag(statement))
        believed = tuple(sorted({name for other in stands for name in self._said_by[other]} - {registry}))
        rule, reason = self._rule(statement)
        return Claim(statement, registry, LOST, delivery, since, (), stands, believed, rule, reason, warnings)

    def _rule(self, statement: ox.Triple) -> tuple[int, str]:
        """Return the number and the reason of the rule about a statement: the first that is about its thing."""
        for number, rule in enumerate(self._rules, start=1):
            if rule["property"] == statement.predicate.value and rule["class"] in self._types[statement.subject]:
                return number, str(rule.get("reason", ""))
        return 0, ""


def triples(claims: Iterable[Claim], description: Description) -> list[ox.Triple]:
    """Return claims as data: each an `rdf:Statement` that is attributed to its registry (PROV-O)."""
    names, found = description.names, list[ox.Triple]()
    kept = {(claim.registry, claim.statement) for claim in claims}
    for claim in claims:
        node = _node(description, claim.registry, claim.statement)

        def say(
            name: str, value: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple, node: ox.NamedNode = node
        ) -> None:
            found.append(ox.Triple(node, ox.NamedNode(expand(name)), value))

        say("rdf:type", ox.NamedNode(expand("rdf:Statement")))
        say("rdf:subject", claim.statement.subject)
        say("rdf:predicate", claim.statement.predicate)
        say("rdf:object", claim.statement.object)
        say("prov:wasAttributedTo", ox.NamedNode(names.registry(claim.registry)))
        say("prov:wasGeneratedBy", ox.NamedNode(claim.delivery))
        if claim.since:
            say("prov:generatedAtTime", ox.Literal(claim.since, datatype=_DATE_TIME))
        say("dct:type", ox.NamedNode(f"{SCHEME}verdict/{claim.verdict}"))
        found.append(ox.Triple(node, _VERDICT, ox.Literal(claim.verdict)))
        for other in claim.stands:
            for name in claim.believed:
                if (name, other) in kept:
                    say("dct:isReplacedBy", _node(description, name, other))
        if claim.verdict == LOST:
            rule = f"rule-{claim.rule}" if claim.rule else "order"
            say("prov:wasInfluencedBy", ox.NamedNode(f"{names.base}/merging#{rule}"))
        for message in claim.warnings:
            say("rdfs:comment", ox.Literal(message, language="en"))
    return [*found, *description.document_facts()]


def _node(description: Description, registry: str, statement: ox.Triple) -> ox.NamedNode:
    digest = hashlib.sha256(f"{registry} {statement}".encode()).hexdigest()[:_DIGITS]
    joint = "-" if "#" in description.document else "#"  # a registry is described in a part of a page
    return ox.NamedNode(f"{description.document}{joint}{digest}")


def _newest(names: Names, manifest: Manifest | None, registries: Sequence[str]) -> dict[str, str]:
    """Return when the newest deliveries of registries were made, by the IRI of the delivery."""
    entries = [entry for name in registries if manifest and (entry := manifest.registry(name))]
    # What was published before deliveries were counted is as old as its release.
    return {
        f"{names.registry(each.name)}#delivery-{each.delivery or 1}": each.delivered
        or (manifest.created if manifest else "")
        for each in entries
    }


def _registry(names: Names, quad: ox.Quad) -> str:
    assert isinstance(quad.graph_name, ox.NamedNode)  # the default graph is nobody's claim
    return quad.graph_name.value.removeprefix(names.registry_graph(""))


def _thing(iri: str) -> str:
    return iri.partition("#")[0]


def _tag(statement: ox.Triple) -> str:
    """Return the language of a text: texts compete with those of their own language only."""
    return (statement.object.language or "") if isinstance(statement.object, ox.Literal) else ""


def _listed(iris: Iterable[str]) -> str:
    return " ".join(map(statements.spelled, sorted(iris)))
