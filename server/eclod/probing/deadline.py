"""How long a check may take altogether, however many requests it makes and however slowly they are answered."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx


class TookTooLong(Exception):
    """The time of a check is over; none of httpx's own, so that nobody who asks again catches it."""


class Deadline(httpx.BaseTransport):
    """Sends requests, until a moment that `begin` sets, through connections that others close; raises TookTooLong.

    A read may take what is left when it begins, and no body is read on after the moment: a check ends at its limit
    when nothing comes, and with the next bytes when they drip.
    """

    def __init__(self, connections: httpx.BaseTransport) -> None:
        self._connections = connections
        self._end = time.monotonic()

    def begin(self, seconds: float) -> None:
        """Let the time of a check begin."""
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left; raises TookTooLong when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TookTooLong
        return left

    def sleep(self, seconds: float) -> None:
        """Wait, as a service asks that is to be asked again later; raises TookTooLong when that is after the end."""
        if seconds >= self.left():
            raise TookTooLong
        time.sleep(seconds)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), self.left())
        try:
            found = self._connections.handle_request(request)
        except httpx.TimeoutException:
            raise TookTooLong from None
        assert isinstance(found.stream, httpx.SyncByteStream)
        stream = _Watched(found.stream, self)
        return httpx.Response(found.status_code, headers=found.headers, stream=stream, extensions=found.extensions)


class _Watched(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._stream:
                self._deadline.left()
                yield chunk
        except httpx.TimeoutException:
            raise TookTooLong from None

    def close(self) -> None:
        self._stream.close()


def connections(url: str) -> httpx.HTTPTransport:
    """Return connections to an address, through the proxy that the environment names for it."""
    parts = urlsplit(url)
    proxy = None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)
    return httpx.HTTPTransport(proxy=proxy)
