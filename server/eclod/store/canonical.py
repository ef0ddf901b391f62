"""An answer as bytes that do not depend on the order it was found in: what a receipt hashes.

A table is its TSV with the rows sorted, each as often as it was found: a multiset, since the order is no part of it. A
graph is its sorted canonical N-Quads (RDFC-1.0). This is done by the executor, which may be killed: a few blank nodes
that all point to each other keep RDFC-1.0 busy for hours (section 7.1 there).
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Protocol

import pyoxigraph as ox


class Sink(Protocol):
    """Where the bytes go."""

    def write(self, chunk: bytes) -> int: ...


def write_table(tsv: bytes, sink: Sink) -> None:
    """Write a table, given as the engine's TSV, with its rows sorted by their bytes."""
    header, *rows = tsv.removesuffix(b"\n").split(b"\n")
    rows.sort()
    for line in (header, *rows):
        sink.write(line + b"\n")


def write_graph(triples: Iterable[ox.Triple], sink: Sink) -> None:
    """Write the sorted canonical N-Quads of a graph."""
    dataset = ox.Dataset(ox.Quad(triple.subject, triple.predicate, triple.object) for triple in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    buffer = io.BytesIO()
    ox.serialize(dataset, buffer, ox.RdfFormat.N_QUADS)
    for line in sorted(buffer.getvalue().splitlines(keepends=True)):
        sink.write(line)
