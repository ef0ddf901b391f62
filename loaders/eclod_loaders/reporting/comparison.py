"""What publishing a delivery would change in its registry: added, changed from what to what, retired."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad, Triple

from eclod.core.iris import Names
from eclod.core.namespaces import expand, shorten
from eclod.rdf.fields import FieldCatalogue
from eclod.store import lines
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod_loaders.reporting.language import Speech

_TYPE: Final = expand("rdf:type")
_NAME: Final = expand("skos:prefLabel")
_TITLE: Final = expand("dct:title")
_DERIVED: Final = expand("prov:wasDerivedFrom")


@dataclass(frozen=True, slots=True)
class Changed:
    """What changes in one property of a thing; a property has as many old and new values as it loses and gains."""

    property: str
    label: str
    old: Sequence[str]
    new: Sequence[str]


@dataclass(frozen=True, slots=True)
class ThingChange:
    """One thing that is added, changed or retired."""

    iri: str
    kind: str
    name: str
    changes: Sequence[Changed] = ()


@dataclass(slots=True)
class Difference:
    """What would change against a release; `release` is empty when nothing of the registry has been published yet."""

    release: str = ""
    added: list[ThingChange] = field(default_factory=list)
    changed: list[ThingChange] = field(default_factory=list)
    retired: list[ThingChange] = field(default_factory=list)
    unchanged: int = 0


class Comparison:
    """Compares what a delivery says with what the current release has of the same registry."""

    def __init__(self, releases: Releases, names: Names, catalogue: FieldCatalogue, say: Speech) -> None:
        self._releases = releases
        self._names = names
        self._catalogue = catalogue
        self._say = say
        self._release = releases.current()
        # What is asked for each thing of thousands.
        self._shape = cache(self._found_shape)
        self._label = cache(self._found_label)

    def of(self, registry: str, data: Iterable[Triple], file: str) -> Difference:
        """Return the difference for one file of a registry: what other files say is no part of it.

        `file` is the file's name in the provenance of the release. Raises Damaged when the release cannot be read.
        """
        graph = self._names.registry_graph(registry)
        own = self._names.registry(registry)
        new = [line for line in lines.of_triples(data, graph) if _thing(line) != own]
        before = self._published(graph)
        old = [line for line in before or () if _thing(line) != own]
        removed, added = lines.difference(old, new)
        was, now = {_thing(line) for line in old}, {_thing(line) for line in new}
        only, shared = self._of_file(registry, file, was)
        removed = [line for line in removed if _thing(line) in only]
        kept = [line for line in removed if _thing(line) not in shared or _thing(line) not in now]
        touched = _by_thing(kept), _by_thing(added)
        names = self._labels([*old, *new], {*touched[0], *touched[1]})
        result = Difference(self._release.id if self._release and before is not None else "")
        for iri in sorted({*touched[0], *touched[1]}):
            change = self._change(iri, names, touched[0].get(iri, ()), touched[1].get(iri, ()), was & now)
            if iri in now and iri not in was:
                result.added.append(change)
            elif iri in now:
                result.changed.append(change)
            elif iri not in shared:
                result.retired.append(change)
        result.changed = [change for change in result.changed if change.changes]
        result.unchanged = len(was & now) - len(result.changed)
        for found in (result.added, result.changed, result.retired):
            found.sort(key=lambda change: (change.kind, change.name.casefold(), change.iri))
        return result

    def _published(self, graph: str) -> list[bytes] | None:
        entry = self._release.graph(graph) if self._release else None
        return self._dump(self._release, entry.dump) if self._release and entry else None

    def _dump(self, release: Manifest, name: str) -> list[bytes]:
        return lines.read_dump(self._releases.folder(release.id) / "dumps" / f"{name}.nq.gz")

    def _of_file(self, registry: str, file: str, things: set[str]) -> tuple[set[str], set[str]]:
        """Return the published things that come from a file, and those of them that others describe too."""
        graph = self._names.graph(f"provenance/{registry}")
        entry = self._release.graph(graph) if self._release else None
        if self._release is None or entry is None:
            return things, set()
        files: set[str] = set()
        derived: dict[str, set[str]] = defaultdict(set)
        wanted = (f"<{_TITLE}>".encode(), f"<{_DERIVED}>".encode())
        told = (line for line in self._dump(self._release, entry.dump) if any(each in line for each in wanted))
        for quad in lines.quads(told):
            subject, value = _subject(quad), quad.object
            if isinstance(value, NamedNode):
                derived[subject].add(value.value.partition("#")[0])
            elif isinstance(value, Literal) and value.value == file:
                files.add(subject)
        if not files:  # the file has another name now, or is new
            only_source = len({each for sources in derived.values() for each in sources}) == 1
            return (things, set()) if only_source else (set(), set())
        only = {thing for thing in things if derived[thing] & files}
        return only, {thing for thing in only if derived[thing] - files}

    def _labels(self, told: Iterable[bytes], things: set[str]) -> dict[str, str]:
        """Return the names of things and of those they refer to, in the language of the report where there is one."""
        named = f" <{_NAME}> ".encode()
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for quad in lines.quads(dict.fromkeys(line for line in told if named in line)):
            if isinstance(quad.object, Literal):
                found[_subject(quad)][quad.object.language or ""] = quad.object.value
        return {iri: self._say.of(texts) for iri, texts in found.items()}

    def _change(
        self, iri: str, names: Mapping[str, str], old: Sequence[bytes], new: Sequence[bytes], both: set[str]
    ) -> ThingChange:
        quads = [list(lines.quads(old)), list(lines.quads(new))]
        shape = self._shape(
            frozenset(str(getattr(quad.object, "value", "")) for side in quads for quad in side if _is_type(quad, iri))
        )
        kind = iri.split("/")[-2] if "/id/" in iri else ""
        name = names.get(iri, iri)
        return ThingChange(iri, kind, name, self._properties(iri, quads, names, shape) if iri in both else ())

    def _properties(
        self, iri: str, quads: Sequence[Sequence[Quad]], names: Mapping[str, str], shape: str | None
    ) -> list[Changed]:
        sides: list[dict[tuple[str, str], list[str]]] = [defaultdict(list), defaultdict(list)]
        for side, found in zip(sides, quads, strict=True):
            for quad in found:
                value = quad.object
                inner = isinstance(value, NamedNode) and value.value.startswith(iri + "#")
                nested = "#" in _subject(quad)
                if inner or (nested and quad.predicate.value == _TYPE):
                    continue
                node = _subject(quad).partition("#")[2].partition("-")[0]
                side[node, quad.predicate.value].append(_shown(value, names))
        keys = sorted({*sides[0], *sides[1]})
        return [
            Changed(key[1], self._label(shape, *key), sorted(sides[0][key]), sorted(sides[1][key]))
            for key in keys
            if sorted(sides[0][key]) != sorted(sides[1][key])
        ]

    def _found_shape(self, types: frozenset[str]) -> str | None:
        """Return the name of the shape of what has these classes: the most special one."""
        found = [shape.name for shape in self._catalogue if shape.target_class in types]
        return max(found, key=lambda name: len(self._catalogue.lineage(name)), default=None)

    def _found_label(self, shape: str | None, node: str, path: str) -> str:
        """Return what a property is called: by the thing's shape, else by any shape that has it."""
        shapes = [shape] if shape else list(self._catalogue.shapes)
        fields = [each for known in shapes for each in self._catalogue.all_fields(known)]
        label = next((self._say.of(each.labels) for each in fields if each.path == path), "")
        if not label:
            everywhere = (each for known in self._catalogue for each in known.fields.values())
            label = next((self._say.of(each.labels) for each in everywhere if each.path == path), shorten(path))
        if not node:
            return label
        outer = next((self._say.of(each.labels) for each in fields if each.name == node), node)
        return f"{outer}: {label}"


def _by_thing(found: Iterable[bytes]) -> dict[str, list[bytes]]:
    result: dict[str, list[bytes]] = defaultdict(list)
    for line in found:
        result[_thing(line)].append(line)
    return result


def _thing(line: bytes) -> str:
    return lines.subject(line)[1:-1].decode().partition("#")[0]


def _subject(quad: Quad) -> str:
    return str(getattr(quad.subject, "value", ""))


def _is_type(quad: Quad, iri: str) -> bool:
    return quad.predicate.value == _TYPE and _subject(quad) == iri


def _shown(value: object, names: Mapping[str, str]) -> str:
    if isinstance(value, Literal):
        return f"{value.value} ({value.language})" if value.language else value.value
    iri = str(getattr(value, "value", value))
    return names.get(iri, iri)


def counts(difference: Difference) -> Iterator[tuple[str, int]]:
    """Return how many things are in each part of a difference."""
    yield "added", len(difference.added)
    yield "changed", len(difference.changed)
    yield "retired", len(difference.retired)
    yield "unchanged", difference.unchanged
