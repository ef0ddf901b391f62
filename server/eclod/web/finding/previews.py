"""A card about a thing that other sites show in a frame while somebody chooses."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from eclod.core.errors import NotFound
from eclod.core.formats import HTML
from eclod.store.finding.index import Entry
from eclod.store.identities import ERASED, WITHDRAWN, Identity
from eclod.web.context import service
from eclod.web.finding import retired
from eclod.web.finding.views import PreviewView
from eclod.web.messages import here, negotiate
from eclod.web.messages.responses import Sender
from eclod.web.resources import cards, links
from eclod.web.resources.wording import in_words

blueprint: Final = Blueprint("previews", __name__)

#: Anybody may show the card in a frame; it runs nothing and sends nothing.
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
)
_SHOWN: Final = 4


@blueprint.get("/reconcile/preview")
@blueprint.get("/reconcile/1.0-draft/preview")
def preview() -> Response:
    """Return the card of the thing `id`; of an identifier that is no longer valid, the card of what took its place.

    Of one that was withdrawn the card says so, with 410; of one that was erased nothing is said.
    """
    found, iri = service(), request.args.get("id", "").strip()
    origin = here.address(found.settings.base)
    sender = Sender(found, negotiate.choose((HTML,), HTML, lambda _: request.full_path), about=origin)
    entry, note = found.search.for_release(sender.release).get(iri), ""
    if entry is None and (replacing := retired.successors(sender.release, iri)):
        entry, note = replacing[0], "This took the place of the identifier that was asked for."
    gone = retired.named(sender.release, iri) if entry is None else None
    if gone is not None and gone.state == ERASED:
        return _framed(Response(status=410))
    if gone is not None and gone.state == WITHDRAWN:
        response = sender.page("preview.html", preview=_withdrawn(gone, origin))
        response.status_code = 410
        return _framed(response)
    if entry is None:
        raise NotFound(f"There is nothing to show about '{iri[:200]}'.")
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    href = links.Links(found.names).to(entry.iri, known=True)[0] or ""
    shown = _view(entry.in_language(negotiate.languages()), note, origin + href if href.startswith("/") else href)
    return _framed(sender.page("preview.html", preview=shown))


@blueprint.errorhandler(Exception)
def failed(error: Exception) -> Response:
    """Return an error as a card: it stands in the frame of another site."""
    return cards.open_to_frames(cards.failed(service(), error))


def _framed(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    return response


def _withdrawn(gone: Identity, origin: str) -> PreviewView:
    facts = tuple((name, (text,)) for name, text in (("Since", gone.since[:10]), ("Why", gone.reason)) if text)
    href = origin + links.document(gone.kind, gone.code)
    return PreviewView(f"{gone.code} is withdrawn", "en", gone.kind, gone.iri, href, facts, cards.GONE)


def _view(entry: Entry, note: str, href: str) -> PreviewView:
    facts = (
        ("Also called", entry.names),
        ("Where", (*entry.towns, entry.detail) if entry.detail not in entry.towns else entry.towns),
        ("Numbers", tuple(code for code in entry.codes if not entry.iri.endswith(f"/{code}"))),
        ("Homepage", (entry.homepage,)),
    )
    shown = tuple((name, tuple(filter(None, dict.fromkeys(texts)))[:_SHOWN]) for name, texts in facts)
    kind = in_words(entry.kind)
    return PreviewView(entry.label, entry.language, kind, entry.iri, href, tuple(f for f in shown if f[1]), note)
