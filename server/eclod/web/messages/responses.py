"""What every response carries, and the one way a representation is sent.

Headers for all origins (CORS without credentials), for caches (`Vary`, strong `ETag`, `Last-Modified`), for machines
(typed links, the release) and for safety. If-Modified-Since is not looked at for what changes with the release: after a
roll-back a release is older than the one a client has seen, and its date would then say "not modified".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from flask import Flask, Response, g, render_template, request
from markupsafe import Markup
from werkzeug.exceptions import PreconditionFailed
from werkzeug.urls import iri_to_uri

from eclod.core.formats import HTML
from eclod.web.context import Service
from eclod.web.messages import compression, conditions, here, negotiate
from eclod.web.messages.negotiate import Choice
from eclod.web.messages.prepared import MAY_BE_KEPT
from eclod.web.messages.views import Alternate, Site

RELEASE_HEADER: Final = "Eclod-Release"
#: Says after how many rows a table was cut; absent from a complete answer.
TRUNCATED_HEADER: Final = "Eclod-Truncated"

#: Pages load nothing from anywhere else and run no script that is not a file of ours.
_CONTENT_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'"
)
_METHODS: Final = ("GET", "HEAD", "POST", "OPTIONS")
_REQUEST_HEADERS: Final = (
    "Accept, Accept-Language, Accept-Profile, Authorization, Cache-Control, Content-Type, If-Match, If-Modified-Since, "
    "If-None-Match, If-Range, Prefer, Range, User-Agent, X-Requested-With"
)
_EXPOSED: Final = (
    "Accept-Post, Accept-Ranges, Allow, Content-Disposition, Content-Length, Content-Location, Content-Profile, "
    "Content-Range, ETag, Last-Modified, Link, Location, Retry-After, Vary, Cache-Status, "
    f"{RELEASE_HEADER}, {TRUNCATED_HEADER}"
)
ON_ALL: Final = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", _EXPOSED),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
)
#: The fields of a link after the first two.
_PARAMETERS: Final = ("type", "profile", "token", "anchor")
#: An address that needs no encoding.
_PLAIN_URI: Final = re.compile(r"[A-Za-z0-9:/?#@!$&'*+,;=._~%-]*")


class Link(NamedTuple):
    """One typed link of a response (RFC 8288); `token` and `anchor` are those of Content Negotiation by Profile."""

    target: str
    rel: str
    type: str = ""
    profile: str = ""
    token: str = ""
    anchor: str = ""

    def __str__(self) -> str:
        target = self.target if _PLAIN_URI.fullmatch(self.target) else iri_to_uri(self.target).replace(">", "%3E")
        text = f'<{target}>; rel="{self.rel}"'
        for name, value in zip(_PARAMETERS, self[2:], strict=True):
            if value:
                text += f'; {name}="{value}"'
        return text


#: Everything here is of one dataset, which is described there.
_DESCRIBED: Final = Link("/.well-known/void", "describedby")
#: The licence of the vocabulary, the code lists and the catalogue, which are our own.
OWN_LICENCE: Final = Link("https://creativecommons.org/licenses/by/4.0/", "license")


def install(app: Flask, service: Service) -> None:
    """Make an application answer preflights and add the common headers to whatever it answers."""

    def preflight() -> Response | None:
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return Response(status=204)
        return None

    def tidy() -> None:
        g.has_compressed = conditions.tidy(request.environ)

    def complete(response: Response) -> Response:
        if conditions.have_failed(request, response):
            response.close()
            response = app.make_response(app.handle_user_exception(PreconditionFailed()))
        headers = response.headers
        present = {name.lower() for name, _ in headers}
        for name, value in ON_ALL:
            if name.lower() not in present:
                headers.add(name, value)
        if request.method == "OPTIONS":
            adapter = app.create_url_adapter(request)
            known = adapter.allowed_methods() if adapter is not None else ()
            headers["Access-Control-Allow-Methods"] = ", ".join([*_METHODS, *sorted({*known} - {*_METHODS})])
            headers["Access-Control-Allow-Headers"] = _REQUEST_HEADERS
            headers["Access-Control-Max-Age"] = "86400"
        # A browser puts what a 304 says in the place of what it has, and a card is framed by other sites.
        if response.mimetype == HTML.media_type and response.status_code != 304:
            headers.setdefault("Content-Security-Policy", _CONTENT_POLICY)
        if "Authorization" in request.headers:
            headers["Cache-Control"] = "private, no-store"
            headers["Vary"] = ", ".join(filter(None, [headers.get("Vary"), "Authorization"]))
        if RELEASE_HEADER not in headers and request.endpoint != "static" and (release := service.release()):
            headers[RELEASE_HEADER] = release
        _compress(response)
        return response

    def versioned(endpoint: str, values: dict[str, object]) -> None:
        if endpoint == "static":
            values["v"] = service.code

    app.before_request(preflight)
    app.before_request(tidy)
    app.url_defaults(versioned)
    # What `url_for` gives for our own files, without its work: a page names up to ten of them.
    app.jinja_env.globals["asset"] = lambda name: f"{app.static_url_path}/{name}?v={service.code}"
    app.after_request(complete)

    @lru_cache
    def menu(section: str, is_below: bool) -> Markup:
        return Markup(app.jinja_env.get_template("_menu.html").render(path=f"/{section}{'/…' if is_below else ''}"))

    # The first part of the path decides how it looks, and whether more follows.
    app.jinja_env.globals["menu"] = lambda path: menu(path.split("/")[1], path.count("/") > 1)

    def site() -> dict[str, Site]:
        # A page that has been read from one release names that one, whatever is served by now.
        release = g.get("release") or service.release()
        base = service.settings.base
        return {"site": Site(release, base, here.address(base), request.path, negotiate.languages())}

    app.context_processor(site)


def _compress(response: Response) -> None:
    """Compress a whole response for whoever takes that; a 304 is about what they have."""
    headers = response.headers
    if response.status_code == 304:
        if g.get("has_compressed") and "ETag" in headers:
            headers["ETag"] = compression.tag_of_compressed(headers["ETag"])
        # As the 200 would have it (RFC 9110, section 15.4.5).
        headers["Vary"] = ", ".join(filter(None, [headers.get("Vary"), "Accept-Encoding"]))
    if response.status_code != 200 or "Range" in request.headers or "Content-Encoding" in headers:
        return
    if response.direct_passthrough:
        if request.endpoint != "static":
            return
        response.direct_passthrough = False  # our own files are small enough to be read at once
    elif response.is_streamed:
        return
    wanted = request.headers.get("Accept-Encoding")
    body, known = response.get_data(), list(headers)
    made, sent = compression.applied(known, body, wanted)
    if sent is not body:
        response.set_data(sent)
    for name, value in made:
        if (name, value) not in known:
            headers[name] = value


class Sender:
    """Sends one representation of a resource; made before the work is done, so that a 304 costs none.

    `about` is what else the representation depends on, beside the release, the address, the format and the languages;
    such a representation is not kept to be sent again. With `version` it is: those who keep it look at the version, too
    (`PreparedResponses`).
    """

    def __init__(
        self, service: Service, choice: Choice, release: str | None = None, about: str = "", version: str = ""
    ) -> None:
        self._service = service
        self._choice = choice
        self._about = about
        self._version = version
        self._tag: tuple[str, str] | None = None
        self.release = service.engine.release if release is None else release

    @property
    def etag(self) -> str:
        """Return the tag of this representation, from all that it depends on; made once for each release."""
        if self._tag is None or self._tag[0] != self.release:
            self._tag = (self.release, self._new_tag())
        return self._tag[1]

    def _new_tag(self) -> str:
        parts = [self.release, self._service.code, self._about, request.full_path, self._choice.format.media_type]
        parts += [self._choice.profile, self._version, here.own_machine(request.host)]
        if self._choice.is_html:
            parts += negotiate.languages()
        return hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()

    def unchanged(self) -> Response | None:
        """Return a 304 when whoever asks has this representation already."""
        if "If-None-Match" not in request.headers or not request.if_none_match.contains_weak(self.etag):
            return None
        return self._headers(Response(status=304))

    def send(self, body: bytes | str, links: Sequence[Link] = ()) -> Response:
        """Return the representation with all its headers."""
        response = self._headers(Response(body, content_type=self._choice.format.content_type))
        alternates = [a for a in self._choice.alternates if a.format is not self._choice.format]
        described = () if any(link.rel == _DESCRIBED.rel for link in links) else (_DESCRIBED,)
        add_links(response, [*alternate_links(alternates), *links, *described])
        return response

    def page(self, template: str, links: Sequence[Link] = (), **values: object) -> Response:
        """Return a page with all its headers."""
        return self.send(render_template(template, **values), links)

    def _headers(self, response: Response) -> Response:
        response.set_etag(self.etag)
        if not self._about and self.release and self.release == self._service.release():
            request.environ[MAY_BE_KEPT] = self.release
        if modified := self._service.last_modified(self.release):
            response.headers["Last-Modified"] = modified
        response.headers["Cache-Control"] = "no-cache"  # keep it, but ask whether the release is still the same
        response.headers["Vary"] = "Accept, Accept-Language"
        if self._choice.profile:
            response.headers["Vary"] += ", Accept-Profile"
            response.headers["Content-Profile"] = f"<{self._choice.profile}>"
        if self.release:
            response.headers[RELEASE_HEADER] = self.release
        if self._choice.location is not None:
            response.headers["Content-Location"] = self._choice.location
        return response


def add_links(response: Response, links: Sequence[Link]) -> None:
    if links:
        response.headers["Link"] = ", ".join(str(link) for link in links)


def alternate_links(alternates: Sequence[Alternate]) -> list[Link]:
    """Return the typed links to the other representations of a resource."""
    return [Link(a.href, "alternate", a.format.media_type) for a in alternates]


def known_alternates() -> tuple[Alternate, ...]:
    """Return the representations of the resource that this request asks for, as far as it got."""
    return tuple(g.get("alternates", ()))
