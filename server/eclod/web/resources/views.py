"""What a page about a resource shows: plain facts with finished addresses, so that a template only has to lay them out.

Every `href` is ready for an attribute: relative to this service (`/doc/cluster/…`), or absolute when it leads away.
Texts are raw and escaped by the template. Nothing here knows Flask.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from eclod.web.messages.views import Alternate


class Term(NamedTuple):
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


class Source(NamedTuple):
    """Who says so: `label` is the registry's title, `href` its page, `detail` such as "file.csv, row 12" or ""."""

    label: str
    href: str | None
    detail: str = ""


class Said(NamedTuple):
    """What became of a value that a registry (its title) states: since when (ISO; "" where nobody knows), the verdict.

    `verdict` is a word (`taken`, `agrees`, `lost`), `others` the titles of the registries that say the same or are
    believed instead; of a value that lost, `rule` leads to the rule, and `reason` has it in words. `warnings` are
    sentences.
    """

    registry: str
    href: str
    since: str
    verdict: str
    others: tuple[str, ...] = ()
    rule: str = ""
    reason: str = ""
    warnings: tuple[str, ...] = ()


class Value(NamedTuple):
    """One value of a property, who states it, and what it consists of when it is a part (address, period, amount).

    For a part, `nested` holds its properties and `term.text` a short summary of them ("" when there is none).
    `merged` is False for a value that only a source holds and the merged view does not; `said` has an entry for each of
    the sources.
    """

    term: Term
    sources: tuple[Source, ...] = ()
    nested: tuple[Group, ...] = ()
    merged: bool = True
    said: tuple[Said, ...] = ()


class Group(NamedTuple):
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


class Place(NamedTuple):
    """A point on the map in degrees (WGS 84)."""

    longitude: float
    latitude: float
    label: str


class MemberCount(NamedTuple):
    """How many members are of a type (a term without `iri` when it is not stated)."""

    kind: Term
    members: int


class Members(NamedTuple):
    """The members of a cluster or an organisation by type; `href` is the page of the query behind it."""

    rows: tuple[MemberCount, ...]
    href: str


class PageLink(NamedTuple):
    """A page of another portal: its title ("" when it was not looked at), address, host, the day of the check."""

    title: str
    href: str
    host: str
    checked: str


@dataclass(frozen=True, slots=True)
class UsedBy:
    """Partial template `_used_by.html`: the first pages, how many there are, where all are listed."""

    pages: tuple[PageLink, ...]
    count: int
    href: str


@dataclass(frozen=True, slots=True)
class ThingView:
    """Template `thing.html`: everything about one IRI.

    `label` never is empty (the IRI's last part when nothing names it); `groups` holds name and description first, then
    the rest by label. `sources` are all registries and rows the thing comes from. `alternates` are the same page in
    other formats. `canonical` is the thing's own IRI for people to copy; `document` the address of this page.
    `lifecycle` is "valid" for now ("merged", "withdrawn", … come later). `query_href` opens the query page with this
    thing's query; `questions` are saved queries about it. `json_ld` is the thing in schema.org, safe inside a script.
    `of_region` says that nobody knows where the thing is but in a region, whose point is among the `places`.
    """

    iri: str
    label: str
    language: str
    types: tuple[Term, ...]
    description: Term | None
    groups: tuple[Group, ...]
    incoming: tuple[Incoming, ...]
    places: tuple[Place, ...]
    outline: str
    sources: tuple[Source, ...]
    alternates: tuple[Alternate, ...]
    canonical: str
    document: str
    release: str
    kind: str = ""
    lifecycle: str = "valid"
    query_href: str | None = None
    questions: tuple[Term, ...] = ()
    registry: RegistryAccount | None = None
    json_ld: str = ""
    used_by: UsedBy | None = None
    members: Members | None = None
    of_region: bool = False

    @property
    def referred_by(self) -> frozenset[str]:
        """Return the properties by which something refers to the thing."""
        return frozenset(link.property_iri for link in self.incoming)


@dataclass(frozen=True, slots=True)
class CardView:
    """Template `card.html`: a thing in a few lines; `facts` are (label, text), `href` is its page for other sites."""

    label: str
    language: str
    kind: str
    description: Term | None
    facts: tuple[tuple[str, str], ...]
    homepage: Term | None
    href: str
    iri: str


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """One profile in which a thing can be had, in which formats and where (template `profiles.html`)."""

    token: str
    iri: str
    title: str
    description: str
    ways: tuple[Alternate, ...]


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
class FileLink:
    """A file that can be had, or that was read: what it is called, its size for people, where it leads."""

    label: str
    size_text: str
    href: str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery of a registry; `made` is an ISO time or empty, `conforming` a percentage of the rows that count."""

    number: int
    made: str
    read: int
    accepted: int
    rejected: int
    ignored: int
    things: int
    conforming: str


@dataclass(frozen=True, slots=True)
class RegistryAccount:
    """What a registry's page shows beside the facts about it; `deliveries` are oldest first.

    `delivered` is when its newest delivery was published, `release` the one that had it first, which may be gone;
    `unlicensed` is whether it says nothing about who may use its data, neither a licence nor rights.
    """

    row: RegistryRow
    unlicensed: bool
    delivered: str
    release: str
    release_href: str | None
    files: tuple[FileLink, ...]
    downloads: tuple[FileLink, ...]
    deliveries: tuple[DeliveryRow, ...]
    deliveries_href: str
    lost: int
    lost_href: str
    submissions_href: str


@dataclass(frozen=True, slots=True)
class DepartedView:
    """What is told of an identifier that is no longer valid; `choices` are the things that took its place.

    `state` is split or withdrawn, `since` an ISO time.
    """

    iri: str
    kind: str
    code: str
    state: str
    since: str
    reason: str
    author: str
    choices: tuple[Term, ...]
    alternates: tuple[Alternate, ...]
