"""A thing as a card: a small page of its own that any site may show in a frame, without a script."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import Final

from flask import Response, render_template, request

from eclod.core.errors import BadInput
from eclod.core.formats import HTML
from eclod.core.namespaces import expand
from eclod.rdf.profiles import FULL
from eclod.web.context import Service
from eclod.web.messages import errors, here
from eclod.web.messages.negotiate import Choice
from eclod.web.messages.responses import Link, Sender
from eclod.web.resources import links
from eclod.web.resources.views import CardView, DepartedView, Group, Term, ThingView

PARAMETER: Final = "view"
VIEW: Final = "card"
#: What a frame should have, in CSS pixels.
WIDTH: Final = 400
HEIGHT: Final = 240
#: Whatever the request accepts: the address of a card says what it is.
CHOICE: Final = Choice(HTML, True, (), FULL.iri)
_SHOWN: Final = 3
_HOMEPAGE: Final = expand("foaf:homepage")
#: What a card tells, in this order, as far as there is something to tell.
_TOLD: Final = tuple(
    expand(name)
    for name in (
        "time:hasTime",
        "locn:address",
        "dct:spatial",
        "eclod:country",
        "eclod:managedBy",
        "eclod:sector",
        "eclod:ecosystem",
    )
)
#: What is said of an identifier with several successors, and of one with none.
_SPLIT: Final = "What this identifier named turned out to be several things:"
GONE: Final = "What this identifier named is no longer described here."
#: With an address, the region and the country go without saying.
_SAID_BY_ADDRESS: Final = frozenset(map(expand, ("dct:spatial", "eclod:country")))


def is_wanted() -> bool:
    """Return whether this request asks for a card; raises BadInput for another view."""
    asked = request.args.get(PARAMETER)
    if asked is not None and not is_framed():
        raise BadInput(f"There is no view '{asked}' of a thing; there is {VIEW}.", parameter=PARAMETER)
    return asked is not None


def is_framed() -> bool:
    """Return whether whatever is answered may stand in the frame of a card."""
    return request.args.get(PARAMETER, "").strip().lower() == VIEW


def open_to_frames(response: Response) -> Response:
    """Let every site frame what is answered in the place of a card; frames of it are in pages we do not know of."""
    response.headers["Content-Security-Policy"] = _policy()
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def failed(service: Service, error: Exception) -> Response:
    """Return an error as a small card that says it in one sentence; for programs as ever."""
    root = here.address(service.settings.base)
    return errors.handle(error, "card_error.html", style=_style(), root=root)


def send(service: Service, sending: Sender, view: ThingView, typed: list[Link]) -> Response:
    """Return a card that every site may frame and that loads nothing."""
    root = here.address(service.settings.base)
    card = CardView(
        view.label,
        view.language,
        " · ".join(term.text for term in view.types),
        view.description,
        tuple(_facts(view)),
        next((group.values[0].term for group in view.groups if group.property_iri == _HOMEPAGE), None),
        f"{root}{view.document}",
        view.iri,
    )
    return _sent(sending, card, typed)


def send_departed(service: Service, sending: Sender, view: DepartedView, typed: list[Link]) -> Response:
    """Return a card of an identifier that is no longer valid: frames that show it are in pages we do not know of."""
    names = ", ".join(choice.text for choice in view.choices[:_SHOWN]) + (" …" if len(view.choices) > _SHOWN else "")
    told = f"{_SPLIT} {names}" if view.choices else GONE
    page = f"{here.address(service.settings.base)}{links.document(view.kind, view.code)}"
    facts = (("since", view.since[:10]),) if view.since else ()
    card = CardView(
        f"{view.code} is {view.state}", "en", view.kind, Term(told, language="en"), facts, None, page, view.iri
    )
    return _sent(sending, card, typed)


def _sent(sending: Sender, card: CardView, typed: list[Link]) -> Response:
    response = open_to_frames(sending.page("card.html", typed, card=card, style=_style()))
    response.headers["Content-Language"] = card.language or "en"
    return response


@lru_cache
def _style() -> str:
    return render_template("card.css").strip()


@lru_cache
def _policy() -> str:
    """Return the policy of a card: it has its style, and loads nothing."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors *"


def _facts(view: ThingView) -> list[tuple[str, str]]:
    """Return (label, text) of what a card tells."""
    known = {group.property_iri: group for group in view.groups}
    told = []
    for name in _TOLD:
        if (
            name in known
            and not (name in _SAID_BY_ADDRESS and _text(known.get(_TOLD[1])))
            and (text := _text(known[name]))
        ):
            told.append((known[name].label, text))
    return told[:_SHOWN]


def _text(group: Group | None) -> str:
    if group is None:
        return ""
    terms: list[Term] = [value.term for value in group.values if value.merged and value.term.text]
    return ", ".join(term.text for term in terms[:_SHOWN]) + (" …" if len(terms) > _SHOWN else "")
