"""Receipts of answers, for whoever cites them: made on demand, kept for ever, asked again by whoever doubts them."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Final

from flask import Blueprint, Response, request

from eclod.core import codes
from eclod.core.errors import (
    Abandoned,
    BadQuery,
    EclodError,
    NoReceipt,
    NotFound,
    TooBusy,
    TooManyRequests,
)
from eclod.core.formats import BIBTEX, CSL_JSON, HTML, JSON, Format
from eclod.store import receipts
from eclod.store.engine import Question
from eclod.store.receipts import Receipt, Result
from eclod.store.remembering import repeatable
from eclod.web.context import Service, service
from eclod.web.messages import negotiate, responses
from eclod.web.messages.negotiate import Choice
from eclod.web.messages.responses import Link, Sender
from eclod.web.queries import asking, citations, protocol, receipt_views, saved
from eclod.web.queries.protocol import QueryRequest
from eclod.web.queries.receipt_views import Asked, Facts
from eclod.web.resources import documents, manifests

blueprint: Final = Blueprint("receipts", __name__, url_prefix="/receipts")

_FORMATS: Final = (HTML, JSON, BIBTEX, CSL_JSON)
#: What today's answer may take while somebody waits for the page, in seconds.
_PATIENCE: Final = 10.0
#: What a receipt takes beside its request, in bytes.
_BESIDE_REQUEST: Final = 512


@blueprint.after_request
def unlisted(response: Response) -> Response:
    """Keep search engines away: what others asked is found by those who were given the address."""
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.route("", methods=["GET", "POST"])
def index() -> Response:
    """Send whoever names a query to the receipt of its answer, made now if need be; else say what receipts are."""
    found = service()
    asked = asking.read(found)
    if asked.query is None:
        choice = negotiate.choose((HTML,), HTML, lambda form: f"/receipts?format={form.name}")
        ids = [manifest.id for manifest in manifests.all_manifests(found)]
        sender = Sender(found, choice, release=found.release(), about=" ".join(ids))
        unchanged = sender.unchanged()
        return unchanged if unchanged is not None else sender.page("receipts.html", releases=ids)
    receipt = _made(found, asked)
    response = documents.redirect(f"/receipts/{receipt.id}", 303)
    response.headers[responses.RELEASE_HEADER] = receipt.release
    return response


@blueprint.get("/<name>")
def show(name: str) -> Response:
    """Show a receipt; with `?replay=true` the release is asked again."""
    found = service()
    spelling, _, suffix = name.partition(".")
    code = codes.normalise(spelling)
    if spelling != code:
        return documents.redirect(f"/receipts/{code}" + (f".{suffix}" if suffix else ""), 301)
    receipt = found.receipts.get(code) or _of_expected(found, code)
    if receipt.id != code:
        return documents.redirect(f"/receipts/{receipt.id}", 303)

    def address(form: Format) -> str:
        return f"/receipts/{receipt.id}.{form.name}"

    choice = negotiate.choose(_FORMATS, HTML, address, suffix or None)
    again = _replay(found, receipt) if request.args.get("replay") == "true" else None
    about = f"{found.release()} {'kept' if _is_kept(found, receipt.release) else 'pruned'}"
    sender = Sender(found, choice, release=receipt.release, about=about)
    if again is None and (unchanged := sender.unchanged()) is not None:
        return unchanged
    response = _represent(found, receipt, choice, sender, again)
    response.last_modified = datetime.fromisoformat(receipt.at)
    return response


def _represent(found: Service, receipt: Receipt, choice: Choice, sender: Sender, again: Asked | None) -> Response:
    iri = f"{found.names.base}/receipts/{receipt.id}"
    asked = _read(receipt.request)
    canonical = [Link(iri, "canonical"), Link(iri, "cite-as")]
    if choice.format is BIBTEX:
        return sender.send(citations.bibtex(receipt, iri, asked.query or ""), canonical)
    if choice.format is CSL_JSON:
        return sender.send(receipt_views.written(citations.csl(receipt, iri, asked.query or "")), canonical)
    today = _today(found, receipt)
    facts = Facts(receipt, asked, iri, _is_kept(found, receipt.release), today, again)
    if choice.is_html:
        view = receipt_views.view(facts, choice.alternates, saved.catalogue(found.names.base))
        response = sender.page("receipt.html", canonical, view=view)
    else:
        response = sender.send(receipt_views.written(receipt_views.as_json(facts)), canonical)
    if again is not None or (today is not None and today.passing):
        for name in ("ETag", "Content-Location"):
            del response.headers[name]
        response.headers["Cache-Control"] = "no-store"
    return response


def _made(found: Service, asked: QueryRequest) -> Receipt:
    """Return the receipt of what a release answers, made now when there is none.

    Raises NotFound for a release that there is not, NoReceipt for an answer that gets none, TooLarge, TooManyRequests,
    and what the engine raises.
    """
    question = asking.question(found, asked)
    release = asked.release or found.engine.release
    if (earlier := found.receipts.find(release, receipts.spelt_request(question))) is not None:
        return earlier
    canonical = receipts.canonical_request(question)
    if (known := found.receipts.find(release, canonical)) is not None:
        return known
    if not repeatable(question.text):
        raise NoReceipt(
            "A query with NOW(), RAND(), UUID(), STRUUID(), BNODE() or SERVICE gets no receipt, since a release does "
            "not answer it the same each time; write the value itself instead."
        )
    manifest = found.manifest(release)
    if manifest is None or not _is_kept(found, release):
        raise NotFound(f"There is no release '{release}' that can be asked; /releases lists those there are.")
    if question.asker is not None:
        found.new_receipts.use(question.asker.name, len(canonical) + _BESIDE_REQUEST, "new receipts")
    result = _settled(found, question, canonical, release)
    return found.receipts.keep(manifest, canonical, result, datetime.now(UTC))


def _settled(found: Service, question: Question, canonical: str, release: str) -> Result:
    """Return what a release answers to a canonical request, which is what its receipt is replayed with."""
    text = _read(canonical).query or ""
    try:
        return receipts.settle(found.engine, dataclasses.replace(question, text=text), release)
    except BadQuery:
        receipts.compute(found.engine, dataclasses.replace(question, release=release))  # says where in what was sent
        raise


def _of_expected(found: Service, code: str) -> Receipt:
    """Return the receipt of a request that was put down when it was answered, made now."""
    expected = found.receipts.expected(code)
    if expected is None:
        raise NotFound(
            f"There is no receipt {code} here; if its query was asked long ago and nobody opened the receipt, ask the "
            "query again and follow the new link."
        )
    release, canonical = expected
    return _made(found, dataclasses.replace(_read(canonical), release=release))


def _read(canonical: str) -> QueryRequest:
    """Return a canonical request as it was asked."""
    return protocol.read("GET", canonical, "", b"")


def _question(found: Service, receipt: Receipt) -> Question:
    return asking.question(found, _read(receipt.request))


def _replay(found: Service, receipt: Receipt) -> Asked:
    """Ask the release of a receipt again; raises what the engine raises while the release is kept."""
    if not _is_kept(found, receipt.release):
        return Asked(receipt.release, problem="The release is no longer kept here, so it cannot be asked again.")
    question = dataclasses.replace(_question(found, receipt), release=receipt.release, fixed_order=True, fresh=True)
    result, release = receipts.compute(found.engine, question)
    return Asked(release, result)


def _today(found: Service, receipt: Receipt) -> Asked | None:
    """Return what the current release answers; None when it is the release of the receipt, or there is none."""
    current = found.release()
    if current in ("", receipt.release):
        return None

    def ask() -> tuple[Asked, str]:
        question = dataclasses.replace(_question(found, receipt), seconds=_PATIENCE)
        try:
            result, release = receipts.compute(found.engine, question)
        except (TooBusy, TooManyRequests, Abandoned):
            raise
        except EclodError as error:
            return Asked(current, problem=error.message), current
        return Asked(release, result), release

    try:
        return found.remember(("receipt", receipt.id), current, ask)
    except (TooBusy, TooManyRequests) as error:
        return Asked(current, problem=error.message, passing=True)


def _is_kept(found: Service, release: str) -> bool:
    """Return whether a release is still there; its manifest may be remembered for longer."""
    try:
        found.releases.folder(release)
    except NotFound:
        return False
    return True
