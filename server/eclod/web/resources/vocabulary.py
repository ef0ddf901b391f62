"""Ontology, shapes and code lists under the paths of their own IRIs."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from eclod.core.errors import NotFound
from eclod.core.formats import GRAPH_FORMATS, HTML, TURTLE, Format
from eclod.core.namespaces import CUBE, ECLOD, SCHEME, SHAPES
from eclod.store.engine import Question
from eclod.web.context import Service, service
from eclod.web.messages import negotiate
from eclod.web.messages.responses import Link, Sender
from eclod.web.resources import documents, statements
from eclod.web.resources.statements import Reader

blueprint: Final = Blueprint("vocabulary", __name__)

_DUMP: Final = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }"


@blueprint.get("/ontology", defaults={"name": "ontology", "iri": ECLOD.rstrip("#")})
@blueprint.get("/shapes", defaults={"name": "shapes", "iri": SHAPES.rstrip("#")})
def graph(name: str, iri: str) -> Response:
    """Return the ontology or the shapes whole; for people the page about it."""
    found = service()
    described, release = statements.consistently(found.engine, lambda reader: statements.is_described(reader, iri))
    manifest = found.manifest(release)
    if not described and manifest is not None and manifest.graph(found.names.graph(name)) is None:
        raise NotFound(f"Release {release} holds no graph '{name}'; /releases/{release} lists those it has.")
    offered = (*GRAPH_FORMATS, HTML) if described else GRAPH_FORMATS
    choice = negotiate.choose(offered, TURTLE, lambda form: f"/{name}?format={form.name}")
    if choice.is_html:
        return documents.described(found, iri)
    sender = Sender(found, choice)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    body, sender.release = statements.consistently(
        found.engine, lambda reader: _dump(reader, found.names.graph(name), choice.format)
    )
    return sender.send(body, [Link(iri, "canonical")])


@blueprint.get("/scheme/<path:rest>")
def scheme(rest: str) -> Response:
    """Describe a code list of ours or one of its codes."""
    return documents.described(service(), SCHEME + rest.rstrip("/"))


@blueprint.get("/cube/<path:rest>")
def cube(rest: str) -> Response:
    """Describe a statistical dataset."""
    return documents.described(service(), CUBE + rest.rstrip("/"))


@blueprint.get("/source/<path:rest>")
def source(rest: str) -> Response:
    """Describe a source file that statements came from."""
    found: Service = service()
    return documents.described(found, f"{found.names.base}/source/{rest.rstrip('/')}")


@blueprint.get("/graph/<path:rest>")
def named_graph(rest: str) -> Response:
    """Send whoever follows the name of a graph to what describes it."""
    found = service()
    return documents.described(found, f"{found.names.base}/graph/{rest.rstrip('/')}")


def _dump(reader: Reader, name: str, form: Format) -> bytes:
    question = Question(_DUMP, graph_format=form, bindings={"g": statements.spelled(name)})
    return reader.answer(question).read()
