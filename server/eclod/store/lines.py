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
import itertools
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from eclod.core.errors import Damaged
from eclod.core.namespaces import expand

_LINES_AT_ONCE: Final = 20_000
#: Bytes of a dump that are read at a time.
_PIECE: Final = 4 << 20

_STRING: Final = ox.NamedNode(expand("xsd:string"))

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
    ending = f" {name} ." if graph else " ."
    found: set[bytes] = set()
    for triple in triples:
        if _is_plain(triple.object):
            found.add(f"{triple}{ending}".encode())
        else:
            store.add(ox.Quad(triple.subject, triple.predicate, triple.object, name))
    found.update(of_store(store))
    return sorted(found)


def _is_plain(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> bool:
    """Return whether the store gives a term back as it is: it keeps the values of numbers and dates, not how they are
    spelt, and writes language tags in small letters."""
    if isinstance(term, ox.NamedNode):
        return True
    if not isinstance(term, ox.Literal):
        return False
    return term.language.islower() if term.language is not None else term.datatype == _STRING


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
    """Add N-Quads that a store has written to a store; their IRIs are not checked again.

    Blank nodes keep the labels they have; read in bulk they would get others.
    """
    if b"_:" in content:
        store.bulk_extend(ox.parse(content, format=ox.RdfFormat.N_QUADS, lenient=True))
    else:
        store.bulk_load(content, ox.RdfFormat.N_QUADS, lenient=True)


def quads(lines: Iterable[bytes]) -> Iterator[ox.Quad]:
    """Return the quads of lines."""
    for some in _pieces(lines):
        yield from ox.parse(some, format=ox.RdfFormat.N_QUADS)


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Return lines as they stand in a file, so many at a time that they cost little memory beside themselves."""
    remaining = iter(lines)
    while some := list(itertools.islice(remaining, _LINES_AT_ONCE)):
        yield b"\n".join([*some, b""])


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
    for some in _pieces(lines):
        digest.update(some)
    return digest.hexdigest()


def merged(graphs: Sequence[Iterable[bytes]]) -> Iterator[bytes]:
    """Return the lines of several sorted graphs as one sorted sequence."""
    return heapq.merge(*graphs)


def difference(old: Sequence[bytes], new: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Return (removed, added) lines, each sorted."""
    before, after = set(old), set(new)
    return sorted(before - after), sorted(after - before)


def read_dump(path: Path) -> list[bytes]:
    """Return the lines of a `.nq.gz` dump; raises Damaged when it cannot be read."""
    return unpack(path).splitlines()


def unpack(path: Path) -> bytes:
    """Return what a compressed dump holds; raises Damaged when it cannot be read."""
    return b"".join(pieces_of(path))


def pieces_of(path: Path) -> Iterator[bytes]:
    """Yield what a compressed dump holds in pieces of whole lines; raises Damaged when it cannot be read."""
    try:
        if not path.stat().st_size:
            raise EOFError("it is empty")
        with gzip.open(path) as dump:
            while piece := dump.read(_PIECE):
                yield piece + dump.readline()
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, why: object) -> Damaged:
    """Return the error that says that a file of a release cannot be read, and what to do."""
    return Damaged(
        f"The file {path} cannot be read ({why}); switch to another release with 'eclod releases rollback', "
        "or build in an empty data folder."
    )
