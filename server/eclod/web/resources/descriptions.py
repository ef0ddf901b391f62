"""The description of a thing: what is said about it and its parts, sorted by who says it, and as RDF."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property

import pyoxigraph as ox

from eclod.core.formats import Format
from eclod.core.iris import Names
from eclod.core.namespaces import expand
from eclod.store.identities import LIFE
from eclod.store.manifest import Manifest
from eclod.web.messages import graphs
from eclod.web.resources import statements
from eclod.web.resources.statements import Reader

_TYPE = ox.NamedNode(expand("rdf:type"))
#: Graphs about what is said, not about the thing.
_ASIDE = ("provenance", "identifiers", "since", "warnings")
_REPLACES = ox.NamedNode(expand("dct:replaces"))
_DATE_TIME = ox.NamedNode(expand("xsd:dateTime"))


@dataclass
class Description:
    """All statements about one IRI, and the document that holds them (an IRI)."""

    iri: str
    document: str
    names: Names
    quads: list[ox.Quad]
    release: str
    manifest: Manifest | None
    labels: list[ox.Triple] = field(default_factory=list)
    #: What links to the thing, for pages; None when that is a lot, or was not asked.
    incoming: statements.Links | None = None

    @cached_property
    def main(self) -> list[ox.Triple]:
        """Return what holds: the merged view, graphs that are nobody's claims, and what the thing replaces.

        When that is nothing, everything.
        """
        claims, asides = self.names.registry_graph(""), tuple(map(self.names.graph, _ASIDE))
        plain = [q for graph, quads in self._graphs.items() if not graph.startswith((claims, *asides)) for q in quads]
        if plain:
            plain += [q for q in self._graphs.get(self.names.graph(LIFE), ()) if q.predicate == _REPLACES]
        return list(dict.fromkeys(q.triple for q in plain or self.quads))

    @cached_property
    def claims(self) -> list[ox.Quad]:
        """Return what registries say, in their own graphs."""
        prefix = self.names.registry_graph("")
        return [quad for graph, quads in self._graphs.items() if graph.startswith(prefix) for quad in quads]

    @cached_property
    def _graphs(self) -> dict[str, list[ox.Quad]]:
        found: dict[str, list[ox.Quad]] = {}
        for quad in self.quads:
            found.setdefault(_graph(quad), []).append(quad)
        return found

    @cached_property
    def registries(self) -> list[str]:
        """Return the names of the registries that say something about the thing."""
        prefix = self.names.registry_graph("")
        return sorted(graph.removeprefix(prefix) for graph in self._graphs if graph.startswith(prefix))

    @cached_property
    def licences(self) -> list[str]:
        """Return the licences that the registries behind the thing state, as IRIs."""
        if self.manifest is None:
            return []
        entries = [self.manifest.graph(self.names.registry_graph(name)) for name in self.registries]
        return sorted({e.licence for e in entries if e and e.licence.startswith(("http://", "https://"))})

    @cached_property
    def types(self) -> list[str]:
        """Return the classes of the thing."""
        node = ox.NamedNode(self.iri)
        found = (t.object for t in self.main if t.predicate == _TYPE and t.subject == node)
        return sorted({kind.value for kind in found if isinstance(kind, ox.NamedNode)})

    def rdf(self, form: Format) -> bytes:
        """Return the description as RDF, with labels of linked things and facts about the document itself.

        Formats for datasets keep the graphs of the sources; the others hold what holds.
        """
        extra = [*self.document_facts(), *self.labels]
        if form in graphs.DATASET_FORMATS:
            quads = statements.in_order({*self.quads, *(ox.Quad(t.subject, t.predicate, t.object) for t in extra)})
            return graphs.serialise(quads, form)
        known = dict.fromkeys([*self.main, *extra])
        return graphs.serialise(list(known), form)

    def document_facts(self) -> list[ox.Triple]:
        """Return what is said about the document itself."""
        document, thing = ox.NamedNode(self.document), ox.NamedNode(self.iri)

        def say(name: str, value: ox.NamedNode | ox.Literal) -> ox.Triple:
            return ox.Triple(document, _term(name), value)

        facts = [
            say("rdf:type", _term("foaf:Document")),
            say("foaf:primaryTopic", thing),
        ]
        if self.manifest is not None:
            facts.append(say("dct:isPartOf", ox.NamedNode(f"{self.names.base}/releases/{self.release}")))
            facts.append(say("dct:modified", ox.Literal(self.manifest.created, datatype=_DATE_TIME)))
        return facts + [say("dct:license", ox.NamedNode(licence)) for licence in self.licences]


@cache
def _term(name: str) -> ox.NamedNode:
    return ox.NamedNode(expand(name))


def add_labels(reader: Reader, description: Description) -> None:
    """Add the names of the things that the description links to."""
    linked = {t.object.value for t in description.main if isinstance(t.object, ox.NamedNode) and t.subject != t.object}
    description.labels = statements.labels(reader, linked - {description.iri})


def _graph(quad: ox.Quad) -> str:
    return quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else ""
