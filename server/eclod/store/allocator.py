"""What hands out memory to the engine: with the C library's own allocator, up to half of the engine's time goes there.

The engine asks for memory for every term of every row, and gives it back as often. A process has an allocator from its
start, so those in which the engine answers are started with mimalloc (a package that has it as a library does the
building); where it cannot be had, all is the same, and slower.
"""

from __future__ import annotations

import ctypes
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Final

_PACKAGE: Final = "cmeel-mimalloc"
_LIBRARY: Final = "cmeel.prefix/lib/libmimalloc.so"
#: What the dynamic linker loads before all else (ld.so(8)).
_PRELOADED: Final = "LD_PRELOAD"
#: It takes addresses from the system in pieces of so much: small ones, since the limits of a process count them. What
#: it was given back goes to the system after so many milliseconds, since to be given it anew takes longest of all.
#: Huge pages are left to `huge_pages`: with them everywhere, executors that take too much hold up others as they end.
_SETTINGS: Final = {
    "MIMALLOC_ALLOW_THP": "0",
    "MIMALLOC_ARENA_RESERVE": "64MiB",
    "MIMALLOC_PURGE_DELAY": "10000",
}


def environment() -> dict[str, str]:
    """Return the environment of this process with what gives a new one the allocator.

    It is left as it is where there is none, and where an operator preloads something.
    """
    here = dict(os.environ)
    library = _library()
    if library is None or here.get(_PRELOADED):
        return here
    return _SETTINGS | here | {_PRELOADED: str(library)}


def give_back() -> None:
    """Give what this process no longer uses back to the system."""
    process = ctypes.CDLL(None)
    if hasattr(process, "mi_collect"):
        process.mi_collect(ctypes.c_bool(True))
    elif hasattr(process, "malloc_trim"):
        process.malloc_trim(0)


def _library() -> Path | None:
    if sys.platform != "linux":
        return None
    try:
        library = Path(str(metadata.distribution(_PACKAGE).locate_file(_LIBRARY)))
    except metadata.PackageNotFoundError:
        return None
    # What is preloaded is a list of paths, in which nothing can be quoted (ld.so(8)).
    return library if library.is_file() and not set(str(library)) & set(" :") else None
