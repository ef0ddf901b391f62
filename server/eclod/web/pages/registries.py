"""Registries: the list, and the page of one with what it delivered, what became of it, and where to have it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Final
from urllib.parse import quote, urlencode

from flask import Blueprint, Response

from eclod.core.formats import GRAPH_FORMATS, HTML, JSON, Format
from eclod.core.namespaces import expand
from eclod.rdf import description
from eclod.store.conflicts import FILE, Conflicts
from eclod.store.manifest import Manifest, RegistryEntry
from eclod.web.context import Service, service
from eclod.web.messages import graphs, negotiate
from eclod.web.messages.responses import Sender
from eclod.web.pages import rows
from eclod.web.pages.views import RegistriesView
from eclod.web.queries import saved
from eclod.web.resources import about, links, manifests, statements
from eclod.web.resources.about import Subject
from eclod.web.resources.statements import Reader
from eclod.web.resources.views import DeliveryRow, FileLink, RegistryAccount

blueprint: Final = Blueprint("registries", __name__)

DELIVERIES: Final = "deliveries"
_COLUMNS: Final = ("number", "made", "read", "accepted", "rejected", "ignored", "things", "conforming")
_GRAPHS: Final = ("registry", "identifiers", "provenance", "since", "warnings", "assessments")


@blueprint.get("/registries")
def index() -> Response:
    """List the registries of the current release."""
    found = service()
    choice = negotiate.choose((HTML, JSON, *GRAPH_FORMATS), HTML, lambda form: f"/registries?format={form.name}")
    sender = Sender(found, choice)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    manifest = manifests.current(found, sender.release)
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
def show(name: str) -> Response:
    """Describe one registry, with what it delivered and what became of its rows."""
    found = service()
    stem, _, suffix = name.partition(".")

    def address(form: Format | None) -> str:
        return f"/registries/{quote(stem)}" + (f".{form.name}" if form else "")

    def account(release: str) -> RegistryAccount | None:
        manifest = found.manifest(release)
        entry = manifest.registry(stem) if manifest else None
        return _account(found, manifest, entry) if manifest and entry else None

    iri = found.names.registry(quote(stem))
    return about.respond(found, Subject(iri, f"{iri}#document", address), suffix or None, account)


def _account(found: Service, manifest: Manifest, entry: RegistryEntry) -> RegistryAccount:
    """Return what the page of a registry shows beside what is said of it as data."""
    own = {found.names.graph(f"{kind}/{entry.name}") for kind in _GRAPHS}
    first = entry.first_release or manifest.id
    return RegistryAccount(
        row=(row := rows.registry_row(manifest, entry)),
        unlicensed=row.licence is None and not _has_rights(found, entry),
        delivered=entry.delivered,
        release=first,
        release_href=f"/releases/{quote(first)}" if found.manifest(first) else None,
        files=tuple(
            FileLink(
                file.name, rows.size_text(file.size), links.describe(found.names.source_file(entry.name, file.sha256))
            )
            for file in entry.sources
        ),
        downloads=tuple(
            FileLink(f"{graph.label}: {each.label}", each.size_text, each.href)
            for graph in rows.graph_rows(manifest)
            for each in graph.downloads
            if graph.iri in own and graph.triples
        ),
        deliveries=_deliveries(found, entry),
        deliveries_href=f"/queries/{DELIVERIES}?{urlencode({'registry': entry.name})}",
        lost=_lost(found, manifest, entry),
        lost_href=f"/merging/conflicts?{urlencode({'registry': entry.name})}",
        submissions_href=f"/registries/{quote(entry.name)}/submissions",
    )


def _has_rights(found: Service, entry: RegistryEntry) -> bool:
    """Tell whether a registry says in words what holds for those who use its data."""
    graph, registry = found.names.registry_graph(entry.name), found.names.registry(entry.name)
    text = f"SELECT ?rights WHERE {{ GRAPH <{graph}> {{ <{registry}> <{expand('dct:rights')}> ?rights }} }} LIMIT 1"
    return bool(statements.consistently(found.engine, lambda reader: list(reader.select(text)))[0])


def _lost(found: Service, manifest: Manifest, entry: RegistryEntry) -> int:
    """Return how many values of the registry are not in the merged view, because another is believed."""
    known = found.remember(
        "conflicts", manifest.id, lambda: (Conflicts(found.releases.folder(manifest.id) / FILE), manifest.id)
    )
    return known.count(graph=found.names.registry_graph(entry.name))


def _deliveries(found: Service, entry: RegistryEntry) -> tuple[DeliveryRow, ...]:
    """Return the deliveries as the saved query has them; when the newest was made is in the manifest."""
    query = saved.catalogue(found.names.base)[DELIVERIES]
    text = query.with_values(query.bindings({"registry": entry.name}))

    def read(reader: Reader) -> tuple[DeliveryRow, ...]:
        return tuple(_delivery({name: _text(row[name]) for name in _COLUMNS}, entry) for row in reader.select(text))

    return statements.consistently(found.engine, read)[0]


def _delivery(cells: dict[str, str], entry: RegistryEntry) -> DeliveryRow:
    newest = int(cells["number"]) == entry.delivery
    return DeliveryRow(
        number=int(cells["number"]),
        made=entry.delivered if newest else cells["made"],
        read=int(cells["read"]),
        accepted=int(cells["accepted"]),
        rejected=int(cells["rejected"]),
        ignored=int(cells["ignored"]),
        things=int(cells["things"]),
        conforming=cells["conforming"],
    )


def _text(term: object) -> str:
    return str(getattr(term, "value", ""))
