"""Two small registries that share an organisation, and what is asked of their releases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyoxigraph as ox
import pytest
from stdnum import luhn

from eclod.core import codes
from eclod.core.iris import Names
from eclod.core.settings import Settings, from_environment
from eclod.store import identities
from eclod.store.identities import Identities
from eclod.store.ledger import FILE, Ledger
from eclod.store.releases import Releases
from eclod_loaders import pipeline
from eclod_loaders.pipeline import Outcome
from eclod_loaders.succession.deciding import Deciding, deciding

REGISTRY = """title = {{ en = "Register {name}" }}
publisher = "Office {name}"
language = "en"
country = "SE"
precedence = {precedence}
retire_after = {retire_after}

[[sources]]
file = "./rows.csv"
adapter = "tabular"
"""
MAPPING = """[things.firm]
shape = "Organisation"
key = "id"
fields.name = "name"
fields.country = { constant = "SE" }
fields.registeredAs = [
    { identifier = "company-number", column = "number", issued_in = "SE", issued_by = "Made-up office" },
    { identifier = "lei", column = "lei" },
]
"""
BASE = Names()
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


class World:
    """A data folder with its registries, built day by day."""

    def __init__(self, folder: Path) -> None:
        self.settings: Settings = from_environment({}, data=folder / "data")
        self.folder = folder / "registries"
        self.day = 0

    def registry(self, name: str, rows: str, precedence: int = 200, retire_after: str = "1") -> None:
        """Write a registry whose rows are lines `id,name,number,lei`."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        text = REGISTRY.format(name=name, precedence=precedence, retire_after=retire_after)
        (folder / "registry.toml").write_text(text)
        (folder / "mapping.toml").write_text(MAPPING)
        (folder / "rows.csv").write_text("id,name,number,lei\n" + rows)

    def build(self) -> Outcome:
        self.day += 1
        return pipeline.build(self.settings, None, [self.folder], at=self.now)

    @property
    def now(self) -> datetime:
        return MONDAY + timedelta(days=self.day)

    def decide(self, decide: Callable[[Deciding], object]) -> None:
        self.day += 1
        with deciding(self.settings, self.now) as decisions:
            decide(decisions)

    def ledger(self) -> Ledger:
        return Ledger(self.settings.data / FILE)

    @property
    def release(self) -> Path:
        releases = Releases(self.settings.data)
        return releases.folder(releases.current_id())

    def identities(self) -> Identities:
        return Identities(self.release / identities.FILE)

    def state(self, code: str) -> str:
        """Return the state of an organisation in the release, or "" when the release does not know it."""
        found = self.identities().get(BASE.thing("organisation", code))
        return found.state if found else ""

    def ask(self, query: str) -> list[tuple[str, ...]]:
        store = ox.Store.read_only(str(self.release / "store"))
        solutions = store.query(query)
        assert isinstance(solutions, ox.QuerySolutions)
        return sorted(tuple(getattr(term, "value", "") for term in row) for row in solutions)

    def names(self) -> list[str]:
        """Return the names of the organisations of the merged view."""
        return [
            name
            for (name,) in self.ask(
                "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX org: <http://www.w3.org/ns/org#> "
                "SELECT ?name { ?o a org:Organization ; skos:prefLabel ?name }"
            )
        ]


def number(stem: int) -> str:
    """Return a Swedish company number with its check digit."""
    digits = f"{556000000 + stem}"
    return digits + luhn.calc_check_digit(digits)


def code(registry: str, local_id: str) -> str:
    return codes.derive("organisation", registry, local_id)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)
