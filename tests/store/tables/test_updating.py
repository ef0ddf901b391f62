"""Tables made from those of the release before are, byte for byte, those made of the whole release."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from eclod.core.namespaces import expand
from eclod.store.manifest import FileEntry, Manifest, TableEntry
from eclod.store.tables import reach, updating, writing

from . import worlds
from .worlds import World

Graphs = dict[str, list[bytes]]


def write(folder: Path, graphs: Graphs) -> tuple[TableEntry, ...]:
    folder.mkdir()
    entries = writing.write(folder, graphs, worlds.NAMES.base)
    worlds.conclude(folder, entries)
    return entries


def update(folder: Path, before: Path, old: Graphs, new: Graphs) -> tuple[TableEntry, ...] | None:
    folder.mkdir()
    touched = worlds.touched(old, new)
    entries = updating.update(folder, worlds.stored(new), touched, worlds.NAMES.base, before)
    if entries is not None:
        worlds.conclude(folder, entries)
    return entries


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "tables").iterdir()}


@pytest.mark.parametrize("seed", range(9))
def test_what_is_updated_is_what_is_written_from_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    if seed % 2:
        monkeypatch.setattr(reach, "_MANY_LINKS", 2)
    world = World.of(seed, (2, 20, 60)[seed % 3])
    graphs = worlds.normal(world.lines())
    before = tmp_path / "r0"
    write(before, graphs)
    for number in range(1, 5):
        world.change()
        old, graphs = graphs, worlds.normal(world.lines())
        folder, whole = tmp_path / f"r{number}", tmp_path / f"w{number}"
        entries = update(folder, before, old, graphs)
        assert entries == write(whole, graphs)
        assert content(folder) == content(whole)
        for name, text in content(folder).items():
            same = text == (before / "tables" / name).read_bytes()
            assert same == (folder / "tables" / name).samefile(before / "tables" / name), name
        before = folder


@pytest.fixture
def before(tmp_path: Path) -> tuple[Path, World]:
    """Return the folder of a release of tables, and its world."""
    world = World.of(7, 20)
    write(tmp_path / "before", worlds.normal(world.lines()))
    return tmp_path / "before", world


def renamed(world: World) -> tuple[Graphs, Graphs]:
    """Return the graphs of before, and with one more name."""
    old = worlds.normal(world.lines())
    world.graphs[""].add((world.things[0], worlds.iri(expand("skos:prefLabel")), worlds.literal("A new name")))
    return old, worlds.normal(world.lines())


def test_nothing_touched_gives_links_only(tmp_path: Path, before: tuple[Path, World]) -> None:
    folder, world = before
    graphs = worlds.normal(world.lines())
    assert update(tmp_path / "new", folder, graphs, graphs) is not None
    assert len(content(folder)) > 50
    assert all((tmp_path / "new" / "tables" / name).samefile(folder / "tables" / name) for name in content(folder))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a byte of a spliced table": lambda tables: flip(tables / "identifiers.csv"),
    "a byte of a table with columns": lambda tables: flip(tables / "identifiers.parquet"),
    "a byte of the dictionary": lambda tables: flip(tables / "dictionary.csv"),
    "a byte of the map": lambda tables: flip(tables / "clusters.geojson"),
    "a missing file": lambda tables: (tables / "slots.csv").unlink(),
    "a shorter file that is only linked": lambda tables: (tables / "slots.csv").write_bytes(b"iri"),
    "no tables": lambda tables: shutil.rmtree(tables),
    "no manifest": lambda tables: (tables.parent / "manifest.json").unlink(),
}


def flip(path: Path) -> None:
    text = bytearray(path.read_bytes())
    text[len(text) // 2] ^= 1
    path.write_bytes(text)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_release_is_not_built_on(tmp_path: Path, before: tuple[Path, World], damage: str) -> None:
    folder, world = before
    DAMAGES[damage](folder / "tables")
    assert update(tmp_path / "new", folder, *renamed(world)) is None
    assert list((tmp_path / "new").iterdir()) == []


def replace(folder: Path, name: str, text: bytes) -> None:
    """Put another file into a release as if it had been written so."""
    path = folder / "tables" / name
    path.write_bytes(text)
    manifest = Manifest.read(folder)
    tables = tuple(
        table.model_copy(
            update={"files": tuple(FileEntry.of(path, f.rows) if f.name == name else f for f in table.files)}
        )
        for table in manifest.tables
    )
    manifest.model_copy(update={"tables": tables}).write(folder)


def test_tables_of_another_version_are_not_built_on(
    tmp_path: Path, before: tuple[Path, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, world = before
    graphs = renamed(world)
    replace(folder, "csv-metadata.json", b"{}")
    assert update(tmp_path / "columns", folder, *graphs) is None
    replace(folder, "csv-metadata.json", writing.description())
    other = io.BytesIO()
    pq.write_table(pq.read_table(folder / "tables" / "slots.parquet").drop(["iri"]), other)
    right = (folder / "tables" / "slots.parquet").read_bytes()
    replace(folder, "slots.parquet", other.getvalue())
    assert update(tmp_path / "parquet", folder, *graphs) is None
    replace(folder, "slots.parquet", right)
    monkeypatch.setattr("eclod.__version__", "0.0.0")
    assert update(tmp_path / "code", folder, *graphs) is None
    monkeypatch.undo()
    assert update(tmp_path / "right", folder, *graphs) is not None


def test_too_much_is_left_to_the_whole(
    tmp_path: Path, before: tuple[Path, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, world = before
    monkeypatch.setattr(reach, "MOST", 1)
    old, new = worlds.normal(world.lines()), World.of(8, 20)
    assert update(tmp_path / "new", folder, old, worlds.normal(new.lines())) is None
    assert list((tmp_path / "new").iterdir()) == []


def test_csv_of_other_rows_than_parquet_is_not_built_on(tmp_path: Path, before: tuple[Path, World]) -> None:
    folder, world = before
    text = (folder / "tables" / "identifiers.csv").read_bytes()
    replace(folder, "identifiers.csv", text[: text.index(b"\r\n") + 2])
    assert update(tmp_path / "new", folder, *renamed(world)) is None
