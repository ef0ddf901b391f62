"""A follower that is killed: `python dying.py ADDRESS FOLDER NUMBER`, at the so-manieth step that changes the copy."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eclod.following import follower
from eclod.following.copy import Copy
from eclod.following.follower import Follower
from eclod.following.source import Source

STEPS = ("_known", "_add", "_replace", "_note")


class Countdown:
    """Kills this process when a number of times have been counted, before and after each step."""

    def __init__(self, left: int) -> None:
        self._left = left

    def count(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any) -> Any:
            self.count()
            result = original(*arguments)
            self.count()
            return result

        return step


if __name__ == "__main__":
    countdown = Countdown(int(sys.argv[3]))
    for name in STEPS:
        setattr(Copy, name, countdown.around(getattr(Copy, name)))
    follower.BATCH = 500  # type: ignore[misc]
    with Copy(Path(sys.argv[2])) as copy:
        Follower(Source(sys.argv[1]), copy).look()
