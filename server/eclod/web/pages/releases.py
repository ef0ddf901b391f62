"""Releases: the list, one with its graphs and files, and the files themselves."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import PurePath
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response, send_file

from eclod.core.errors import NotFound
from eclod.core.formats import FILE_MEDIA_TYPES, GRAPH_FORMATS, HTML, JSON, Format
from eclod.core.namespaces import expand
from eclod.rdf import description
from eclod.store.manifest import FileEntry, Manifest
from eclod.web.context import Service, service
from eclod.web.messages import graphs, negotiate, responses
from eclod.web.messages.responses import Link, Sender
from eclod.web.pages import rows
from eclod.web.pages.views import ReleasesView, ReleaseView
from eclod.web.resources import manifests

blueprint: Final = Blueprint("releases", __name__, url_prefix="/releases")

_FORMATS: Final = (HTML, JSON, *GRAPH_FORMATS)
_YEAR: Final = 365 * 24 * 3600


@blueprint.get("")
def index() -> Response:
    """List the releases, newest first."""
    found = service()
    choice = negotiate.choose(_FORMATS, HTML, lambda form: f"/releases?format={form.name}")
    known = manifests.all_manifests(found)
    sender = Sender(found, choice, release=found.release(), about=" ".join(m.id for m in known))
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    if choice.is_html:
        view = ReleasesView(tuple(rows.release_row(m, sender.release) for m in known), choice.alternates)
        return sender.page("releases.html", releases=view)
    if choice.format is JSON:
        content = {"current": sender.release, "releases": [_as_json(m) for m in known]}
        return sender.send(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    current = next((m for m in known if m.id == sender.release), known[0] if known else None)
    triples = description.catalogue(current, known) if current else []
    return sender.send(graphs.serialise(triples, choice.format))


@blueprint.get("/<release>")
def show(release: str) -> Response:
    """Show one release."""
    found = service()
    manifest = manifests.manifest_of(found, release)

    def address(form: Format) -> str:
        return f"/releases/{quote(release)}?format={form.name}"

    choice = negotiate.choose(_FORMATS, HTML, address)
    sender = Sender(found, choice, release=release, about=found.release())
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    links = [Link(f"{found.names.base}/releases/{release}", "canonical"), Link("/releases", "collection")]
    links.append(Link(expand("dcat:Dataset"), "type"))
    if manifest.previous:
        links.append(Link(f"/releases/{quote(manifest.previous)}", "predecessor-version"))
    if choice.is_html:
        return sender.page(
            "release.html", links, release=_view(found, manifest, choice), tables=rows.table_rows(manifest)
        )
    if choice.format is JSON:
        return sender.send(json.dumps(_as_json(manifest), ensure_ascii=False, indent=1) + "\n", links)
    triples = description.release_description(manifest, manifests.counts(found, release))
    return sender.send(graphs.serialise(triples, choice.format), links)


@blueprint.get("/<release>/dumps/<name>")
def dump(release: str, name: str) -> Response:
    """Send one file of a release: whole, in ranges, or not at all when it is there already."""
    found = service()
    manifest = manifests.manifest_of(found, release)
    whole = [(manifest.dataset, "")] if manifest.dataset is not None else []
    listed = [*((file, graph.licence) for graph in manifest.graphs for file in graph.files), *whole]
    file, licence = next((each for each in listed if each[0].name == name), (None, ""))
    if file is None:
        raise NotFound(f"Release {release} has no file '{name}'; /releases/{release} lists those it has.")
    response = send(found, manifest, f"dumps/{name}", file)
    links = [Link(f"/releases/{quote(release)}", "collection")]
    if licence.startswith(("http://", "https://")):
        links.append(Link(licence, "license"))
    responses.add_links(response, links)
    return response


def send(found: Service, manifest: Manifest, path: str, file: FileEntry) -> Response:
    """Return a file of a release, by its path there: whole, in ranges, or not at all when it is there already."""
    response = send_file(
        found.releases.folder(manifest.id).resolve() / path,
        mimetype=_media_type(file.name),
        as_attachment=True,
        download_name=file.name,
        conditional=True,
        etag=file.sha256,
        last_modified=_moment(manifest.created),
        max_age=_YEAR,
    )
    response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    response.headers[responses.RELEASE_HEADER] = manifest.id
    return response


def _media_type(name: str) -> str:
    if name.endswith(".gz"):
        return "application/gzip"
    return FILE_MEDIA_TYPES.get(PurePath(name).suffix, "application/octet-stream")


def _view(found: Service, manifest: Manifest, choice: negotiate.Choice) -> ReleaseView:
    return ReleaseView(
        row=rows.release_row(manifest, found.release()),
        graphs=rows.graph_rows(manifest),
        registries=rows.registry_rows(manifest),
        ontology_version=manifest.ontology_version,
        code_version=manifest.code_version,
        alternates=choice.alternates,
        dataset=rows.download(manifest, manifest.dataset) if manifest.dataset is not None else None,
        previous_href=f"/releases/{quote(manifest.previous)}" if manifest.previous else None,
    )


def _as_json(manifest: Manifest) -> dict[str, object]:
    return manifest.model_dump(mode="json", exclude={"format", "system_inputs"})


def _moment(created: str) -> datetime | None:
    try:
        return datetime.fromisoformat(created)
    except ValueError:
        return None
