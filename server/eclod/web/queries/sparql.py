"""The SPARQL endpoint: answers to programs, tables and a query page to people, its own description without a query."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response, g, render_template, request

from eclod.core import negotiation
from eclod.core.errors import (
    BadInput,
    EclodError,
    NotAcceptable,
    NotFound,
    TooBusy,
    TooManyRequests,
)
from eclod.core.formats import (
    CANONICAL_GRAPH,
    CANONICAL_TABLE,
    GRAPH_FORMATS,
    HTML,
    RESULT_FORMATS,
    RESULT_JSON,
    SPREADSHEET,
    TURTLE,
    Format,
)
from eclod.core.namespaces import PREFIXES
from eclod.rdf import description
from eclod.store.engine import Question
from eclod.web.context import Service, service
from eclod.web.messages import errors, graphs, here, negotiate, responses
from eclod.web.messages.negotiate import Choice
from eclod.web.messages.responses import Link, Sender
from eclod.web.messages.views import Alternate, ErrorView
from eclod.web.queries import asking, results
from eclod.web.queries.protocol import QueryRequest
from eclod.web.queries.views import ExampleQuery, SparqlForm
from eclod.web.resources import links

blueprint: Final = Blueprint("sparql", __name__)

#: Where the server puts a question of this request that it has begun already (see quick.py).
BEGUN: Final = "eclod.begun"

_OFFERED: Final = (*RESULT_FORMATS, *GRAPH_FORMATS, HTML)

_EXAMPLES: Final = (
    ("Clusters by country", "SELECT ?country (COUNT(?cluster) AS ?clusters) WHERE {\n  ?cluster a eclod:Cluster ; "
     "eclod:country ?country\n} GROUP BY ?country ORDER BY DESC(?clusters)"),
    ("Organisations and their towns", "SELECT ?organisation ?name ?town WHERE {\n  ?organisation a org:Organization ; "
     "skos:prefLabel ?name ; locn:address/locn:postName ?town\n} ORDER BY ?name ?organisation ?town LIMIT 100"),
    ("How many statements each source makes", "SELECT ?graph (COUNT(*) AS ?statements) WHERE {\n  GRAPH ?graph "
     "{ ?thing ?property ?value }\n} GROUP BY ?graph ORDER BY DESC(?statements)"),
)  # fmt: skip


@blueprint.route("/sparql", methods=["GET", "POST"])
def endpoint() -> Response:
    """Answer a query about the current release (SPARQL 1.1 Protocol)."""
    return _answer(service(), None)


@blueprint.route("/releases/<release>/sparql", methods=["GET", "POST"])
def past_endpoint(release: str) -> Response:
    """Answer a query about a release of any time."""
    found = service()
    if found.manifest(release) is None:
        raise NotFound(f"There is no release '{release}' that can be asked; /releases lists those there are.")
    return _answer(found, release)


def _answer(found: Service, release: str | None) -> Response:
    asked = asking.read(found)
    if asked.query is None:
        return _without_query(found, release)
    try:
        result_format, graph_format = wanted(asked, request.headers.get("Accept"))
        question = asking.question(found, asked, result_format, graph_format, release)
        if result_format is HTML:
            return _page(found, question)
        begun = request.environ.get(BEGUN)
        answer = begun.finish() if begun is not None else found.engine.ask(question)
    except NotAcceptable:
        g.alternates = alternates(asked.query, _OFFERED)
        raise
    return asking.send(found, answer, question)


def wanted(asked: QueryRequest, accept: str | None) -> tuple[Format | None, Format | None]:
    """Return the format for tables (HTML for a page) and the one for graphs; None for what is not acceptable."""
    if asked.format is not None:
        if negotiate.named(asked.format, (HTML,)) is HTML:
            return HTML, HTML
        table = negotiate.named(asked.format, (*RESULT_FORMATS, SPREADSHEET, CANONICAL_TABLE))
        graph = negotiate.named(asked.format, (*GRAPH_FORMATS, CANONICAL_GRAPH))
        if table is None and graph is None:
            names = ", ".join(form.name for form in (*_OFFERED, SPREADSHEET))
            raise BadInput(f"There is no format '{asked.format}' here; there are {names}.", parameter="format")
        return table, graph
    return _accepted(accept)


@lru_cache(maxsize=256)
def _accepted(accept: str | None) -> tuple[Format | None, Format | None]:
    """Return what an Accept header wants; the same few are sent again and again."""
    if negotiation.choose(accept, _OFFERED, RESULT_JSON) is HTML:
        return HTML, HTML
    return _acceptable(accept, RESULT_FORMATS, RESULT_JSON), _acceptable(accept, GRAPH_FORMATS, TURTLE)


def _acceptable(accept: str | None, offered: Sequence[Format], default: Format) -> Format | None:
    try:
        return negotiation.choose(accept, offered, default)
    except NotAcceptable:
        return None


def _page(found: Service, question: Question) -> Response:
    """Return the answer as a table for people, or the query page with what is wrong with the query."""
    started = time.monotonic()
    query = question.text
    try:
        table = results.read(found.engine, question, links.Links(found.names))
    except (TooBusy, TooManyRequests):
        raise
    except EclodError as error:
        if error.status >= 500 and error.status != 503:
            raise
        return _form(found, query, errors.view(error), error.status, release=question.release)
    cite = asking.cite_as(found, table.release, question, table.cut)
    view = table.view(alternates(query, table.formats), links.edit(query), cite, time.monotonic() - started)
    response = Response(render_template("results.html", table=view), content_type=HTML.content_type)
    response.headers["Vary"] = "Accept, Accept-Language"
    response.headers["Cache-Control"] = "no-cache"
    response.headers[responses.RELEASE_HEADER] = table.release
    responses.add_links(response, [*responses.alternate_links(view.alternates), *asking.cite_links(cite)])
    return response


def _without_query(found: Service, past: str | None) -> Response:
    """Return the service description, or the query page (SPARQL 1.1 Service Description, section 2)."""
    path = _path(past)
    choice = negotiate.choose((*GRAPH_FORMATS, HTML), TURTLE, lambda form: f"{path}?format={form.name}")
    if choice.is_html:
        return _form(found, request.args.get("edit", ""), None, 200, choice, past)
    endpoint = f"{here.address(found.names.base)}{path}"
    sender = Sender(found, choice, past, about=endpoint)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    manifest = found.manifest(sender.release)
    if manifest is None:
        raise TooBusy("The service is changing to another release; try again in a moment.", retry_after=2)
    triples = description.service_description(manifest, endpoint, found.federated)
    return sender.send(graphs.serialise(triples, choice.format), [Link(f"{found.names.base}{path}", "canonical")])


def _path(release: str | None) -> str:
    """Return the path of the endpoint of a release; None is the current one."""
    return "/sparql" if release is None else f"/releases/{quote(release)}/sparql"


def _form(
    found: Service,
    query: str,
    error: ErrorView | None,
    status: int,
    choice: Choice | None = None,
    release: str | None = None,
) -> Response:
    form = SparqlForm(
        action=_path(release),
        query=query,
        formats=(*RESULT_FORMATS, SPREADSHEET, *GRAPH_FORMATS),
        prefixes=PREFIXES,
        examples=tuple(_example(summary, text) for summary, text in _EXAMPLES),
        alternates=choice.alternates if choice else (),
        release=release or found.release(),
        seconds=found.settings.query_seconds,
        error=error,
        described=links.DESCRIBED,
    )
    response = Response(render_template("sparql.html", form=form), status, content_type=HTML.content_type)
    response.headers["Vary"] = "Accept, Accept-Language"
    response.headers["Cache-Control"] = "no-cache" if error is None else "no-store"
    if choice is not None:
        responses.add_links(response, responses.alternate_links(choice.alternates[:-1]))
    return response


def _example(summary: str, text: str) -> ExampleQuery:
    used = [f"PREFIX {prefix}: <{namespace}>" for prefix, namespace in PREFIXES.items() if f" {prefix}:" in text]
    query = "\n".join([*used, text])
    return ExampleQuery(summary, query, links.edit(query))


def alternates(query: str, offered: Sequence[Format]) -> tuple[Alternate, ...]:
    """Return the addresses of an answer in each format; a long query has none, since it does not fit in an address."""
    address = links.query(query)
    return tuple(Alternate(form, f"{address}&format={form.name}") for form in offered) if len(address) < 4000 else ()
