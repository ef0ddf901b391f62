"""Who may: the token of a request, and the key in the address of one submission.

Whoever has neither hears the same about what is there and about what is not. There are no cookies, so that no other
site can make a browser send anything: a person pastes the token into the form that needs it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from typing import Final

from flask import Response, request

from eclod.core.errors import NotAllowed, NotFound, NotSignedIn
from eclod.store.submission import Submission
from eclod.store.tokens import Token
from eclod.web.context import Service

_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*) *", re.IGNORECASE)


def bearer(found: Service, authorization: str | None) -> Token | None:
    """Return the token of an Authorization header (RFC 6750, section 2.1), or None when it is none that holds."""
    match = _BEARER.fullmatch(authorization or "")
    return found.tokens.holder(match[1]) if match else None


def signed_in(found: Service, form: Mapping[str, str] | None = None) -> Token:
    """Return the token of this request, in its Authorization or in the form it sends; raises NotSignedIn."""
    given = request.headers.get("Authorization")
    token = bearer(found, given) if given else found.tokens.holder((form or {}).get("token", "").strip())
    if token is None:
        raise NotSignedIn(
            "This needs the token of the registry, as 'Authorization: Bearer …'. The operator of this service makes "
            "one with 'eclod registry token create', and whatever was sent is not one that holds."
        )
    return token


def token_of(found: Service, registry: str, form: Mapping[str, str] | None = None) -> Token:
    """Return the token of this request when it is one of a registry; raises NotSignedIn, NotAllowed."""
    token = signed_in(found, form)
    if token.registry != registry:
        raise NotAllowed("This token is for another registry; a registry sees and changes only its own.")
    return token


def submission(found: Service, registry: str, name: str) -> Submission:
    """Return the submission that this request may see: with a token of its registry, or with the key in its address.

    Raises NotSignedIn, NotAllowed, NotFound.
    """
    key = request.args.get("key", "")
    if key and "Authorization" not in request.headers:
        try:
            known = found.intake.get(registry, name)
        except NotFound:
            known = None
        right = known.arrival.key if known else "-" * len(key)
        if not hmac.compare_digest(key.encode(), right.encode()) or known is None:
            raise NotAllowed("This link does not open anything; ask whoever sent it for the whole of it.")
        return known
    token_of(found, registry)
    return found.intake.get(registry, name)


def private(response: Response) -> Response:
    """Mark a response as one that nobody keeps and no address of it is passed on."""
    response.headers["Cache-Control"] = "private, no-store"
    if "Authorization" not in request.headers:  # then the common headers say it
        varies = response.headers.get("Vary")
        response.headers["Vary"] = f"{varies}, Authorization" if varies else "Authorization"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
