"""The feed follows the releases, whatever is done to them: replayed from nothing, or from any page, it is the dump."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.store.test_writer import BASE, draft

from eclod.core.errors import Damaged, NotFound
from eclod.rdf.feed.model import Kind, Member
from eclod.store import changes, identities, lines, writer
from eclod.store.feed import announcing, log
from eclod.store.feed.head import FILE, Head
from eclod.store.feed.log import Log
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod.store.staging import GraphContent

LIFE = f"{BASE}/graph/{identities.LIFE}"
LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"


def thing(code: str) -> str:
    return f"{BASE}/id/cluster/{code}"


def union(by_graph: Mapping[str, Iterable[bytes]]) -> set[bytes]:
    return {line for found in by_graph.values() for line in found}


class Site:
    """A data folder to which releases are published as texts of N-Triples about things."""

    def __init__(self, data: Path) -> None:
        self.releases = Releases(data)
        self.feed = announcing.feed(self.releases)
        self._second = 0

    def publish(self, *statements: str, life: str = "", hidden: str = "") -> Manifest:
        graphs = {f"{BASE}/graph/registry/dk": "\n".join(statements), LIFE: life, f"{BASE}/graph/sandbox/x": hidden}
        contents = [
            GraphContent(iri, iri.rpartition("/")[2], in_graph(text, iri), merged=iri.endswith("dk"))
            for iri, text in graphs.items()
        ]
        self._second += 1
        with self.releases.writing():
            manifest = writer.publish(self.releases, draft(self._second), contents, union)
        assert manifest is not None
        return manifest

    def dump(self) -> list[bytes]:
        manifest = self.releases.current()
        assert manifest is not None
        return lines.read_dump(self.releases.folder(manifest.id) / "dumps" / "default.nq.gz")

    def kinds(self, since: int = 0) -> list[tuple[str, str]]:
        return [(m.kind.value, m.object.rpartition("/")[2]) for m in self.feed.replay() if m.number > since]


def in_graph(text: str, iri: str) -> list[bytes]:
    said = (line.strip() for line in text.splitlines())
    return sorted(f"{line.removesuffix('.')}<{iri}> .".encode() for line in said if line)


def says(code: str, *values: str) -> str:
    return "\n".join(f'<{thing(code)}> <urn:p> "{value}" .' for value in values)


def replayed(members: Iterable[Member], onto: dict[str, bytes] | None = None) -> dict[str, bytes]:
    state = {} if onto is None else onto
    for member in members:
        if member.kind is Kind.DELETE:
            state.pop(member.object, None)
        else:
            state[member.object] = member.payload
    return state


def as_lines(state: Mapping[str, bytes]) -> list[bytes]:
    return sorted(line for payload in state.values() for line in payload.splitlines())


@pytest.fixture
def site(data: Path) -> Site:
    return Site(data)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MEMBERS", 3)


def test_a_first_release_creates_everything_and_the_next_says_what_changed(site: Site) -> None:
    first = site.publish(says("a", "1"), says("b", "1"), f"<{thing('b')}#part> <urn:p> <urn:o> .")
    assert site.kinds() == [("Create", "a"), ("Create", "b")]
    assert changes.read(site.releases.folder(first.id)) is None
    second = site.publish(says("b", "1", "2"), f"<{thing('b')}#part> <urn:p> <urn:o> .", says("c", "1"))
    assert site.kinds(2) == [("Create", "c"), ("Update", "b"), ("Delete", "a")]
    update = list(site.feed.replay())[3]
    assert update.payload.count(b"\n") == 3, "an update says all that holds, parts included"
    assert changes.read(site.releases.folder(second.id)) == {
        f"<{thing(code)}>".encode(): kind for code, kind in (("a", Kind.DELETE), ("b", Kind.UPDATE), ("c", Kind.CREATE))
    }
    head = site.feed.head()
    assert (head.release, head.triples) == (second.id, 4)
    entry = second.graph("")
    assert entry is not None
    assert head.sha256 == entry.sha256
    assert [(a.release, a.first, a.last, a.created, a.updated, a.deleted) for a in head.announcements] == [
        (first.id, 1, 2, 2, 0, 0),
        (second.id, 3, 5, 1, 1, 1),
    ]


def test_replay_from_nothing_and_from_any_old_page_is_the_dump(site: Site, small_pages: None) -> None:
    """Contract, line 32: and full pages never change a byte, and deletes are there."""
    seen: dict[int, tuple[str, str]] = {}
    copies: list[tuple[int, dict[str, bytes]]] = [(0, {})]
    for round_ in range(1, 8):
        codes = [f"t{number}" for number in range(20) if (number * round_) % 7 != 1]
        site.publish(*(says(code, str(round_ // (1 + len(code)))) for code in codes))
        head = site.feed.head()
        for page in head.pages:
            content = hashlib.sha256((site.feed.folder / page.file).read_bytes()).hexdigest()
            if page.full:
                assert seen.setdefault(page.number, (page.file, content)) == (page.file, content)
            copies.append((page.number, replayed(m for n in range(1, page.number + 1) for m in site.feed.members(n))))
        assert as_lines(replayed(site.feed.replay())) == site.dump()
    assert len(site.feed.head().pages) > 8
    assert {kind for kind, _ in site.kinds()} == {"Create", "Update", "Delete"}
    last = len(site.feed.head().pages)
    for number, state in copies:
        rest = (m for n in range(max(1, number), last + 1) for m in site.feed.members(n))
        assert as_lines(replayed(rest, state)) == site.dump(), number


def test_members_are_in_the_order_of_time_and_each_has_its_own(site: Site, small_pages: None) -> None:
    site.publish(*(says(f"t{n}", "1") for n in range(7)))
    site.publish(*(says(f"t{n}", "2") for n in range(7)))
    moments = [member.published for member in site.feed.replay()]
    assert moments == sorted(set(moments))
    assert len(moments) == 14
    assert moments[0] == "2026-01-02T03:04:01.000000Z"
    assert moments[-1] == "2026-01-02T03:04:02.000006Z"
    for page in site.feed.head().pages:
        members = site.feed.members(page.number)
        assert (page.first, page.last) == (members[0].published, members[-1].published)


def test_going_back_to_an_old_release_is_announced(site: Site) -> None:
    first = site.publish(says("a", "1"), says("b", "1"))
    site.publish(says("a", "2"))
    site.releases.rollback(first.id)
    announcing.bring_up_to_date(site.releases, datetime(2026, 6, 1, tzinfo=UTC))
    assert site.kinds(2) == [("Update", "a"), ("Delete", "b"), ("Create", "b"), ("Update", "a")]
    assert as_lines(replayed(site.feed.replay())) == site.dump()
    assert site.feed.head().announcements[-1].at == "2026-06-01T00:00:00.000001Z"


def test_time_never_goes_back(site: Site) -> None:
    first = site.publish(says("a", "1"))
    site.publish(says("a", "2"))
    site.releases.rollback(first.id)
    announcing.bring_up_to_date(site.releases, datetime(2020, 1, 1, tzinfo=UTC))
    moments = [member.published for member in site.feed.replay()]
    assert moments == sorted(set(moments))
    assert moments[-1] == "2026-01-02T03:04:02.000001Z"


def test_the_feed_outlives_the_releases_that_it_told_of(site: Site) -> None:
    for value in "123":
        site.publish(says("a", value), says(f"only-{value}", value))
    before = list(site.feed.replay())
    assert len(site.releases.prune(1)) == 2
    assert list(site.feed.replay()) == before
    site.publish(says("a", "4"))
    assert as_lines(replayed(site.feed.replay())) == site.dump()


def test_a_feed_whose_last_release_is_gone_compares_with_itself(site: Site) -> None:
    first = site.publish(says("a", "1"), says("b", "1"), says("same", "1"))
    second = site.publish(says("a", "2"), says("b", "1"), says("same", "1"))
    site.releases.switch(first.id)
    shutil.rmtree(site.releases.folder(second.id))
    announcing.bring_up_to_date(site.releases)
    assert site.kinds(3) == [("Update", "a"), ("Update", "a")]
    assert as_lines(replayed(site.feed.replay())) == site.dump()


def test_a_lost_feed_begins_anew(site: Site) -> None:
    site.publish(says("a", "1"))
    site.publish(says("a", "2"))
    shutil.rmtree(site.feed.folder)
    assert site.feed.head() == Head()
    announcing.bring_up_to_date(site.releases)
    assert site.kinds() == [("Create", "a")]


def test_nothing_is_said_of_what_is_not_in_the_merged_view(site: Site) -> None:
    """Contract, line 30: what is tried out never reaches the feed."""
    site.publish(says("a", "1"), hidden=says("secret", "hidden"))
    site.publish(says("a", "1"), hidden=says("secret", "hidden again"))
    assert site.kinds() == [("Create", "a")]
    assert len(site.feed.head().announcements) == 1
    assert site.feed.head().release == site.releases.current_id()
    assert b"hidden" not in b"".join(member.payload for member in site.feed.replay())


def life(code: str, state: str, *successors: str, reason: str = "") -> str:
    change = f"{thing(code)}#change"
    said = [
        f"<{thing(code)}> <{identities.STATUS}> <{identities.STATES}{state}> .",
        f'<{thing(code)}> <{identities.SINCE}> "2026-02-03T04:05:06+00:00" .',
        f"<{thing(code)}> <{identities.LAST_CHANGE}> <{change}> .",
        f'<{change}> <{identities.REASON}> "{reason}" .' if reason else "",
        *(f"<{thing(code)}> <{identities.REPLACED_BY}> <{thing(each)}> ." for each in successors),
    ]
    return "\n".join(said)


@pytest.fixture
def retiring() -> Callable[[str], str]:
    return {
        "merged": life("old", "merged", "new", reason="The same"),
        "split": life("old", "split", "new", "other"),
        "withdrawn": life("old", "withdrawn", reason="Closed"),
        "erased": life("old", "erased"),
    }.__getitem__


@pytest.mark.parametrize("state", ["merged", "split", "withdrawn", "erased"])
def test_a_retired_identifier_is_deleted_with_what_is_left_to_say(
    site: Site, retiring: Callable[[str], str], state: str
) -> None:
    """Contract, lines 27 and 32: the delete says what took the place of a thing, and why; of an erased one, nothing."""
    site.publish(says("new", "1"), says("old", "personal"))
    site.publish(says("new", "1"), life=retiring(state))
    member = list(site.feed.replay())[-1]
    assert (member.kind, member.object) == (Kind.DELETE, thing("old"))
    said = member.payload.decode()
    assert (f"<{identities.STATES}{state}>" in said) == (state != "erased")
    assert said.count(identities.REPLACED_BY) == {"merged": 1, "split": 2}.get(state, 0)
    assert ("Closed" in said) == (state == "withdrawn")
    assert as_lines(replayed(site.feed.replay())) == site.dump()


@pytest.mark.parametrize("state", [identities.MERGED, identities.SPLIT, identities.WITHDRAWN])
@pytest.mark.parametrize("is_kept", [True, False])
def test_a_copy_from_before_an_update_of_the_code_stays_right(
    site: Site, retiring: Callable[[str], str], state: str, is_kept: bool
) -> None:
    """Version 0.1 once had the state of what ended in the merged view; its release may be removed by then."""
    site.publish(says("new", "1"), says("old", "1"))
    said = retiring(state)
    earlier = site.publish(says("new", "1"), said, life=said)
    copy = replayed(site.feed.replay())
    assert as_lines(copy) == site.dump()
    assert identities.STATUS.encode() in copy[thing("old")]
    members = site.feed.head().members
    if not is_kept:
        shutil.rmtree(site.releases.folder(earlier.id))
        (site.releases.data / "current").unlink()
    site.publish(says("new", "1"), life=said)
    last = list(site.feed.replay())[members:]
    assert [(m.kind, m.object) for m in last if m.object == thing("old")] == [(Kind.DELETE, thing("old"))]
    assert identities.STATUS.encode() in last[-1].payload
    assert as_lines(replayed(last, copy)) == as_lines(replayed(site.feed.replay())) == site.dump()


def test_what_was_gone_already_is_announced_again_when_it_is_merged(site: Site, retiring: Callable[[str], str]) -> None:
    site.publish(says("new", "1"), says("old", "1"))
    site.publish(says("new", "1"))
    site.publish(says("new", "1"), life=retiring("merged"))
    site.publish(says("new", "2"), life=retiring("merged"))
    assert site.kinds(2) == [("Delete", "old"), ("Delete", "old"), ("Update", "new")]


def test_an_erased_thing_leaves_nothing_in_any_page(
    site: Site, small_pages: None, retiring: Callable[[str], str]
) -> None:
    """Contract, line 28: the one reason for which a full page is written anew."""
    others = [says(f"t{n}", "1") for n in range(6)]
    site.publish(*others, says("old", "personal"))
    site.publish(*others, says("old", "personal", "and more"))
    site.publish(*others, says("new", "1"), life=retiring("merged"))
    files = {page.number: page.file for page in site.feed.head().pages}
    count = site.feed.head().members
    site.publish(*others, says("new", "1"), life=retiring("erased"))
    assert site.feed.head().erased == (thing("old"),)
    about = [member for member in site.feed.replay() if member.object == thing("old")]
    assert [(m.kind, m.payload) for m in about] == [(Kind.DELETE, b"")] * 4
    assert about[-1].number == count + 1, "and it is said once more, for those who had read those pages"
    everything = b"".join(log._content(path) for path in site.feed.folder.glob("*.gz"))
    assert b"personal" not in everything
    assert b"and more" not in everything
    assert b"The same" not in everything
    now = {page.number: page.file for page in site.feed.head().pages}
    assert {number for number in files if now[number] != files[number]} == {1, 3, 4}
    assert len(list(site.feed.folder.iterdir())) == len(now) + 1
    assert as_lines(replayed(site.feed.replay())) == site.dump()


def test_blank_nodes_are_in_the_feed_under_iris(publish_rdf: Callable[..., Manifest], releases: Releases) -> None:
    publish_rdf(a__ttl='<urn:s> <urn:p> [ <urn:q> "_:not a node" ] .')
    feed = announcing.feed(releases)
    found = as_lines(replayed(feed.replay()))
    assert len(found) == 2
    assert all(b"<_:" not in line and b" _:" not in line.replace(b'"_:not', b"") for line in found)
    assert lines.sha256(found) == feed.head().sha256
    assert any(announcing.GENID.encode() in line for line in found)


def test_another_base_is_another_feed(site: Site) -> None:
    site.publish(says("a", "1"))
    contents = [GraphContent("", "default", [b"<urn:a> <urn:p> <urn:o> ."])]
    with site.releases.writing():
        writer.publish(site.releases, draft(30, base="https://example.org"), contents, None)
    head = site.feed.head()
    assert (head.base, head.members, len(head.pages)) == ("https://example.org", 1, 1)


def test_a_page_ends_before_it_is_too_large(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "LARGEST", 200)
    site.publish(says("a", "x" * 500), says("b", "x" * 60), says("c", "x" * 60))
    assert [(page.members, page.full) for page in site.feed.head().pages] == [(1, True), (1, True), (1, False)]


def test_a_feed_that_cannot_be_read_says_so_and_holds_up_no_release(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.publish(says("a", "1"))
    (site.feed.folder / FILE).write_text("{")
    with pytest.raises(Damaged, match="restore that folder"):
        site.feed.head()
    manifest = site.publish(says("a", "2"))
    assert site.releases.current_id() == manifest.id
    assert "The feed is behind" in caplog.text


@pytest.mark.parametrize("file", [1, 2, 3])
def test_a_publisher_that_dies_while_it_tells_leaves_the_feed_as_it_was(
    site: Site, small_pages: None, monkeypatch: pytest.MonkeyPatch, file: int
) -> None:
    """Contract, line 40: two pages and the head are written, and the head decides."""
    site.publish(*(says(f"t{n}", "1") for n in range(4)))
    before, written = list(site.feed.replay()), iter(range(1, 99))
    original = log._replace

    def dying(path: Path, text: bytes) -> None:
        if next(written) == file:
            path.with_name(f".{path.name}").write_bytes(text[:10])
            raise OSError("killed")
        original(path, text)

    with monkeypatch.context() as patched:
        patched.setattr(log, "_replace", dying)
        site.publish(*(says(f"t{n}", "2") for n in range(4)))
    assert list(site.feed.replay()) == before
    announcing.bring_up_to_date(site.releases)
    assert as_lines(replayed(site.feed.replay())) == site.dump()
    wanted = {FILE, *(page.file for page in site.feed.head().pages)}
    assert {path.name for path in site.feed.folder.iterdir()} == wanted


def test_a_page_that_is_not_there(site: Site) -> None:
    site.publish(says("a", "1"))
    for number in (0, 2):
        with pytest.raises(NotFound):
            site.feed.members(number)
    reader = Log(site.feed.folder)
    reader.head()
    site.publish(says("a", "2"))
    assert len(reader.members(1)) == 2, "a reader finds the page that took the place of the one it knew"
