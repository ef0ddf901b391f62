"""Memory is put together in huge pages only where whole ones fit into memory that is this process's own."""

from __future__ import annotations

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
