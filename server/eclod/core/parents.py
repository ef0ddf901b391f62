"""Processes that do not outlive the one that started them, however it ends."""

from __future__ import annotations

import ctypes
import signal
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def end_with_parent(by: signal.Signals = signal.SIGKILL) -> None:
    """Have the system send this process a signal when the thread that started it ends (prctl(2), PR_SET_PDEATHSIG).

    A parent that ended before is not noticed; whoever minds compares `os.getppid()` afterwards.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, by, 0, 0, 0)
