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
from collections.abc import Generator, Iterable, Iterator, Sequence
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

#: Triples; below this a second process costs more than it saves.
_WORTH_SHARING: Final = 20_000
_SMALLEST_PIECE: Final = 5_000
_PR_SET_PDEATHSIG: Final = 1


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
    """The project's shapes, read once; large graphs are judged in pieces on all cores."""

    def __init__(self, files: Sequence[Path] | None = None) -> None:
        self._files = tuple(files if files is not None else assets.gating_shapes())
        self._judge = _Judge(self._files)

    def validate(self, data: Iterable[ox.Triple], beside: Iterable[ox.Triple] = ()) -> list[Violation]:
        """Return what does not conform among the subjects of `data`, in a fixed order."""
        triples, context = list(data), list(beside)
        if len(triples) < _WORTH_SHARING:
            found = self._judge.validate(_bytes(triples), _bytes(context))
        else:
            found = self._validate_in_pieces(triples, context)
        return sorted(set(found), key=lambda v: (v.focus, v.shape, v.component, v.value or ""))

    def _validate_in_pieces(self, triples: Sequence[ox.Triple], context: Sequence[ox.Triple]) -> list[Violation]:
        # Spawned, not forked: whoever builds may have threads, and a fork keeps their locks.
        workers = ProcessPoolExecutor(
            mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker, initargs=(self._files,)
        )
        with workers:
            tasks = [workers.submit(_work, *piece) for piece in _pieces(triples, context)]
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
        self._shapes = _ShapesGraph()
        for path in files:
            if path.name != "ontology-style.ttl":
                self._shapes.parse(path, format="turtle")
        _leave_out_repetition(self._shapes)

    def validate(self, data: bytes, beside: bytes) -> list[Violation]:
        """Return the violations of the subjects of `data` (both N-Triples)."""
        graph = rdflib.Graph().parse(data=data, format="nt")
        judged = {str(subject) for subject in graph.subjects()}
        graph.parse(data=beside, format="nt")
        _, report, _ = pyshacl.validate(
            graph, shacl_graph=self._shapes, advanced=False, inference="none", do_owl_imports=False, meta_shacl=False
        )
        assert isinstance(report, rdflib.Graph)
        violations = [_violation(report, node) for node in report.subjects(RDF.type, SH.ValidationResult)]
        return [each for violation in violations for each in _about_judged(violation, judged, graph)]


def _leave_out_repetition(shapes: rdflib.Graph) -> None:
    """Leave out that a shape demands its parent shape too, where the parent judges the same things by itself.

    It does when the shape demands the parent's class (`sh:class`). Nothing passes that would not have: what breaks a
    rule of the parent is reported as breaking that rule, once, and in a third of the time.
    """
    for parent, target in shapes.subject_objects(SH.targetClass):
        for shape in list(shapes.subjects(SH.node, parent)):
            if (shape, SH.targetClass, None) in shapes and (shape, SH["class"], target) in shapes:
                shapes.remove((shape, SH.node, parent))


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


def _work(data: bytes, beside: bytes) -> list[Violation]:
    assert _worker is not None
    return _worker.validate(data, beside)


def _pieces(triples: Sequence[ox.Triple], context: Sequence[ox.Triple]) -> Iterator[tuple[bytes, bytes]]:
    """Cut a graph into pieces of whole things, each with the context and the types of what it points to elsewhere.

    Things keep their order, so that what one row says about several things mostly stays together.
    """
    things: dict[str, list[ox.Triple]] = {}
    types: dict[str, list[ox.Triple]] = {}
    for triple in triples:
        assert isinstance(triple.subject, ox.NamedNode)
        things.setdefault(triple.subject.value.partition("#")[0], []).append(triple)
        if triple.predicate.value == str(RDF.type):
            types.setdefault(triple.subject.value, []).append(triple)
    described: dict[str, list[ox.Triple]] = {}
    for triple in context:
        assert isinstance(triple.subject, ox.NamedNode)
        described.setdefault(triple.subject.value, []).append(triple)
    size = max(_SMALLEST_PIECE, len(triples) // ((os.cpu_count() or 1) * 2))
    piece: list[ox.Triple] = []
    names: set[str] = set()
    for position, (name, about) in enumerate(things.items(), start=1):
        piece += about
        names.add(name)
        if len(piece) >= size or position == len(things):
            targets = {triple.object.value for triple in piece if isinstance(triple.object, ox.NamedNode)}
            outside = [t for target in targets if target.partition("#")[0] not in names for t in types.get(target, ())]
            codes = [t for target in targets for t in described.get(target, ())]
            yield _bytes(piece), _bytes([*outside, *codes])
            piece, names = [], set()


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
