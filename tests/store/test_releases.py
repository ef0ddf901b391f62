"""The data folder: one writer, one link, and no name that leads out of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from eclod.core.errors import BadInput, Damaged, Locked, NotFound
from eclod.store.manifest import Manifest
from eclod.store.releases import STAGING_PREFIX, Releases

Must = Callable[..., Manifest]

HOLD = """
import sys
from pathlib import Path
from eclod.store.releases import Releases
with Releases(Path(sys.argv[1])).writing():
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_build(data: Path) -> Iterator[subprocess.Popen[str]]:
    """Hold the lock of a data folder in another process."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        assert process.stdin is not None
        process.stdin.close()


def test_an_empty_folder_has_no_release(releases: Releases) -> None:
    assert releases.current() is None
    assert releases.ids() == []
    assert releases.manifests() == []
    releases.check_version()
    with pytest.raises(NotFound, match="run 'eclod build' first"):
        releases.current_id()
    assert not releases.data.exists()  # asking leaves nothing behind


def test_releases_follow_one_another(releases: Releases, three: list[str]) -> None:
    assert releases.ids() == sorted(three) == three
    assert [manifest.previous for manifest in releases.manifests()] == [None, three[0], three[1]]
    assert releases.current_id() == three[2]
    current = releases.current()
    assert current is not None
    assert current.id == three[2]
    assert (releases.data / "current").readlink() == Path("releases") / three[2]  # relative: the folder may be moved


def test_a_moved_data_folder_works(releases: Releases, three: list[str], tmp_path: Path) -> None:
    releases.data.rename(tmp_path / "elsewhere")
    assert Releases(tmp_path / "elsewhere").current_id() == three[2]


def test_a_release_made_in_the_same_second_has_a_name_of_its_own(releases: Releases, three: list[str]) -> None:
    assert releases.free_id("never") == "never"
    assert releases.free_id(three[0]) == f"{three[0]}-2"
    (releases.root / f"{three[0]}-2").mkdir()
    assert releases.free_id(three[0]) == f"{three[0]}-3"


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "../releases",
        "a/../b",
        "/etc",
        "/",
        ".staging-1",
        "x\x00y",
        "x\n",
        "x" * 300,
        "\ud800",
        "é",
        "%2e%2e",
        "..\\x",
        "nothing",
    ],
)
def test_no_name_leads_out_of_the_folder(releases: Releases, three: list[str], name: str) -> None:
    (releases.data / "manifest.json").write_text("{}")
    (releases.root / "manifest.json").write_text("{}")
    staging = releases.root / ".staging-1"
    staging.mkdir()
    (staging / "manifest.json").write_text("{}")
    for ask in (releases.folder, releases.switch, releases.rollback):
        with pytest.raises(NotFound, match="There is no release"):
            ask(name)
    assert releases.current_id() == three[2]
    assert releases.ids() == three


def test_rollback_goes_to_the_release_that_was_replaced(releases: Releases, three: list[str]) -> None:
    assert releases.rollback() == three[1] == releases.current_id()
    assert releases.rollback() == three[0]
    with pytest.raises(NotFound, match="none before it"):
        releases.rollback()
    assert releases.rollback(three[2]) == three[2] == releases.current_id()


def test_a_build_after_a_rollback_stands_on_what_was_rolled_back_to(
    releases: Releases, three: list[str], must: Must
) -> None:
    releases.rollback(three[0])
    assert must(a__ttl="<urn:s> <urn:p> 7 .").previous == three[0]


def test_the_same_content_again_after_a_rollback_is_a_new_release(
    releases: Releases, three: list[str], must: Must
) -> None:
    releases.rollback(three[0])
    again = must(a__ttl="<urn:s> <urn:p> 2 .")
    assert again.id not in three
    old = Manifest.read(releases.folder(three[2]))
    assert again.dataset_sha256 == old.dataset_sha256


@pytest.mark.parametrize("keep", [0, 1, 2, 3, 99])
def test_prune_removes_the_oldest_and_never_the_current(releases: Releases, three: list[str], keep: int) -> None:
    assert releases.prune(keep) == three[: max(0, 3 - max(1, keep))]
    releases.prune(99)
    assert releases.ids() == three[-max(1, keep) :]
    assert not list(releases.root.glob(STAGING_PREFIX + "*"))


def test_prune_keeps_an_old_release_that_is_current(releases: Releases, three: list[str]) -> None:
    releases.rollback(three[0])
    assert releases.prune(1) == [three[1]]
    assert releases.ids() == [three[0], three[2]]
    with pytest.raises(NotFound):
        Releases(releases.data / "nowhere").prune(1)


def test_a_lock_that_another_process_holds_is_named(releases: Releases, three: list[str]) -> None:
    with other_build(releases.data) as other:
        message = rf"Another build \(process {other.pid}\) is working in .*wait for it"
        with pytest.raises(Locked, match=message), releases.writing():
            pass
        for change in (lambda: releases.prune(1), lambda: releases.rollback()):
            with pytest.raises(Locked, match=message):
                change()
        assert releases.current_id() == three[2]  # reading needs no lock
    with releases.writing():
        assert (releases.data / "lock").read_text() == str(os.getpid())


def test_a_killed_process_leaves_no_lock(releases: Releases, three: list[str]) -> None:
    with other_build(releases.data) as other:
        other.kill()
        other.wait()
        with releases.writing():
            pass
    assert releases.current_id() == three[2]


def test_the_lock_is_free_again_after_an_error(releases: Releases) -> None:
    with pytest.raises(RuntimeError), releases.writing():
        raise RuntimeError
    with releases.writing(), pytest.raises(Locked), Releases(releases.data).writing():
        pass


def test_what_a_crashed_build_left_is_cleared_by_the_next(releases: Releases, three: list[str]) -> None:
    half = releases.root / f"{STAGING_PREFIX}99999" / "dumps"
    half.mkdir(parents=True)
    (half / "x.nq.gz").write_bytes(b"x")
    (releases.data / ".current-99999").symlink_to("releases/x")
    assert releases.ids() == three
    with releases.writing():
        assert sorted(p.name for p in releases.root.iterdir()) == three
        assert sorted(p.name for p in releases.data.iterdir()) == ["current", "feed", "lock", "releases"]


def test_a_folder_without_manifest_is_no_release(releases: Releases, three: list[str]) -> None:
    (releases.root / "20270101T000000Z-00000000").mkdir()
    assert releases.ids() == three
    with pytest.raises(NotFound):
        releases.folder("20270101T000000Z-00000000")


def test_a_link_to_nowhere_is_damage_and_says_what_to_do(releases: Releases, three: list[str], must: Must) -> None:
    (releases.root / three[2]).rename(releases.data / "lost")
    for ask in (releases.current, releases.check_version, lambda: must(a__ttl="<urn:s> <urn:p> 9 .")):
        with pytest.raises(Damaged, match="points to a release that is gone; run 'eclod releases rollback ID'"):
            ask()
    assert releases.rollback(three[1]) == three[1]
    releases.check_version()
    must(a__ttl="<urn:s> <urn:p> 9 .")


def test_with_all_releases_gone_removing_the_link_is_a_new_start(releases: Releases, must: Must) -> None:
    must(a__ttl="<urn:s> <urn:p> 1 .")
    for name in releases.ids():
        (releases.root / name / "manifest.json").unlink()
    with pytest.raises(Damaged, match="manifest"):
        must(a__ttl="<urn:s> <urn:p> 1 .")
    (releases.data / "current").unlink()
    assert must(a__ttl="<urn:s> <urn:p> 1 .").previous is None


@pytest.mark.parametrize("text", ["{", '{"format": 2}'])
def test_a_current_release_that_cannot_be_read_is_damage(
    releases: Releases, three: list[str], text: str, must: Must
) -> None:
    (releases.root / three[2] / "manifest.json").write_text(text)
    for ask in (releases.current, releases.check_version, lambda: must(a__ttl="<urn:s> <urn:p> 9 .")):
        with pytest.raises(Damaged, match=three[2]):
            ask()
    assert releases.current_id() == three[2]


@pytest.mark.parametrize("obstacle", ["file", "parent"])
def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path, obstacle: str) -> None:
    (tmp_path / "x").write_text("a file")
    data = tmp_path / "x" if obstacle == "file" else tmp_path / "x" / "data"
    with pytest.raises(BadInput, match=r"/x.* cannot be written: .*Set ECLOD_DATA"), Releases(data).writing():
        pass
