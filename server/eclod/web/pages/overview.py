"""What the home page shows of a release: what is in it, and where in Europe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

import pyoxigraph as ox

from eclod.web.context import Service
from eclod.web.messages import negotiate
from eclod.web.messages.views import Alternate
from eclod.web.pages import rows
from eclod.web.pages.lists import browse, table, texts
from eclod.web.pages.lists.state import State
from eclod.web.pages.lists.table import Facet
from eclod.web.pages.views import CountryCount, HomeView, KindCount
from eclod.web.resources import links, statements
from eclod.web.resources.statements import Reader
from eclod.web.resources.wording import Wording

#: The list whose countries the map shades.
_MAPPED: Final = "clusters"


@dataclass(frozen=True, slots=True)
class _Counts:
    """How many things of the mapped list are in each country, with the names of the countries."""

    countries: list[tuple[str, int]]
    labels: list[ox.Triple]


def read(found: Service, release: str, alternates: tuple[Alternate, ...]) -> HomeView:
    """Return the facts of the home page; counted once for a release."""
    if not release:
        return HomeView((), (), None, alternates)
    collection = table.load()[_MAPPED]
    facet = next(each for each in collection.facets if each.type == "country")
    every = State(collection, found.names, {})
    counts = found.remember(
        "overview", release, lambda: statements.consistently(found.engine, lambda reader: _count(reader, every, facet))
    )
    wording = Wording(links.Links(found.names), negotiate.languages())
    wording.learn(counts.labels)
    kinds = [
        KindCount(each.title, each.count, each.href)
        for each in browse.collections(found, release).values()
        if each.count
    ]
    countries = [
        CountryCount(iri.rpartition("/")[2], wording.thing(iri).text, number, every.choosing(facet, {iri}).address())
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


def _count(reader: Reader, every: State, facet: Facet) -> _Counts:
    found = reader.select(texts.numbers(every, facet))
    countries = [
        (row["code"].value, int(cast("ox.Literal", row["things"]).value))
        for row in found
        if isinstance(row["code"], ox.NamedNode)
    ]
    return _Counts(countries, statements.labels(reader, [iri for iri, _ in countries]))
