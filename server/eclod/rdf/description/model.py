"""What is described: a release with its graphs, files, registries and counts, and the IRIs by which it is spoken of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from eclod.core.iris import Names

TITLE: Final = "European Clusters Linked Open Data"
TITLES: Final = {
    "en": TITLE,
    "fr": "Données ouvertes liées sur les clusters européens",
    "de": "Offene verknüpfte Daten zu europäischen Clustern",
}


class File(Protocol):
    """A file of a release: name, size in bytes, SHA-256 in hexadecimal."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...


class Graph(Protocol):
    """A graph of a release; `iri` is empty for the default graph, `dump` names it among the graphs."""

    @property
    def iri(self) -> str: ...
    @property
    def dump(self) -> str: ...
    @property
    def triples(self) -> int: ...
    @property
    def licence(self) -> str: ...
    @property
    def files(self) -> Sequence[File]: ...


class Table(Protocol):
    """A table of a release, in one or several files."""

    @property
    def name(self) -> str: ...
    @property
    def rows(self) -> int: ...
    @property
    def files(self) -> Sequence[File]: ...


class Registry(Protocol):
    """A registry in a release."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...


class Release(Protocol):
    """What of a manifest is described."""

    @property
    def id(self) -> str: ...
    @property
    def previous(self) -> str | None: ...
    @property
    def created(self) -> str: ...
    @property
    def base(self) -> str: ...
    @property
    def quads(self) -> int: ...
    @property
    def dataset_sha256(self) -> str: ...
    @property
    def dataset(self) -> File | None: ...
    @property
    def graphs(self) -> Sequence[Graph]: ...
    @property
    def registries(self) -> Sequence[Registry]: ...
    @property
    def tables(self) -> Sequence[Table]: ...


class ClassCounts(Protocol):
    """The instances of a class: their number, what their IRIs begin with, one of them, triples by property."""

    @property
    def iri(self) -> str: ...
    @property
    def entities(self) -> int: ...
    @property
    def triples(self) -> int: ...
    @property
    def uri_space(self) -> str: ...
    @property
    def example(self) -> str: ...
    @property
    def properties(self) -> Sequence[tuple[str, int]]: ...


class PropertyCounts(Protocol):
    """The triples of a property."""

    @property
    def iri(self) -> str: ...
    @property
    def triples(self) -> int: ...
    @property
    def distinct_subjects(self) -> int: ...
    @property
    def distinct_objects(self) -> int: ...


class GraphCounts(Protocol):
    """What was counted in a graph; the IRIs of its entities begin with `uri_space`."""

    @property
    def triples(self) -> int: ...
    @property
    def entities(self) -> int: ...
    @property
    def distinct_subjects(self) -> int: ...
    @property
    def distinct_objects(self) -> int: ...
    @property
    def distinct_classes(self) -> int: ...
    @property
    def uri_space(self) -> str: ...
    @property
    def classes(self) -> Sequence[ClassCounts]: ...
    @property
    def properties(self) -> Sequence[PropertyCounts]: ...


class Counts(Protocol):
    """What was counted in a release, graph by graph; nothing for one that was made before there were counts."""

    def graph(self, iri: str, /) -> GraphCounts | None: ...


def release_iri(release: Release) -> str:
    return f"{release.base}/releases/{release.id}"


def graph_iri(release: Release, graph: Graph) -> str:
    """Return the IRI of a graph as a part of a release; it is not the name that queries use."""
    return f"{release_iri(release)}#{graph.dump}"


def default_graph_iri(release: Release) -> str:
    """Return the IRI of the default graph as a part of a release."""
    dump = next((graph.dump for graph in release.graphs if not graph.iri), "default")
    return f"{release_iri(release)}#{dump}"


def dump_iri(release: Release, file: File) -> str:
    return f"{release_iri(release)}/dumps/{file.name}"


def table_iri(release: Release, file: File) -> str:
    return f"{release_iri(release)}/tables/{file.name}"


def graph_title(release: Release, graph: Graph) -> str:
    """Return what a graph is called: the registry's title, "Merged view", or its name in words."""
    names = Names(release.base)
    if not graph.iri:
        return "Merged view"
    for registry in release.registries:
        if graph.iri == names.registry_graph(registry.name):
            return registry.title
        for kind in ("provenance", "identifiers", "since", "warnings"):
            if graph.iri == names.graph(f"{kind}/{registry.name}"):
                return f"{kind.capitalize()}: {registry.title}"
    prefix = names.graph("")
    if graph.iri.startswith(prefix):
        name = graph.iri.removeprefix(prefix)
        return {"codelists": "Code lists"}.get(name, name.replace("/", ": ").replace("-", " ").capitalize())
    return graph.iri
