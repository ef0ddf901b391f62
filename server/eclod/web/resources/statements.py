"""What the data says about one IRI: asked of the engine in few queries, all about the same release."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar, cast

import pyoxigraph as ox

from eclod.core import labels as label_choice
from eclod.core.errors import BadInput, TooBusy
from eclod.core.formats import RESULT_JSON
from eclod.core.namespaces import expand
from eclod.store.engine import Answer, Engine, Question
from eclod.store.label_memory import LabelMemory, Naming

#: Subjects by property, all of them IRIs.
Links = dict[str, list[str]]
T = TypeVar("T")

_ATTEMPTS: Final = 3
#: IRIs in one VALUES list; keeps queries far below the longest one that the engine reads.
_BATCH: Final = 400

#: Parts of a thing are its fragments (`…#address`) and, in data that is published as it came, its blank nodes.
_PART: Final = 'isBlank({0}) || STRSTARTS(STR({0}), CONCAT(STR(?iri), "#"))'
_PART_OF: Final = 'isBlank(?s) || STRSTARTS(STR(?s), CONCAT(STR({iri}), "#"))'
_LEVELS: Final = f"""{{ ?iri ?p ?o BIND(?iri AS ?s) }}
UNION {{ ?iri ?p1 ?s . FILTER({_PART.format("?s")}) ?s ?p ?o }}
UNION {{ ?iri ?p1 ?a . FILTER({_PART.format("?a")}) ?a ?p2 ?s . FILTER({_PART.format("?s")}) ?s ?p ?o }}
UNION {{ ?iri ?p1 ?a . FILTER({_PART.format("?a")}) ?a ?p2 ?b . FILTER({_PART.format("?b")})
         ?b ?p3 ?s . FILTER({_PART.format("?s")}) ?s ?p ?o }}"""
#: The thing and its parts, without parts of parts: a fifth of the work of the question below, and enough for most.
_ABOUT_NEAR: Final = f"""SELECT ?g ?s ?p ?o WHERE {{{{
{{{{ {{iri}} ?p ?o BIND({{iri}} AS ?s) }}}} UNION {{{{ GRAPH ?g {{{{ {{iri}} ?p ?o BIND({{iri}} AS ?s) }}}} }}}}
UNION {{{{ {{iri}} ?p1 ?s . FILTER({_PART_OF}) ?s ?p ?o }}}}
UNION {{{{ GRAPH ?g {{{{ {{iri}} ?p1 ?s . FILTER({_PART_OF}) ?s ?p ?o }}}} }}}} {{more}} }}}}"""
#: In the same rows, without ?o: what links to it.
_FIRST_INCOMING: Final = "UNION {{ SELECT ?s ?p WHERE {{ ?s ?p {iri} }} LIMIT {few} }}"
_ABOUT: Final = f"SELECT ?g ?s ?p ?o ?iri WHERE {{ {{ {_LEVELS} }} UNION {{ GRAPH ?g {{ {_LEVELS} }} }} }}"
_DESCRIBED: Final = "ASK { { ?iri ?p ?o } UNION { GRAPH ?g { ?iri ?p ?o } } }"
_IS_DESCRIBED: Final = "FILTER(EXISTS { ?iri ?p ?o } || EXISTS { GRAPH ?g { ?iri ?p ?o } })"
_ANYWHERE: Final = "{ ?iri ?p ?o } UNION { ?s ?p ?iri } UNION { ?s ?iri ?o }"
_OCCURS: Final = f"ASK {{ {_ANYWHERE} UNION {{ GRAPH ?g {{ {_ANYWHERE} }} }} }}"
#: So many links to a thing are read as they are; those to one that has more are counted first.
_FEW: Final = 200
_INCOMING: Final = "SELECT ?iri ?p (COUNT(*) AS ?n) WHERE { ?s ?p ?iri } GROUP BY ?iri ?p"
_TYPE: Final = expand("rdf:type")
#: The position of ?o in the rows.
_OBJECT: Final = 3
_IS_LABEL: Final = ", ".join(f"<{name}>" for name in label_choice.LABEL_PROPERTIES)


class _ReleaseChanged(Exception):
    """A new release was switched to between two questions."""


class Reader:
    """Asks an engine several questions and makes sure that one release answers all of them."""

    def __init__(self, engine: Engine, memory: LabelMemory | None = None) -> None:
        self._engine = engine
        self.memory = memory
        self.release = ""

    def answer(self, question: Question) -> Answer:
        answer = self._engine.ask(question)
        if self.release and answer.release != self.release:
            raise _ReleaseChanged
        self.release = answer.release
        return answer

    def select(self, text: str, **terms: str) -> list[ox.QuerySolution]:
        """Return the solutions of a query in which the named variables stand for IRIs."""
        body = self._ask(text, terms)
        return list(cast("ox.QuerySolutions", ox.parse_query_results(body, ox.QueryResultsFormat.JSON)))

    def ask(self, text: str, **terms: str) -> bool:
        """Return the truth of a query in which the named variables stand for IRIs."""
        body = self._ask(text, terms)
        return bool(cast("ox.QueryBoolean", ox.parse_query_results(body, ox.QueryResultsFormat.JSON)))

    def _ask(self, text: str, terms: dict[str, str]) -> bytes:
        bindings = {name: spelled(iri) for name, iri in terms.items()}
        return self.answer(Question(text, result_format=RESULT_JSON, bindings=bindings)).read()


def consistently(engine: Engine, work: Callable[[Reader], T], memory: LabelMemory | None = None) -> tuple[T, str]:
    """Return what the work gives and the release it is about; done again when a new release comes in between.

    `memory` has names that need not be asked for.
    """
    for _ in range(_ATTEMPTS):
        reader = Reader(engine, memory)
        try:
            return work(reader), reader.release
        except _ReleaseChanged:
            continue
    raise TooBusy("A new release is being switched to; ask again.", retry_after=1)


def spelled(iri: str) -> str:
    """Return an IRI as it is written in queries; raises BadInput for what is no absolute IRI."""
    try:
        return str(ox.NamedNode(iri))
    except ValueError:
        raise BadInput(f"'{iri}' is not an absolute IRI, such as http://data.europa.eu/nuts/code/DK01.") from None


def occurs(reader: Reader, iri: str) -> bool:
    """Return whether an IRI is subject, property or object anywhere."""
    return reader.ask(_OCCURS, iri=iri)


def is_described(reader: Reader, iri: str) -> bool:
    """Return whether anything is said about an IRI."""
    return reader.ask(_DESCRIBED, iri=iri)


def described(reader: Reader, iris: Sequence[str]) -> list[str]:
    """Return those of a few IRIs about which anything is said, in their order."""
    values = " ".join(map(spelled, iris))
    rows = reader.select(f"SELECT ?iri WHERE {{ VALUES ?iri {{ {values} }} {_IS_DESCRIBED} }}")
    found = {cast("ox.NamedNode", row["iri"]).value for row in rows}
    return [iri for iri in iris if iri in found]


def about(reader: Reader, iri: str) -> list[ox.Quad]:
    """Return all statements about a thing and its parts, in the merged view and in every graph, in a fixed order."""
    return _whole(reader, iri, reader.select(_ABOUT_NEAR.format(iri=spelled(iri), more="")))


def about_and_incoming(reader: Reader, iri: str) -> tuple[list[ox.Quad], Links | None]:
    """Return what `about` does, and the subjects that link to the thing by property, None when they are many.

    One question; parts without a name are "" among the subjects.
    """
    name = spelled(iri)
    rows = reader.select(_ABOUT_NEAR.format(iri=name, more=_FIRST_INCOMING.format(iri=name, few=_FEW)))
    told = [row for row in rows if row[_OBJECT] is not None]
    links = [row for row in rows if row[_OBJECT] is None]
    return _whole(reader, iri, told), None if len(links) == _FEW else _by_property(links)


def _whole(reader: Reader, iri: str, near: Iterable[ox.QuerySolution]) -> list[ox.Quad]:
    quads = set(map(_quad, near))
    if _has_parts_left(quads, f"{iri}#"):
        quads = set(map(_quad, reader.select(_ABOUT, iri=iri)))
    return in_order(quads)


def _quad(row: ox.QuerySolution) -> ox.Quad:
    """Return a row of ?g ?s ?p ?o; it is read by position, which takes half the time."""
    subject, predicate = cast("ox.NamedNode", row[1]), cast("ox.NamedNode", row[2])
    return ox.Quad(subject, predicate, row[_OBJECT], cast("ox.NamedNode | None", row[0]) or ox.DefaultGraph())


def _by_property(links: Iterable[ox.QuerySolution]) -> Links:
    found: dict[str, list[str]] = {}
    for row in links:
        subject = row[1]
        name = subject.value if isinstance(subject, ox.NamedNode) else ""
        found.setdefault(cast("ox.NamedNode", row[2]).value, []).append(name)
    return {name: sorted(subjects) for name, subjects in found.items()}


def _has_parts_left(quads: set[ox.Quad], beginning: str) -> bool:
    """Return whether a part is named that may have statements which are not among these."""
    told = {quad.subject for quad in quads}
    objects = {quad.object for quad in quads}
    return any(
        isinstance(part, ox.BlankNode) or (isinstance(part, ox.NamedNode) and part.value.startswith(beginning))
        for part in objects - told
    )


def in_order(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    """Return quads by graph and subject, types first, so that a document is the same every time."""
    kind = ox.NamedNode(_TYPE)
    return sorted(
        quads,
        key=lambda q: (str(q.graph_name), _plain(q.subject), q.predicate != kind, q.predicate.value, str(q.object)),
    )


def _plain(term: ox.NamedNode | ox.BlankNode | ox.Triple) -> str:
    """Return the IRI without brackets: then a thing comes before its parts."""
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def labels(reader: Reader, iris: Iterable[str]) -> list[ox.Triple]:
    """Return the statements that name things, in all languages, from the merged view."""
    found = names(reader, iris)
    return [triple for iri in sorted(found) for triple in found[iri].statements]


def names(reader: Reader, iris: Iterable[str]) -> dict[str, Naming]:
    """Return what names each of some things in the merged view, also when that is nothing."""
    wanted = {iri for iri in iris if iri}
    known = reader.memory.recall(reader.release, wanted) if reader.memory else {}
    unknown = sorted(wanted - known.keys())
    if not unknown:
        return known
    asked: dict[str, list[ox.Triple]] = {iri: [] for iri in unknown}
    # In order, so that what is remembered and what is asked give the same bytes.
    for triple in sorted(_labels(reader, unknown), key=str):
        asked[cast("ox.NamedNode", triple.subject).value].append(triple)
    news = {iri: Naming.of(triples) for iri, triples in asked.items()}
    if reader.memory is not None:
        reader.memory.keep(reader.release, news)
    return known | news


def _labels(reader: Reader, wanted: Sequence[str]) -> list[ox.Triple]:
    found = []
    for batch in (wanted[start : start + _BATCH] for start in range(0, len(wanted), _BATCH)):
        values = " ".join(spelled(iri) for iri in batch)
        rows = reader.select(
            f"SELECT ?s ?p ?o WHERE {{ VALUES ?s {{ {values} }} ?s ?p ?o FILTER(?p IN ({_IS_LABEL})) }}"
        )
        found += [ox.Triple(row[0], row[1], row[2]) for row in rows]
    return found


def incoming_counts(reader: Reader, iri: str) -> list[tuple[str, int]]:
    """Return the properties by which things link to an IRI, and how often."""
    rows = reader.select(_INCOMING, iri=iri)
    return sorted((cast("ox.NamedNode", row["p"]).value, int(cast("ox.Literal", row["n"]).value)) for row in rows)


def incoming(reader: Reader, iri: str, properties: Sequence[str], limit: int) -> dict[str, list[str]]:
    """Return the first subjects that link to an IRI by each of the properties."""
    if not properties:
        return {}
    target = spelled(iri)
    parts = " UNION ".join(
        f"{{ SELECT ({name} AS ?p) ?s WHERE {{ ?s {name} {target} FILTER(isIRI(?s)) }} LIMIT {limit} }}"
        for name in map(spelled, properties)
    )
    found: dict[str, list[str]] = {}
    for row in reader.select(f"SELECT ?p ?s WHERE {{ {parts} }}"):
        found.setdefault(cast("ox.NamedNode", row["p"]).value, []).append(cast("ox.NamedNode", row["s"]).value)
    return found


def said_of(reader: Reader, subjects: Sequence[str], properties: Sequence[str]) -> dict[str, list[ox.Triple]]:
    """Return what is said of each of some things by these properties in the merged view, in their order."""
    found: dict[str, list[ox.Triple]] = {}
    for batch in (subjects[start : start + _BATCH] for start in range(0, len(subjects), _BATCH)):
        values, wanted = " ".join(map(spelled, batch)), " ".join(map(spelled, properties))
        for row in reader.select(
            f"SELECT ?s ?p ?o WHERE {{ VALUES ?s {{ {values} }} VALUES ?p {{ {wanted} }} ?s ?p ?o }}"
        ):
            triple = ox.Triple(row[0], row[1], row[2])
            found.setdefault(cast("ox.NamedNode", row[0]).value, []).append(triple)
    for triples in found.values():
        triples.sort(key=lambda triple: (properties.index(triple.predicate.value), str(triple.object)))
    return found


def objects(reader: Reader, subjects: Sequence[str]) -> dict[str, list[str]]:
    """Return the IRIs that each of some things links to in the merged view, its classes and parts left out."""
    found: dict[str, list[str]] = {}
    for batch in (subjects[start : start + _BATCH] for start in range(0, len(subjects), _BATCH)):
        values = " ".join(map(spelled, batch))
        rows = reader.select(
            f"SELECT ?s ?o WHERE {{ VALUES ?s {{ {values} }} ?s ?p ?o "
            f"FILTER(isIRI(?o) && ?p != <{_TYPE}> && !STRSTARTS(STR(?o), CONCAT(STR(?s), '#'))) }}"
        )
        for row in rows:
            found.setdefault(cast("ox.NamedNode", row["s"]).value, []).append(cast("ox.NamedNode", row["o"]).value)
    return {subject: sorted(iris) for subject, iris in found.items()}
