"""The merged view: one value where sources agree, the one of the source that goes first where they do not.

A property that a shape allows once has one value, a text that may stand once per language one per language; all other
properties keep the values of all sources. Which source goes first is the precedence in its `registry.toml` (lower
first); graphs of the service itself come after all registries. What lost stays in its registry's graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.namespaces import expand
from eclod.rdf.fields import FieldCatalogue
from eclod.store import lines

_TYPE = expand("rdf:type")


class Precedence:
    """The merge by precedence of graphs (IRIs, first wins)."""

    def __init__(self, graphs: Sequence[str], catalogue: FieldCatalogue) -> None:
        self._rank = {graph: rank for rank, graph in enumerate(graphs)}
        self._single = catalogue.single_valued
        self._per_language = catalogue.one_per_language

    def __call__(self, by_graph: Mapping[str, Sequence[bytes]]) -> Iterable[bytes]:
        ranked = sorted(by_graph, key=lambda graph: (self._rank.get(graph, len(self._rank)), graph))
        statements = {graph: [quad.triple for quad in lines.quads(sorted(by_graph[graph]))] for graph in ranked}
        classes = {
            triple.object.value
            for triples in statements.values()
            for triple in triples
            if triple.predicate.value == _TYPE and isinstance(triple.object, NamedNode)
        }
        single = frozenset().union(*(self._single.get(name, frozenset()) for name in classes))
        per_language = frozenset().union(*(self._per_language.get(name, frozenset()) for name in classes))
        taken: dict[tuple[str, str | None], str] = {}
        view: set[bytes] = set()
        for graph in ranked:
            for triple in statements[graph]:
                slot = _slot(triple, single, per_language)
                if slot is None or taken.setdefault(slot, graph) == graph:
                    view.add(lines.of_triple(triple))
        return view


def _slot(triple: Triple, single: frozenset[str], per_language: frozenset[str]) -> tuple[str, str | None] | None:
    """Return what a statement is the only value of: a property, or a property in a language; None for neither."""
    name = triple.predicate.value
    if name in single:
        return name, None
    if name in per_language and isinstance(triple.object, Literal):
        return name, triple.object.language or ""
    return None
