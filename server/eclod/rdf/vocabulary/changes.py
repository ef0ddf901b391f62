"""What changed between two editions of the vocabulary, and which version number that asks for.

Major: something is removed or renamed, or means or demands something else. Minor: something is added, deprecated or
demands less. Patch: words. Definitions are words, since no program can tell whether their meaning changed.
"""

from __future__ import annotations

import enum
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.namespaces import CUBE, ECLOD, SCHEME, SHAPES, expand, shorten
from eclod.rdf.vocabulary import editions
from eclod.rdf.vocabulary.editions import Edition, Version

_SH: Final = expand("sh:")
_TYPE: Final = expand("rdf:type")
_WORDS: Final = frozenset(
    map(
        expand,
        (
            *("rdfs:label", "rdfs:comment", "rdfs:seeAlso"),
            *("skos:prefLabel", "skos:altLabel", "skos:hiddenLabel", "skos:definition", "skos:scopeNote"),
            *("skos:example", "skos:note", "skos:changeNote", "skos:historyNote"),
            *("dct:title", "dct:description", "dct:source", "dct:modified", "dct:issued", "dct:created"),
            *("sh:name", "sh:description", "sh:message", "sh:order", "sh:group"),
        ),
    )
)
_STATUS: Final = "http://www.w3.org/2003/06/sw-vocab-status/ns#term_status"
#: What says how settled a term is, or what is near it elsewhere; none of it changes what the term means.
_STANDING: Final = frozenset(
    {
        *map(expand, ("owl:deprecated", "dct:isReplacedBy", "dct:replaces", "skos:exactMatch", "skos:closeMatch")),
        *map(expand, ("skos:broadMatch", "skos:narrowMatch", "skos:relatedMatch")),
        _STATUS,
    }
)
#: The ontologies about themselves: version, date, licence, and the like.
_HEADERS: Final = frozenset({ECLOD.rstrip("#"), SHAPES.rstrip("#"), f"{ECLOD.rstrip('#')}/alignments"})
_LISTS: Final = (SCHEME, CUBE)
_PROFILES: Final = SHAPES.rstrip("#") + "/"

Fact = tuple[str, NamedNode | Literal]
Facts = Mapping[str, frozenset[Fact]]


class Level(enum.IntEnum):
    """How much a change matters."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One change: how much it matters, what it is about (a prefixed name), and one plain sentence."""

    level: Level
    subject: str
    what: str

    def __str__(self) -> str:
        return f"{self.level.name.lower()}: {self.subject} {self.what}"


def between(old: Edition, new: Edition) -> list[Change]:
    """Return all changes from one edition to another, the weightiest first."""
    found = set(_changes(_facts(old), _facts(new)))
    found |= set(_context_changes(_context(old.context), _context(new.context)))
    return sorted(found, key=lambda change: (-change.level, change.subject, change.what))


def least_version(old: Version, changes: Iterable[Change]) -> Version:
    """Return the lowest version that says what changed since an older one; that one itself when nothing did."""
    level = max((change.level for change in changes), default=None)
    if level is Level.MAJOR:
        return Version(old.major + 1, 0, 0)
    if level is Level.MINOR:
        return Version(old.major, old.minor + 1, 0)
    return old if level is None else Version(old.major, old.minor, old.patch + 1)


def _facts(edition: Edition) -> Facts:
    files = [*edition.ontology_files, *edition.scheme_files, *edition.shape_files, *edition.profile_files]
    found: dict[str, set[Fact]] = defaultdict(set)
    for triple in editions.triples(files):
        if isinstance(triple, Triple) and isinstance(triple.subject, NamedNode):
            assert isinstance(triple.object, NamedNode | Literal)  # no blank nodes in our files, a test holds it
            found[triple.subject.value].add((triple.predicate.value, triple.object))
    return {subject: frozenset(facts) for subject, facts in found.items() if subject not in _HEADERS}


def _changes(old: Facts, new: Facts) -> Iterator[Change]:
    for subject in sorted({*old, *new}):
        name = shorten(subject)
        if subject not in old:
            yield _addition(subject, old, new)
        elif subject not in new or _is_undefined(old[subject], new[subject]):
            yield Change(Level.MAJOR if _is_ours(subject) else Level.MINOR, name, "is removed.")
        else:
            gone, come = old[subject] - new[subject], new[subject] - old[subject]
            yield from _differences(subject, gone, come, new[subject])


def _is_undefined(before: Iterable[Fact], after: Iterable[Fact]) -> bool:
    """Return whether nothing says any more what something is, though it is still mentioned."""
    return any(name == _TYPE for name, _ in before) and not any(name == _TYPE for name, _ in after)


def _addition(subject: str, old: Facts, new: Facts) -> Change:
    """Return what a new subject means; a new field that must be filled refuses what passed before."""
    owner = subject.partition("-")[0]
    if subject.startswith(SHAPES) and owner != subject and owner in old and _is_violation(new[subject]):
        required = any(p == _SH + "minCount" and value.value != "0" for p, value in new[subject])
        if required:
            return Change(Level.MAJOR, shorten(subject), "is a new field that must be filled.")
    return Change(Level.MINOR, shorten(subject), "is new.")


def _differences(
    subject: str,
    gone: Iterable[Fact],
    come: Iterable[Fact],
    now: frozenset[Fact],
) -> Iterator[Change]:
    before, after = _by_property(gone), _by_property(come)
    for name in sorted({*before, *after}):
        level = _level(subject, name, before.get(name, []), after.get(name, []), now)
        verb = "has another" if name in before and name in after else "has lost" if name in before else "has a new"
        yield Change(level, shorten(subject), f"{verb} {shorten(name)}.")


def _level(
    subject: str,
    name: str,
    before: list[NamedNode | Literal],
    after: list[NamedNode | Literal],
    now: frozenset[Fact],
) -> Level:
    if name in _WORDS:
        return Level.PATCH
    if name in _STANDING or not _is_ours(subject):
        return Level.MINOR
    if subject.startswith(_LISTS):
        return Level.MAJOR if before else Level.MINOR
    if subject.startswith(SHAPES):
        return _level_of_rule(name, before, after, now)
    return Level.MAJOR  # a class, a superclass, a domain or a range: the term means something else


def _level_of_rule(
    name: str,
    before: list[NamedNode | Literal],
    after: list[NamedNode | Literal],
    now: frozenset[Fact],
) -> Level:
    """Return how much another rule matters: one that demands less never refuses what passed before."""
    if name == _SH + "property":
        return Level.MINOR  # fields that come or go are changes of their own
    if name in (_SH + "path", _SH + "targetClass", _SH + "targetSubjectsOf", ECLOD + "kind"):
        return Level.MAJOR
    if name == _SH + "severity":
        return Level.MAJOR if _is_violation(now) else Level.MINOR
    if not name.startswith(_SH):
        return Level.MAJOR if before else Level.MINOR
    if not _is_violation(now) or not after:
        return Level.MINOR
    if before and name in (_SH + "minCount", _SH + "maxCount"):
        was, is_now = int(before[0].value), int(after[0].value)
        less = is_now < was if name.endswith("minCount") else is_now > was
        return Level.MINOR if less else Level.MAJOR
    return Level.MAJOR


def _is_ours(iri: str) -> bool:
    return iri.startswith((ECLOD, SHAPES, _PROFILES, *_LISTS))


def _is_violation(facts: frozenset[Fact]) -> bool:
    return (_SH + "severity", NamedNode(_SH + "Violation")) in facts


def _by_property(facts: Iterable[Fact]) -> dict[str, list[NamedNode | Literal]]:
    found: dict[str, list[NamedNode | Literal]] = {}
    for name, value in sorted(facts, key=str):
        found.setdefault(name, []).append(value)
    return found


def _context(path: Path) -> dict[str, str]:
    """Return what each name of a JSON-LD context stands for; names of a class's own context as `Event.name`."""
    document = json.loads(path.read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for name, meaning in document["@context"].items():
        scoped: dict[str, Any] = meaning.get("@context", {}) if isinstance(meaning, dict) else {}
        own = {k: v for k, v in meaning.items() if k != "@context"} if isinstance(meaning, dict) else meaning
        found[name] = json.dumps(own, sort_keys=True)
        found |= {f"{name}.{inner}": json.dumps(value, sort_keys=True) for inner, value in scoped.items()}
    return found


def _context_changes(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        subject = f"{name} in the JSON-LD context"
        if name not in new:
            yield Change(Level.MAJOR, subject, "is removed.")
        elif name not in old:
            yield Change(Level.MINOR, subject, "is new.")
        elif old[name] != new[name]:
            yield Change(Level.MAJOR, subject, "stands for something else.")
