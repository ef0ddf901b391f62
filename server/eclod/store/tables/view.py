"""A graph, subject by subject, from its sorted lines or from a store: both give the same, in the same order."""

from __future__ import annotations

import itertools
import json
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import pyoxigraph as ox

from eclod.core import labels
from eclod.core.namespaces import expand

#: predicate -> objects, all as lines have them
About = Mapping[bytes, Sequence[bytes]]
#: (predicate, object), as lines have them and in their order
Pairs = Sequence[tuple[bytes, bytes]]

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


def name_of(iri: str) -> bytes:
    """Return the term whose IRI, or label of a blank node, `iri_of` gives."""
    return iri.encode() if iri.startswith("_:") else term(iri)


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


class View(ABC):
    """A graph with the labels and codes of what is named in it."""

    def __init__(self) -> None:
        self._labels: dict[bytes, str | None] = {}
        self._codes: dict[bytes, str | None] = {}
        #: What readers keep for values that come again and again.
        self.kept: dict[tuple[int | bytes, ...], Any] = {}

    @abstractmethod
    def about(self, subject: bytes) -> About:
        """Return what is said about a subject."""

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


class Lines(View):
    """A graph in its sorted lines (default graph form)."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        super().__init__()
        self._lines = lines

    def subjects(self) -> Iterator[tuple[bytes, Pairs]]:
        """Return each subject with its (predicate, object) pairs."""
        split = (line[:-2].split(b" ", 2) for line in self._lines)
        for subject, group in itertools.groupby(split, lambda parts: parts[0]):
            yield subject, [(predicate, value) for _, predicate, value in group]

    def about(self, subject: bytes) -> About:
        start = subject + b" "
        position = bisect_left(self._lines, start)
        found: dict[bytes, list[bytes]] = {}
        while position < len(self._lines) and (line := self._lines[position]).startswith(start):
            predicate, value = line[len(start) : -2].split(b" ", 1)
            found.setdefault(predicate, []).append(value)
            position += 1
        return found


class Stored(View):
    """The merged view of a release in its store; what was read once is kept."""

    def __init__(self, store: ox.Store) -> None:
        super().__init__()
        self._store = store
        self._about: dict[bytes, About] = {}

    def about(self, subject: bytes) -> About:
        if iri_of(subject) is None:
            return {}
        if subject not in self._about:
            quads = self._store.quads_for_pattern(node(subject), None, None, ox.DefaultGraph())
            self._about[subject] = about_of(_pairs(quads))
        return self._about[subject]

    def label(self, name: bytes) -> str | None:
        if name not in self._labels:
            values = next((values for one in _LABELS if (values := self._said(name, one))), ())
            self._labels[name] = _label(values)
        return self._labels[name]

    def code(self, name: bytes) -> str | None:
        if name not in self._codes:
            self._codes[name] = _code(self._said(name, _NOTATION))
        return self._codes[name]

    def _said(self, subject: bytes, predicate: bytes) -> Sequence[bytes]:
        """Return the values of one property: with what else is said it costs more to read."""
        if subject in self._about or iri_of(subject) is None:
            return self.about(subject).get(predicate, ())
        quads = self._store.quads_for_pattern(node(subject), property_of(predicate), None, ox.DefaultGraph())
        return [value for _, value in _pairs(quads)]

    def in_graphs(self, subject: bytes, wanted: Callable[[str], bool]) -> dict[str, Pairs]:
        """Return what some named graphs, chosen by IRI, say about a subject; the merged view is read with them."""
        quads: dict[str, list[ox.Quad]] = {"": []}
        for quad in self._store.quads_for_pattern(node(subject), None, None, None):
            quads.setdefault("" if isinstance(quad.graph_name, ox.DefaultGraph) else quad.graph_name.value, []).append(
                quad
            )
        self._about[subject] = about_of(_pairs(quads.pop("")))
        return {graph: _pairs(quads[graph]) for graph in sorted(filter(wanted, quads))}


def node(subject: bytes) -> ox.NamedNode | ox.BlankNode:
    """Return the term of a subject as lines have it."""
    text = subject.decode()
    return ox.BlankNode(text[2:]) if text.startswith("_:") else ox.NamedNode(text[1:-1])


def property_of(predicate: bytes) -> ox.NamedNode:
    """Return the term of a predicate as lines have it."""
    return ox.NamedNode(predicate[1:-1].decode())


def _pairs(quads: Iterable[ox.Quad]) -> Pairs:
    """Return what quads about one subject say, in the order of their sorted lines."""
    found = sorted((str(quad.predicate), str(quad.object)) for quad in quads)
    return [(predicate.encode(), value.encode()) for predicate, value in found]


def about_of(pairs: Pairs) -> About:
    """Return pairs by predicate."""
    about: dict[bytes, list[bytes]] = {}
    for predicate, value in pairs:
        about.setdefault(predicate, []).append(value)
    return about


def best_text(values: Iterable[bytes]) -> tuple[str, str] | None:
    """Return (text, language) of the best of literals: in English, else in no stated language, else in any."""
    found = [literal[:2] for value in values if (literal := literal_of(value)) is not None]
    return found[0] if len(found) == 1 else labels.choose(found)


def label_of(about: About) -> str | None:
    """Return what a thing is called that this is said about, or None when nobody says."""
    return _label(next((about[name] for name in _LABELS if name in about), ()))


def _label(values: Iterable[bytes]) -> str | None:
    best = best_text(values)
    return best[0] if best else None


def _code(values: Iterable[bytes]) -> str | None:
    found = sorted((kind != _BEST_NOTATION, text) for text, _, kind in filter(None, map(literal_of, values)))
    return found[0][1] if found else None
