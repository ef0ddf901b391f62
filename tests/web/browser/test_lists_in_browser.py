"""The lists as a person meets them: on a phone and at a desk, with and without JavaScript, by keyboard, on paper."""

from __future__ import annotations

from itertools import pairwise

import pyoxigraph as ox
import pytest
from flask import Flask
from playwright.sync_api import Browser
from tests.web.conftest import RELEASE, FoundEverywhere
from tests.web.lists.conftest import turtle

from eclod.core.settings import Settings
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app

from .conftest import DESK, NEEDS, PHONE, WIDTHS, Visit, context

pytestmark = NEEDS

PAGES = ("/browse", "/clusters", "/clusters?country=DK&ecosystem=digital", "/clusters?country=GR&ecosystem=health")
MORE = ("/organisations?page=2", "/projects", "/programmes", "/documents", "/matchmaking")


@pytest.fixture(scope="module")
def app(settings: Settings) -> Flask:
    store = ox.Store()
    store.load(turtle().encode(), ox.RdfFormat.TURTLE)
    return create_app(settings, InProcessEngine(store, RELEASE), Releases(settings.data), FoundEverywhere())


@WIDTHS
@pytest.mark.parametrize("path", PAGES + MORE)
def test_every_list_is_whole(browser: Browser, address: str, size: tuple[int, int], path: str) -> None:
    with context(browser, address, size) as visitor:
        visit = Visit(visitor.new_page())
        visit.page.goto(path)
        for drawn in visit.page.locator("[data-map], table[data-chart]").all():
            if drawn.get_attribute("data-map"):
                visit.page.locator("[data-map][data-drawn=true]").wait_for()
            elif drawn.locator("tbody tr").count() > 1:
                visit.page.locator("canvas[data-drawn=true]").first.wait_for()
        assert visit.complaints == []
        assert visit.hosts == {"127.0.0.1"}
        page = visit.page
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], "the page scrolls sideways"
        levels = page.locator("main :is(h1, h2, h3)").evaluate_all("all => all.map(h => Number(h.tagName[1]))")
        assert all(b - a <= 1 for a, b in pairwise(levels))
        ids = page.locator("[id]").evaluate_all("all => all.map(e => e.id)")
        assert len(ids) == len(set(ids))
        nameless = page.locator("input:not([type=hidden]), button, a[href], summary").evaluate_all(
            "all => all.filter(e => !(e.labels?.length || e.innerText.trim() || e.ariaLabel || e.title)"
            " && e.checkVisibility()).map(e => e.outerHTML)"
        )
        assert nameless == []
        if size == PHONE:
            narrow = page.locator(".listing tbody tr").evaluate_all(
                "all => all.filter(row => row.querySelector('th').offsetWidth < 0.9 * row.offsetWidth).length"
            )
            assert narrow == 0, "the name and what is said of it take the whole width"


@pytest.mark.parametrize("javascript", [True, False])
def test_a_phone_narrows_a_list_and_takes_it_back(browser: Browser, address: str, javascript: bool) -> None:
    with context(browser, address, PHONE, javascript) as visitor:
        page = visitor.new_page()
        page.goto("/browse")
        page.locator("main").get_by_role("link", name="Clusters", exact=True).click()
        denmark = page.locator(".facet").get_by_role("link", name="Denmark")
        assert not denmark.is_visible()
        page.get_by_text("Narrow by country").click()
        denmark.click()
        assert page.url.endswith("/clusters?country=DK")
        page.get_by_text("Narrow by country").click()
        page.locator(".facet").get_by_role("link", name="Digital").click()
        assert page.url.endswith("/clusters?country=DK&ecosystem=digital")
        assert page.locator("tbody tr th a").all_inner_texts()[:2] == ["københavn robotics", "Medicon Valley"]
        page.locator(".chips").get_by_role("link", name="Country: Denmark").click()
        assert page.url.endswith("/clusters?ecosystem=digital")


def test_facets_stand_beside_the_rows_at_a_desk(browser: Browser, address: str) -> None:
    with context(browser, address, DESK, javascript=False) as visitor:
        page = visitor.new_page()
        page.goto("/clusters")
        facet, rows = page.locator(".facet").first.bounding_box(), page.locator(".listing").bounding_box()
        assert facet is not None and rows is not None
        assert facet["x"] + facet["width"] < rows["x"]
        assert page.locator(".facet").get_by_role("link", name="Denmark").is_visible()
        page.get_by_role("searchbox", name="Words in the name").fill("medicon")
        page.keyboard.press("Enter")
        page.wait_for_url("**/clusters?q=medicon")
        assert page.locator(".listing tbody tr").count() == 1


@WIDTHS
def test_the_menu_stays_on_one_line_and_opens_by_keyboard(
    browser: Browser, address: str, size: tuple[int, int]
) -> None:
    with context(browser, address, size) as visitor:
        page = visitor.new_page()
        page.goto("/clusters")
        tops = page.locator(".menu > ul > li").evaluate_all("all => all.map(e => e.getBoundingClientRect().top)")
        assert len(tops) == 5 and max(tops) - min(tops) < 4
        page.locator(".menu-more summary").focus()
        page.keyboard.press("Enter")
        tables = page.get_by_role("link", name="Tables", exact=True)
        box = tables.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= size[0]
        page.keyboard.press("Escape")
        assert not tables.is_visible()
        assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_a_timeline_is_a_line_with_points(page_of_documents: Visit) -> None:
    page = page_of_documents.page
    items = page.locator("ol.timeline > li")
    assert items.count() == 3
    style = items.first.evaluate(
        "e => [getComputedStyle(e).borderInlineStartWidth, getComputedStyle(e, '::before').content]"
    )
    assert style == ["2px", '""']
    page.emulate_media(media="print")
    assert items.first.is_visible() and not page.locator(".filters").is_visible()


@pytest.fixture
def page_of_documents(desk: Visit) -> Visit:
    desk.page.goto("/documents")
    return desk
