"""The query page as somebody works with it: write, complete, run, look at the answer, share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from eclod.core import codes

from .conftest import DESK, NEEDS, PHONE, WIDTHS, Visit, context

pytestmark = NEEDS

CLUSTER = codes.derive("cluster", "dk", "1")
RELEASE, EARLIER = "2026-01-02T030405Z-abcdef12", "2025-12-31T000000Z-00000000"

NAMES = "SELECT ?thing ?name WHERE { ?thing a eclod:Cluster ; skos:prefLabel ?name } ORDER BY ?name"
COUNTRIES = "http://publications.europa.eu/resource/authority/country/"
NUMBERS = f"""SELECT ?country ?name ?clusters WHERE {{ VALUES (?country ?name ?clusters) {{
  (<{COUNTRIES}DNK> "Denmark" 9) (<{COUNTRIES}SWE> "Sweden" 10) (<{COUNTRIES}FIN> "{{{{name}}}}" 2)
}} }}"""
POINTS = """PREFIX eclod: <https://w3id.org/eclod/ontology#>
PREFIX geo: <http://www.opengis.net/ont/geosparql#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?cluster ?name ?point WHERE {
  ?cluster a eclod:Cluster ; skos:prefLabel ?name ; geo:hasDefaultGeometry/geo:asWKT ?point FILTER(lang(?name) = "en")
}"""
JSON_TYPE = {"content-type": "application/sparql-results+json"}
WRONG = "SELECT ?s WHERE {\n  ?s ?p\n  FILTER nonsense(?s)\n}"


@pytest.fixture
def page(desk: Visit) -> Iterator[Page]:
    yield desk.page
    assert desk.complaints == []
    assert desk.hosts <= {"127.0.0.1"}


def editor(page: Page) -> Locator:
    return page.locator(".tabPanel.active .yasqe .CodeMirror")


def text(page: Page) -> str:
    """Return what is in the editor."""
    return str(editor(page).evaluate("element => element.CodeMirror.getValue()"))


def start(page: Page, query: str = "", parameters: str = "") -> None:
    """Open the page, with a query in the editor when one is given."""
    page.set_default_timeout(8000)
    page.goto(f"/sparql?edit={quote(query)}{parameters}" if query else "/sparql")
    editor(page).wait_for()


def write(page: Page, query: str) -> None:
    """Type a query in place of the one that is there."""
    editor(page).locator(".CodeMirror-lines").click()
    page.keyboard.press("Control+A")
    page.keyboard.type(query)


def run(page: Page) -> None:
    page.get_by_role("button", name="Run", exact=True).click()


def view(page: Page, name: str) -> None:
    page.locator(".tabPanel.active").get_by_role("button", name=name, exact=True).click()


def rows(page: Page) -> list[list[str]]:
    lines = page.locator(".tabPanel.active table.results tbody tr").all()
    return [line.locator("td").all_inner_texts() for line in lines]


def hints(page: Page) -> list[str]:
    page.locator(".CodeMirror-hint").first.wait_for()
    return [" ".join(line.split()) for line in page.locator(".CodeMirror-hint").all_inner_texts()]


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


def test_labels_are_in_the_language_of_the_visitor(browser: Browser, address: str) -> None:
    with context(browser, address, DESK, locale="de-DE") as visitor:
        page = visitor.new_page()
        start(page)
        answer = page.request.get("/sparql/terms.json", headers={"Accept-Language": "de"}).json()
        labels = {term["name"]: (term["label"], term["language"]) for term in answer["classes"]}
        assert labels["eclod:Cluster"] == ("Cluster", "de")


def test_terms_are_kept_until_the_release_changes(page: Page) -> None:
    first = page.request.get("/sparql/terms.json")
    assert first.headers["eclod-release"] == RELEASE and first.json()["release"] == RELEASE
    again = page.request.get("/sparql/terms.json", headers={"If-None-Match": first.headers["etag"]})
    assert again.status == 304


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


def test_a_wrong_query_in_the_address_stays_to_be_mended(desk: Visit) -> None:
    page = desk.page
    page.goto("/sparql?query=SELECT+nonsense")
    editor(page).wait_for()
    assert page.get_by_role("alert").is_visible()
    assert text(page) == "SELECT nonsense"


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
    assert links.all_inner_texts() == ["JSON", "XML", "CSV", "TSV", "CSV for spreadsheets"]
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
