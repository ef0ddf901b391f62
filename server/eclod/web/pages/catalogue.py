"""The home page and what machines read in its place: DCAT catalogue and VoID; the registries."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response

from eclod.core.errors import TooBusy
from eclod.core.formats import GRAPH_FORMATS, HTML, JSON, TURTLE, Format
from eclod.rdf import description
from eclod.store.manifest import Manifest
from eclod.web.context import Service, service
from eclod.web.messages import graphs, negotiate
from eclod.web.messages.responses import Link, Sender
from eclod.web.pages import overview, rows
from eclod.web.pages.views import RegistriesView
from eclod.web.queries import saved
from eclod.web.resources import about, documents, links, manifests
from eclod.web.resources.about import Subject
from eclod.web.resources.views import RegistryRow

blueprint: Final = Blueprint("catalogue", __name__)


@blueprint.get("/")
def index() -> Response:
    """Show what this is and what is in it; as RDF the DCAT catalogue."""
    return _catalogue("/", HTML)


@blueprint.get("/catalog")
def catalog() -> Response:
    """Return the DCAT catalogue; for people the home page."""
    return _catalogue("/catalog", TURTLE)


def _catalogue(path: str, default: Format) -> Response:
    found = service()
    choice = negotiate.choose((*GRAPH_FORMATS, HTML), default, lambda form: f"{path}?format={form.name}")
    known = manifests.all_manifests(found)
    sender = Sender(found, choice, release=found.release(), about=" ".join(m.id for m in known))
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    canonical = Link(f"{found.names.base}/catalog", "canonical")
    if choice.is_html:
        return sender.page("home.html", [canonical], home=overview.read(found, sender.release, choice.alternates))
    manifest = _current(found, sender.release)
    return sender.send(graphs.serialise(description.catalogue(manifest, known), choice.format), [canonical])


@blueprint.get("/.well-known/void")
def void() -> Response:
    """Return the VoID description of the current release; people are sent to its page, which says the same."""
    found = service()
    choice = negotiate.choose((*GRAPH_FORMATS, HTML), TURTLE, lambda form: f"/.well-known/void?format={form.name}")
    sender = Sender(found, choice)
    if choice.is_html:
        return documents.redirect(f"/releases/{quote(_current(found, sender.release).id)}", 303)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    manifest = _current(found, sender.release)
    triples = description.void_description(manifest, manifests.counts(found, manifest.id))
    return sender.send(graphs.serialise(triples, choice.format))


@blueprint.get("/registries")
def registries() -> Response:
    """List the registries of the current release."""
    found = service()
    choice = negotiate.choose((HTML, JSON, *GRAPH_FORMATS), HTML, lambda form: f"/registries?format={form.name}")
    sender = Sender(found, choice)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    manifest = _current(found, sender.release)
    listed = rows.registry_rows(manifest)
    if choice.is_html:
        as_query = links.edit(saved.catalogue(found.names.base)["registries"].text)
        view = RegistriesView(listed, choice.alternates, sender.release, as_query)
        return sender.page("registries.html", registries=view)
    if choice.format is JSON:
        plain = [asdict(row) | {"licence": row.licence.iri if row.licence else None} for row in listed]
        content = {"release": sender.release, "registries": plain}
        return sender.send(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return sender.send(graphs.serialise(description.release_description(manifest), choice.format))


@blueprint.get("/registries/<name>")
def registry(name: str) -> Response:
    """Describe one registry, with what became of its rows."""
    found = service()
    stem, _, suffix = name.partition(".")

    def address(form: Format | None) -> str:
        return f"/registries/{quote(stem)}" + (f".{form.name}" if form else "")

    def row_of(release: str) -> RegistryRow | None:
        manifest = found.manifest(release)
        entry = manifest.registry(stem) if manifest else None
        return rows.registry_row(manifest, entry) if manifest and entry else None

    iri = found.names.registry(quote(stem))
    return about.respond(found, Subject(iri, f"{iri}#document", address), suffix or None, row_of)


def _current(found: Service, release: str) -> Manifest:
    manifest = found.manifest(release)
    if manifest is None:
        raise TooBusy("The service is changing to another release; try again in a moment.", retry_after=2)
    return manifest
