"""What can go wrong, as one tree; each leaf is named after what the person asking can do about it.

    EclodError                    something the service can explain (500, exit 1)
    ├── BadInput                  a file, row, mapping or value that does not hold (400)
    │   ├── BadQuery              a query that does not parse (400)
    │   ├── BadEvaluation         a query that parses and cannot be answered (400)
    │   ├── NoReceipt             an answer that is not the same each time, or not whole (400)
    │   └── BadIdentifier         a code whose check character is wrong (400)
    ├── BadSetting                an environment variable or option that does not hold (exit 2)
    ├── NotSignedIn               a token is needed, or is not one that holds (401)
    ├── NotFound                  nothing has this name (404)
    ├── NotAllowed                understood and refused: updates, federation (403)
    ├── MethodNotAllowed          an address that does not take this method (405)
    ├── LengthNeeded              a request body of a length that nobody said (411)
    ├── UnsupportedMedia          a request body of a type that is not read (415)
    ├── NotAcceptable             no representation of the asked type (406)
    ├── NotAsWanted               not, or no longer, as a precondition of the request says (412)
    ├── TooLarge                  over a stated size (413)
    ├── BeyondTheEnd              a range of a representation that is shorter (416)
    ├── TooBusy                   try again later (503 with Retry-After)
    ├── TooManyRequests           this client asks too much at a time (429 with Retry-After)
    ├── Abandoned                 whoever asked has gone (499, seen by nobody)
    ├── EndpointFailed            another endpoint that the query names did not answer well (502)
    ├── OverBudget                the query needs more time or memory than it may have (503)
    ├── Locked                    another process holds what is needed (409)
    ├── Damaged                   what lies on disk is not what was written (500)
    └── NotConforming             the data does not pass its gate (422)

A message is one sentence for a person: what is wrong, where, and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping


class EclodError(Exception):
    """Base of all errors with a sentence for the user."""

    status = 500
    slug = "internal"
    title = "The service could not do this"
    exit_code = 1

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, object] = details

    def problem(self) -> dict[str, object]:
        """Return the error as a problem document (RFC 9457, section 3)."""
        return {
            "type": f"https://w3id.org/eclod/problem/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.message,
            **self.details,
        }


class BadInput(EclodError):
    status, slug, title = 400, "bad-input", "The input does not hold"


class BadQuery(BadInput):
    slug, title = "bad-query", "The query does not parse"


class BadEvaluation(BadQuery):
    slug, title = "bad-evaluation", "The query cannot be answered"


class NoReceipt(BadInput):
    slug, title = "no-receipt", "This answer gets no receipt"


class BadIdentifier(BadInput):
    slug, title = "bad-identifier", "The identifier is misspelt"


class BadSetting(EclodError):
    slug, title, exit_code = "bad-setting", "A setting does not hold", 2


class NotSignedIn(EclodError):
    status, slug, title = 401, "not-signed-in", "A token is needed"


class NotFound(EclodError):
    status, slug, title = 404, "not-found", "Nothing has this name"


class NotAllowed(EclodError):
    status, slug, title = 403, "not-allowed", "The service does not do this"


class MethodNotAllowed(EclodError):
    status, slug, title = 405, "method-not-allowed", "This address does not take that method"


class UnsupportedMedia(EclodError):
    status, slug, title = 415, "unsupported-media-type", "The request body has a type that is not read here"


class LengthNeeded(EclodError):
    status, slug, title = 411, "length-needed", "The length of the request is needed"


class NotAcceptable(EclodError):
    status, slug, title = 406, "not-acceptable", "There is no representation of the asked type"


class NotAsWanted(EclodError):
    status, slug, title = 412, "not-as-wanted", "The resource is not as the request wants it"


class TooLarge(EclodError):
    status, slug, title = 413, "too-large", "The request is too large"


class BeyondTheEnd(EclodError):
    status, slug, title = 416, "beyond-the-end", "There is no such range"


class TooBusy(EclodError):
    status, slug, title = 503, "too-busy", "The service is busy"


class TooManyRequests(EclodError):
    status, slug, title = 429, "too-many-requests", "This client asks too much at a time"


class Abandoned(EclodError):
    status, slug, title = 499, "abandoned", "Whoever asked has gone"


class EndpointFailed(EclodError):
    status, slug, title = 502, "endpoint-failed", "Another endpoint did not answer well"


class OverBudget(EclodError):
    status, slug, title = 503, "over-budget", "The query is over its budget"


class Locked(EclodError):
    status, slug, title = 409, "locked", "Something else holds what is needed"


class Damaged(EclodError):
    slug, title = "damaged", "What lies on disk is not what was written"


class NotConforming(EclodError):
    status, slug, title = 422, "not-conforming", "The data does not pass its gate"
