"""Answers on the query page: what is said of them, and their views."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from .conftest import NEEDS, Visit
from .workbench import (
    CLUSTER,
    NAMES,
    NUMBERS,
    POINTS,
    RELEASE,
    WRONG,
    editor,
    rows,
    run,
    start,
    view,
    write,
)

pytestmark = NEEDS


def test_an_answer_says_how_much_it_is_and_of_which_release(page: Page) -> None:
    start(page, NUMBERS)
    run(page)
    facts = page.locator(".answer-facts")
    expect(facts).to_contain_text(re.compile(r"^3 rows in \d+\.\d\d s, release " + RELEASE))
    expect(facts.get_by_role("link", name=RELEASE)).to_have_attribute("href", f"/releases/{RELEASE}")
    assert rows(page)[0] == ["country:DNK", "Denmark", "9"]
    # A literal is shown as it is, braces and all.
    assert rows(page)[2][1] == "{{name}}"


def test_links_of_an_answer_lead_to_our_pages(page: Page) -> None:
    start(page)
    write(page, NAMES)
    run(page)
    link = page.locator("table.results a").first
    expect(link).to_have_text(f"cluster/{CLUSTER}")
    with page.expect_popup() as opened:
        link.click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Medicon Valley Alliance")


def test_a_table_is_sorted_and_filtered(page: Page) -> None:
    start(page, NUMBERS)
    run(page)
    page.get_by_role("button", name="clusters", exact=True).click()
    assert [row[2] for row in rows(page)] == ["2", "9", "10"]
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("clusters")
    page.get_by_role("button", name="clusters", exact=True).press("Enter")
    assert [row[2] for row in rows(page)] == ["10", "9", "2"]
    page.get_by_role("searchbox", name="Filter", exact=True).fill("swe")
    assert rows(page) == [["country:SWE", "Sweden", "10"]]
    expect(page.locator(".pages")).to_have_text("1 row that match, of 3")


def test_a_long_table_comes_in_pages(page: Page) -> None:
    start(page, "SELECT ?s ?p WHERE { ?s ?p ?o } LIMIT 120")
    run(page)
    assert len(rows(page)) == 50
    page.get_by_role("button", name="Next").click()
    expect(page.locator(".pages")).to_contain_text("51 to 100 of 120 rows")
    page.get_by_role("combobox", name="Rows on a page").select_option("200")
    assert len(rows(page)) == 120


def test_an_error_shows_its_place(desk: Visit) -> None:
    page = desk.page
    start(page, WRONG)
    run(page)
    problem = page.request.post("/sparql", form={"query": WRONG}).json()
    place = f"line {problem['line']}, column {problem['column']}"
    expect(page.locator(".tabPanel.active [role=alert]")).to_contain_text(problem["detail"])
    expect(page.locator(".wrong-line")).to_have_count(1)
    page.get_by_role("button", name=f"Go to {place}").click()
    cursor = editor(page).evaluate("element => element.CodeMirror.getCursor()")
    assert (cursor["line"], cursor["ch"]) == (problem["line"] - 1, problem["column"] - 1)
    page.keyboard.type("?o")
    expect(page.locator(".wrong-line")).to_have_count(0)
    assert desk.hosts == {"127.0.0.1"}
    assert all("400 (BAD REQUEST)" in complaint for complaint in desk.complaints), desk.complaints


def test_a_chart_is_drawn_and_can_be_changed(page: Page) -> None:
    start(page, NUMBERS)
    run(page)
    view(page, "Chart")
    canvas = page.get_by_role("img", name="Chart of “clusters” by “name”")
    expect(canvas).to_have_attribute("data-drawn", "true")
    drawn = "element => new Set(element.getContext('2d').getImageData(0, 0, element.width, element.height).data).size"
    assert canvas.evaluate(drawn) > 3, "nothing is drawn"
    page.get_by_role("combobox", name="Labels").select_option("country")
    expect(page.get_by_role("img", name="Chart of “clusters” by “country”")).to_be_visible()
    page.get_by_role("combobox", name="Chart").select_option("lines")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as image").click()
    assert saved.value.suggested_filename == "chart.png"


def test_points_are_on_the_map(page: Page) -> None:
    start(page, POINTS)
    run(page)
    view(page, "Map")
    page.locator(".answer-map[data-drawn=true]").wait_for()
    assert page.locator(".answer-map path.country").count() > 20
    page.locator(".answer-map .pin").click()
    popup = page.locator(".popup-list a")
    expect(popup).to_have_text("Medicon Valley Alliance")
    expect(popup).to_have_attribute("href", f"/doc/cluster/{CLUSTER}")


def test_countries_are_shaded_by_a_number(page: Page) -> None:
    start(page, NUMBERS)
    run(page)
    view(page, "Map")
    page.locator(".answer-map[data-drawn=true]").wait_for()
    assert page.locator(".answer-map path.counted").count() == 3


def test_columns_of_degrees_are_a_map_too(page: Page) -> None:
    start(
        page, "SELECT ?name ?lat ?long WHERE { VALUES (?name ?lat ?long) { ('Here' 48.2 16.37) ('There' 41.9 12.5) } }"
    )
    run(page)
    view(page, "Map")
    page.locator(".answer-map[data-drawn=true]").wait_for()
    assert page.locator(".answer-map .pin").count() == 2


def test_a_view_that_does_not_suit_cannot_be_chosen(page: Page) -> None:
    start(page, NAMES)
    run(page)
    expect(page.get_by_role("button", name="Table", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Chart", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="Map", exact=True)).to_be_disabled()


def test_a_graph_is_shown_as_statements_and_taken_away_as_rdf(page: Page) -> None:
    start(page, "CONSTRUCT { ?s skos:prefLabel ?name } WHERE { ?s a eclod:Cluster ; skos:prefLabel ?name }")
    run(page)
    expect(page.locator(".answer-facts")).to_contain_text("2 statements")
    with page.expect_download() as taken:
        page.get_by_role("link", name="N-Triples").click()
    assert len(taken.value.path().read_text(encoding="utf-8").splitlines()) == 2


def test_an_answer_is_taken_away_in_each_format(page: Page) -> None:
    start(page, NUMBERS)
    run(page)
    links = page.locator(".answer-files a")
    expect(links).to_have_text(["JSON", "XML", "CSV", "TSV", "CSV for spreadsheets"])
    for link in links.all():
        assert page.request.get(link.get_attribute("href") or "").status == 200
    with page.expect_download() as taken:
        page.get_by_role("link", name="CSV", exact=True).click()
    assert taken.value.suggested_filename == "answer.csv"
    assert len(taken.value.path().read_text(encoding="utf-8").split()) == 4


def test_what_was_cut_is_said(page: Page) -> None:
    start(page, NUMBERS)

    def cut(route: Route) -> None:
        answer = route.fetch()
        body = answer.json() | {"truncated": {"rows": 3, "limit": 3, "download": "/releases"}}
        route.fulfill(response=answer, json=body, headers=answer.headers | {"eclod-truncated": "rows=3"})

    page.route("**/sparql?query=*", cut)
    run(page)
    notice = page.locator(".answer-head .notice")
    expect(notice).to_contain_text("Cut off after 3 rows")
    expect(notice.get_by_role("link")).to_have_attribute("href", "/releases")


def test_a_receipt_is_offered(page: Page) -> None:
    start(page, NUMBERS)

    def cited(route: Route) -> None:
        answer = route.fetch()
        link = '</releases>; rel="alternate", </receipts/abc>; rel="cite-as"; type="text/html"'
        route.fulfill(response=answer, headers=answer.headers | {"link": link})

    page.route("**/sparql?query=*", cited)
    run(page)
    expect(page.get_by_role("link", name="Cite this answer")).to_have_attribute("href", "/receipts/abc")


def test_a_running_query_can_be_stopped(page: Page) -> None:
    start(page, NUMBERS)
    page.route("**/sparql?query=*", lambda route: None)
    run(page)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    expect(page.locator(".tabPanel.active [role=alert]")).to_contain_text("stopped")
