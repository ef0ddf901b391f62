"""`/conformance`: what this installation promises, and how it kept that when it was last tried."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response
from pydantic import ValidationError

from eclod.core import promises
from eclod.core.formats import GRAPH_FORMATS, HTML, JSON
from eclod.core.promises import FAILED, INAPPLICABLE, PASSED, UNTESTED, Promise, Report
from eclod.rdf import conformance as conformance_graph
from eclod.web.context import Service, service
from eclod.web.messages import graphs, negotiate
from eclod.web.messages.responses import Sender
from eclod.web.messages.views import Alternate

blueprint: Final = Blueprint("conformance", __name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """One promise with how it was kept."""

    name: str
    promise: Promise
    outcome: str
    seen: str


@dataclass(frozen=True, slots=True)
class ConformanceView:
    """The page: promises by group, when they were tried, with which outcomes."""

    groups: dict[str, tuple[Kept, ...]]
    report: Report | None
    counts: tuple[tuple[str, int], ...]
    alternates: tuple[Alternate, ...]


@blueprint.get("/conformance")
@blueprint.get("/conformance.<suffix>")
def conformance(suffix: str | None = None) -> Response:
    """List the promises, each with the result of the last probe that was kept; as RDF in EARL."""
    found = service()
    offered = (HTML, JSON, *GRAPH_FORMATS)
    choice = negotiate.choose(offered, HTML, lambda form: f"/conformance?format={form.name}", suffix)
    report = _last(found)
    sender = Sender(found, choice, release=found.release(), about=f"probed {report.at if report else 'never'}")
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    results = {result.name: result for result in report.results} if report else {}
    if choice.is_html:
        groups: dict[str, tuple[Kept, ...]] = {}
        for name, promise in promises.promises().items():
            result = results.get(name)
            kept = Kept(name, promise, result.outcome if result else UNTESTED, result.seen if result else "")
            groups[promise.about] = (*groups.get(promise.about, ()), kept)
        counts = tuple((each, report.count(each)) for each in (PASSED, FAILED, INAPPLICABLE)) if report else ()
        return sender.page("conformance.html", conformance=ConformanceView(groups, report, counts, choice.alternates))
    if choice.format is JSON:
        said = {name: promise.model_dump() for name, promise in promises.promises().items()}
        content = {"promises": said, "report": report.model_dump() if report else None}
        return sender.send(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    triples = conformance_graph.triples(report, found.names.base)
    return sender.send(graphs.serialise(list(triples), choice.format))


def _last(found: Service) -> Report | None:
    """Return the last result that was kept, None when there is none that can be read."""
    try:
        return Report.model_validate_json((found.settings.data / promises.KEPT).read_bytes())
    except (OSError, ValidationError):
        return None
