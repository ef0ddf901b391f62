"""From a request to a question for the engine, and from the answer to a response; the same wherever queries are asked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlencode

from flask import Response, request
from werkzeug.wsgi import wrap_file

from eclod.core.formats import Format
from eclod.store.engine import Answer, Question
from eclod.web import clients, responses
from eclod.web.context import Service
from eclod.web.prepared import MAY_BE_KEPT
from eclod.web.protocol import QueryRequest
from eclod.web.responses import Link

#: What makes a request conditional or one for a part (RFC 9110, sections 13.1 and 14.2), as WSGI names it.
_CONDITIONS: Final = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE")
#: A longer address does not fit in a header that every proxy lets through.
_LONGEST_ADDRESS: Final = 2000


def question(
    found: Service,
    asked: QueryRequest,
    result_format: Format | None = None,
    graph_format: Format | None = None,
    release: str | None = None,
) -> Question:
    """Return what a request asks, of the current release unless another is named, on behalf of its client.

    `Cache-Control: no-cache` asks for an answer that is computed now, `no-store` also that it is not kept (RFC 9111,
    section 5.2.1); with an `Authorization` nothing is ever kept.
    """
    control = request.headers.get("Cache-Control", "").lower()
    return Question(
        asked.query or "",
        result_format=result_format,
        graph_format=graph_format,
        default_graphs=asked.default_graphs,
        named_graphs=asked.named_graphs,
        bindings=asked.bindings,
        seconds=asked.seconds,
        release=release,
        asker=clients.client(found.settings.proxies),
        fresh="no-cache" in control,
        private="no-store" in control or "Authorization" in request.headers,
    )


def send(found: Service, answer: Answer, asked: Question, links: Sequence[Link] = ()) -> Response:
    """Return an answer as a response with a strong tag, in ranges where they are asked for (RFC 9110, section 14)."""
    every = [Link(cite_as(answer.release, asked), "cite-as"), *links]
    # All at once, since setting headers one by one takes longer than answering.
    headers = [
        ("Content-Type", answer.format.content_type),
        ("Content-Length", str(answer.length)),
        ("Accept-Ranges", "bytes"),
        ("Cache-Control", "no-cache"),  # keep it, but ask whether the release is still the same
        ("Vary", "Accept, Accept-Language"),
        (responses.RELEASE_HEADER, answer.release),
        ("Cache-Status", "eclod; hit" if answer.remembered else "eclod; fwd=miss"),
    ]
    if answer.cut is not None:
        headers.append((responses.TRUNCATED_HEADER, f"rows={answer.cut}; limit={answer.cut}"))
        every.append(Link(f"/releases/{quote(answer.release)}", "enclosure"))
    body, digest = _body(answer)
    headers += [("ETag", f'"{digest}"'), ("Link", ", ".join(map(str, every)))]
    response = Response(body, headers=headers, direct_passthrough=answer.spool is not None)
    if answer.spool is not None:
        response.call_on_close(answer.spool.close)
    elif answer.release == found.release() and not asked.private:
        request.environ[MAY_BE_KEPT] = answer.release
    if request.method in ("GET", "HEAD") and any(name in request.environ for name in _CONDITIONS):
        response.make_conditional(request.environ, accept_ranges=True, complete_length=answer.length)
    return response


def _body(answer: Answer) -> tuple[bytes | Iterable[bytes], str]:
    """Return the bytes of an answer, or the parts of a spooled one, and a hash that tells it from any other."""
    digest = hashlib.blake2b(f"{answer.release}\0{answer.format.media_type}\0".encode(), digest_size=16)
    if answer.spool is None:
        body = answer.body or b""
        digest.update(body)
        return body, digest.hexdigest()
    while chunk := answer.spool.read(1 << 20):
        digest.update(chunk)
    answer.spool.seek(0)
    return wrap_file(request.environ, answer.spool, 1 << 18), digest.hexdigest()


def cite_as(release: str, asked: Question) -> str:
    """Return the address where an answer gets its receipt, for ever (RFC 8574)."""
    fields = [("release", release), *request_fields(asked)]
    address = f"/receipts?{urlencode(fields)}"
    return address if len(address) <= _LONGEST_ADDRESS else "/receipts"


def request_fields(asked: Question) -> list[tuple[str, str]]:
    """Return what was asked as the fields of an address, in canonical order."""
    graphs: Mapping[str, Sequence[str] | None] = {
        "default-graph-uri": asked.default_graphs,
        "named-graph-uri": asked.named_graphs,
    }
    return [
        ("query", asked.text),
        *((name, iri) for name, iris in graphs.items() for iri in sorted(iris or ())),
        *((f"${name}", term) for name, term in sorted(asked.bindings.items())),
    ]
