"""Reading a feed over HTTP: politely, within the feed's own origin, and never more than fits."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

import eclod
from eclod.core.errors import BadInput, EndpointFailed, NotAllowed, TooLarge

log = logging.getLogger(__name__)

_ACCEPT: Final = "application/n-quads, application/trig;q=0.8, application/ld+json;q=0.6"
#: The largest document that is read, in bytes: many times what a page of ours may have.
LARGEST: Final = 256 << 20
_REDIRECTS: Final = 5
_SECONDS: Final = 60.0
#: How often a request is made in vain, and how long is waited at most before the next.
ATTEMPTS: Final = 8
_LONGEST_WAIT: Final = 3600.0
_LONGEST_GUESS: Final = 60.0
_LATER: Final = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Document:
    """What was at an address (after redirects): media type with parameters, tag, body; no body when it is as before."""

    address: str
    content_type: str
    etag: str
    body: bytes | None


class Source:
    """The origin of one feed. `sleep` waits so many seconds, which tests do not want to."""

    def __init__(
        self,
        address: str,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).hostname:
            raise BadInput(f"'{address}' is no address of a feed; give one such as https://example.org/feed.")
        self.address = address
        self._origin: str | None = None
        self._sleep = sleep
        agent = f"eclod/{eclod.__version__} (follow)"
        self._client = httpx.Client(
            headers={"Accept": _ACCEPT, "User-Agent": agent}, timeout=_SECONDS, transport=transport
        )

    def close(self) -> None:
        self._client.close()

    def root(self, etag: str = "") -> Document:
        """Return the root; where it is after redirects is the origin of the feed from then on."""
        self._origin = None
        found = self.get(self.address, etag)
        self._origin = _origin(found.address)
        return found

    def get(self, address: str, etag: str = "") -> Document:
        """Return a document of the feed.

        Waits and tries again when the service asks for that or cannot be reached. Raises NotAllowed for an address of
        another origin, EndpointFailed when there is no good answer, TooLarge.
        """
        for _ in range(_REDIRECTS + 1):
            self._check(address)
            found = self._patiently(address, {"If-None-Match": etag} if etag else {})
            if isinstance(found, Document):
                return found
            address = urljoin(address, found)
        raise EndpointFailed(f"The feed sends from one address to another without end, last to {address}.")

    def _check(self, address: str) -> None:
        if self._origin is not None and _origin(address) != self._origin:
            raise NotAllowed(
                f"The feed leads to {address}, which is outside {self._origin}; nothing is read from other places."
            )

    def _patiently(self, address: str, headers: Mapping[str, str]) -> Document | str:
        """Return what is at an address, or where it sends to."""
        said = ""
        for attempt in range(ATTEMPTS):
            try:
                found = self._once(address, headers)
            except httpx.TransportError as error:
                said, wait = f"cannot be reached ({error or type(error).__name__})", None
            else:
                if not isinstance(found, _Later):
                    return found
                said, wait = f"answers with status {found.status}", found.seconds
            if attempt + 1 < ATTEMPTS:
                pause = min(_LONGEST_GUESS, 2.0**attempt) if wait is None else min(wait, _LONGEST_WAIT)
                log.info("%s %s; trying again in %.0f s", address, said, pause)
                self._sleep(pause)
        raise EndpointFailed(f"{address} {said}, {ATTEMPTS} times in a row; what was read so far is kept. Try later.")

    def _once(self, address: str, headers: Mapping[str, str]) -> Document | str | _Later:
        with self._client.stream("GET", address, headers=dict(headers)) as response:
            status = response.status_code
            etag, content_type = response.headers.get("ETag", ""), response.headers.get("Content-Type", "")
            if status == HTTPStatus.NOT_MODIFIED:
                return Document(address, content_type, etag, None)
            if response.has_redirect_location:
                target = str(response.headers["Location"])
                if urlsplit(address).scheme == "https" and urlsplit(urljoin(address, target)).scheme != "https":
                    raise NotAllowed(f"{address} sends to {target}, where nobody vouches for what is read; refused.")
                return target
            if status in _LATER:
                return _Later(status, _seconds(response.headers.get("Retry-After")))
            if status != HTTPStatus.OK:
                raise EndpointFailed(f"{address} answers with status {status}; is it the address of a feed?")
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > LARGEST:
                    raise TooLarge(f"{address} has more than {LARGEST >> 20} MiB, which is no page of a feed.")
            return Document(address, content_type, etag, bytes(body))


@dataclass(frozen=True, slots=True)
class _Later:
    """A service that asks to come back, in so many seconds when it says so."""

    status: int
    seconds: float | None


def _origin(address: str) -> str:
    """Return scheme, host and port (RFC 6454, section 4)."""
    parts = urlsplit(address)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


def _seconds(retry_after: str | None) -> float | None:
    """Return what a Retry-After says (RFC 9110, section 10.2.3), None when it says nothing that can be read."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
