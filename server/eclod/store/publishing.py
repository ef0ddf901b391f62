"""Runs the publisher beside the service: started when a registry sends something, kept while it does, killed with it.

The publisher is a command of its own, since what reads registries' files is no part of the service. Where nobody has a
token there is none at rest, so that the service costs no more for being able to publish; where somebody has one, it
waits with what every delivery needs, since to start and to read that takes longer than to check a short delivery.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from eclod.core.errors import EclodError
from eclod.core.parents import end_with_parent
from eclod.core.settings import Settings
from eclod.store.intake import Intake
from eclod.store.tokens import FILE, Tokens

log = logging.getLogger(__name__)

#: How long a publisher that ended with an error is left alone, in seconds: twice as long each time, up to the second.
_PAUSE: Final = 2.0
_LONGEST_PAUSE: Final = 60.0
#: How often it is looked whether somebody may send deliveries, in seconds.
_LOOK: Final = 2.0


def is_awaited(data: Path) -> bool:
    """Return whether a publisher is to wait for deliveries: somebody has a token for them."""
    try:
        return Tokens(data / FILE).any_holds()
    except EclodError:  # whoever uses a token hears of it
        return False


class PublisherProcess:
    """Owns the publisher; `step` is called again and again by whoever runs the service."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._intake = Intake(settings.data)
        self._process: subprocess.Popen[bytes] | None = None
        self._seen: int | None = None
        self._not_before = 0.0
        self._failures = 0
        self._awaited, self._asked_at = False, -_LOOK  # whether somebody may send deliveries, and when that was asked
        self._looked = False  # whether a publisher saw what registries of the settings want looked at

    def step(self) -> None:
        """Start the publisher when there is something for it to do, and look after one that ended."""
        if not self._settings.publisher:
            return
        if self._process is not None:
            if (code := self._process.poll()) is None:
                return
            self._process = self._seen = None
            self._after(code)
        if time.monotonic() >= self._not_before and self._is_needed():
            self._process = self._start()

    def stop(self) -> None:
        """End the publisher; what it was at is gone on with when it is started again."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:  # it is in the middle of something, which may be cut off anywhere
            self._process.kill()
            self._process.wait()
        self._process = None

    def _after(self, code: int) -> None:
        """Put down how a publisher ended: one that saw to everything, or one that has to be tried again."""
        if code == 0:
            self._looked, self._failures = True, 0
            return
        pause = min(_PAUSE * 2**self._failures, _LONGEST_PAUSE)
        self._failures += 1
        self._not_before = time.monotonic() + pause
        log.error("the publisher ended with %s; it is started again in %g s", code, pause)

    def _is_needed(self) -> bool:
        rung, before = self._intake.rung(), self._seen
        self._seen = rung
        if self._is_awaited():
            return True
        if before is None:
            may_be_due = bool(self._settings.registries) and not self._looked
            return may_be_due or self._intake.has_unfinished() or self._intake.is_due(datetime.now(UTC))
        return rung != before or self._intake.is_due(datetime.now(UTC))

    def _is_awaited(self) -> bool:
        if time.monotonic() - self._asked_at >= _LOOK:
            self._awaited, self._asked_at = is_awaited(self._settings.data), time.monotonic()
        return self._awaited

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ECLOD_")}
        for name in Settings.model_fields:
            environment[f"ECLOD_{name.upper()}"] = str(getattr(self._settings, name))
        return subprocess.Popen(
            [sys.executable, "-m", "eclod", "publisher"],
            env=environment,
            stdin=subprocess.DEVNULL,
            preexec_fn=end_with_parent,
        )
