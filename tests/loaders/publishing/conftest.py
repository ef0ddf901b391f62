"""A small registry that sends its table, and a publisher over an empty data folder with a release of nothing else."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from eclod.core.settings import Settings, from_environment
from eclod.store.releases import Releases
from eclod.store.submission import Submission
from eclod_loaders.publishing.publisher import Publisher

REGISTRY = """title = {{ en = "Firms" }}
publisher = "Somebody"
language = "en"
country = "DK"
{more}

[publishing]
{publishing}

[[sources]]
file = "./firms.csv"
"""
MAPPING = """[ignored]
note = "not needed"

[things.organisation]
shape = "Organisation"
key = "id"
fields.name = "name"
fields.homepage = "homepage"
fields.country = { constant = "DK" }
"""
HEADER = "id,name,homepage,note\n"


def table(*names: str, homepage: str = "") -> bytes:
    """Return a table of firms of these names."""
    return (HEADER + "".join(f"{n},{name},{homepage},\n" for n, name in enumerate(names, 1))).encode()


TEN = tuple(f"Firm {number}" for number in range(10))


class Firms:
    """The registry `firms` of an installation, and its publisher."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "registries" / "firms"
        self.settings: Settings = from_environment({}, data=folder / "data", registries=str(folder / "registries"))
        self.declare()
        (self.folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
        self.publisher = Publisher(self.settings, standard=False)

    def declare(self, publishing: str = "largest_change = 1", more: str = "") -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        text = REGISTRY.format(publishing=publishing, more=more)
        (self.folder / "registry.toml").write_text(text, encoding="utf-8")

    def send(self, content: bytes, name: str = "firms.csv", **facts: Any) -> Submission:
        with self.publisher.intake.upload() as upload:
            upload.save(io.BytesIO(content), name, 1 << 24)
            return self.publisher.intake.receive(upload, "firms", **facts)[0]

    def settle(self) -> None:
        while self.publisher.step():
            pass

    def now(self, submission: Submission) -> Submission:
        return self.publisher.intake.get(submission.registry, submission.id)

    def deliver(self, content: bytes, name: str = "firms.csv", **facts: Any) -> Submission:
        """Send a file and return what became of it."""
        sent = self.send(content, name, **facts)
        self.settle()
        return self.now(sent)


@pytest.fixture
def firms(tmp_path: Path) -> Firms:
    return Firms(tmp_path)


@pytest.fixture
def names_of(firms: Firms) -> Callable[[], set[str]]:
    """Return the names of firms that the current release has, in any graph."""
    return lambda: _names(firms)


def _names(firms: Firms) -> set[str]:
    releases = Releases(firms.settings.data)
    store = ox.Store.read_only(str(releases.folder(releases.current_id()) / "store"))
    found = store.quads_for_pattern(None, ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel"), None, None)
    texts = {quad.object.value for quad in found if isinstance(quad.object, ox.Literal)}
    return {text for text in texts if text.startswith("Firm")}
