"""Whole responses that are sent again as they are, before any of the application runs.

A response is kept only when the application marks it as one that depends on nothing but the release, the address and
the headers below; a new release leaves it behind.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cachetools import LRUCache

from eclod.web.messages import compression, here

#: Set in the WSGI environment by whoever makes a response that may be kept, to the release it depends on.
MAY_BE_KEPT: Final = "eclod.may_be_kept"

#: What a response depends on beside the address and whether it is compressed; `Vary` names the same.
_VARIES_BY: Final = ("accept", "accept-language", "accept-profile")
#: Requests with one of these are the application's business.
_SPECIAL: Final = frozenset(
    {"authorization", "range", "cache-control", "content-length", "transfer-encoding"}
    | {"if-match", "if-modified-since", "if-unmodified-since"}
)
_LARGEST_PART: Final = 16
_OVERHEAD: Final = 2000
#: What a 304 repeats (RFC 9110, section 15.4.5), and what is for every origin.
_OF_NOT_MODIFIED: Final = frozenset(
    {"etag", "cache-control", "content-location", "vary", "last-modified", "eclod-release", "cache-status"}
    | {"content-profile"}
    | {"access-control-allow-origin", "access-control-expose-headers"}
)
HIT: Final = ("Cache-Status", "eclod; hit")

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A response: status, headers, body, and the release it depends on if it may be kept."""

    status: int
    headers: Headers
    body: bytes
    release: str | None = None


class PreparedResponses:
    """The responses of the current release, in so many bytes; for one thread."""

    def __init__(
        self, release: Callable[[], str], size: int, version: Callable[[str], str] = lambda _address: ""
    ) -> None:
        """Take what says the release, how many bytes, and what says on which version an address depends beside it."""
        self._release = release
        self._version = version
        self._largest = size // _LARGEST_PART
        self._kept: LRUCache[Hashable, Prepared] = LRUCache(size, getsizeof=_size)

    def key(self, method: str, address: str, headers: Mapping[str, str]) -> Hashable | None:
        """Return what to look for, None when the request is not of a kind that is prepared for.

        Names of headers are in lower case.
        """
        if method != "GET" or not _SPECIAL.isdisjoint(headers):
            return None
        version = self._version(address)
        wanted = compression.is_wanted(headers.get("accept-encoding"))
        # Whoever says Host: localhost gets pages with that address in them, which nobody else may get.
        return (address, version, here.own_machine(headers.get("host", "")), *map(headers.get, _VARIES_BY), wanted)

    def find(self, key: Hashable, if_none_match: str | None) -> Prepared | None:
        """Return the response of the current release to a request, or a 304 for it when that is enough."""
        found = self._kept.get((self._release(), key))
        if found is None or if_none_match is None:
            return found
        tag = next((value for name, value in found.headers if name.lower() == "etag"), None)
        if tag is None or tag not in if_none_match:
            return None  # the application reads the header in all its forms
        return Prepared(304, [pair for pair in found.headers if pair[0].lower() in _OF_NOT_MODIFIED], b"")

    def keep(self, key: Hashable, response: Prepared) -> None:
        """Keep a response if it may be kept."""
        if response.release and response.status == 200 and len(response.body) <= self._largest:
            headers = [pair for pair in response.headers if pair[0].lower() != "cache-status"]
            self._kept[response.release, key] = Prepared(200, [*headers, HIT], response.body)


def _size(response: Prepared) -> int:
    return len(response.body) + _OVERHEAD
