"""The engine's processes have an allocator of their own, and keep the limits on memory all the same."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from eclod.store import allocator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process have another allocator so")

_SAYS_WHICH = "import ctypes; print(hasattr(ctypes.CDLL(None), 'mi_collect'))"
#: Ends well when a process that may have 128 MiB more gets 40 but not 200, and not 40 twelve times over: half is new,
#: and what it had unused before is in pieces.
_TAKES = """
from eclod.store import executor
executor._limit_memory(128 << 20)
one = bytearray(40 << 20)
for sizes in ([200], [40] * 12):
    try:
        more = [bytearray(size << 20) for size in sizes]
    except MemoryError:
        pass
    else:
        raise SystemExit(f"it got {sum(sizes)} MiB more")
"""


def _said(code: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", code], env=allocator.environment(), capture_output=True, text=True, check=True
    )
    assert run.stderr == ""
    return run.stdout.strip()


def test_a_process_started_so_has_it() -> None:
    assert _said(_SAYS_WHICH) == "True"


def test_memory_is_limited_with_it() -> None:
    assert _said(_TAKES) == ""


def test_what_an_operator_preloads_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD", "libof-theirs.so")
    assert allocator.environment()["LD_PRELOAD"] == "libof-theirs.so"


def test_without_it_all_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError

    monkeypatch.delenv("LD_PRELOAD", raising=False)
    monkeypatch.setattr(metadata, "distribution", missing)
    assert "LD_PRELOAD" not in allocator.environment()
    allocator.give_back()


@pytest.mark.parametrize("name", ["with blanks", "a:b"])
def test_a_folder_that_cannot_be_named_to_the_linker_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    class Installed:
        def locate_file(self, path: str) -> Path:
            return tmp_path / name / path

    library = Installed().locate_file("cmeel.prefix/lib/libmimalloc.so")
    library.parent.mkdir(parents=True)
    library.touch()
    monkeypatch.delenv("LD_PRELOAD", raising=False)
    monkeypatch.setattr(metadata, "distribution", lambda _name: Installed())
    assert "LD_PRELOAD" not in allocator.environment()
