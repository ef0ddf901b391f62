"""Which pages of other portals link to a thing, for its page: a few, from a small question to the store."""

from __future__ import annotations

from typing import Final

from eclod.store.linkbacks.box import PUBLISHED, Linkback
from eclod.web.context import Service
from eclod.web.resources.links import quoted
from eclod.web.resources.views import PageLink, UsedBy

_SHOWN: Final = 20


def view(linkback: Linkback) -> PageLink:
    """Return what is shown of a page that links."""
    return PageLink(linkback.title, linkback.page, linkback.host, linkback.checked[:10])


def read(service: Service, iri: str) -> UsedBy | None:
    """Return what links to a thing, None when nothing does."""
    if not service.linkback_versions.of(iri):  # nothing ever did, as for most things
        return None
    found = service.linkbacks.published(iri, _SHOWN)
    if not found:
        return None
    return UsedBy(tuple(map(view, found)), service.linkbacks.count(PUBLISHED, iri), f"/linkbacks?thing={quoted(iri)}")
