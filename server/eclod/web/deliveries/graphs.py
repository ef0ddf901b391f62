"""Graphs at `/graphs?graph=` (SPARQL 1.1 Graph Store HTTP Protocol): read for all, written for their registry.

A write is a submission like any other: accepted (202), checked, then published, so that what is read is always a
release. The protocol allows that (section 5.2: "202 Accepted" for what is done later, RFC 9110, section 15.3.3).
"""

from __future__ import annotations

import io
from typing import IO, Any, Final
from urllib.parse import parse_qsl

import pyoxigraph as ox
from flask import Blueprint, Response, request

from eclod.core.errors import BadInput, NotAllowed, NotFound, TooBusy
from eclod.core.formats import GRAPH_FORMATS, N_TRIPLES, TURTLE
from eclod.store.engine import Question
from eclod.store.submission import Operation
from eclod.web.context import Service, service
from eclod.web.deliveries import access, receiving, submissions
from eclod.web.messages import clients, negotiate
from eclod.web.queries import asking
from eclod.web.resources import links

blueprint: Final = Blueprint("graphs", __name__)

_DEFAULT: Final = ""


@blueprint.get("/graphs")
def read() -> Response:
    """Return a graph of the current release, or its default graph; raises NotFound."""
    found, graph = service(), _named()
    here = f"/graphs?graph={links.quoted(graph)}" if graph else "/graphs?default"
    choice = negotiate.choose(GRAPH_FORMATS, TURTLE, lambda form: f"{here}&format={form.name}")
    manifest = found.manifest(found.engine.release)
    if manifest is None:
        raise TooBusy("The service is changing to another release; try again in a moment.", retry_after=2)
    if manifest.graph(graph) is None:
        raise NotFound("There is no graph of this name in the release; /.well-known/void lists those there are.")
    pattern = f"GRAPH <{graph}> {{ ?s ?p ?o }}" if graph else "?s ?p ?o"
    question = Question(
        f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern} }}",
        graph_format=choice.format,
        asker=clients.client(found.settings.proxies),
        private="Authorization" in request.headers,
    )
    response = asking.send(found, found.engine.ask(question), question)
    if choice.location:
        response.headers["Content-Location"] = choice.location
    return response


@blueprint.put("/graphs")
def replace() -> Response:
    """Take in what a graph shall be (section 5.3)."""
    return _write("replace")


@blueprint.post("/graphs")
def add() -> Response:
    """Take in what a graph shall have beside what it has (section 5.5)."""
    return _write("merge")


@blueprint.delete("/graphs")
def delete() -> Response:
    """Take in that a graph shall have nothing (section 5.4)."""
    found = service()
    registry, token = _registry(found)
    return _take(found, registry, token, io.BytesIO(), f"graph.{N_TRIPLES.name}", "replace")


def _write(operation: Operation) -> Response:
    found = service()
    registry, token = _registry(found)
    receiving.check_length(found)
    if "Content-Range" in request.headers:
        raise BadInput("A part of a graph cannot be written (Content-Range); send all of it.")
    name = receiving.rdf_name(GRAPH_FORMATS)
    return _take(found, registry, token, request.stream, name, operation)


def _take(found: Service, registry: str, token: str, stream: IO[bytes], name: str, operation: Operation) -> Response:
    with found.intake.upload() as upload:
        upload.save(stream, name, found.settings.upload_mb << 20)
        facts: dict[str, Any] = {"media_type": request.mimetype, "operation": operation, "token": token}
        return submissions.accepted(*found.intake.receive(upload, registry, **facts))


def _registry(found: Service) -> tuple[str, str]:
    """Return whose graph this request writes and the token it does so with; raises NotSignedIn, NotAllowed."""
    token = access.signed_in(found)
    if _named() != found.names.registry_graph(token.registry):
        raise NotAllowed("This token is for the graph of its own registry, and this is another.")
    return token.registry, token.id


def _named() -> str:
    """Return the graph that the address names, "" for the default graph; raises BadInput (section 4)."""
    given = parse_qsl(request.query_string.decode("utf-8", "replace"), keep_blank_values=True)
    graphs = [value for name, value in given if name == "graph"]
    is_default = any(name == "default" for name, _ in given)
    if len(graphs) + is_default != 1:
        raise BadInput(
            "Say which graph, once: /graphs?graph=IRI, or /graphs?default for the merged view.", parameter="graph"
        )
    if is_default:
        return _DEFAULT
    try:
        return ox.NamedNode(graphs[0]).value
    except ValueError:
        raise BadInput("What 'graph' says is no absolute IRI; percent-encode it.", parameter="graph") from None
