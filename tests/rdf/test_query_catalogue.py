"""Saved queries: what a head must say, and how values become terms."""

from __future__ import annotations

from pathlib import Path

import pytest

from eclod.core.errors import BadInput, Damaged, NotFound
from eclod.rdf import query_catalogue
from eclod.rdf.query_catalogue import SavedQuery

HEAD = """#+ summary: Something
#+ description: Something about something.
#+ tags: [test]
#+ parameters:
#+   - {name: region, type: iri, base: "http://data.europa.eu/nuts/code/", default: DE, description: A region}
#+   - {name: since, type: date, default: 2020-01-01, description: A day}
#+   - {name: least, type: integer, default: 3, description: A number}
#+   - {name: name, type: string, default: x, description: A name}
"""
TEXT = "SELECT ?region ?since ?least ?name WHERE { ?region ?p ?o }\n"


def load(folder: Path, head: str = HEAD, name: str = "some-query") -> SavedQuery:
    (folder / f"{name}.rq").write_text(head + TEXT)
    return query_catalogue.load(folder)[name]


def test_values_become_terms(tmp_path: Path) -> None:
    query = load(tmp_path)
    assert query.text == TEXT
    assert query.bindings({}) == {
        "region": "<http://data.europa.eu/nuts/code/DE>",
        "since": '"2020-01-01"^^<http://www.w3.org/2001/XMLSchema#date>',
        "least": '"3"^^<http://www.w3.org/2001/XMLSchema#integer>',
        "name": '"x"',
    }
    asked = query.bindings({"region": "http://example.org/r", "name": 'a" } # \\'})
    assert asked["region"] == "<http://example.org/r>"
    assert asked["name"] == '"a\\" } # \\\\"'


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("region", "D E"),
        ("region", "http://example.org/> } DROP"),
        ("since", "yesterday"),
        ("least", "3.5"),
        ("nothing", "x"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadInput, match=name):
        load(tmp_path).bindings({name: value})


@pytest.mark.parametrize(
    "head",
    [
        "",
        "#+ summary: x\n",
        HEAD.replace("type: date", "type: day"),
        HEAD.replace("default: 3", "default: three"),
        HEAD + "#+ unknown: x\n",
        "#+ summary: [\n",
    ],
)
def test_a_head_that_does_not_hold_names_the_file(tmp_path: Path, head: str) -> None:
    with pytest.raises(Damaged, match=r"some-query\.rq"):
        load(tmp_path, head)


def test_an_unknown_query_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no-such"):
        query_catalogue.load(tmp_path)["no-such"]
