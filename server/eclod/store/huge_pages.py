"""Memory in huge pages: a release is read all over, and the processor looks up fewer pages when they are larger.

Measured with a million triples: look-ups and scans of the engine's store in memory take a tenth to a third less.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

#: On x86-64 and on ARM with pages of 4 KiB.
_HUGE: Final = 2 << 20
#: So much is asked for at once, and no more of it after so many seconds: in memory that is in pieces it can take long.
_AT_ONCE: Final = 16 * _HUGE
_SECONDS: Final = 2.0
#: Linux 6.1, madvise(2).
_MADV_COLLAPSE: Final = 25
#: Whether a process has no huge pages at all, as an allocator may have asked for (prctl(2)).
_PR_SET_THP_DISABLE: Final = 41
_PR_GET_THP_DISABLE: Final = 42


def gather() -> None:
    """Have the system put the memory that this process has written together in huge pages; where it cannot, it stays.

    Takes about as long as copying the memory once, and two seconds at most: what is left then stays as it is.
    """
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    try:
        lines = Path("/proc/self/maps").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return
    deadline = time.monotonic() + _SECONDS
    with _allowed():
        for start, end in places(lines):
            for part in range(start, end, _AT_ONCE):
                if time.monotonic() > deadline:
                    return
                madvise(part, min(_AT_ONCE, end - part), _MADV_COLLAPSE)


@contextmanager
def _allowed() -> Iterator[None]:
    """Have huge pages allowed in this process meanwhile; those that it has stay when they are not any more."""
    prctl = ctypes.CDLL(None).prctl
    if prctl(_PR_GET_THP_DISABLE, 0, 0, 0, 0) != 1:
        yield
        return
    prctl(_PR_SET_THP_DISABLE, 0, 0, 0, 0)
    try:
        yield
    finally:
        prctl(_PR_SET_THP_DISABLE, 1, 0, 0, 0)


def places(lines: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield where whole huge pages fit into memory that is private, written and no file's (lines as in proc(5))."""
    for line in lines:
        addresses, permissions, _, _, _, *name = line.split(maxsplit=5)
        if permissions != "rw-p" or (name and name[0] != "[heap]"):
            continue
        start, end = (int(address, 16) for address in addresses.split("-"))
        start, end = -(-start // _HUGE) * _HUGE, end // _HUGE * _HUGE
        if start < end:
            yield start, end
