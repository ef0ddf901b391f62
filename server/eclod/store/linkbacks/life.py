"""What portals hear about the things that they link to: merged, split, withdrawn, erased, valid again.

The state of every announced thing in the current release is compared with the one that its portal was told, so that a
new release, going back to an old one and a round that was cut off are all the same.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from eclod.core.namespaces import expand
from eclod.store import identities
from eclod.store.identities import ERASED, MERGED, SPLIT, VALID, WITHDRAWN, Identities, Identity
from eclod.store.linkbacks.box import PUBLISHED, STATES, Box, Linkback, iso
from eclod.store.linkbacks.notifications import CONTEXT

_ENDED: Final = frozenset({WITHDRAWN, ERASED})
_BATCH: Final = 1000
_REPLACES: Final = expand("dct:replaces")


def told(identity: Identity | None, end: Identity | None = None) -> str:
    """Return the state of a thing as it is kept with a linkback: its name, then what took its place.

    `end` is what a merged one leads to, when that has ended itself: its state follows.
    """
    if identity is None:
        return VALID
    after = (end.state, *end.successors) if end is not None else ()
    return " ".join((identity.state, *identity.successors, *after))


def place(identity: Identity | None, iri: str) -> str:
    """Return the thing whose page shows what is linked to an identifier: the end of the chain of a merged one."""
    if identity is not None and identity.state == MERGED and len(identity.successors) == 1:
        return identity.successors[0]
    return iri


def catch_up(box: Box, known: Identities, release: str, base: str, at: datetime, allowed: Callable[[str], bool]) -> int:
    """Compare with a release, put down what portals are told, and return how many notices that are.

    `allowed` says which inboxes are at hosts on the list. The linkbacks of erased things are deleted.
    """
    notices: dict[tuple[str, str], dict[str, Any]] = {}
    moved: list[tuple[str, str, str]] = []
    erased: list[Linkback] = []
    for state in STATES:
        for skip in range(0, box.count(state), _BATCH):
            for linkback in box.select(state, limit=_BATCH, skip=skip):
                identity, end = _now(known, linkback.stated)
                if identity.state == ERASED:
                    erased.append(linkback)
                elif told(identity, end) != linkback.told:
                    moved.append((told(identity, end), place(identity, linkback.stated), linkback.id))
                else:
                    continue
                if state == PUBLISHED and linkback.inbox and allowed(linkback.inbox):
                    key = (linkback.inbox, linkback.stated)
                    notice = notices.setdefault(key, message(identity, end, base, at))
                    if identity.state != ERASED:
                        notice.setdefault("context", []).append(linkback.page)
    written = [(inbox, thing, json.dumps(body, ensure_ascii=False)) for (inbox, thing), body in notices.items()]
    box.keep_step(release, written, moved, erased, at)
    return len(notices)


def _now(known: Identities, iri: str) -> tuple[Identity, Identity | None]:
    """Return what became of an identifier, and what it leads to if that has ended itself.

    One that leads to what was erased is as good as erased itself.
    """
    identity = known.get(iri) or Identity(iri, "", "")
    end = known.get(place(identity, iri))
    if end is not None and end.state == ERASED:
        return Identity(iri, "", "", ERASED), None
    return identity, end if end is not None and end.iri != iri and end.state != VALID else None


def message(stated: Identity, end: Identity | None, base: str, at: datetime) -> dict[str, Any]:
    """Return what a portal is told, as ActivityStreams; of an erased thing only that.

    It is about the thing that the portal links to, or about the end of its chain when that has ended itself.
    """
    identity = stated if end is None else end
    about: dict[str, Any] = {"id": identity.iri}
    if end is not None:
        about[_REPLACES] = [{"id": stated.iri}]
    if identity.state != ERASED:
        about[identities.STATUS] = {"id": identities.STATES + identity.state}
        if identity.successors:
            about[identities.REPLACED_BY] = [{"id": iri} for iri in identity.successors]
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "id": uuid.uuid4().urn,
        "type": "Delete" if identity.state in _ENDED else "Update",
        "actor": {"id": base, "type": "Service", "inbox": f"{base}/inbox"},
        "object": about,
        "published": iso(at),
        "summary": _summary(identity) if end is None else f"{stated.iri} was merged into it. {_summary(end)}",
    }
    if identity.state in (MERGED, SPLIT):
        found["result"] = list(identity.successors)
    return found


def _summary(identity: Identity) -> str:
    why = f" Reason: {identity.reason}" if identity.reason and identity.state != ERASED else ""
    return {
        MERGED: f"It was merged; link to {' '.join(identity.successors)} from now on.{why}",
        SPLIT: f"It was split; choose among {' '.join(identity.successors)}.{why}",
        WITHDRAWN: f"It was withdrawn.{why}",
        ERASED: "It was erased; delete what you hold about it.",
    }.get(identity.state, "It is valid again.")
