"""The files of a release's tables: the map, the same bytes for the same data, links to the release before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from csvw import CSVW  # type: ignore[import-untyped]

from eclod.core.settings import Settings
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod.store.tables import layout
from eclod_loaders.from_rdf import build_from_rdf

from .conftest import Make

TABLES = {table.name: table for table in layout.tables()}

PLACED = """
<cluster/a> a eclod:Cluster ; skos:prefLabel "A"@en ; geo:hasDefaultGeometry <cluster/a#location> ;
    foaf:homepage <urn:x> , <urn:y> .
<cluster/a#location> a geo:Geometry ; geo:asWKT "POINT(-12.5 55.6)"^^geo:wktLiteral .
<cluster/b> a eclod:Cluster ; skos:prefLabel "B"@en ; eclod:managedBy <organisation/z> ;
    dct:spatial <http://data.europa.eu/nuts/code/DK03> .
<cluster/f> a eclod:Cluster ; eclod:managedBy <organisation/c> ; dct:spatial <http://data.europa.eu/nuts/code/DK01> .
<cluster/g> a eclod:Cluster ; eclod:managedBy <organisation/z> ;
    dct:spatial <http://data.europa.eu/nuts/code/DK0> , <http://data.europa.eu/nuts/code/DK01> .
<http://data.europa.eu/nuts/code/DK0> geo:hasDefaultGeometry <region/DK0#location> .
<region/DK0#location> a geo:Geometry ; geo:asWKT "POINT(10 56)"^^geo:wktLiteral .
<http://data.europa.eu/nuts/code/DK01> geo:hasDefaultGeometry <region/DK01#location> .
<region/DK01#location> a geo:Geometry ; geo:asWKT "POINT(12.25 55.75)"^^geo:wktLiteral .
<organisation/z> a org:Organization , eclod:ClusterOrganisation ; skos:prefLabel "Z"@de .
<organisation/c> a org:Organization , eclod:ClusterOrganisation ; skos:prefLabel "C"@de ;
    geo:hasDefaultGeometry <organisation/c#location> .
<organisation/c#location> a geo:Geometry ; geo:asWKT "POINT(2 3)"^^geo:wktLiteral .
<organisation/d> a org:Organization ; geo:hasDefaultGeometry <organisation/c#location> .
<cluster/e> a eclod:Cluster ; geo:hasDefaultGeometry <cluster/e#location> .
<cluster/e#location> a geo:Geometry ;
    geo:asWKT "<http://www.opengis.net/def/crs/EPSG/0/25832> POINT(722000 6175000)"^^geo:wktLiteral .
"""


def test_geojson_has_every_cluster_and_says_whose_point_it_has(make: Make) -> None:
    release = make(PLACED)
    collection = json.loads((release.tables / "clusters.geojson").read_text(encoding="utf-8"))
    assert set(collection) == {"type", "features"}
    assert collection["type"] == "FeatureCollection"
    points = {}
    for feature in collection["features"]:
        assert set(feature) == {"type", "id", "geometry", "properties"}
        assert feature["type"] == "Feature"
        assert feature["geometry"] is None or feature["geometry"]["type"] == "Point"
        assert all(not isinstance(value, dict | list) for value in feature["properties"].values())
        properties = feature["properties"]
        assert properties["iri"] == feature["id"]
        points[feature["id"].rpartition("/")[2]] = (
            properties["table"],
            properties["name"],
            feature["geometry"] and feature["geometry"]["coordinates"],
            properties["point_of"],
        )
    assert points == {
        "a": ("clusters", "A", [-12.5, 55.6], "itself"),
        "b": ("clusters", "B", None, None),
        "c": ("organisations", "C", [2.0, 3.0], "itself"),
        "e": ("clusters", None, None, None),
        "f": ("clusters", None, [2.0, 3.0], "organisation"),
        "g": ("clusters", None, [12.25, 55.75], "region"),
    }
    assert collection["features"][0]["properties"]["homepage"] == "urn:x | urn:y"
    names = {tuple(feature["properties"]) for feature in collection["features"]}
    assert len(names) == 1
    entry = next(f for t in release.manifest.tables for f in t.files if f.name == "clusters.geojson")
    assert entry.rows == 6
    rows = {row["iri"].rpartition("/")[2]: row for row in release.rows("clusters")}
    assert {feature["id"] for feature in collection["features"]} >= {row["iri"] for row in rows.values()}
    assert (rows["a"]["longitude"], rows["a"]["latitude"]) == (-12.5, 55.6)
    assert rows["e"]["longitude"] is rows["g"]["longitude"] is None
    assert rows["e"]["location_wkt"].startswith("<http://www.opengis.net/def/crs/EPSG/0/25832>")
    said = {line["column"]: line for line in release.csv("dictionary") if line["table"] == "clusters.geojson"}
    own = list(names.pop())[:2]
    assert own == list(said) == ["table", "point_of"]
    assert "region" in said["point_of"]["description_en"]


def test_a_release_of_anything_has_all_tables(make: Make) -> None:
    release = make("<urn:s> <urn:p> <urn:o> .")
    for name, table in TABLES.items():
        assert release.csv(name) == release.rows(name) == []
        assert release.header(name) == [column.name for column in table.columns]
    assert all(entry.rows == 0 for entry in release.manifest.tables[:-1])
    assert json.loads((release.tables / "clusters.geojson").read_bytes())["features"] == []
    assert CSVW(str(release.tables / "csv-metadata.json"), validate=True).is_valid


def hashes(manifest: Manifest) -> dict[str, str]:
    return {file.name: file.sha256 for table in manifest.tables for file in table.files}


def test_the_same_data_gives_the_same_bytes_and_unchanged_files_are_shared(make: Make, tmp_path: Path) -> None:
    first, again = make(PLACED), make(PLACED, "again")
    assert hashes(first.manifest) == hashes(again.manifest)
    assert first.manifest.id != again.manifest.id or first.folder != again.folder
    changed = make(PLACED + '<event/f> a cv:PublicEvent ; dct:title "F"@en .')
    differing = {name for name, found in hashes(changed.manifest).items() if hashes(first.manifest)[name] != found}
    assert differing == {
        "events.csv",
        "events.parquet",
        "identifiers.csv",
        "identifiers.parquet",
        "dictionary.csv",
    }
    for name in hashes(first.manifest):
        shared = (first.tables / name).samefile(changed.tables / name)
        assert shared == (name not in differing), name


def test_a_release_without_tables_is_built_on(make: Make, tmp_path: Path) -> None:
    old = make("<urn:s> <urn:p> 1 .")
    text = json.loads((old.folder / "manifest.json").read_text(encoding="utf-8"))
    del text["tables"]
    (old.folder / "manifest.json").write_text(json.dumps(text | {"format": 1}), encoding="utf-8")
    for path in old.tables.iterdir():
        path.unlink()
    old.tables.rmdir()
    assert Manifest.read(old.folder).tables == ()
    assert make("<urn:s> <urn:p> 2 .").manifest.tables != ()


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)


def test_numpy_is_not_needed(tmp_path: Path) -> None:
    source = tmp_path / "a.ttl"
    source.write_text("<urn:s> a <https://w3id.org/eclod/ontology#Cluster> .")
    program = """
import sys
sys.modules["numpy"] = sys.modules["pandas"] = None
from pathlib import Path
from eclod.core.settings import Settings
from eclod_loaders.from_rdf import build_from_rdf
manifest = build_from_rdf(Settings(data=Path(sys.argv[1])), [Path(sys.argv[2])])
print(next(table.rows for table in manifest.tables if table.name == "clusters"))
"""
    found = run(program, str(tmp_path / "data"), str(source))
    assert (found.returncode, found.stdout) == (0, "1\n"), found.stderr


def test_what_answers_requests_does_not_load_pyarrow() -> None:
    program = """
import pkgutil, sys
import eclod.cli, eclod.store.host, eclod.store.supervisor, eclod.web
for module in pkgutil.iter_modules(eclod.web.__path__, "eclod.web."):
    __import__(module.name)
print([name for name in ("pyarrow", "eclod.store.tables", "eclod.store.writer") if name in sys.modules])
"""
    found = run(program)
    assert (found.returncode, found.stdout) == (0, "[]\n"), found.stderr


def test_a_disk_that_is_full_leaves_the_release_before(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make("<urn:s> <urn:p> 1 .")

    def full(*_arguments: Any, **_options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("eclod.store.tables.files.pq.write_table", full)
    source = tmp_path / "b.ttl"
    source.write_text("<urn:s> a <http://www.w3.org/ns/org#Organization> .")
    with pytest.raises(Exception, match="No space left on device"):
        build_from_rdf(Settings(data=tmp_path / "data"), [source])
    assert Releases(tmp_path / "data").current_id() == first.manifest.id
