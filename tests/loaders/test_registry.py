"""`registry.toml`: what is wrong in it is said with the setting and what to do, and what it refers to is fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from eclod.core.errors import BadInput
from eclod_loaders.declarations import registry as registry_files
from eclod_loaders.declarations.registry import Registry, expanded
from eclod_loaders.fetching.locating import locate

GOOD = {"title": '"T"', "publisher": '"P"', "language": '"en"'}
SOURCES = '[[sources]]\nfile = "{}"\n'
MAPPING = '[things.o]\nshape = "Organisation"\nkey = "id"\nfields.name = "name"\n'


def write(folder: Path, sources: str = SOURCES.format("./rows.csv"), **settings: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{name} = {value}" for name, value in {**GOOD, **settings}.items() if value]
    (folder / "registry.toml").write_text("\n".join([*lines, sources]))
    (folder / "mapping.toml").write_text(MAPPING)
    return folder


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("publisher", "", "The setting publisher is missing"),
        ("publisher", '" "', "In publisher: the name of whoever publishes"),
        ("title", '{ zz9zz9zz9 = "x" }', "'zz9zz9zz9' is not a language tag"),
        ("title", '{ en = " " }', "the text in 'en' is empty"),
        ("country", '"Germany"', "'Germany' is not a country code"),
        ("language", '"english"', "'english' is not a language code"),
    ],
)
def test_a_setting_that_does_not_hold_is_named(tmp_path: Path, setting: str, value: str, said: str) -> None:
    with pytest.raises(BadInput, match=r"^test/registry\.toml: ") as caught:
        Registry.load(write(tmp_path / "test", **{setting: value}))
    assert said in caught.value.message


@pytest.mark.parametrize(
    "file",
    ["http://[/rows.csv", "http://example.org:port/rows.csv", "http://exa mple.org/x", "https:///x", "/etc/x", "../x"],
)
def test_a_file_that_can_be_nowhere_is_refused(tmp_path: Path, file: str) -> None:
    with pytest.raises(BadInput, match=r"^test/registry\.toml: In sources\.file: [^.]"):
        Registry.load(write(tmp_path / "test", SOURCES.format(file)))


def test_files_are_named_once_and_there_is_one(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="it names no file"):
        Registry.load(write(tmp_path / "test", sources=""))
    with pytest.raises(BadInput, match=r"'a\.csv' stands there twice"):
        Registry.load(write(tmp_path / "test", SOURCES.format("a.csv") * 2))


def test_an_address_that_cannot_be_fetched_is_named(tmp_path: Path) -> None:
    address = "http://127.0.0.1:9/" + "x" * 400
    registry = Registry.load(write(tmp_path / "test", SOURCES.format(address)))
    with pytest.raises(BadInput, match=r"x cannot be fetched: .*Connection refused"):
        locate(registry.sources[0], registry, None, tmp_path / "downloads")
    assert not list((tmp_path / "downloads").iterdir())


def test_the_folder_above_registries_is_needed(tmp_path: Path) -> None:
    folder = write(tmp_path / "all" / "test")
    assert [each.name for each in registry_files.all_registries([folder.parent, folder.parent])] == ["test"]
    with pytest.raises(BadInput, match="is itself a registry"):
        registry_files.all_registries([folder])
    with pytest.raises(BadInput, match="There is no registry in"):
        registry_files.all_registries([tmp_path])


def test_a_name_with_a_star_stands_for_the_files_that_match(tmp_path: Path) -> None:
    folder = tmp_path / "dk-test"
    folder.mkdir()
    (folder / "mapping.toml").write_text('things.firm = { shape = "Organisation", key = "id" }', encoding="utf-8")
    files = '[[sources]]\nfile = "in/part-*.csv"\n[[sources]]\nfile = "./more-?.csv"\n[[sources]]\nfile = "none*.csv"\n'
    head = 'title = { en = "Test" }\npublisher = "P"\nlanguage = "da"\n'
    (folder / "registry.toml").write_text(head + files, encoding="utf-8")
    (tmp_path / "in").mkdir()
    for name in ("in/part-2.csv", "in/part-1.csv", "in/other.csv", "dk-test/more-1.csv", "dk-test/more-10.csv"):
        (tmp_path / name).write_text("id\n1\n", encoding="utf-8")
    (tmp_path / "in" / "part-3.csv").mkdir()
    registry = Registry.load(folder)
    full = expanded(registry, tmp_path)
    assert [source.file for source in full.sources] == ["in/part-1.csv", "in/part-2.csv", "./more-1.csv", "none*.csv"]
    assert [locate(source, full, tmp_path) for source in full.sources] == [
        tmp_path / "in" / "part-1.csv",
        tmp_path / "in" / "part-2.csv",
        folder / "./more-1.csv",
        None,
    ]
    assert [source.file for source in expanded(registry, None).sources] == [
        "in/part-*.csv",
        "./more-1.csv",
        "none*.csv",
    ]
