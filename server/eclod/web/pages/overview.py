"""What the home page shows of a release: what is in it, and where in Europe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

import pyoxigraph as ox

from eclod.core.namespaces import PREFIXES, expand
from eclod.rdf import fields
from eclod.web.context import Service
from eclod.web.messages import negotiate
from eclod.web.messages.views import Alternate
from eclod.web.pages import rows
from eclod.web.pages.views import CountryCount, HomeView, KindCount
from eclod.web.resources import links, statements
from eclod.web.resources.statements import Reader
from eclod.web.resources.wording import Wording

_CLASSES: Final = "SELECT ?key (COUNT(?thing) AS ?n) WHERE { VALUES ?key { %s } ?thing a ?key } GROUP BY ?key"
#: What people come for first; what only joins things last.
_ORDER: Final = (
    "cluster",
    "organisation",
    "project",
    "programme",
    "call",
    "event",
    "offer",
    "need",
    "platform",
    "document",
    "figure",
    "place",
    "observation",
)
_CLUSTERS: Final = (
    f"VALUES ?type {{ <{expand('eclod:Cluster')}> <{expand('eclod:ClusterOrganisation')}> }} ?thing a ?type"
)
_COUNTRIES: Final = f"""SELECT ?key (COUNT(DISTINCT ?thing) AS ?n) WHERE {{
  {_CLUSTERS} ; <{expand("eclod:country")}> ?key FILTER(isIRI(?key))
}} GROUP BY ?key"""
_PROLOGUE: Final = "".join(f"PREFIX {name}: <{PREFIXES[name]}>\n" for name in ("eclod", "skos", "dct"))
# One row for each thing, however many languages it has a name in.
_LIST: Final = (
    _PROLOGUE
    + "SELECT ?thing (MIN(?label) AS ?name) WHERE {\n  %s\n  OPTIONAL { ?thing skos:prefLabel|dct:title ?label }\n"
    + "} GROUP BY ?thing ORDER BY ?name"
)
_IN_COUNTRY: Final = "VALUES ?type { eclod:Cluster eclod:ClusterOrganisation }\n  ?thing a ?type ; eclod:country <%s>"


@dataclass(frozen=True, slots=True)
class _Counts:
    """How many things of each class and in each country, with the names of both."""

    classes: list[tuple[str, int]]
    countries: list[tuple[str, int]]
    labels: list[ox.Triple]


def read(found: Service, release: str, alternates: tuple[Alternate, ...]) -> HomeView:
    """Return the facts of the home page; counted once for a release."""
    if not release:
        return HomeView((), (), None, alternates)
    counts = found.remember("overview", release, lambda: statements.consistently(found.engine, _count))
    wording = Wording(links.Links(found.names), negotiate.languages())
    wording.learn(counts.labels)
    kinds = [
        KindCount(wording.property(iri), number, links.query(_LIST % f"?thing a <{iri}>"), class_iri=iri)
        for iri, number in counts.classes
    ]
    countries = [
        CountryCount(
            iri.rstrip("/").rpartition("/")[2], wording.thing(iri).text, number, links.query(_LIST % _IN_COUNTRY % iri)
        )
        for iri, number in counts.countries
    ]
    manifest = found.manifest(release)
    return HomeView(
        counts=tuple(kinds),
        registries=rows.registry_rows(manifest) if manifest else (),
        release=rows.release_row(manifest, manifest.id) if manifest else None,
        alternates=alternates,
        countries=tuple(sorted(countries, key=lambda country: country.label.casefold())),
    )


def _count(reader: Reader) -> _Counts:
    kinds = {shape.target_class: shape.kind for shape in fields.load() if shape.kind and shape.kind != "registry"}
    ranks = {kind: rank for rank, kind in enumerate(_ORDER)}
    classes = _numbers(reader, _CLASSES % " ".join(f"<{iri}>" for iri in kinds))
    classes.sort(key=lambda counted: (ranks.get(kinds[counted[0]] or "", len(ranks)), -counted[1], counted[0]))
    countries = _numbers(reader, _COUNTRIES)
    return _Counts(classes, countries, statements.labels(reader, [iri for iri, _ in (*classes, *countries)]))


def _numbers(reader: Reader, text: str) -> list[tuple[str, int]]:
    return [
        (cast("ox.NamedNode", row["key"]).value, int(cast("ox.Literal", row["n"]).value)) for row in reader.select(text)
    ]
