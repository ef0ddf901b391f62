"""Which network addresses a request of ours may go to, and finding those of a host.

A name is looked up once and the very address that was checked is connected to, so that a name which changes its mind
in between (DNS rebinding) gains nothing. The kinds of addresses are those of the IANA registries for special purposes
(RFC 6890), as the standard library has them, with the IPv4 address looked at that an IPv6 address may carry.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from typing import Final

from eclod.core.errors import EndpointFailed, NotAllowed

#: (address family, socket address) as `socket.getaddrinfo` gives them.
Address = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052, section 2.1
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")  # RFC 4291, section 2.4


def is_public(text: str) -> bool:
    """Return whether an IP address is one that anybody on the internet may be meant to reach.

    Loopback, private, link-local, shared, reserved, documentation and multicast addresses are not, nor is an IPv6
    address that stands for such an IPv4 address.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        carried = _carried(address)
        if carried is not None:
            return is_public(str(carried))
        if address not in _GLOBAL_UNICAST or address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that a mapped, 6to4 or NAT64 address leads to."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def look_up(host: str, port: int, seconds: float, private: bool) -> list[Address]:
    """Return the addresses of a host; each of them is public, unless `private` ones are allowed.

    Raises NotAllowed when one is not, EndpointFailed when there is none or nobody says so in time.
    """
    found: list[Address] = []
    failed: list[str] = []

    def ask() -> None:
        try:
            for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                found.append((family, address))  # type: ignore[arg-type]  # a build without IPv6 has bytes there
        except (OSError, UnicodeError) as error:
            failed.append(getattr(error, "strerror", None) or str(error))

    # The system's resolver has no time limit of ours; a thread that it holds ends by itself, and harms nobody.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    if asking.is_alive() or failed or not found:
        reason = failed[0] if failed else "no answer in time"
        raise EndpointFailed(f"The host {host} is not found ({reason}); try again later.")
    if not private and not all(is_public(address[0]) for _, address in found):
        raise NotAllowed(
            f"The host {host} is at an address of a private network or of this machine, "
            "which queries may not reach here."
        )
    return found
