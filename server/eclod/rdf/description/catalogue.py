"""The catalogue that data portals harvest: DCAT-AP 3 of the current release, the series of all releases, the services.

What is always the newest has an IRI that stays, so that a portal that harvests again finds the dataset it knows; a
release is a version of it. Source: https://semiceu.github.io/DCAT-AP/releases/3.0.0/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.formats import FILE_MEDIA_TYPES
from eclod.core.iris import Names
from eclod.rdf.description import authorities
from eclod.rdf.description.authorities import CC_BY
from eclod.rdf.description.model import (
    TITLE,
    TITLES,
    File,
    Graph,
    Registry,
    Release,
    dump_iri,
    release_iri,
    table_iri,
)
from eclod.rdf.description.release import ABOUT, STANDARDS
from eclod.rdf.description.statements import Statements, day, decimal, term, text, time

_ABOUTS: Final = {
    "en": ABOUT,
    "fr": "Les clusters industriels d’Europe : les organisations qui les gèrent et y adhèrent, leurs lieux, secteurs, "
    "projets et les politiques qui les concernent, d’après des registres nationaux, réunis et publiés sous une seule "
    "ontologie.",
    "de": "Die Industriecluster Europas: die Organisationen, die sie tragen und ihnen angehören, ihre Orte, Branchen, "
    "Projekte und die Politik dazu, aus nationalen Registern, zusammengeführt, unter einer Ontologie veröffentlicht.",
}
_KEYWORDS: Final = ("cluster", "linked open data", "innovation", "regional development", "smart specialisation")
_ONTOLOGY: Final = "https://w3id.org/eclod/ontology"
#: Services beside SPARQL: path, title, description, what it conforms to, where it is described.
_SERVICES: Final = (
    (
        "graphs",
        "Graphs of registries",
        "Reads one graph at a time (SPARQL 1.1 Graph Store HTTP Protocol).",
        "https://www.w3.org/TR/sparql11-http-rdf-update/",
    ),
    (
        "reconcile",
        "Reconciliation",
        "Finds the identifiers of names in a table.",
        "https://reconciliation-api.github.io/specs/0.2/",
    ),
    (
        "feed",
        "Feed of changes",
        "Every thing that was created, changed or retired, since the first release, as a Linked Data Event Stream.",
        "https://w3id.org/ldes/specification",
    ),
)

#: The table that also has an address which stays from release to release.
_IDENTIFIERS: Final = "identifiers"
_ABOUT_IDENTIFIERS: Final = (
    "All identifiers that there are or were, with state, successors and outside identifiers; at this address always "
    "those of the newest release."
)


def catalogue(current: Release, releases: Sequence[Release]) -> list[Triple]:
    """Return the catalogue: the newest data as a whole and of each registry, the releases, the services."""
    made = Statements()
    root, whole, series = f"{current.base}/catalog", f"{current.base}/catalog#data", f"{current.base}/catalog#releases"
    oldest = min((release.created for release in releases), default=current.created)
    _catalogue(made, root, current, oldest)
    _publisher(made, current)
    authorities.describe(made)
    _whole(made, whole, current, oldest)
    made.about(root, "dcat:dataset", NamedNode(whole))
    for registry in current.registries:
        graph = _graph_of(current, registry)
        if graph is not None:
            made.about(root, "dcat:dataset", NamedNode(_registry(made, current, registry, graph)))
    made.about(root, "dcat:dataset", NamedNode(series))
    _series(made, series, current, oldest)
    for release in releases:
        made.about(root, "dcat:dataset", NamedNode(release_iri(release)))
        made.about(whole, "dcat:hasVersion", NamedNode(release_iri(release)))
        _release(made, series, release)
    for service in _services(made, current, whole):
        made.about(root, "dcat:service", NamedNode(service))
    return made.sorted()


def registry_as_dataset(current: Release, name: str) -> list[Triple]:
    """Return what the catalogue says of one registry; nothing when the release has no graph of it."""
    made = Statements()
    for registry in current.registries:
        if registry.name == name and (graph := _graph_of(current, registry)) is not None:
            _registry(made, current, registry, graph)
            _publisher(made, current)
            authorities.describe(made)
    return made.sorted()


def _catalogue(made: Statements, root: str, current: Release, oldest: str) -> None:
    made.about(root, "rdf:type", term("dcat:Catalog"))
    made.in_languages(root, "dct:title", TITLES)
    made.in_languages(root, "dct:description", _ABOUTS)
    made.about(root, "dct:publisher", NamedNode(f"{current.base}/catalog#publisher"))
    made.about(root, "dct:license", NamedNode(CC_BY))
    made.about(root, "dct:issued", time(oldest))
    made.about(root, "dct:modified", time(current.created))
    made.about(root, "dct:conformsTo", NamedNode(authorities.DCAT_AP))
    _homepage(made, root, "foaf:homepage", f"{current.base}/")
    authorities.taxonomy(made, root)
    authorities.place_and_languages(made, root)


def _publisher(made: Statements, current: Release) -> None:
    node = f"{current.base}/catalog#publisher"
    made.about(node, "rdf:type", term("foaf:Agent"))
    made.about(node, "foaf:name", text(TITLE))  # one name: CKAN takes any of several
    _homepage(made, node, "foaf:homepage", f"{current.base}/")
    contact = f"{current.base}/catalog#contact"
    made.about(contact, "rdf:type", term("vcard:Organization"))
    made.about(contact, "rdf:type", term("vcard:Kind"))
    made.about(contact, "vcard:fn", text(TITLE))
    made.about(contact, "vcard:hasURL", NamedNode(f"{current.base}/"))


def _dataset(made: Statements, iri: str, base: str) -> None:
    """What all datasets here have in common."""
    made.about(iri, "rdf:type", term("dcat:Dataset"))
    made.about(iri, "dct:publisher", NamedNode(f"{base}/catalog#publisher"))
    made.about(iri, "dcat:contactPoint", NamedNode(f"{base}/catalog#contact"))
    made.about(iri, "dct:conformsTo", NamedNode(_ONTOLOGY))
    made.about(_ONTOLOGY, "rdf:type", term("dct:Standard"))
    made.about(iri, "dct:accessRights", NamedNode(authorities.PUBLIC))
    for keyword in _KEYWORDS:
        made.about(iri, "dcat:keyword", text(keyword))
    authorities.themes(made, iri)
    authorities.place_and_languages(made, iri)


def _whole(made: Statements, iri: str, current: Release, oldest: str) -> None:
    _dataset(made, iri, current.base)
    made.in_languages(iri, "dct:title", TITLES)
    made.in_languages(iri, "dct:description", _ABOUTS)
    made.about(iri, "dct:identifier", Literal(iri))
    made.about(iri, "dct:license", NamedNode(CC_BY))
    made.about(iri, "dct:issued", time(oldest))
    made.about(iri, "dct:modified", time(current.created))
    made.about(iri, "dcat:version", Literal(current.id))
    made.about(iri, "dcat:hasCurrentVersion", NamedNode(release_iri(current)))
    made.about(iri, "dct:accrualPeriodicity", NamedNode(authorities.IRREGULAR))
    _period(made, iri, oldest, current.created)
    _homepage(made, iri, "dcat:landingPage", f"{current.base}/")
    _dumps(made, iri, current)
    for table in current.tables:
        for file in table.files:
            address = _file(
                made, current, table_iri(current, file), file, CC_BY, f"Table {table.name}, {table.rows} rows."
            )
            made.about(iri, "dcat:distribution", NamedNode(address))
            if table.name == _IDENTIFIERS:
                lasting = _file(made, current, f"{current.base}/{file.name}", file, CC_BY, _ABOUT_IDENTIFIERS)
                made.about(iri, "dcat:distribution", NamedNode(lasting))
    answers = f"{current.base}/catalog#answers"
    made.about(iri, "dcat:distribution", NamedNode(answers))
    made.about(answers, "rdf:type", term("dcat:Distribution"))
    made.about(answers, "dct:title", text("Answers to SPARQL queries"))
    made.about(answers, "dct:description", text("Any part of the data, in the format that the query asks for."))
    made.about(answers, "dcat:accessURL", NamedNode(f"{current.base}/sparql"))
    made.about(answers, "dcat:accessService", NamedNode(f"{current.base}/sparql"))
    made.about(answers, "dct:license", NamedNode(CC_BY))
    authorities.offered(made, answers, ".nt", "application/n-triples")


def _registry(made: Statements, current: Release, registry: Registry, graph: Graph) -> str:
    iri = Names(current.base).registry(registry.name)
    _dataset(made, iri, current.base)
    made.about(iri, "dct:title", text(registry.title))
    made.about(iri, "dct:description", text(f"{registry.title}: what this registry says, as it stands in {TITLE}."))
    made.about(iri, "dct:identifier", Literal(graph.iri))
    made.about(iri, "dct:isPartOf", NamedNode(f"{current.base}/catalog#data"))
    made.about(iri, "dct:modified", time(current.created))
    made.about(iri, "dcat:version", Literal(current.id))
    made.about(iri, "dct:accrualPeriodicity", NamedNode(authorities.IRREGULAR))
    _period(made, iri, current.created, current.created)
    _homepage(made, iri, "dcat:landingPage", f"{iri}.html")
    licence = authorities.licence(made, iri, graph.licence)
    for file in graph.files:
        address = _file(made, current, dump_iri(current, file), file, licence, f"{registry.title}, all statements.")
        made.about(iri, "dcat:distribution", NamedNode(address))
    return iri


def _series(made: Statements, iri: str, current: Release, oldest: str) -> None:
    made.about(iri, "rdf:type", term("dcat:DatasetSeries"))
    made.about(iri, "rdf:type", term("dcat:Dataset"))
    made.in_languages(
        iri,
        "dct:title",
        {
            "en": f"{TITLES['en']}: all releases",
            "fr": f"{TITLES['fr']} : toutes les versions",
            "de": f"{TITLES['de']}: alle Ausgaben",
        },
    )
    made.about(iri, "dct:description", text("One dataset for each release; a release never changes."))
    made.about(iri, "dct:publisher", NamedNode(f"{current.base}/catalog#publisher"))
    made.about(iri, "dcat:contactPoint", NamedNode(f"{current.base}/catalog#contact"))
    made.about(iri, "dct:accrualPeriodicity", NamedNode(authorities.IRREGULAR))
    made.about(iri, "dct:issued", time(oldest))
    made.about(iri, "dct:modified", time(current.created))
    made.about(iri, "dcat:last", NamedNode(release_iri(current)))
    for keyword in _KEYWORDS:
        made.about(iri, "dcat:keyword", text(keyword))
    authorities.themes(made, iri)
    authorities.place_and_languages(made, iri)
    _period(made, iri, oldest, current.created)


def _release(made: Statements, series: str, release: Release) -> None:
    iri = release_iri(release)
    _dataset(made, iri, release.base)
    made.about(iri, "dct:title", text(f"{TITLE}, release {release.id}"))
    made.about(iri, "dct:description", text(ABOUT))
    made.about(iri, "dct:identifier", Literal(release.id))
    made.about(iri, "dct:license", NamedNode(CC_BY))
    made.about(iri, "dcat:version", Literal(release.id))
    made.about(iri, "dcat:isVersionOf", NamedNode(f"{release.base}/catalog#data"))
    made.about(iri, "dcat:inSeries", NamedNode(series))
    made.about(iri, "dct:issued", time(release.created))
    made.about(iri, "dct:modified", time(release.created))
    _period(made, iri, release.created, release.created)
    _homepage(made, iri, "dcat:landingPage", iri)
    if release.previous:
        previous = NamedNode(f"{release.base}/releases/{release.previous}")
        made.about(iri, "dcat:prev", previous)
        made.about(iri, "dcat:previousVersion", previous)
    made.checksum(iri, release.dataset_sha256)
    _dumps(made, iri, release)


def _dumps(made: Statements, iri: str, release: Release) -> None:
    """Describe the files with the merged view, and the one with everything, as distributions of a dataset."""
    told = {"": next((graph.files for graph in release.graphs if not graph.iri), ())}
    if release.dataset is not None:
        told[f"All statements of release {release.id} in all its graphs; unpacked it has the hash of the release."] = (
            release.dataset,
        )
    for about, files in told.items():
        for file in files:
            address = _file(made, release, dump_iri(release, file), file, CC_BY, about)
            made.about(iri, "dcat:distribution", NamedNode(address))


def _file(made: Statements, release: Release, iri: str, file: File, licence: str, about: str = "") -> str:
    """Describe a file as a distribution and return its IRI, which is its address."""
    made.about(iri, "rdf:type", term("dcat:Distribution"))
    made.about(iri, "dct:title", text(file.name))
    made.about(iri, "dct:description", text(about or f"All statements of release {release.id}."))
    made.about(iri, "dcat:accessURL", NamedNode(release_iri(release)))
    made.about(iri, "dcat:downloadURL", NamedNode(iri))
    made.about(iri, "dcat:byteSize", decimal(file.size))
    made.about(iri, "dct:issued", time(release.created))
    made.about(iri, "dct:modified", time(release.created))
    made.licence(iri, licence)
    plain = file.name.removesuffix(".gz")
    suffix = PurePath(plain).suffix
    authorities.offered(made, iri, suffix, FILE_MEDIA_TYPES.get(suffix, ""), compressed=plain != file.name)
    if (standard := STANDARDS.get(suffix)) is not None:
        made.about(iri, "dct:conformsTo", NamedNode(standard))
        made.about(standard, "rdf:type", term("dct:Standard"))
    made.checksum(iri, file.sha256)
    return iri


def _services(made: Statements, current: Release, whole: str) -> Iterable[str]:
    sparql = (
        "sparql",
        "SPARQL endpoint",
        "Answers SPARQL 1.1 queries about the current release; each past one has an endpoint of its own.",
        "https://www.w3.org/TR/sparql11-protocol/",
    )
    for path, title, about, standard in (sparql, *_SERVICES):
        iri = f"{current.base}/{path}"
        made.about(iri, "rdf:type", term("dcat:DataService"))
        made.about(
            iri,
            "dct:title",
            text(f"{TITLE}: {title[:1].lower()}{title[1:]}" if path != "sparql" else f"{TITLE}: {title}"),
        )
        made.about(iri, "dct:description", text(about))
        made.about(iri, "dcat:endpointURL", NamedNode(iri))
        made.about(iri, "dcat:endpointDescription", NamedNode(iri))
        made.about(iri, "dcat:servesDataset", NamedNode(whole))
        made.about(iri, "dct:conformsTo", NamedNode(standard))
        made.about(standard, "rdf:type", term("dct:Standard"))
        made.about(iri, "dct:publisher", NamedNode(f"{current.base}/catalog#publisher"))
        made.about(iri, "dcat:contactPoint", NamedNode(f"{current.base}/catalog#contact"))
        made.about(iri, "dct:license", NamedNode(CC_BY))
        made.about(iri, "dct:accessRights", NamedNode(authorities.PUBLIC))
        made.about(iri, "dcat:keyword", text("cluster"))
        authorities.themes(made, iri)
        yield iri


def _period(made: Statements, iri: str, begin: str, end: str) -> None:
    """Say from when to when what is said held: a release says how things were on its day."""
    node = f"{iri}#period" if "#" not in iri else f"{iri}-period"
    made.about(iri, "dct:temporal", NamedNode(node))
    made.about(node, "rdf:type", term("dct:PeriodOfTime"))
    made.about(node, "dcat:startDate", day(begin))
    made.about(node, "dcat:endDate", day(end))


def _homepage(made: Statements, subject: str, name: str, address: str) -> None:
    made.about(subject, name, NamedNode(address))
    made.about(address, "rdf:type", term("foaf:Document"))


def _graph_of(release: Release, registry: Registry) -> Graph | None:
    iri = Names(release.base).registry_graph(registry.name)
    return next((graph for graph in release.graphs if graph.iri == iri), None)
