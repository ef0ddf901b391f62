"""The page of the questions that this data answers, and the same as data."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox
from flask.testing import FlaskClient

from eclod.core.iris import Names
from eclod.rdf import competency, competency_graph
from eclod.rdf.competency import SYSTEMS

QUESTIONS = competency.load()
PAGE = {"Accept": "text/html"}


def asked(page: str, field: str) -> list[str]:
    hrefs = [html.unescape(href) for href in re.findall(rf'href="(/sparql\?{field}=[^"]*)"', page)]
    return [parse_qs(urlsplit(href).query)[field][0] for href in hrefs]


def test_the_page_has_every_question_with_its_query(client: FlaskClient) -> None:
    page = client.get("/queries/competency", headers=PAGE)
    assert page.status_code == 200
    in_order = [each for listed in QUESTIONS.by_system().values() for each in listed]
    assert asked(page.text, "query") == [each.text for each in in_order]
    assert asked(page.text, "edit")[:-1] == [each.text for each in in_order]
    for each in in_order:
        assert f'id="{each.name}"' in page.text
        assert html.escape(each.question, quote=False) in page.text.replace("&#39;", "'")
    for system, title in SYSTEMS.items():
        assert f'<h2 id="system-{system}">{title}</h2>' in page.text
        assert f'href="#system-{system}"' in page.text
    assert page.text.count("Asked by a policy officer") == sum(each.asked_by == "policy-officer" for each in in_order)


def test_the_links_of_the_page_work(client: FlaskClient) -> None:
    page = client.get("/queries/competency", headers=PAGE).text
    ran = re.findall(r'href="(/sparql\?query=[^"]*)"', page)[0]
    assert client.get(html.unescape(ran), headers=PAGE).status_code == 200
    for used in {name for each in QUESTIONS for name in each.uses}:
        assert f'href="/queries/{used}"' in page
        assert client.get(f"/queries/{used}.ttl").status_code == 200
    assert 'href="/queries/competency"' in client.get("/queries", headers=PAGE).text


def test_the_questions_are_data(client: FlaskClient) -> None:
    listed = client.get("/queries/competency?format=json").get_json()
    assert [each["name"] for each in listed] == list(QUESTIONS.questions)
    assert {each["href"] for each in listed} == {f"/queries/competency#{name}" for name in QUESTIONS.questions}
    answer = client.get("/queries/competency", headers={"Accept": "text/turtle"})
    found = {quad.triple for quad in ox.parse(answer.data, format=ox.RdfFormat.TURTLE)}
    assert found == set(competency_graph.triples(QUESTIONS, Names()))
    again = client.get(
        "/queries/competency", headers={"Accept": "text/turtle", "If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304
