"""Hosts that an operator lists: `portal.example.eu`, `portal.example.eu:8443`, `*.example.eu` for all below."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from eclod.core.endpoints import Endpoint

_ENTRY: Final = re.compile(r"(?P<below>\*\.)?(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?")
_USUAL: Final = frozenset({80, 443})


@dataclass(frozen=True, slots=True)
class Host:
    """One entry: a host, at the usual ports unless another is named; `below` stands for all hosts below it instead."""

    host: str
    port: int | None = None
    below: bool = False

    def has(self, place: Endpoint) -> bool:
        """Return whether an address is at this host."""
        if place.port != self.port and not (self.port is None and place.port in _USUAL):
            return False
        return place.host.endswith(f".{self.host}") if self.below else place.host == self.host


def parse(text: str) -> tuple[Host, ...]:
    """Return the hosts of a text with spaces or commas between; raises ValueError for what is none."""
    found = []
    for word in text.lower().replace(",", " ").split():
        match = _ENTRY.fullmatch(word)
        if match is None or not 0 < int(match["port"] or 1) < 1 << 16:
            raise ValueError(f"'{word}' is not a host like portal.example.eu, without scheme and path")
        port = int(match["port"]) if match["port"] else None
        found.append(Host(match["host"].strip("[]"), port, bool(match["below"])))
    return tuple(dict.fromkeys(found))
