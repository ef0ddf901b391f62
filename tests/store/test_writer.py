"""Making releases: after any change the release is what a build from nothing gives, and costs the change only."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclod.core.errors import Damaged
from eclod.core.namespaces import expand
from eclod.store import changes, conflicts, identities, lines, partitions, writer
from eclod.store.finding import index as search
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod.store.staging import GraphContent

BASE = "https://w3id.org/eclod"
#: Graph IRI -> whether it counts towards the merged view.
GRAPHS = {"https://example.org/a": True, "https://example.org/b": True, "https://example.org/c": False}
SUBJECTS = [f"{BASE}/id/cluster/s{number}" for number in range(3)]
LABEL = expand("skos:prefLabel")
STATEMENTS = [f'<{s}> <{p}> "{o}" .' for s in SUBJECTS for p in (LABEL, "urn:p") for o in ("one", "two", '"<g> .')]
STATEMENTS = [line.replace('""<g> ."', r'"\"<g> ."') for line in STATEMENTS]

#: What the graphs of a release say, in default graph form.
State = Mapping[str, frozenset[str]]


class FirstWins:
    """Of the labels of one subject, those in the graph whose IRI comes first; of all else everything."""

    def __init__(self, reverse: bool = False) -> None:
        self._reverse = reverse

    def __call__(self, by_graph: Mapping[str, Sequence[bytes]]) -> Iterable[bytes]:
        labelled = sorted((g for g in by_graph if any(LABEL.encode() in x for x in by_graph[g])), reverse=self._reverse)
        for graph, found in by_graph.items():
            yield from (line for line in found if LABEL.encode() not in line or graph == labelled[0])


def draft(second: int = 0, **changes: object) -> Manifest:
    facts: dict[str, object] = {
        "id": f"20260102T0304{second:02}Z",
        "previous": None,
        "created": f"2026-01-02T03:04:{second:02}+00:00",
        "base": BASE,
        "origin": "test",
        "quads": 0,
        "dataset_sha256": "",
        "graphs": (),
        "system_inputs": {"merge": "first wins"},
    }
    return Manifest.model_validate(facts | changes)


def graph_lines(graph: str, statements: Iterable[str]) -> list[bytes]:
    return sorted(f"{statement[:-2]} <{graph}> .".encode() for statement in statements)


def contents(state: State, unchanged: Iterable[str] = ()) -> list[GraphContent]:
    return [
        GraphContent(
            graph,
            graph.rpartition("/")[2],
            None if graph in unchanged else graph_lines(graph, statements),
            merged=GRAPHS[graph],
            licence="https://example.org/licence",
        )
        for graph, statements in state.items()
    ]


def publish(
    releases: Releases,
    state: State,
    second: int = 0,
    unchanged: Iterable[str] = (),
    reverse: bool = False,
    changes: Mapping[str, object] = MappingProxyType({}),
) -> Manifest | None:
    with releases.writing():
        return writer.publish(releases, draft(second, **changes), contents(state, unchanged), FirstWins(reverse))


def expected_view(state: State) -> set[str]:
    merged = [(graph, statements) for graph, statements in sorted(state.items()) if GRAPHS[graph]]
    view = set()
    for subject in SUBJECTS:
        labelled = [graph for graph, statements in merged if any(f"<{subject}> <{LABEL}>" in x for x in statements)]
        for graph, statements in merged:
            about = {x for x in statements if x.startswith(f"<{subject}>")}
            view |= {x for x in about if LABEL not in x or graph == labelled[0]}
    return view


def found_by_name(folder: Path) -> list[str]:
    """Return all entries of a search index and how many have a word, whatever their order on disk."""
    index = search.SearchIndex(folder / search.FOLDER)
    return [*sorted(map(repr, index.all())), str(len(index.search("one", 100)))]


def holds(releases: Releases, manifest: Manifest, state: State) -> None:
    """Compare a release, file by file and statement by statement, with what it should hold."""
    folder = releases.folder(manifest.id)
    store = lines.of_store(ox.Store.read_only(str(folder / "store")))
    wanted = {line for graph, statements in state.items() for line in graph_lines(graph, statements)}
    assert set(store) == wanted | {line.encode() for line in expected_view(state)}
    assert manifest.quads == len(store)
    assert manifest.dataset_sha256 == hashlib.sha256(b"".join(line + b"\n" for line in store)).hexdigest()
    whole = (folder / "dumps" / "dataset.nq.gz").read_bytes()
    assert gzip.decompress(whole) == b"".join(line + b"\n" for line in store)
    assert manifest.dataset is not None
    assert (manifest.dataset.size, manifest.dataset.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert {graph.iri for graph in manifest.graphs} == {"", *state}
    for graph in manifest.graphs:
        for file in graph.files:
            content = (folder / "dumps" / file.name).read_bytes()
            assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert lines.read_dump(folder / "dumps" / f"{graph.dump}.nq.gz") == [
            line for line in store if lines.graph_of(line) == graph.iri
        ]


def check(releases: Releases, manifest: Manifest, state: State) -> None:
    """Compare a release with what it should hold, and with a build of the same content from nothing."""
    holds(releases, manifest, state)
    with tempfile.TemporaryDirectory() as fresh:
        afresh = publish(Releases(Path(fresh)), state)
        assert afresh is not None
        assert afresh.dataset_sha256 == manifest.dataset_sha256
        assert afresh.graphs == manifest.graphs
        assert afresh.tables == manifest.tables
        assert partitions.read(releases.folder(manifest.id)) == partitions.read(Path(fresh) / "current")
        assert found_by_name(releases.folder(manifest.id)) == found_by_name(Path(fresh) / "current")
        known = [
            identities.Identities(folder / identities.FILE)
            for folder in (releases.folder(manifest.id), Path(fresh) / "current")
        ]
        assert list(known[0].all()) == list(known[1].all())
        assert list(known[0].all_outside()) == list(known[1].all_outside())
        folders = releases.folder(manifest.id), Path(fresh) / "current"
        lost = [conflicts.Conflicts(folder / conflicts.FILE).some(1000) for folder in folders]
        assert lost[0] == lost[1]
        labels = {line for graph, told in state.items() if GRAPHS[graph] for line in told if LABEL in line}
        assert {(c.subject, c.value) for c in lost[0]} >= {
            (line.split()[0][1:-1], line.split(" ", 2)[2][:-2]) for line in labels - expected_view(state)
        }


states = st.dictionaries(
    st.sampled_from(sorted(GRAPHS)), st.frozensets(st.sampled_from(STATEMENTS), max_size=10), min_size=1, max_size=3
)


@settings(derandomize=True, deadline=None, max_examples=6)
@given(st.lists(states, min_size=2, max_size=4))
def test_after_any_changes_the_release_is_what_a_build_from_nothing_gives(history: list[State]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        releases = Releases(Path(folder))
        before: State = {}
        for second, state in enumerate(history):
            manifest = publish(releases, state, second)
            assert (manifest is None) == (state == before)
            if manifest is not None:
                assert releases.current_id() == manifest.id
                parts = {path.name for path in releases.folder(manifest.id).iterdir()}
                files = {search.FOLDER, partitions.FILE, identities.FILE, conflicts.FILE}
                files |= {changes.FILE} if before else set()
                assert parts == {"manifest.json", "store", "dumps", "parts", "tables"} | files
                check(releases, manifest, state)
            before = state


FIRST: State = {
    "https://example.org/a": frozenset(STATEMENTS[:4]),
    "https://example.org/b": frozenset(STATEMENTS[2:8]),
    "https://example.org/c": frozenset(STATEMENTS[10:]),
}
CHANGED: State = {**FIRST, "https://example.org/b": frozenset(STATEMENTS[3:9])}


@pytest.fixture
def first(releases: Releases) -> Manifest:
    manifest = publish(releases, FIRST)
    assert manifest is not None
    return manifest


def test_the_same_content_again_changes_nothing(releases: Releases, first: Manifest) -> None:
    before = sorted(path.stat().st_mtime_ns for path in releases.data.rglob("*") if path.name != "lock")
    assert publish(releases, FIRST, 1) is None
    assert publish(releases, FIRST, 1, unchanged=FIRST) is None
    assert releases.ids() == [first.id]
    assert sorted(path.stat().st_mtime_ns for path in releases.data.rglob("*") if path.name != "lock") == before


def test_what_did_not_change_is_linked_and_costs_nothing(releases: Releases, first: Manifest) -> None:
    second = publish(releases, CHANGED, 1, unchanged=["https://example.org/a"])
    assert second is not None
    old, new = releases.folder(first.id) / "dumps", releases.folder(second.id) / "dumps"
    linked = {path.name for path in new.iterdir() if path.samefile(old / path.name)}
    assert linked == {"a.nq.gz", "a.ttl.gz", "c.nq.gz", "c.ttl.gz"}
    check(releases, second, CHANGED)
    # The old release is untouched by what was done to the copy of its store.
    check(releases, first, FIRST)


def test_a_graph_that_is_gone_leaves_nothing_behind(releases: Releases, first: Manifest) -> None:
    rest = {graph: statements for graph, statements in FIRST.items() if not graph.endswith("b")}
    second = publish(releases, rest, 1)
    assert second is not None
    check(releases, second, rest)
    assert (
        list(ox.Store.read_only(str(releases.folder(second.id) / "store")).named_graphs())
        == [
            ox.NamedNode("https://example.org/a"),
            ox.NamedNode("https://example.org/c"),
        ]
        or len(rest) == 2
    )
    assert not list((releases.folder(second.id) / "dumps").glob("b.*"))


def test_a_release_stands_on_the_one_rolled_back_to(releases: Releases, first: Manifest) -> None:
    second = publish(releases, CHANGED, 1)
    assert second is not None
    releases.rollback()
    emptied: State = {**FIRST, "https://example.org/a": frozenset()}
    third = publish(releases, emptied, 2)
    assert third is not None
    assert third.previous == first.id
    check(releases, third, emptied)


@pytest.mark.parametrize("change", [{"base": "https://example.org"}, {"origin": "other"}])
def test_another_base_or_origin_begins_anew(releases: Releases, first: Manifest, change: dict[str, str]) -> None:
    again = publish(releases, FIRST, 1, changes=change)
    assert again is not None
    assert again.id != first.id
    assert again.dataset_sha256 == first.dataset_sha256
    assert not any(
        path.samefile(releases.folder(first.id) / "dumps" / path.name)
        for path in (releases.folder(again.id) / "dumps").iterdir()
    )


def test_another_way_to_merge_makes_the_view_anew(releases: Releases, first: Manifest) -> None:
    reversed_merge = {"system_inputs": {"merge": "reverse"}}
    again = publish(releases, FIRST, 1, unchanged=FIRST, reverse=True, changes=reversed_merge)
    assert again is not None
    assert again.graph("https://example.org/a") == first.graph("https://example.org/a")
    fresh = Releases(releases.data / "fresh")
    from_nothing = publish(fresh, FIRST, reverse=True, changes=reversed_merge)
    assert from_nothing is not None
    assert again.graphs == from_nothing.graphs
    assert again.graph("") != first.graph("")
    assert found_by_name(releases.folder(again.id)) == found_by_name(fresh.folder(from_nothing.id))
    assert publish(releases, FIRST, 2, reverse=True, changes=reversed_merge) is None


def test_the_licence_of_a_linked_graph_is_the_new_one(releases: Releases, first: Manifest) -> None:
    given = [
        GraphContent(c.iri, c.dump, c.lines, c.merged, "https://example.org/new" if c.iri.endswith("a") else c.licence)
        for c in contents(CHANGED)
    ]
    with releases.writing():
        second = writer.publish(releases, draft(1), given, FirstWins())
    assert second is not None
    assert [graph.licence.rpartition("/")[2] for graph in second.graphs] == ["", "new", "licence", "licence"]


def test_further_files_are_written_or_linked(releases: Releases) -> None:
    def with_extras(second: int, state: State, extras: Mapping[str, bytes | None]) -> Path:
        with releases.writing():
            made = writer.publish(releases, draft(second), contents(state), FirstWins(), extras)
        assert made is not None
        return releases.folder(made.id)

    one = with_extras(0, FIRST, {"reports/dk.json": b"{}", "reports/none.json": None})
    two = with_extras(1, CHANGED, {"reports/dk.json": None, "reports/lu.json": b"[]"})
    assert (two / "reports/dk.json").samefile(one / "reports/dk.json")
    assert (two / "reports/lu.json").read_bytes() == b"[]"
    assert not (one / "reports/none.json").exists()
    three = with_extras(2, FIRST, {})
    assert not (three / "reports").exists()


def test_content_that_is_nowhere_is_an_error_of_the_caller(releases: Releases) -> None:
    with pytest.raises(ValueError, match="no content"):
        publish(releases, FIRST, unchanged=["https://example.org/a"])
    assert releases.ids() == []


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt()])
def test_an_error_before_the_switch_leaves_the_old_release_and_no_rest(
    releases: Releases, first: Manifest, error: BaseException
) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error)), releases.writing():
        writer.publish(releases, draft(1), contents(CHANGED), FirstWins(), before_switch=fail)
    assert releases.current_id() == first.id
    assert [path.name for path in releases.root.iterdir()] == [first.id]
    second = publish(releases, CHANGED, 2)
    assert second is not None
    check(releases, second, CHANGED)


def damage_store(folder: Path) -> None:
    for path in (folder / "store").iterdir():
        if path.name.startswith(("MANIFEST", "CURRENT")):
            path.unlink()


def damage_dump(folder: Path) -> None:
    path = folder / "dumps" / "b.nq.gz"
    content = bytearray(path.read_bytes())
    content[-6] ^= 1
    path.unlink()
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [damage_store, damage_dump])
def test_a_damaged_release_is_named_and_nothing_built_upon_it(
    releases: Releases, first: Manifest, damage: Callable[[Path], None]
) -> None:
    damage(releases.folder(first.id))
    with pytest.raises(Damaged, match=f"{first.id}.* cannot be read .*rollback"):
        publish(releases, CHANGED, 1)
    assert releases.ids() == [first.id]
    assert not list(releases.root.glob(".*"))


FULL_DISK = """
import resource, sys
from pathlib import Path
sys.path[:0] = [{here!r}]
from eclod.core.errors import BadInput
from test_writer import CHANGED, Releases, publish
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    publish(Releases(Path(sys.argv[1])), CHANGED, 1)
except BadInput as error:
    print("refused:", error.message)
"""


@pytest.mark.parametrize("limit", [0, 4000])
def test_a_full_disk_is_said_and_leaves_the_old_release(releases: Releases, first: Manifest, limit: int) -> None:
    script = FULL_DISK.format(here=str(Path(__file__).parent), limit=limit)
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, str(releases.data)], capture_output=True, text=True, timeout=120
    )
    assert run.stdout.startswith("refused: The release cannot be written to "), run.stderr
    assert "the current release is as it was" in run.stdout
    assert "Traceback" not in run.stderr
    assert releases.current_id() == first.id
    second = publish(releases, CHANGED, 2)
    assert second is not None
    check(releases, second, CHANGED)
