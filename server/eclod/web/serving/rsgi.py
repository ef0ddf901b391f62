"""How granian runs the application: its WSGI interface on threads, under granian's own (RSGI).

WSGI has no way to hear that a client has hung up, so a query would run on for nobody; RSGI has. It also lets a response
that is already there be sent without a thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Final

from granian._granian import RSGIHTTPProtocol as HTTPProtocol
from granian._granian import RSGIProtocolClosed as ProtocolClosed
from granian.rsgi import Scope
from werkzeug.exceptions import RequestTimeout
from werkzeug.wsgi import FileWrapper, _RangeWrapper

from eclod.store.lookout import PROCESSOR
from eclod.web.messages.clients import DEPARTURE, Departure
from eclod.web.messages.prepared import MAY_BE_KEPT, Headers, Prepared, PreparedResponses
from eclod.web.queries import sparql
from eclod.web.serving import quick
from eclod.web.serving.quick import PlainRequest, QuickQueries
from eclod.web.serving.seats import Seats
from eclod.web.serving.traffic import GONE, Traffic
from eclod.web.serving.uploads import Rooms

#: After so many seconds a request is one that may be hung up on.
_PATIENCE: Final = 0.1
#: A body of a request up to this is kept in memory, a longer one in a file.
_IN_MEMORY: Final = 1 << 20
#: A body is here after so many seconds and one for so many bytes, or it is not waited for.
_BODY_SECONDS: Final = 20
_BYTES_A_SECOND: Final = 1 << 16
#: A file that is sent is opened again by granian long before so many seconds have gone.
_OPENED: Final = 10
#: Parts of a response are sent when they are together so long.
_TOGETHER: Final = 1 << 18
_TITLES: Final = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}

Environment = dict[str, Any]
Parts = Generator[bytes, None, None]


class Application:
    """The RSGI application over a WSGI one, on so many threads."""

    def __init__(
        self,
        wsgi: Callable[..., Iterable[bytes]],
        threads: int,
        prepared: PreparedResponses,
        quick: QuickQueries,
        rooms: Rooms,
        seats: Seats,
        traffic: Traffic,
    ) -> None:
        self._wsgi = wsgi
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._prepared = prepared
        self._quick = quick
        self._rooms = rooms
        self._seats = seats
        self._traffic = traffic

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request."""
        started = time.perf_counter()
        # Each of these is made anew when it is asked for.
        method, path, query_string = scope.method, scope.path, scope.query_string
        headers = dict(reversed(scope.headers.items()))  # once, since it is Rust that has them; the first of two counts
        if scope.authority:  # what HTTP/2 has in place of Host (RFC 9113, section 8.3.1)
            headers.setdefault("host", scope.authority)
        key = self._prepared.key(method, f"{path}?{query_string}", headers)
        ready = self._prepared.find(key, headers.get("if-none-match")) if key is not None else None
        departure, unfinished, at_hand = Departure(), None, ready is not None
        if ready is None and path == quick.PATH and method == "GET":
            made = await self._quick.answer(PlainRequest(_latin(query_string), _client(scope), headers, departure))
            if isinstance(made, Prepared):
                ready = made
            else:
                unfinished = made
        if ready is not None:
            with contextlib.suppress(ProtocolClosed):
                protocol.response_bytes(ready.status, list(ready.headers), ready.body)
            taken = time.perf_counter() - started
            PROCESSOR.lend()  # to granian's thread, which shares it and sends the response
            self._traffic.count(path, ready.status, taken, at_hand)
            if key is not None and not at_hand:
                self._prepared.keep(key, ready)
            return
        environ = _environment(scope)
        with contextlib.suppress(ProtocolClosed):
            room = self._rooms.room(method, path, headers.get)
            environ["wsgi.input"] = await _body(scope, protocol, *room)
        if "wsgi.input" not in environ:  # it has gone with half a body
            return
        environ[DEPARTURE] = departure
        if unfinished is not None:
            environ[sparql.BEGUN] = unfinished
        status = GONE
        try:
            with contextlib.suppress(ProtocolClosed):  # nobody is there to be answered
                status = await self._respond(environ, protocol, key)
        finally:
            self._traffic.count(path, status, time.perf_counter() - started)
            if unfinished is not None:
                unfinished.begun.give_up()

    async def _respond(self, environ: Environment, protocol: HTTPProtocol, key: Hashable | None) -> int:
        """Answer a request by the application, and return the status."""
        status, headers, parts = await self._run(environ, protocol)
        if isinstance(parts, _File):
            parts.send(protocol, status, headers)
            return status
        if not isinstance(parts, bytes):
            await self._stream(protocol, status, headers, parts)
            return status
        if key is not None:
            self._prepared.keep(key, Prepared(status, headers, parts, environ.get(MAY_BE_KEPT)))
        protocol.response_bytes(status, list(headers), parts)
        return status

    async def _run(self, environ: Environment, protocol: HTTPProtocol) -> tuple[int, Headers, bytes | Parts | _File]:
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

    def _call(self, environ: Environment) -> tuple[int, Headers, bytes | Parts | _File]:
        """Call the application (PEP 3333) and return a short response whole, a long one in parts."""
        started: list[tuple[int, Headers]] = []

        def start_response(status: str, headers: Headers, _error: object = None) -> Callable[[bytes], object]:
            started[:] = [(int(status[:3]), headers)]
            return lambda _: None

        with self._seats.taken():
            result = self._wsgi(environ, start_response)
        if isinstance(result, list | tuple):
            status, headers = started[0]
            return status, headers, b"".join(result)
        if (file := _File.of(result)) is not None:
            return *started[0], file
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


async def _body(scope: Scope, protocol: HTTPProtocol, longest: int, folder: Path | None) -> IO[bytes]:
    """Return the whole body of a request, so that no thread ever waits for a slow client.

    One that says it is longer is not read; the application refuses it by its length. Raises ProtocolClosed when less
    arrives than was said (RFC 9112, section 8): half a file is none.
    """
    length = scope.headers.get("content-length")
    if length is None and scope.headers.get("transfer-encoding") is None:
        return io.BytesIO()
    known = int(length) if length is not None and length.isdecimal() else 0
    if known > longest:
        return io.BytesIO()
    loop = asyncio.get_running_loop()
    body: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(folder) if folder else None)  # noqa: SIM115  # it is read
    try:
        async with asyncio.timeout(_BODY_SECONDS) as limit:
            start = loop.time() + _BODY_SECONDS
            async for part in protocol:
                body.write(part)
                limit.reschedule(start + body.tell() / _BYTES_A_SECOND)
                if body.tell() > longest:  # one that did not say so
                    break
    except TimeoutError:
        return io.BufferedReader(_Late())
    if body.tell() < known:
        raise ProtocolClosed
    body.seek(0)
    return body


class _Late(io.RawIOBase):
    """The body of a request that did not arrive in time: whoever reads it answers so."""

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        raise RequestTimeout("The body of the request did not arrive in time; send it again, and faster.")


class _File:
    """A file, or a part of it, that granian sends as fast as the client takes it.

    What is sent in parts instead, granian holds in memory until the client has taken it.
    """

    def __init__(self, wrapper: FileWrapper, start: int | None = None, length: int = 0) -> None:
        self._wrapper = wrapper
        self._range = None if start is None else (start, start + length)

    @classmethod
    def of(cls, result: object) -> _File | None:
        """Return the file that is the result of an application, or None when it is none of the system's."""
        start, length = None, 0
        if isinstance(result, _RangeWrapper):
            start, length = result.start_byte, result.byte_range or 0
            result = result.iterable
        if not isinstance(result, FileWrapper) or not isinstance(result.file, io.BufferedReader):
            return None
        return cls(result, start, length)

    def send(self, protocol: HTTPProtocol, status: int, headers: Headers) -> None:
        """Have it sent; it may have no name any more, but a descriptor has one (proc(5))."""
        path = f"/proc/self/fd/{self._wrapper.file.fileno()}"
        if self._range is None:
            protocol.response_file(status, list(headers), path)
        else:
            protocol.response_file_range(status, list(headers), path, *self._range)
        asyncio.get_running_loop().call_later(_OPENED, self._wrapper.close)
