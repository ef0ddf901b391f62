"""One executor: a forked process that answers one question at a time and may be killed at any moment.

The kernel holds its limits, not Python: an alarm ends it at the end of the time budget, an address-space limit makes a
memory bomb abort it, a fresh network namespace (where the system lets an ordinary user have one) leaves it without
network.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import gc
import io
import os
import re
import resource
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Final, Never, cast

import pyoxigraph as ox

from eclod.core import formats, spreadsheet
from eclod.core.parents import end_with_parent
from eclod.store import canonical, confinement, huge_pages, row_limit, wire
from eclod.store.lookout import Lookout
from eclod.store.row_limit import RowLimit, RowLimitReached, Sink

_PAGE: Final = resource.getpagesize()
#: An executor that has grown by more than this makes room for a fresh one after its answer; one that has copied more
#: than this of the release, when nobody has asked it for some time. (The engine's store in memory counts its readers
#: where it reads, so that reading copies what was shared; who has its copy is the quicker one while it is asked.)
_GROWTH_LIMIT: Final = 64 << 20
#: Seconds.
_IDLE: Final = 10
#: Seconds after a short question in which the next one is looked out for.
_AWAKE: Final = 0.0005
_READS_ALL: Final = "SELECT (COUNT(*) AS ?n) WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
#: In UTF-8: control characters, U+FFFE and U+FFFF.
_NOT_XML: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
_XML_NAME_AT_END: Final = re.compile(r"[^\W\d][\w.\-\u00B7]*$")
#: What the system says when a spool cannot be written: that is no fault of the question.
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
#: How much text is turned into bytes at a time.
_TEXT_CHUNK: Final = 1 << 16
#: How much of what was written is read again at a time.
_READ_AT_ONCE: Final = 1 << 20
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
    """What one question may take: seconds, bytes of memory above the release, bytes and rows of answer."""

    seconds: float
    memory: int
    answer: int
    rows: int


class AnswerTooLarge(Exception):
    pass


class Spool:
    """A writer that stays in memory while small, goes to an unlinked file when large, and stops at the limit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._memory = io.BytesIO()
        self.file: IO[bytes] | None = None
        self.length = 0

    def write(self, chunk: bytes) -> int:
        self.length += len(chunk)
        if self.length > self.limit:
            raise AnswerTooLarge
        if self.file is None and self.length > wire.INLINE_LIMIT:
            self.file = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the answer
            self.file.write(self._memory.getvalue())
        return self.file.write(chunk) if self.file is not None else self._memory.write(chunk)

    def flush(self) -> None:
        if self.file is not None:
            self.file.flush()

    def written(self) -> Iterator[bytes]:
        """Yield all that was written, in parts; writing goes on behind it."""
        content = self.reader()
        while part := content.read(_READ_AT_ONCE):
            yield part

    def discard(self) -> None:
        """Let go of a file that nobody will read."""
        if self.file is not None:
            with contextlib.suppress(OSError):  # what waits to be written has no room
                self.file.close()

    def reader(self) -> IO[bytes]:
        """Return the content from its beginning, to be read once."""
        found = self.file if self.file is not None else self._memory
        found.seek(0)
        return found

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

    def written(self) -> Iterator[bytes]:
        return self._spool.written()


def run(
    listener: socket.socket,
    open_store: Callable[[], ox.Store],
    limits: Limits,
    prefixes: dict[str, str],
    parent: int,
    settling: int | None = None,
) -> None:
    """Answer questions until told to stop (SIGTERM between questions) or grown too large; never returns normally.

    Whoever connects has this executor until the connection ends. It never outlives `parent`, which forked it. One with
    a descriptor in `settling` copies what it shares of the release before the first question, closes the descriptor and
    keeps the copy: reading would copy it page by page, which takes longer than most questions.
    """
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True
        if idle:
            os._exit(0)

    idle = True
    end_with_parent()
    if os.getppid() != parent:  # it died before it could take its child along
        os._exit(1)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    confinement.leave_the_network()
    store = open_store()
    if settling is not None:
        next(iter(cast("ox.QuerySolutions", store.query(_READS_ALL))))
        huge_pages.gather()
        os.close(settling)
    gc.freeze()
    _limit_memory(limits.memory)
    start, touched = _private_memory(), _touched_memory()
    niceness = os.getpriority(os.PRIO_PROCESS, 0)
    while not stopping:
        idle = True
        connection, _ = listener.accept()
        channel = wire.Channel(connection)
        lookout = Lookout(connection.fileno())
        try:
            channel.send([os.getpid(), settling is not None])
            awake = 0.0
            while not stopping:
                # Only when a question is there it counts as begun: what is unread when this process ends is put again.
                idle = True
                if not lookout.wait(_IDLE, awake):
                    if _touched_memory() - touched > _GROWTH_LIMIT:
                        _leave(channel)
                    lookout.wait(None)
                idle = False
                large = _exchange(channel, store, limits, prefixes)
                awake = 0.0 if large else _AWAKE
                if large and (
                    _private_memory() - start > _GROWTH_LIMIT or os.getpriority(os.PRIO_PROCESS, 0) > niceness
                ):
                    _leave(channel)
        except (EOFError, OSError):
            pass  # whoever asked has gone
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            channel.close()
        if max(_private_memory() - start, _touched_memory() - touched) > _GROWTH_LIMIT:
            break
    os._exit(0)


def _leave(channel: wire.Channel) -> Never:
    """End this process; whoever has the connection hears of it now, and not when the memory is given back."""
    channel.close()
    os._exit(0)


def _exchange(channel: wire.Channel, store: ox.Store, limits: Limits, prefixes: dict[str, str]) -> bool:
    """Answer one question and return whether it may have made this process grow."""
    question = channel.receive()
    started = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, min(float(question["seconds"]), limits.seconds))
    spool = Spool(limits.answer)
    try:
        header = answer(store, question, spool, prefixes, sys.maxsize if question["whole"] else limits.rows)
        spool.flush()
    except SyntaxError as error:
        header = {"error": "syntax", "message": error.msg or str(error)}
    except AnswerTooLarge:
        header = {"error": "too-large", "limit": limits.answer}
    except MemoryError:
        header = {"error": "memory"}
    except (ValueError, OSError, RuntimeError) as error:
        header = {"error": "evaluation", "message": str(error)}
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            header = {"error": "no-room"}
    signal.setitimer(signal.ITIMER_REAL, 0)
    if "error" in header:
        spool.discard()
        channel.send(header)
    elif spool.file is None:
        channel.send(header | {"length": spool.length}, spool.inline())
    else:
        channel.send(header | {"length": spool.length, "spooled": True}, descriptor=spool.file.fileno())
        spool.file.close()
    return spool.file is not None or time.monotonic() - started > _LONG


def answer(
    store: ox.Store, question: dict[str, Any], spool: Spool, prefixes: dict[str, str], rows: int
) -> dict[str, Any]:
    """Run the query into the spool, at most so many rows of a table, and return the header of the answer."""
    results = store.query(
        question["text"],
        base_iri=question["base"],
        default_graph=_graphs(question.get("default_graphs")),
        named_graphs=cast("list[ox.NamedNode | ox.BlankNode] | None", _graphs(question.get("named_graphs"))),
        substitutions={ox.Variable(name): _term(term) for name, term in question.get("bindings", {}).items()} or None,
    )
    if isinstance(results, ox.QueryTriples):
        name = question["graph_format"]
        if name is None:
            return {"error": "not-acceptable", "kind": "graph"}
        if name == formats.CANONICAL_GRAPH.name:
            canonical.write_graph(results, spool)
            return {"kind": "graph", "format": name}
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
    if name == "spreadsheet":
        plain = Spool(spool.limit)
        cut = _write_results(results, plain, "csv", rows, question["download"])
        _for_spreadsheets(plain, spool)
    elif name == formats.CANONICAL_TABLE.name:
        plain = Spool(spool.limit)
        cut = _write_results(results, plain, "tsv", rows, question["download"])
        canonical.write_table(plain.reader().read(), spool)
    else:
        cut = _write_results(results, spool, name, rows, question["download"])
    return {"kind": kind, "format": name} | ({"cut": rows} if cut else {})


def _write_results(
    results: ox.QuerySolutions | ox.QueryBoolean, spool: Spool, name: str, rows: int, download: str
) -> bool:
    """Write results in a format and return whether they were cut after so many rows."""
    sink: Sink = _XmlOnly(spool) if name == "xml" else spool
    if isinstance(results, ox.QueryBoolean):
        results.serialize(cast("IO[bytes]", sink), RESULT_FORMATS[name])
        return False
    limited = RowLimit(sink, name, rows)
    try:
        results.serialize(cast("IO[bytes]", limited), RESULT_FORMATS[name])
    except RowLimitReached:
        sink.write(row_limit.ending(name, rows, download))
        return True
    limited.finish()
    return False


def _for_spreadsheets(plain: Spool, spool: Spool) -> None:
    """Write the CSV of one spool to another as a spreadsheet shows it best."""
    csv.field_size_limit(spool.limit)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    spool.write(spreadsheet.BYTE_ORDER_MARK.encode())
    for row in csv.reader(io.TextIOWrapper(plain.reader(), encoding="utf-8", newline="")):
        writer.writerow([spreadsheet.safe(cell) for cell in row])
        if text.tell() >= _TEXT_CHUNK:
            spool.write(text.getvalue().encode())
            text.seek(0)
            text.truncate()
    spool.write(text.getvalue().encode())


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
    """Let this process have so much more memory than it uses now.

    The system counts addresses, and the allocator has some already that nothing uses; but half of the allowance is new.
    """
    known = _known_memory()
    unused = known.get("VmData", 0) - known.get("RssAnon", 0)
    limit = known["VmSize"] + max(allowance - unused, allowance // 2)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _known_memory() -> dict[str, int]:
    """Return what the system says of the memory of this process, in bytes (proc(5), /proc/pid/status)."""
    with open("/proc/self/status") as status:  # noqa: PTH123
        fields = (line.split() for line in status if line.endswith("kB\n"))
        return {name.rstrip(":"): int(size) << 10 for name, size, _ in fields}


def _private_memory() -> int:
    with open("/proc/self/statm") as statm:  # noqa: PTH123
        _, resident, shared, *_ = statm.read().split()
    return (int(resident) - int(shared)) * _PAGE


def _touched_memory() -> int:
    """Return how much was copied or first used by this process: what statm(5) calls resident does not tell copies."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt * _PAGE
