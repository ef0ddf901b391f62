"""What pages show of the feed: announcements, and members with the names of their things."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from eclod.core import labels
from eclod.rdf.feed.model import Kind, Member
from eclod.store.feed.head import Announcement, Head, PageEntry
from eclod.web.context import Service
from eclod.web.messages import negotiate
from eclod.web.resources.links import Links

#: Announcements on the page of the feed, and things of each kind that one of them names.
RECENT: Final = 10
NAMED: Final = 10

_WORDS: Final = {Kind.CREATE: "new", Kind.UPDATE: "changed", Kind.DELETE: "gone"}


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One member: what happened (`new`, `changed`, `gone`), the name of the thing, its address (None: none to follow),
    when; `kind` is the class of Activity Streams."""

    number: int
    kind: str
    word: str
    iri: str
    label: str
    language: str
    href: str | None
    published: str


@dataclass(frozen=True, slots=True)
class AnnouncementRow:
    """What one release brought: counts, the first things of each kind, and where in the feed it begins."""

    number: int
    release: str
    at: str
    created: int
    updated: int
    deleted: int
    href: str
    rows: tuple[MemberRow, ...]

    @property
    def total(self) -> int:
        return self.created + self.updated + self.deleted

    @property
    def summary(self) -> str:
        """Return the counts in words: `3 new, 1 gone`."""
        counts = ((self.created, "new"), (self.updated, "changed"), (self.deleted, "gone"))
        return ", ".join(f"{count:,} {word}" for count, word in counts if count)


@dataclass(frozen=True, slots=True)
class FeedView:
    """Template `feed.html`, as variable `feed`."""

    release: str
    members: int
    pages: int
    started: str
    updated: str
    triples: int
    sha256: str
    announcements: tuple[AnnouncementRow, ...]


@dataclass(frozen=True, slots=True)
class PageView:
    """Template `feed_page.html`, as variable `page`."""

    number: int
    pages: int
    full: bool
    first: str
    last: str
    rows: tuple[MemberRow, ...]


def recent(found: Service, head: Head) -> FeedView:
    """Return what the page of the feed shows."""
    newest = head.announcements[::-1][:RECENT]
    return FeedView(
        release=head.release,
        members=head.members,
        pages=len(head.pages),
        started=head.pages[0].first if head.pages else "",
        updated=head.last,
        triples=head.triples,
        sha256=head.sha256,
        announcements=announcements(found, head, newest),
    )


def page(found: Service, entry: PageEntry, members: Sequence[Member], pages: int) -> PageView:
    """Return what the page of a page shows."""
    return PageView(entry.number, pages, entry.full, entry.first, entry.last, tuple(_rows(found, members)))


def announcements(found: Service, head: Head, chosen: Iterable[Announcement]) -> tuple[AnnouncementRow, ...]:
    """Return announcements with the first things of each kind."""
    return tuple(_announcement(found, head, each) for each in chosen)


def _announcement(found: Service, head: Head, told: Announcement) -> AnnouncementRow:
    members: list[Member] = []
    first = told.first
    for count in (told.created, told.updated, told.deleted):  # in this order they are in the feed
        members += found.feed.some(first, min(count, NAMED))
        first += count
    return AnnouncementRow(
        number=told.number,
        release=told.release,
        at=told.at,
        created=told.created,
        updated=told.updated,
        deleted=told.deleted,
        href=f"/feed/pages/{_page_with(head, told.first)}#m{told.first}",
        rows=tuple(_rows(found, members)),
    )


def _page_with(head: Head, member: int) -> int:
    before = 0
    for entry in head.pages:
        before += entry.members
        if before >= member:
            return entry.number
    return len(head.pages)


def _rows(found: Service, members: Iterable[Member]) -> Iterable[MemberRow]:
    languages, addresses = negotiate.languages(), Links(found.names)
    for member in members:
        label, language = _label(member, languages)
        href, _ = addresses.to(member.object)
        yield MemberRow(
            member.number, member.kind, _WORDS[member.kind], member.object, label, language, href, member.published
        )


def _label(member: Member, languages: Sequence[str]) -> tuple[str, str]:
    """Return the name that a member gives its thing, with its language; else its IRI."""
    names: dict[str, list[tuple[str, str]]] = {}
    if member.kind is not Kind.DELETE:
        for quad in parse(member.payload, format=RdfFormat.N_TRIPLES):
            named = quad.predicate.value in labels.LABEL_PROPERTIES and quad.subject == NamedNode(member.object)
            if named and isinstance(quad.object, Literal):
                names.setdefault(quad.predicate.value, []).append((quad.object.value, quad.object.language or ""))
    best = next((names[name] for name in labels.LABEL_PROPERTIES if name in names), [])
    return labels.choose(best, languages) or (member.object, "")


def release_address(release: str) -> str:
    """Return the address of the page of a release."""
    return f"/releases/{quote(release)}"
