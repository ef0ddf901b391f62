"""What the list pages show; see `resources.views` for how."""

from __future__ import annotations

from dataclasses import dataclass

from eclod.web.messages.views import Alternate
from eclod.web.resources.views import Term


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """A value of a facet with the number of things that it leads to; `depth` is its level in a tree, from 0.

    `href` chooses it, or gives it up when it is `chosen`; `follow` says whether a crawler should go there.
    """

    label: Term
    count: int
    href: str
    chosen: bool = False
    depth: int = 0
    follow: bool = False


@dataclass(frozen=True, slots=True)
class FacetView:
    """A facet with its choices: `first` ones are seen at once, `rest` when somebody asks."""

    name: str
    title: str
    first: tuple[ChoiceView, ...]
    rest: tuple[ChoiceView, ...]
    is_open: bool


@dataclass(frozen=True, slots=True)
class ChipView:
    """A choice that is in force: "Country: Denmark"; `href` leads to the list without it, which has `count` things."""

    title: str
    label: Term
    href: str
    count: int


@dataclass(frozen=True, slots=True)
class CellView:
    """What one column says of one thing."""

    title: str
    values: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class RowView:
    """One thing: its name with the link, a text about it, its cells; `when` and `until` are dates or years or ""."""

    name: Term
    prose: Term | None
    cells: tuple[CellView, ...]
    when: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class BarView:
    """One number of a chart."""

    label: Term
    count: int
    href: str


@dataclass(frozen=True, slots=True)
class ChartView:
    """A table of numbers that a chart is drawn from: `drawn` is "bars" or "lines"; `query_href` opens its query.

    `by` is the end of the title, "by …", and `column` what the numbers are of.
    """

    id: str
    title: str
    by: str
    column: str
    drawn: str
    bars: tuple[BarView, ...]
    query_href: str


@dataclass(frozen=True, slots=True)
class CountryView:
    """A country on the map: `code` is ISO 3166-1 alpha-3."""

    code: str
    label: Term
    count: int
    href: str


@dataclass(frozen=True, slots=True)
class PointView:
    """A place on the map, in degrees (WGS 84)."""

    longitude: float
    latitude: float
    label: Term


@dataclass(frozen=True, slots=True)
class MapView:
    """What is on the map; `places` is the number of things with a point, of which `points` has the first.

    `by_region` says that some of them stand where their region is.
    """

    countries: tuple[CountryView, ...]
    points: tuple[PointView, ...]
    places: int
    by_region: bool


@dataclass(frozen=True, slots=True)
class NearView:
    """A chosen code and what it shares something with in another edition, as far as things of the list have that."""

    label: Term
    others: tuple[ChoiceView, ...]


@dataclass(frozen=True, slots=True)
class MeaningView:
    """A code with its meaning; `count` things of the list have it and are at `href`, "" when there are none."""

    label: Term
    meaning: Term | None
    count: int
    href: str


@dataclass(frozen=True, slots=True)
class GlossaryView:
    """The codes that a list explains above its rows."""

    title: str
    codes: tuple[MeaningView, ...]


@dataclass(frozen=True, slots=True)
class ListView:
    """Template `list.html`, as variable `page`; `total` things of `all` satisfy the choices.

    `kept` are the fields that the form for words keeps. `first` is the number of the first row, from 1; `follow` leads
    to the same list for programs that follow it: a calendar, a feed.
    """

    path: str
    title: str
    heading: str
    lead: str
    note: str
    glossary: GlossaryView | None
    follow: Term | None
    one: str
    many: str
    columns: tuple[str, ...]
    timeline: bool
    rows: tuple[RowView, ...]
    facets: tuple[FacetView, ...]
    chips: tuple[ChipView, ...]
    near: tuple[NearView, ...]
    charts: tuple[ChartView, ...]
    map: MapView | None
    total: int
    all: int
    first: int
    number: int
    pages: int
    text: str
    kept: tuple[tuple[str, str], ...]
    clear_href: str
    search_href: str
    query_href: str
    canonical: str
    previous_href: str
    next_href: str
    indexed: bool
    alternates: tuple[Alternate, ...]


@dataclass(frozen=True, slots=True)
class CollectionView:
    """A collection with the number of its things."""

    title: str
    lead: str
    href: str
    count: int


@dataclass(frozen=True, slots=True)
class BrowseView:
    """Template `browse.html`, as variable `browse`: collections by group, and those of which there is nothing yet."""

    groups: tuple[tuple[str, tuple[CollectionView, ...]], ...]
    empty: tuple[CollectionView, ...]
    alternates: tuple[Alternate, ...]
