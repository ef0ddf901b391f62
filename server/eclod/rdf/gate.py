"""The SHACL gate: which nodes of a graph do not conform to the shapes, and what to tell whoever sent them.

What stands beside the data (descriptions of the codes it uses, types of things it points to) helps to judge it but is
not judged itself. Nothing is fetched: imports are never followed.
"""

from __future__ import annotations

import ctypes
import dataclasses
import io
import multiprocessing
import os
import signal
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox
import pyshacl
import rdflib
from pyshacl import shape as pyshacl_shape
from pyshacl.constraints import ALL_CONSTRAINT_PARAMETERS, CONSTRAINT_PARAMETERS_MAP
from rdflib.namespace import RDF, SH

from eclod.core import assets
from eclod.rdf import literals
from eclod.rdf.clearance import Clearance

#: Triples; below this a second process costs more than it saves.
_WORTH_SHARING: Final = 20_000
_SMALLEST_PIECE: Final = 5_000
_PR_SET_PDEATHSIG: Final = 1
_TYPE: Final = ox.NamedNode(str(RDF.type))


@dataclass(frozen=True, slots=True)
class Violation:
    """One validation result (SHACL, section 3.6.2): IRIs as text, messages as (language, text)."""

    focus: str
    path: str | None
    value: str | None
    shape: str
    component: str
    severity: str
    messages: tuple[tuple[str, str], ...]

    @property
    def blocks(self) -> bool:
        """Return whether the node must not enter; warnings and infos may."""
        return self.severity == "Violation"

    def message(self, language: str) -> str:
        """Return the message in a language, in English, or in any."""
        texts = dict(self.messages)
        return texts.get(language) or texts.get("en") or next(iter(texts.values()), self.component)


class Gate:
    """The project's shapes, read once; large graphs are judged in pieces on all cores.

    What plainly conforms is let through after one look (see `eclod.rdf.clearance`); pyshacl judges the rest.
    """

    def __init__(self, files: Sequence[Path] | None = None) -> None:
        self._files = tuple(files if files is not None else assets.gating_shapes())
        self._judge = _Judge(self._files)
        self._clearance = Clearance(self._judge.shapes)

    def validate(self, data: Iterable[ox.Triple], beside: Iterable[ox.Triple] = ()) -> list[Violation]:
        """Return what does not conform among the subjects of `data`, in a fixed order."""
        triples, context = list(data), list(beside)
        if not all(isinstance(triple.subject, ox.NamedNode) for triple in (*triples, *context)):
            found = self._judge.validate(_bytes(triples), _bytes(context))
        else:
            things = _things(triples)
            doubts = self._clearance.doubtful(things, context)
            found = self._validate_in_pieces(
                [(*piece, doubt.rules) for doubt in doubts for piece in _pieces(things, doubt.things, context)]
            )
        return sorted(set(found), key=lambda v: (v.focus, v.shape, v.component, v.value or ""))

    def _validate_in_pieces(self, pieces: Sequence[tuple[bytes, bytes, frozenset[str] | None]]) -> list[Violation]:
        if len(pieces) < 3:  # one for each sort of doubt: more come of much data only
            return [violation for piece in pieces for violation in self._judge.validate(*piece)]
        # Spawned, not forked: whoever builds may have threads, and a fork keeps their locks.
        workers = ProcessPoolExecutor(
            mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker, initargs=(self._files,)
        )
        with workers:
            tasks = [workers.submit(_work, *piece) for piece in pieces]
            return [violation for task in tasks for violation in task.result()]


class _ShapesGraph(rdflib.Graph):
    """The shapes, of which pyshacl asks what they say anew for each node it judges; half of its time goes there."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[object, list[tuple[rdflib.term.Node, rdflib.term.Node]]] = {}

    def predicate_objects(
        self, subject: Any = None, unique: bool = False
    ) -> Generator[tuple[rdflib.term.Node, rdflib.term.Node], None, None]:
        """Return what is said of a node, from memory when it was asked before."""
        if subject not in self._said:
            self._said[subject] = list(super().predicate_objects(subject, unique))
        yield from self._said[subject]

    def add(self, triple: Any) -> _ShapesGraph:
        """Add a triple and forget what was remembered."""
        self._said.clear()
        super().add(triple)
        return self

    def remove(self, triple: Any) -> _ShapesGraph:
        """Remove triples and forget what was remembered."""
        self._said.clear()
        super().remove(triple)
        return self


class _Judge:
    """pyshacl with the shapes, in one process."""

    def __init__(self, files: Sequence[Path]) -> None:
        literals.be_strict()
        # pyshacl looks up constraint parameters in a list, for each node it judges; a set makes it 2.4 times faster.
        vars(pyshacl_shape)["CONSTRAINT_PARAMS"] = (frozenset(ALL_CONSTRAINT_PARAMETERS), CONSTRAINT_PARAMETERS_MAP)
        self.shapes = _ShapesGraph()
        for path in files:
            if path.name != "ontology-style.ttl":
                self.shapes.parse(path, format="turtle")
        _leave_out_repetition(self.shapes)
        self._chosen: tuple[frozenset[str], rdflib.Graph] = (frozenset(), rdflib.Graph())

    def validate(self, data: bytes, beside: bytes, rules: frozenset[str] | None = None) -> list[Violation]:
        """Return the violations of the subjects of `data` (both N-Triples).

        With `rules`, things need not be judged by other property shapes of theirs: they are known to conform to these.
        """
        graph = rdflib.Graph().parse(data=data, format="nt")
        judged = {str(subject) for subject in graph.subjects()}
        graph.parse(data=beside, format="nt")
        _, report, _ = pyshacl.validate(
            graph, shacl_graph=self._by(rules), advanced=False, inference="none", do_owl_imports=False, meta_shacl=False
        )
        assert isinstance(report, rdflib.Graph)
        violations = [_violation(report, node) for node in _results(report)]
        return [each for violation in violations for each in _about_judged(violation, judged, graph)]

    def _by(self, rules: frozenset[str] | None) -> rdflib.Graph:
        """Return the shapes with those property shapes of things only, and with all that judge values and codes."""
        if rules is None:
            return self.shapes
        if rules != self._chosen[0]:
            chosen = _ShapesGraph()
            inner = {
                value
                for name in (SH.node, SH["not"], SH.qualifiedValueShape)
                for value in self.shapes.objects(None, name)
            }
            left_out = {
                (shape, SH.property, rule)
                for shape in {*self.shapes.subjects(SH.targetClass, None)} - inner
                for rule in self.shapes.objects(shape, SH.property)
                if str(rule) not in rules
            }
            kept = {
                rule
                for link in self.shapes.triples((None, SH.property, None))
                if link not in left_out
                for rule in link[2:]
            }
            gone = {rule for _, _, rule in left_out} - kept
            for triple in self.shapes:
                if triple not in left_out and triple[0] not in gone:
                    chosen.add(triple)
            self._chosen = rules, chosen
        return self._chosen[1]


def _leave_out_repetition(shapes: rdflib.Graph) -> None:
    """Leave out that a shape demands its parent shape too, where the parent judges the same things by itself.

    It does when the shape demands the parent's class (`sh:class`). Nothing passes that would not have: what breaks a
    rule of the parent is reported as breaking that rule, once, and in a third of the time.
    """
    for parent, target in shapes.subject_objects(SH.targetClass):
        for shape in list(shapes.subjects(SH.node, parent)):
            if (shape, SH.targetClass, None) in shapes and (shape, SH["class"], target) in shapes:
                shapes.remove((shape, SH.node, parent))


def _results(report: rdflib.Graph) -> Iterator[rdflib.term.Node]:
    """Return the results of a report, and their details as far as they are about the same thing.

    That another thing does not fit where it is pointed to is no fault of that thing.
    """
    waiting = [(node, "") for node in report.objects(None, SH.result)]
    while waiting:
        node, thing = waiting.pop()
        about = str(report.value(node, SH.focusNode)).partition("#")[0]
        if about == thing or not thing:
            yield node
            waiting += [(detail, about) for detail in report.objects(node, SH.detail)]


def _about_judged(violation: Violation, judged: set[str], graph: rdflib.Graph) -> Iterator[Violation]:
    """Return a violation of a judged node as it is, and a warning about a code as one about each node that uses it."""
    if violation.focus in judged:
        yield violation
    elif not violation.blocks:
        code = rdflib.URIRef(violation.focus)
        users = {str(user) for user in graph.subjects(None, code)} & judged
        for user in sorted(users):
            yield dataclasses.replace(violation, focus=user, value=violation.focus)


_worker: _Judge | None = None


def _start_worker(files: Sequence[Path]) -> None:
    global _worker
    # A build that is killed takes its workers along.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _worker = _Judge(files)


def _work(data: bytes, beside: bytes, rules: frozenset[str] | None) -> list[Violation]:
    assert _worker is not None
    return _worker.validate(data, beside, rules)


def _things(triples: Iterable[ox.Triple]) -> dict[str, list[ox.Triple]]:
    """Return what is said of each thing and its nested nodes, in the order of the things."""
    things: dict[str, list[ox.Triple]] = {}
    for triple in triples:
        name = _iri(triple).partition("#")[0]
        try:
            things[name].append(triple)
        except KeyError:
            things[name] = [triple]
    return things


def _pieces(
    things: Mapping[str, Sequence[ox.Triple]], chosen: Sequence[str], context: Sequence[ox.Triple]
) -> Iterator[tuple[bytes, bytes]]:
    """Return pieces of chosen things, whole ones, each with the context and the types of what it points to elsewhere.

    There is one piece as long as more would cost more than they save. Things keep their order, so that what one row
    says about several things mostly stays together.
    """
    described: dict[str, list[ox.Triple]] = {}
    for triple in context:
        described.setdefault(_iri(triple), []).append(triple)
    total = sum(len(things[name]) for name in chosen)
    size = total if total < _WORTH_SHARING else max(_SMALLEST_PIECE, total // ((os.cpu_count() or 1) * 2))
    piece: list[ox.Triple] = []
    names: set[str] = set()
    for position, name in enumerate(chosen, start=1):
        piece += things[name]
        names.add(name)
        if len(piece) >= size or position == len(chosen):
            targets = {triple.object.value for triple in piece if isinstance(triple.object, ox.NamedNode)}
            outside = [t for target in targets for t in _types(things, target) if target.partition("#")[0] not in names]
            codes = [t for target in targets for t in described.get(target, ())]
            yield _bytes(piece), _bytes([*outside, *codes])
            piece, names = [], set()


def _types(things: Mapping[str, Sequence[ox.Triple]], node: str) -> Iterator[ox.Triple]:
    about = things.get(node.partition("#")[0], ())
    return (triple for triple in about if triple.predicate == _TYPE and _iri(triple) == node)


def _iri(triple: ox.Triple) -> str:
    assert isinstance(triple.subject, ox.NamedNode)
    return triple.subject.value


def _bytes(triples: Sequence[ox.Triple]) -> bytes:
    buffer = io.BytesIO()
    ox.serialize(triples, buffer, ox.RdfFormat.N_TRIPLES)
    return buffer.getvalue()


def _violation(report: rdflib.Graph, node: rdflib.term.Node) -> Violation:
    def text(predicate: rdflib.URIRef) -> str | None:
        value = report.value(node, predicate)
        return None if value is None else str(value)

    messages = [
        (message.language or "", str(message))
        for message in report.objects(node, SH.resultMessage)
        if isinstance(message, rdflib.Literal)
    ]
    return Violation(
        focus=text(SH.focusNode) or "",
        path=text(SH.resultPath),
        value=text(SH.value),
        shape=text(SH.sourceShape) or "",
        component=(text(SH.sourceConstraintComponent) or "").rpartition("#")[2].removesuffix("ConstraintComponent"),
        severity=(text(SH.resultSeverity) or "").rpartition("#")[2],
        messages=tuple(sorted(messages)),
    )
