"""JSON as rows: paths as columns, exact digits, where a row stands, and hostile files refused in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from eclod.core.errors import BadInput
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.reading import json_file
from eclod_loaders.reading.json_file import Digits
from eclod_loaders.rows import Row

from .conftest import Outcome, thing_iri

Make = Callable[..., Registry]
Read = Callable[[Registry], list[Row]]
Run = Callable[..., Outcome]

REGISTRY = """title = { en = "Test" }
publisher = "P"
language = "cs"
[[sources]]
file = "./rows.json"
adapter = "json"
"""
MAPPING = """
[file]
records = "regions/*/bodies"
optional = ["ids[type='lei']/all", "town"]
[ignored]
"ids/type" = "x"
"ids[type='grid']" = "x"
[things.body]
shape = "Organisation"
key = "no"
[things.body.fields]
name = "name"
alternativeName = "ids[type='lei']/all"
keyword = [{ column = "tags" }, { column = "../name()" }]
description = "/about/what"
address.city = "town"
"""
CONTENT = {
    "about": {"what": "bodies", "when": 2026},
    "regions": {
        "Jihočeský kraj": {"bodies": [{"no": 1, "name": "A", "tags": ["x", None, "", "y"], "ids": []}]},
        "Vysočina": {
            "bodies": [
                {"no": 2.50, "name": True, "tags": "z", "ids": [{"type": "lei", "all": ["L", "M"]}]},
                {"no": 3, "name": None, "ids": [{"type": "grid", "all": ["g"]}, {"type": "lei", "all": ["N"]}]},
            ]
        },
    },
}


@pytest.fixture
def load(make_registry: Make, read: Read) -> Callable[..., list[Row]]:
    return lambda content, mapping=MAPPING: read(
        make_registry(
            mapping, content if isinstance(content, str | bytes) else json.dumps(content), REGISTRY, "rows.json"
        )
    )


Load = Callable[..., list[Row]]


def test_records_are_rows_with_what_is_around_them(load: Load) -> None:
    one, two, three = load(CONTENT)
    assert [row.number for row in (one, two, three)] == [1, 2, 3]
    assert one.place == "/regions/Jihočeský kraj/bodies/0" and three.place == "/regions/Vysočina/bodies/1"
    assert one.cells == {
        "no": ("1",),
        "name": ("A",),
        "tags": ("x", "y"),
        "ids[type='lei']/all": (),
        "../name()": ("Jihočeský kraj",),
        "/about/what": ("bodies",),
        "town": (),
    }
    assert two.cells["ids[type='lei']/all"] == ("L", "M")
    assert two.cells["no"] == ("2.5",) and two.cells["name"] == ("true",) and two.cells["tags"] == ("z",)
    assert three.cells["ids[type='lei']/all"] == ("N",) and three.cells["name"] == ()


def test_a_problem_says_where_its_record_is(make_registry: Make, run: Run) -> None:
    outcome = run(make_registry(MAPPING, json.dumps(CONTENT), REGISTRY, "rows.json"))
    assert [(p.row, p.place, p.column) for p in outcome.problems] == [(3, "/regions/Vysočina/bodies/1", "name")]
    assert outcome.values("#altLabel", thing_iri("organisation", "2.5")) == {"L", "M"}
    assert outcome.values("#keyword") == {"x", "y", "z", "Jihočeský kraj", "Vysočina"}


@pytest.mark.parametrize(
    ("content", "records", "places"),
    [
        ([{"no": 1}, {"no": 2}], "*", ["/0", "/1"]),
        ([[{"no": 1}], [{"no": 2}]], "*/*", ["/0/0", "/1/0"]),
        ({"no": 1}, ".", ["/"]),
        ({"a/b~c": {"no": 1}}, "'a/b~c'", ["/a~1b~0c"]),
        ({"x": {"no": 1}, "y": {"no": 2}}, "/*", ["/x", "/y"]),
        ({"y": {"no": 2}, "x": {"no": 1}}, ["x", "y"], ["/y", "/x"]),
    ],
)
def test_where_records_may_be(load: Load, content: object, records: str | list[str], places: list[str]) -> None:
    mapping = f'file.records = {json.dumps(records)}\nthings.body = {{ shape = "Organisation", key = "no" }}'
    rows = load(content, mapping)
    assert [row.place for row in rows] == places
    assert [row.cells["no"] for row in rows] == ([("2",), ("1",)] if places[0] == "/y" else [("1",), ("2",)])[
        : len(rows)
    ]


def test_digits_are_kept() -> None:
    content = b"[13.831412777777777770, 5.064e1, 1e999999999, -0.0, 12345678901234567890123, 1E-9999999999999]"
    numbers = json_file.load(content, "f.json", "utf-8")
    assert all(isinstance(number, Digits) for number in numbers)
    assert [json_file.text(number) for number in numbers] == [
        "13.831412777777777770", "50.64", "1e999999999", "-0.0", "12345678901234567890123", "1E-9999999999999",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "line 1, column 2: not JSON"),
        ('{"regions": {"x": {"bodies": [', "may be cut off"),
        ('{"regions": NaN}', "the value NaN, which JSON does not know"),
        ('{"regions": 1, "regions": 2}', "an object with two values for 'regions'"),
        ('{"regions": {}}', "no record at 'regions/[*]/bodies'; the outermost names are 'regions'"),
        ("{}", "it is empty"),
        ({"regions": {"x": {"bodies": [{"nr": 1}]}}}, r"record 1 \(/regions/x/bodies/0\): 'nr' is not in the mapping"),
        ({"regions": {"x": {"bodies": [{"ids": [{"type": "isni", "all": [1]}]}]}}}, "'ids/all' is not in the mapping"),
        ({"regions": {"x": {"bodies": [{"no": 1}]}}}, "no record has '/about/what', which the mapping uses"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 150 + "1" + "}" * 150, "nested more than 100 levels deep"),
        ('{"name": "ž"}'.encode("cp1250"), "byte 0x9E does not exist in utf-8"),
    ],
    ids=range(12),
)
def test_faults_of_a_file_are_one_sentence(load: Load, content: object, message: str) -> None:
    with pytest.raises(BadInput, match=message) as fault:
        load(content)
    assert fault.value.message.startswith("rows.json")
    assert len(fault.value.message) < 300


def test_a_record_may_be_a_value(load: Load) -> None:
    mapping = """
    file.records = ["*", "*/parts/*"]
    ignored = { no = "x" }
    things.body = { shape = "Organisation", key = [".", "name()", "../../no"] }
    """
    rows = load([{"no": 1, "parts": {"7": "A", "8": "B"}}], mapping)
    assert [row.cells["."] for row in rows] == [(), ("A",), ("B",)]
    assert [row.cells["name()"] for row in rows] == [("",), ("7",), ("8",)]
    assert [row.cells["../../no"] for row in rows[1:]] == [("1",), ("1",)]
    assert not any(row.defect for row in rows)


@pytest.mark.parametrize(
    ("limit", "value", "message"),
    [
        ("reading.json_file.MAX_NODES", 20, "more than 20 values"),
        ("declarations.nodes.MAX_BYTES", 100, "has [0-9]+ bytes, and up to 100 are read"),
        ("reading.json_file.MAX_DEPTH", 3, "nested more than 3 levels deep"),
    ],
)
def test_a_file_is_bounded(load: Load, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, message: str) -> None:
    monkeypatch.setattr(f"eclod_loaders.{limit}", value)
    with pytest.raises(BadInput, match=message):
        load(CONTENT)


def test_an_object_where_a_value_is_meant_is_a_defect_of_its_row(load: Load) -> None:
    mapping = """file.records = "*"\nignored = { "no/a" = "x" }\nthings.body = { shape = "Organisation", key = "no" }"""
    rows = load([{"no": {"a": 1}}, {"no": 2}], mapping)
    assert rows[0].defect == "'no' has others inside; name the one that is meant, such as 'no/a'."
    assert rows[1].defect == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[file]\n", ""), "needs 'records' under \\[file\\] of dk-test/mapping.toml"),
        (("regions/*/bodies", "regions//bodies"), "'regions//bodies' is not a path"),
        (("ids[type='lei']/all", "ids[type=lei]/all"), "not a path from '\\[type=lei\\]/all' on"),
        (("../name()", "name()/.."), "is not a path"),
    ],
)
def test_faults_of_a_mapping_are_found_when_it_is_loaded(
    make_registry: Make, change: tuple[str, str], message: str
) -> None:
    mapping = MAPPING.replace(*change)
    if change[1] == "":
        mapping = mapping.replace('records = "regions/*/bodies"\n', "").partition("\n[ignored]")[2]
        mapping = "[ignored]" + mapping
    with pytest.raises(BadInput, match=message) as fault:
        make_registry(mapping, "{}", REGISTRY, "rows.json")
    assert "mapping.toml" in fault.value.message


def test_records_are_for_files_with_paths(make_registry: Make) -> None:
    with pytest.raises(BadInput, match=r"'records' of dk-test/mapping.toml is for the adapters json, xml and topojson"):
        make_registry(MAPPING, "no\n1\n")
