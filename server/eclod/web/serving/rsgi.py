"""How granian runs the application: its WSGI interface on threads, under granian's own (RSGI).

WSGI has no way to hear that a client has hung up, so a query would run on for nobody; RSGI has. It also lets a response
that is already there be sent without a thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
from collections.abc import AsyncIterator, Callable, Generator, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from granian._granian import RSGIHTTPProtocol as HTTPProtocol
from granian._granian import RSGIProtocolClosed as ProtocolClosed
from granian.rsgi import Scope
from werkzeug.exceptions import RequestTimeout

from eclod.web.messages.clients import DEPARTURE, Departure
from eclod.web.messages.prepared import MAY_BE_KEPT, Headers, Prepared, PreparedResponses
from eclod.web.queries import sparql
from eclod.web.serving import quick
from eclod.web.serving.quick import PlainRequest, QuickQueries

#: After so many seconds a request is one that may be hung up on.
_PATIENCE: Final = 0.1
#: A body of a request up to this is read at once, a longer one as the application reads it.
_AT_ONCE: Final = 1 << 20
#: A client that sends nothing for so many seconds in the middle of a body is not waited for.
_SILENCE: Final = 20
#: Parts of a response are sent when they are together so long.
_TOGETHER: Final = 1 << 18
_TITLES: Final = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}

Environment = dict[str, Any]
Parts = Generator[bytes, None, None]


class Application:
    """The RSGI application over a WSGI one, on so many threads."""

    def __init__(
        self, wsgi: Callable[..., Iterable[bytes]], threads: int, prepared: PreparedResponses, quick: QuickQueries
    ) -> None:
        self._wsgi = wsgi
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._prepared = prepared
        self._quick = quick

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request."""
        header = scope.headers.get
        key = self._prepared.key(scope.method, f"{scope.path}?{scope.query_string}", header)
        ready = self._prepared.find(key, header("if-none-match")) if key is not None else None
        departure, unfinished = Departure(), None
        if ready is None and scope.path == quick.PATH and scope.method == "GET":
            plain = PlainRequest(_latin(scope.query_string), _client(scope), header, departure)
            made = await self._quick.answer(plain)
            if isinstance(made, Prepared):
                ready = made
                if key is not None:
                    self._prepared.keep(key, made)
            else:
                unfinished = made
        if ready is not None:
            with contextlib.suppress(ProtocolClosed):
                protocol.response_bytes(ready.status, list(ready.headers), ready.body)
            return
        environ = _environment(scope)
        environ["wsgi.input"] = await _body(scope, protocol)
        environ[DEPARTURE] = departure
        if unfinished is not None:
            environ[sparql.BEGUN] = unfinished
        try:
            with contextlib.suppress(ProtocolClosed):  # nobody is there to be answered
                await self._respond(environ, protocol, key)
        finally:
            if unfinished is not None:
                unfinished.begun.give_up()

    async def _respond(self, environ: Environment, protocol: HTTPProtocol, key: Hashable | None) -> None:
        status, headers, parts = await self._run(environ, protocol)
        if not isinstance(parts, bytes):
            await self._stream(protocol, status, headers, parts)
            return
        if key is not None:
            self._prepared.keep(key, Prepared(status, headers, parts, environ.get(MAY_BE_KEPT)))
        protocol.response_bytes(status, list(headers), parts)

    async def _run(self, environ: Environment, protocol: HTTPProtocol) -> tuple[int, Headers, bytes | Parts]:
        """Run the application on a thread, and tell it when the client has gone."""
        loop = asyncio.get_running_loop()
        watching: list[asyncio.Task[None]] = []

        def watch() -> None:
            watching.append(loop.create_task(_watch(protocol, environ[DEPARTURE])))

        # Most requests are answered before anybody could hang up, so looking out for that begins later.
        begin = loop.call_later(_PATIENCE, watch)
        try:
            return await loop.run_in_executor(self._threads, self._call, environ)
        finally:
            begin.cancel()
            for task in watching:
                task.cancel()

    def _call(self, environ: Environment) -> tuple[int, Headers, bytes | Parts]:
        """Call the application (PEP 3333) and return a short response whole, a long one in parts."""
        started: list[tuple[int, Headers]] = []

        def start_response(status: str, headers: Headers, _error: object = None) -> Callable[[bytes], object]:
            started[:] = [(int(status[:3]), headers)]
            return lambda _: None

        result = self._wsgi(environ, start_response)
        if isinstance(result, list | tuple):
            status, headers = started[0]
            return status, headers, b"".join(result)
        parts = _joined(result)
        first = next(parts, b"")
        status, headers = started[0]
        if len(first) < _TOGETHER:  # that was all
            parts.close()
            return status, headers, first
        return status, headers, _with_first(first, parts)

    async def _stream(self, protocol: HTTPProtocol, status: int, headers: Headers, parts: Parts) -> None:
        loop = asyncio.get_running_loop()
        transport = protocol.response_stream(status, list(headers))
        try:
            while part := await loop.run_in_executor(self._threads, next, parts, b""):
                await transport.send_bytes(part)
        finally:
            await loop.run_in_executor(self._threads, parts.close)


async def _watch(protocol: HTTPProtocol, departure: Departure) -> None:
    await protocol.client_disconnect()
    departure.has_left = True


def _joined(parts: Iterable[bytes]) -> Parts:
    """Yield the parts of a response, short ones together, and close it in the end."""
    waiting = bytearray()
    try:
        for part in parts:
            waiting += part
            if len(waiting) >= _TOGETHER:
                yield bytes(waiting)
                waiting.clear()
        if waiting:
            yield bytes(waiting)
    finally:
        if hasattr(parts, "close"):
            parts.close()


def _with_first(first: bytes, parts: Parts) -> Parts:
    try:
        yield first
        yield from parts
    finally:
        parts.close()


def _environment(scope: Scope) -> Environment:
    """Return the WSGI environment of a request, without its body (PEP 3333, "environ Variables")."""
    server, _, port = scope.server.rpartition(":")
    environ: Environment = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": _latin(scope.path),
        "QUERY_STRING": _latin(scope.query_string),
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": _client(scope),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.input_terminated": True,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        variable = _TITLES.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
        text = _latin(value)
        if variable in environ:
            text = f"{environ[variable]}{'; ' if name == 'cookie' else ','}{text}"
        environ[variable] = text
    if "HTTP_HOST" not in environ and scope.authority:
        environ["HTTP_HOST"] = scope.authority
    return environ


def _client(scope: Scope) -> str:
    return scope.client.rpartition(":")[0]


def _latin(text: str) -> str:
    """Return a text as WSGI has it: a character for each of its bytes."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


async def _body(scope: Scope, protocol: HTTPProtocol) -> io.BufferedIOBase:
    length = scope.headers.get("content-length")
    if length is None and scope.headers.get("transfer-encoding") is None:
        return io.BytesIO()
    if length is not None and length.isdecimal() and int(length) <= _AT_ONCE:
        return io.BytesIO(await protocol())
    return io.BufferedReader(_Arriving(aiter(protocol), asyncio.get_running_loop()), _AT_ONCE)


class _Arriving(io.RawIOBase):
    """The body of a request, as it arrives; read on a thread."""

    def __init__(self, chunks: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop) -> None:
        self._chunks = chunks
        self._loop = loop
        self._rest = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        if not self._rest and not self._ended:
            self._rest = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
            # Granian marks the end by an empty chunk; asked for more after that, it aborts.
            self._ended = not self._rest
        part = self._rest[: len(target)]
        self._rest = self._rest[len(part) :]
        target[: len(part)] = part
        return len(part)

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(_SILENCE):
                return await self._chunks.__anext__()
        except StopAsyncIteration:
            return b""
        except TimeoutError:
            raise RequestTimeout(
                f"Nothing more of the request arrived for {_SILENCE} seconds; send it again."
            ) from None
