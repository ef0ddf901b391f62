"""Judging only what changed gives the verdict of judging everything."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

from eclod.core import assets
from eclod.core.errors import BadInput
from eclod.core.namespaces import expand
from eclod.rdf.fields import FieldCatalogue
from eclod.rdf.gate import Gate
from eclod.store import lines
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.gating.judging import Before, Judged, Judgement
from eclod_loaders.mapping.mapper import map_rows
from eclod_loaders.reading.adapters import ADAPTERS
from eclod_loaders.rows import MappedRow, Row

GRAPH = "https://example.org/graph"
MAPPING = """[values]
dates = "yyyy-MM-dd"

[things.project]
shape = "Project"
key = "id"
fields.name = { column = "title", optional = true }
fields.start = "start"
fields.end = "end"
fields.involvedParty = { thing = "part" }

[things.organisation]
shape = "Organisation"
key = "who"
fields.name = "name"

[things.part]
shape = "Participation"
key = ["id", "who"]
fields.organisation = { thing = "organisation" }
fields.project = { thing = "project" }
fields.role = { constant = "partner" }
"""


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate()


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    folder = tmp_path_factory.mktemp("registries") / "test"
    folder.mkdir()
    (folder / "registry.toml").write_text(
        'title = { en = "T" }\npublisher = "P"\nlanguage = "en"\n[[sources]]\nfile = "./rows.csv"\n'
    )
    (folder / "mapping.toml").write_text(MAPPING)
    return Registry.load(folder)


def thing_iri(kind: str, local_id: str, named_by: str = "") -> str:
    return f"https://example.org/id/{kind}/{local_id.encode().hex()}"


class Table:
    """A register that changes: rows of (id, title, start, end, who, name), some of which break a rule of the shapes."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.rows = [self._row(number) for number in range(12)]

    def _row(self, number: int) -> list[str]:
        who = self._chance.randrange(5)
        end = self._chance.choice(["2021-01-01", "2022-01-01", "2019-01-01"])
        return [str(number), f"Project {number}", "2020-01-01", end, f"o{who}", f"Organisation {who}"]

    def change(self) -> None:
        for _ in range(self._chance.randrange(1, 4)):
            number = self._chance.randrange(len(self.rows))
            action = self._chance.choice(["replace", "remove", "rename", "add"])
            if action == "replace":
                self.rows[number] = self._row(int(self.rows[number][0]))
            elif action == "rename":
                self.rows[number][1] += "!"
            elif action == "add":
                self.rows.append(self._row(100 + self._chance.randrange(100)))
            elif len(self.rows) > 3:
                del self.rows[number]

    def write(self, path: Path) -> None:
        table = [["id", "title", "start", "end", "who", "name"], *self.rows]
        path.write_text("".join(",".join(row) + "\n" for row in table))


def mapped(folder: Path, catalogue: FieldCatalogue, codes: CodeLists) -> list[MappedRow]:
    registry = Registry.load(folder)
    source = registry.sources[0]
    rows = ADAPTERS["tabular"](folder / "rows.csv", "rows.csv", source)
    found = list(map_rows(registry, source, rows, catalogue, codes, thing_iri))
    assert not [row for row in found if row.problems]
    return [row for row in found if row.ignored is None]


def outcome(judged: Judged) -> tuple[list[bytes], list[tuple[str, int]]]:
    return lines.of_triples(judged.consolidated.statements, GRAPH), sorted(judged.rejected)


@pytest.mark.parametrize("seed", range(8))
def test_what_changed_is_judged_as_everything_would_be(
    tmp_path: Path, catalogue: FieldCatalogue, codes: CodeLists, gate: Gate, seed: int
) -> None:
    folder = tmp_path / "test"
    folder.mkdir()
    (folder / "registry.toml").write_text(
        'title = { en = "T" }\npublisher = "P"\nlanguage = "en"\n[[sources]]\nfile = "./rows.csv"\n'
    )
    (folder / "mapping.toml").write_text(MAPPING)
    table = Table(random.Random(seed))
    table.write(folder / "rows.csv")
    judgement = Judgement(Registry.load(folder), gate, catalogue, codes)
    first = judgement.judge(mapped(folder, catalogue, codes), [], None)
    before = Before(GRAPH, outcome(first)[0], first.warnings)
    table.change()
    table.write(folder / "rows.csv")
    everything = judgement.judge(mapped(folder, catalogue, codes), [], None)
    changed_only = judgement.judge(mapped(folder, catalogue, codes), [], before)
    assert outcome(changed_only) == outcome(everything)


#: What may be said of a thing: types right and wrong, codes current, withdrawn and unknown, links to any of the things.
NUTS = "http://data.europa.eu/nuts/code/"
PLACES = [
    f"https://example.org/id/{kind}/{number}" for kind in ("project", "organisation", "part") for number in (1, 2)
]
TYPES = ["eurio:Project", "org:Organization", "eurio:OrganisationRole", "eclod:Cluster"]
STATEMENTS: list[tuple[str, NamedNode | Literal]] = [
    *(("rdf:type", NamedNode(expand(name))) for name in TYPES),
    *(("skos:prefLabel", Literal(text, language=tag)) for text in ("Name", "Other", " ") for tag in ("en", "de")),
    *(("dct:spatial", NamedNode(NUTS + code)) for code in ("DK050", "DEG0N", "DEE04", "XX999")),
    *(
        ("eurio:startDate", Literal(day, datatype=NamedNode(expand("xsd:date"))))
        for day in ("2020-01-01", "2020-02-30")
    ),
    *(("eurio:endDate", Literal(day, datatype=NamedNode(expand("xsd:date")))) for day in ("2021-01-01", "2019-01-01")),
    *(("foaf:homepage", term) for term in (NamedNode("https://example.org/"), Literal("no page"))),
    *((name, NamedNode(place)) for name in ("eurio:isRoleOf", "eurio:isInvolvedIn") for place in PLACES),
    *(("cv:role", NamedNode(f"https://w3id.org/eclod/scheme/participation-role/{role}")) for role in ("partner", "no")),
]
#: Things that conform, so that there is something to break.
SOUND: dict[str, frozenset[int]] = {
    place: frozenset(
        STATEMENTS.index((name, value))
        for name, value in (
            ("rdf:type", NamedNode(expand(TYPES[position // 2]))),
            ("skos:prefLabel", Literal("Name", language="en")),
            *(
                (("eurio:isRoleOf", NamedNode(PLACES[2])), ("eurio:isInvolvedIn", NamedNode(PLACES[0])))
                * (position > 3)
            ),
            *((("cv:role", STATEMENTS[-2][1]),) * (position > 3)),
        )
    )
    for position, place in enumerate(PLACES)
}
State = dict[str, frozenset[int]]


def mapped_rows(state: State) -> list[MappedRow]:
    rows = []
    for number, place in enumerate(PLACES, start=2):
        if place in state:
            statements = [(expand(STATEMENTS[index][0]), STATEMENTS[index][1]) for index in sorted(state[place])]
            triples = tuple(Triple(NamedNode(place), NamedNode(name), value) for name, value in statements)
            rows.append(MappedRow(Row("rows.csv", number, {}), triples, (place,)))
    return rows


@st.composite
def changed_states(draw: st.DrawFn, state: State) -> State:
    """Draw a state in which things are gone or back, and statements were added, dropped or moved to another thing."""
    changed = dict(state)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.sampled_from(PLACES))
        if draw(st.integers(0, 5)) == 0:
            changed.pop(place, None)
            continue
        index = draw(st.integers(0, len(STATEMENTS) - 1))
        changed[place] = changed.get(place, SOUND[place]) ^ {index}
    return changed


@st.composite
def histories(draw: st.DrawFn) -> tuple[State, State]:
    first = draw(changed_states(SOUND))
    return first, draw(changed_states(first))


@settings(derandomize=True, deadline=None, max_examples=120)
@given(history=histories())
def test_any_change_is_judged_as_everything_would_be(
    registry: Registry,
    catalogue: FieldCatalogue,
    codes: CodeLists,
    gate: Gate,
    history: tuple[State, State],
) -> None:
    """Additions, removals, changes of values, of types and of what is pointed to, retired codes among them."""
    judgement = Judgement(registry, gate, catalogue, codes)
    first = judgement.judge(mapped_rows(history[0]), [], None)
    before = Before(GRAPH, outcome(first)[0], first.warnings)
    everything = judgement.judge(mapped_rows(history[1]), [], None)
    changed_only = judgement.judge(mapped_rows(history[1]), [], before)
    assert outcome(changed_only) == outcome(everything)
    assert told(changed_only) == told(everything)


def told(judged: Judged) -> list[tuple[tuple[str, str], ...]]:
    return sorted(tuple(sorted(warning.items())) for warning in judged.warnings)


def test_a_registry_that_says_too_little_of_itself_is_refused(
    tmp_path: Path, catalogue: FieldCatalogue, codes: CodeLists, gate: Gate
) -> None:
    folder = tmp_path / "test"
    folder.mkdir()
    (folder / "registry.toml").write_text(
        'title = { en = "T" }\npublisher = "P"\nlanguage = "en"\n[[sources]]\nfile = "./rows.csv"\n'
    )
    (folder / "mapping.toml").write_text(MAPPING)
    (folder / "rows.csv").write_text("id,title,start,end,who,name\n")
    registry = NamedNode("https://example.org/registries/t")
    kind = Triple(
        registry,
        NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"),
        NamedNode("https://w3id.org/eclod/ontology#Registry"),
    )
    with pytest.raises(BadInput, match=r"registry\.toml does not conform"):
        Judgement(Registry.load(folder), gate, catalogue, codes).judge([], [kind], None)


def test_a_figure_may_keep_a_region_that_was_dropped_since(
    tmp_path: Path, gate: Gate, catalogue: FieldCatalogue, codes: CodeLists
) -> None:
    """A cluster in a dropped region is warned about; statistics of the time of that region are right as they are."""
    table = (assets.folder("registries") / "eurostat-sbs" / "table-2015.toml").read_text(encoding="utf-8")
    cluster = '[things.c]\nshape = "Cluster"\nkey = "geo"\nfields.name = "geo"\nfields.region = "geo"\n'
    found = {}
    for name, mapping, code in (("figures", table, "FR21"), ("clusters", cluster, "DEG0N")):
        folder = tmp_path / name
        folder.mkdir()
        head = 'title = { en = "T" }\npublisher = "P"\nlanguage = "en"\n\n[[sources]]\nfile = "./rows.csv"\n'
        (folder / "registry.toml").write_text(head)
        (folder / "mapping.toml").write_text(mapping)
        text = f"nace_r2;geo;n2015\nC28;{code};50\n" if name == "figures" else f"geo\n{code}\n"
        (folder / "rows.csv").write_text(text)
        registry = Registry.load(folder)
        rows = ADAPTERS["tabular"](folder / "rows.csv", "rows.csv", registry.sources[0])
        mapped = list(map_rows(registry, registry.sources[0], rows, catalogue, codes, thing_iri))
        assert [row.problems for row in mapped] == [()]
        judged = Judgement(registry, gate, catalogue, codes).judge(mapped, [], None)
        assert len(judged.accepted) == 1
        found[name] = len(judged.warnings)
    assert found == {"figures": 0, "clusters": 1}
