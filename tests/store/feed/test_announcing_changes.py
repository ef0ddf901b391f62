"""What the feed says when only the changes of a release are read is what it says when the whole release is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import pytest
from tests.store.conftest import publisher
from tests.store.feed.test_announcing import Site, as_lines, life, replayed, says, thing

from eclod.core.errors import BadInput
from eclod.store import dumps, lines
from eclod.store.feed import announcing, log
from eclod.store.feed.log import Log
from eclod.store.manifest import Manifest

CODES = ("a", "a-b", "ab", "b", "c")
ENDED = {
    "": "",
    "merged": life("a", "merged", "b", reason="The same"),
    "withdrawn": life("c", "withdrawn", reason="Closed"),
    "erased": life("b", "erased"),
}


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def whole(*_: object) -> None:
    """Stand in for reading the changes: there is nothing to know of them."""


def drawn(random: Random) -> list[str]:
    """Return statements about some things and nodes within them."""
    about = [code + part for code in CODES for part in ("", "#address", "#z") if random.random() < 0.5]
    return [says(each, *random.sample(("1", "2", "_:3"), random.randint(1, 3))) for each in about]


@pytest.mark.parametrize("seed", range(3))
def test_the_feed_is_the_same_to_the_byte(data: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Random releases are told to two feeds beside each other, one of which reads everything."""
    monkeypatch.setattr(log, "MEMBERS", 3)
    random, site = Random(seed), Site(data)
    for number in range(6):
        site.publish(says("changing", str(number)), *drawn(random), life=ENDED[random.choice(sorted(ENDED))])
        with pytest.MonkeyPatch.context() as patch, site.releases.writing():
            patch.setattr(announcing, "FOLDER", "whole")
            patch.setattr(announcing, "_changed_only", whole)
            announcing.catch_up(site.releases)
        assert content(site.feed.folder) == content(data / "whole")
    assert site.feed.head().members > 15


def test_a_release_that_says_what_it_changed_is_not_read(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(data)
    site.publish(says("a", "1"), says("b", "1"))

    def never(*_: object) -> list[bytes]:
        raise BadInput("the view was read")

    monkeypatch.setattr(announcing, "_view", never)
    second = site.publish(says("a", "2"), says("c", "1"))
    assert site.kinds(2) == [("Create", "c"), ("Update", "a"), ("Delete", "b")]
    head, entry = site.feed.head(), second.graph("")
    assert entry is not None
    assert (head.release, head.triples, head.sha256) == (second.id, entry.triples, entry.sha256)


@pytest.mark.parametrize("limit", ["_MANY", "parts"])
def test_too_many_changes_or_an_older_release_are_read_whole(
    data: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    site = Site(data)
    site.publish(says("a", "1"))
    if limit == "parts":
        monkeypatch.setattr(dumps, "PARTS", "none")
    else:
        monkeypatch.setattr(announcing, "_MANY", 0)
    site.publish(says("a", "2"))
    assert site.kinds(1) == [("Update", "a")]
    assert site.feed.head().sha256 == lines.sha256(site.dump())


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 1)])
def test_blank_nodes_that_come_and_go_are_told_as_ever(
    order: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [
        '<urn:s> <urn:p> "_:none" . <urn:t> <urn:p> 1 .',
        "<urn:s> <urn:p> [ <urn:q> 1 ] . <urn:t> <urn:p> 1 .",
        "<urn:s> <urn:p> [ <urn:q> 1 ] . <urn:t> <urn:p> 2 .",
    ]
    found: list[Mapping[str, bytes]] = []
    for name in ("changes", "whole"):
        publish: Callable[..., Manifest | None] = publisher(tmp_path / name / "data", tmp_path / name)
        for number in order:
            assert publish(a__ttl=texts[number]) is not None
        feed = Log(tmp_path / name / "data" / announcing.FOLDER)
        assert lines.sha256(as_lines(replayed(feed.replay()))) == feed.head().sha256
        found.append(content(feed.folder))
        monkeypatch.setattr(announcing, "_changed_only", whole)
    assert found[0] == found[1]


def test_full_pages_are_neither_read_nor_written_again(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MEMBERS", 3)
    site = Site(data)
    site.publish(*(says(f"t{n}", "1") for n in range(7)))
    full = {page.file for page in site.feed.head().pages if page.full}
    before = {name: (site.feed.folder / name).stat() for name in full}
    assert len(full) == 2
    read: list[str] = []
    content_of = log._content

    def noted(path: Path) -> bytes:
        read.append(path.name)
        return content_of(path)

    monkeypatch.setattr(log, "_content", noted)
    site.publish(*(says(f"t{n}", "1") for n in range(9)))
    assert len(read) == 1
    assert read[0] not in full
    monkeypatch.undo()
    now = {name: (site.feed.folder / name).stat() for name in full}
    assert [(s.st_ino, s.st_mtime_ns) for s in now.values()] == [(s.st_ino, s.st_mtime_ns) for s in before.values()]
    assert site.feed.head().members == 9
    assert thing("t8") in {member.object for member in site.feed.replay()}
