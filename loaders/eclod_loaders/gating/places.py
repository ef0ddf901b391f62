"""Clusters of which nobody says where they are: a rule about two fields together, one of which is enough.

The check `clusters-in-a-place` says the same of the whole release; here it costs the row and not the release.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pyoxigraph import NamedNode, Triple

from eclod.core.namespaces import ECLOD, SHAPES, expand
from eclod.rdf.gate import Violation

_TYPE: Final = NamedNode(expand("rdf:type"))
_CLUSTER: Final = NamedNode(ECLOD + "Cluster")
_PLACES: Final = frozenset({NamedNode(expand("dct:spatial")), NamedNode(ECLOD + "country")})
_MESSAGES: Final = (
    ("de", "Geben Sie an, wo das Cluster ist: eine NUTS-Region oder wenigstens das Land."),
    ("en", "Say where the cluster is: a region of NUTS, or at least the country."),
    ("fr", "Indiquez où se trouve le cluster : une région NUTS ou au moins le pays."),
)


def missing(judged: Iterable[Triple]) -> list[Violation]:
    """Return a violation for each cluster, described as a whole, that has neither a region nor a country."""
    clusters, placed = set[str](), set[str]()
    for triple in judged:
        if triple.predicate in _PLACES:
            placed.add(_iri(triple))
        elif triple.predicate == _TYPE and triple.object == _CLUSTER:
            clusters.add(_iri(triple))
    return [
        Violation(iri, expand("dct:spatial"), None, f"{SHAPES}Cluster-region", "MinCount", "Violation", _MESSAGES)
        for iri in sorted(clusters - placed)
    ]


def _iri(triple: Triple) -> str:
    return triple.subject.value if isinstance(triple.subject, NamedNode) else ""
