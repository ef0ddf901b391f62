"""The addresses of lists: a page with facets, and the same list as data in every format of an answer."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState

from eclod.core.errors import NotFound, TooBusy
from eclod.core.formats import GRAPH_FORMATS, HTML, ICALENDAR, RESULT_FORMATS, SPREADSHEET, Format
from eclod.web.context import Service, service
from eclod.web.messages import negotiate, responses
from eclod.web.messages.negotiate import Choice
from eclod.web.messages.responses import Link, Sender
from eclod.web.pages import calendar, news
from eclod.web.pages.lists import facets, figures, glossary, index, near, rows, spelling, state, table, texts
from eclod.web.pages.lists.index import Index
from eclod.web.pages.lists.state import State
from eclod.web.pages.lists.table import Facet
from eclod.web.pages.lists.views import ListView
from eclod.web.queries import asking, protocol
from eclod.web.queries.protocol import QueryRequest
from eclod.web.resources import links, statements
from eclod.web.resources.statements import Reader
from eclod.web.resources.views import Term
from eclod.web.resources.wording import Wording

blueprint: Final = Blueprint("lists", __name__)

_ATTEMPTS: Final = 3


@blueprint.record
def _rules(setup: BlueprintSetupState) -> None:
    """Give each collection of the table its address."""
    for path in table.load():
        setup.add_url_rule(f"/{path}", endpoint="one", view_func=one, defaults={"path": path}, methods=["GET"])


def one(path: str) -> Response:
    """Return a list as the choices in the address narrow it: one page of it for people, all of it as data."""
    found = service()
    wanted = state.read(table.load()[path], request.args, found.names)

    def address(form: Format) -> str:
        if form is ICALENDAR:
            return calendar.address(wanted)
        return wanted.address() if form is HTML else wanted.address(form.name)

    offered = [HTML, *RESULT_FORMATS, SPREADSHEET, *GRAPH_FORMATS]
    if path == calendar.LIST:
        offered.append(ICALENDAR)
    choice = negotiate.choose(offered, HTML, address)
    if choice.format is ICALENDAR:
        return calendar.answer(found, wanted, choice)
    return _page(found, wanted, choice) if choice.is_html else _data(found, wanted, choice)


def _data(found: Service, wanted: State, choice: Choice) -> Response:
    form = choice.format
    text = texts.graph(wanted) if form in GRAPH_FORMATS else texts.rows(wanted)
    asked = QueryRequest(text, None, None, None, protocol.budget(request.args.get("timeout")))
    question = asking.question(found, asked, form, form)
    others = tuple(each for each in choice.alternates if each.format is not form)
    response = asking.send(found, found.engine.ask(question), question, responses.alternate_links(others))
    if choice.named and choice.location:
        response.headers["Content-Location"] = choice.location
    return response


def _page(found: Service, wanted: State, choice: Choice) -> Response:
    sender = Sender(found, choice)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    for _ in range(_ATTEMPTS):
        known = index.read(found, wanted.collection)
        maker = _Maker(known, wanted, choice, Wording(links.Links(found.names), negotiate.languages()))
        view, sender.release = statements.consistently(found.engine, maker.view)
        if sender.release in ("", known.release):
            return sender.page("list.html", [Link(view.canonical, "canonical")], page=view)
    raise TooBusy("A new release is being switched to; ask again.", retry_after=1)


class _Maker:
    """Puts one page together."""

    def __init__(self, known: Index, wanted: State, choice: Choice, wording: Wording) -> None:
        self._index = known
        self._state = wanted
        self._choice = choice
        self._wording = wording

    def view(self, reader: Reader) -> ListView:
        """Return all facts of the page: two questions, or three when it names what no page has named before."""
        known, wanted, collection = self._index, self._state, self._state.collection
        selected = known.selected(wanted)
        total = selected.bit_count()
        pages = max(1, -(-total // rows.SHOWN))
        if wanted.page > pages:
            raise NotFound(f"This list has {pages} page{'s' if pages > 1 else ''}; there is no page {wanted.page}.")
        things = rows.on_page(known, selected, wanted.page)
        explained = glossary.read(reader, collection)
        cells = rows.read_cells(reader, collection, things)
        offered = facets.offers(known, wanted)
        nearby = near.offers(known, wanted)
        named = facets.wanted(wanted, offered) | rows.iris(cells) | figures.wanted(known, wanted, selected)
        named |= {code for _, _, others in nearby for code, _ in others}
        self._wording.learn(rows.read_labels(reader, known, named))
        self._wording.learn(statements.labels(reader, things))
        listed = tuple(rows.view(collection, thing, cells, self._wording) for thing in things)
        is_first = wanted.page == 1
        chips = facets.chips(known, wanted, self._label)
        heading = ", ".join(chip.label.text for chip in chips)
        return ListView(
            path=f"/{collection.path}",
            title=collection.title,
            heading=f"{collection.title}: {heading}" if heading else collection.title,
            lead=collection.lead,
            note=collection.note,
            glossary=glossary.view(known, wanted, explained, self._wording) if is_first else None,
            follow=_follow(wanted),
            one=collection.one,
            many=collection.many,
            columns=rows.columns(listed),
            timeline=collection.timeline,
            rows=listed,
            facets=facets.views(wanted, offered, self._label),
            chips=chips,
            near=near.views(wanted, nearby, self._label),
            charts=figures.charts(known, wanted, selected, self._label) if is_first else (),
            map=figures.map_of(known, wanted, selected, self._label, self._wording) if is_first else None,
            total=total,
            all=len(known.things),
            first=(wanted.page - 1) * rows.SHOWN + 1,
            number=wanted.page,
            pages=pages,
            text=wanted.text,
            kept=tuple(wanted.saying("").fields()),
            clear_href=f"/{collection.path}",
            search_href=f"/search?q={links.quoted(wanted.text)}",
            query_href=links.edit(texts.rows(wanted)),
            canonical=wanted.address(),
            previous_href=wanted.on(wanted.page - 1).address() if wanted.page > 1 else "",
            next_href=wanted.on(wanted.page + 1).address() if wanted.page < pages else "",
            indexed=wanted.choices <= 1 and not wanted.text,
            alternates=self._choice.alternates,
        )

    def _label(self, facet: Facet, value: str) -> Term:
        if facet.is_literal or not self._wording.knows(value):
            return Term(spelling.spelled(facet, value, self._state.names))
        return self._wording.thing(value)


def _follow(wanted: State) -> Term | None:
    """Return where a program can follow a list, narrowed as it is."""
    if wanted.collection.path == calendar.LIST:
        return Term("Follow these events in your calendar", calendar.address(wanted))
    if wanted.collection.path == news.LIST:
        return Term("Follow the news in a feed reader", news.address(wanted))
    return None
