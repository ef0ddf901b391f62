"""The list of events as a calendar: `/events.ics`, narrowed as the list is (`?region=AT22&ecosystem=health`)."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from eclod.core.errors import TooBusy
from eclod.core.formats import HTML, ICALENDAR, Format
from eclod.web.context import Service, service
from eclod.web.messages import negotiate
from eclod.web.messages.negotiate import Choice
from eclod.web.messages.responses import Link, Sender
from eclod.web.pages.lists import index, state, table
from eclod.web.pages.lists.index import Index
from eclod.web.pages.lists.state import State
from eclod.web.resources import calendars, links, statements
from eclod.web.resources.statements import Reader
from eclod.web.resources.wording import Wording

blueprint: Final = Blueprint("calendar", __name__)

#: The list that is a calendar too.
LIST: Final = "events"
_ATTEMPTS: Final = 3


@blueprint.get(f"/{LIST}.{ICALENDAR.name}")
def events() -> Response:
    """Return the events that the address chooses as a calendar, all of them without a choice."""
    found = service()
    wanted = state.read(table.load()[LIST], request.args, found.names)

    def of_form(form: Format) -> str:
        return address(wanted) if form is ICALENDAR else wanted.address()

    return answer(found, wanted, negotiate.choose((ICALENDAR, HTML), ICALENDAR, of_form, ICALENDAR.name))


def answer(found: Service, wanted: State, choice: Choice) -> Response:
    """Return the events of a list as a calendar."""
    sender = Sender(found, choice)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    language = calendars.language(request.args.get("lang"))
    for _ in range(_ATTEMPTS):
        known = index.read(found, wanted.collection)
        body, sender.release = _calendar(found, known, wanted, language)
        if sender.release in ("", known.release):
            return sender.send(body, [Link(address(wanted), "canonical")])
    raise TooBusy("A new release is being switched to; ask again.", retry_after=1)


def address(wanted: State) -> str:
    """Return where a list of events is as a calendar."""
    fields = wanted.fields()
    return f"/{LIST}.{ICALENDAR.name}" + (f"?{urlencode(fields, safe=':/')}" if fields else "")


def _calendar(found: Service, known: Index, wanted: State, language: str) -> tuple[bytes, str]:
    chosen = [known.things[position] for position in index.positions(known.selected(wanted))]
    made = found.created(known.release)

    def body(reader: Reader) -> bytes:
        reader.ask("ASK {}")  # so that an empty choice is of a release too
        return calendars.write(reader, chosen, _title(reader, found, wanted, language), made, language)

    return statements.consistently(found.engine, body)


def _title(reader: Reader, found: Service, wanted: State, language: str) -> str:
    """Return the title of the list with what narrows it, such as `Events: Austria, health`."""
    values = [value for facet in wanted.collection.facets for value in wanted.values(facet)]
    wording = Wording(links.Links(found.names), (language,))
    wording.learn(statements.labels(reader, [value for value in values if ":" in value]))
    said = [wording.thing(value).text if ":" in value else value for value in values]
    narrowed = ", ".join([*said, *([wanted.text] if wanted.text else [])])
    return f"{wanted.collection.title}: {narrowed}" if narrowed else wanted.collection.title
