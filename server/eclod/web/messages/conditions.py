"""What a request makes its response depend on: ranges and preconditions (RFC 9110, sections 13 and 14).

Werkzeug answers what cannot be read with 416; the standard has it ignored.
"""

from __future__ import annotations

import re
from typing import Any, Final

from flask import Request, Response

from eclod.web.messages import compression

#: One range of bytes (section 14.1.2); several would need a response of several parts, and may be ignored (14.2).
_ONE_RANGE: Final = re.compile(r"bytes[ \t]*=[ \t]*(?:(?P<first>\d+)-(?P<last>\d*)|-\d+)[ \t]*", re.IGNORECASE)
_PRECONDITIONS: Final = frozenset({"HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE"})


def tidy(environ: dict[str, Any]) -> bool:
    """Take out of a WSGI environment what is to be ignored, and say tags as they are of plain representations.

    Returns whether the request names the tag of a compressed representation.
    """
    wanted = environ.get("HTTP_RANGE")
    for_this = environ["REQUEST_METHOD"] == "GET"  # a range means nothing with another method (section 14.2)
    if wanted is not None and not (for_this and _is_one_range(wanted) and _may_match(environ.get("HTTP_IF_RANGE"))):
        environ.pop("HTTP_RANGE", None)
        environ.pop("HTTP_IF_RANGE", None)
    asked = environ.get("HTTP_IF_NONE_MATCH")
    if not asked or not compression.is_wanted(environ.get("HTTP_ACCEPT_ENCODING")):
        return False
    environ["HTTP_IF_NONE_MATCH"] = plain = compression.tags_of_plain(asked)
    return bool(plain != asked)


def have_failed(request: Request, response: Response) -> bool:
    """Return whether a response may not be sent, since the resource is not as the request wants it (section 13.2.2)."""
    if request.environ.keys().isdisjoint(_PRECONDITIONS):  # as with most requests
        return False
    if request.method not in ("GET", "HEAD") or response.status_code not in (200, 206):
        return False
    if request.if_match:
        etag, weak = response.get_etag()
        plain = etag is not None and not weak and request.if_match.is_strong(etag)
        small = etag is not None and request.if_match.is_strong(compression.name_of_compressed(etag))
        return not (plain or small or request.if_match.star_tag)
    since, changed = request.if_unmodified_since, response.last_modified
    return since is not None and changed is not None and changed.replace(microsecond=0) > since


def _is_one_range(wanted: str) -> bool:
    found = _ONE_RANGE.fullmatch(wanted)
    return found is not None and not (found["last"] and int(found["last"]) < int(found["first"]))


def _may_match(if_range: str | None) -> bool:
    """Return whether a range may be served under an If-Range: a weak tag never matches (section 13.1.5)."""
    return if_range is None or not if_range.lstrip().startswith("W/")
