"""The processor of a web worker: one, since its threads share one interpreter and take turns anyway.

On several they wake each other across processors for every turn, which costs more than the turn: on two, a page takes
half as long again.
"""

from __future__ import annotations

import os


def settle() -> None:
    """Keep this process, with all threads that it will start, on one of the processors it may use.

    Which one differs from process to process, so that several services on one machine do not share it. Where the
    system knows no such thing, nothing changes (sched_setaffinity(2) is Linux's).
    """
    if hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {allowed[os.getpid() % len(allowed)]})
