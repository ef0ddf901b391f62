"""A notification as it arrives: read, understood and put down; whatever takes a network happens later, elsewhere."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

import pyoxigraph as ox
from flask import request

from eclod.core.errors import BadIdentifier, BadInput, TooLarge, UnsupportedMedia
from eclod.core.formats import JSON_LD, TURTLE
from eclod.store import resolving
from eclod.store.identities import VALID
from eclod.store.linkbacks import life, notifications
from eclod.store.linkbacks.box import RECEIVED, Linkback, iso
from eclod.store.linkbacks.notifications import Notification
from eclod.store.linkbacks.reaching import Reach
from eclod.store.resolving import Resolution, Resolver
from eclod.web.context import Service
from eclod.web.messages import clients

LARGEST: Final = 16 << 10
ACTIVITY: Final = "application/activity+json"
ACCEPTED: Final = (JSON_LD.media_type, ACTIVITY, TURTLE.media_type)
_OURS: Final = re.compile(r"/(?:id|doc)/[^/?#]+/[^/?#]+")


def receive(found: Service, reach: Reach) -> tuple[Linkback, int]:
    """Put the notification of this request down, and return it with the status of the answer.

    201 when its page is looked at, 202 when the operator decides, 200 when it was here before. Raises BadInput,
    TooLarge, UnsupportedMedia, TooManyRequests, NotAllowed, TooBusy.
    """
    client = clients.client(found.settings.proxies).name
    found.new_linkbacks.use(f"client {client}", 1, "notifications")
    sent = notifications.read(_statements(found), lambda iri: _is_ours(found, iri))
    if sent.page.startswith((f"{found.names.base}/", request.host_url)):
        raise BadInput("The page is one of this service, which needs no notification; announce a page of your own.")
    resolver = Resolver(found.identities.for_release(found.engine.release), found.names)
    thing = resolver.resolve(sent.about.partition("#")[0])
    check = reach.allows(sent.page)
    if sent.taken_back and thing.chain:
        return _look_again(found, sent, thing.chain[0], check), 202
    _check_thing(thing)
    stated = thing.chain[0]
    inbox = sent.inbox if reach.allows(sent.inbox) else ""
    told = life.told(found.identities.for_release(found.engine.release).get(stated))
    kept, is_new = found.linkbacks.receive(
        sent.page, thing.iri, stated, told, sent.actor, inbox, datetime.now(UTC), check
    )
    if not is_new:
        return kept, 200
    return kept, 201 if kept.state == RECEIVED else 202


def _statements(found: Service) -> list[ox.Quad]:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if request.mimetype not in ACCEPTED or encoding not in ("", "identity"):
        raise UnsupportedMedia(
            f"A notification of the type '{request.mimetype or 'none'}' is not read here, nor is a compressed one; "
            f"send {', '.join(ACCEPTED)}.",
            available=list(ACCEPTED),
        )
    body = b"" if (request.content_length or 0) > LARGEST else request.stream.read(LARGEST + 1)
    if (request.content_length or 0) > LARGEST or len(body) > LARGEST:
        raise TooLarge(
            f"The notification is longer than {LARGEST >> 10} KiB; send only who announces which page about what.",
            limit=LARGEST,
        )
    base = f"{found.names.base}/inbox/"
    if request.mimetype == TURTLE.media_type:
        return notifications.parse_turtle(body, base)
    if request.mimetype == ACTIVITY:
        return notifications.parse_activity(body, base)
    return notifications.parse_json(body, base)


def _is_ours(found: Service, iri: str) -> bool:
    home = found.names.base.partition("://")[2]
    path = iri.partition("://")[2]
    return path.lower().startswith(home.lower()) and _OURS.match(path[len(home) :]) is not None


def _check_thing(thing: Resolution) -> None:
    """Raise BadInput when nothing can be linked to an identifier: it is misspelt, unknown, or has ended."""
    if thing.outcome == resolving.MISSPELT:
        raise BadIdentifier(thing.message, suggestions=list(thing.choices))
    if thing.outcome != resolving.FOUND:
        raise BadInput(f"<{thing.asked[:200]}> is no thing of this service. {thing.message}".strip())
    if thing.state != VALID:
        raise BadInput(
            f"<{thing.chain[0]}> can no longer be linked to. {thing.message}".strip(), suggestions=list(thing.choices)
        )


def _look_again(found: Service, sent: Notification, stated: str, check: bool) -> Linkback:
    """Have a page looked at again whose link is said to be gone: anybody may say so, and the page decides."""
    kept = found.linkbacks.find(sent.page, stated)
    if kept is None:
        raise BadInput("That page was never announced about that thing, so there is nothing to take back.")
    if check:
        return found.linkbacks.update(kept.id, due=kept.due or iso(datetime.now(UTC)))
    return found.linkbacks.update(kept.id, reason="Its sender says that the link is gone; the operator decides.")
