"""The competency questions: one page of what this data answers, each question a click from its answer."""

from __future__ import annotations

import json
from functools import cache
from typing import Final

from flask import Blueprint, Response

from eclod.core.formats import GRAPH_FORMATS, HTML, JSON
from eclod.rdf import competency, competency_graph
from eclod.rdf.competency import ASKERS, SYSTEMS, CompetencyQuestion, CompetencyQuestions
from eclod.rdf.query_catalogue import QueryCatalogue
from eclod.web.context import service
from eclod.web.messages import graphs, negotiate
from eclod.web.messages.responses import Sender
from eclod.web.queries.saved import catalogue
from eclod.web.queries.views import CompetencyView, LinkView
from eclod.web.resources import links

blueprint: Final = Blueprint("competency", __name__)

_ADDRESS: Final = "/queries/competency"
#: Lists what the page lists.
_LIST: Final = """PREFIX dct: <http://purl.org/dc/terms/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>

SELECT ?question ?sentence (GROUP_CONCAT(?keyword; separator=", ") AS ?about)
WHERE {
  GRAPH <%s> { ?question dct:isPartOf <%s> ; rdfs:label ?sentence ; schema:keywords ?keyword }
}
GROUP BY ?question ?sentence
ORDER BY ?question
"""


@cache
def questions() -> CompetencyQuestions:
    """Return the competency questions, read once: they come with the code."""
    return competency.load()


@blueprint.get(_ADDRESS)
def every() -> Response:
    """List the questions by system; as RDF what the graph of saved queries has of them."""
    found, asked = service(), questions()
    choice = negotiate.choose((HTML, JSON, *GRAPH_FORMATS), HTML, lambda form: f"{_ADDRESS}?format={form.name}")
    sender = Sender(
        found, choice, release=found.release(), about=asked.fingerprint + catalogue(found.names.base).fingerprint
    )
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    if choice.is_html:
        saved = catalogue(found.names.base)
        by_system = {
            system: (SYSTEMS[system], [_view(each, saved) for each in listed])
            for system, listed in asked.by_system().items()
        }
        as_query = links.edit(_LIST % (found.names.graph("queries"), competency_graph.page(found.names)))
        return sender.page("competency.html", systems=by_system, alternates=choice.alternates, query_href=as_query)
    if choice.format is JSON:
        return sender.send(json.dumps([_as_json(each) for each in asked], ensure_ascii=False, indent=1) + "\n")
    return sender.send(graphs.serialise(competency_graph.triples(asked, found.names), choice.format))


def _view(question: CompetencyQuestion, saved: QueryCatalogue) -> CompetencyView:
    return CompetencyView(
        name=question.name,
        question=question.question,
        asked_by=ASKERS[question.asked_by],
        href=links.query(question.text),
        edit_href=links.edit(question.text),
        uses=tuple(LinkView(saved[name].summary, f"/queries/{name}") for name in question.uses),
    )


def _as_json(question: CompetencyQuestion) -> dict[str, object]:
    return question.model_dump(mode="json", exclude={"starting"}) | {"href": f"{_ADDRESS}#{question.name}"}
