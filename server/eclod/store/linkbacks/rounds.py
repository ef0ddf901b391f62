"""One round: pages are looked at, the life of things is compared, portals are told. Nothing of it runs in a request."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import urljoin

import eclod
from eclod.core import hosts
from eclod.core.errors import BadInput, EclodError, EndpointFailed, NotAllowed, NotFound, TooLarge
from eclod.core.iris import Names
from eclod.core.settings import Settings
from eclod.store import resolving
from eclod.store.identities import FILE, Identities
from eclod.store.linkbacks import life, notifications, pages
from eclod.store.linkbacks.box import PUBLISHED, REFUSED, WAITING, Box, Linkback, Notice, iso
from eclod.store.linkbacks.reaching import Answer, Reach
from eclod.store.releases import Releases
from eclod.store.resolving import Resolver

log = logging.getLogger(__name__)

#: How long after each failure something is tried again.
_PAGE_PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 10, 60))
_INBOX_PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 10, 60, 360, 1440))
_MEDIA_TYPE: Final = f'application/ld+json; profile="{notifications.CONTEXT}"'
#: A Link header that names an inbox (Linked Data Notifications, section 3.1).
_INBOX_LINK: Final = re.compile(
    r'<([^<>"]{1,2000})>[^<,]{0,200};\s*rel="?(?:[^",]{0,200} )?' + re.escape(notifications.LDP_INBOX)
)
#: Answers after which an inbox is not tried again.
_GONE: Final = frozenset({400, 401, 403, 404, 405, 410, 413, 415, 422})


@dataclass(frozen=True, slots=True)
class Done:
    """What a round did: pages looked at, notices put down, notices sent, those that failed for now or for good."""

    looked: int = 0
    noticed: int = 0
    sent: int = 0
    failed: int = 0


class Rounds:
    """Does what there is to do, with the settings of one installation."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._base = settings.base
        self._clock = clock
        self._box = Box(settings.data)
        self._releases = Releases(settings.data)
        self._reach = reach(settings)

    def step(self) -> Done:
        """Look at the pages and tell the portals whose time has come."""
        noticed = self._catch_up()
        due = self._box.due(self._clock())
        for linkback in due:
            self.look(linkback)
        sent = failed = 0
        for notice in self._box.notices(self._clock()):
            if self._tell(notice):
                sent += 1
            else:
                failed += 1
        if due or noticed or sent or failed:
            self._box.sweep(self._clock())
        return Done(len(due), noticed, sent, failed)

    def has_work(self) -> bool:
        """Return whether there is something to do now."""
        try:
            release = self._releases.current_id()
        except NotFound:
            return False
        return self._box.has_work(self._clock(), release)

    def _catch_up(self) -> int:
        try:
            release = self._releases.current_id()
        except NotFound:
            return 0
        if release == self._box.release() or not (self._box.release() or self._box.select(limit=1)):
            return 0
        known, now = self._identities(release), self._clock()
        return life.catch_up(self._box, known, release, self._base, now, self._reach.allows)

    def look(self, linkback: Linkback) -> Linkback:
        """Look at the page of a linkback, and put down what comes of it."""
        now = self._clock()
        try:
            answer = self._reach.get(linkback.page, pages.ACCEPT)
            page = self._page(linkback, answer)
        except (NotAllowed, BadInput, TooLarge) as error:
            return self._refuse(linkback, error.message)
        except EndpointFailed as error:
            return self._try_again(linkback, error.message)
        if not page.links:
            return self._refuse(linkback, f"The page has no link to {linkback.stated}.")
        inbox = linkback.inbox or _named_inbox(answer)
        return self._box.update(
            linkback.id,
            state=PUBLISHED,
            reason="The page was looked at and links.",
            title=page.title,
            inbox=inbox if self._reach.allows(inbox) else "",
            checked=iso(now),
            changed=iso(now),
            attempts=0,
            due="",
        )

    def _page(self, linkback: Linkback, answer: Answer) -> pages.Page:
        if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            raise BadInput(f"There is no page at this address ({answer.status}).")
        if answer.status != HTTPStatus.OK:
            raise EndpointFailed(f"The host answered {answer.status} for the page.")
        names, known = Names(self._base), self._identities(self._releases.current_id())
        resolver = Resolver(known, names)
        wanted = {linkback.stated, linkback.thing}

        def leads_there(iri: str) -> bool:
            named = thing_of(resolver, names, iri)
            return named is not None and bool({named.iri, *named.chain} & wanted)

        return pages.read(answer.media_type, answer.charset, answer.body, answer.address, leads_there)

    def _refuse(self, linkback: Linkback, reason: str) -> Linkback:
        now = iso(self._clock())
        return self._box.update(linkback.id, state=REFUSED, reason=reason, title="", changed=now, attempts=0, due="")

    def _try_again(self, linkback: Linkback, reason: str) -> Linkback:
        now = self._clock()
        if linkback.attempts < len(_PAGE_PAUSES):
            due = iso(now + _PAGE_PAUSES[linkback.attempts])
            return self._box.update(linkback.id, reason=reason, attempts=linkback.attempts + 1, due=due)
        state = linkback.state if linkback.state == PUBLISHED else WAITING
        return self._box.update(linkback.id, state=state, reason=reason, changed=iso(now), attempts=0, due="")

    def _tell(self, notice: Notice) -> bool:
        """Send a notice; returns whether it arrived. One that does not is tried again, later each time."""
        now = self._clock()
        try:
            status = self._reach.post(notice.inbox, notice.body.encode(), _MEDIA_TYPE).status
        except NotAllowed as error:
            self._box.settle(notice, "failed", error.message, now)
            return False
        except EclodError as error:
            status, reason = 0, error.message
        else:
            reason = f"The inbox answered {status}."
        if 200 <= status < 300:
            self._box.settle(notice, "sent", reason, now)
            return True
        if status in _GONE or notice.attempts >= len(_INBOX_PAUSES):
            self._box.settle(notice, "failed", reason, now)
        else:
            self._box.settle(notice, "pending", reason, now, iso(now + _INBOX_PAUSES[notice.attempts]))
        log.info("the inbox %s was not told of %s: %s", notice.inbox, notice.thing, reason)
        return False

    def _identities(self, release: str) -> Identities:
        return Identities(self._releases.folder(release) / FILE)


def reach(settings: Settings) -> Reach:
    """Return where requests about linkbacks may go, by the settings."""
    agent = f"eclod/{eclod.__version__} (+{settings.base}/)"
    return Reach(hosts.parse(settings.linkback_hosts), settings.linkback_private, agent)


def thing_of(resolver: Resolver, names: Names, iri: str) -> resolving.Resolution | None:
    """Return what an IRI names if it is one of a thing of ours, in any spelling."""
    home = names.base.partition("://")[2].lower()
    if home not in iri[: len(home) + 20].lower():
        return None
    found = resolver.resolve(iri.partition("#")[0])
    return found if found.how == resolving.OWN and found.outcome == resolving.FOUND else None


def _named_inbox(answer: Answer) -> str:
    match = _INBOX_LINK.search(answer.headers.get("link", "")[:8000])
    return urljoin(answer.address, match[1]) if match else ""
