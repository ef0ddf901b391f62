"""One executor: a forked process that answers one question at a time and may be killed at any moment.

The kernel holds its limits, not Python: an alarm ends it at the end of the time budget, an address-space limit makes a
memory bomb abort it, a fresh network namespace (where the system lets an ordinary user have one) leaves it without
network.
"""

from __future__ import annotations

import ctypes
import gc
import io
import os
import re
import resource
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Final, cast

import pyoxigraph as ox

from eclod.store import wire

_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_PR_SET_PDEATHSIG: Final = 1
_PAGE: Final = resource.getpagesize()
#: An executor that has grown by more than this makes room for a fresh one after its answer.
_GROWTH_LIMIT: Final = 64 << 20
#: In UTF-8: control characters, U+FFFE and U+FFFF.
_NOT_XML: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
_XML_NAME_AT_END: Final = re.compile(r"[^\W\d][\w.\-\u00B7]*$")
#: Seconds; a shorter question with a small answer does not make an executor grow, and looking costs 20 µs.
_LONG: Final = 0.05

RESULT_FORMATS: Final = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
GRAPH_FORMATS: Final = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one question may take: seconds, bytes of memory above the release, bytes of answer."""

    seconds: float
    memory: int
    answer: int


class AnswerTooLarge(Exception):
    pass


class Spool:
    """A writer that stays in memory while small, goes to an unlinked file when large, and stops at the limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._memory = io.BytesIO()
        self.file: IO[bytes] | None = None
        self.length = 0

    def write(self, chunk: bytes) -> int:
        self.length += len(chunk)
        if self.length > self._limit:
            raise AnswerTooLarge
        if self.file is None and self.length > wire.INLINE_LIMIT:
            self.file = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the answer
            self.file.write(self._memory.getvalue())
        return self.file.write(chunk) if self.file is not None else self._memory.write(chunk)

    def flush(self) -> None:
        if self.file is not None:
            self.file.flush()

    def inline(self) -> bytes:
        """Return the content of a spool that stayed in memory."""
        return self._memory.getvalue()


class _XmlOnly:
    """Lets through to a spool what XML 1.0 can hold (section 2.2); raises ValueError for the rest."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._before = b""

    def write(self, chunk: bytes) -> int:
        if _NOT_XML.search(self._before + chunk):
            raise ValueError("the answer has a control character, which XML cannot hold; ask for another format")
        self._before = (self._before + chunk)[-2:]
        return self._spool.write(chunk)

    def flush(self) -> None:
        self._spool.flush()


def run(
    listener: socket.socket,
    open_store: Callable[[], ox.Store],
    limits: Limits,
    prefixes: dict[str, str],
    parent: int,
) -> None:
    """Answer questions until told to stop (SIGTERM between questions) or grown too large; never returns normally.

    It never outlives `parent`, the process that forked it.
    """
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True
        if idle:
            os._exit(0)

    idle = True
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before it could take its child along
        os._exit(1)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _leave_the_network()
    store = open_store()
    gc.freeze()
    _limit_memory(limits.memory)
    start = _private_memory()
    while not stopping:
        idle = True
        connection, _ = listener.accept()
        idle = False
        channel = wire.Channel(connection)
        try:
            large = _exchange(channel, store, limits, prefixes)
        except (EOFError, OSError):
            large = True  # whoever asked has gone
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            channel.close()
        if large and _private_memory() - start > _GROWTH_LIMIT:
            break
    os._exit(0)


def _exchange(channel: wire.Channel, store: ox.Store, limits: Limits, prefixes: dict[str, str]) -> bool:
    """Answer one question and return whether it may have made this process grow."""
    channel.connection.settimeout(limits.seconds)
    channel.send(os.getpid())
    question = channel.receive()
    started = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, min(float(question["seconds"]), limits.seconds))
    spool = Spool(limits.answer)
    try:
        header = answer(store, question, spool, prefixes)
    except SyntaxError as error:
        header = {"error": "syntax", "message": error.msg or str(error)}
    except AnswerTooLarge:
        header = {"error": "too-large", "limit": limits.answer}
    except MemoryError:
        header = {"error": "memory"}
    except (ValueError, OSError, RuntimeError) as error:
        header = {"error": "evaluation", "message": str(error)}
    signal.setitimer(signal.ITIMER_REAL, 0)
    if "error" in header:
        channel.send(header)
    elif spool.file is None:
        channel.send(header | {"length": spool.length}, spool.inline())
    else:
        spool.flush()
        channel.send(header | {"length": spool.length, "spooled": True}, descriptor=spool.file.fileno())
        spool.file.close()
    return spool.file is not None or time.monotonic() - started > _LONG


def answer(store: ox.Store, question: dict[str, Any], spool: Spool, prefixes: dict[str, str]) -> dict[str, Any]:
    """Run the query into the spool and return the header of the answer."""
    results = store.query(
        question["text"],
        default_graph=_graphs(question.get("default_graphs")),
        named_graphs=cast("list[ox.NamedNode | ox.BlankNode] | None", _graphs(question.get("named_graphs"))),
        substitutions={ox.Variable(name): _term(term) for name, term in question.get("bindings", {}).items()} or None,
    )
    if isinstance(results, ox.QueryTriples):
        name = question["graph_format"]
        if name is None:
            return {"error": "not-acceptable", "kind": "graph"}
        output = cast("IO[bytes]", _XmlOnly(spool) if name == "rdf" else spool)
        if name in ("ttl", "trig", "rdf", "jsonld"):
            triples = _writable_as_xml(results) if name == "rdf" else results
            ox.serialize(triples, output, GRAPH_FORMATS[name], prefixes=prefixes)
        else:
            results.serialize(output, GRAPH_FORMATS[name])
        return {"kind": "graph", "format": name}
    kind = "boolean" if isinstance(results, ox.QueryBoolean) else "bindings"
    name = question["result_format"]
    if name is None:
        return {"error": "not-acceptable", "kind": kind}
    output = cast("IO[bytes]", _XmlOnly(spool) if name == "xml" else spool)
    results.serialize(output, RESULT_FORMATS[name])
    return {"kind": kind, "format": name}


def _writable_as_xml(triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
    """Let triples pass whose property can be an element name (RDF 1.1 XML Syntax, section 2.14); raises ValueError."""
    for triple in triples:
        if not _XML_NAME_AT_END.search(triple.predicate.value):
            raise ValueError(
                f"RDF/XML has no way to write the property <{triple.predicate.value}>; ask for another format"
            )
        yield triple


def _graphs(names: list[str] | None) -> list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] | None:
    # Each once: a graph that is named twice is still one.
    return None if names is None else [ox.NamedNode(name) for name in dict.fromkeys(names)]


def _term(text: str) -> ox.NamedNode | ox.Literal:
    """Return the term of its N-Triples spelling; parsed by the engine's own parser, never pasted into a query."""
    triple = next(iter(ox.parse(f"<urn:s> <urn:p> {text} .".encode(), format=ox.RdfFormat.N_TRIPLES)))
    return cast("ox.NamedNode | ox.Literal", triple.object)


def _limit_memory(allowance: int) -> None:
    virtual = int(open("/proc/self/statm").read().split()[0]) * _PAGE  # noqa: PTH123, SIM115  # Linux only, read once
    resource.setrlimit(resource.RLIMIT_AS, (virtual + allowance, virtual + allowance))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _private_memory() -> int:
    with open("/proc/self/statm") as statm:  # noqa: PTH123
        _, resident, shared, *_ = statm.read().split()
    return (int(resident) - int(shared)) * _PAGE


def _leave_the_network() -> None:
    """Move into an empty network namespace; where the system does not allow it, the guard alone holds."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
