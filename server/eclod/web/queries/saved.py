"""The saved queries: a list, and for each a page that is an API too (`/queries/clusters-of-a-region.csv?region=FR`).

What a query answers has the formats of its answer. What is said of the query itself is RDF too, the triples of the
query graph: for a SELECT or ASK in the graph formats at the same address, which cannot be meant for the answer, and for
all queries at `/queries`. Its text is at the same address, too (`/queries/clusters-of-a-region.rq`).
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from eclod.core.errors import BadInput
from eclod.core.formats import (
    GRAPH_FORMATS,
    HTML,
    JSON,
    RESULT_CSV,
    RESULT_FORMATS,
    SPARQL_QUERY,
    SPREADSHEET,
    TURTLE,
    Format,
)
from eclod.rdf import query_catalogue, query_graph
from eclod.rdf.query_catalogue import QueryCatalogue, SavedQuery
from eclod.rdf.query_parameters import Parameter
from eclod.store.engine import Question
from eclod.web.context import Service, service
from eclod.web.messages import graphs, here, negotiate, responses
from eclod.web.messages.negotiate import Choice
from eclod.web.messages.responses import Link, Sender
from eclod.web.messages.views import Alternate
from eclod.web.queries import asking, naming, protocol, results
from eclod.web.queries.protocol import QueryRequest
from eclod.web.queries.results import Table
from eclod.web.queries.views import ParameterView, SavedQueryView
from eclod.web.resources import links

blueprint: Final = Blueprint("saved", __name__)

#: What an address may carry beside the parameters of a query.
_OWN_FIELDS: Final = frozenset({"format", "lang", "timeout"})
_CONTROLS: Final = {"integer": "number", "decimal": "number", "date": "date"}
#: Lists what the list of queries lists.
_LIST: Final = """PREFIX dct: <http://purl.org/dc/terms/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX sh: <http://www.w3.org/ns/shacl#>

SELECT ?query ?name ?description
WHERE {
  GRAPH <%s> { ?query a sh:SPARQLExecutable ; rdfs:label ?name ; rdfs:comment ?description }
  FILTER NOT EXISTS { GRAPH <%s> { ?query dct:isPartOf ?questions } }
}
ORDER BY ?query
"""


@cache
def catalogue(base: str) -> QueryCatalogue:
    """Return the saved queries for things named under a base, read once: they come with the code."""
    return query_catalogue.load(base=base)


@blueprint.get("/queries")
def every() -> Response:
    """List the saved queries; as RDF the graph that a release has of them."""
    found = service()
    queries = catalogue(found.names.base)
    choice = negotiate.choose((HTML, JSON, *GRAPH_FORMATS), HTML, lambda form: f"/queries?format={form.name}")
    sender = Sender(found, choice, release=found.release(), about=queries.fingerprint)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    if choice.is_html:
        topics = {title: [_view(query, {}) for query in listed] for title, listed in queries.by_topic().items()}
        as_query = links.edit(_LIST % (found.names.graph("queries"), found.names.graph("queries")))
        return sender.page("queries.html", topics=topics, alternates=choice.alternates, query_href=as_query)
    if choice.format is JSON:
        return sender.send(json.dumps([_as_json(query) for query in queries], ensure_ascii=False, indent=1) + "\n")
    return sender.send(graphs.serialise(query_graph.triples(queries, found.names), choice.format))


@blueprint.get("/queries/<name>")
def one(name: str) -> Response:
    """Answer a saved query, its parameters bound to what the address says, or describe it."""
    found = service()
    name, _, suffix = name.partition(".")
    query = catalogue(found.names.base)[name]
    values = _values()
    bindings = query.bindings(values)
    answers = _formats(query)
    offered = dict.fromkeys([*answers, *GRAPH_FORMATS, SPARQL_QUERY, HTML])

    def address(form: Format) -> str:
        return _address(query, values if form in (*answers, SPARQL_QUERY, HTML) else {}, form)

    choice = negotiate.choose(tuple(offered), answers[0], address, suffix or None)
    if choice.format is SPARQL_QUERY:
        text = query.with_values(bindings) if values else query.text
        return Sender(found, choice, about=text).send(text)
    if not choice.is_html and choice.format not in answers:
        return _description(found, query, choice)
    asked = QueryRequest(
        query.template, None, None, None, protocol.budget(request.args.get("timeout")), bindings=bindings
    )
    question = asking.question(found, asked, choice.format, choice.format)
    alternates = tuple(each for each in choice.alternates if each.format in answers)
    if choice.is_html:
        return _page(found, query, values, question, alternates)
    every_link = [*responses.alternate_links(alternates), _described_by(query)]
    response = asking.send(found, found.engine.ask(question), question, every_link)
    if choice.named and choice.location:
        response.headers["Content-Location"] = choice.location
    return response


def _values() -> dict[str, str]:
    """Return what the address gives for parameters; an empty field of a form gives nothing."""
    values = {}
    for name, given in request.args.lists():
        if name in _OWN_FIELDS:
            continue
        if len(given) > 1:
            raise BadInput(f"The parameter '{name}' is there {len(given)} times; give it once.", parameter=name)
        if given[0].strip():
            values[name] = given[0].strip()
    return values


def _formats(query: SavedQuery) -> tuple[Format, ...]:
    """Return what an answer can be written as: the first is the default."""
    return GRAPH_FORMATS if query.kind == "construct" else (*RESULT_FORMATS, SPREADSHEET)


def _address(query: SavedQuery, values: Mapping[str, str], form: Format) -> str:
    return f"/queries/{query.name}.{form.name}" + (f"?{urlencode(values)}" if values else "")


def _described_by(query: SavedQuery) -> Link:
    """Return the link to what is said of a query in RDF."""
    described = f"/queries/{query.name}.ttl" if query.kind != "construct" else "/queries?format=ttl"
    return Link(described, "describedby", "text/turtle")


def _description(found: Service, query: SavedQuery, choice: Choice) -> Response:
    """Return what is said of a query."""
    about = catalogue(found.names.base).fingerprint
    alternates = tuple(each for each in choice.alternates if each.format in GRAPH_FORMATS)
    sender = Sender(found, dataclasses.replace(choice, alternates=alternates), release=found.release(), about=about)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    body = graphs.serialise(query_graph.of_query(query, found.names), choice.format)
    return sender.send(body, [Link(query_graph.iri(query, found.names), "describes")])


def _page(
    found: Service,
    query: SavedQuery,
    values: Mapping[str, str],
    question: Question,
    alternates: tuple[Alternate, ...],
) -> Response:
    started = time.monotonic()
    table = _without_parameters(
        results.read(found.engine, question, links.Links(found.names)), query, question.bindings
    )
    table = naming.named(found, table)
    saved = _view(query, values, question.bindings)
    cite = asking.cite_as(found, table.release, question, table.cut)
    view = table.view(alternates, links.edit(saved.text), cite, time.monotonic() - started)
    response = Response(render_template("results.html", table=view, saved=saved), content_type=HTML.content_type)
    response.headers["Vary"] = "Accept, Accept-Language"
    response.headers["Cache-Control"] = "no-cache"
    response.headers[responses.RELEASE_HEADER] = table.release
    every_link = [*responses.alternate_links(alternates), _described_by(query), *asking.cite_links(cite)]
    responses.add_links(response, every_link)
    return response


def _without_parameters(table: Table, query: SavedQuery, bound: Mapping[str, str]) -> Table:
    """Leave out the columns that repeat what was asked: the page has it above, a file has it in each row.

    A parameter that nobody set stays when it varies over the answer.
    """
    names = {parameter.name for parameter in query.parameters}
    kept = [
        position
        for position, column in enumerate(table.columns)
        if column not in names or (column not in bound and any(row[position] for row in table.rows))
    ]
    return dataclasses.replace(
        table,
        columns=tuple(table.columns[position] for position in kept),
        rows=tuple(tuple(row[position] for position in kept) for row in table.rows),
    )


def _view(query: SavedQuery, values: Mapping[str, str], bindings: Mapping[str, str] | None = None) -> SavedQueryView:
    """Return a query as its page shows it, with these values; terms bound to parameters go into the text."""
    form = TURTLE if query.kind == "construct" else RESULT_CSV
    all_values = {each.name: values.get(each.name, each.default) for each in query.parameters}
    return SavedQueryView(
        name=query.name,
        summary=query.summary,
        description=query.description,
        tags=query.tags,
        users=query.users,
        parameters=tuple(_parameter(each, all_values[each.name]) for each in query.parameters),
        href=f"/queries/{query.name}",
        text=query.text if bindings is None else query.with_values(bindings),
        data_href=_address(query, {name: value for name, value in all_values.items() if value}, form),
        text_href=_address(query, values, SPARQL_QUERY),
        address=here.address(service().names.base),
    )


def _parameter(parameter: Parameter, value: str) -> ParameterView:
    """Return a parameter with the control that fits its type."""
    control = "choice" if parameter.options else _CONTROLS.get(parameter.type, "text")
    bounds = [None if bound is None else f"{bound:f}" for bound in (parameter.minimum, parameter.maximum)]
    return ParameterView(
        name=parameter.name,
        description=parameter.description,
        value=value,
        type=parameter.type,
        control=control,
        takes=parameter.takes,
        default=parameter.default,
        example=parameter.example,
        options=parameter.options,
        minimum=bounds[0],
        maximum=bounds[1],
        step="1" if parameter.type == "integer" else "any",
    )


def _as_json(query: SavedQuery) -> dict[str, object]:
    return query.model_dump(mode="json") | {"kind": query.kind, "href": f"/queries/{query.name}"}
