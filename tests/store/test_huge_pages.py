"""Memory is put together in huge pages only where whole ones fit into memory that is this process's own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from eclod.store import huge_pages

_MAPS = """\
00400000-00a00000 rw-p 00000000 00:00 0                                  [heap]
00b00000-00bff000 rw-p 00000000 00:00 0
7f0000001000-7f0000600fff rw-p 00000000 00:00 0
7f1000000000-7f1000400000 r--p 00000000 00:00 0
7f2000000000-7f2000400000 rw-p 00000000 fe:00 1234                       /usr/lib/some library.so
7f3000000000-7f3000400000 rw-s 00000000 00:00 0
7ffc00000000-7ffc00400000 rw-p 00000000 00:00 0                          [stack]
""".splitlines()


def test_only_whole_pages_of_own_memory() -> None:
    """The heap and unnamed memory count, cut to whole pages; files, shared and read-only memory and stacks do not."""
    assert list(huge_pages.places(_MAPS)) == [(0x400000, 0xA00000), (0x7F0000200000, 0x7F0000600000)]


def test_what_is_in_memory_stays() -> None:
    """Nothing that was written changes, and a system that has no huge pages is no error."""
    written = bytearray(range(256)) * (1 << 16)
    huge_pages.gather()
    assert written == bytearray(range(256)) * (1 << 16)


#: Prints how much memory is in huge pages, and whether they are disallowed, after memory was put together.
_GATHER = """
import ctypes, sys
from pathlib import Path
from eclod.store import huge_pages
prctl = ctypes.CDLL(None).prctl
prctl(41, int(sys.argv[1]), 0, 0, 0)
written = bytearray(b"x") * (64 << 20)
huge_pages.gather()
lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
print(next(line.split()[1] for line in lines if line.startswith("AnonHugePages")), prctl(42, 0, 0, 0, 0))
"""


def _gathered(disallowed: bool) -> tuple[int, int]:
    command = [sys.executable, "-c", _GATHER, str(int(disallowed))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    kib, flag = map(int, done.stdout.split())
    return kib, flag


def test_where_the_allocator_disallows_huge_pages_they_are_allowed_meanwhile() -> None:
    kib, flag = _gathered(disallowed=False)
    assert flag == 0
    if not kib:
        pytest.skip("this system puts no memory together in huge pages")
    kib, flag = _gathered(disallowed=True)
    assert kib
    assert flag == 1
