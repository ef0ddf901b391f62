"""The engine as a web worker sees it: sockets to the executors of the running release, and of past ones on demand."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from eclod.core import formats
from eclod.core.errors import (
    Abandoned,
    BadEvaluation,
    EclodError,
    NotAcceptable,
    OverBudget,
    TooBusy,
    TooLarge,
)
from eclod.core.settings import Settings
from eclod.store import control, guard
from eclod.store.connections import Connection, Connections, release_of_socket
from eclod.store.engine import Answer, Question
from eclod.store.federation import Federation
from eclod.store.syntax import syntax_error
from eclod.store.turns import Turn, Turns

_NAMED_ONLY: Final = (formats.SPREADSHEET, formats.CANONICAL_TABLE, formats.CANONICAL_GRAPH)
FORMATS: Final = {form.name: form for form in (*formats.RESULT_FORMATS, *formats.GRAPH_FORMATS, *_NAMED_ONLY)}

#: How often a question is put that no executor takes, because its host retires or the executor ends meanwhile.
_ATTEMPTS: Final = 3
#: After so many seconds it goes behind all shorter ones, in the eyes of the operating system.
_LONG: Final = 0.5
#: What is left for a question whose time went to other endpoints.
_LEAST_SECONDS: Final = 0.1
#: How often a question that takes long is looked at, in seconds; each time it makes its place free for shorter ones, if
#: there is room beside.
_LOOK: Final = 0.15
#: When to ask again after an answer that there was no room for.
_ROOM_SECONDS: Final = 60


class _NotTaken(Exception):
    """The connection ended before an executor began with the question: it can safely be put again."""


class Begun:
    """A question that an executor works at; whoever began it has to finish it, or to give it up."""

    def __init__(self, pool: ExecutorPool, question: Question, turn: Turn, connection: Connection) -> None:
        self.question = question
        self._pool = pool
        self._turn = turn
        self._connection = connection
        self._started = time.monotonic()
        self._is_lost = False
        self._result: Answer | Exception | None = None

    @property
    def release(self) -> str:
        """Return the release that the executor has open."""
        return self._connection.release

    def fileno(self) -> int:
        """Return the descriptor that can be read when the answer begins to arrive; it has to stay a blocking one."""
        return self._connection.connection.fileno()

    def arrives(self, seconds: float) -> bool:
        """Return whether the answer begins to arrive within so many seconds, looking out for it."""
        return self._connection.wait(0, awake=seconds)

    def at_once(self) -> Answer | None:
        """Return the answer that begins to arrive; None when the question has to be put again, which `finish` does."""
        try:
            return self._settle(self._read)
        except _NotTaken:
            return None

    def finish(self) -> Answer:
        """Wait for the answer and return it; raises what asking raises, the same when it is called again."""
        try:
            return self._settle(self._read)
        except _NotTaken:
            return self._settle(lambda: self._pool._ask(self.question, None, self._turn))

    def give_up(self) -> None:
        """End the work of a question that nobody will finish."""
        if self._result is None:
            if not self._is_lost:
                self._connection.kill()
                self._connection.close()
            self._turn.end()
            self._result = Abandoned("Whoever asked has gone.")

    def _settle(self, read: Callable[[], Answer]) -> Answer:
        """Return what is read, now or before, and end the turn with it; raises _NotTaken while there is nothing."""
        if self._result is None:
            try:
                self._result = read()
            except _NotTaken:
                raise
            except Exception as error:
                self._result = error
            self._turn.end()
        if isinstance(self._result, Exception):
            raise self._result
        return self._result

    def _read(self) -> Answer:
        if self._is_lost:
            raise _NotTaken
        try:
            return self._pool._read(self.question, self._turn, self._connection, self._started)
        except _NotTaken:
            self._is_lost = True
            raise


class ExecutorPool:
    """An Engine over the executors of a run folder; safe to share among threads."""

    def __init__(self, run_folder: Path, settings: Settings, federation: Federation | None = None) -> None:
        """Take the folder with the sockets; without a federation no query may ask other endpoints."""
        self._link = str(run_folder / "current")
        self._folder = run_folder
        self._settings = settings
        self._federation = federation
        self._connections = Connections()
        self.turns = self._line(settings.executors)
        self._past_turns = self._line(settings.past_executors)

    def _line(self, executors: int) -> Turns:
        """Return the turns of so many executors: half of them for what is quick, the others for what takes long.

        An executor that was asked much has most of the release in memory of its own, since the engine writes where it
        reads; so it is better to keep few of them busy.
        """
        chosen = self._settings
        quick = -(-executors // 2)
        return Turns(quick, executors - quick, chosen.queue, chosen.client_queries, chosen.queue_seconds)

    @property
    def release(self) -> str:
        try:
            return release_of_socket(os.readlink(self._link))  # noqa: PTH115  # hot path
        except OSError:
            raise _starting() from None

    def ask(self, question: Question) -> Answer:
        longest = self._settings.query_kb
        if len(question.text) << 2 > longest << 10 and len(question.text.encode("utf-8", "replace")) > longest << 10:
            raise TooLarge(f"The query is longer than the {longest} KiB that this endpoint reads; shorten it.")
        if self._federation is None:
            guard.check(question.text)
            return self._plain(question)
        started = time.monotonic()
        budget = self._budget(question)
        text = self._federation.resolve(question.text, budget, lambda text, left: self._known(question, text, left))
        if text is question.text:
            return self._plain(question)
        left = max(budget - (time.monotonic() - started), _LEAST_SECONDS)
        return self._plain(replace(question, text=text, seconds=left))

    def is_plain(self, question: Question) -> bool:
        """Return whether a question is short, for the running release as it lies in memory, and for no other endpoint.

        Raises NotAllowed for what no query may do.
        """
        text = question.text
        guard.check_reads(text)
        short = len(text) << 2 <= self._settings.query_kb << 10
        return short and question.release is None and not question.fixed_order and not guard.may_call_out(text)

    def begin(self, question: Question, turn: Turn) -> Begun | None:
        """Put a plain question to an executor without waiting; None, with the turn over, when that cannot be."""
        connection = None
        try:
            connection = self._connections.take_idle(self._socket(None))
            if connection is not None:
                self._put(connection, question)
                return Begun(self, question, turn, connection)
        except (OSError, EclodError):
            if connection is not None:
                connection.close()
        turn.end()
        return None

    def _read(self, question: Question, turn: Turn, connection: Connection, started: float) -> Answer:
        try:
            answer = self._answer(connection, question, turn, started)
        except BaseException:
            connection.close()
            raise
        return self._given_back(connection, answer)

    def _known(self, question: Question, text: str, seconds: float) -> bytes:
        """Return what the data of a question has to say to another endpoint."""
        return self._plain(replace(question, text=text, seconds=seconds, result_format=formats.RESULT_JSON)).read()

    def _budget(self, question: Question) -> float:
        return min(question.seconds or self._settings.query_seconds, self._settings.query_seconds)

    def _plain(self, question: Question) -> Answer:
        """Answer a question that only this service is needed for."""
        past = question.release if question.release not in (None, self.release) else None
        if question.fixed_order:  # that of the disk, which depends on nothing but the data
            past = question.release or self.release
        with (self._past_turns if past else self.turns).turn(question.asker) as turn:
            return self._ask(question, past, turn)

    def close(self) -> None:
        """Let go of the executors; a question asked later takes hold of them again."""
        self._connections.close()
        if self._federation is not None:
            self._federation.close()

    def _ask(self, question: Question, past: str | None, turn: Turn) -> Answer:
        for _ in range(_ATTEMPTS):
            connection = self._connect(past)
            try:
                answer = self._exchange(connection, question, turn)
            except _NotTaken:
                connection.close()
                continue
            except BaseException:
                connection.close()
                raise
            return self._given_back(connection, answer)
        raise TooBusy("The executor was replaced; ask again.", retry_after=1)

    def _given_back(self, connection: Connection, answer: Answer | EclodError) -> Answer:
        self._connections.give_back(connection)
        if isinstance(answer, EclodError):
            raise answer
        return answer

    def _connect(self, past: str | None) -> Connection:
        """Return a connection to a release; a host that has just gone is asked for again."""
        for attempt in range(_ATTEMPTS):
            try:
                return self._connections.take(self._socket(past), self._settings.queue_seconds)
            except OSError:
                time.sleep(0.05 * (attempt + 1))
        raise _starting()

    def _socket(self, past: str | None) -> str:
        if past is not None:
            return f"{self._folder}/{control.open_release(self._folder, past)}"
        try:
            return f"{self._folder}/{os.readlink(self._link)}"  # noqa: PTH115  # hot path
        except OSError:
            raise _starting() from None

    def _exchange(self, connection: Connection, question: Question, turn: Turn) -> Answer | EclodError:
        """Return the answer, or what is wrong with the question; the connection can be used again."""
        try:
            self._put(connection, question)
            self._greet(connection)
        except (EOFError, ConnectionError):
            raise _NotTaken from None
        return self._answer(connection, question, turn, time.monotonic())

    def _put(self, connection: Connection, question: Question) -> None:
        frame = question_frame(question, self._settings.base, connection.release)
        try:
            connection.send(frame | {"seconds": self._budget(question)})
        except UnicodeEncodeError as error:  # half of a surrogate pair
            raise error_of({"error": "evaluation", "message": str(error)}, question.text) from None

    def _answer(self, connection: Connection, question: Question, turn: Turn, started: float) -> Answer | EclodError:
        """Return what an executor answers to a question that was put to it at `started`."""
        budget = self._budget(question)
        self._wait(connection, question, turn, started, budget)
        try:
            header = connection.receive()
            if "error" in header:
                return error_of(header, question.text)
            answer = Answer(
                header["kind"],
                FORMATS[header["format"]],
                connection.release,
                header["length"],
                cut=header.get("cut"),
            )
            if header.get("spooled"):
                answer.spool = os.fdopen(connection.take_descriptor(), "rb")
                answer.spool.seek(0)
            else:
                answer.body = connection.read_body(header["length"])
        except ConnectionError:  # it ended with the question unread (unix(7): ECONNRESET)
            raise _NotTaken from None
        except EOFError:
            raise _ended(time.monotonic() - started, budget) from None
        return answer

    def _greet(self, connection: Connection) -> None:
        """Wait until an executor takes a connection; raises _NotTaken when another connection is there meanwhile."""
        deadline = time.monotonic() + self._settings.queue_seconds
        while not connection.greet(_LOOK):
            if self._connections.has_idle(connection.address):
                raise _NotTaken
            if time.monotonic() >= deadline:
                raise TooBusy("All executors are busy; try again in a moment.", retry_after=1)

    def _wait(self, connection: Connection, question: Question, turn: Turn, started: float, budget: float) -> None:
        """Wait for the answer to begin; raises Abandoned when nobody wants it any more, OverBudget at the very end."""
        deadline = started + budget + 2  # the executor's own alarm comes first
        behind = False
        while not connection.wait(_LOOK):
            now = time.monotonic()
            if question.asker is not None and question.asker.gone():
                connection.kill()
                raise Abandoned("Whoever asked has gone.")
            if now >= deadline:
                connection.kill()
                raise _ended(now - started, budget)
            turn.step_aside()
            if not behind and now - started >= _LONG:
                connection.put_behind()
                behind = True


def _starting() -> TooBusy:
    return TooBusy("The service is starting; try again in a moment.", retry_after=2)


def question_frame(question: Question, base: str, release: str) -> dict[str, Any]:
    """Return a question as the executors read it.

    Relative IRIs in it are resolved against the endpoint (SPARQL 1.1, section 4.1.1.2); `download` is where all of the
    data is, for an answer that is cut.
    """
    return {
        "text": question.text,
        "result_format": question.result_format and question.result_format.name,
        "graph_format": question.graph_format and question.graph_format.name,
        "default_graphs": question.default_graphs,
        "named_graphs": question.named_graphs,
        "bindings": dict(question.bindings),
        "base": f"{base}/sparql",
        "download": f"{base}/releases/{release}",
        "whole": question.asker is None,  # the service itself; what it asks is not cut at the rows of clients
    }


def error_of(header: dict[str, Any], query: str) -> EclodError:
    match header["error"]:
        case "syntax":
            return syntax_error(header["message"], query)
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
        case "no-room":
            return TooBusy(
                "The service has no room for so large an answer just now; ask for less, or again later.",
                retry_after=_ROOM_SECONDS,
            )
        case "memory":
            return OverBudget("The query needs more memory than one query may take; ask for less at a time.")
        case _:
            return BadEvaluation(f"The query cannot be evaluated: {header.get('message', 'unknown reason')}")


def _ended(elapsed: float, budget: float) -> OverBudget:
    """Return why an executor ended without an answer: its alarm rang, or it ran out of memory or stack."""
    advice = "make it more selective, add a LIMIT, or take the download"
    facts = {"elapsed_seconds": round(elapsed, 3), "budget_seconds": budget}
    if elapsed >= budget * 0.95:
        return OverBudget(f"The query was stopped after its budget of {budget:g} seconds; {advice}.", **facts)
    return OverBudget(f"The query needs more memory or deeper nesting than one query may have; {advice}.", **facts)
