"""The names of codes, classes and properties, kept: every page has some, and they are the same on most pages."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import pyoxigraph as ox
from cachetools import LRUCache

from eclod.core.iris import Names

#: Statements that are kept; about 300 bytes each.
_MOST: Final = 80_000
Statements = Sequence[ox.Triple]


class LabelMemory:
    """Names by release and IRI; safe to share among threads. Things of ours are too many to be kept."""

    def __init__(self, names: Names, most: int = _MOST) -> None:
        self._things = f"{names.base}/id/"
        self._lock = threading.Lock()
        self._kept: LRUCache[tuple[str, str], Statements] = LRUCache(most, getsizeof=lambda found: len(found) + 1)

    def recall(self, release: str, iris: Iterable[str]) -> dict[str, Statements]:
        """Return the names of those of some IRIs that are kept; an IRI without a name may be among them."""
        with self._lock:
            found = ((iri, self._kept.get((release, iri))) for iri in iris if not iri.startswith(self._things))
            return {iri: statements for iri, statements in found if statements is not None}

    def keep(self, release: str, names: Mapping[str, Statements]) -> None:
        """Keep what was found about IRIs, also that there is nothing."""
        with self._lock:
            for iri, statements in names.items():
                if not iri.startswith(self._things) and len(statements) < self._kept.maxsize:
                    self._kept[release, iri] = statements
