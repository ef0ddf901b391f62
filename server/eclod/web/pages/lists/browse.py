"""What there is to browse: the collections with the number of their things, for a page of its own and the home page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, cast

import pyoxigraph as ox
from flask import Blueprint, Response

from eclod.core.formats import HTML, JSON
from eclod.web.context import Service, service
from eclod.web.messages import negotiate
from eclod.web.messages.responses import Sender
from eclod.web.pages.lists import table, texts
from eclod.web.pages.lists.views import BrowseView, CollectionView
from eclod.web.resources import statements
from eclod.web.resources.statements import Reader

blueprint: Final = Blueprint("browse", __name__)


@blueprint.get("/browse")
def page() -> Response:
    """List the collections of the current release with their numbers."""
    found = service()

    choice = negotiate.choose(
        (HTML, JSON), HTML, lambda form: "/browse" if form is HTML else f"/browse?format={form.name}"
    )
    sender = Sender(found, choice)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    listed = collections(found, sender.release)
    if choice.is_html:
        view = BrowseView(grouped(listed), tuple(each for each in listed.values() if not each.count), choice.alternates)
        return sender.page("browse.html", browse=view)
    content = [
        {"name": name, "title": each.title, "description": each.lead, "href": each.href, "count": each.count}
        for name, each in listed.items()
    ]
    return sender.send(json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def collections(found: Service, release: str) -> Mapping[str, CollectionView]:
    """Return all collections by path, in the order of the table; counted once for a release."""
    every = table.load()

    def count(reader: Reader) -> dict[str, int]:
        rows = reader.select(texts.count(list(every.values())))
        return {cast("ox.Literal", row["key"]).value: int(cast("ox.Literal", row["n"]).value) for row in rows}

    numbers = found.remember("collections", release, lambda: statements.consistently(found.engine, count))
    return {
        path: CollectionView(each.title, each.lead, f"/{path}", numbers.get(path, 0)) for path, each in every.items()
    }


def grouped(listed: Mapping[str, CollectionView]) -> tuple[tuple[str, tuple[CollectionView, ...]], ...]:
    """Return the collections that have anything by the group they are in, groups in the order of the table."""
    groups: dict[str, list[CollectionView]] = {}
    for path, each in table.load().items():
        if listed[path].count:
            groups.setdefault(each.group, []).append(listed[path])
    return tuple((name, tuple(some)) for name, some in groups.items())
