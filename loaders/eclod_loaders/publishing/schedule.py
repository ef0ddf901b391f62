"""Looking at addresses again: what a registry publishes elsewhere becomes a submission when it changed there."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from eclod.core.errors import EclodError
from eclod.store.intake import Intake
from eclod.store.submission import Submission
from eclod_loaders.declarations.registry import URL, Registry, Source
from eclod_loaders.fetching import locating

log = logging.getLogger(__name__)

_FILE: Final = ".looked.json"


class _Looked(BaseModel):
    """When each file of a registry was looked at last, as ISO 8601, and what was wrong then ("" when nothing was)."""

    model_config = ConfigDict(extra="ignore")

    at: dict[str, str] = {}
    problems: dict[str, str] = {}


class Schedule:
    """The addresses that registries have looked at by themselves, below one intake."""

    def __init__(self, intake: Intake, downloads: Path) -> None:
        self._intake = intake
        self._downloads = downloads

    def look(self, registries: Iterable[Registry], moment: datetime) -> list[Submission]:
        """Look at every address whose time has come, put down when the next one's will, and return what is new."""
        found, dues = list[Submission](), list[datetime]()
        for registry in registries:
            every = registry.publishing.every
            sources = [source for source in registry.sources if URL.match(source.file)]
            if every is None or not sources:
                continue
            looked = self._read(registry.name)
            for source in sources:
                last = looked.at.get(source.file)
                if last is None or datetime.fromisoformat(last) + every <= moment:
                    found += self._look_at(registry, source, looked)
                    looked.at[source.file] = moment.isoformat(timespec="seconds")
                    self._write(registry.name, looked)
                dues.append(datetime.fromisoformat(looked.at[source.file]) + every)
        self._intake.plan(min(dues, default=None))
        return found

    def _look_at(self, registry: Registry, source: Source, looked: _Looked) -> list[Submission]:
        """Return the submission that a source became, when it is new; what is wrong is put down and tried next time."""
        looked.problems.pop(source.file, None)
        try:
            path = locating.locate(source, registry, None, self._downloads)
            if path is None:
                return []
            with self._intake.upload() as upload, path.open("rb") as stream:
                upload.save(stream, path.name, path.stat().st_size)
                made, is_new = self._intake.receive(upload, registry.name, source=source.file, origin="pull")
            return [made] if is_new else []
        except (EclodError, OSError) as error:
            problem = error.message if isinstance(error, EclodError) else str(error)
            log.warning("%s of %s: %s", source.file, registry.name, problem)
            looked.problems[source.file] = problem
            return []

    def _read(self, registry: str) -> _Looked:
        try:
            return _Looked.model_validate_json((self._intake.root / registry / _FILE).read_bytes())
        except (OSError, ValidationError):
            return _Looked()

    def _write(self, registry: str, looked: _Looked) -> None:
        folder = self._intake.root / registry
        folder.mkdir(exist_ok=True, mode=0o700)
        fresh = folder / f"{_FILE}.new"
        fresh.write_text(looked.model_dump_json(indent=1) + "\n", encoding="utf-8")
        fresh.replace(folder / _FILE)
