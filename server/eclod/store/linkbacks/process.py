"""Runs the rounds beside the service: a process while there is something to do, none at rest."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from typing import Final

from eclod.core.errors import EclodError
from eclod.core.parents import end_with_parent
from eclod.core.settings import Settings
from eclod.store.linkbacks.rounds import Rounds

log = logging.getLogger(__name__)

#: How often it is looked whether there is something to do, and how long one that failed is left alone, in seconds.
_LOOK: Final = 1.0
_PAUSE: Final = 60.0


class LinkbackProcess:
    """Owns that process; `step` is called again and again by whoever runs the service."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rounds = Rounds(settings)
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0

    def step(self) -> None:
        """Start a process when there is something to do, and look after one that ended."""
        now = time.monotonic()
        if self._process is not None:
            if (code := self._process.poll()) is None:
                return
            self._process = None
            self._not_before = now + (_PAUSE if code else _LOOK)
            if code:
                log.error("looking at linkbacks ended with %s; it is tried again", code)
        if now < self._not_before:
            return
        self._not_before = now + _LOOK
        try:
            if self._rounds.has_work():
                self._process = self._start()
        except EclodError as error:
            log.error("%s", error.message)
            self._not_before = now + _PAUSE

    def stop(self) -> None:
        """End the process; what it was at is done again."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ECLOD_")}
        for name in Settings.model_fields:
            environment[f"ECLOD_{name.upper()}"] = str(getattr(self._settings, name))
        return subprocess.Popen(
            [sys.executable, "-m", "eclod", "inbox", "notify"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            preexec_fn=end_with_parent,
        )
