"""All code lists of a release: looked up by the loaders, put on the shapes side of the gate, published as a graph.

A code is found by what a register writes for it, and never guessed: a spelling that fits two codes of one scheme fits
none of them.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from eclod.core import assets
from eclod.core.errors import BadInput
from eclod.core.namespaces import PREFIXES
from eclod_loaders.codes import countries, nace, nuts
from eclod_loaders.codes.concepts import ALT_LABEL, BROADER, IN_SCHEME, NOTATION, PREF_LABEL, RDF_TYPE, STATUS

_FACTS: Final = frozenset(node.value for node in (RDF_TYPE, IN_SCHEME, NOTATION, STATUS))
_NAMES: Final = frozenset(node.value for node in (PREF_LABEL, ALT_LABEL))
_LIKENESS: Final = 0.65
_CANDIDATES: Final = 8


@dataclass(frozen=True, slots=True)
class _Hit:
    """What a key stands for: a code's IRI and how the notation or name is really written."""

    iri: str
    written: str


class CodeLists:
    """The concepts of all schemes, found by notation, name or IRI."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._triples = sorted(set(triples), key=str)
        self._schemes: dict[str, set[str]] = defaultdict(set)
        self._facts: dict[str, list[Triple]] = defaultdict(list)
        self._broader: dict[str, str] = {}
        self._keys: dict[str, dict[str, _Hit]] = defaultdict(dict)
        self._nearest: dict[tuple[str, str], tuple[float, str] | None] = {}
        self._index()

    @classmethod
    def load(cls) -> CodeLists:
        """Build NACE, NUTS and countries from their packages and read our own schemes.

        Raises BadInput when a file of our own schemes does not hold, Damaged when a package's data is not as known.
        """
        table = countries.read()
        return cls(chain(countries.triples(table), nace.triples(), nuts.triples(table), _own_schemes()))

    def find(self, schemes: Sequence[str], spelling: str) -> str | None:
        """Return the IRI of a code in the first of the schemes (IRIs) that has it, or None.

        Notations are found in any case, with or without dots, also with a prefix (`nace:28.11`, `nuts:DK05`); countries
        by alpha-2, alpha-3, EL, UK and by name; everything by its IRI.
        """
        text = unicodedata.normalize("NFC", spelling).strip()
        if "://" in text:
            # The EU publishes its IRIs with http; its lists of classifications write some of them with https.
            variants = (text, text.replace("https://", "http://", 1))
            return next((iri for iri in variants if self._schemes.get(iri, set()) & set(schemes)), None)
        return next((hit for scheme in schemes if (hit := self._in_scheme(scheme, text))), None)

    def contains(self, iri: str) -> bool:
        """Tell whether an IRI is a code of any scheme."""
        return iri in self._schemes

    def describe(self, iris: Iterable[str]) -> Iterator[Triple]:
        """Return type, scheme, notation and status of codes, which is what the gate needs to judge them."""
        for iri in iris:
            yield from self._facts.get(iri, ())

    def suggest(self, schemes: Sequence[str], spelling: str) -> str | None:
        """Return the notation or name that comes nearest to a spelling, as it is really written, or None."""
        best: tuple[float, str] | None = None
        for scheme in schemes:
            if (scheme, spelling) not in self._nearest:
                self._nearest[scheme, spelling] = self._nearest_in(scheme, spelling.strip())
            candidate = self._nearest[scheme, spelling]
            if candidate and (best is None or candidate[0] > best[0]):
                best = candidate
        return best[1] if best else None

    def triples(self) -> Iterator[Triple]:
        """Return everything, in a fixed order, for the graph of code lists."""
        return iter(self._triples)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the sorted N-Triples of everything."""
        digest = hashlib.sha256()
        for triple in self._triples:
            digest.update(f"{triple} .\n".encode())
        return digest.hexdigest()

    def _index(self) -> None:
        names: list[tuple[str, str]] = []
        notations: list[tuple[str, str]] = []
        for triple in self._triples:
            subject, predicate, value = triple.subject, triple.predicate.value, triple.object
            if not isinstance(subject, NamedNode):
                continue
            if predicate == IN_SCHEME.value and isinstance(value, NamedNode):
                self._schemes[subject.value].add(value.value)
            elif predicate == BROADER.value and isinstance(value, NamedNode):
                self._broader[subject.value] = value.value
            elif isinstance(value, Literal) and predicate in _NAMES:
                names.append((subject.value, value.value))
            elif isinstance(value, Literal) and predicate == NOTATION.value:
                notations.append((subject.value, value.value))
            if predicate in _FACTS:
                self._facts[subject.value].append(triple)
        # Names only of countries: a region's or an activity's name often stands for several codes.
        named = [(iri, text) for iri, text in names if countries.COUNTRIES in self._schemes.get(iri, ())]
        self._add_keys(named)
        self._add_keys(notations)
        self._facts = {iri: facts for iri, facts in self._facts.items() if iri in self._schemes}

    def _add_keys(self, spellings: Sequence[tuple[str, str]]) -> None:
        """Add keys of one sort, which replace those of the sort before; a key of two codes is dropped."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        written: dict[tuple[str, str], str] = {}
        for iri, text in spellings:
            for scheme in self._schemes.get(iri, ()):
                found[scheme, _key(text)].add(iri)
                written.setdefault((scheme, _key(text)), text)
        for (scheme, key), iris in found.items():
            if len(iris) == 1:
                self._keys[scheme][key] = _Hit(min(iris), written[scheme, key])
            else:
                self._keys[scheme].pop(key, None)

    def _in_scheme(self, scheme: str, text: str) -> str | None:
        if scheme in (nace.NACE_2, nace.NACE_21):
            return self._activity(scheme, text)
        prefix, colon, local = text.partition(":")
        namespace = PREFIXES.get(prefix.lower()) if colon else ""
        hit = self._keys.get(scheme, {}).get(_key(local if namespace else text))
        return hit.iri if hit and hit.iri.startswith(namespace or "") else None

    def _activity(self, scheme: str, text: str) -> str | None:
        spelling = nace.read_spelling(text)
        if spelling is None or spelling.scheme not in (None, scheme):
            return None
        hit = self._keys.get(scheme, {}).get(_key(spelling.code))
        if hit is None or (spelling.section and self._top(hit.iri) != nace.iri(scheme, spelling.section)):
            return None
        return hit.iri

    def _top(self, iri: str) -> str:
        while iri in self._broader:
            iri = self._broader[iri]
        return iri

    @cached_property
    def _names(self) -> Mapping[str, set[str]]:
        """The codes that each name stands for, in whatever language."""
        found: dict[str, set[str]] = defaultdict(set)
        for triple in self._triples:
            if triple.predicate.value in _NAMES and isinstance(triple.subject, NamedNode):
                assert isinstance(triple.object, Literal)
                found[_key(triple.object.value)].add(triple.subject.value)
        return found

    def _named_in(self, scheme: str, name: str) -> str | None:
        """Return the notation of the one code that has a name; of a region and a part of it the whole is meant."""
        found = {iri for iri in self._names.get(_key(name), ()) if scheme in self._schemes.get(iri, ())}
        whole = [iri for iri in found if self._broader.get(iri) not in found]
        if len(whole) != 1:
            return None
        return next((hit.written for hit in self._keys.get(scheme, {}).values() if hit.iri == whole[0]), None)

    def _nearest_in(self, scheme: str, spelling: str) -> tuple[float, str] | None:
        # Spreadsheets take 01.11 for a number and drop its zero.
        if iri := self._in_scheme(scheme, "0" + spelling):
            return 1.0, next(hit.written for hit in self._keys[scheme].values() if hit.iri == iri)
        if code := self._named_in(scheme, spelling):
            return 1.0, code
        key, keys = _key(spelling), self._keys.get(scheme, {})
        ranked = [
            (difflib.SequenceMatcher(None, key, close).ratio(), _shared_start(key, close), close)
            for close in difflib.get_close_matches(key, sorted(keys), n=_CANDIDATES, cutoff=_LIKENESS)
        ]
        if not ranked:
            return None
        ratio, _, close = max(ranked, key=lambda entry: (entry[0], entry[1]))
        return ratio, keys[close].written


def _key(text: str) -> str:
    """Return a spelling without what does not matter: case, dots, white space."""
    return re.sub(r"[.\s]+", "", unicodedata.normalize("NFC", text).casefold())


def _shared_start(one: str, other: str) -> int:
    """Return how many characters two keys have in common from the left, where classifications have their hierarchy."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _own_schemes() -> Iterator[Triple]:
    for path in assets.turtle_files("ontology"):
        if path.parent.name == "schemes":
            yield from _read_turtle(path)


def _read_turtle(path: Path) -> Iterator[Triple]:
    try:
        for quad in parse(path=str(path), format=RdfFormat.TURTLE):
            if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode):
                raise BadInput(f"{path.name} has a blank node ({quad.predicate.value}); give every node a name.")
            yield quad.triple
    except SyntaxError as error:
        raise BadInput(f"{path.name} is no Turtle: {error}.") from error
