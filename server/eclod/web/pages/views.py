"""What the home page, lists and releases show; see `resources.views` for how."""

from __future__ import annotations

from dataclasses import dataclass

from eclod.web.messages.views import Alternate
from eclod.web.resources.views import RegistryRow, Term


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many things of one kind there are; `href` lists them."""

    label: str
    count: int
    href: str


@dataclass(frozen=True, slots=True)
class CountryCount:
    """How many clusters a country has; `code` is ISO 3166-1 alpha-3, `href` lists them."""

    code: str
    label: str
    count: int
    href: str


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
    dataset: Download | None = None
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
