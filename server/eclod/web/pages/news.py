"""The list of news as a feed: `/news.atom` (RFC 4287), narrowed as the list is (`?kind=eclod:Call&country=FR`).

The time of an entry is the day of its news, as the list has it: an event or initiative by its beginning, a call by its
deadline or else its opening. Entries lead to the identifiers of things, which stay.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from flask import Blueprint, Response, request

from eclod.core.errors import TooBusy
from eclod.core.formats import ATOM, HTML, Format
from eclod.web.context import Service, service
from eclod.web.messages import negotiate
from eclod.web.messages.responses import Link, Sender
from eclod.web.pages.lists import index, rows, state, table
from eclod.web.pages.lists.index import Index
from eclod.web.pages.lists.state import State
from eclod.web.pages.lists.views import RowView
from eclod.web.resources import links, statements
from eclod.web.resources.statements import Reader
from eclod.web.resources.wording import Wording

blueprint: Final = Blueprint("news", __name__)

#: The list that is a feed too.
LIST: Final = "news"
_ATTEMPTS: Final = 3
_ATOM: Final = "http://www.w3.org/2005/Atom"
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
#: What XML 1.0 (section 2.2) has no way to write.
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@blueprint.get(f"/{LIST}.{ATOM.name}")
def feed() -> Response:
    """Return the newest news that the address chooses as a feed."""
    found = service()
    wanted = state.read(table.load()[LIST], request.args, found.names)

    def of_form(form: Format) -> str:
        return address(wanted) if form is ATOM else wanted.address()

    sender = Sender(found, negotiate.choose((ATOM, HTML), ATOM, of_form, ATOM.name))
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    for _ in range(_ATTEMPTS):
        known = index.read(found, wanted.collection)
        body, sender.release = _feed(found, known, wanted)
        if sender.release in ("", known.release):
            return sender.send(body, [Link(address(wanted), "canonical")])
    raise TooBusy("A new release is being switched to; ask again.", retry_after=1)


def address(wanted: State) -> str:
    """Return where a list of news is as a feed."""
    fields = wanted.fields()
    return f"/{LIST}.{ATOM.name}" + (f"?{urlencode(fields, safe=':/')}" if fields else "")


def _feed(found: Service, known: Index, wanted: State) -> tuple[bytes, str]:
    things = rows.on_page(known, known.selected(wanted), 1)
    wording = Wording(links.Links(found.names), negotiate.languages())

    def body(reader: Reader) -> bytes:
        cells = rows.read_cells(reader, wanted.collection, things)
        wording.learn(statements.labels(reader, [*things, *sorted(rows.iris(cells))]))
        listed = [rows.view(wanted.collection, thing, cells, wording) for thing in things]
        return _write(found, wanted, known.release, listed)

    return statements.consistently(found.engine, body)


def _write(found: Service, wanted: State, release: str, listed: list[RowView]) -> bytes:
    ET.register_namespace("", _ATOM)
    root = ET.Element(f"{{{_ATOM}}}feed")
    _add(root, "id", found.names.base + address(wanted))
    _add(root, "title", wanted.collection.title)
    _add(root, "subtitle", wanted.collection.lead)
    created = found.created(release)
    _add(root, "updated", created.isoformat(timespec="seconds") if created else "1970-01-01T00:00:00Z")
    _add(_add(root, "author"), "name", "eclod")
    _add(root, "link", rel="self", href=address(wanted), type=ATOM.media_type)
    _add(root, "link", rel="alternate", href=wanted.address(), type=HTML.media_type)
    for row in listed:
        entry = _add(root, "entry")
        _add(entry, "id", row.name.iri or "")
        _add(entry, "title", row.name.text).set(_LANG, row.name.language or "en")
        _add(entry, "updated", _moment(row.when))
        _add(entry, "link", rel="alternate", href=row.name.iri or "")
        for cell in row.cells:
            for value in cell.values if cell.title == "Kind" else ():
                _add(entry, "category", term=value.iri or value.text, label=value.text)
        if row.prose:
            _add(entry, "summary", row.prose.text).set(_LANG, row.prose.language or "en")
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    added = ET.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    added.text = _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text) or None
    return added


def _moment(when: str) -> str:
    """Return the first moment of a day, month or year, as a feed needs one (RFC 3339)."""
    return f"{when[:4]}{when[4:7] or '-01'}{when[7:10] or '-01'}T00:00:00Z"
