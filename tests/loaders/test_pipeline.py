"""Builds from end to end: the same in, the same out; only what changed; what is bad is named, the rest goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core.errors import BadInput, Damaged, Locked, NotConforming
from eclod.core.settings import Settings, from_environment
from eclod.store import checks
from eclod.store.manifest import FORMAT, Manifest
from eclod.store.releases import Releases
from eclod_loaders import pipeline
from eclod_loaders.pipeline import Outcome

REGISTRY = """title = {{ en = "{name}" }}
publisher = "Somebody"
language = "en"
country = "DK"
precedence = {precedence}

[[sources]]
file = "./rows.csv"
adapter = "tabular"
"""

MAPPING = """[things.organisation]
shape = "Organisation"
{identity}
fields.name = "name"
fields.region = "region"
fields.legalName = "legal"
"""

ROWS = "id,name,region,legal\n1,Alpha,DK01,Alpha Ltd\n2,Beta,DK02,\n3,Gamma,DK03,\n"


def add_registry(
    folder: Path, name: str, rows: str = ROWS, precedence: int = 200, identity: str = 'key = "id"'
) -> Path:
    registry = folder / name
    registry.mkdir(parents=True, exist_ok=True)
    (registry / "registry.toml").write_text(REGISTRY.format(name=name, precedence=precedence))
    (registry / "mapping.toml").write_text(MAPPING.format(identity=identity))
    (registry / "rows.csv").write_text(rows)
    return registry


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return from_environment({}, data=tmp_path / "data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "registries"
    add_registry(folder, "one")
    add_registry(folder, "two", rows="id,name,region,legal\n1,Delta,DK04,\n")
    return folder


def build(settings: Settings, folder: Path, second: int = 0) -> Outcome:
    return pipeline.build(settings, None, [folder], at=datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC))


def current(settings: Settings) -> Manifest:
    manifest = Releases(settings.data).current()
    assert manifest is not None
    return manifest


def ask(settings: Settings, query: str) -> list[tuple[str, ...]]:
    releases = Releases(settings.data)
    store = ox.Store.read_only(str(releases.folder(releases.current_id()) / "store"))
    solutions = store.query(query)
    assert isinstance(solutions, ox.QuerySolutions)
    return [tuple(getattr(term, "value", "") for term in row) for row in solutions]


def test_a_build_counts_every_row_and_says_where_each_thing_comes_from(settings: Settings, folder: Path) -> None:
    outcome = build(settings, folder)
    counts = {e.name: (e.read, e.accepted, e.rejected, e.ignored) for e in outcome.registries}
    assert counts == {"one": (3, 3, 0, 0), "two": (1, 1, 0, 0)}
    rows = ask(
        settings,
        """SELECT ?name ?row ?title WHERE {
             GRAPH <https://w3id.org/eclod/graph/registry/one> {
               ?o <http://www.w3.org/2004/02/skos/core#prefLabel> ?name ; a <http://www.w3.org/ns/org#Organization> }
             GRAPH <https://w3id.org/eclod/graph/provenance/one> {
               ?o <http://www.w3.org/ns/prov#wasDerivedFrom> ?row . ?file <http://purl.org/dc/terms/title> ?title
               FILTER (STRSTARTS(STR(?row), CONCAT(STR(?file), "#"))) } } ORDER BY ?name""",
    )
    assert [(name, row.partition("#")[2], title) for name, row, title in rows] == [
        ("Alpha", "row=2", "rows.csv"),
        ("Beta", "row=3", "rows.csv"),
        ("Gamma", "row=4", "rows.csv"),
    ]


def test_the_same_inputs_give_the_same_dataset_and_the_second_build_changes_nothing(
    settings: Settings, folder: Path, tmp_path: Path
) -> None:
    first = build(settings, folder).manifest
    again = build(settings, folder, second=1)
    elsewhere = build(from_environment({}, data=tmp_path / "elsewhere"), folder, second=2).manifest
    assert first is not None
    assert elsewhere is not None
    assert again.manifest is None
    assert again.current == first.id
    assert sorted(again.reused) == ["one", "two"]
    assert elsewhere.dataset_sha256 == first.dataset_sha256


def test_a_change_in_one_registry_touches_its_graphs_only(settings: Settings, folder: Path, tmp_path: Path) -> None:
    before = build(settings, folder).manifest
    add_registry(folder, "one", rows=ROWS.replace("Beta", "Better"))
    outcome = build(settings, folder, second=1)
    after = outcome.manifest
    assert before is not None
    assert after is not None
    assert outcome.reused == ["two"]
    changed = {graph.iri for graph in after.graphs if graph != before.graph(graph.iri)}
    assert {iri.rpartition("/graph/")[2] for iri in changed} == {
        *("", "registry/one", "provenance/one", "deliveries", "since/one")
    }
    releases = Releases(settings.data)
    for name in ("registry-two.nq.gz", "codelists.ttl.gz"):
        old, new = (releases.folder(m.id) / "dumps" / name for m in (before, after))
        assert old.stat().st_ino == new.stat().st_ino
    fresh = build(from_environment({}, data=tmp_path / "fresh"), folder, second=2).manifest
    assert fresh is not None
    # All but how often something was delivered, which a fresh build cannot know.
    past = (f"{after.base}/graph/deliveries", f"{after.base}/graph/since/one")
    told = [{g.iri: g.sha256 for g in m.graphs if g.iri not in past} for m in (fresh, after)]
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("4,Delta,XX99,", "unknown-code"),
        ("4,,DK01,", "missing"),
        ("4,NaN,DK01,", None),
    ],
)
def test_a_bad_row_is_rejected_and_the_others_go_on(
    settings: Settings, folder: Path, row: str, rule: str | None
) -> None:
    add_registry(folder, "one", rows=f"{ROWS}{row}\n")
    outcome = build(settings, folder)
    entry = next(e for e in outcome.registries if e.name == "one")
    assert (entry.read, entry.accepted, entry.rejected, entry.ignored) == (4, 3, 1, 0)
    report = pipeline.report_of(Releases(settings.data), outcome.current, "one")
    problems = report["problems"]
    assert isinstance(problems, list)
    assert {problem["row"] for problem in problems} == {5}
    assert all(problem["file"] == "rows.csv" and problem["message"].strip() for problem in problems)
    assert rule is None or rule in {problem["rule"] for problem in problems}


def test_a_file_that_cannot_be_read_leaves_the_current_release_untouched(settings: Settings, folder: Path) -> None:
    before = build(settings, folder).current
    (folder / "one" / "rows.csv").write_bytes(b"id,name,region,legal\n1,\xff\xfe,DK01,\n")
    with pytest.raises(BadInput, match=r"rows\.csv"):
        build(settings, folder, second=1)
    assert Releases(settings.data).current_id() == before
    assert not list((settings.data / "releases").glob(".staging-*"))


def test_a_registry_whose_file_is_gone_is_named_and_keeps_what_it_had(settings: Settings, folder: Path) -> None:
    build(settings, folder)
    (folder / "two" / "rows.csv").unlink()
    outcome = build(settings, folder, second=1)
    assert outcome.skipped == {"two": ("./rows.csv",)}
    assert outcome.reused == ["one", "two"]
    assert current(settings).registry("two") is not None
    assert ask(settings, 'ASK { ?s ?p "Delta"@en }'.replace("ASK", "SELECT ?s WHERE"))


def test_a_registry_that_is_taken_away_leaves_the_merged_view_too(settings: Settings, folder: Path) -> None:
    build(settings, folder)
    for path in (folder / "two").iterdir():
        path.unlink()
    (folder / "two").rmdir()
    outcome = build(settings, folder, second=1)
    assert outcome.manifest is not None
    assert not ask(settings, 'SELECT ?s WHERE { { ?s ?p "Delta"@en } UNION { GRAPH ?g { ?s ?p "Delta"@en } } }')


def test_the_merged_view_takes_the_value_of_the_source_that_goes_first(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "registries"
    identity = 'iri = "http://example.org/{id}"'
    add_registry(folder, "first", "id,name,region,legal\n1,Alpha,DK01,\n", precedence=1, identity=identity)
    add_registry(folder, "second", "id,name,region,legal\n1,Alfa,DK02,Alfa Ltd\n", precedence=2, identity=identity)
    build(settings, folder)
    about = "<http://example.org/1>"
    names = ask(settings, f"SELECT ?n WHERE {{ {about} <http://www.w3.org/2004/02/skos/core#prefLabel> ?n }}")
    regions = ask(settings, f"SELECT ?r WHERE {{ {about} <http://purl.org/dc/terms/spatial> ?r }} ORDER BY ?r")
    legal = ask(settings, f"SELECT ?l WHERE {{ {about} <http://www.w3.org/ns/legal#legalName> ?l }}")
    losing = ask(settings, f'SELECT ?g WHERE {{ GRAPH ?g {{ {about} ?p "Alfa"@en }} }}')
    assert names == [("Alpha",)]
    assert [region[-4:] for (region,) in regions] == ["DK01", "DK02"]
    assert legal == [("Alfa Ltd",)]
    assert losing == [("https://w3id.org/eclod/graph/registry/second",)]
    add_registry(folder, "second", "id,name,region,legal\n1,Alfa,DK02,Alfa Ltd\n", precedence=0, identity=identity)
    build(settings, folder, second=1)
    assert ask(settings, f"SELECT ?n WHERE {{ {about} <http://www.w3.org/2004/02/skos/core#prefLabel> ?n }}") == [
        ("Alfa",)
    ]


def test_a_second_build_at_the_same_time_is_refused(settings: Settings, folder: Path) -> None:
    with Releases(settings.data).writing(), pytest.raises(Locked, match=str(os.getpid())):
        build(settings, folder)


@pytest.mark.parametrize("delay", [0.6, 1.2, 1.8, 2.4])
def test_a_killed_build_leaves_the_old_release_and_the_next_one_works(
    settings: Settings, folder: Path, delay: float
) -> None:
    before = build(settings, folder).current
    add_registry(folder, "one", rows=ROWS.replace("Beta", "Better"))
    command = [sys.executable, "-m", "eclod", "build", "--registries", str(folder), "--data", str(settings.data)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    time.sleep(delay)
    process.kill()
    process.wait()
    now = Releases(settings.data).current_id()
    assert Releases(settings.data).folder(now)
    if now == before:
        assert ask(settings, 'SELECT ?s WHERE { ?s ?p "Beta"@en }')
    outcome = build(settings, folder, second=1)
    assert ask(settings, 'SELECT ?s WHERE { ?s ?p "Better"@en }')
    assert not list((settings.data / "releases").glob(".staging-*"))
    assert outcome.current


def test_identifiers_are_in_the_ledger_and_in_their_graph(settings: Settings, folder: Path) -> None:
    build(settings, folder)
    rows = ask(
        settings,
        """PREFIX eclod: <https://w3id.org/eclod/ontology#>
           SELECT ?local ?code ?thing ?status WHERE { GRAPH <https://w3id.org/eclod/graph/identifiers/one> {
             ?thing eclod:localIdentifier ?local ; eclod:code ?code ; eclod:lifecycleStatus ?status } }
           ORDER BY ?local""",
    )
    assert [local for local, _, _, _ in rows] == ["1", "2", "3"]
    assert all(thing == f"https://w3id.org/eclod/id/organisation/{code}" for _, code, thing, _ in rows)
    (settings.data / pipeline.LEDGER).unlink()
    (folder / "one" / "mapping.toml").write_text(MAPPING.format(identity='key = "id"') + "\n# touched\n")
    assert build(settings, folder, second=1).manifest is None, "a ledger made anew gives the same codes"


def test_the_manifest_is_complete(settings: Settings, folder: Path) -> None:
    build(settings, folder)
    manifest = current(settings)
    folder_ = Releases(settings.data).folder(manifest.id)
    assert json.loads((folder_ / "manifest.json").read_text())["format"] == FORMAT
    assert manifest.quads == sum(graph.triples for graph in manifest.graphs)
    assert manifest.ontology_version
    for graph in manifest.graphs:
        assert {file.name for file in graph.files} == {f"{graph.dump}.nq.gz", f"{graph.dump}.ttl.gz"}
        for file in graph.files:
            assert (folder_ / "dumps" / file.name).stat().st_size == file.size


def test_a_registry_that_is_taken_away_is_named(settings: Settings, folder: Path) -> None:
    build(settings, folder)
    shutil.rmtree(folder / "two")
    assert build(settings, folder, second=1).gone == ["two"]
    assert build(settings, folder, second=2).gone == []


def test_two_registries_of_the_same_name_are_refused(settings: Settings, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "others"
    add_registry(other, "one")
    with pytest.raises(BadInput, match="two registries called 'one'"):
        pipeline.build(settings, None, [folder, other])
    assert len(pipeline.build(settings, None, [folder, folder]).registries) == 2


def add_files(folder: Path, name: str, *files: str) -> None:
    """Add a registry with several files below the folder of sources."""
    registry = add_registry(folder, name)
    head = REGISTRY.format(name=name, precedence=200).partition("[[")[0]
    (registry / "registry.toml").write_text(head + "".join(f'[[sources]]\nfile = "{file}"\n' for file in files))


def test_files_of_the_same_name_are_told_apart(settings: Settings, folder: Path, tmp_path: Path) -> None:
    add_files(folder, "three", "north/rows.csv", "south/rows.csv")
    for place, rows in (("north", "1,Alpha,DK01,\n2,Beta,DK02,\n"), ("south", "3,Gamma,DK03,\n4,Delta,XX99,\n")):
        (tmp_path / place).mkdir()
        (tmp_path / place / "rows.csv").write_text("id,name,region,legal\n" + rows)
    outcome = pipeline.build(settings, tmp_path, [folder])
    entry = current(settings).registry("three")
    assert entry is not None
    assert [source.name for source in entry.sources] == ["north/rows.csv", "south/rows.csv"]
    assert (entry.read, entry.accepted, entry.rejected) == (4, 3, 1)
    assert [(p.file, p.row) for each in outcome.deliveries for p in each.problems] == [("south/rows.csv", 3)]
    found = ask(
        settings,
        """PREFIX prov: <http://www.w3.org/ns/prov#> PREFIX dct: <http://purl.org/dc/terms/>
        SELECT ?title ?row WHERE {
            ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?name FILTER(?name IN ("Beta"@en, "Gamma"@en))
            GRAPH <https://w3id.org/eclod/graph/provenance/three> {
                ?s prov:wasDerivedFrom ?row . ?file dct:title ?title FILTER(STRSTARTS(STR(?row), STR(?file)))
            }
        }""",
    )
    assert {(title, row.rpartition("#")[2]) for title, row in found} == {
        ("north/rows.csv", "row=3"),
        ("south/rows.csv", "row=2"),
    }


def test_a_registry_keeps_what_it_had_when_one_of_its_files_is_gone(
    settings: Settings, folder: Path, tmp_path: Path
) -> None:
    add_files(folder, "three", "a.csv", "b.csv")
    (tmp_path / "a.csv").write_text("id,name,region,legal\n1,Alpha,DK01,\n")
    first = pipeline.build(settings, tmp_path, [folder])
    assert first.skipped == {"three": ("b.csv",)}
    assert "three" not in first.reused
    (tmp_path / "b.csv").write_text("id,name,region,legal\n2,Omega,DK02,\n")
    assert not pipeline.build(settings, tmp_path, [folder]).skipped
    (tmp_path / "b.csv").unlink()
    (tmp_path / "a.csv").write_text("id,name,region,legal\n1,Another,DK01,\n")
    third = pipeline.build(settings, tmp_path, [folder])
    assert third.manifest is None
    assert "three" in third.reused
    assert third.skipped == {"three": ("b.csv",)}
    assert ask(settings, 'SELECT ?s WHERE { ?s ?p "Omega"@en }')


@pytest.mark.parametrize("name", ["CURRENT", "MANIFEST-*"])
def test_a_damaged_store_is_named_and_nothing_changes(settings: Settings, folder: Path, name: str) -> None:
    before = build(settings, folder).current
    path = next((settings.data / "current" / "store").glob(name))
    path.unlink()
    path.write_bytes(b"garbage" * 3)
    (folder / "one" / "rows.csv").write_text("id,name,region,legal\n1,Omega,DK01,\n")
    with pytest.raises(Damaged, match="store cannot be read"):
        build(settings, folder, second=1)
    assert Releases(settings.data).current_id() == before


def test_another_base_is_built_anew_in_the_same_data_folder(settings: Settings, folder: Path) -> None:
    build(settings, folder)
    moved = settings.model_copy(update={"base": "https://example.org/clusters"})
    outcome = build(moved, folder, second=1)
    assert outcome.manifest is not None
    assert outcome.reused == []


def test_a_release_that_a_check_refuses_is_not_switched_to(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(settings, folder)
    before = current(settings)
    check = checks.Check(
        name="no-delta",
        summary="something is called Delta Two",
        description="Rename it.",
        text='SELECT ?thing { ?thing <http://www.w3.org/2004/02/skos/core#prefLabel> "Delta Two"@en }',
    )
    monkeypatch.setattr(checks, "load", lambda: (check,))
    add_registry(folder, "two", rows="id,name,region,legal\n1,Delta Two,DK04,\n")
    with pytest.raises(NotConforming, match=r"the check 'no-delta' found something.*thing <https://w3id.org/eclod/id"):
        build(settings, folder, second=1)
    assert current(settings) == before
    assert [path.name for path in (settings.data / "releases").iterdir()] == [before.id]
    monkeypatch.undo()
    build(settings, folder, second=2)
    assert current(settings).previous == before.id
