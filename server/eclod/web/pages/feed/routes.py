"""`/feed`: all changes since for ever, as a Linked Data Event Stream, as pages for people, and as Atom."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, render_template, request

from eclod.core.errors import BadInput, NotFound
from eclod.core.formats import ATOM, HTML, JSON_LD, N_QUADS, TRIG
from eclod.rdf.feed import documents
from eclod.rdf.feed.model import FeedNames
from eclod.store.feed.head import Head
from eclod.web.context import Service, service
from eclod.web.messages import negotiate
from eclod.web.messages.negotiate import Choice
from eclod.web.messages.responses import Link
from eclod.web.pages.feed import atom, nodes, rows, sending

blueprint: Final = Blueprint("feed", __name__)

_RDF: Final = (TRIG, N_QUADS, JSON_LD)
_LARGEST_NUMBER: Final = 9


@blueprint.get("/feed")
def root() -> Response:
    """Return what the feed is and where its members are; for people, what changed last."""
    return _root(None)


@blueprint.get("/feed.<suffix>")
def root_by_name(suffix: str) -> Response:
    """Return the same in one format."""
    return _root(suffix)


@blueprint.get("/feed/index/<name>")
def index(name: str) -> Response:
    """Return where a hundred full pages are."""
    number, suffix = _parsed(name)
    head = service().feed.head()
    node = nodes.index(head, number)
    choice = negotiate.choose(_RDF, TRIG, lambda form: f"/feed/index/{number}.{form.name}", suffix)
    links = [Link("/feed", "collection")]
    mark, modified = f"index-{number}-{documents.VERSION}", head.pages[number * nodes.IN_INDEX - 1].last
    return sending.send(
        choice, mark, sending.FULL, modified, links, lambda: documents.write(_names(head), node, choice.format)
    )


@blueprint.get("/feed/pages/<name>")
def page(name: str) -> Response:
    """Return a page: up to a thousand members."""
    number, suffix = _parsed(name)
    found = service()
    head = found.feed.head()
    entry = found.feed.page(number)
    choice = negotiate.choose((*_RDF, HTML), TRIG, lambda form: f"/feed/pages/{number}.{form.name}", suffix)
    links = [Link("/feed", "collection"), Link("/feed/pages/1", "first")]
    links += [Link(f"/feed/pages/{number - 1}", "prev")] if number > 1 else []
    links += [Link(f"/feed/pages/{number + 1}", "next")] if number < len(head.pages) else []
    if choice.is_html:
        members = found.feed.members_of(entry)
        view = rows.page(found, entry, members, len(head.pages))
        mark = f"{entry.file}-{len(head.pages)}-{_for_people(found)}"
        return sending.send(
            choice,
            mark,
            sending.FOR_PEOPLE,
            entry.last,
            links,
            lambda: render_template("feed_page.html", page=view, alternates=choice.alternates),
        )
    return sending.send(
        choice,
        f"{entry.file}-{entry.full}-{documents.VERSION}",
        sending.FULL if entry.full else sending.GROWING,
        entry.last,
        links,
        lambda: documents.write(_names(head), nodes.page(entry, found.feed.members_of(entry)), choice.format),
    )


def _root(suffix: str | None) -> Response:
    found = service()
    head = found.feed.head()
    choice = negotiate.choose((*_RDF, HTML, ATOM), TRIG, lambda form: f"/feed.{form.name}", suffix)
    if choice.format is ATOM:
        return _atom(found, head, choice)
    links = [Link(_names(head).root, "canonical")]
    if choice.is_html:
        view = rows.recent(found, head)
        mark = f"{nodes.mark(head)}-{_for_people(found)}"
        return sending.send(
            choice,
            mark,
            sending.FOR_PEOPLE,
            head.last,
            links,
            lambda: render_template("feed.html", feed=view, alternates=choice.alternates),
        )
    return sending.send(
        choice,
        f"{nodes.mark(head)}-{documents.VERSION}",
        sending.GROWING,
        head.last,
        links,
        lambda: documents.write(_names(head), nodes.root(head), choice.format),
    )


def _atom(found: Service, head: Head, choice: Choice) -> Response:
    asked = request.args.get("page", "1")
    if not asked.isdecimal() or not 1 <= int(asked[:_LARGEST_NUMBER]) <= (last := atom.pages(head)):
        raise BadInput(
            f"There is no page '{asked}' of the Atom feed; there are 1 to {atom.pages(head)}.", parameter="page"
        )
    number = int(asked)
    mark = f"{nodes.mark(head)}-{number}-{_for_people(found)}"
    links = [Link(target, rel, ATOM.media_type) for rel, target in atom.links(number, last)]
    return sending.send(
        choice, mark, sending.GROWING, head.last, links, lambda: atom.write(found, _names(head), head, number)
    )


def _for_people(found: Service) -> str:
    """Return what all that people read depends on beside the feed."""
    return f"{found.code}-{'-'.join(negotiate.languages())}"


def _names(head: Head) -> FeedNames:
    return FeedNames(head.base or service().names.base)


def _parsed(name: str) -> tuple[int, str | None]:
    number, dot, suffix = name.rstrip("/").partition(".")
    if not (number.isascii() and number.isdigit() and len(number) <= _LARGEST_NUMBER):
        raise NotFound(f"The feed has no document '{name}'; /feed leads to all there is.")
    return int(number), suffix if dot else None
