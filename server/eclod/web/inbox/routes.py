"""The addresses of linkbacks: the inbox, one notification, the links that are published."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, request

from eclod.core.errors import BadInput
from eclod.core.formats import GRAPH_FORMATS, HTML, JSON_LD, Format
from eclod.store.identities import ERASED
from eclod.store.linkbacks.box import PUBLISHED, Linkback
from eclod.store.resolving import FOUND, Resolver
from eclod.web.context import Service, service
from eclod.web.inbox import documents, receiving
from eclod.web.inbox.documents import LINKSET
from eclod.web.messages import graphs, negotiate
from eclod.web.messages.negotiate import Choice
from eclod.web.messages.responses import Link, Sender
from eclod.web.messages.views import Alternate
from eclod.web.resources.links import Links, quoted
from eclod.web.resources.used_by import view
from eclod.web.resources.views import PageLink

blueprint: Final = Blueprint("inbox", __name__)

PAGE: Final = 1000
_OFFERED: Final = (JSON_LD, *(form for form in GRAPH_FORMATS if form is not JSON_LD), HTML)


@dataclass(frozen=True, slots=True)
class LinkbacksView:
    """Template `linkbacks.html`: links, about one thing where `thing` is its IRI; `following` is the next page."""

    thing: str
    thing_href: str
    links: tuple[tuple[PageLink, str, str], ...]
    following: str
    alternates: tuple[Alternate, ...]


@blueprint.get("/inbox")
def inbox() -> Response:
    """List the notifications that are published (Linked Data Notifications, section 3.3)."""
    found = service()
    skip, number = _page()
    choice = negotiate.choose(_OFFERED, JSON_LD, lambda form: f"/inbox?format={form.name}")
    kept, more = _published(found, "", skip)
    following = f"/inbox?page={number + 1}" if more else ""

    def body(form: Format) -> bytes:
        return documents.written(documents.container(kept, found.names.base), form, found.names.base)

    return _sent(found, choice, kept, "", following, body)


@blueprint.get("/linkbacks")
def linkbacks() -> Response:
    """Return which pages of others link to a thing, or to any; as a linkset, as RDF with provenance, as a page."""
    found = service()
    asked = request.args.get("thing", "").strip()
    skip, number = _page()
    thing = _thing(found, asked) if asked else ""
    address = f"/linkbacks?thing={quoted(thing)}&" if thing else "/linkbacks?"
    choice = negotiate.choose((LINKSET, *_OFFERED), LINKSET, lambda form: f"{address}format={form.name}")
    kept, more = _published(found, thing, skip)

    def body(form: Format) -> bytes | str:
        if form is LINKSET:
            return documents.linkset(kept, found.names.base)
        return graphs.serialise(documents.links(kept, found.names.base), form)

    return _sent(found, choice, kept, thing, f"{address}page={number + 1}" if more else "", body)


@blueprint.get("/inbox/<name>")
def notification(name: str) -> Response:
    """Return a notification; whoever sent it reads here how far it got."""
    found = service()
    choice = negotiate.choose(
        tuple(form for form in _OFFERED if form is not HTML), JSON_LD, lambda form: f"/inbox/{name}?format={form.name}"
    )
    kept = found.linkbacks.get(name)
    sender = Sender(found, choice, found.release(), about=f"{kept.state} {kept.changed} {kept.attempts}")
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    base = found.names.base
    response = sender.send(documents.written(documents.notification(kept, base), choice.format, base))
    if kept.state != PUBLISHED:
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.post("/inbox")
def receive() -> Response:
    """Take a notification: 201 when its page is looked at, 202 when the operator decides, 200 when it was known."""
    found = service()
    kept, status = receiving.receive(found, found.reach)
    content = {"state": kept.state, "message": kept.reason or "Its page is looked at shortly."}
    response = Response(json.dumps(content) + "\n", status, content_type="application/json")
    response.headers["Location"] = f"/inbox/{kept.id}"
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.after_request
def complete(response: Response) -> Response:
    """Say which notifications are read here (Linked Data Notifications, section 3.2.1)."""
    if request.path == "/inbox":
        response.headers["Accept-Post"] = ", ".join(receiving.ACCEPTED)
    return response


def _sent(
    found: Service,
    choice: Choice,
    kept: Sequence[Linkback],
    thing: str,
    following: str,
    body: Callable[[Format], bytes | str],
) -> Response:
    about = " ".join(f"{each.id} {each.changed}" for each in kept)
    sender = Sender(found, choice, found.release(), about=f"linkbacks {following} {about}")
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    more = [Link(following, "next")] if following else []
    if not choice.is_html:
        return sender.send(body(choice.format), more)
    pages = Links(found.names)
    shown = tuple((view(each), each.thing, pages.page(each.thing) or each.thing) for each in kept)
    page = LinkbacksView(thing, pages.page(thing) or "" if thing else "", shown, following, choice.alternates)
    return sender.page("linkbacks.html", more, linkbacks=page)


def _published(found: Service, thing: str, skip: int) -> tuple[list[Linkback], bool]:
    """Return what is published on one page, and whether there is more; nothing about what has been erased."""
    kept = found.linkbacks.published(thing, PAGE + 1, skip)
    release = found.release()
    if release:
        known = found.identities.for_release(release)
        erased = {iri for each in kept for iri in {each.thing, each.stated} if _is_erased(known.get(iri))}
        kept_now = [each for each in kept[:PAGE] if not {each.thing, each.stated} & erased]
        return kept_now, len(kept) > PAGE
    return kept[:PAGE], len(kept) > PAGE


def _is_erased(identity: object) -> bool:
    return getattr(identity, "state", "") == ERASED


def _thing(found: Service, asked: str) -> str:
    """Return the thing that an identifier of ours stands for now; raises BadInput."""
    resolved = Resolver(found.identities.for_release(found.engine.release), found.names).resolve(asked)
    if resolved.outcome != FOUND:
        raise BadInput(resolved.message or "Several things are known by this; name one.", parameter="thing")
    return resolved.iri


def _page() -> tuple[int, int]:
    text = request.args.get("page", "1")
    if not text.isascii() or not text.isdecimal() or not 0 < int(text[:6]) <= 1000:
        raise BadInput("The number of a page is 1 or more.", parameter="page")
    return (int(text) - 1) * PAGE, int(text)
