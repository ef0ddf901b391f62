"""The merged view: what several graphs say about one subject, as the published policy makes one view of it.

Where no rule of the policy speaks (`gating.policies`), a property that a shape allows once has one value, a text that
may stand once per language one per language, and all other properties keep the values of all sources. Graphs of the
service itself come after all registries. What lost stays in its registry's graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.namespaces import expand
from eclod.rdf.fields import FieldCatalogue
from eclod.store import lines
from eclod_loaders.gating.policies import Policy

_TYPE = expand("rdf:type")
#: A property, and a language where a text may stand once in each.
_Slot = tuple[str, str | None]


class Merger:
    """The merge of graphs by a policy under the cardinalities of the shapes."""

    def __init__(self, policy: Policy, catalogue: FieldCatalogue) -> None:
        self._policy = policy
        self._single = catalogue.single_valued
        self._per_language = catalogue.one_per_language

    def __call__(self, by_graph: Mapping[str, Sequence[bytes]]) -> Iterable[bytes]:
        statements = {
            graph: [quad.triple for quad in lines.quads(sorted(by_graph[graph]))] for graph in sorted(by_graph)
        }
        classes = frozenset(
            triple.object.value
            for triples in statements.values()
            for triple in triples
            if triple.predicate.value == _TYPE and isinstance(triple.object, NamedNode)
        )
        slots = _Slots(self._policy, classes, self._single, self._per_language)
        believed: dict[_Slot, tuple[int, str]] = {}
        for graph, triples in statements.items():
            for slot in {slot for triple in triples if (slot := slots.of(triple)) is not None}:
                rank = (slots.rank(slot, graph), graph)
                believed[slot] = min(believed.get(slot, rank), rank)
        view: set[bytes] = set()
        for graph, triples in statements.items():
            for triple in triples:
                slot = slots.of(triple)
                if slot is None or believed[slot][1] == graph:
                    view.add(lines.of_triple(triple))
        return view


class _Slots:
    """What statements about things of some classes compete for, and how graphs rank in it."""

    def __init__(
        self,
        policy: Policy,
        classes: frozenset[str],
        single: Mapping[str, frozenset[str]],
        per_language: Mapping[str, frozenset[str]],
    ) -> None:
        self._rank = policy.rank
        self._chosen = policy.for_classes(classes)
        self._single = frozenset().union(*(single.get(name, frozenset()) for name in classes))
        self._per_language = frozenset().union(*(per_language.get(name, frozenset()) for name in classes))

    def of(self, triple: Triple) -> _Slot | None:
        """Return what a statement competes for, or None when it stands beside all others."""
        name = triple.predicate.value
        if name in self._single:
            return name, None
        if name in self._per_language and isinstance(triple.object, Literal):
            return name, triple.object.language or ""
        if name in self._chosen and self._chosen[name].rank is not None:
            return name, None
        return None

    def rank(self, slot: _Slot, graph: str) -> int:
        """Return the rank of a graph for a property, the lowest being believed."""
        chosen = self._chosen.get(slot[0])
        rank = self._rank if chosen is None or chosen.rank is None else chosen.rank
        return rank.get(graph, len(self._rank))
