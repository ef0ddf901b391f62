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

from eclod.store import identities
from eclod.store.identities import ERASED, MERGED, SPLIT, VALID, WITHDRAWN, Identities, Identity
from eclod.store.linkbacks.box import PUBLISHED, STATES, Box, Linkback, iso
from eclod.store.linkbacks.notifications import CONTEXT

_ENDED: Final = frozenset({WITHDRAWN, ERASED})
_BATCH: Final = 1000


def told(identity: Identity | None) -> str:
    """Return the state of a thing as it is kept with a linkback: its name, then what took its place."""
    return " ".join((identity.state, *identity.successors)) if identity is not None else VALID


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
                identity = _now(known, linkback.stated)
                if identity.state == ERASED:
                    erased.append(linkback)
                elif told(identity) != linkback.told:
                    moved.append((told(identity), place(identity, linkback.stated), linkback.id))
                else:
                    continue
                if state == PUBLISHED and linkback.inbox and allowed(linkback.inbox):
                    key = (linkback.inbox, linkback.stated)
                    notice = notices.setdefault(key, message(identity, base, at))
                    if identity.state != ERASED:
                        notice.setdefault("context", []).append(linkback.page)
    written = [(inbox, thing, json.dumps(body, ensure_ascii=False)) for (inbox, thing), body in notices.items()]
    box.keep_step(release, written, moved, erased, at)
    return len(notices)


def _now(known: Identities, iri: str) -> Identity:
    """Return what became of an identifier; one that leads to what was erased is as good as erased itself."""
    identity = known.get(iri) or Identity(iri, "", "")
    end = known.get(place(identity, iri))
    if end is not None and end.state == ERASED:
        return Identity(iri, "", "", ERASED)
    return identity


def message(identity: Identity, base: str, at: datetime) -> dict[str, Any]:
    """Return what a portal is told, as ActivityStreams; of an erased thing only that."""
    about: dict[str, Any] = {"id": identity.iri}
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
        "summary": _summary(identity),
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
