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
    ├── TooSlow                   a request whose body does not arrive in time (408)
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

from collections.abc import Iterator, Mapping
from typing import Final

#: Where each kind of problem is explained, by its slug.
PROBLEMS: Final = "https://w3id.org/eclod/problem"
#: The type of what the status says all about (RFC 9457, section 4.2.1).
_NO_TYPE: Final = "about:blank"


class EclodError(Exception):
    """Base of all errors with a sentence for the user.

    `slug` names the kind of problem for programs, `title` for people; `meaning` says in general what it means and what
    to do, on the page that its type leads to (RFC 9457, section 3.1.1). A slug that is "" is of no kind of ours.
    """

    status = 500
    slug = "internal"
    title = "The service could not do this"
    meaning = (
        "Something went wrong inside the service that the request is not to blame for; it has been logged. Try again "
        "later, and tell the operator if it stays so."
    )
    exit_code = 1

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, object] = details

    def problem(self) -> dict[str, object]:
        """Return the error as a problem document (RFC 9457, section 3)."""
        return {
            "type": type_of(self.slug),
            "title": self.title,
            "status": self.status,
            "detail": self.message,
            **self.details,
        }


class BadInput(EclodError):
    status, slug, title = 400, "bad-input", "The input does not hold"
    meaning = (
        "A parameter, file, row or value of the request does not hold. `detail` says which and what is taken; change "
        "it and send the request again."
    )


class BadQuery(BadInput):
    slug, title = "bad-query", "The query does not parse"
    meaning = (
        "The query is not SPARQL 1.1. `detail` says where it stops being read, with line and column where they are "
        "known; mend it there."
    )


class BadEvaluation(BadQuery):
    slug, title = "bad-evaluation", "The query cannot be answered"
    meaning = (
        "The query is SPARQL, but this engine cannot answer it, or it nests too deep. Write it in another way, as "
        "`detail` says."
    )


class NoReceipt(BadInput):
    slug, title = "no-receipt", "This answer gets no receipt"
    meaning = (
        "Receipts are for whole answers that are the same each time. Leave out RAND(), NOW() and SERVICE, put an "
        "ORDER BY before a LIMIT, and keep below the limit of rows."
    )


class BadIdentifier(BadInput):
    slug, title = "bad-identifier", "The identifier is misspelt"
    meaning = (
        "The code ends in a check character that does not fit the others, so one of them is misspelt. `suggestions` "
        "has the codes that may be meant."
    )


class BadSetting(EclodError):
    slug, title, exit_code = "bad-setting", "A setting does not hold", 2
    meaning = (
        "An environment variable or option of the installation does not hold. The operator mends it; "
        "docs/operators.md lists all with what they take."
    )


class NotSignedIn(EclodError):
    status, slug, title = 401, "not-signed-in", "A token is needed"
    meaning = (
        "The address needs a token of a registry and there was none, or one that does not hold (any more). Send it "
        "as `Authorization: Bearer …`; the operator gives tokens out."
    )


class NotFound(EclodError):
    status, slug, title = 404, "not-found", "Nothing has this name"
    meaning = (
        "Nothing is known by the name in the address. Look whether it is spelt right; /search and /resolve find "
        "things by name and by any identifier."
    )


class NotAllowed(EclodError):
    status, slug, title = 403, "not-allowed", "The service does not do this"
    meaning = (
        "The request was understood and is refused: updates, federation to an endpoint that is not on the list, or "
        "what belongs to another registry. Asking again does not help; `detail` says what is allowed."
    )


class MethodNotAllowed(EclodError):
    status, slug, title = 405, "method-not-allowed", "This address does not take that method"
    meaning = "The address is right and the method is not. The header `Allow` has those that the address takes."


class TooSlow(EclodError):
    status, slug, title = 408, "too-slow", "The request did not arrive in time"
    meaning = (
        "The body of the request did not arrive in time, so it was not waited for. Send it again on a faster "
        "connection, or less at a time."
    )


class UnsupportedMedia(EclodError):
    status, slug, title = 415, "unsupported-media-type", "The request body has a type that is not read here"
    meaning = (
        "The body of the request has a `Content-Type` or an encoding that is not read at this address. `detail` says "
        "what is; send it so."
    )


class LengthNeeded(EclodError):
    status, slug, title = 411, "length-needed", "The length of the request is needed"
    meaning = "The request has a body and does not say how long it is. Send it with `Content-Length`."


class NotAcceptable(EclodError):
    status, slug, title = 406, "not-acceptable", "There is no representation of the asked type"
    meaning = (
        "The resource exists, but in none of the types that `Accept` names, or not with that result of a query. "
        "`available` and the links `alternate` say what there is."
    )


class NotAsWanted(EclodError):
    status, slug, title = 412, "not-as-wanted", "The resource is not as the request wants it"
    meaning = (
        "The request made a condition (`If-Match` or `If-Unmodified-Since`) that does not, or no longer, hold. Get "
        "the resource again and decide anew."
    )


class TooLarge(EclodError):
    status, slug, title = 413, "too-large", "The request is too large"
    meaning = (
        "The address, body, query or batch is over a limit that `detail` states. Send less at a time, or a long "
        "query by POST."
    )


class BeyondTheEnd(EclodError):
    status, slug, title = 416, "beyond-the-end", "There is no such range"
    meaning = (
        "The range that was asked for begins after the end of the representation. `Content-Range` says how long it is."
    )


class TooBusy(EclodError):
    status, slug, title = 503, "too-busy", "The service is busy"
    meaning = (
        "The service has no place for the request just now, or changes to another release. Try again after the "
        "seconds of `Retry-After`."
    )


class TooManyRequests(EclodError):
    status, slug, title = 429, "too-many-requests", "This client asks too much at a time"
    meaning = (
        "This client has as many questions under way, or has sent as much, as one client may. Wait for answers and "
        "for the seconds of `Retry-After`; the dumps at /releases hold everything at once."
    )


class Abandoned(EclodError):
    status, slug, title = 499, "abandoned", "Whoever asked has gone"
    meaning = (
        "The client hung up before there was an answer, so the work for it was ended. Nobody sees this but the log."
    )


class EndpointFailed(EclodError):
    status, slug, title = 502, "endpoint-failed", "Another endpoint did not answer well"
    meaning = (
        "An endpoint that the query names with SERVICE did not answer, or not with results. Try again later, ask it "
        "by itself, or write SERVICE SILENT to go on without it."
    )


class OverBudget(EclodError):
    status, slug, title = 503, "over-budget", "The query is over its budget"
    meaning = (
        "The query needs more time or memory than one query may have here, so no part of an answer is sent. Narrow "
        "it, ask for it in parts, or load a dump from /releases elsewhere."
    )


class Locked(EclodError):
    status, slug, title = 409, "locked", "Something else holds what is needed"
    meaning = "Another process is at work on what the request would change. Try again when it is done."


class Damaged(EclodError):
    slug, title = "damaged", "What lies on disk is not what was written"
    meaning = (
        "A file of the installation is missing or is not what was written, and nothing is answered from it. The "
        "operator rolls back to a release that is whole, or builds one."
    )


class NotConforming(EclodError):
    status, slug, title = 422, "not-conforming", "The data does not pass its gate"
    meaning = (
        "The data breaks rules of its shapes, so it does not enter a release. The report names each place with its "
        "rule and what would do; mend those and send it again."
    )


def type_of(slug: str) -> str:
    """Return the type of a problem as an IRI that leads to what is said about it (RFC 9457, section 3.1.1)."""
    return f"{PROBLEMS}/{slug}" if slug else _NO_TYPE


def kinds() -> dict[str, type[EclodError]]:
    """Return every kind of problem by its slug, as far as their modules are imported; by status."""

    def below(kind: type[EclodError]) -> Iterator[type[EclodError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    return {kind.slug: kind for kind in sorted(below(EclodError), key=lambda kind: (kind.status, kind.slug))}
