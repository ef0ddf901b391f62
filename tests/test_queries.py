"""Every saved query parses, answers on the starting data, and gives the rows written down for it."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core import assets, formats
from eclod.core.settings import Settings
from eclod.rdf import query_catalogue
from eclod.store.engine import Question
from eclod.store.inprocess import InProcessEngine
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases

QUERIES = sorted(assets.folder("queries").glob("*.rq"))
EXPECTED = Path(__file__).parent / "queries"


def test_the_number_of_queries() -> None:
    assert len(QUERIES) == 6


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_query_gives_its_rows(path: Path, starting_settings: Settings, starting_release: Manifest) -> None:
    query = query_catalogue.load()[path.stem]
    store = ox.Store.read_only(str(Releases(starting_settings.data).folder(starting_release.id) / "store"))
    question = Question(query.text, formats.RESULT_CSV, bindings=query.bindings({}))
    answer = InProcessEngine(store).ask(question).read().decode().replace("\r\n", "\n")
    assert answer == (EXPECTED / path.stem / "expected.csv").read_text(encoding="utf-8")
