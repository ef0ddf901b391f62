"""The saved queries: a list, and for each a page that is an API too (`/queries/clusters-of-a-region.csv?region=FR`)."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from eclod.core.formats import GRAPH_FORMATS, HTML, JSON, RESULT_FORMATS, RESULT_JSON, TURTLE, Format
from eclod.rdf import query_catalogue
from eclod.rdf.query_catalogue import QueryCatalogue, SavedQuery
from eclod.store.engine import Question
from eclod.web import links, negotiate, responses, results
from eclod.web.context import service
from eclod.web.protocol import QueryRequest
from eclod.web.views import Alternate, ParameterView, SavedQueryView

blueprint: Final = Blueprint("saved", __name__)

#: What an address may carry beside the parameters of a query.
_OWN_FIELDS: Final = frozenset({"format", "lang"})


@cache
def _catalogue() -> QueryCatalogue:
    """Return the saved queries, read once: they come with the code."""
    return query_catalogue.load()


@blueprint.get("/queries")
def every() -> Response:
    """List the saved queries."""
    choice = negotiate.choose((HTML, JSON), HTML, lambda form: f"/queries?format={form.name}")
    views = [_view(query, {}) for query in _catalogue().queries.values()]
    if choice.is_html:
        page = render_template("queries.html", queries=views, alternates=choice.alternates)
        response = Response(page, content_type=HTML.content_type)
    else:
        listed = [query.model_dump(mode="json") | {"href": f"/queries/{name}"} for name, query in _listed()]
        response = Response(json.dumps(listed, ensure_ascii=False, indent=1), content_type=JSON.content_type)
    response.headers["Vary"] = "Accept, Accept-Language"
    responses.add_links(response, responses.alternate_links(choice.alternates))
    return response


def _listed() -> list[tuple[str, SavedQuery]]:
    return sorted(_catalogue().queries.items())


@blueprint.get("/queries/<name>")
def one(name: str) -> Response:
    """Answer a saved query, its parameters bound to what the address says."""
    name, _, suffix = name.partition(".")
    query = _catalogue()[name]
    values = {key: value for key, value in request.args.items() if key not in _OWN_FIELDS and value.strip()}
    bindings = query.bindings(values)
    offered = _formats(query)
    choice = negotiate.choose((*offered, HTML), offered[0], lambda form: _address(query, values, form), suffix or None)
    if choice.is_html:
        return _page(query, values, bindings, offered)
    form = choice.format
    answer = service().engine.ask(Question(query.text, result_format=form, graph_format=form, bindings=bindings))
    response = responses.send_answer(answer)
    if choice.named and choice.location:
        response.headers["Content-Location"] = choice.location
    responses.add_links(response, responses.alternate_links(choice.alternates))
    return response


def _formats(query: SavedQuery) -> tuple[Format, ...]:
    """Return what an answer can be written as: the first is the default."""
    keywords = query.text.upper().split()
    makes_graph = any(word in keywords for word in ("CONSTRUCT", "DESCRIBE")) and "SELECT" not in keywords
    return (TURTLE, *GRAPH_FORMATS[1:]) if makes_graph else (RESULT_JSON, *RESULT_FORMATS[1:])


def _address(query: SavedQuery, values: dict[str, str], form: Format) -> str:
    return f"/queries/{query.name}.{form.name}" + (f"?{urlencode(values)}" if values else "")


def _page(query: SavedQuery, values: dict[str, str], bindings: dict[str, str], offered: tuple[Format, ...]) -> Response:
    started = time.monotonic()
    found = service()
    table = results.read(found.engine, QueryRequest(query.text, None, None, None, bindings), links.Links(found.names))
    alternates = tuple(Alternate(form, _address(query, values, form)) for form in offered)
    view = table.view(alternates, links.edit(_with_values(query, bindings)), time.monotonic() - started)
    page = render_template("results.html", table=view, saved=_view(query, values))
    response = Response(page, content_type=HTML.content_type)
    response.headers["Vary"] = "Accept, Accept-Language"
    response.headers["Cache-Control"] = "no-cache"
    response.headers[responses.RELEASE_HEADER] = table.release
    responses.add_links(response, responses.alternate_links(alternates))
    return response


def _view(query: SavedQuery, values: dict[str, str]) -> SavedQueryView:
    parameters = tuple(
        ParameterView(each.name, each.description, values.get(each.name) or str(each.default))
        for each in query.parameters
    )
    return SavedQueryView(
        query.name, query.summary, query.description, query.tags, parameters, f"/queries/{query.name}"
    )


def _with_values(query: SavedQuery, bindings: dict[str, str]) -> str:
    """Return the query as somebody would go on from it by hand, with the values of its parameters at its end."""
    return query.text + "".join(f"VALUES ?{name} {{ {term} }}\n" for name, term in bindings.items())
