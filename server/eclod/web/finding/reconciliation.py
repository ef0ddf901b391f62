"""The Reconciliation Service API, version 0.2 and the draft of 1.0, at `/reconcile`: names to identifiers in batches.

Both versions share one endpoint; `/reconcile/1.0-draft` is an endpoint of that version alone, since the manifests of
the two say one thing differently.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from flask import Blueprint, Response, request
from markupsafe import escape

from eclod.core.errors import BadInput, NotFound, OverBudget, TooBusy, TooLarge, UnsupportedMedia
from eclod.core.formats import JSON
from eclod.store.finding.index import Entry, Hit
from eclod.store.finding.matching import Candidate, Matcher, Wanted
from eclod.web.context import Service, service
from eclod.web.finding import batches, extension, manifest, retired, terms
from eclod.web.messages import here, negotiate
from eclod.web.messages.responses import Sender
from eclod.web.resources.wording import in_words

T = TypeVar("T")

blueprint: Final = Blueprint("reconciliation", __name__, url_prefix="/reconcile")

#: Batches that are worked on at a time, how long another waits for its turn, and what one may take.
_AT_A_TIME: Final = 2
_WAIT_SECONDS: Final = 10.0
_BUDGET_SECONDS: Final = 20.0
#: Between two names of a batch others get their turn: a thread of Python's that works keeps them waiting.
_PAUSE_EVERY: Final = 5
_SUGGESTIONS: Final = 10
_MOST_SUGGESTIONS: Final = 50
_MOST_SKIPPED: Final = 1000
_DEFAULT_TYPES: Final = 5
_LANGUAGES_REMEMBERED: Final = 64
_LONGEST_PREFIX: Final = 500
#: The score of what took the place of the identifier that was asked for: below what is sure.
_REPLACED: Final = 90.0


class Desk:
    """Where the batches about one release are worked on, so many at a time."""

    def __init__(self, found: Service, release: str) -> None:
        self.release = release
        self._matcher = Matcher(found.search.for_release(release))
        self._service = found
        self._labels: dict[tuple[str, ...], dict[str, str]] = {}
        self._places = threading.BoundedSemaphore(_AT_A_TIME)

    def work(self, queries: Mapping[T, Wanted]) -> dict[T, list[Candidate]]:
        """Return the candidates of each query; raises TooBusy, OverBudget."""
        if not self._places.acquire(timeout=_WAIT_SECONDS):
            raise TooBusy("Others' batches are being worked on; send this one again.", retry_after=5)
        try:
            end = time.monotonic() + _BUDGET_SECONDS
            found = {}
            for number, (key, wanted) in enumerate(queries.items()):
                if number % _PAUSE_EVERY == _PAUSE_EVERY - 1:
                    time.sleep(0)
                if time.monotonic() > end:
                    raise OverBudget(
                        f"The batch took longer than {_BUDGET_SECONDS:g} seconds; send fewer names at a time.",
                        budget=_BUDGET_SECONDS,
                    )
                found[key] = self._candidates(wanted)
            return found
        finally:
            self._places.release()

    def types(self, entry: Entry) -> list[dict[str, str]]:
        """Return the classes of a thing with their labels."""
        labels = self._labels_of_types()
        return [{"id": each, "name": labels.get(each) or in_words(each)} for each in entry.types]

    def _labels_of_types(self) -> dict[str, str]:
        """Return the labels of classes in the languages of who asks, kept for the next in these."""
        languages = negotiate.languages()
        known = self._labels.get(languages)
        if known is None:
            if len(self._labels) >= _LANGUAGES_REMEMBERED:
                self._labels.clear()
            known = {each["id"]: each["name"] for each in terms.types(self._service, self.release)}
            self._labels[languages] = known
        return known

    def _candidates(self, wanted: Wanted) -> list[Candidate]:
        """Return candidates; for an identifier that is no longer valid what took its place, and that is never sure."""
        entries = retired.successors(self.release, wanted.name)
        if entries or retired.named(self.release, wanted.name) is not None:
            features = {"identifier": _REPLACED}
            return [Candidate(Hit(each), _REPLACED, features=features) for each in entries[: wanted.limit]]
        return self._matcher.candidates(wanted)


@blueprint.get("")
def root() -> Response:
    """Return the manifest, or the answers to what `queries` or `extend` asks (version 0.2)."""
    if "queries" in request.args:
        return _answer_0_2(request.args["queries"])
    if "extend" in request.args:
        return _values_0_2(request.args["extend"])
    return _manifest(lambda origin, types: manifest.combined(origin, service().names, types))


@blueprint.post("")
def ask() -> Response:
    """Answer a form with `queries` or `extend` (version 0.2, "Sending Reconciliation Queries to a Service")."""
    _small_enough()
    if request.mimetype not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise UnsupportedMedia("Send a form with 'queries' or 'extend' here, or JSON to /reconcile/match.")
    if "queries" in request.form:
        return _answer_0_2(request.form["queries"])
    if "extend" in request.form:
        return _values_0_2(request.form["extend"])
    raise BadInput("The form has neither 'queries' nor 'extend'.")


@blueprint.get("/1.0-draft")
def root_1_0() -> Response:
    """Return the manifest of version 1.0-draft alone."""
    return _manifest(manifest.of_1_0)


@blueprint.post("/match")
@blueprint.post("/1.0-draft/match")
def match() -> Response:
    """Answer a batch of version 1.0-draft."""
    _small_enough()
    queries, desk = dict(enumerate(batches.of_1_0(_json_body()))), _desk()
    answers = desk.work(queries).values()
    return _json({"results": [{"candidates": [_candidate(desk, c, True) for c in found]} for found in answers]})


@blueprint.get("/suggest/<what>")
@blueprint.get("/1.0-draft/suggest/<what>")
def suggest(what: str) -> Response:
    """Return entities, properties or types that begin as `prefix`; `cursor` or `offset` are skipped."""
    found = service()
    prefix = request.args.get("prefix", "")[:_LONGEST_PREFIX]
    skipped = min(_number("offset") or _number("cursor") or 0, _MOST_SKIPPED)
    limit = min(_number("limit") or _SUGGESTIONS, _MOST_SUGGESTIONS)
    choice = negotiate.choose((JSON,), JSON, lambda _: request.full_path)
    sender = Sender(found, choice, version=" ".join(negotiate.languages()))
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    if what == "entity":
        hits = found.search.for_release(sender.release).search(prefix, skipped + limit)
        entries = {e.iri: e for e in [*retired.successors(sender.release, prefix), *(hit.entry for hit in hits)]}
        desk = _desk()
        result = [_suggestion(desk, entry) for entry in list(entries.values())[skipped : skipped + limit]]
    elif what == "type":
        result = terms.beginning(terms.types(found, sender.release), prefix, skipped, limit)
    elif what == "property":
        result = terms.beginning(terms.properties(found, sender.release), prefix, skipped, limit)
    else:
        raise NotFound("There are suggestions of entity, property and type.")
    return sender.send(_text({"result": result}))


@blueprint.get("/flyout/<what>")
def flyout(what: str) -> Response:
    """Return a small piece of HTML about an entity, property or type (version 0.2, "Flyout Services")."""
    iri = request.args.get("id", "").strip()
    label, detail = "", ""
    if what == "entity":
        if (entry := _desk_entry(iri)) is not None:
            label, detail = entry.label, ", ".join(filter(None, [in_words(entry.kind), entry.detail]))
    else:
        found = service()
        known = (terms.types if what == "type" else terms.properties)(found, found.engine.release)
        term = next((each for each in known if each["id"] == iri), {})
        label, detail = term.get("name", ""), term.get("description", "")
    if not label:
        raise NotFound(f"There is no {what} '{iri[:200]}' to show.")
    return _json({"id": iri, "html": f"<p><strong>{escape(label)}</strong><br>{escape(detail)}</p>"})


@blueprint.get("/extend/propose")
@blueprint.get("/1.0-draft/extend/propose")
def propose() -> Response:
    """Return the properties that things of a `type` have, at most `limit`."""
    found, of_type, limit = service(), request.args.get("type", ""), _number("limit")
    choice = negotiate.choose((JSON,), JSON, lambda _: request.full_path)
    sender = Sender(found, choice, version=" ".join(negotiate.languages()))
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    known = terms.proposed(found, sender.release, batches.iri_of(of_type), limit)
    content: dict[str, Any] = {"properties": known, "type": of_type}
    return sender.send(_text(content | ({"limit": limit} if limit else {})))


@blueprint.post("/extend")
@blueprint.post("/1.0-draft/extend")
def extend() -> Response:
    """Return values of properties of entities (version 1.0-draft)."""
    _small_enough()
    found = extension.read(service(), extension.asked(batches.parse(_json_body())), negotiate.languages())
    return _json(found.as_1_0())


def _answer_0_2(text: str) -> Response:
    queries, desk = batches.of_0_2(text), _desk()
    answers = desk.work(queries)
    return _json({key: {"result": [_candidate(desk, c, False) for c in found]} for key, found in answers.items()})


def _values_0_2(text: str) -> Response:
    found = extension.read(service(), extension.asked(batches.parse(text)), negotiate.languages())
    return _json(found.as_0_2())


def _manifest(make: Callable[[str, list[dict[str, Any]]], dict[str, Any]]) -> Response:
    found = service()
    origin = here.address(found.settings.base)
    sender = Sender(
        found, negotiate.choose((JSON,), JSON, lambda _: request.path), about=" ".join([origin, *negotiate.languages()])
    )
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    types = [{"id": each["id"], "name": each["name"]} for each in terms.types(found, sender.release)[:_DEFAULT_TYPES]]
    return sender.send(_text(make(origin, types)))


def _desk() -> Desk:
    found = service()
    release = found.engine.release
    return found.remember("reconciliation desk", release, lambda: (Desk(found, release), release))


def _desk_entry(iri: str) -> Entry | None:
    found = service()
    entry = found.search.for_release(found.engine.release).get(iri)
    return entry.in_language(negotiate.languages()) if entry is not None else None


def _small_enough() -> None:
    if (request.content_length or 0) > batches.LARGEST:
        raise TooLarge(f"The request is longer than {batches.LARGEST >> 10} KiB; send fewer at a time.")


def _json_body() -> bytes:
    if request.mimetype and request.mimetype != "application/json":
        raise UnsupportedMedia("Send the batch as application/json, or as a form to /reconcile.")
    return request.get_data()


def _number(name: str) -> int | None:
    asked = request.args.get(name, "")
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) < 10):
        raise BadInput(f"The {name} '{asked[:100]}' is not a whole number.", parameter=name)
    return int(asked) if asked else None


def _candidate(desk: Desk, candidate: Candidate, named: bool) -> dict[str, Any]:
    entry = candidate.hit.entry.in_language(negotiate.languages())
    return {
        "id": entry.iri,
        "name": entry.label,
        "description": _description(entry),
        "type": desk.types(entry),
        "score": candidate.score,
        "match": candidate.match,
        "features": [
            {"id": feature, **({"name": in_words(feature)} if named else {}), "value": value}
            for feature, value in candidate.features.items()
        ],
        **({"lang": entry.language} if named and entry.language else {}),
    }


def _suggestion(desk: Desk, entry: Entry) -> dict[str, Any]:
    entry = entry.in_language(negotiate.languages())
    return {"id": entry.iri, "name": entry.label, "description": _description(entry), "notable": desk.types(entry)}


def _description(entry: Entry) -> str:
    return ", ".join(filter(None, [in_words(entry.kind), entry.detail]))


def _json(content: Mapping[str, Any]) -> Response:
    response = Response(_text(content), content_type=JSON.content_type)
    response.headers["Cache-Control"] = "no-store"
    return response


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
