"""Plain queries, answered on the event loop: no thread, no Flask, a third of the time.

Only what is asked most is answered here: a GET of `/sparql` for data, whole, of the current release, while an executor
is free and quick. All else, and every error, is the application's business; what was begun by then goes along.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from eclod.core.errors import EclodError
from eclod.core.formats import HTML
from eclod.store.engine import Answer, Asker, Question
from eclod.store.lookout import PROCESSOR
from eclod.store.pool import Begun, ExecutorPool
from eclod.store.remembering import RememberingEngine
from eclod.store.turns import Turn, Turns
from eclod.web.context import Service
from eclod.web.messages import clients, compression, responses
from eclod.web.messages.clients import Departure
from eclod.web.messages.prepared import Headers, Prepared
from eclod.web.queries import asking, protocol, sparql
from eclod.web.serving.seats import Seats

#: Where questions are answered here.
PATH: Final = "/sparql"
#: A request with one of these is not a plain one.
_SPECIAL: Final = frozenset(
    {"authorization", "range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"}
    | {"content-length", "transfer-encoding"}
)
#: A longer address may need its receipt put down, which takes a disk.
_LONGEST: Final = 1500
#: An answer that takes longer is waited for on a thread, in seconds.
_PATIENCE: Final = 0.05
#: So long, in seconds, the answer to the only question here is looked out for before it is waited for (decision 16),
#: and so long at a time, in which all others wait.
_MOMENT: Final = 0.001
_GLANCE: Final = 0.00005
#: Bytes that are compressed in less than a millisecond.
_SHORT: Final = 1 << 15


@dataclass(frozen=True, slots=True)
class PlainRequest:
    """What of a GET matters here; `query_string` as WSGI has it, names of headers in lower case."""

    query_string: str
    client: str
    headers: Mapping[str, str]
    departure: Departure


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A question that an executor works at, with the memory for its answer."""

    begun: Begun
    memory: RememberingEngine
    seats: Seats

    def finish(self) -> Answer:
        """Wait for the answer and return it; raises what asking raises, the same when it is called again."""
        with self.seats.left():
            answer = self.begun.finish()
        return self.memory.keep(self.begun.question, answer)


class QuickQueries:
    """Answers plain queries about the release that is served."""

    def __init__(self, found: Service, pool: ExecutorPool, memory: RememberingEngine, seats: Seats) -> None:
        self._found = found
        self._pool = pool
        self._memory = memory
        self._seats = seats
        self._present = 0

    async def answer(self, request: PlainRequest) -> Prepared | Unfinished | None:
        """Return the response; or what was begun, for the application to finish; or None, for it to begin."""
        self._present += 1
        try:
            return await self._answer(request)
        finally:
            self._present -= 1

    async def _answer(self, request: PlainRequest) -> Prepared | Unfinished | None:
        if len(request.query_string) > _LONGEST or not _SPECIAL.isdisjoint(request.headers):
            return None
        try:
            question = self._question(request)
            if question is None:
                return None
            answer = self._memory.recall(question)
            begun = None if answer is not None else await self._begin(question)
        except EclodError:  # the application says it as whoever asks prefers
            return None
        if answer is not None:
            return await self._response(request, question, answer, None)
        return await self._finished(request, begun) if begun is not None else None

    async def _finished(self, request: PlainRequest, begun: Begun) -> Prepared | Unfinished:
        question, unfinished = begun.question, Unfinished(begun, self._memory, self._seats)
        try:
            # While the executor works.
            cite = asking.cite_as(self._found, begun.release, question, None)
            if not await self._looks_out_for(begun) and not await _arrives(begun):
                return unfinished
            answer = begun.at_once()
            if answer is None or answer.spool is not None:
                return unfinished
            # When the response is on its way.
            asyncio.get_running_loop().call_soon(self._memory.keep, question, answer)
            return await self._response(request, question, answer, cite)
        except EclodError:
            return unfinished
        except BaseException:
            begun.give_up()
            raise

    async def _response(self, request: PlainRequest, question: Question, answer: Answer, cite: str | None) -> Prepared:
        headers, body = await _compressed(*asking.whole(self._found, answer, question, cite), request.headers.get)
        return Prepared(200, [*headers, *responses.ON_ALL], body, None if question.private else answer.release)

    async def _looks_out_for(self, begun: Begun) -> bool:
        """Return whether the answer begins to arrive in a moment, as long as nobody else asks."""
        until = time.perf_counter() + _MOMENT
        while PROCESSOR.may_be_lent() and time.perf_counter() < until:
            await asyncio.sleep(0)  # whoever has come meanwhile
            if self._present > 1:
                return False
            if begun.arrives(_GLANCE):
                return True
        return False

    async def _begin(self, question: Question) -> Begun | None:
        if not self._pool.is_plain(question) or question.asker is None:
            return None
        turns = self._pool.turns
        turn = turns.free(question.asker) or await _turn(turns, question.asker)
        return self._pool.begin(question, turn) if turn is not None else None

    def _question(self, request: PlainRequest) -> Question | None:
        header = request.headers.get
        asked = protocol.read("GET", request.query_string, "", b"")
        if asked.query is None:
            return None
        result_format, graph_format = sparql.wanted(asked, header("accept"))
        if result_format is HTML:
            return None
        proxies = self._found.settings.proxies
        forwarded = header("x-forwarded-for") if proxies else None
        asker = clients.client_at(request.client, forwarded, proxies, request.departure)
        return asking.question_of(asker, asked, result_format, graph_format, header("cache-control") or "")


async def _compressed(headers: Headers, body: bytes, header: Callable[[str], str | None]) -> tuple[Headers, bytes]:
    """Return a response as it is wanted; a long one is compressed on a thread."""
    accepted = header("accept-encoding")
    if len(body) <= _SHORT or not compression.is_wanted(accepted):
        return compression.applied(headers, body, accepted)
    return await asyncio.get_running_loop().run_in_executor(None, compression.applied, headers, body, accepted)


async def _turn(turns: Turns, asker: Asker) -> Turn | None:
    """Return a place for a question, or None when it does not come soon."""
    loop, thread = asyncio.get_running_loop(), threading.get_ident()
    called: asyncio.Future[None] = loop.create_future()

    def call() -> None:
        if not called.done():
            called.set_result(None)

    def call_from_anywhere() -> None:
        if threading.get_ident() == thread:
            call()  # the loop is awake
        else:
            loop.call_soon_threadsafe(call)

    place = turns.ask_for(asker, call_from_anywhere)
    if isinstance(place, Turn):
        return place
    patience = loop.call_later(_PATIENCE, call)
    try:
        await called
    except BaseException:
        if (turn := turns.turn_of(place)) is not None:
            turn.end()
        raise
    finally:
        patience.cancel()
    return turns.turn_of(place)


async def _arrives(begun: Begun) -> bool:
    """Return whether an answer begins to arrive soon."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[bool] = loop.create_future()

    def say(what: bool) -> None:
        if not arrived.done():
            arrived.set_result(what)

    descriptor = begun.fileno()
    loop.add_reader(descriptor, say, True)
    patience = loop.call_later(_PATIENCE, say, False)
    try:
        return await arrived
    finally:
        loop.remove_reader(descriptor)
        os.set_blocking(descriptor, True)  # which the loop has made otherwise
        patience.cancel()
