"""What the query editor offers while somebody types: the classes and properties in use, with labels and counts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox
from flask import Blueprint, Response

from eclod.core.formats import JSON
from eclod.core.namespaces import shorten
from eclod.store.partitions import GraphPartitions
from eclod.web.context import Service, service
from eclod.web.messages import negotiate
from eclod.web.messages.responses import Sender
from eclod.web.resources import links, manifests, statements
from eclod.web.resources.statements import Reader
from eclod.web.resources.wording import Wording

blueprint: Final = Blueprint("completion", __name__)

_MERGED_VIEW: Final = ""


@dataclass(frozen=True, slots=True)
class _Terms:
    """How often the merged view of a release has each class and property, and what these are called."""

    release: str
    counts: GraphPartitions | None
    labels: list[ox.Triple]


@blueprint.get("/sparql/terms.json")
def terms() -> Response:
    """Return the classes and properties of the merged view, most used first, named in the visitor's languages.

    `count` is the number of entities of a class, of triples of a property. `properties` of a class are those that its
    entities have, most used first, as positions in the list of properties.
    """
    found = service()
    choice = negotiate.choose((JSON,), JSON, lambda form: f"/sparql/terms.{form.name}")
    sender = Sender(found, choice, about=" ".join(negotiate.languages()))
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    content, sender.release = in_use(found, sender.release)
    return sender.send(json.dumps(content, ensure_ascii=False, separators=(",", ":")))


def in_use(found: Service, release: str) -> tuple[dict[str, Any], str]:
    """Return the classes and properties in use as `terms` does, and the release that they are of."""
    known = _terms(found, release)
    return _as_json(known, _wording(found, known)), known.release


def _terms(found: Service, release: str) -> _Terms:
    def read(reader: Reader) -> _Terms:
        reader.ask("ASK {}")  # the first answer says which release the others are about
        counts = manifests.counts(found, reader.release).graph(_MERGED_VIEW)
        used = [*(c.iri for c in counts.classes), *(p.iri for p in counts.properties)] if counts else []
        return _Terms(reader.release, counts, statements.labels(reader, used))

    return found.remember("terms", release, lambda: statements.consistently(found.engine, read))


def _wording(found: Service, known: _Terms) -> Wording:
    wording = Wording(links.Links(found.names), negotiate.languages())
    wording.learn(known.labels)
    return wording


def _as_json(known: _Terms, wording: Wording) -> dict[str, Any]:
    counts = known.counts
    properties = sorted(counts.properties, key=lambda p: (-p.triples, p.iri)) if counts else []
    classes = sorted(counts.classes, key=lambda c: (-c.entities, c.iri)) if counts else []
    position = {each.iri: number for number, each in enumerate(properties)}
    return {
        "release": known.release,
        "classes": [
            _term(each.iri, each.entities, wording)
            | {
                "properties": [
                    position[iri] for iri, _ in sorted(each.properties, key=lambda used: (-used[1], used[0]))
                ]
            }
            for each in classes
        ],
        "properties": [_term(each.iri, each.triples, wording) for each in properties],
    }


def _term(iri: str, count: int, wording: Wording) -> dict[str, object]:
    label, language = wording.label(iri) or (wording.property(iri), "")
    return {"iri": iri, "name": shorten(iri), "label": label, "language": language, "count": count}
