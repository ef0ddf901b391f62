"""What of a release can be found: its things, codes and terms, each once, with all that leads to it."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from eclod.core import folding
from eclod.core import labels as label_choice
from eclod.core.iris import KINDS
from eclod.core.namespaces import ECLOD, expand
from eclod.store import lines
from eclod.store.finding.index import Entry

_LITERAL: Final = re.compile(r'^("(?:[^"\\]|\\.)*")(?:@([A-Za-z0-9-]+)|\^\^<[^>]*>)?', re.DOTALL)
_NAMES: Final = frozenset({*label_choice.LABEL_PROPERTIES, expand("legal:legalName")})
_CONTEXT_NAMES: Final = (expand("skos:prefLabel"), expand("skos:altLabel"))
_CODES: Final = frozenset({expand("skos:notation"), expand("dct:identifier")})
_TYPE: Final = expand("rdf:type")
_COUNTRY: Final = ECLOD + "country"
_REGION: Final = expand("dct:spatial")
_TOWN: Final = expand("locn:postName")
_HOMEPAGE: Final = expand("foaf:homepage")
#: What leads from a thing to a place, sector or ecosystem, by whose names the thing is found too.
_SECTORS: Final = (ECLOD + "sector", ECLOD + "ecosystem")
_CONTEXT: Final = frozenset({_COUNTRY, _REGION, *_SECTORS})
#: Of the names of countries and ecosystems those in these languages; regions and sectors have few.
_LANGUAGES: Final = frozenset({"en", "fr", "de", ""})
_TERMS: Final = b"<" + ECLOD.encode()

#: What is read of things, and what names them, as lines have it.
_READ: Final = {f"<{name}>".encode(): name for name in (*_NAMES, *_CODES, _TYPE, _TOWN, _HOMEPAGE, *_CONTEXT)}
_NAMING: Final = frozenset(f"<{name}>".encode() for name in _NAMES)

#: What a person most likely means comes first when names are equally good.
_WEIGHTS: Final = {
    "cluster": 40,
    "organisation": 30,
    "platform": 30,
    "hub": 30,
    "programme": 25,
    "call": 20,
    "strategy": 20,
    "priority": 20,
    "document": 20,
    "action": 20,
    "recommendation": 15,
    "event": 20,
    "offer": 15,
    "need": 15,
    "project": 10,
}
_PREFIX_KINDS: Final = (
    (expand("nuts:"), "region"),
    (expand("nace21:"), "sector"),
    (expand("nace2:"), "sector"),
    (expand("country:"), "country"),
    (expand("scheme:"), "concept"),
    (ECLOD, "term"),
)
_CONTEXT_KINDS: Final = tuple(f"<{prefix}".encode() for prefix, kind in _PREFIX_KINDS if kind != "term")
_CONTEXT_PROPERTIES: Final = tuple(f"<{name}>".encode() for name in _CONTEXT_NAMES)
#: Not found by name: they are found through what they join.
_UNLISTED: Final = frozenset({"membership", "participation", "slot", "observation", "seats", "account"})


class Context:
    """The names of places and sectors of a dataset, looked up when first needed."""

    def __init__(self, said: Callable[[str, str], list[tuple[str, str]]]) -> None:
        """Take what gives the names of a thing (IRI, property), each a text with its language, in order."""
        self._said = said
        self._names: dict[str, tuple[str, ...]] = {}
        self._best: dict[str, str] = {}

    @classmethod
    def of_store(cls, store: ox.Store) -> Context:
        def said(iri: str, name: str) -> list[tuple[str, str]]:
            pattern = ox.NamedNode(iri), ox.NamedNode(name), None, ox.DefaultGraph()
            objects = [quad.object for quad in store.quads_for_pattern(*pattern)]
            return sorted((each.value, each.language or "") for each in objects if isinstance(each, ox.Literal))

        return cls(said)

    @classmethod
    def of_lines(cls, told: Iterable[bytes]) -> Context:
        """Read the names of all places and sectors from lines of the merged view."""
        known: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for quad in lines.quads(filter(_names_context, told)):
            if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.Literal):
                text = quad.object.value, quad.object.language or ""
                known.setdefault((quad.subject.value, quad.predicate.value), []).append(text)
        return cls(lambda iri, name: sorted(known.get((iri, name), ())))

    def names(self, iri: str) -> tuple[str, ...]:
        """Return the names of a place or sector that lead to what is there or does that."""
        self._look_up(iri)
        return self._names[iri]

    def name(self, iri: str) -> str:
        """Return the name that is shown, "" when it has none."""
        self._look_up(iri)
        return self._best[iri]

    def _look_up(self, iri: str) -> None:
        if iri in self._names:
            return
        preferred, others = (self._said(iri, name) for name in _CONTEXT_NAMES)
        found = [*preferred, *others]
        few = not iri.startswith((expand("country:"), expand("scheme:")))
        self._names[iri] = tuple(text for text, language in found if few or language in _LANGUAGES)
        best = label_choice.choose(preferred or others)
        self._best[iri] = best[0] if best else ""


@dataclass(slots=True)
class _Told:
    """What the lines about one thing say."""

    labels: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    linked: dict[str, set[str]] = field(default_factory=dict)
    towns: set[str] = field(default_factory=set)


def of_lines(told: Iterable[bytes], base: str, context: Context, retired: Collection[str] = ()) -> Iterator[Entry]:
    """Return the entries of sorted lines of the merged view, among which may be lines of other graphs that name things.

    `retired` are identifiers that are no longer valid: they are not found.
    """
    for about, group in itertools.groupby(told, lambda line: thing_of(lines.subject(line))):
        if about.startswith(b"<"):
            iri = about[1:-1].decode()
            entry = _entry(iri, group, base, context) if iri not in retired else None
            if entry is not None:
                yield entry


def names_things(line: bytes) -> bool:
    """Return whether a line is one that gives something a name."""
    return line.split(b" ", 2)[1] in _NAMING


def thing_of(subject: bytes) -> bytes:
    """Return the thing that lines about a subject belong to; of a node inside it (`…#address`) the thing itself."""
    if b"#" not in subject or subject.startswith(_TERMS):
        return subject
    return subject.partition(b"#")[0] + b">"


def is_context(about: bytes) -> bool:
    """Return whether a subject, as a line begins with it, is a place or sector: its name is part of other entries."""
    return about.startswith(_CONTEXT_KINDS)


def _names_context(line: bytes) -> bool:
    """Return whether a line names a place or sector."""
    return is_context(line) and line.split(b" ", 2)[1] in _CONTEXT_PROPERTIES


def kind_of(iri: str, base: str) -> str:
    """Return the kind of thing an IRI names: our own kinds, region, sector, country, concept, term, or other."""
    if iri.startswith(f"{base}/id/"):
        kind = iri[len(base) + 4 :].partition("/")[0]
        return kind if kind in KINDS else "other"
    if iri.startswith("http://publications.europa.eu/resource/celex/"):
        return "document"
    if iri.startswith(f"{base}/registries/"):
        return "registry"
    return next((kind for prefix, kind in _PREFIX_KINDS if iri.startswith(prefix)), "other")


def _entry(iri: str, group: Iterable[bytes], base: str, context: Context) -> Entry | None:
    kind = kind_of(iri, base)
    if kind in _UNLISTED:
        return None
    told, about = _Told(), f"<{iri}>".encode()
    for line in group:
        subject, property_, value = line.split(b" ", 2)
        if (predicate := _READ.get(property_)) is not None:
            _read(told, predicate, value.removesuffix(b" .").decode(), subject != about)
    named = next((told.labels[p] for p in label_choice.LABEL_PROPERTIES if p in told.labels), [])
    labels = tuple(sorted(set(named)))
    best = label_choice.choose(labels)
    if best is None:
        return None
    if iri.startswith(f"{base}/id/"):
        told.codes.add(iri.rpartition("/")[2])
    countries, places = sorted(told.linked.get(_COUNTRY, ())), sorted(told.linked.get(_REGION, ()))
    around = [text for each in sorted(_linked(told)) for text in context.names(each)]
    towns = sorted(told.towns)
    where = dict.fromkeys([*towns[:1], *(context.name(country) for country in countries[:1])])
    return Entry(
        iri,
        kind,
        *best,
        detail=", ".join(filter(None, where)),
        weight=_WEIGHTS.get(kind, 0),
        names=tuple(sorted(told.names - {best[0]})),
        codes=tuple(sorted(told.codes)),
        about=tuple(dict.fromkeys([*towns, *around])),
        types=tuple(sorted(told.types)),
        countries=tuple(countries),
        places=tuple(places),
        towns=tuple(towns),
        sectors=tuple(sorted(sector for name in _SECTORS for sector in told.linked.get(name, ()))),
        homepage=next((host for host in map(folding.host, sorted(told.linked.get(_HOMEPAGE, ()))) if host), ""),
        labels=labels if len(labels) > 1 else (),
    )


def _linked(told: _Told) -> set[str]:
    return set().union(*(iris for predicate, iris in told.linked.items() if predicate in _CONTEXT))


def _read(told: _Told, predicate: str, value: str, inside: bool) -> None:
    if value.startswith("<"):
        if inside:
            return
        if predicate == _TYPE:
            told.types.add(value.partition(">")[0][1:])
        elif predicate in _CONTEXT or predicate == _HOMEPAGE:
            told.linked.setdefault(predicate, set()).add(value.partition(">")[0][1:])
        return
    literal = _LITERAL.match(value)
    if literal is None:
        return
    text = str(json.loads(literal[1], strict=False)) if "\\" in literal[1] else literal[1][1:-1]
    if predicate == _TOWN:
        told.towns.add(text)
    elif inside:
        # Of what else is inside a thing only the numbers that others gave it lead to it.
        if predicate in _CODES:
            told.codes.add(text)
    else:
        if predicate in _CODES:
            told.codes.add(text)
        if predicate in _NAMES:
            told.names.add(text)
            # What stands behind the literal is its graph: a name that is not in the merged view is not shown.
            if predicate in label_choice.LABEL_PROPERTIES and literal.end() == len(value):
                told.labels.setdefault(predicate, []).append((text, literal[2] or ""))
