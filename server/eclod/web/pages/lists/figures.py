"""What a list page draws: bars for the values of a facet, a line over years, a map of countries and places."""

from __future__ import annotations

from itertools import islice
from typing import Final

from eclod.web.pages.lists import facets, texts
from eclod.web.pages.lists.index import Index, positions
from eclod.web.pages.lists.state import State
from eclod.web.pages.lists.table import Facet
from eclod.web.pages.lists.views import BarView, ChartView, CountryView, MapView, PointView
from eclod.web.resources import links
from eclod.web.resources.wording import Wording

_MOST_BARS: Final = 30
_LONGEST_TIME: Final = 80
_MOST_POINTS: Final = 300


def charts(index: Index, state: State, selected: int, label: facets.Label) -> tuple[ChartView, ...]:
    """Return the charts that have at least two numbers."""
    drawn = [(facet, "bars") for facet in state.collection.bars]
    drawn += [(state.collection.years, "lines")] if state.collection.years else []
    found = (_chart(index, state, selected, facet, kind, label) for facet, kind in drawn)
    return tuple(chart for chart in found if len(chart.bars) > 1)


def _chart(index: Index, state: State, selected: int, facet: Facet, kind: str, label: facets.Label) -> ChartView:
    counts = index.counts(facet, selected)
    first = facets.leading(index, facet)
    values = sorted(counts, key=lambda value: facets.order(facet, value, counts[value], label, first))
    if kind == "lines":
        values = _every_year(counts)
    bars = tuple(
        BarView(label(facet, value), counts.get(value, 0), state.choosing(facet, {value}).address())
        for value in values[: _LONGEST_TIME if kind == "lines" else _MOST_BARS]
    )
    title = f"{state.collection.title} by {facet.charted_by}"
    query = links.edit(texts.numbers(state, facet))
    return ChartView(f"by-{facet.name}", title, facet.charted_by, facet.title, kind, bars, query)


def _every_year(counts: dict[str, int]) -> list[str]:
    """Return the years from the first to the last, those without anything too; the latest when there are too many."""
    years = sorted(int(year) for year in counts if year.isdigit())
    if not years:
        return []
    return [str(year) for year in range(max(years[0], years[-1] - _LONGEST_TIME + 1), years[-1] + 1)]


def map_of(index: Index, state: State, selected: int, label: facets.Label, wording: Wording) -> MapView | None:
    """Return the map: where things are, and how many each country has; None where there is nothing to draw."""
    facet = next((each for each in state.collection.facets if each.type == "country"), None)
    counts = index.counts(facet, selected) if facet else {}
    countries = tuple(
        sorted(
            (
                CountryView(
                    value.rpartition("/")[2], label(facet, value), number, state.choosing(facet, {value}).address()
                )
                for value, number in counts.items()
                if facet
            ),
            key=lambda country: country.label.text.casefold(),
        )
    )
    placed = [position for position in positions(selected) if position in index.points] if index.points else []
    points = tuple(PointView(*index.points[at], wording.thing(index.things[at])) for at in islice(placed, _MOST_POINTS))
    if len(countries) < 2 and not points:
        return None
    return MapView(countries, points, len(placed), any(at in index.by_region for at in placed))


def wanted(index: Index, state: State, selected: int) -> set[str]:
    """Return the IRIs that charts and the map name, beside those of the facets."""
    found = {
        value
        for facet in state.collection.bars
        for value in index.counts(facet, selected)
        if not facet.is_literal and not facet.is_tree
    }
    if index.points:
        placed = (position for position in positions(selected) if position in index.points)
        found |= {index.things[at] for at in islice(placed, _MOST_POINTS)}
    return found
