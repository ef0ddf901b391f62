"""Saved queries: what a head must say, where defaults stand, and how values become terms."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core.errors import BadInput, Damaged, NotFound
from eclod.rdf import query_catalogue
from eclod.rdf.query_catalogue import RESERVED, TOPICS, SavedQuery

HEAD = """#+ summary: Something
#+ description: Something about something.
#+ tags: [regions, test]
#+ users: [researchers]
#+ parameters:
#+   - {name: region, type: iri, base: "http://data.europa.eu/nuts/code/", upper: true, description: A region}
#+   - {name: since, type: date, description: A day}
#+   - {name: least, type: integer, minimum: 1, maximum: 10, description: A number}
#+   - {name: share, type: decimal, description: A share}
#+   - {name: name, type: string, description: A name}
#+   - {name: tongue, type: language, description: A language}
#+   - {name: colour, type: string, options: [red, "no"], description: A colour}
"""
TEXT = """PREFIX nuts: <http://data.europa.eu/nuts/code/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>

SELECT ?region ?since ?least ?share ?name ?tongue ?colour
WHERE {
  VALUES ?region { nuts:DE }
  VALUES ?since { "2020-01-01"^^xsd:date }
  VALUES ?least { 3 }
  VALUES ?share { 0.5 }
  VALUES ?name { "x" }
  VALUES ?tongue { "en" }
  ?region ?p ?o
}
"""
DEFAULTS = {
    "region": "<http://data.europa.eu/nuts/code/DE>",
    "since": '"2020-01-01"^^<http://www.w3.org/2001/XMLSchema#date>',
    "least": '"3"^^<http://www.w3.org/2001/XMLSchema#integer>',
    "share": '"0.5"^^<http://www.w3.org/2001/XMLSchema#decimal>',
    "name": '"x"',
    "tongue": '"en"',
}


def load(folder: Path, head: str = HEAD, text: str = TEXT, name: str = "some-query") -> SavedQuery:
    (folder / f"{name}.rq").write_text(head + text)
    return query_catalogue.load(folder)[name]


def test_defaults_stand_in_the_text(tmp_path: Path) -> None:
    query = load(tmp_path)
    assert query.text == TEXT
    assert "VALUES" not in query.template
    assert {each.name: each.default for each in query.parameters if not each.optional} == {
        "region": "DE", "since": "2020-01-01", "least": "3", "share": "0.5", "name": "x", "tongue": "en"
    }  # fmt: skip
    assert [each.name for each in query.parameters if each.optional] == ["colour"]
    assert query.bindings({}) == DEFAULTS
    assert query.kind == "select"
    assert query.prefixes.keys() == {"nuts", "xsd"}


@pytest.mark.parametrize(
    ("name", "value", "term"),
    [
        ("region", "http://example.org/r", "<http://example.org/r>"),
        ("region", "dk01", "<http://data.europa.eu/nuts/code/DK01>"),
        ("region", "nuts:DK01", "<http://data.europa.eu/nuts/code/DK01>"),
        ("region", "urn:x:y", "<urn:x:y>"),
        ("name", 'a" } # \\', '"a\\" } # \\\\"'),
        ("name", "2020", '"2020"'),
        ("least", "+10", '"10"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ("share", "-12.50", '"-12.5"^^<http://www.w3.org/2001/XMLSchema#decimal>'),
        ("tongue", "pt-BR", '"pt-br"'),
        ("colour", "no", '"no"'),
        ("since", "", DEFAULTS["since"]),
    ],
)
def test_values_become_terms(tmp_path: Path, name: str, value: str, term: str) -> None:
    query = load(tmp_path)
    bindings = query.bindings({name: value})
    assert bindings == DEFAULTS | {name: term}
    solutions = ox.Store().query(f"SELECT ?{name} WHERE {{ VALUES ?{name} {{ {term} }} }}")
    assert isinstance(solutions, ox.QuerySolutions)
    assert [str(solution[0]) for solution in solutions] == [term]  # what the page shows in its text is what is bound
    assert f"  VALUES ?{name} {{ {term} }}\n" in query.with_values(bindings)
    ox.Store().query(query.with_values(bindings))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("region", "D E", "no IRI"),
        ("region", "http://example.org/> } DROP", "no IRI"),
        ("since", "yesterday", "no date"),
        ("since", "2021-02-30", "no date"),
        ("least", "3.5", "no whole number"),
        ("least", "9" * 30, "no whole number"),
        ("least", "٣", "no whole number"),
        ("least", "0", "too small"),
        ("least", "11", "at most 10"),
        ("share", "NaN", "no number"),
        ("share", "1e9", "no number"),
        ("tongue", "en' .", "no language tag"),
        ("name", "x" * 1001, "longer than 1000"),
        ("colour", "green", "One of red, no"),
        ("nothing", "x", "it has region, since"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(tmp_path: Path, name: str, value: str, said: str) -> None:
    with pytest.raises(BadInput, match=name) as caught:
        load(tmp_path).bindings({name: value})
    assert said in caught.value.message
    assert caught.value.details["parameter"] == name
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    ("head", "text", "said"),
    [
        ("", TEXT, "head in YAML"),
        ("#+ summary: x\n", TEXT, "description"),
        (HEAD.replace("[regions, test]", "[test, regions]"), TEXT, "first tag"),
        (HEAD.replace("[researchers]", "[everybody]"), TEXT, "researchers"),
        (HEAD.replace("type: date", "type: day"), TEXT, "date"),
        (HEAD.replace("name: name", "name: format"), TEXT.replace("?name", "?format"), "how an answer is wanted"),
        (HEAD.replace("type: date,", "type: date, default: x,"), TEXT, "VALUES line"),
        (HEAD.replace("type: date,", "type: date, minimum: 3,"), TEXT, "only numbers"),
        (HEAD + "#+ unknown: x\n", TEXT, "unknown"),
        ("#+ summary: [\n", TEXT, "summary"),
        (HEAD, TEXT.replace("{ 3 }", "{ 30 }"), "not what the parameter takes"),
        (HEAD, TEXT.replace("{ 3 }", "{ 3 4 }"), "exactly one term"),
        (HEAD, TEXT.replace(" ?least", "", 1), "cannot be bound"),
        (HEAD, TEXT.replace("WHERE {", "{"), "WHERE"),
        (HEAD, TEXT.replace("?region ?p ?o", "?region ?p"), "expected"),
        (HEAD, TEXT.replace("?o\n", "?o FILTER (!BOUND(?colour))\n"), "COALESCE"),
    ],
)
def test_what_does_not_hold_names_the_file(tmp_path: Path, head: str, text: str, said: str) -> None:
    with pytest.raises(Damaged, match=r"some-query\.rq") as caught:
        load(tmp_path, head, text)
    assert said in caught.value.message


@pytest.mark.parametrize("code", ["nace2:62.01", "nace2:6201", "http://data.europa.eu/ux2/nace2/62.01"])
def test_codes_of_nace_may_have_their_dot(code: str) -> None:
    """People write 62.01; the published IRI has no dot."""
    bound = query_catalogue.load()["clusters-of-a-sector"].bindings({"sector": code})
    assert bound["sector"] == "<http://data.europa.eu/ux2/nace2/6201>"


def test_an_unknown_query_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no-such"):
        query_catalogue.load(tmp_path)["no-such"]


def test_things_are_named_under_the_base_of_the_installation() -> None:
    ours = query_catalogue.load(base="https://clusters.example/lod")
    assert ours["partners-for-a-cluster"].bindings({"cluster": "aa4b2yxva4r"}) == {
        "cluster": "<https://clusters.example/lod/id/cluster/aa4b2yxva4r>"
    }
    assert "<https://clusters.example/lod/registries/eclod-europe>" in ours["identifiers-of-a-registry"].text
    assert "<https://w3id.org/eclod/scheme/ecosystem/textiles>" in ours["clusters-of-an-ecosystem"].text
    assert ours.fingerprint != query_catalogue.load().fingerprint


def test_each_query_is_under_its_topic_once() -> None:
    catalogue = query_catalogue.load()
    by_topic = catalogue.by_topic()
    assert list(by_topic) == list(TOPICS.values())
    assert sorted(query.name for queries in by_topic.values() for query in queries) == list(catalogue.queries)
    assert {user for query in catalogue for user in query.users} == {"researchers", "registries", "portals"}
    assert not {each.name for query in catalogue for each in query.parameters} & RESERVED
