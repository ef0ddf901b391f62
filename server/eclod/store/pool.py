"""The engine as a web worker sees it: sockets to the executors of the running release."""

from __future__ import annotations

import os
import re
import socket
import time
from pathlib import Path
from typing import Any, Final

from eclod.core import formats
from eclod.core.errors import BadQuery, EclodError, NotAcceptable, OverBudget, TooBusy, TooLarge
from eclod.store import guard, wire
from eclod.store.engine import Answer, Question

FORMATS: Final = {form.name: form for form in (*formats.RESULT_FORMATS, *formats.GRAPH_FORMATS)}

_POSITION: Final = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_LONGEST_EXPECTATION: Final = 200


#: How often a question is put that no executor takes, because its host retires or the executor ends meanwhile.
_ATTEMPTS: Final = 3


class _NotTaken(Exception):
    """The connection ended before an executor began with the question: it can safely be put again."""


class ExecutorPool:
    """An Engine over the executors of a run folder; safe to share among threads."""

    def __init__(self, run_folder: Path, query_seconds: float, queue_seconds: float, query_bytes: int) -> None:
        self._link = str(run_folder / "current")
        self._folder = str(run_folder)
        self._seconds = query_seconds
        self._queue_seconds = queue_seconds
        self._query_bytes = query_bytes

    @property
    def release(self) -> str:
        try:
            return release_of_socket(os.readlink(self._link))  # noqa: PTH115  # hot path
        except OSError:
            raise _starting() from None

    def ask(self, question: Question) -> Answer:
        if len(question.text.encode("utf-8", "surrogatepass")) > self._query_bytes:
            raise TooLarge(
                f"The query is longer than the {self._query_bytes // 1024} KiB that this endpoint reads; shorten it."
            )
        guard.check(question.text)
        for _ in range(_ATTEMPTS):
            channel = wire.Channel(self._connect())
            try:
                return self._exchange(channel, question)
            except _NotTaken:
                continue
            finally:
                channel.close()
        raise TooBusy("The executor was replaced; ask again.", retry_after=1)

    def _connect(self) -> socket.socket:
        """Return a connection to the running release; a host that has just gone is asked for again."""
        for attempt in range(_ATTEMPTS):
            address = self._socket()
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(self._queue_seconds)
            try:
                connection.connect(address)
            except (TimeoutError, BlockingIOError):
                connection.close()
                raise self._too_busy() from None
            except OSError:
                connection.close()
                time.sleep(0.05 * (attempt + 1))
            else:
                return connection
        raise _starting()

    def _socket(self) -> str:
        try:
            return f"{self._folder}/{os.readlink(self._link)}"  # noqa: PTH115  # hot path
        except OSError:
            raise _starting() from None

    def _exchange(self, channel: wire.Channel, question: Question) -> Answer:
        release = release_of_socket(str(channel.connection.getpeername()))
        budget = min(question.seconds or self._seconds, self._seconds)
        try:
            channel.send(question_frame(question) | {"seconds": budget})
            channel.receive()  # the greeting: an executor is free
        except TimeoutError:
            raise self._too_busy() from None
        except (EOFError, ConnectionError):
            raise _NotTaken from None
        started = time.monotonic()
        channel.connection.settimeout(budget + 2)
        try:
            header = channel.receive()
            if "error" in header:
                raise error_of(header)
            answer = Answer(header["kind"], FORMATS[header["format"]], release, header["length"])
            if header.get("spooled"):
                answer.spool = os.fdopen(channel.take_descriptor(), "rb")
                answer.spool.seek(0)
            else:
                answer.body = channel.read(header["length"])
        except (EOFError, ConnectionError, TimeoutError):
            raise _ended(time.monotonic() - started, budget) from None
        return answer

    def _too_busy(self) -> TooBusy:
        return TooBusy(
            f"All executors were busy for {self._queue_seconds:g} seconds; try again later.",
            retry_after=max(1, round(self._queue_seconds)),
        )


def socket_name(release: str, launch: int) -> str:
    """Return the name of the socket of one launch of a host, so that two hosts of one release never share it."""
    return f"{release}.{launch}.sock"


def release_of_socket(path: str) -> str:
    """Return the release that the host behind a socket has open."""
    return path.rpartition("/")[2].rsplit(".", 2)[0]


def _starting() -> TooBusy:
    return TooBusy("The service is starting; try again in a moment.", retry_after=2)


def question_frame(question: Question) -> dict[str, Any]:
    """Return a question as the executors read it."""
    return {
        "text": question.text,
        "result_format": question.result_format and question.result_format.name,
        "graph_format": question.graph_format and question.graph_format.name,
        "default_graphs": question.default_graphs,
        "named_graphs": question.named_graphs,
        "bindings": question.bindings,
    }


def syntax_error(message: str) -> BadQuery:
    """Return the engine's message as one with line and column, short where the engine lists all it knows."""
    match = _POSITION.search(message)
    if match is None:
        return BadQuery(f"The query does not parse: {message}.")
    line, column, rest = int(match[1]), int(match[2]), match[3]
    if "Prefix not found" in rest:
        rest = "a prefix is used that no PREFIX line declares"
    elif len(rest) > _LONGEST_EXPECTATION:
        rest = "something else is expected here"
    return BadQuery(f"The query does not parse at line {line}, column {column}: {rest}.", line=line, column=column)


def error_of(header: dict[str, Any]) -> EclodError:
    match header["error"]:
        case "syntax":
            return syntax_error(header["message"])
        case "not-acceptable":
            offered = formats.GRAPH_FORMATS if header["kind"] == "graph" else formats.RESULT_FORMATS
            names = [form.media_type for form in offered]
            what = "a graph" if header["kind"] == "graph" else "a table of results"
            return NotAcceptable(
                f"The answer to this query is {what}; ask for one of {', '.join(names)}.", available=names
            )
        case "too-large":
            return TooLarge(
                f"The answer is larger than {header['limit'] >> 20} MiB; ask for less, or take the download."
            )
        case "memory":
            return OverBudget("The query needs more memory than one query may take; ask for less at a time.")
        case _:
            return BadQuery(f"The query cannot be evaluated: {header.get('message', 'unknown reason')}")


def _ended(elapsed: float, budget: float) -> OverBudget:
    """Return why an executor ended without an answer: its alarm rang, or it ran out of memory or stack."""
    advice = "make it more selective, add a LIMIT, or take the download"
    facts = {"elapsed_seconds": round(elapsed, 3), "budget_seconds": budget}
    if elapsed >= budget * 0.95:
        return OverBudget(f"The query was stopped after its budget of {budget:g} seconds; {advice}.", **facts)
    return OverBudget(f"The query needs more memory or deeper nesting than one query may have; {advice}.", **facts)
