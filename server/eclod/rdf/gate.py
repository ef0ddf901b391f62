"""The SHACL gate: which nodes of a graph do not conform to the shapes, and what to tell whoever sent them.

What stands beside the data (descriptions of the codes it uses, types of things it points to) helps to judge it but is
not judged itself. Nothing is fetched: imports are never followed.
"""

from __future__ import annotations

import io
import multiprocessing
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from rdflib.namespace import RDF

from eclod.core import assets
from eclod.core.parents import end_with_parent
from eclod.rdf.clearance import Clearance
from eclod.rdf.judge import Judge, Violation

__all__ = ["Gate", "Violation"]

#: Triples; below this a second process costs more than it saves.
_WORTH_SHARING: Final = 100_000
_SMALLEST_PIECE: Final = 25_000
_TYPE: Final = ox.NamedNode(str(RDF.type))


class Gate:
    """The project's shapes, read once; large graphs are judged in pieces on all cores.

    What plainly conforms is let through after one look (see `eclod.rdf.clearance`); pyshacl judges the rest.
    """

    def __init__(self, files: Sequence[Path] | None = None) -> None:
        self._files = tuple(files if files is not None else assets.gating_shapes())
        self._judge = Judge(self._files)
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


_worker: Judge | None = None


def _start_worker(files: Sequence[Path]) -> None:
    global _worker
    # A build that is killed takes its workers along.
    end_with_parent()
    _worker = Judge(files)


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
