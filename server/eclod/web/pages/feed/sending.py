"""Sending what is in the feed: its tags and dates come from the feed, not from the release that is served."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from flask import Response, request

from eclod.core.formats import N_QUADS, TRIG
from eclod.rdf.feed.model import PROFILE
from eclod.web.messages import responses
from eclod.web.messages.negotiate import Choice
from eclod.web.messages.responses import Link

#: How long what may still grow is taken for fresh, in seconds.
GROWING: Final = "public, max-age=10"
#: What is full never changes, but for what has to be erased: a day later that is gone from caches, too.
FULL: Final = "public, max-age=86400, immutable"
#: Pages for people are made by code that may be another one tomorrow.
FOR_PEOPLE: Final = "no-cache"

_PROFILED: Final = (N_QUADS, TRIG)


def send(
    choice: Choice, mark: str, cache: str, modified: str, links: Sequence[Link], body: Callable[[], bytes | str]
) -> Response:
    """Return a representation, or a 304; `mark` is another one whenever the representation is, `modified` ISO time."""
    etag = f"{mark}-{choice.format.name}"
    if request.if_none_match.contains_weak(etag):
        response = Response(status=304)
    else:
        content_type = choice.format.content_type
        if choice.format in _PROFILED:
            content_type = f'{content_type}; profile="{PROFILE}"'
        response = Response(body(), content_type=content_type)
        alternates = [a for a in choice.alternates if a.format is not choice.format]
        responses.add_links(response, [*responses.alternate_links(alternates), *links])
    response.set_etag(etag)
    response.headers["Cache-Control"] = cache
    response.headers["Vary"] = "Accept, Accept-Language"
    if modified:
        response.last_modified = datetime.fromisoformat(modified)
    if choice.location is not None:
        response.headers["Content-Location"] = choice.location
    return response
