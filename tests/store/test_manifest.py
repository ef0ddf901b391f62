"""`manifest.json`: written and read back, and refused in a sentence when it does not hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eclod.core.errors import Damaged
from eclod.store.manifest import FORMAT, FileEntry, GraphEntry, Manifest, RegistryEntry


def example(**changes: Any) -> Manifest:
    file = FileEntry(name="dk.nq.gz", size=3, sha256="ab" * 32)
    facts: dict[str, Any] = {
        "id": "20260102T030405Z-abcdef12",
        "previous": None,
        "created": "2026-01-02T03:04:05+00:00",
        "base": "https://w3id.org/eclod",
        "origin": "registries",
        "quads": 2,
        "dataset_sha256": "cd" * 32,
        "graphs": (
            GraphEntry(iri="", dump="default", triples=1, sha256="0" * 64),
            GraphEntry(iri="https://example.org/é", dump="dk", triples=1, sha256="1" * 64, files=(file,)),
        ),
        "registries": (RegistryEntry(name="dk", title="Dänemark", inputs="x", sources=(file,), read=3, accepted=2),),
    }
    return Manifest(**(facts | changes))


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    manifest = example()
    manifest.write(tmp_path)
    assert Manifest.read(tmp_path) == manifest
    first = (tmp_path / "manifest.json").read_bytes()
    Manifest.read(tmp_path).write(tmp_path)
    assert (tmp_path / "manifest.json").read_bytes() == first
    assert "Dänemark".encode() in first


def test_graphs_and_registries_are_found_by_name() -> None:
    manifest = example()
    assert manifest.graph("") is manifest.graphs[0]
    assert manifest.graph("https://example.org/é") is manifest.graphs[1]
    assert manifest.graph("https://example.org/") is None
    assert manifest.registry("dk") is manifest.registries[0]
    assert manifest.registry("lu") is None


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "\x00",
        "null",
        "[]",
        '"x"',
        "{}",
        '{"format": "1"}',
        '{"format": "9"}',
        '{"format": null}',
        '{"format": [1]}',
    ],
)
def test_what_is_no_manifest_is_refused_by_name(tmp_path: Path, text: str | None) -> None:
    folder = tmp_path / "20260102T030405Z-abcdef12"
    folder.mkdir()
    if text is not None:
        (folder / "manifest.json").write_text(text)
    with pytest.raises(Damaged, match="20260102T030405Z-abcdef12"):
        Manifest.read(folder)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(Damaged, match="no readable manifest"):
        Manifest.read(tmp_path)


def test_a_newer_format_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    example().write(tmp_path)
    content = json.loads((tmp_path / "manifest.json").read_text())
    content |= {"format": FORMAT + 1, "something_new": True}
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(Damaged, match=f"newer eclod .format {FORMAT + 1}, this one reads {FORMAT}.; update eclod"):
        Manifest.read(tmp_path)


@pytest.mark.parametrize(("field", "value"), [("quads", "many"), ("graphs", [{}]), ("id", None), ("unheard_of", 1)])
def test_a_field_that_does_not_hold_is_refused(tmp_path: Path, field: str, value: object) -> None:
    example().write(tmp_path)
    content = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(content | {field: value}))
    with pytest.raises(Damaged, match="does not hold"):
        Manifest.read(tmp_path)
