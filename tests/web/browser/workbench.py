"""The query page as its tests use it: write, run, look."""

from __future__ import annotations

from urllib.parse import quote

from playwright.sync_api import Locator, Page

from eclod.core import codes

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


def editor(page: Page) -> Locator:
    return page.locator(".tabPanel.active .yasqe .CodeMirror")


def text(page: Page) -> str:
    """Return what is in the editor."""
    return str(editor(page).evaluate("element => element.CodeMirror.getValue()"))


def start(page: Page, query: str = "", parameters: str = "") -> None:
    """Open the page, with a query in the editor when one is given."""
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
    """Return what the cells of the table of results say, once there is one."""
    lines = page.locator(".tabPanel.active table.results tbody tr")
    lines.first.wait_for()
    return [line.locator("td").all_inner_texts() for line in lines.all()]


def hints(page: Page) -> list[str]:
    page.locator(".CodeMirror-hint").first.wait_for()
    return [" ".join(line.split()) for line in page.locator(".CodeMirror-hint").all_inner_texts()]
