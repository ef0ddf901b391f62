"""Graphs as sorted canonical N-Quads lines: what is hashed, compared, dumped and merged.

A line is what the store gives back (the engine keeps values, not spellings), without its line end, as UTF-8. Sorting
the lines of a whole dataset by code point is its canonical form when it holds no blank node, or only canonically named
ones (RDFC-1.0, section 5).
"""

from __future__ import annotations

import gzip
import hashlib
import heapq
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from eclod.core.errors import Damaged

#: Level 6 takes four times as long for a tenth less.
_COMPRESSION: Final = 2

#: A line ends with an object and, in a named graph, the graph: two terms where an IRI or a label stands last. A literal
#: ends with a quote, a language or a datatype, a triple term (RDF 1.2) with its bracket, so what follows them after a
#: space is the graph.
_LAST_TERMS: Final = re.compile(
    rb"""^\S+\ \S+\ (?:<[^<>]*>|_:\S+|"(?:[^"\\]|\\.)*"(?:\^\^<[^>]*>|@\S+)?|<<\(.*\)>>)
    \ (?P<graph><[^>]*>|_:\S+)\ \.$""",
    re.DOTALL | re.VERBOSE,
)


def of_triples(triples: Iterable[ox.Triple], graph: str) -> list[bytes]:
    """Return the sorted lines of a graph (IRI; empty for the default graph) as the store would give it back."""
    store = ox.Store()
    name = graph_name(graph)
    store.bulk_extend(ox.Quad(t.subject, t.predicate, t.object, name) for t in triples)
    return of_store(store)


def of_store(store: ox.Store) -> list[bytes]:
    """Return the sorted lines of everything in a store."""
    buffer = io.BytesIO()
    store.dump(buffer, ox.RdfFormat.N_QUADS)
    return sorted(buffer.getvalue().splitlines())


def of_triple(triple: ox.Triple) -> bytes:
    """Return the line of one triple in the default graph."""
    return f"{triple.subject} {triple.predicate} {triple.object} .".encode()


def graph_name(graph: str) -> ox.NamedNode | ox.BlankNode | ox.DefaultGraph:
    """Return the term for a graph as the manifest spells it: an IRI, `_:label`, or empty for the default graph."""
    if not graph:
        return ox.DefaultGraph()
    return ox.BlankNode(graph[2:]) if graph.startswith("_:") else ox.NamedNode(graph)


def load(store: ox.Store, content: bytes) -> None:
    """Add N-Quads to a store, blank nodes under the labels they have; read in bulk they would get others."""
    if b"_:" in content:
        store.bulk_extend(ox.parse(content, format=ox.RdfFormat.N_QUADS))
    else:
        store.bulk_load(content, ox.RdfFormat.N_QUADS)


def quads(lines: Iterable[bytes]) -> Iterator[ox.Quad]:
    """Return the quads of lines."""
    return ox.parse(b"\n".join(lines), format=ox.RdfFormat.N_QUADS)


def subject(line: bytes) -> bytes:
    """Return the subject of a line as it is written there (`<…>` or `_:…`)."""
    return line[: line.index(b" ")]


def graph_of(line: bytes) -> str:
    """Return the graph of a line: its IRI, `_:label`, or empty for the default graph."""
    match = _LAST_TERMS.search(line)
    if match is None:
        return ""
    name = match["graph"].decode()
    return name if name.startswith("_:") else name[1:-1]


def without_graph(line: bytes, graph: str) -> bytes:
    """Return a line of a named graph as a line of the default graph."""
    ending = f" <{graph}> .".encode()
    return line[: -len(ending)] + b" ." if line.endswith(ending) else line


def sha256(lines: Iterable[bytes]) -> str:
    """Return the SHA-256 of lines, each closed by a line feed, in hexadecimal."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line)
        digest.update(b"\n")
    return digest.hexdigest()


def merged(graphs: Sequence[Iterable[bytes]]) -> Iterator[bytes]:
    """Return the lines of several sorted graphs as one sorted sequence."""
    return heapq.merge(*graphs)


def difference(old: Sequence[bytes], new: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Return (removed, added) lines, each sorted."""
    before, after = set(old), set(new)
    return sorted(before - after), sorted(after - before)


def write_dump(lines: Sequence[bytes], folder: Path, name: str, prefixes: dict[str, str]) -> tuple[Path, Path]:
    """Write `<name>.nq.gz` and `<name>.ttl.gz`, the same bytes for the same lines, and return their paths."""
    quads_path, turtle_path = folder / f"{name}.nq.gz", folder / f"{name}.ttl.gz"
    quads_path.write_bytes(gzip.compress(b"".join(line + b"\n" for line in lines), _COMPRESSION, mtime=0))
    triples = (quad.triple for quad in quads(lines))
    turtle = io.BytesIO()
    ox.serialize(triples, turtle, ox.RdfFormat.TURTLE, prefixes=prefixes)
    turtle_path.write_bytes(gzip.compress(turtle.getvalue(), _COMPRESSION, mtime=0))
    return quads_path, turtle_path


def read_dump(path: Path) -> list[bytes]:
    """Return the lines of a `.nq.gz` dump; raises Damaged when it cannot be read."""
    return unpack(path).splitlines()


def unpack(path: Path) -> bytes:
    """Return what a compressed dump holds; raises Damaged when it cannot be read."""
    try:
        packed = path.read_bytes()
        if not packed:
            raise EOFError("it is empty")
        return gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        raise Damaged(
            f"The file {path} cannot be read ({error}); switch to another release with 'eclod releases rollback', "
            "or build in an empty data folder."
        ) from error
