"""An index made by a process of its own, from dumps, finds what one made beside the store finds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from eclod.core.iris import DEFAULT_BASE
from eclod.core.namespaces import PREFIXES
from eclod.store import dumps, writer
from eclod.store.finding import index, queries
from eclod.store.finding.building import Beside
from eclod.store.finding.index import SearchIndex
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases

_PREFIXES = "".join(f"@prefix {name}: <{PREFIXES[name]}> .\n" for name in ("dct", "eclod", "nuts", "org", "skos"))
_DATA = f"""{_PREFIXES}
nuts:CZ064 skos:prefLabel "Jihomoravský kraj"@cs, "South Moravia"@en ; skos:altLabel "Brno region"@en .
<{DEFAULT_BASE}/id/organisation/0000001> a org:Organization ; skos:prefLabel "Optika Brno"@cs, "Brno \\"Optics\\""@en ;
  dct:spatial nuts:CZ064 ; skos:notation "line\\nbreak" .
<{DEFAULT_BASE}/id/organisation/0000002> a org:Organization ; skos:prefLabel "Gone"@en .
<{DEFAULT_BASE}/id/cluster/0000003> a eclod:Cluster ; skos:prefLabel "Cluster of optics"@en ; dct:spatial nuts:CZ064 .
"""


def _default(release: Path) -> Path:
    return release / dumps.FOLDER / f"default{dumps.QUADS}"


def test_the_same_things_are_found(must: Callable[..., Manifest], releases: Releases, tmp_path: Path) -> None:
    release = releases.folder(must(a__ttl=_DATA).id)
    within = SearchIndex(release / index.FOLDER)
    retired = [f"{DEFAULT_BASE}/id/organisation/0000002"]
    beside = Beside(tmp_path / "index", _default(release), [_default(release)], retired, DEFAULT_BASE)
    beside.finish()
    found = SearchIndex(tmp_path / "index")
    expected = {entry.iri: entry for entry in within.all() if entry.iri not in retired}
    assert {entry.iri: entry for entry in found.all()} == expected
    assert len(expected) == 3
    for text in ("optika", "South Moravia", "Brno region", "line break"):
        assert {hit.iri for hit in found.search(text)} == {hit.iri for hit in within.search(text)} != set()


def test_a_large_release_has_its_index_from_there(
    must: Callable[..., Manifest], releases: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_MANY", 0)
    monkeypatch.setattr(writer, "_write_search", None)
    release = releases.folder(must(a__ttl=_DATA).id)
    assert [hit.entry.label for hit in SearchIndex(release / index.FOLDER).search("cluster of optics")] == [
        "Cluster of optics"
    ]


def test_an_index_of_before_joined_names_is_read_and_then_made_anew(
    must: Callable[..., Manifest], releases: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(queries, "without_blanks", lambda keys, spelt: [])
        release = releases.folder(must(a__ttl=_DATA).id)
    (release / index.FOLDER / "form").unlink()
    assert not index.is_current(release / index.FOLDER)
    assert _labels(release, "optika brno") == ['Brno "Optics"']
    assert _labels(release, "optikabrno") == []
    # Nothing but this changes, so that of a current index the rest would be taken over.
    more = f'<{DEFAULT_BASE}/id/cluster/0000004> a eclod:Cluster ; skos:prefLabel "More"@en .\n'
    after = releases.folder(must(a__ttl=_DATA + more).id)
    assert _labels(after, "optikabrno") == ['Brno "Optics"']
    assert index.is_current(after / index.FOLDER)
    last = releases.folder(must(a__ttl=_DATA + more.replace("More", "Others")).id)
    assert index.is_current(last / index.FOLDER)
    assert _files(last) & _files(after)
    assert not _files(after) & _files(release)


def _labels(release: Path, text: str) -> list[str]:
    return [hit.entry.label for hit in SearchIndex(release / index.FOLDER).search(text)]


def _files(release: Path) -> set[int]:
    return {file.stat().st_ino for file in (release / index.FOLDER).glob("*.store")}


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    beside = Beside(tmp_path / "index", tmp_path / "missing.nq.gz", [], [], DEFAULT_BASE)
    with pytest.raises(OSError, match="the process that makes the search index ended with 1"):
        beside.finish()
