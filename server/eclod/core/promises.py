"""What an installation promises over HTTP: one table, which the probe tries and a page shows."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel, ConfigDict

#: Where, in the data folder, the result of the last probe that was kept stands.
KEPT: Final = "conformance.json"

PASSED: Final = "passed"
FAILED: Final = "failed"
#: What was probed does not have what the promise is about.
INAPPLICABLE: Final = "inapplicable"
UNTESTED: Final = "untested"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Promise(_Part):
    """One promise: its group, the sentence, the specification it comes from, the seconds that trying it may take."""

    about: str
    promise: str
    source: str
    seconds: float = 30.0


class Result(_Part):
    """How one promise was kept: an outcome as EARL names it, and what was seen; `seconds` it took."""

    name: str
    outcome: str
    seen: str
    seconds: float


class Report(_Part):
    """One run of the probe: what was probed, when (ISO 8601), by which version, with which release, each result."""

    subject: str
    at: str
    version: str
    release: str
    results: tuple[Result, ...]

    def count(self, outcome: str) -> int:
        return sum(result.outcome == outcome for result in self.results)


@cache
def promises() -> Mapping[str, Promise]:
    """Return the promises by name, in their order."""
    table = tomllib.loads(Path(__file__).with_name("promises.toml").read_text(encoding="utf-8"))
    return MappingProxyType({name: Promise(**said) for name, said in table.items()})
