"""How much `eclod registry new` guesses from a file alone of the mapping that people wrote for it."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from eclod.core import assets
from eclod.core.errors import BadInput
from eclod_loaders.declarations.mapping_file import RegistryMapping
from eclod_loaders.declarations.registry import Registry, Source
from eclod_loaders.declarations.toml_files import column_name
from eclod_loaders.onboarding import newcomer
from eclod_loaders.onboarding.newcomer import Who

DOCS = Path(__file__).parents[3] / "docs" / "registries.md"
REGISTRIES = (
    *("be-brussels-eu-funds", "cz-parks", "cz-ris3", "cz-suppliers", "dk-eu-funds", "lu-eu-funds", "mt-eu-funds"),
)
#: What is written differently from what was guessed, for each file: encoding, delimiter, header, locale, shape, key.
DIFFERENT = {
    "ERDF_Brussels_2007-2013-Clean.csv": {"encoding"},  # Mac Roman, damaged twice; the mapping asks to check
    "pz.geojson": {"shape"},
    "domeny_kraje.json": {"shape", "key", "records"},  # two kinds of things in one file
    "vav_sektory_2024.json": {"shape", "key", "records"},  # a table of figures
    "kraje.geojson": {"shape", "key"},  # outlines and figures of regions that are there already
    "ERDF_Denmark_2014-2020.csv": {"key"},  # the same columns but one
}
Places = dict[str, set[tuple[str, str]]]


def places(mapping: RegistryMapping) -> Places:
    """Return the shapes and fields that each column goes to."""
    found: Places = defaultdict(set)
    for thing in mapping.things.values():
        for name, sources in thing.fields.items():
            for column in (column for source in sources for column in source.used_columns()):
                found[mapping.lists[column].column if column in mapping.lists else column].add((thing.shape, name))
    return found


def key_of(mapping: RegistryMapping) -> set[str]:
    return {column for part in next(iter(mapping.things.values())).key for column in part.used_columns()}


def header(path: Path, mapping: RegistryMapping) -> list[str]:
    with path.open(encoding=mapping.file.encoding, newline="") as lines:
        first = next(csv.reader(lines, delimiter=mapping.file.delimiter))
    return [column_name(mapping.repaired(cell, cell)) for cell in first]


def settings(mapping: RegistryMapping) -> dict[str, object]:
    file = mapping.file
    shape = next(iter(mapping.things.values())).shape
    locale = mapping.values.locale[0]
    return {
        "encoding": file.encoding,
        "delimiter": file.delimiter,
        "header": file.header_row,
        "records": file.records,
        "locale": locale.partition("_")[0],
        "shape": shape,
        "damage": mapping.repair and mapping.repair.utf8_read_as,
    }


def compare(path: Path, written: Source, guessed: RegistryMapping) -> tuple[Counter[str], set[str]]:
    """Return how many columns are right, nearly so, not placed, wrong and rightly left out, and what else differs."""
    same: dict[str, str] = {}
    if written.adapter == "tabular":  # a column is the same by its position, whatever its name was read as
        same = dict(zip(header(path, guessed), header(path, written.mapping), strict=True))
    mine, theirs = places(written.mapping), {same.get(c, c): to for c, to in places(guessed).items()}
    left_out = {same.get(column, column) for column in guessed.ignored}
    counts: Counter[str] = Counter()
    for column in {*mine, *theirs, *left_out}:
        wanted, found = mine.get(column, set()), theirs.get(column, set())
        fields = {name for _, name in wanted} & {name for _, name in found}
        counts[
            ("right" if wanted & found else "nearly" if fields else "wrong")
            if found
            else "not placed"
            if wanted
            else "left out"
        ] += 1
    mine_settings, found_settings = settings(written.mapping), settings(guessed)
    different = {name for name, value in mine_settings.items() if found_settings[name] != value}
    keys = key_of(written.mapping), {same.get(column, column) for column in key_of(guessed)}
    return counts, different | ({"key"} if keys[0] != keys[1] else set())


def measured(folder: Path, into: Path) -> dict[str, tuple[Counter[str], set[str], str]]:
    """Return for each file what was guessed right, what else differs, and how many rows are read."""
    found: dict[str, tuple[Counter[str], set[str], str]] = {}
    for name in REGISTRIES:
        registry = Registry.load(assets.folder("registries") / name)
        for source in registry.sources:
            path = folder / source.file
            who = Who("Title", "Publisher", registry.country or "", registry.language)
            made = newcomer.make(f"x{len(found)}", path, into, who)
            counts, different = compare(path, source, made.registry.sources[0].mapping)
            found[path.name] = counts, different, f"{made.mapped} of {made.read}"
    return found


def test_the_table_of_guesses_in_the_documents_is_what_is_measured(shared: Path, tmp_path: Path) -> None:
    """The national registers are onboarded from their files alone; the table says how much of each was right."""
    found = measured(shared, tmp_path)
    section = DOCS.read_text(encoding="utf-8").partition("## How much is guessed")[2].partition("\n#")[0]
    lines = re.findall(r"^\| `(.+?)` \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (.+?) \|", section, re.MULTILINE)
    kinds = ("right", "nearly", "not placed", "wrong", "left out")
    told = {name: (*(int(number) for number in numbers), rows) for name, *numbers, rows in lines}
    assert told == {name: (*(counts[kind] for kind in kinds), rows) for name, (counts, _, rows) in found.items()}
    assert len(found) == 12
    total = sum((counts for counts, _, _ in found.values()), Counter[str]())
    assert total["right"] >= 76
    assert total["wrong"] <= 2
    used = total["right"] + total["nearly"] + total["not placed"]
    assert f"{total['right']} of {used} columns" in section
    assert {name: different for name, (_, different, _) in found.items() if different} == DIFFERENT


@pytest.mark.parametrize("shape", ["Priority", "Figure"])
def test_a_shape_that_the_columns_cannot_fill_is_refused_with_what_is_missing(tmp_path: Path, shape: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,homepage\nA,https://a.example\n", encoding="utf-8")
    with pytest.raises(BadInput, match=f"no columns for a {shape}: .* lacks the field"):
        newcomer.make("at-x", path, tmp_path / "r", Who("T", "P", "AT", "de"), shape)
    assert not (tmp_path / "r" / "at-x").exists()


def test_an_address_in_one_cell_is_cut_where_all_are_written_so(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_text('name,address\nA,"Hauptstr. 1, 10115 Berlin"\nB,"Am Ring 2, 20095 - Hamburg"\n', encoding="utf-8")
    fields = newcomer.make("de-x", path, tmp_path / "r", Who("T", "P", "DE", "de")).registry.sources[0].mapping.things
    found = {name for name in next(iter(fields.values())).fields if name.startswith("address.")}
    assert found == {"address.street", "address.postcode", "address.city", "address.country"}


def test_what_changes_is_no_part_of_a_key(tmp_path: Path) -> None:
    path = tmp_path / "projects.csv"
    rows = "".join(f"Project,{n}000,Fund {n % 2},Axis {n // 2}\n" for n in range(1, 5))
    path.write_text("Project title,Budget,Fund,Priority axis\n" + rows, encoding="utf-8")
    mapping = newcomer.make("de-x", path, tmp_path / "r", Who("T", "P", "DE", "en")).registry.sources[0].mapping
    assert key_of(mapping) == {"Project title", "Fund", "Priority axis"}
