"""One SPARQL query sent to another endpoint, over HTTP that goes nowhere but where it was allowed to go.

Nothing of whoever asks us goes along but the query: no header, no address, no cookie. Proxies of the environment are
not used, since behind one the address that is connected to could not be checked.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode, urljoin

from eclod.core.endpoints import Endpoint
from eclod.core.errors import EndpointFailed, NotAllowed, TooLarge
from eclod.store import addresses

_ACCEPT: Final = "application/sparql-results+json, application/sparql-results+xml;q=0.8"
_REDIRECTED: Final = frozenset({301, 302, 303, 307, 308})
_REDIRECTS: Final = 3
#: How long one of several addresses of a host is tried, in seconds.
_CONNECT_SECONDS: Final = 5.0
#: How much an endpoint may say about why it refuses a query, in bytes, and how many characters of it are shown.
_EXPLANATION: Final = 4096
_SHOWN: Final = 200
_UNPRINTABLE: Final = re.compile(r"[^\x20-\x7e\u00a0-\u1fff]+")


@dataclass(frozen=True, slots=True)
class Response:
    """What an endpoint answered with status 200: the media type, the complete body, the headers by lower-case name."""

    media_type: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every request: the endpoints, whether private addresses will do, bytes of answer, our name."""

    endpoints: Sequence[Endpoint]
    private: bool
    size: int
    agent: str


def post(endpoint: Endpoint, query: str, seconds: float, rules: Rules) -> Response:
    """Ask an endpoint (SPARQL 1.1 Protocol, section 2.1.2), following redirects to places of endpoints on the list.

    Raises NotAllowed for an address or a redirect outside the rules, EndpointFailed when there is no good answer in
    time, TooLarge when it is too large.
    """
    deadline = time.monotonic() + seconds
    place = endpoint
    form: bytes | None = urlencode({"query": query}).encode()
    try:
        for _ in range(_REDIRECTS + 1):
            with (
                connected(place, deadline, rules.private) as connection,
                _send(connection, place, form, rules) as got,
            ):
                if got.status not in _REDIRECTED:
                    return _read(got, endpoint, rules, deadline)
                place = _next(got.getheader("Location", ""), place, endpoint, rules)
                if got.status == HTTPStatus.SEE_OTHER:  # the answer itself lies there (RFC 9110, section 15.4.4)
                    form = None
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, TimeoutError) or time.monotonic() >= deadline:
            raise EndpointFailed(
                f"The endpoint <{endpoint.iri}> did not answer within {seconds:.1f} seconds, which is what the query "
                "leaves it of its budget; ask it for less inside the SERVICE part.",
                endpoint=endpoint.iri,
            ) from None
        raise failed(endpoint, f"cannot be reached ({reason(error)}); try again later") from None
    raise failed(endpoint, f"redirects more than {_REDIRECTS} times")


def _send(
    connection: http.client.HTTPConnection, place: Endpoint, form: bytes | None, rules: Rules
) -> http.client.HTTPResponse:
    headers = {"Accept": _ACCEPT, "User-Agent": rules.agent, "Connection": "close"}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request("GET" if form is None else "POST", place.target, form, headers)
    return connection.getresponse()


def _read(got: http.client.HTTPResponse, endpoint: Endpoint, rules: Rules, deadline: float) -> Response:
    media_type = got.getheader("Content-Type", "").partition(";")[0].strip().lower()
    if got.status != HTTPStatus.OK:
        said = _shown(got.read(_EXPLANATION).decode("utf-8", "replace")) if media_type == "text/plain" else ""
        raise failed(endpoint, f"answered {got.status} {_shown(got.reason)}" + (f": {said}" if said else ""))
    body = got.read(rules.size + 1)
    if len(body) > rules.size:
        raise TooLarge(
            f"The endpoint <{endpoint.iri}> answers with more than {rules.size >> 20} MiB; "
            "ask it for less inside the SERVICE part.",
            endpoint=endpoint.iri,
        )
    if time.monotonic() >= deadline:  # it was cut, which an answer of unannounced length does not show
        raise TimeoutError
    if got.length:
        raise failed(endpoint, "broke off in the middle of its answer")
    return Response(media_type, body, {name.lower(): value for name, value in got.getheaders()})


def _next(location: str, place: Endpoint, endpoint: Endpoint, rules: Rules) -> Endpoint:
    """Return where a redirect leads, if it is the place of an endpoint on the list and no step down from TLS."""
    try:
        target = Endpoint.parse(urljoin(place.iri, location).partition("#")[0])
    except ValueError:
        pass
    else:
        if any(target.same_place(one) for one in rules.endpoints) and (place.scheme, target.scheme) != (
            "https",
            "http",
        ):
            return target
    raise NotAllowed(
        f"The endpoint <{endpoint.iri}> redirects to '{_shown(location)}', which queries may not reach from here.",
        endpoint=endpoint.iri,
    )


@contextmanager
def connected(place: Endpoint, deadline: float, private: bool) -> Iterator[http.client.HTTPConnection]:
    """Give a connection to an address that was checked, which ends at the deadline whatever goes on in it."""
    found = addresses.look_up(place.host, place.port, _left(deadline), private)
    with _open(found, deadline) as plain, plain.dup() as watched:
        timer = threading.Timer(_left(deadline), _cut, [watched])
        timer.daemon = True
        timer.start()
        connection = http.client.HTTPConnection(place.host, place.port)
        try:
            if place.scheme == "https":
                connection = http.client.HTTPSConnection(place.host, place.port, context=_tls())
                connection.sock = _tls().wrap_socket(plain, server_hostname=place.host)
            else:
                connection.sock = plain
            yield connection
        finally:
            timer.cancel()
            connection.close()


def _open(found: Sequence[addresses.Address], deadline: float) -> socket.socket:
    """Return a connection to the first address that takes one."""
    for number, (family, address) in enumerate(found, start=1):
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.settimeout(min(_left(deadline), _CONNECT_SECONDS))
        try:
            connection.connect(address)
        except OSError:
            connection.close()
            if number == len(found) or time.monotonic() >= deadline:
                raise
        else:
            connection.settimeout(_left(deadline))
            return connection
    raise AssertionError("a host that is found has an address")


def _left(deadline: float) -> float:
    return max(0.001, deadline - time.monotonic())


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def failed(endpoint: Endpoint, what: str) -> EndpointFailed:
    """Return the error that says what an endpoint did."""
    return EndpointFailed(f"The endpoint <{endpoint.iri}> {what}.", endpoint=endpoint.iri)


def reason(error: Exception) -> str:
    """Return why a connection failed, in a few words for whoever reads of it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate does not hold: {error.verify_message}"
    return _shown(getattr(error, "strerror", None) or str(error) or type(error).__name__)


def _shown(text: str) -> str:
    """Return the beginning of what a stranger wrote, on one line and without what could not be printed."""
    text = " ".join(_UNPRINTABLE.sub(" ", text).split()).rstrip(".")
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
