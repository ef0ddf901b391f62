"""What is known of a release without asking it: its manifest, and what was counted when it was made."""

from __future__ import annotations

import logging

from eclod.core.errors import EclodError, NotFound, TooBusy
from eclod.store import partitions
from eclod.store.manifest import Manifest
from eclod.store.partitions import Partitions
from eclod.web.context import Service

log = logging.getLogger(__name__)


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


def current(found: Service, release: str) -> Manifest:
    """Return the manifest of the release that is served; raises TooBusy while it changes."""
    manifest = found.manifest(release)
    if manifest is None:
        raise TooBusy("The service is changing to another release; try again in a moment.", retry_after=2)
    return manifest


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
