"""Who asks: the client behind a request, for limits on each and for leaving off when it hangs up."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from flask import request

#: Where the server puts the Departure of a request.
DEPARTURE: Final = "eclod.departure"
#: What one subscriber usually has of IPv6 (RFC 6177).
_NETWORK_OF_ONE: Final = 64


class Departure:
    """Tells, from another thread, that the client of a request has hung up."""

    def __init__(self) -> None:
        self.has_left = False


@dataclass(frozen=True, slots=True)
class Client:
    """The client of one request; `name` is the same for all its requests."""

    name: str
    departure: Departure | None

    def gone(self) -> bool:
        """Return whether the client has hung up."""
        return self.departure is not None and self.departure.has_left


def client(proxies: int) -> Client:
    """Return the client of this request, seen through so many reverse proxies."""
    forwarded = request.headers.get("X-Forwarded-For") if proxies else None
    return client_at(request.remote_addr or "", forwarded, proxies, request.environ.get(DEPARTURE))


def client_at(address: str, forwarded_for: str | None, proxies: int, departure: Departure | None) -> Client:
    """Return the client that called from an address, through so many reverse proxies (X-Forwarded-For)."""
    if proxies:
        forwarded = [part.strip() for part in (forwarded_for or "").split(",") if part.strip()]
        # Each proxy adds the address it was called from at the end; what stands before is the client's own word.
        address = forwarded[-proxies] if len(forwarded) >= proxies else address
    return Client(_name(address), departure)


@lru_cache(maxsize=1024)
def _name(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _NETWORK_OF_ONE), strict=False))
