"""Responses in fewer bytes, for whoever takes gzip (RFC 9110, section 8.4.1.3).

By hand and not by an extension of Flask, since plain queries are answered without Flask, and since a conditional
request has to be understood before the work is done. A compressed response is another representation, with a strong tag
of its own (section 8.8.3.3). Parts of a response, and what is too long to be held in memory, go as they are.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from typing import Final

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

_CODING: Final = "gzip"
_SUFFIX: Final = f"-{_CODING}"
#: Shorter bodies fit into one packet anyway.
_SHORTEST: Final = 1 << 10
#: About as small as it gets; a higher level takes several times as long.
_LEVEL: Final = 6
_TEXT: Final = re.compile(
    r"text/|image/svg\+xml|application/(?:[\w.+-]*(?:json|xml|javascript)|n-triples|n-quads|trig)\b"
)
_TAG_END: Final = re.compile(rf'{_SUFFIX}"')


Headers = Sequence[tuple[str, str]]


def is_wanted(accept_encoding: str | None) -> bool:
    """Return whether a request takes gzip, as its `Accept-Encoding` says."""
    if not accept_encoding or (_CODING not in accept_encoding.lower() and "*" not in accept_encoding):
        return False
    return parse_accept_header(accept_encoding, Accept).quality(_CODING) > 0


def is_worthwhile(content_type: str, length: int) -> bool:
    """Return whether a body of a type and length gets much shorter."""
    return length >= _SHORTEST and _TEXT.match(content_type) is not None


def applied(headers: Headers, body: bytes, accept_encoding: str | None) -> tuple[Headers, bytes]:
    """Return a whole response, compressed if that is worthwhile and wanted; the same bytes every time."""
    if len(body) < _SHORTEST:
        return list(headers), body
    known = {name.lower(): value for name, value in headers}
    if not is_worthwhile(known.get("content-type", ""), len(body)):
        return list(headers), body
    changed = {"vary": f"{known['vary']}, Accept-Encoding" if "vary" in known else "Accept-Encoding"}
    if is_wanted(accept_encoding):
        body = gzip.compress(body, _LEVEL, mtime=0)
        changed |= {"content-encoding": _CODING, "content-length": str(len(body))}
        if "etag" in known:
            changed["etag"] = tag_of_compressed(known["etag"])
    kept = [(name, value) for name, value in headers if name.lower() not in changed]
    return [*kept, *((name.title().replace("Etag", "ETag"), value) for name, value in changed.items())], body


def tag_of_compressed(etag: str) -> str:
    """Return the tag of the compressed representation, with its quotes."""
    return f'"{name_of_compressed(etag[1:-1])}"'


def name_of_compressed(etag: str) -> str:
    """Return what stands between the quotes of the tag of the compressed representation."""
    return etag + _SUFFIX


def tags_of_plain(if_none_match: str) -> str:
    """Return the tags that a request names, those of compressed representations as those of the plain ones."""
    return _TAG_END.sub('"', if_none_match)
