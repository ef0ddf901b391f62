"""Every saved query parses, answers on the starting data, and gives the rows written down for it."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
import yaml

from eclod.core import assets, formats
from eclod.core.settings import Settings
from eclod.store.engine import Question
from eclod.store.inprocess import InProcessEngine
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases

QUERIES = sorted(assets.folder("queries").glob("*.rq"))
EXPECTED = Path(__file__).parent / "queries"


def test_the_number_of_queries() -> None:
    assert len(QUERIES) == 6


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_query_says_what_it_is(path: Path) -> None:
    head = yaml.safe_load("\n".join(line[3:] for line in path.read_text().splitlines() if line.startswith("#+")))
    assert head["summary"].strip()
    assert head["description"].strip()
    assert head["tags"]
    for parameter in head.get("parameters", []):
        assert {"name", "type", "default", "description"} <= parameter.keys()


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_query_gives_its_rows(path: Path, starting_settings: Settings, starting_release: Manifest) -> None:
    store = ox.Store.read_only(str(Releases(starting_settings.data).folder(starting_release.id) / "store"))
    answer = InProcessEngine(store).ask(Question(path.read_text(encoding="utf-8"), formats.RESULT_CSV))
    expected = (EXPECTED / path.stem / "expected.csv").read_text(encoding="utf-8")
    assert answer.read().decode().replace("\r\n", "\n") == expected
