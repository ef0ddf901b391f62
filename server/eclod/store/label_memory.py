"""The names of codes, classes and properties, kept: every page has some, and they are the same on most pages."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox
from cachetools import LRUCache

from eclod.core import labels
from eclod.core.iris import Names

#: Statements that are kept; about 500 bytes each.
_MOST: Final = 80_000


@dataclass(frozen=True, slots=True)
class Naming:
    """What names one thing, read once for all the pages it is on.

    `texts` has, for each label property (IRI), pairs of text and language ("" when it has none); `spoken` each
    statement with the language as it is tagged.
    """

    statements: Sequence[ox.Triple]
    texts: Mapping[str, Sequence[tuple[str, str]]]
    spoken: Sequence[tuple[str, ox.Triple]]

    @classmethod
    def of(cls, statements: Sequence[ox.Triple]) -> Naming:
        """Return what statements about one thing say, all of them with a label property."""
        texts: dict[str, list[tuple[str, str]]] = {}
        spoken = []
        for statement in statements:
            value, tag = statement.object, ""
            if isinstance(value, ox.Literal):
                tag = value.language or ""
                texts.setdefault(statement.predicate.value, []).append((value.value, labels.language(tag)))
            spoken.append((tag, statement))
        return cls(statements, texts, spoken)

    def in_languages(self, tags: Collection[str]) -> Sequence[ox.Triple]:
        """Return the statements in some languages, all of them when there is none in any of these."""
        return [statement for tag, statement in self.spoken if tag in tags] or self.statements


class LabelMemory:
    """Names by release and IRI; safe to share among threads. Things of ours are too many to be kept."""

    def __init__(self, names: Names, most: int = _MOST) -> None:
        self._things = f"{names.base}/id/"
        self._lock = threading.Lock()
        self._kept: LRUCache[tuple[str, str], Naming] = LRUCache(
            most, getsizeof=lambda found: len(found.statements) + 1
        )

    def recall(self, release: str, iris: Iterable[str]) -> dict[str, Naming]:
        """Return the names of those of some IRIs that are kept; an IRI without a name may be among them."""
        with self._lock:
            found = ((iri, self._kept.get((release, iri))) for iri in iris if not iri.startswith(self._things))
            return {iri: naming for iri, naming in found if naming is not None}

    def keep(self, release: str, names: Mapping[str, Naming]) -> None:
        """Keep what was found about IRIs, also that there is nothing."""
        with self._lock:
            for iri, naming in names.items():
                if not iri.startswith(self._things) and len(naming.statements) < self._kept.maxsize:
                    self._kept[release, iri] = naming
