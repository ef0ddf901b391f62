"""The query page as somebody works with it: write, complete, share, come back."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlsplit

from playwright.sync_api import Browser, Page, Route, expect

from .conftest import DESK, NEEDS, PHONE, WIDTHS, Visit, context
from .workbench import (
    EARLIER,
    JSON_TYPE,
    NAMES,
    NUMBERS,
    editor,
    hints,
    run,
    start,
    text,
    view,
    write,
)

pytestmark = NEEDS


@WIDTHS
def test_nothing_is_loaded_from_elsewhere_and_no_policy_is_broken(
    browser: Browser, address: str, size: tuple[int, int]
) -> None:
    with context(browser, address, size) as visitor:
        visit = Visit(visitor.new_page())
        page = visit.page
        start(page, NUMBERS)
        page.locator(".example-list a").first.wait_for(state="attached")
        run(page)
        expect(page.locator(".answer-facts")).to_contain_text("3 rows")
        for name in ("Chart", "Map", "Response", "Table"):
            view(page, name)
            page.locator(
                {"Chart": "canvas[data-drawn]", "Map": "[data-drawn=true]"}.get(name, ".yasr_results")
            ).wait_for()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], "the page scrolls sideways"
        assert visit.complaints == []
        assert visit.hosts == {"127.0.0.1"}


def test_control_and_enter_run_and_prefixes_are_declared(page: Page) -> None:
    start(page)
    write(page, "ASK { ?s a eclod:Cluster }")
    page.keyboard.press("Escape")
    editor(page).locator(".CodeMirror-lines").click()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".tabPanel.active .answer")).to_have_text("Yes")
    assert text(page).startswith("PREFIX eclod: <https://w3id.org/eclod/ontology#>\n")


def test_a_prefix_that_was_pasted_without_its_declaration_is_declared(page: Page) -> None:
    start(page, "SELECT * WHERE { ?s skos:prefLabel ?name ; dct:spatial ?place }")
    run(page)
    expect(page.locator(".answer-facts")).to_contain_text("rows")
    assert re.findall(r"PREFIX (\w+):", text(page)) == ["skos", "dct"]


def test_classes_are_offered_by_use_with_label_and_count(page: Page) -> None:
    start(page)
    write(page, "SELECT * WHERE { ?s a ")
    offered = hints(page)
    assert offered[0] == "skos:Concept concept 2", offered
    assert "eclod:Cluster cluster 1" in offered
    page.keyboard.type("clus")
    expect(page.locator(".CodeMirror-hint")).to_have_count(1)
    page.keyboard.press("Enter")
    assert "?s a eclod:Cluster" in text(page)
    assert text(page).startswith("PREFIX eclod: <https://w3id.org/eclod/ontology#>")


def test_properties_of_the_class_come_first(page: Page) -> None:
    start(page)
    write(page, "SELECT * WHERE { ?s a eclod:Cluster ; ")
    page.keyboard.press("Control+Space")
    names = [hint.split()[0] for hint in hints(page)]
    # skos:notation is used as often as eclod:managedBy, but not by clusters.
    assert names.index("eclod:managedBy") < names.index("skos:notation")
    assert set(names) >= {"skos:prefLabel", "dct:spatial", "foaf:homepage"}


def test_inside_an_iri_whole_iris_are_offered(page: Page) -> None:
    start(page)
    write(page, "SELECT * WHERE { ?s <http://www.w3.org/2004/02/skos/core#pref")
    assert hints(page)[0].startswith("<http://www.w3.org/2004/02/skos/core#prefLabel> ")
    page.keyboard.press("Enter")
    assert "?s <http://www.w3.org/2004/02/skos/core#prefLabel>" in text(page)


def test_a_prefix_of_the_query_is_kept_to(page: Page) -> None:
    start(page)
    write(page, "PREFIX e: <https://w3id.org/eclod/ontology#>\nSELECT * WHERE { ?s a clus")
    hints(page)
    page.keyboard.press("Enter")
    assert "?s a e:Cluster" in text(page)
    assert "PREFIX eclod:" not in text(page)


def test_a_wrong_query_in_the_address_stays_to_be_mended(desk: Visit) -> None:
    page = desk.page
    page.goto("/sparql?query=SELECT+nonsense")
    editor(page).wait_for()
    assert page.get_by_role("alert").is_visible()
    assert text(page) == "SELECT nonsense"


def test_a_shared_link_opens_with_the_query_and_does_not_run_it(browser: Browser, address: str) -> None:
    with context(browser, address, DESK) as visitor:
        visitor.grant_permissions(["clipboard-read", "clipboard-write"])
        page = visitor.new_page()
        start(page)
        query = "# Ærø & 100 % + ?\nSELECT ?s WHERE { ?s a <https://w3id.org/eclod/ontology#Cluster> } # 🇩🇰"
        write(page, query)
        page.get_by_role("button", name="Copy link").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        shared = page.evaluate("navigator.clipboard.readText()")
        written = text(page)
        assert page.url == shared
        assert parse_qs(urlsplit(shared).query)["edit"] == [written]
    with context(browser, address, PHONE) as other:
        visit = Visit(other.new_page())
        asked: list[str] = []
        visit.page.on("request", lambda request: asked.append(request.url))
        visit.page.goto(shared)
        editor(visit.page).wait_for()
        visit.page.wait_for_load_state("networkidle")
        assert text(visit.page) == written
        assert not [url for url in asked if "query=" in url]


def test_a_query_shared_by_a_fragment_is_read(page: Page) -> None:
    page.goto(f"/sparql#query={quote(NAMES)}&endpoint=https%3A%2F%2Felsewhere.example%2Fsparql")
    editor(page).wait_for()
    assert text(page) == NAMES


def test_what_is_typed_is_there_again(page: Page) -> None:
    start(page)
    write(page, "ASK { ?unfinished ")
    page.goto("/releases")
    start(page)
    assert text(page).startswith("ASK { ?unfinished ")


def test_a_link_does_not_replace_what_somebody_wrote(page: Page) -> None:
    start(page)
    write(page, "ASK { ?mine ?p ?o }")
    start(page, NAMES)
    assert text(page) == NAMES
    expect(page.get_by_role("tab")).to_have_count(2)
    page.get_by_role("tab").first.click()
    assert "?mine" in text(page)
    start(page, NAMES)  # again, in the tab that has it
    expect(page.get_by_role("tab")).to_have_count(2)


def test_the_last_tab_makes_room_for_another(page: Page) -> None:
    start(page)
    page.get_by_role("tab").press("Delete")
    expect(page.get_by_role("tab")).to_have_count(1)
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()


def test_an_example_is_loaded_with_one_click_and_has_a_page(page: Page) -> None:
    start(page)
    listed = page.request.get("/queries?format=json").json()
    expect(page.locator(".example-list li")).to_have_count(len(listed))
    page.get_by_role("link", name="Clusters in each country", exact=True).click()
    assert "COUNT(DISTINCT ?cluster)" in text(page)
    expect(page.get_by_role("tab")).to_have_text(re.compile("Clusters in each country"))
    own = page.get_by_role("link", name="Page of the query: Clusters in each country")
    expect(own).to_have_attribute("href", "/queries/clusters-by-country")


def test_every_example_runs(page: Page) -> None:
    start(page)
    page.locator(".example-list li").first.wait_for()
    links = page.locator(".example-list li > a:first-child")
    queries = [parse_qs(urlsplit(link.get_attribute("href") or "").query)["edit"][0] for link in links.all()]
    assert len(queries) >= 6
    for query in queries:
        assert page.request.post("/sparql", form={"query": query}).status == 200, query


def test_the_release_is_chosen_and_shared(page: Page) -> None:
    start(page, NAMES)
    choice = page.get_by_label("Release")
    expect(choice.locator("option")).to_have_count(2)
    choice.select_option(EARLIER)
    asked: list[str] = []

    def past(route: Route) -> None:
        asked.append(urlsplit(route.request.url).path)
        route.fulfill(json={"head": {}, "boolean": True}, headers={"eclod-release": EARLIER, **JSON_TYPE})

    page.route(f"**/releases/{EARLIER}/sparql?query=*", past)
    run(page)
    expect(page.locator(".answer-facts")).to_contain_text(f"release {EARLIER}")
    assert asked == [f"/releases/{EARLIER}/sparql"]
    expect(page.locator(".answer-files a").first).to_have_attribute("href", re.compile(f"/releases/{EARLIER}/sparql"))
    shared = urlsplit(page.url)
    assert shared.path == f"/releases/{EARLIER}/sparql" and parse_qs(shared.query)["edit"][0].endswith(NAMES)
    page.reload()
    editor(page).wait_for()
    expect(page.get_by_label("Release")).to_have_value(EARLIER)
    expect(page.get_by_role("tab")).to_have_count(1)


def test_the_editor_can_be_left_with_the_keyboard(page: Page) -> None:
    start(page)
    editor(page).locator(".CodeMirror-lines").click()
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.closest('.CodeMirror')")
    assert "\t" not in text(page)


def test_the_script_is_loaded_on_this_page_only(desk: Visit) -> None:
    sizes: dict[str, int] = {}
    desk.page.on("response", lambda r: sizes.update({urlsplit(r.url).path: len(r.body())}))
    desk.page.goto("/search", wait_until="networkidle")
    assert not [path for path in sizes if "query" in path]
    start(desk.page)
    desk.page.wait_for_load_state("networkidle")
    loaded = sum(size for path, size in sizes.items() if path.endswith(".js"))
    # Charts and maps come when they are looked at.
    assert 300_000 < loaded < 1_100_000, sizes


def test_without_javascript_the_form_asks(browser: Browser, address: str) -> None:
    with context(browser, address, PHONE, javascript=False) as visitor:
        page = visitor.new_page()
        page.goto(f"/sparql?edit={quote(NAMES)}")
        assert page.get_by_label("Question in SPARQL 1.1").input_value() == NAMES
        assert page.get_by_role("link", name="Clusters by country").is_visible()
        page.get_by_role("textbox").fill("ASK { ?s ?p ?o }")
        page.get_by_role("button", name="Run").click()
        expect(page.locator(".answer")).to_have_text("Yes")
