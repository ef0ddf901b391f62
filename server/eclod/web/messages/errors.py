"""The one handler of errors: a problem document (RFC 9457) for programs, a page with the same facts for people."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Final

from flask import Flask, Response, render_template, request
from jinja2 import TemplateError
from werkzeug.exceptions import HTTPException, RequestedRangeNotSatisfiable
from werkzeug.routing import RequestRedirect

from eclod.core.errors import (
    BadInput,
    BeyondTheEnd,
    Damaged,
    EclodError,
    LengthNeeded,
    MethodNotAllowed,
    NotAcceptable,
    NotAsWanted,
    NotFound,
    NotSignedIn,
    TooLarge,
    TooSlow,
    UnsupportedMedia,
)
from eclod.core.formats import HTML, PROBLEM_JSON
from eclod.web.messages import negotiate, responses
from eclod.web.messages.views import ErrorView

log = logging.getLogger(__name__)

_PAGE: Final = "error.html"

_BY_STATUS: Final[Mapping[int, tuple[type[EclodError], str]]] = {
    400: (BadInput, "The request cannot be read; check its form."),
    404: (NotFound, "There is no page at this address; begin at / or search at /search."),
    405: (MethodNotAllowed, "This address does not take the method {method}; it takes {allow}."),
    408: (TooSlow, "The body of the request did not arrive in time; send it again, and faster."),
    411: (LengthNeeded, "The length of the body is not known; send it with Content-Length."),
    412: (NotAsWanted, "The resource is not, or no longer, as If-Match or If-Unmodified-Since wants it; get it again."),
    413: (TooLarge, "The request is larger than this service reads; send less at a time."),
    414: (TooLarge, "The address is longer than this service reads; send the query by POST."),
    415: (UnsupportedMedia, "The request body has a type that is not read here."),
    416: (BeyondTheEnd, "The range begins after the end of what is here; Content-Range says how long it is."),
}


def install(app: Flask) -> None:
    """Make an application answer every error in one shape."""
    app.register_error_handler(Exception, handle)


def handle(error: Exception, template: str = _PAGE, **values: object) -> Response:
    """Return the response to an error; nothing of the code or the machine shows in it.

    `template` is the page for people, with `values` beside the error.
    """
    if isinstance(error, RequestRedirect):
        return Response(status=404)
    allow = ""
    if isinstance(error, HTTPException):
        if getattr(error, "valid_methods", None):
            allow = ", ".join(sorted({*error.valid_methods, "OPTIONS"}))  # type: ignore[attr-defined]
        known = _of_http(error, allow)
    elif isinstance(error, EclodError):
        known = error
    else:
        known = None
    if known is None or isinstance(known, Damaged):
        log.error("%s %s failed", request.method, request.path, exc_info=error)
        known = EclodError("Something went wrong inside the service; it has been logged. Try again later.")
    response = respond(known, template, **values)
    if allow:
        response.headers["Allow"] = allow
    if isinstance(error, RequestedRangeNotSatisfiable) and error.length is not None:
        response.headers["Content-Range"] = f"{error.units} */{error.length}"
    return response


def respond(error: EclodError, template: str = _PAGE, **values: object) -> Response:
    """Return an error as whoever asks prefers it, with the headers that belong to it."""
    response = _page(error, template, values) if negotiate.prefers_html() else None
    if response is None:
        facts = {name: value for name, value in error.problem().items() if value is not None}
        body = json.dumps(facts, ensure_ascii=False, default=str, indent=1)
        response = Response(body + "\n", content_type=PROBLEM_JSON.content_type)
    response.status_code = error.status
    response.headers["Vary"] = "Accept"
    response.headers["Cache-Control"] = "no-store"
    if isinstance(error, NotSignedIn):
        response.headers["WWW-Authenticate"] = 'Bearer realm="eclod"'  # RFC 6750, section 3
    if (seconds := _retry_after(error)) is not None:
        response.headers["Retry-After"] = str(seconds)
    if isinstance(error, NotAcceptable):
        if negotiate.depends_on_profile():
            response.headers["Vary"] += ", Accept-Profile"
        responses.add_links(response, responses.alternate_links(responses.known_alternates()))
    return response


def view(error: EclodError) -> ErrorView:
    """Return what a page shows of an error."""
    facts = tuple(
        (name.replace("_", " "), str(value))
        for name, value in error.details.items()
        if value is not None and name not in ("available", "retry_after")
    )
    alternates = responses.known_alternates() if isinstance(error, NotAcceptable) else ()
    return ErrorView(
        error.status, error.title, error.message, error.slug, facts, alternates, retry_after=_retry_after(error)
    )


def _page(error: EclodError, template: str, values: Mapping[str, object]) -> Response | None:
    try:
        return Response(render_template(template, error=view(error), **values), content_type=HTML.content_type)
    except TemplateError:
        log.exception("the error page cannot be shown")
        return None


def _of_http(error: HTTPException, allow: str) -> EclodError:
    """Return one of our errors for one of Werkzeug's, with our sentence; of no kind of ours when there is none."""
    status = error.code or 500
    if status in _BY_STATUS:
        kind, sentence = _BY_STATUS[status]
        # HEAD is answered as GET is (RFC 9110, section 9.3.2).
        method = "GET" if request.method == "HEAD" else request.method
        return kind(sentence.format(method=method, allow=allow))
    other = EclodError(error.description or error.name)
    other.status, other.slug, other.title = status, "", error.name
    return other


def _retry_after(error: EclodError) -> int | None:
    seconds = error.details.get("retry_after")
    return int(seconds) if isinstance(seconds, int | float) else None
