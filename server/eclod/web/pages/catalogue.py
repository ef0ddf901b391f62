"""The home page and what machines read in its place: DCAT catalogue and VoID."""

from __future__ import annotations

from typing import Final, cast
from urllib.parse import quote

import pyoxigraph as ox
from flask import Blueprint, Response

from eclod.core.formats import GRAPH_FORMATS, HTML, TURTLE, Format
from eclod.core.namespaces import expand
from eclod.rdf import description
from eclod.rdf.description import linksets
from eclod.web.context import Service, service
from eclod.web.messages import graphs, negotiate
from eclod.web.messages.responses import OWN_LICENCE, Link, Sender
from eclod.web.pages import openapi, overview
from eclod.web.resources import documents, manifests, statements
from eclod.web.resources.statements import Reader

blueprint: Final = Blueprint("catalogue", __name__)


@blueprint.get("/")
def index() -> Response:
    """Show what this is and what is in it; as RDF the DCAT catalogue."""
    return _catalogue("/", HTML)


@blueprint.get("/catalog")
@blueprint.get("/catalog.<suffix>")
def catalog(suffix: str | None = None) -> Response:
    """Return the DCAT catalogue; for people the home page."""
    return _catalogue("/catalog", TURTLE, suffix)


def _catalogue(path: str, default: Format, suffix: str | None = None) -> Response:
    found = service()
    choice = negotiate.choose((*GRAPH_FORMATS, HTML), default, lambda form: f"{path}?format={form.name}", suffix)
    known = manifests.all_manifests(found)
    sender = Sender(found, choice, release=found.release(), about=" ".join(m.id for m in known))
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    about = [Link(f"{found.names.base}/catalog", "canonical"), Link(expand("dcat:Catalog"), "type"), OWN_LICENCE]
    about.append(openapi.SERVICE_DESCRIPTION)
    if choice.is_html:
        return sender.page("home.html", about, home=overview.read(found, sender.release, choice.alternates))
    manifest = manifests.current(found, sender.release)
    return sender.send(
        graphs.serialise(description.catalogue(manifest, known), choice.format),
        [*about, Link(description.DCAT_AP, "profile")],
    )


@blueprint.get("/.well-known/void")
@blueprint.get("/.well-known/void.<suffix>")
def void(suffix: str | None = None) -> Response:
    """Return the VoID description of the current release; people are sent to its page, which says the same."""
    found = service()
    offered = (*GRAPH_FORMATS, HTML)
    choice = negotiate.choose(offered, TURTLE, lambda form: f"/.well-known/void?format={form.name}", suffix)
    sender = Sender(found, choice)
    if choice.is_html:
        return documents.redirect(f"/releases/{quote(manifests.current(found, sender.release).id)}", 303)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    manifest = manifests.current(found, sender.release)
    links = found.remember("links", manifest.id, lambda: _links(found))
    triples = description.void_description(manifest, manifests.counts(found, manifest.id), links)
    return sender.send(graphs.serialise(triples, choice.format))


def _links(found: Service) -> tuple[dict[str, int], str]:
    """Return how many links there are to each other dataset."""

    def count(reader: Reader) -> dict[str, int]:
        rows = reader.select(linksets.count_query(found.names.base))
        return {cast("ox.Literal", row["to"]).value: int(cast("ox.Literal", row["links"]).value) for row in rows}

    return statements.consistently(found.engine, count)
