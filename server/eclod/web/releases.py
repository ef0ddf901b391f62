"""Releases: the list, one with its graphs and files, and the files themselves."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from pathlib import PurePath
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response, request, send_file

from eclod.core.errors import EclodError, NotFound
from eclod.core.formats import FILE_MEDIA_TYPES, GRAPH_FORMATS, HTML, JSON, Format
from eclod.rdf import description
from eclod.store import partitions
from eclod.store.manifest import FileEntry, Manifest
from eclod.store.partitions import Partitions
from eclod.web import graphs, negotiate, responses, rows
from eclod.web.context import Service, service
from eclod.web.responses import Link, Sender
from eclod.web.views import ReleasesView, ReleaseView

log = logging.getLogger(__name__)

blueprint: Final = Blueprint("releases", __name__, url_prefix="/releases")

_FORMATS: Final = (HTML, JSON, *GRAPH_FORMATS)
_YEAR: Final = 365 * 24 * 3600


@blueprint.get("")
def index() -> Response:
    """List the releases, newest first."""
    found = service()
    choice = negotiate.choose(_FORMATS, HTML, lambda form: f"/releases?format={form.name}")
    manifests = all_manifests(found)
    sender = Sender(found, choice, release=found.release(), about=" ".join(m.id for m in manifests))
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    if choice.is_html:
        view = ReleasesView(tuple(rows.release_row(m, sender.release) for m in manifests), choice.alternates)
        return sender.page("releases.html", releases=view)
    if choice.format is JSON:
        content = {"current": sender.release, "releases": [_as_json(m) for m in manifests]}
        return sender.send(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    current = next((m for m in manifests if m.id == sender.release), manifests[0] if manifests else None)
    triples = description.catalogue(current, manifests) if current else []
    return sender.send(graphs.serialise(triples, choice.format))


@blueprint.get("/<release>")
def show(release: str) -> Response:
    """Show one release."""
    found = service()
    manifest = manifest_of(found, release)

    def address(form: Format) -> str:
        return f"/releases/{quote(release)}?format={form.name}"

    choice = negotiate.choose(_FORMATS, HTML, address)
    sender = Sender(found, choice, release=release, about=found.release())
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    links = [Link(f"{found.names.base}/releases/{release}", "canonical"), Link("/releases", "collection")]
    if manifest.previous:
        links.append(Link(f"/releases/{quote(manifest.previous)}", "predecessor-version"))
    if choice.is_html:
        return sender.page(
            "release.html", links, release=_view(found, manifest, choice), tables=rows.table_rows(manifest)
        )
    if choice.format is JSON:
        return sender.send(json.dumps(_as_json(manifest), ensure_ascii=False, indent=1) + "\n", links)
    triples = description.release_description(manifest, counts(found, release))
    return sender.send(graphs.serialise(triples, choice.format), links)


@blueprint.get("/<release>/dumps/<name>")
def dump(release: str, name: str) -> Response:
    """Send one file of a release: whole, in ranges, or not at all when it is there already."""
    found = service()
    manifest = manifest_of(found, release)
    listed = next(((g, f) for g in manifest.graphs for f in g.files if f.name == name), None)
    if listed is None:
        raise NotFound(f"Release {release} has no file '{name}'; /releases/{release} lists those it has.")
    graph, file = listed
    response = send(found, manifest, f"dumps/{name}", file)
    links = [Link(f"/releases/{quote(release)}", "collection")]
    if graph.licence.startswith(("http://", "https://")):
        links.append(Link(graph.licence, "license"))
    responses.add_links(response, links)
    return response


def send(found: Service, manifest: Manifest, path: str, file: FileEntry) -> Response:
    """Return a file of a release, by its path there: whole, in ranges, or not at all when it is there already."""
    if request.range is None or request.range.units != "bytes":
        request.environ.pop("HTTP_RANGE", None)  # a range that cannot be read asks for everything (RFC 9110, 14.2)
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


def all_manifests(found: Service) -> list[Manifest]:
    """Return the manifests of all releases that can be read, newest first."""
    manifests = [found.manifest(release) for release in found.releases.ids()]
    return sorted((m for m in manifests if m is not None), key=lambda m: (m.created, m.id), reverse=True)


def counts(found: Service, release: str) -> Partitions:
    """Return what was counted in a release; nothing for one made before there were counts, or when they are damaged."""

    def read() -> tuple[Partitions, str]:
        try:
            return partitions.read(found.releases.folder(release)), release
        except EclodError as error:
            log.error("%s", error.message)
            return Partitions(), release

    return found.remember("partitions", release, read)


def manifest_of(found: Service, release: str) -> Manifest:
    """Return the manifest of a release that somebody asks for; raises NotFound when there is none to read."""
    try:
        found.releases.folder(release)
    except (EclodError, ValueError, OSError):  # also a name that is no file name
        raise NotFound(f"There is no release '{release}'; /releases lists those there are.") from None
    manifest = found.manifest(release)
    if manifest is None:
        raise NotFound(f"The release '{release}' cannot be read; /releases lists those that can.")
    return manifest


def _view(found: Service, manifest: Manifest, choice: negotiate.Choice) -> ReleaseView:
    return ReleaseView(
        row=rows.release_row(manifest, found.release()),
        graphs=rows.graph_rows(manifest),
        registries=rows.registry_rows(manifest),
        ontology_version=manifest.ontology_version,
        code_version=manifest.code_version,
        alternates=choice.alternates,
        previous_href=f"/releases/{quote(manifest.previous)}" if manifest.previous else None,
    )


def _as_json(manifest: Manifest) -> dict[str, object]:
    return manifest.model_dump(mode="json", exclude={"format", "system_inputs"})


def _moment(created: str) -> datetime | None:
    try:
        return datetime.fromisoformat(created)
    except ValueError:
        return None
