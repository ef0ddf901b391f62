"""The documents of the feed, from what lies on disk: a root that stays, indexes of a hundred pages each, pages.

The root leads to the pages directly, and to an index in place of each hundred pages that are full: so it stays small
for ever, and a follower that is up to date asks for the root and the last page only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from eclod.core.errors import NotFound
from eclod.rdf.feed.model import Member, Node, Span, State
from eclod.store.feed.head import Head, PageEntry

#: Pages that one index leads to.
IN_INDEX: Final = 100


def root(head: Head) -> Node:
    """Return the root: what the feed is, and where its members are."""
    whole = _indexes(head)
    relations = [
        Span(f"index/{number}", pages[0].first, pages[-1].last)
        for number, pages in enumerate((head.pages[n * IN_INDEX : (n + 1) * IN_INDEX] for n in range(whole)), 1)
    ]
    relations += map(_span, head.pages[whole * IN_INDEX :])
    started = head.pages[0].first if head.pages else ""
    state = State(head.release, head.triples, head.sha256, started, head.last) if head.release else None
    return Node("", relations=relations, state=state)


def index(head: Head, number: int) -> Node:
    """Return an index; raises NotFound when its hundred pages are not all full."""
    if not 1 <= number <= (whole := _indexes(head)):
        raise NotFound(f"The feed has no index {number}; it has {whole}. /feed leads to all there is.")
    pages = head.pages[(number - 1) * IN_INDEX : number * IN_INDEX]
    return Node(f"index/{number}", relations=[_span(page) for page in pages], immutable=True)


def page(entry: PageEntry, members: Sequence[Member]) -> Node:
    """Return a page."""
    return Node(f"pages/{entry.number}", members=members, immutable=entry.full)


def mark(head: Head) -> str:
    """Return what is another text whenever the root is another document."""
    return hashlib.blake2b(head.model_dump_json().encode(), digest_size=12).hexdigest()


def _indexes(head: Head) -> int:
    """Return how many hundreds of pages are full; all pages are but the last."""
    full = len(head.pages) - (0 if not head.pages or head.pages[-1].full else 1)
    return full // IN_INDEX


def _span(entry: PageEntry) -> Span:
    return Span(f"pages/{entry.number}", entry.first, entry.last if entry.full else None)
