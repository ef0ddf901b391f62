"""The merged view, subject by subject, from its sorted lines."""

from __future__ import annotations

import itertools
import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from eclod.core import labels
from eclod.core.namespaces import expand

#: predicate -> objects, all as lines have them
About = Mapping[bytes, Sequence[bytes]]

_LABELS: Final = tuple(f"<{iri}>".encode() for iri in labels.LABEL_PROPERTIES)
_NOTATION: Final = f"<{expand('skos:notation')}>".encode()
#: Of the codes of a country the one that most people know.
_BEST_NOTATION: Final = expand("eclod:iso-alpha-2")


def term(iri: str) -> bytes:
    """Return an IRI as lines have it."""
    return f"<{iri}>".encode()


def iri_of(value: bytes) -> str | None:
    """Return the IRI of a term, a blank node as `_:label`, or None for a literal."""
    if value.startswith(b"<") and not value.startswith(b"<<"):
        return value[1:-1].decode()
    return value.decode() if value.startswith(b"_:") else None


def literal_of(value: bytes) -> tuple[str, str, str] | None:
    """Return (text, language, datatype IRI) of a literal, or None for another term."""
    if not value.startswith(b'"'):
        return None
    end = value.rindex(b'"')  # neither a language nor a datatype has one
    text, rest = value[1:end].decode(), value[end + 1 :].decode()
    if "\\" in text:
        text = json.loads(f'"{text}"', strict=False)
    if rest.startswith("^^"):
        return text, "", rest[3:-1]
    return text, rest[1:].partition("--")[0], ""  # with a direction in RDF 1.2


class View:
    """A graph in its sorted lines (default graph form), with the labels and codes of what is named in it."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = lines
        self._labels: dict[bytes, str | None] = {}
        self._codes: dict[bytes, str | None] = {}
        #: What readers keep for values that come again and again.
        self.kept: dict[tuple[int | bytes, ...], Any] = {}

    def subjects(self) -> Iterator[tuple[bytes, Iterable[tuple[bytes, bytes]]]]:
        """Return each subject with its (predicate, object) pairs."""
        split = (line[:-2].split(b" ", 2) for line in self._lines)
        for subject, group in itertools.groupby(split, lambda parts: parts[0]):
            yield subject, [(predicate, value) for _, predicate, value in group]

    def about(self, subject: bytes) -> About:
        """Return what is said about a subject."""
        start = subject + b" "
        position = bisect_left(self._lines, start)
        found: dict[bytes, list[bytes]] = {}
        while position < len(self._lines) and (line := self._lines[position]).startswith(start):
            predicate, value = line[len(start) : -2].split(b" ", 1)
            found.setdefault(predicate, []).append(value)
            position += 1
        return found

    def label(self, name: bytes) -> str | None:
        """Return what a thing is called: in English, else in no stated language, else in any; None when nobody says."""
        if name not in self._labels:
            self._labels[name] = label_of(self.about(name))
        return self._labels[name]

    def learn(self, name: bytes, about: About) -> str | None:
        """Return what a thing is called that this is said about, and keep it for where the thing is named."""
        self._labels[name] = label = label_of(about)
        return label

    def code(self, name: bytes) -> str | None:
        """Return the notation of a code; of a country its ISO code of two letters."""
        if name not in self._codes:
            self._codes[name] = _code(self.about(name).get(_NOTATION, ()))
        return self._codes[name]


def best_text(values: Iterable[bytes]) -> tuple[str, str] | None:
    """Return (text, language) of the best of literals: in English, else in no stated language, else in any."""
    found = [literal[:2] for value in values if (literal := literal_of(value)) is not None]
    return found[0] if len(found) == 1 else labels.choose(found)


def label_of(about: About) -> str | None:
    """Return what a thing is called that this is said about, or None when nobody says."""
    values = next((about[name] for name in _LABELS if name in about), ())
    best = best_text(values)
    return best[0] if best else None


def _code(values: Iterable[bytes]) -> str | None:
    found = sorted((kind != _BEST_NOTATION, text) for text, _, kind in filter(None, map(literal_of, values)))
    return found[0][1] if found else None
