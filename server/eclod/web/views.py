"""What the pages show: plain facts with finished addresses, so that a template only has to lay them out.

Every `href` is ready for an attribute: relative to this service (`/doc/cluster/…`), or absolute when it leads away.
Texts are raw and escaped by the template. Nothing here knows Flask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from eclod.core.formats import Format


class Alternate(NamedTuple):
    """Another representation of the same page: its format (`format.name`, `.label`, `.media_type`) and its address."""

    format: Format
    href: str


@dataclass(frozen=True, slots=True)
class Term:
    """One thing or literal as people read it.

    `text` is the label of a thing or the literal itself; `href` leads to the page about it (None for literals).
    `language` is the BCP 47 tag of `text` ("" when it has none), for the `lang` attribute; `datatype` the IRI of a
    typed literal ("" for text). `external` says that `href` leaves this service. `iri` is None for literals.
    """

    text: str
    href: str | None = None
    iri: str | None = None
    language: str = ""
    datatype: str = ""
    external: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Who says so: `label` is the registry's title, `href` its page, `detail` such as "file.csv, row 12" or ""."""

    label: str
    href: str | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a property, who states it, and what it consists of when it is a part (address, period, amount).

    For a part, `nested` holds its properties and `term.text` a short summary of them ("" when there is none).
    `merged` is False for a value that only a source holds and the merged view does not.
    """

    term: Term
    sources: tuple[Source, ...] = ()
    nested: tuple[Group, ...] = ()
    merged: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """One property with its values; `title` is a longer definition for a tooltip ("" when there is none)."""

    property_iri: str
    label: str
    values: tuple[Value, ...]
    href: str | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What links to the thing by one property: how many in all, the first of them, and a query that lists all."""

    property_iri: str
    property_label: str
    count: int
    items: tuple[Term, ...]
    more_href: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the map in degrees (WGS 84)."""

    longitude: float
    latitude: float
    label: str


@dataclass(frozen=True, slots=True)
class ThingView:
    """Template `thing.html`: everything about one IRI.

    `label` never is empty (the IRI's last part when nothing names it); `groups` holds name and description first, then
    the rest by label. `sources` are all registries and rows the thing comes from. `alternates` are the same page in
    other formats. `canonical` is the thing's own IRI for people to copy; `document` the address of this page.
    `lifecycle` is "valid" for now ("merged", "withdrawn", … come later). `query_href` opens the query page with this
    thing's query; `questions` are saved queries about it.
    """

    iri: str
    label: str
    language: str
    types: tuple[Term, ...]
    description: Term | None
    groups: tuple[Group, ...]
    incoming: tuple[Incoming, ...]
    places: tuple[Place, ...]
    sources: tuple[Source, ...]
    alternates: tuple[Alternate, ...]
    canonical: str
    document: str
    release: str
    kind: str = ""
    lifecycle: str = "valid"
    query_href: str | None = None
    questions: tuple[Term, ...] = ()
    registry: RegistryRow | None = None


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many things of one class there are; `href` lists them."""

    label: str
    count: int
    href: str
    kind: str = ""
    class_iri: str = ""


@dataclass(frozen=True, slots=True)
class CountryCount:
    """How many clusters and cluster organisations a country has; `code` is ISO 3166-1 alpha-3, `href` lists them."""

    code: str
    label: str
    count: int
    href: str


@dataclass(frozen=True, slots=True)
class RegistryRow:
    """One registry in the current release, with what became of the rows of its files."""

    name: str
    title: str
    href: str
    licence: Term | None
    triples: int
    read: int
    accepted: int
    rejected: int
    ignored: int
    conforms: bool
    warnings: int = 0
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One release in a list; `created` is ISO 8601 with time zone."""

    id: str
    href: str
    created: str
    quads: int
    dataset_sha256: str
    current: bool
    previous: str | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Download:
    """One file of a release; `size` in bytes, `size_text` for people ("1.2 MB"), `sha256` in hexadecimal."""

    name: str
    href: str
    label: str
    size: int
    size_text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class GraphRow:
    """One graph of a release; `iri` is "" for the default graph (the merged view)."""

    iri: str
    label: str
    href: str | None
    triples: int
    sha256: str
    licence: Term | None
    downloads: tuple[Download, ...]


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """Template `release.html`, as variable `release`."""

    row: ReleaseRow
    graphs: tuple[GraphRow, ...]
    registries: tuple[RegistryRow, ...]
    ontology_version: str
    code_version: str
    alternates: tuple[Alternate, ...]
    previous_href: str | None = None


@dataclass(frozen=True, slots=True)
class ReleasesView:
    """Template `releases.html`, as variable `releases`; newest first."""

    rows: tuple[ReleaseRow, ...]
    alternates: tuple[Alternate, ...]


@dataclass(frozen=True, slots=True)
class RegistriesView:
    """Template `registries.html`, as variable `registries`; `query_href` opens the query page with a query for them."""

    rows: tuple[RegistryRow, ...]
    alternates: tuple[Alternate, ...]
    release: str
    query_href: str = ""


@dataclass(frozen=True, slots=True)
class HomeView:
    """Template `home.html`, as variable `home`; `release` is None while nothing is built, then counts are empty."""

    counts: tuple[KindCount, ...]
    registries: tuple[RegistryRow, ...]
    release: ReleaseRow | None
    alternates: tuple[Alternate, ...]
    countries: tuple[CountryCount, ...] = ()
    search_href: str = "/search"
    sparql_href: str = "/sparql"


@dataclass(frozen=True, slots=True)
class ExampleQuery:
    """A query to start from, with a sentence that says what it finds."""

    summary: str
    query: str
    href: str


@dataclass(frozen=True, slots=True)
class SparqlForm:
    """Template `sparql.html`, as variable `form`: a GET form to `action` with a textarea `query` and a select `format`.

    `formats` are the choices beside "table" (the empty value); `prefixes` are those of our data, to copy into a query.
    `described` is what IRIs of others begin with that this service has a page about. `error` is what was wrong with
    `query` when it was asked, to be shown above the text.
    """

    action: str
    query: str
    formats: tuple[Format, ...]
    prefixes: Mapping[str, str]
    examples: tuple[ExampleQuery, ...]
    alternates: tuple[Alternate, ...]
    release: str
    seconds: float = 0.0
    error: ErrorView | None = None
    described: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParameterView:
    """A parameter of a saved query: name, what it means, the value it has on this page ("" for none).

    `control` is what the form shows for it: "choice" among `options`, "number" (with bounds and step), "date" or
    "text". `takes` says in words what a value is; `default` is "" for an optional one, of which `example` is a value.
    """

    name: str
    description: str
    value: str
    type: str
    control: str
    takes: str
    default: str = ""
    example: str = ""
    options: tuple[str, ...] = ()
    minimum: str | None = None
    maximum: str | None = None
    step: str = "any"


@dataclass(frozen=True, slots=True)
class SavedQueryView:
    """Templates `queries.html` (`topics`: lists of these by title) and `results.html` (`saved`): a saved query.

    `href` leads to its page, `data_href` to the answer for programs, with all values of this page; `address` is where
    this service is asked. `text` is the query with these values; `users` for whom it was made.
    """

    name: str
    summary: str
    description: str
    tags: tuple[str, ...]
    users: tuple[str, ...]
    parameters: tuple[ParameterView, ...]
    href: str
    text: str
    data_href: str
    address: str


@dataclass(frozen=True, slots=True)
class ResultTable:
    """Template `results.html`, as variable `table`: the answer to a query, for people.

    `kind` is "bindings", "boolean" (then `boolean` holds the answer and there are no rows) or "graph" (columns subject,
    predicate, object). A cell is None where a variable is unbound. `rows` holds the first of `total` rows,
    `truncated` when there are more. `alternates` give the whole answer as a file. `edit_href` opens the
    query page with this query, `cite_href` gives it a receipt. `cut` is the number of rows after which the service
    itself stopped, None for an answer that is complete.
    """

    query: str
    kind: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]
    total: int
    truncated: bool
    boolean: bool | None
    alternates: tuple[Alternate, ...]
    edit_href: str
    release: str
    elapsed_seconds: float = 0.0
    cite_href: str = ""
    cut: int | None = None


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One thing that was found; `kind` is a label such as "Cluster", `detail` a second line ("" when there is none)."""

    label: str
    language: str
    href: str
    iri: str
    kind: str = ""
    detail: str = ""
    external: bool = False


@dataclass(frozen=True, slots=True)
class SearchView:
    """Template `search.html`, as variable `search`; `query` is "" when nothing was asked yet.

    `query_href` opens the query page with a query for the same words.
    """

    query: str
    hits: tuple[SearchHit, ...]
    limit: int
    truncated: bool
    alternates: tuple[Alternate, ...]
    release: str
    kind: str = ""
    query_href: str = ""


@dataclass(frozen=True, slots=True)
class ErrorView:
    """Template `error.html`, as variable `error`: the same facts as the problem document.

    `facts` are further (name, value) pairs such as line and column; `alternates` what there is instead (406).
    `retry_after` is in seconds, None when trying again does not help.
    """

    status: int
    title: str
    detail: str
    slug: str
    facts: tuple[tuple[str, str], ...] = ()
    alternates: tuple[Alternate, ...] = ()
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """In every template as `site`: what the frame of a page needs.

    `release` is "" while there is none; `path` is the path of this request, to mark the current menu entry;
    `languages` are what the visitor prefers, best first.
    """

    release: str
    base: str
    path: str
    languages: tuple[str, ...] = field(default=())
