"""Dumps: the same bytes for the same lines however they came about, one gzip member, and damage is named."""

from __future__ import annotations

import gzip
import hashlib
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclod.core.errors import Damaged
from eclod.core.namespaces import PREFIXES
from eclod.store import dumps, lines
from eclod.store.dumps import Reader
from eclod.store.manifest import FileEntry

G = "https://example.org/g"
#: Enough that several begin a part, and names that are the beginning of others.
SUBJECTS = [f"<https://example.org/id/{number}{inner}>" for number in range(60) for inner in ("", "#a", "0")] + [
    "_:b",
    "_:b1",
]
LINES = sorted({f'{s} <urn:p> "{o}" <{G}> .'.encode() for s in SUBJECTS for o in ("one", "two <g> .")})
some_lines = st.sets(st.sampled_from(LINES)).map(sorted)


def files(release: Path) -> dict[str, bytes]:
    return {str(path.relative_to(release)): path.read_bytes() for path in release.rglob("*") if path.is_file()}


@settings(deadline=None, derandomize=True)
@given(some_lines, some_lines)
def test_changed_dumps_are_those_of_all_lines(old: Sequence[bytes], new: Sequence[bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        before, after, afresh = (Path(name) / each for each in ("before", "after", "afresh"))
        for folder in (before, after, afresh):
            folder.mkdir()
        known = [*map(FileEntry.of, dumps.write(before, "g", old, PREFIXES).paths)]
        assert dumps.can_be_updated(before, "g", PREFIXES)
        changed = dumps.update(after, "g", before, known, *lines.difference(old, new), PREFIXES)
        whole = dumps.write(afresh, "g", new, PREFIXES)
        assert (changed.lines, changed.sha256) == (whole.lines, whole.sha256) == (len(new), lines.sha256(new))
        assert files(after) == files(afresh)
        assert lines.read_dump(after / "dumps" / "g.nq.gz") == new


@settings(deadline=None, derandomize=True)
@given(some_lines)
def test_lines_are_found_by_what_they_begin_with(content: Sequence[bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        dumps.write(Path(name), "g", content, None)
        with Reader(Path(name), "g") as reader:
            for prefix in (
                b"<https://example.org/id/7> ",
                b"<https://example.org/id/7#",
                b"<https://example.org/id/3",
                b"_:b ",
            ):
                assert reader.beginning(prefix) == [line for line in content if line.startswith(prefix)]


def test_a_dump_is_one_member_that_ends_as_it_should(tmp_path: Path) -> None:
    """Some readers take the first member of a file only (RFC 1952, section 2.2, allows more)."""
    written = dumps.write(tmp_path, "g", LINES, PREFIXES)
    assert [path.name for path in written.paths] == ["g.nq.gz", "g.ttl.gz"]
    assert len((tmp_path / "parts" / "g").read_bytes().splitlines()) > 3
    for path in written.paths:
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        content = member.decompress(path.read_bytes())
        assert member.eof and not member.unused_data
        assert content == gzip.decompress(path.read_bytes())
    assert written.sha256 == hashlib.sha256(gzip.decompress(written.paths[0].read_bytes())).hexdigest()


def test_turtle_says_the_same(tmp_path: Path) -> None:
    _, path = dumps.write(tmp_path, "g", LINES, PREFIXES).paths
    turtle = gzip.decompress(path.read_bytes())
    assert turtle.count(b"@prefix eclod:") == 1
    found = {quad.triple for quad in ox.parse(turtle, format=ox.RdfFormat.TURTLE)}
    wanted = {quad.triple for quad in lines.quads(LINES)}
    assert len(found) == len(wanted)
    assert {each for each in found if "_:" not in str(each)} == {each for each in wanted if "_:" not in str(each)}


def test_a_dump_of_nothing(tmp_path: Path) -> None:
    written = dumps.write(tmp_path, "g", [], PREFIXES)
    assert (written.lines, written.sha256) == (0, hashlib.sha256(b"").hexdigest())
    assert lines.read_dump(written.paths[0]) == []


def test_other_prefixes_need_another_dump(tmp_path: Path) -> None:
    dumps.write(tmp_path, "g", LINES, PREFIXES)
    assert not dumps.can_be_updated(tmp_path, "g", {"x": "urn:x"})
    assert not dumps.can_be_updated(tmp_path, "h", PREFIXES)


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "flipped", "text"])
def test_a_damaged_dump_is_named(tmp_path: Path, damage: str) -> None:
    graph = sorted(f"<s:{n}> <p:p> <o:{n * n % 97}> .".encode() for n in range(2000))
    (path,) = dumps.write(tmp_path, "g", graph, None).paths
    known = FileEntry.of(path)
    content = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    elif damage == "text":
        path.write_text("<s:1> <p:p> <o:1> .")
    else:
        content[len(content) // 2] ^= 0x55
        path.write_bytes({"empty": b"", "cut": bytes(content[:-9]), "flipped": bytes(content)}[damage])
    with pytest.raises(Damaged, match=r"g\.nq\.gz cannot be read .*rollback"):
        lines.read_dump(path)
    (tmp_path / "after").mkdir()
    with pytest.raises(Damaged, match=r"g\.nq\.gz cannot be read .*rollback"):
        dumps.update(tmp_path / "after", "g", tmp_path, [known], graph[:1], [], None)
