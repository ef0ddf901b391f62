"""Addresses of other SPARQL endpoints, read strictly: what two readers could take for two hosts is no address here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: A host is a name, an IPv4 address or an IPv6 address in brackets; no user-info, no fragment, nothing beyond ASCII.
_ADDRESS: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[!$%&'()*+,./0-9:;=@A-Z_a-z~-]*)?(?P<query>\?[!$%&'()*+,./0-9:;=?@A-Z_a-z~-]*)?",
    re.IGNORECASE,
)
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an endpoint is: `host` in lower case and without brackets, `target` the path with its query."""

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def parse(cls, iri: str) -> Endpoint:
        """Return the endpoint that an IRI names; raises ValueError when it is not plainly an http or https address."""
        found = _ADDRESS.fullmatch(iri)
        if found is None:
            raise ValueError(f"'{iri}' is not an address like https://example.org/sparql")
        scheme = found["scheme"].lower()
        port = int(found["port"]) if found["port"] else _DEFAULT_PORTS[scheme]
        if not 0 < port < 1 << 16:
            raise ValueError(f"'{iri}' has a port that does not exist")
        return cls(scheme, found["host"].lower().strip("[]"), port, (found["path"] or "/") + (found["query"] or ""))

    @property
    def iri(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def authority(self) -> str:
        """Return host and port as they stand in an address, without a port that goes without saying."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def same(self, other: Endpoint) -> bool:
        """Return whether two addresses mean one endpoint: http and https at their usual ports are not told apart."""
        return self.target == other.target and self.same_place(other)

    def same_place(self, other: Endpoint) -> bool:
        """Return whether two addresses are at one host and port, http and https at their usual ports taken as one."""
        usual = self.port == _DEFAULT_PORTS[self.scheme] and other.port == _DEFAULT_PORTS[other.scheme]
        return self.host == other.host and (usual or (self.scheme, self.port) == (other.scheme, other.port))


def parse_list(text: str) -> tuple[Endpoint, ...]:
    """Return the endpoints of a text with spaces or commas between; "none" is none. Raises ValueError."""
    words = text.replace(",", " ").split()
    return () if words == ["none"] else tuple(dict.fromkeys(Endpoint.parse(word) for word in words))
