"""From a request to a question for the engine, and from the answer to a response: the same wherever queries are asked.

Every answer that is the same whenever it is asked for again says where it gets its receipt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

import xxhash
from flask import Response, request
from werkzeug.wsgi import wrap_file

from eclod.core.errors import TooLarge, UnsupportedMedia
from eclod.core.formats import Format
from eclod.store import receipts
from eclod.store.engine import Answer, Asker, Question
from eclod.store.remembering import leaves_order_open, repeatable
from eclod.web.context import Service
from eclod.web.messages import clients, responses
from eclod.web.messages.prepared import MAY_BE_KEPT
from eclod.web.messages.responses import Link
from eclod.web.queries import protocol
from eclod.web.queries.protocol import QueryRequest

#: What makes a request conditional or one for a part (RFC 9110, sections 13.1 and 14.2), as WSGI names it.
_CONDITIONS: Final = ("HTTP_IF_NONE_MATCH", "HTTP_RANGE")
#: A longer address does not fit in a header that every proxy lets through.
_LONGEST_ADDRESS: Final = 2000
#: Percent-encoding makes three characters of one; the engine has the last word on the query itself.
_ENCODING_FACTOR: Final = 3
_ROOM_FOR_FIELDS: Final = 64 << 10


def read(found: Service) -> QueryRequest:
    """Return what this request asks, in its address and its body.

    Raises UnsupportedMedia or TooLarge for a body that is not read here, and what `protocol.read` raises.
    """
    return protocol.read(
        request.method,
        request.environ.get("QUERY_STRING", ""),
        request.content_type or "",
        _body_of_request(found) if request.method == "POST" else b"",
    )


def _body_of_request(found: Service) -> bytes:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise UnsupportedMedia(f"A body in the encoding '{encoding}' is not read here; send it as it is.")
    limit = _ENCODING_FACTOR * (found.settings.query_kb << 10) + _ROOM_FOR_FIELDS
    if (request.content_length or 0) > limit:
        raise TooLarge(f"The query is longer than the {found.settings.query_kb} KiB that this endpoint reads.")
    body = request.stream.read(limit + 1)
    if len(body) > limit:
        raise TooLarge(f"The query is longer than the {found.settings.query_kb} KiB that this endpoint reads.")
    return body


def question(
    found: Service,
    asked: QueryRequest,
    result_format: Format | None = None,
    graph_format: Format | None = None,
    release: str | None = None,
) -> Question:
    """Return what this request asks, of the current release unless another is named, on behalf of its client."""
    asker = clients.client(found.settings.proxies)
    control = request.headers.get("Cache-Control", "")
    authorised = "Authorization" in request.headers
    return question_of(asker, asked, result_format, graph_format, control, release, authorised)


def question_of(
    asker: Asker,
    asked: QueryRequest,
    result_format: Format | None,
    graph_format: Format | None,
    cache_control: str,
    release: str | None = None,
    authorised: bool = False,
) -> Question:
    """Return what a request asks.

    `Cache-Control: no-cache` asks for an answer that is computed now, `no-store` also that it is not kept (RFC 9111,
    section 5.2.1); with an `Authorization` nothing is ever kept, nor is what another moment answers otherwise.
    """
    control = cache_control.lower()
    text = asked.query or ""
    return Question(
        text,
        result_format=result_format,
        graph_format=graph_format,
        default_graphs=asked.default_graphs,
        named_graphs=asked.named_graphs,
        bindings=asked.bindings,
        seconds=asked.seconds,
        release=release,
        asker=asker,
        fresh="no-cache" in control,
        private="no-store" in control or authorised or not repeatable(text),
    )


def send(found: Service, answer: Answer, asked: Question, links: Sequence[Link] = ()) -> Response:
    """Return an answer as a response with a strong tag, in ranges where they are asked for (RFC 9110, section 14)."""
    digest = _digest(answer)
    body = answer.body or b"" if answer.spool is None else wrap_file(request.environ, answer.spool, 1 << 18)
    response = Response(
        body, headers=headers(found, answer, digest, asked, links), direct_passthrough=answer.spool is not None
    )
    if answer.spool is not None:
        response.call_on_close(answer.spool.close)
    elif answer.release == found.release() and not asked.private:
        request.environ[MAY_BE_KEPT] = answer.release
    if request.method in ("GET", "HEAD") and any(name in request.environ for name in _CONDITIONS):
        environ = _without_dates(request.environ)
        response.make_conditional(environ, accept_ranges=True, complete_length=answer.length)
    return response


def _without_dates(environ: Mapping[str, Any]) -> dict[str, Any]:
    """Return a WSGI environment without conditions that are dates: they tell no answer of a release from another.

    After a roll-back they would not even tell releases apart (`messages.responses`). A range under a date in If-Range
    is no range (RFC 9110, section 13.1.5: the date has to be a strong validator).
    """
    ignored = {"HTTP_IF_MODIFIED_SINCE"}
    if not environ.get("HTTP_IF_RANGE", '"').lstrip().startswith('"'):
        ignored |= {"HTTP_RANGE", "HTTP_IF_RANGE"}
    return {name: value for name, value in environ.items() if name not in ignored}


def whole(
    found: Service, answer: Answer, asked: Question, cite: str | None = None
) -> tuple[list[tuple[str, str]], bytes]:
    """Return the headers and the body of an answer that is not spooled, for a request that asks for all of it.

    `cite` is where a whole answer of its release gets its receipt, when that is known already.
    """
    return headers(found, answer, _digest(answer), asked, (), cite), answer.body or b""


def headers(
    found: Service, answer: Answer, digest: str, asked: Question, links: Sequence[Link], cite: str | None = None
) -> list[tuple[str, str]]:
    """Return what an answer says of itself, all at once: setting headers one by one takes longer than answering."""
    if cite is None or answer.cut is not None:
        cite = cite_as(found, answer.release, asked, answer.cut)
    every = [*cite_links(cite), *links]
    made = [
        ("Content-Type", answer.format.content_type),
        ("Content-Length", str(answer.length)),
        ("Accept-Ranges", "bytes"),
        ("Cache-Control", "no-cache"),  # keep it, but ask whether the release is still the same
        ("Vary", "Accept, Accept-Language"),
        (responses.RELEASE_HEADER, answer.release),
        ("Cache-Status", "eclod; hit" if answer.remembered else "eclod; fwd=miss"),
    ]
    if answer.cut is not None:
        made.append((responses.TRUNCATED_HEADER, f"rows={answer.cut}; limit={answer.cut}"))
        every.append(Link(f"/releases/{quote(answer.release)}", "enclosure"))
    made.append(("ETag", f'"{digest}"'))
    # What another moment answers otherwise is private, and has no date of the release (RFC 9110, section 8.8.2.1).
    if not asked.private and (modified := found.last_modified(answer.release)):
        made.append(("Last-Modified", modified))
    if every:
        made.append(("Link", ", ".join(map(str, every))))
    return made


def _digest(answer: Answer) -> str:
    """Return a hash of the bytes of an answer that tells it from any other; a spool is at its beginning again.

    A quick one: a tag tells versions apart and proves nothing (RFC 9110, section 8.8.1); receipts have a SHA-256.
    """
    digest = xxhash.xxh3_128(f"{answer.release}\0{answer.format.media_type}\0".encode())
    if answer.spool is None:
        digest.update(answer.body or b"")
        return digest.hexdigest()
    while chunk := answer.spool.read(1 << 20):
        digest.update(chunk)
    answer.spool.seek(0)
    return digest.hexdigest()


def cite_as(found: Service, release: str, asked: Question, cut: int | None) -> str:
    """Return the address where an answer gets its receipt, for ever (RFC 8574); "" for one that gets none.

    A request too long for an address is put down, so that the id of its receipt is enough.
    """
    if cut is not None or not repeatable(asked.text) or leaves_order_open(asked.text):
        return ""
    address = f"/receipts?{urlencode({'release': release})}&{receipts.spelt_request(asked)}"
    if len(address) <= _LONGEST_ADDRESS:
        return address
    if asked.private:
        return ""
    try:
        name = found.receipts.expect(release, receipts.canonical_request(asked))
    except TooLarge:
        return ""
    return f"/receipts/{name}" if name else ""


def cite_links(address: str) -> list[Link]:
    """Return the typed link to the receipt of an answer, if it gets one."""
    return [Link(address, "cite-as")] if address else []
