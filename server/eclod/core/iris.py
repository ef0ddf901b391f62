"""IRIs of what the service names itself: things, documents about them, graphs, registries.

One table of kinds; the base is a setting and never the address where the service happens to run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from eclod.core import codes
from eclod.core.errors import NotFound

DEFAULT_BASE: Final = "https://w3id.org/eclod"

KINDS: Final[tuple[str, ...]] = (
    "cluster",
    "organisation",
    "hub",
    "membership",
    "project",
    "programme",
    "call",
    "strategy",
    "priority",
    "participation",
    "event",
    "slot",
    "offer",
    "need",
    "document",
    "passage",
    "action",
    "recommendation",
    "seats",
    "platform",
    "thread",
    "post",
    "account",
    "place",
    "figure",
    "observation",
)

_PATH = re.compile(r"^/(?:id|doc)/(?P<kind>[a-z-]+)/(?P<code>[^/]+?)/?$")


@dataclass(frozen=True, slots=True)
class Names:
    """The IRIs under one base, such as `https://w3id.org/eclod`."""

    base: str = DEFAULT_BASE

    def thing(self, kind: str, code: str) -> str:
        return f"{self.base}/id/{kind}/{code}"

    def document(self, kind: str, code: str) -> str:
        return f"{self.base}/doc/{kind}/{code}"

    def registry(self, name: str) -> str:
        return f"{self.base}/registries/{name}"

    def registry_graph(self, name: str) -> str:
        return f"{self.base}/graph/registry/{name}"

    def graph(self, name: str) -> str:
        """Return the graph of the service itself: codelists, ontology, shapes, provenance, identifiers, queries."""
        return f"{self.base}/graph/{name}"

    def source_file(self, registry: str, sha256: str) -> str:
        return f"{self.base}/source/{registry}/{sha256[:16]}"

    def path_of(self, iri: str) -> str | None:
        """Return the path under the base (`/id/cluster/…`), or None for an IRI that is not ours."""
        return iri[len(self.base) :] if iri.startswith(self.base + "/") else None


def thing_in_path(kind: str, spelling: str) -> tuple[str, str]:
    """Return (kind, canonical code) of a thing as written in a path.

    Raises NotFound for an unknown kind, BadIdentifier for a misspelt code.
    """
    folded = kind.lower()
    if folded not in KINDS:
        raise NotFound(f"There is no kind of thing called '{kind}'; there are {', '.join(KINDS)}.")
    return folded, codes.normalise(spelling)


def split_path(path: str) -> tuple[str, str] | None:
    """Return (kind, code) of a path such as `/id/cluster/…`, or None when it has another form."""
    match = _PATH.match(path)
    return (match["kind"], match["code"]) if match else None
