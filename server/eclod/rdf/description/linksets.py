"""The links from a release to other datasets, one VoID linkset for each (VoID, section 5).

What a linkset holds is what the saved query `links-to-other-datasets` answers; that answer is its dump.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.rdf.description.model import Release, release_iri
from eclod.rdf.description.statements import Statements, integer, term, text

QUERY: Final = "links-to-other-datasets"


@dataclass(frozen=True, slots=True)
class Target:
    """A dataset that is linked to: its name in the saved query, title, address, what its IRIs begin with.

    `scheme` is the notation of the scheme whose numbers lead there; without one things link to it themselves.
    """

    name: str
    title: str
    homepage: str
    space: str
    scheme: str = ""


TARGETS: Final = (
    Target("nuts", "NUTS, regions of Europe", "http://data.europa.eu/nuts", "http://data.europa.eu/nuts/"),
    Target(
        "nace", "NACE, economic activities", "http://data.europa.eu/ux2/nace2.1/nace2.1", "http://data.europa.eu/ux2/"
    ),
    Target(
        "authority-tables",
        "EU authority tables",
        "http://publications.europa.eu/resource/authority",
        "http://publications.europa.eu/resource/authority/",
    ),
    Target("celex", "EUR-Lex", "https://eur-lex.europa.eu/", "http://publications.europa.eu/resource/celex/"),
    Target("cordis", "CORDIS", "https://cordis.europa.eu/", "https://cordis.europa.eu/project/"),
    Target("wikidata", "Wikidata", "https://www.wikidata.org/", "http://www.wikidata.org/entity/", "wikidata"),
    Target("ror", "Research Organization Registry", "https://ror.org/", "https://ror.org/", "ror"),
    Target("lei", "Legal entity identifiers", "https://search.gleif.org/", "https://search.gleif.org/#/record/", "lei"),
)


def count_query(base: str) -> str:
    """Return the query for how many links there are to each target (`to`, `links`), in one pass over the data."""
    spaces = " ".join(f'("{each.name}" "{each.space}")' for each in TARGETS if not each.scheme)
    schemes = " ".join(
        f'("{each.name}" <https://w3id.org/eclod/scheme/identifier-scheme/{each.scheme}>)'
        for each in TARGETS
        if each.scheme
    )
    return f"""PREFIX adms: <http://www.w3.org/ns/adms#>
PREFIX dct: <http://purl.org/dc/terms/>
SELECT ?to (COUNT(*) AS ?links) WHERE {{
  {{
    ?thing ?link ?other .
    FILTER (isIRI(?other) && STRSTARTS(STR(?thing), "{base}/id/") && !CONTAINS(STR(?thing), "#"))
    VALUES (?to ?space) {{ {spaces} }}
    FILTER (STRSTARTS(STR(?other), ?space))
  }} UNION {{
    SELECT DISTINCT ?to ?thing ?number WHERE {{
      VALUES (?to ?scheme) {{ {schemes} }}
      ?identifier dct:conformsTo ?scheme ; <http://www.w3.org/2004/02/skos/core#notation> ?number .
      ?thing adms:identifier ?identifier .
    }}
  }}
}} GROUP BY ?to"""


def linksets(release: Release, counts: Mapping[str, int]) -> Iterator[Triple]:
    """Return the linksets of a release that have any links, given how many links each target has."""
    made = Statements()
    for target in TARGETS:
        if not counts.get(target.name):
            continue
        iri = f"{release_iri(release)}#links-to-{target.name}"
        dataset = f"{release.base}/catalog#{target.name}"
        made.about(release_iri(release), "void:subset", NamedNode(iri))
        made.about(iri, "rdf:type", term("void:Linkset"))
        made.about(iri, "dct:title", text(f"Links to {target.title}"))
        made.about(iri, "void:subjectsTarget", NamedNode(release_iri(release)))
        made.about(iri, "void:objectsTarget", NamedNode(dataset))
        made.about(iri, "void:triples", integer(counts[target.name]))
        made.about(iri, "void:dataDump", NamedNode(f"{release.base}/queries/{QUERY}.nt?to={target.name}"))
        if target.scheme:
            made.about(iri, "void:linkPredicate", term("skos:exactMatch"))
        made.about(dataset, "rdf:type", term("void:Dataset"))
        made.about(dataset, "dct:title", text(target.title))
        made.about(dataset, "foaf:homepage", NamedNode(target.homepage))
        made.about(dataset, "void:uriSpace", Literal(target.space))
    return iter(made)
