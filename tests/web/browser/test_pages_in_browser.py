"""The pages as a person meets them: in a real browser, on a phone and on a desk, with and without JavaScript."""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from eclod.core import codes

from .conftest import DESK, NEEDS, PHONE, WIDTHS, Visit, context

pytestmark = NEEDS

CLUSTER = f"/doc/cluster/{codes.derive('cluster', 'dk', '1')}"
LONG_WORDS = quote("SELECT ?s ?p ?o { ?s ?p ?o } LIMIT 60")
PAGES = {
    "/": 200,
    "/search": 200,
    "/search?q=medicon": 200,
    "/search?q=nobody+is+called+so": 200,
    CLUSTER: 200,
    f"/describe?iri={quote('http://data.europa.eu/nuts/code/DK01', safe='')}": 200,
    "/sparql": 200,
    f"/sparql?query={LONG_WORDS}": 200,
    f"/sparql?query={quote('ASK { ?s ?p ?o }')}": 200,
    f"/sparql?query={quote('CONSTRUCT WHERE { ?s ?p ?o } LIMIT 5')}": 200,
    "/sparql?query=SELECT+nonsense": 400,
    "/statistics": 200,
    "/browse": 200,
    "/clusters": 200,
    "/organisations?q=nobody+is+called+so": 200,
    "/registries": 200,
    "/registries/dk": 200,
    "/releases": 200,
    "/releases/2026-01-02T030405Z-abcdef12": 200,
    "/nothing-here": 404,
}


@WIDTHS
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path[:40])
def test_every_page_is_whole(browser: Browser, address: str, size: tuple[int, int], path: str) -> None:
    """It complains of nothing, asks no other host for anything (contract, line 12), and fits a phone and a desk."""
    with context(browser, address, size) as visitor:
        visit = Visit(visitor.new_page())
        response = visit.page.goto(path)
        if visit.page.locator("[data-map]").count():
            visit.page.locator("[data-drawn=true]").wait_for()
        assert response is not None and response.status == PAGES[path]
        # The browser itself notes a page whose status is an error.
        complaints = [c for c in visit.complaints if PAGES[path] == 200 or "Failed to load resource" not in c]
        assert complaints == []
        assert visit.hosts == {"127.0.0.1"}
        page = visit.page
        assert page.title().endswith("European Clusters Linked Open Data")
        assert page.locator("html[lang=en]").count() == 1
        assert page.locator("h1").count() == 1 and page.locator("h1").inner_text().strip()
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], "the page scrolls sideways"
        for landmark in ("header.masthead", "nav[aria-label]", "main", "footer"):
            assert page.locator(landmark).count() == 1, landmark
        levels = page.locator("h1, h2, h3").evaluate_all("all => all.map(h => Number(h.tagName[1]))")
        in_main = page.locator("main :is(h1, h2, h3)").evaluate_all("all => all.map(h => Number(h.tagName[1]))")
        assert set(levels) <= {1, 2, 3} and all(b - a <= 1 for a, b in pairwise(in_main))


@WIDTHS
def test_everything_to_fill_in_or_press_has_a_name(browser: Browser, address: str, size: tuple[int, int]) -> None:
    with context(browser, address, size) as visitor:
        page = visitor.new_page()
        for path in ("/", "/search", "/sparql", CLUSTER):
            page.goto(path)
            nameless = page.locator("input:not([type=hidden]), select, textarea, button, a[href]").evaluate_all(
                "all => all.filter(e => !(e.labels?.length || e.innerText.trim() || e.ariaLabel || e.title)"
                " && e.checkVisibility()).map(e => e.outerHTML)"
            )
            assert nameless == [], path
            ids = page.locator("[id]").evaluate_all("all => all.map(e => e.id)")
            assert len(ids) == len(set(ids)), path


def test_search_leads_from_the_home_page_to_a_thing(phone: Visit) -> None:
    page = phone.page
    page.goto("/")
    page.get_by_role("combobox").fill("medicon")
    page.get_by_role("combobox").press("Enter")
    page.get_by_role("link", name="Medicon Valley Alliance").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Medicon Valley Alliance")
    expect(page.get_by_text("Nørregade 10").first).to_be_visible()


def test_a_value_leads_to_its_source(desk: Visit) -> None:
    page = desk.page
    page.goto(CLUSTER)
    page.locator("a.mark").first.click()
    source = page.locator(".sources li:target")
    assert source.is_visible()
    assert "Danish clusters" in source.inner_text() and "danish.csv" in source.inner_text()


def test_identifiers_of_everything_can_be_shown(desk: Visit) -> None:
    page = desk.page
    page.goto(CLUSTER)
    iri = page.get_by_text("http://data.europa.eu/nuts/code/DK01", exact=True)
    assert not iri.is_visible()
    page.get_by_label("Show identifiers of everything").check()
    assert iri.is_visible()


def test_the_identifier_is_copied(browser: Browser, address: str) -> None:
    with context(browser, address, DESK) as visitor:
        visitor.grant_permissions(["clipboard-read", "clipboard-write"])
        page = visitor.new_page()
        page.goto(CLUSTER)
        page.get_by_role("button", name="Copy identifier").click()
        page.get_by_text("Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == f"https://w3id.org/eclod{CLUSTER}".replace(
            "doc", "id"
        )


@WIDTHS
def test_a_map_shows_where_a_thing_is(browser: Browser, address: str, size: tuple[int, int]) -> None:
    with context(browser, address, size) as visitor:
        visit = Visit(visitor.new_page())
        page = visit.page
        page.goto(CLUSTER)
        page.locator("[data-drawn=true]").wait_for()
        assert page.locator(".map-canvas path.country").count() > 20
        assert page.locator(".map-canvas .pin").count() == 1
        canvas, pin = page.locator(".map-canvas").bounding_box(), page.locator(".pin").bounding_box()
        assert canvas is not None and pin is not None
        # One place stands in the middle of its map.
        assert abs(pin["x"] + pin["width"] / 2 - canvas["x"] - canvas["width"] / 2) < 2
        assert abs(pin["y"] + pin["height"] / 2 - canvas["y"] - canvas["height"] / 2) < 2
        page.locator(".pin").click()
        assert page.locator(".leaflet-popup").inner_text().startswith("Medicon Valley Alliance")
        assert visit.complaints == []


def test_the_map_can_be_used_with_the_keyboard(desk: Visit) -> None:
    page = desk.page
    page.goto(CLUSTER)
    page.locator("[data-drawn=true]").wait_for()
    before = page.locator(".pin").bounding_box()
    page.locator(".map-canvas").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    after = page.locator(".pin").bounding_box()
    assert before is not None and after is not None and after["x"] < before["x"] - 20


def test_the_first_tab_stop_skips_to_the_content(desk: Visit) -> None:
    page = desk.page
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_what_has_the_focus_is_marked(desk: Visit) -> None:
    page = desk.page
    page.goto("/")
    for _ in range(12):
        page.keyboard.press("Tab")
        style = page.evaluate("(({outlineStyle, outlineWidth}) => [outlineStyle, outlineWidth])"
                              "(getComputedStyle(document.activeElement))")  # fmt: skip
        assert style == ["solid", "3px"], page.evaluate("document.activeElement.outerHTML")


def test_without_javascript_a_page_says_the_same(browser: Browser, address: str) -> None:
    with context(browser, address, PHONE, javascript=False) as visitor:
        page = visitor.new_page()
        page.goto(CLUSTER)
        assert not page.locator(".map-canvas").is_visible()
        assert page.get_by_text("55.67610° N, 12.56830° E").is_visible()
        assert page.get_by_role("button").count() == 0
        page.goto("/sparql")
        page.get_by_role("textbox").fill("SELECT ?s { ?s a <https://w3id.org/eclod/ontology#Cluster> }")
        page.get_by_role("button", name="Run").click()
        page.locator("table.results a").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Medicon Valley Alliance")


def test_pages_without_a_map_load_almost_no_script(desk: Visit) -> None:
    sizes: dict[str, int] = {}
    desk.page.on("response", lambda r: sizes.update({urlsplit(r.url).path: len(r.body())}))
    desk.page.goto("/releases", wait_until="networkidle")
    scripts = {path: size for path, size in sizes.items() if path.endswith((".js", ".json"))}
    assert sum(scripts.values()) < 4_000, scripts
    desk.page.goto(CLUSTER, wait_until="networkidle")
    assert sum(size for path, size in sizes.items() if path.endswith(".js")) < 200_000
