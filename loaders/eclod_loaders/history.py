"""What registries delivered, one delivery after the other, as statements that go on from release to release.

A delivery is described by PROV-O (an activity that used files) and DQV (what was counted). When it was made is known
from the release that had it first, and is said from the next delivery of anybody on: the same files must always give
the same data, so that of the newest deliveries only the manifest says when. Older releases may be removed; their
deliveries stay in this graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.iris import Names
from eclod.core.namespaces import SCHEME, expand
from eclod.store import lines
from eclod.store.manifest import Manifest, RegistryEntry
from eclod.store.releases import Releases
from eclod.store.staging import GraphContent

NAME: Final = "deliveries"
MEASURES: Final = SCHEME + "delivery-measure/"

_TYPE: Final = NamedNode(expand("rdf:type"))
_ENDED: Final = NamedNode(expand("prov:endedAtTime"))
_RELEASE: Final = NamedNode(expand("dct:isPartOf"))
_DATE_TIME: Final = NamedNode(expand("xsd:dateTime"))
#: What makes one delivery another: not the rules that it was checked by, unless something came of them.
_SAID: Final = ("sources", "missing", "read", "accepted", "rejected", "ignored", "warnings", "things")


class History:
    """The deliveries up to a build that goes on from `before`."""

    def __init__(self, releases: Releases, before: Manifest | None, names: Names) -> None:
        self._releases = releases
        self._before = before
        self._names = names

    def numbered(self, entries: Iterable[RegistryEntry], things: Mapping[str, int], at: str) -> list[RegistryEntry]:
        """Return entries with the number and time of their deliveries; `things` counts those of new ones."""
        found = []
        for entry in entries:
            entry = entry.model_copy(update={"things": things.get(entry.name, entry.things)})
            known = self._before.registry(entry.name) if self._before else None
            if known is not None and known.delivery and _same(known, entry):
                marks = {"delivery": known.delivery, "delivered": known.delivered, "first_release": self._first(known)}
            else:
                number = known.delivery if known else self._last(entry.name)
                marks = {"delivery": number + 1, "delivered": at, "first_release": ""}
            found.append(entry.model_copy(update=marks))
        return found

    def content(self, entries: Sequence[RegistryEntry]) -> GraphContent:
        """Return the graph of deliveries: as it was when there is no new one."""
        graph = self._names.graph(NAME)
        before = {entry.name: entry for entry in self._before.registries if entry.delivery} if self._before else {}
        fresh = [entry for entry in entries if entry.delivery != getattr(before.get(entry.name), "delivery", 0)]
        known = self._before.graph(graph) if self._before else None
        gone = before.keys() - {entry.name for entry in entries}
        if known is not None and not fresh and not gone:
            return GraphContent(graph, NAME, None)
        triples = [quad.triple for quad in lines.quads(self._lines(graph))]
        for entry in before.values():
            triples += self._moment(entry)
        for entry in fresh:
            triples += self._delivery(entry)
        return GraphContent(graph, NAME, lines.of_triples(dict.fromkeys(triples), graph))

    def _first(self, entry: RegistryEntry) -> str:
        """Return the release that had a delivery first: the one before, when it did not know its own name yet."""
        return entry.first_release or (self._before.id if self._before else "")

    def _last(self, registry: str) -> int:
        """Return the number of the last delivery of a registry that the release before does not have."""
        start = f"{self._names.registry(registry)}#delivery-"
        found = (lines.subject(line)[1:-1].decode() for line in self._lines(self._names.graph(NAME)))
        numbers = (iri.removeprefix(start) for iri in found if iri.startswith(start))
        return max((int(number) for number in numbers if number.isdigit()), default=0)

    def _lines(self, graph: str) -> Sequence[bytes]:
        entry = self._before.graph(graph) if self._before else None
        if self._before is None or entry is None:
            return ()
        return lines.read_dump(self._releases.folder(self._before.id) / "dumps" / f"{entry.dump}.nq.gz")

    def _node(self, entry: RegistryEntry, number: int | None = None) -> NamedNode:
        return NamedNode(f"{self._names.registry(entry.name)}#delivery-{entry.delivery if number is None else number}")

    def _moment(self, entry: RegistryEntry) -> Iterator[Triple]:
        yield Triple(self._node(entry), _ENDED, Literal(entry.delivered, datatype=_DATE_TIME))
        yield Triple(self._node(entry), _RELEASE, NamedNode(f"{self._names.base}/releases/{self._first(entry)}"))

    def _delivery(self, entry: RegistryEntry) -> Iterator[Triple]:
        node = self._node(entry)
        yield Triple(node, _TYPE, NamedNode(expand("prov:Activity")))
        yield Triple(node, NamedNode(expand("prov:wasAssociatedWith")), NamedNode(self._names.registry(entry.name)))
        yield Triple(node, NamedNode(expand("dct:identifier")), Literal(str(entry.delivery)))
        if entry.delivery > 1:
            yield Triple(node, NamedNode(expand("prov:wasInformedBy")), self._node(entry, entry.delivery - 1))
        for file in entry.sources:
            used = NamedNode(self._names.source_file(entry.name, file.sha256))
            yield Triple(node, NamedNode(expand("prov:used")), used)
        for measure, value in measures(entry).items():
            measured = NamedNode(f"{node.value}-{measure}")
            yield Triple(node, NamedNode(expand("dqv:hasQualityMeasurement")), measured)
            yield Triple(measured, _TYPE, NamedNode(expand("dqv:QualityMeasurement")))
            yield Triple(measured, NamedNode(expand("dqv:isMeasurementOf")), NamedNode(MEASURES + measure))
            yield Triple(measured, NamedNode(expand("dqv:value")), Literal(value))


def measures(entry: RegistryEntry) -> dict[str, int]:
    """Return what is counted of a delivery, by the notations of the code list `delivery-measure`."""
    return {
        "rows-read": entry.read,
        "rows-accepted": entry.accepted,
        "rows-rejected": entry.rejected,
        "rows-ignored": entry.ignored,
        "warnings": entry.warnings,
        "things": entry.things,
    }


def _same(one: RegistryEntry, other: RegistryEntry) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in _SAID)
