"""The page of figures in a browser: bars of the same numbers as the table, and the table without JavaScript."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from flask import Flask
from playwright.sync_api import Browser
from tests.web.conftest import RELEASE, FoundEverywhere
from tests.web.test_figures import OBSERVATIONS

from eclod.core import assets
from eclod.core.settings import Settings
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app

from .conftest import DESK, NEEDS, WIDTHS, Visit, context

pytestmark = NEEDS


@pytest.fixture(scope="module")
def app(settings: Settings) -> Flask:
    store = ox.Store()
    store.load(OBSERVATIONS.encode(), ox.RdfFormat.TURTLE)
    store.load(path=assets.folder("ontology") / "cubes.ttl", format=ox.RdfFormat.TURTLE)
    return create_app(settings, InProcessEngine(store, RELEASE), Releases(settings.data), FoundEverywhere())


@WIDTHS
def test_a_chart_is_drawn_from_the_table(browser: Browser, address: str, size: tuple[int, int]) -> None:
    with context(browser, address, size) as visitor:
        visit = Visit(visitor.new_page())
        visit.page.goto("/statistics?least=0")
        canvas = visit.page.locator("canvas[data-drawn=true]")
        canvas.wait_for()
        assert canvas.get_attribute("aria-label") == (
            "Chart of “Location quotient” by “Region”; the table has the same numbers."
        )
        room = canvas.bounding_box()
        assert room is not None and room["height"] > 100 and room["width"] > 250
        drawn = canvas.evaluate(
            "c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; "
            "return d.some((v, i) => i % 4 === 3 && v > 0); }"
        )
        assert drawn, "the canvas is empty"
        assert visit.page.locator("table[data-chart] tbody tr").count() == 2
        assert visit.complaints == []
        assert visit.hosts == {"127.0.0.1"}


def test_the_table_is_there_without_javascript(browser: Browser, address: str) -> None:
    with context(browser, address, DESK, javascript=False) as visitor:
        page = visitor.new_page()
        page.goto("/statistics?least=0")
        assert page.locator("canvas").count() == 0
        assert page.locator("table[data-chart] tbody tr").first.inner_text().startswith("DK04 Midtjylland")
        page.get_by_role("link", name="Show as a query").first.click()
        assert "/queries/specialised-regions?sector=28&least=0" in page.url
