"""What the requests of one application share: settings, engine, releases, search, and what a release is."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar, cast

from flask import current_app
from prometheus_client.registry import Collector
from werkzeug.http import http_date

from eclod.core import endpoints
from eclod.core.errors import EclodError, TooBusy
from eclod.core.iris import Names
from eclod.core.settings import Settings
from eclod.store.allowance import Allowance
from eclod.store.engine import Engine
from eclod.store.feed import announcing
from eclod.store.finding.index import Entry, Hit
from eclod.store.identities import IdentitiesOf
from eclod.store.intake import Intake
from eclod.store.label_memory import LabelMemory
from eclod.store.linkbacks import rounds
from eclod.store.linkbacks.box import Box, Versions
from eclod.store.manifest import Manifest
from eclod.store.receipts import Receipts
from eclod.store.releases import Releases
from eclod.store.tokens import FILE, Tokens

T = TypeVar("T")

EXTENSION: Final = "eclod"
_REMEMBERED: Final = 64
#: What one client may add to the receipts in a day, which are never removed: bytes, seconds.
_NEW_RECEIPTS: Final = (1 << 20, 86_400)
_DAY: Final = 86_400


class Index(Protocol):
    """Finds things of one release."""

    def search(self, text: str, limit: int = 20, kinds: Sequence[str] = ()) -> list[Hit]:
        """Return what has the words of a text, best first."""
        ...

    def alike(self, name: str, limit: int, types: Sequence[str] = (), kinds: Sequence[str] = ()) -> list[Hit]:
        """Return what has a name, or one like it."""
        ...

    def identified(self, text: str, kinds: Sequence[str] = (), limit: int = 10) -> list[Hit]:
        """Return what an identifier in any spelling identifies."""
        ...

    def get(self, iri: str) -> Entry | None:
        """Return what is known of an IRI."""
        ...

    def has_type(self, iri: str) -> bool:
        """Return whether anything that can be found is of a class."""
        ...


class Indexes(Protocol):
    """The search indexes of all releases."""

    def for_release(self, release: str) -> Index:
        """Return the index of a release; raises NotFound when there is no such release."""
        ...


class Service:
    """Everything a request needs; one for each application, safe to share among threads.

    `federated` are the endpoints that queries may ask with SERVICE. `code` identifies this code with its templates and
    static files: a representation depends on it as on the release.
    """

    def __init__(self, settings: Settings, engine: Engine, releases: Releases, search: Indexes) -> None:
        self.settings = settings
        self.names = Names(settings.base)
        self.engine = engine
        self.releases = releases
        self.search = search
        self.identities = IdentitiesOf(releases)
        self.feed = announcing.feed(releases)
        self.labels = LabelMemory(self.names)
        self.receipts = Receipts(settings.data / "receipts.sqlite", settings.receipts_mb << 20)
        self.intake = Intake(settings.data)
        self.tokens = Tokens(settings.data / FILE)
        self.new_receipts = Allowance(*_NEW_RECEIPTS)
        self.linkbacks = Box(settings.data, settings.linkback_day)
        self.linkback_versions = Versions(self.linkbacks)
        self.new_linkbacks = Allowance(settings.linkback_day, _DAY)
        self.reach = rounds.reach(settings)
        self.federated = tuple(endpoint.iri for endpoint in endpoints.parse_list(settings.federation))
        #: What whoever runs the application counts, for `/metrics`.
        self.meters: list[Collector] = []
        self.code = _fingerprint(Path(__file__).parent)
        self._lock = threading.Lock()
        self._remembered: dict[Hashable, Any] = {}
        self._newest: dict[Hashable, tuple[threading.Lock, list[tuple[Any, str]]]] = {}

    def linkback_version(self, address: str) -> str:
        """Return the version of the linkbacks of the thing whose document is at an address, "" where there are none."""
        if not address.startswith("/doc/"):
            return ""
        path = address.partition("?")[0].partition(".")[0]
        return self.linkback_versions.of(f"{self.names.base}/id/{path.removeprefix('/doc/')}")

    def release(self) -> str:
        """Return the id of the release that is served now, or "" while there is none."""
        try:
            return self.engine.release
        except TooBusy:
            return ""

    def manifest(self, release: str) -> Manifest | None:
        """Return the manifest of a release, or None when it is gone or cannot be read; manifests never change."""
        try:
            return self.remember("manifest", release, lambda: (Manifest.read(self.releases.folder(release)), release))
        except EclodError:
            return None

    def remember(self, key: Hashable, release: str, build: Callable[[], tuple[T, str]]) -> T:
        """Return what is true for a release: kept from before, or made now by `build`.

        `build` returns it with the release that it turned out to be about.
        """
        with self._lock:
            if (key, release) in self._remembered:
                return cast("T", self._remembered[key, release])
        value, actual = build()
        with self._lock:
            while len(self._remembered) >= _REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[key, actual] = value
        return value

    def remember_newest(self, key: Hashable, build: Callable[[], tuple[T, str]]) -> T:
        """Return what is true for the release that is served now; only the newest is kept, for what is large.

        It is made by one thread while others that need it wait. `build` returns it with the release that it is about.
        """
        with self._lock:
            making, kept = self._newest.setdefault(key, (threading.Lock(), []))
        with making:
            if not kept or kept[0][1] != self.release():
                kept[:] = [build()]
            return cast("T", kept[0][0])

    def created(self, release: str) -> datetime | None:
        """Return when a release was made, or None when its manifest does not say."""
        manifest = self.manifest(release)
        try:
            return datetime.fromisoformat(manifest.created) if manifest else None
        except ValueError:
            return None

    def last_modified(self, release: str) -> str:
        """Return when a release was made as headers have it (RFC 9110, section 5.6.7), "" when that is not known.

        It is asked for with each answer, so it is written once for each release.
        """

        def written() -> tuple[str, str]:
            created = self.created(release)
            return (http_date(created) if created is not None else ""), release

        return self.remember("last modified", release, written)


def _fingerprint(folder: Path) -> str:
    """Return a hash over the files of this package that make up its answers."""
    digest = hashlib.blake2b(digest_size=8)
    files = [path for kind in ("**/*.py", "**/*.toml", "templates/*", "static/**/*") for path in folder.glob(kind)]
    for path in sorted(path for path in files if path.is_file()):
        digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def service() -> Service:
    """Return the service of the application that handles this request."""
    return cast("Service", current_app.extensions[EXTENSION])
