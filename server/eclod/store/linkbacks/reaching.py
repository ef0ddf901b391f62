"""Requests to hosts on the operator's list: a page that is looked at, an inbox that is told something.

Each address, those that redirects lead to among them, is checked against the list and connected to at the very IP
address that was checked (see `eclod.store.addresses`); time and size are bounded, and nothing of ours goes along.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from typing import Final
from urllib.parse import urljoin

from eclod.core.endpoints import Endpoint
from eclod.core.errors import EndpointFailed, NotAllowed, TooLarge
from eclod.core.hosts import Host
from eclod.store import outgoing

_SECONDS: Final = 10.0
_SIZE: Final = 512 << 10
_REDIRECTED: Final = frozenset({301, 302, 303, 307, 308})
_REDIRECTS: Final = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What a host answered; `address` is where in the end, `charset` "" when it says none, headers in lower case."""

    status: int
    address: str
    media_type: str
    charset: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reach:
    """Where requests may go: hosts, whether private addresses will do; `agent` names us; how long, how much."""

    hosts: Sequence[Host]
    private: bool = False
    agent: str = "eclod"
    seconds: float = _SECONDS
    size: int = _SIZE

    def allows(self, address: str) -> bool:
        """Return whether an address is at a host on the list."""
        try:
            place = Endpoint.parse(address)
        except ValueError:
            return False
        return any(host.has(place) for host in self.hosts)

    def get(self, address: str, accept: str) -> Answer:
        """Return what is at an address, through redirects; raises NotAllowed, EndpointFailed, TooLarge."""
        deadline = time.monotonic() + self.seconds
        for _ in range(_REDIRECTS + 1):
            found = self._exchange("GET", address, {"Accept": accept}, None, deadline)
            if found.status not in _REDIRECTED:
                return found
            address = self._next(address, found.headers.get("location", ""))
        raise EndpointFailed(f"The page redirects more than {_REDIRECTS} times.")

    def post(self, address: str, body: bytes, media_type: str) -> Answer:
        """Send something and return the answer; redirects are not followed. Raises NotAllowed, EndpointFailed."""
        deadline = time.monotonic() + self.seconds
        return self._exchange("POST", address, {"Content-Type": media_type}, body, deadline)

    def _next(self, address: str, location: str) -> str:
        target = urljoin(address, location).partition("#")[0]
        if not self.allows(target) or (address.startswith("https:") and target.startswith("http:")):
            raise NotAllowed("The page redirects to a host that is not on the list of this service.")
        return target

    def _exchange(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes | None, deadline: float
    ) -> Answer:
        if not self.allows(address):
            raise NotAllowed("Its host is not on the list of this service.")
        place = Endpoint.parse(address)
        sent = {**headers, "User-Agent": self.agent, "Connection": "close", "Accept-Encoding": "identity"}
        try:
            with outgoing.connected(place, deadline, self.private) as connection:
                connection.request(method, place.target, body, sent)
                with connection.getresponse() as got:
                    return self._read(got, place, deadline)
        except NotAllowed:
            raise NotAllowed(
                f"The host {place.host} is at an address of a private network or of this machine, which is not reached "
                "from here."
            ) from None
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, TimeoutError) or time.monotonic() >= deadline:
                raise EndpointFailed(f"The host {place.host} did not answer in {self.seconds:g} seconds.") from None
            raise EndpointFailed(f"The host {place.host} cannot be reached ({outgoing.reason(error)}).") from None

    def _read(self, got: http.client.HTTPResponse, place: Endpoint, deadline: float) -> Answer:
        said = Message()
        said["Content-Type"] = got.getheader("Content-Type", "")
        media_type = said.get_content_type() if said["Content-Type"] else ""
        charset = str(said.get_param("charset", "")) if media_type else ""
        headers = {name.lower(): value for name, value in got.getheaders()}
        body = b""
        if got.status == HTTPStatus.OK:
            if headers.get("content-encoding", "identity").lower() != "identity":
                raise EndpointFailed(f"The host {place.host} answers compressed, which it was asked not to.")
            body = got.read(self.size + 1)
            if len(body) > self.size:
                raise TooLarge(f"The page is longer than the {self.size >> 10} KiB that are looked at.")
            if time.monotonic() >= deadline:  # it was cut, which an answer of unannounced length does not show
                raise TimeoutError
            if got.length:
                raise EndpointFailed(f"The host {place.host} broke off in the middle of its answer.")
        return Answer(got.status, place.iri, media_type, charset, headers, body)
