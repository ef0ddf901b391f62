"""The questions that every engine is asked, from a look-up of one thing to an export of 100,000 rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox

from benchmarks.engines import JSON, N_TRIPLES
from eclod.core.namespaces import PREFIXES

POINT: Final = "point look-up"
MEMBERS: Final = "members of a cluster"
CONSTRUCT: Final = "construct a cluster"
EXPORT: Final = "export of 100,000 rows"

_PREFIXES: Final = "".join(f"PREFIX {name}: <{PREFIXES[name]}>\n" for name in ("dct", "eclod", "foaf", "org", "skos"))
_ORGANISATIONS: Final = 5_000
_CLUSTERS: Final = 50
#: "Members of a cluster" is about clusters that have about as many as this.
_TYPICAL_MEMBERS: Final = 100


@dataclass(frozen=True, slots=True)
class Question:
    """A query, with `{iri}` where a thing goes: another one each time, or always the same query.

    Each round asks an engine `succession` times before the next engine has its turn.
    """

    name: str
    pattern: str
    rounds: int
    warm_up: int
    media_type: str = JSON
    iris: Sequence[str] = ("",)
    succession: int = 1

    def text(self, number: int) -> str:
        """Return the query that is asked as number so and so, those before 0 being warm-up."""
        query = self.pattern.replace("{iri}", f"<{self.iris[number % len(self.iris)]}>")
        return query if self.name == POINT else _PREFIXES + query

    def rows(self, body: bytes) -> list[str]:
        """Return the rows of an answer in one order and one spelling, to compare what engines say.

        Engines agree on values and languages, and write some datatypes differently.
        """
        if self.media_type == N_TRIPLES:
            triples = ox.parse(body, format=ox.RdfFormat.N_TRIPLES)
            return sorted({str(quad.triple) for quad in triples})
        bindings: list[dict[str, Any]] = json.loads(body)["results"]["bindings"]
        return sorted(json.dumps({name: _term(term) for name, term in row.items()}, sort_keys=True) for row in bindings)


def _term(term: dict[str, str]) -> list[str]:
    return [term["value"], term.get("xml:lang", "").lower()]


def all_of_them(store: ox.Store) -> list[Question]:
    """Return the questions, with things that are in a store. The last is the one a slow engine may not get through."""
    point = Question(POINT, "SELECT ?p ?o WHERE { {iri} ?p ?o }", 60, 4, iris=organisations(store), succession=10)
    clusters = _typical_clusters(store)
    return [
        point,
        Question(
            MEMBERS,
            "SELECT ?member ?name WHERE { ?membership org:organization {iri} ; org:member ?member . "
            "?member skos:prefLabel ?name }",
            20,
            2,
            iris=clusters,
            succession=5,
        ),
        Question(
            CONSTRUCT,
            "CONSTRUCT { {iri} ?p ?v . ?member ?q ?w } WHERE { { {iri} ?p ?v } UNION "
            "{ ?membership org:organization {iri} ; org:member ?member . ?member ?q ?w } }",
            20,
            2,
            N_TRIPLES,
            clusters,
            succession=5,
        ),
        Question(
            "optional",
            "SELECT ?cluster ?name ?homepage WHERE { ?cluster a eclod:ClusterOrganisation ; skos:prefLabel ?name . "
            'OPTIONAL { ?cluster foaf:homepage ?homepage } FILTER(LANG(?name) = "en") }',
            20,
            2,
            succession=3,
        ),
        Question(
            "text filter",
            "SELECT ?cluster ?name WHERE { ?cluster a eclod:ClusterOrganisation ; skos:prefLabel ?name "
            'FILTER(CONTAINS(LCASE(STR(?name)), "log")) }',
            20,
            2,
            succession=3,
        ),
        Question(
            "count by region",
            "SELECT ?region (COUNT(?o) AS ?organisations) WHERE { ?o dct:spatial ?part . ?part skos:broader ?region } "
            "GROUP BY ?region",
            10,
            2,
        ),
        Question(
            "join with filter",
            "SELECT ?o ?region WHERE { ?o eclod:sector ?sector ; dct:spatial ?place . ?sector skos:notation ?code . "
            '?place skos:notation ?region FILTER(STRSTARTS(?code, "28.1") && STRSTARTS(?region, "DE")) }',
            10,
            1,
        ),
        Question(
            EXPORT,
            "SELECT ?o ?name WHERE { ?o org:classification <https://w3id.org/eclod/scheme/organisation-type/sme> ; "
            "skos:prefLabel ?name }",
            7,
            1,
        ),
        Question(
            "pairs sharing sectors",
            "SELECT ?a ?b (COUNT(?sector) AS ?shared) WHERE { ?a a eclod:Cluster ; eclod:sector ?sector . "
            "?b eclod:sector ?sector ; a eclod:Cluster FILTER(STR(?a) < STR(?b)) } GROUP BY ?a ?b "
            "HAVING(COUNT(?sector) > 1)",
            7,
            1,
        ),
    ]


def organisations(store: ox.Store) -> list[str]:
    """Return organisations from all over the store, in a mixed but fixed order."""
    found = _column(store, "SELECT ?o WHERE { ?o a org:Organization } ORDER BY ?o")
    return found[:: max(1, len(found) // _ORGANISATIONS)]


def _typical_clusters(store: ox.Store) -> list[str]:
    found = _column(
        store,
        "SELECT ?cluster WHERE { ?membership org:organization ?cluster } GROUP BY ?cluster "
        f"ORDER BY ABS(COUNT(?membership) - {_TYPICAL_MEMBERS}) ?cluster LIMIT {_CLUSTERS}",
    )
    return sorted(found)


def _column(store: ox.Store, query: str) -> list[str]:
    solutions = store.query(_PREFIXES + query)
    assert isinstance(solutions, ox.QuerySolutions)
    return [getattr(solution[0], "value", "") for solution in solutions]
