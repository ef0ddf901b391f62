"""What a release holds, as triples: DCAT 3 catalogue, VoID dataset, SPARQL service description.

Built from a release's manifest alone, so that what is said equals what was counted when the release was made. IRIs are
named under the base of the release, nothing is a blank node, and the order is always the same.

Sources: https://www.w3.org/TR/vocab-dcat-3/, https://www.w3.org/TR/void/, https://www.w3.org/TR/sparql11-service-description/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.formats import GRAPH_FORMATS, RESULT_FORMATS
from eclod.core.iris import Names
from eclod.core.namespaces import expand

_MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types/"
_SHA256: Final = NamedNode("http://spdx.org/rdf/terms#checksumAlgorithm_sha256")
_TITLE: Final = "European Clusters Linked Open Data"
_ABOUT: Final = (
    "Europe's industrial clusters: the organisations that run and join them, their places, sectors, projects and the "
    "policy around them, from national registries, merged and published under one ontology."
)
#: Endings of dumps and the media type of what is in them.
_DUMP_TYPES: Final = {".nq": "application/n-quads", ".ttl": "text/turtle", ".nt": "application/n-triples"}


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
    def graphs(self) -> Sequence[Graph]: ...
    @property
    def registries(self) -> Sequence[Registry]: ...


def catalogue(current: Release, releases: Iterable[Release]) -> list[Triple]:
    """Return the DCAT catalogue: the current release in full, the earlier ones by name, the SPARQL service."""
    root = f"{current.base}/catalog"
    series = f"{root}#releases"
    made = _Statements()
    made.about(root, "rdf:type", _iri("dcat:Catalog"))
    made.about(root, "dct:title", _text(_TITLE))
    made.about(root, "dct:description", _text(_ABOUT))
    made.about(root, "foaf:homepage", NamedNode(f"{current.base}/"))
    made.about(root, "dct:modified", _time(current.created))
    made.about(root, "dcat:service", NamedNode(f"{current.base}/sparql"))
    made.about(root, "dcat:dataset", NamedNode(series))
    made.about(series, "rdf:type", _iri("dcat:DatasetSeries"))
    made.about(series, "dct:title", _text(f"{_TITLE}, all releases"))
    made.about(series, "dct:description", _text("One dataset for each release; a release never changes."))
    made.about(series, "dcat:last", NamedNode(_release(current)))
    for release in releases:
        made.about(root, "dcat:dataset", NamedNode(_release(release)))
        made.extend(_dataset(release))
    for graph in current.graphs:
        made.about(root, "dcat:dataset", NamedNode(_part(current, graph)))
    made.extend(release_description(current))
    made.extend(service_description(current))
    return made.sorted()


def release_description(release: Release) -> list[Triple]:
    """Return one release with its graphs and their files (DCAT and VoID)."""
    made = _Statements()
    made.extend(_dataset(release))
    iri = _release(release)
    for graph in release.graphs:
        made.about(iri, "void:subset", NamedNode(_part(release, graph)))
        made.extend(_graph(release, graph))
    return made.sorted()


def void_description(release: Release) -> list[Triple]:
    """Return the VoID description of a release, with the document that holds it."""
    document = f"{release.base}/.well-known/void"
    made = _Statements()
    made.about(document, "rdf:type", _iri("void:DatasetDescription"))
    made.about(document, "dct:title", _text(f"What {_TITLE} holds"))
    made.about(document, "foaf:primaryTopic", NamedNode(_release(release)))
    made.extend(release_description(release))
    return made.sorted()


def service_description(release: Release) -> list[Triple]:
    """Return the SPARQL endpoint with its formats and graphs."""
    endpoint = f"{release.base}/sparql"
    dataset = f"{endpoint}#dataset"
    default = f"{endpoint}#default"
    made = _Statements()
    for kind in ("sd:Service", "dcat:DataService"):
        made.about(endpoint, "rdf:type", _iri(kind))
    made.about(endpoint, "dct:title", _text(f"{_TITLE}: SPARQL endpoint"))
    made.about(endpoint, "sd:endpoint", NamedNode(endpoint))
    made.about(endpoint, "dcat:endpointURL", NamedNode(endpoint))
    made.about(endpoint, "dcat:endpointDescription", NamedNode(endpoint))
    made.about(endpoint, "dcat:servesDataset", NamedNode(_release(release)))
    made.about(endpoint, "sd:supportedLanguage", _iri("sd:SPARQL11Query"))
    for form in (*RESULT_FORMATS, *GRAPH_FORMATS):
        made.about(endpoint, "sd:resultFormat", NamedNode(form.w3c))
    made.about(endpoint, "sd:defaultDataset", NamedNode(dataset))
    made.about(dataset, "rdf:type", _iri("sd:Dataset"))
    made.about(dataset, "sd:defaultGraph", NamedNode(default))
    made.about(default, "rdf:type", _iri("sd:Graph"))
    for graph in release.graphs:
        if not graph.iri:
            made.about(default, "void:triples", _integer(graph.triples))
            continue
        named = f"{endpoint}#graph-{graph.dump}"
        made.about(dataset, "sd:namedGraph", NamedNode(named))
        made.about(named, "rdf:type", _iri("sd:NamedGraph"))
        made.about(named, "sd:name", NamedNode(graph.iri))
        made.about(named, "sd:graph", NamedNode(_part(release, graph)))
        made.about(_part(release, graph), "rdf:type", _iri("sd:Graph"))
        made.about(_part(release, graph), "void:triples", _integer(graph.triples))
    return made.sorted()


def graph_title(release: Release, graph: Graph) -> str:
    """Return what a graph is called: the registry's title, "Merged view", or its name in words."""
    names = Names(release.base)
    if not graph.iri:
        return "Merged view"
    for registry in release.registries:
        if graph.iri == names.registry_graph(registry.name):
            return registry.title
        for kind in ("provenance", "identifiers"):
            if graph.iri == names.graph(f"{kind}/{registry.name}"):
                return f"{kind.capitalize()}: {registry.title}"
    prefix = names.graph("")
    if graph.iri.startswith(prefix):
        name = graph.iri.removeprefix(prefix)
        return {"codelists": "Code lists"}.get(name, name.replace("/", ": ").replace("-", " ").capitalize())
    return graph.iri


def _dataset(release: Release) -> Iterator[Triple]:
    """The release as a whole, without its parts."""
    iri = _release(release)
    made = _Statements()
    for kind in ("dcat:Dataset", "void:Dataset"):
        made.about(iri, "rdf:type", _iri(kind))
    made.about(iri, "dct:title", _text(f"{_TITLE}, release {release.id}"))
    made.about(iri, "dct:description", _text(_ABOUT))
    made.about(iri, "dct:identifier", Literal(release.id))
    made.about(iri, "dcat:version", Literal(release.id))
    made.about(iri, "dct:issued", _time(release.created))
    made.about(iri, "dct:modified", _time(release.created))
    made.about(iri, "dcat:inSeries", NamedNode(f"{release.base}/catalog#releases"))
    made.about(iri, "dcat:landingPage", NamedNode(iri))
    made.about(iri, "foaf:homepage", NamedNode(f"{release.base}/"))
    made.about(iri, "void:sparqlEndpoint", NamedNode(f"{release.base}/sparql"))
    made.about(iri, "void:uriSpace", Literal(f"{release.base}/id/"))
    # As SPARQL counts without GRAPH; the graphs of the sources have counts of their own.
    default = next((graph for graph in release.graphs if not graph.iri), None)
    if default is not None:
        made.about(iri, "void:triples", _integer(default.triples))
    if release.previous:
        previous = NamedNode(f"{release.base}/releases/{release.previous}")
        made.about(iri, "dcat:prev", previous)
        made.about(iri, "dcat:previousVersion", previous)
    made.checksum(iri, release.dataset_sha256)
    return iter(made)


def _graph(release: Release, graph: Graph) -> Iterator[Triple]:
    iri = _part(release, graph)
    made = _Statements()
    for kind in ("dcat:Dataset", "void:Dataset"):
        made.about(iri, "rdf:type", _iri(kind))
    made.about(iri, "dct:title", _text(graph_title(release, graph)))
    made.about(
        iri, "dct:description", _text(f"{graph_title(release, graph)}: one graph of {_TITLE}, release {release.id}.")
    )
    made.about(iri, "dct:isPartOf", NamedNode(_release(release)))
    made.about(iri, "dct:issued", _time(release.created))
    made.about(iri, "void:triples", _integer(graph.triples))
    made.about(iri, "void:sparqlEndpoint", NamedNode(f"{release.base}/sparql"))
    made.licence(iri, graph.licence)
    for file in graph.files:
        made.about(iri, "dcat:distribution", NamedNode(_file(release, file)))
        made.about(iri, "void:dataDump", NamedNode(_file(release, file)))
        made.extend(_distribution(release, graph, file))
    return iter(made)


def _distribution(release: Release, graph: Graph, file: File) -> Iterator[Triple]:
    iri = _file(release, file)
    made = _Statements()
    made.about(iri, "rdf:type", _iri("dcat:Distribution"))
    made.about(iri, "dct:title", Literal(file.name))
    made.about(iri, "dcat:accessURL", NamedNode(_release(release)))
    made.about(iri, "dcat:downloadURL", NamedNode(iri))
    made.about(iri, "dcat:byteSize", Literal(str(file.size), datatype=_iri("xsd:nonNegativeInteger")))
    made.about(iri, "dct:issued", _time(release.created))
    plain = file.name.removesuffix(".gz")
    for ending, media_type in _DUMP_TYPES.items():
        if plain.endswith(ending):
            made.about(iri, "dcat:mediaType", NamedNode(_MEDIA_TYPES + media_type))
    if plain != file.name:
        made.about(iri, "dcat:compressFormat", NamedNode(_MEDIA_TYPES + "application/gzip"))
    made.licence(iri, graph.licence)
    made.checksum(iri, file.sha256)
    return iter(made)


class _Statements:
    """Triples in the making."""

    def __init__(self) -> None:
        self._triples: dict[Triple, None] = {}

    def __iter__(self) -> Iterator[Triple]:
        return iter(self._triples)

    def about(self, subject: str, predicate: str, value: NamedNode | Literal) -> None:
        self._triples[Triple(NamedNode(subject), _iri(predicate), value)] = None

    def licence(self, subject: str, licence: str) -> None:
        """State a licence that is named by an IRI; anything else is no licence a machine could follow."""
        if licence.startswith(("http://", "https://")):
            self.about(subject, "dct:license", NamedNode(licence))

    def checksum(self, subject: str, sha256: str) -> None:
        """State a SHA-256 as SPDX does."""
        node = f"{subject}#checksum"
        self.about(subject, "spdx:checksum", NamedNode(node))
        self.about(node, "rdf:type", _iri("spdx:Checksum"))
        self.about(node, "spdx:algorithm", _SHA256)
        self.about(node, "spdx:checksumValue", Literal(sha256, datatype=_iri("xsd:hexBinary")))

    def extend(self, triples: Iterable[Triple]) -> None:
        self._triples.update(dict.fromkeys(triples))

    def sorted(self) -> list[Triple]:
        """Return the triples by subject, types first."""
        kind = _iri("rdf:type")
        return sorted(
            self._triples, key=lambda t: (str(t.subject), t.predicate != kind, t.predicate.value, str(t.object))
        )


def _release(release: Release) -> str:
    return f"{release.base}/releases/{release.id}"


def _part(release: Release, graph: Graph) -> str:
    return f"{_release(release)}#{graph.dump}"


def _file(release: Release, file: File) -> str:
    return f"{_release(release)}/dumps/{file.name}"


def _iri(name: str) -> NamedNode:
    return NamedNode(expand(name))


def _text(text: str) -> Literal:
    return Literal(text, language="en")


def _time(moment: str) -> Literal:
    return Literal(moment, datatype=_iri("xsd:dateTime"))


def _integer(number: int) -> Literal:
    return Literal(str(number), datatype=_iri("xsd:integer"))
