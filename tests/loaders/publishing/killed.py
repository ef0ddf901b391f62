"""A publisher that is killed (SIGKILL) at a named point; run by the tests as a process of its own."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from eclod.core.settings import from_environment
from eclod.store import writer
from eclod.store.intake import Intake
from eclod.store.ledger import Ledger
from eclod.store.releases import Releases
from eclod_loaders import pipeline
from eclod_loaders.publishing.publisher import Publisher
from eclod_loaders.reporting import dry_run

_PLACES: dict[str, tuple[Any, str]] = {
    "dry_run.write": (dry_run, "write"),
    "intake.advance": (Intake, "advance"),
    "pipeline.build": (pipeline, "build"),
    "writer.publish": (writer, "_describe"),
    "committed": (Ledger, "commit"),
    "switched": (Releases, "switch"),
}


def _die_after(original: Any) -> Any:
    def replacement(*arguments: Any, **options: Any) -> None:
        original(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    return replacement


if __name__ == "__main__":
    data, registries, point = sys.argv[1:]
    place, name = _PLACES[point]
    setattr(place, name, _die_after(getattr(place, name)))
    Publisher(from_environment({}, data=Path(data), registries=registries), standard=False).step()
