"""What other registries say that things are, for whoever points to them: a reference is judged by that type.

Known are the registries of this build that were read before, and of the others what the release before has. A registry
that did not change is not judged again because one that it points to did; what then points to nothing is found by the
checks of the whole release.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from eclod.core.errors import Damaged
from eclod.core.iris import Names
from eclod.core.namespaces import expand
from eclod.store.releases import Releases

_TYPE = ox.NamedNode(expand("rdf:type"))


class Elsewhere:
    """The types of things in the graphs of registries; `store` is that of the release before, if there is one."""

    def __init__(self, names: Names, store: Path | None) -> None:
        self._graphs = names.registry_graph("")
        self._path = store
        self._delivered: set[str] = set()
        self._types: dict[str, set[ox.Triple]] = defaultdict(set)

    @classmethod
    def published(cls, releases: Releases, base: str) -> Elsewhere:
        """Return what the current release has."""
        current = releases.current()
        return cls(Names(base), releases.folder(current.id) / "store" if current else None)

    def learn(self, registry: str, statements: Iterable[ox.Triple]) -> None:
        """Take in what a registry delivers in this build."""
        self._delivered.add(registry)
        for triple in statements:
            if triple.predicate == _TYPE and isinstance(triple.subject, ox.NamedNode):
                self._types[triple.subject.value].add(triple)

    def types(self, registry: str, things: Iterable[str]) -> Iterator[ox.Triple]:
        """Return what registries other than this one say that things (IRIs) are."""
        for iri in things:
            yield from self._types.get(iri, ())
            for quad in self._store.quads_for_pattern(ox.NamedNode(iri), _TYPE, None, None) if self._store else ():
                if isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name.value.startswith(self._graphs):
                    name = quad.graph_name.value.removeprefix(self._graphs)
                    if name != registry and name not in self._delivered:
                        yield quad.triple

    @cached_property
    def _store(self) -> ox.Store | None:
        if self._path is None or not self._path.is_dir():
            return None
        try:
            return ox.Store.read_only(str(self._path))
        except (OSError, RuntimeError) as error:
            raise Damaged(
                f"The store {self._path} cannot be read ({error}); switch to another release with 'eclod releases "
                "rollback', or build in an empty data folder."
            ) from error
