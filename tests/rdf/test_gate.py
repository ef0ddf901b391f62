"""The SHACL gate: what it lets pass, what it reports, and that no value makes it stop."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core.namespaces import expand
from eclod.rdf import gate as gate_module
from eclod.rdf.gate import Gate, Violation

BASE = "https://w3id.org/eclod/id/project/"
EXAMPLES = sorted((Path(__file__).parents[1] / "shapes").glob("*/*.ttl"))


def iri(name: str) -> ox.NamedNode:
    return ox.NamedNode(expand(name))


def typed(text: str, datatype: str) -> ox.Literal:
    return ox.Literal(text, datatype=iri(f"xsd:{datatype}"))


Value = ox.NamedNode | ox.Literal


def project(*pairs: tuple[str, Value], name: str = "abc") -> list[ox.Triple]:
    """Return a project that conforms, with more statements about it."""
    node = ox.NamedNode(BASE + name)
    fixed: list[tuple[str, Value]] = [
        ("rdf:type", iri("eurio:Project")),
        ("skos:prefLabel", ox.Literal("Green growth", language="en")),
    ]
    return [ox.Triple(node, iri(property), value) for property, value in (*fixed, *pairs)]


def broken(violations: list[Violation]) -> list[tuple[str, str]]:
    return sorted((violation.shape.rpartition("#")[2], violation.component) for violation in violations)


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate()


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the gate must not use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_what_conforms_passes(gate: Gate) -> None:
    assert gate.validate(project()) == []
    assert gate.validate([]) == []


def test_a_violation_says_what_where_and_how_to_mend_it(gate: Gate) -> None:
    [found] = gate.validate(project(("foaf:homepage", ox.Literal("www.example.org"))))[:1]
    assert found.focus == BASE + "abc"
    assert found.path == expand("foaf:homepage")
    assert found.value == "www.example.org"
    assert found.shape.endswith("#Project-homepage")
    assert found.blocks
    assert {language for language, _ in found.messages} == {"en", "fr", "de"}
    assert found.message("de") != found.message("fr") != found.message("en")
    assert found.message("xx") == found.message("en")


def test_a_violation_without_messages_is_called_by_its_rule() -> None:
    bare = Violation("x", None, None, "s", "MinCount", "Warning", ())
    assert bare.message("en") == "MinCount"
    assert not bare.blocks
    assert Violation("x", None, None, "s", "MinCount", "Violation", (("fr", "Non."),)).message("en") == "Non."


def test_what_stands_beside_helps_and_is_not_judged(gate: Gate) -> None:
    country = ox.NamedNode(expand("country:") + "DNK")
    data = project(("eclod:country", country))
    assert broken(gate.validate(data)) == [("Project-country", "Node")]
    code = [
        ox.Triple(country, iri("rdf:type"), iri("skos:Concept")),
        ox.Triple(
            country, iri("skos:inScheme"), ox.NamedNode("http://publications.europa.eu/resource/authority/country")
        ),
        ox.Triple(country, iri("skos:notation"), ox.Literal("DNK")),
    ]
    assert gate.validate(data, code) == []
    # A project beside that breaks its shape is nobody's fault here.
    other = [triple for triple in project(name="other") if triple.predicate != iri("skos:prefLabel")]
    assert gate.validate(data, [*code, *other]) == []
    assert broken(gate.validate([*data, *other], code)) == [("Project-name", "MinCount")]


def test_a_rule_of_a_parent_shape_is_reported_once_and_the_class_of_the_parent_is_demanded(gate: Gate) -> None:
    node = ox.NamedNode(BASE + "obs")
    dataset, count = ox.Triple(node, iri("qb:dataSet"), iri("cube:regional-employment")), typed("5", "integer")
    fixed = [
        ox.Triple(node, iri("rdf:type"), iri("eclod:RegionalEmployment")),
        ox.Triple(node, iri("eclod:personsEmployed"), count),
    ]
    observation = ox.Triple(node, iri("rdf:type"), iri("qb:Observation"))
    assert gate.validate([*fixed, observation, dataset]) == []
    assert broken(gate.validate([*fixed, observation])) == [("Observation-dataset", "MinCount")]
    assert broken(gate.validate([*fixed, dataset])) == [("RegionalEmployment", "Class")]


def test_a_retired_code_warns_and_does_not_block(gate: Gate) -> None:
    code = ox.NamedNode("http://data.europa.eu/nuts/code/DK00")
    beside = [
        ox.Triple(code, iri("rdf:type"), iri("skos:Concept")),
        ox.Triple(code, iri("skos:inScheme"), ox.NamedNode("http://data.europa.eu/nuts/scheme/2021")),
        ox.Triple(code, iri("skos:notation"), ox.Literal("DK00")),
        ox.Triple(
            code,
            iri("adms:status"),
            ox.NamedNode("http://publications.europa.eu/resource/authority/concept-status/DEPRECATED"),
        ),
    ]
    found = gate.validate(project(("dct:spatial", code)), beside)
    assert [(violation.value, violation.severity) for violation in found] == [(code.value, "Warning")]


def test_the_same_data_in_any_order_gives_the_same_report(gate: Gate) -> None:
    data = [
        *project(("eurio:startDate", typed("x", "date"))),
        *project(("eurio:endDate", typed("y", "date")), name="b"),
    ]
    assert gate.validate(data) == gate.validate(data[::-1]) == gate.validate([*data, *data])


START, END = "eurio:startDate", "eurio:endDate"
FIRST, LAST = "eclod:startYear", "eclod:endYear"
UNORDERED = ("Project-start", "LessThanOrEquals")


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (typed("2014-04-24", "date"), typed("2014-04-24", "date"), []),
        (typed("2014-04-24Z", "date"), typed("2014-04-25+01:00", "date"), []),
        (typed("2014-04-25", "date"), typed("2014-04-24", "date"), [UNORDERED]),
        (typed("24.04.2014", "date"), typed("2015-04-24", "date"), [("Project-start", "Datatype"), UNORDERED]),
        (typed("2014-04-24", "date"), typed("24.04.2015", "date"), [("Project-end", "Datatype"), UNORDERED]),
        (
            typed("24.04.2014", "date"),
            typed("25.04.2014", "date"),
            [("Project-end", "Datatype"), ("Project-start", "Datatype"), UNORDERED],
        ),
        (typed("2014-02-30", "date"), typed("2015-04-24", "date"), [("Project-start", "Datatype"), UNORDERED]),
        (typed("2014-W17-4", "date"), typed("2015-04-24", "date"), [("Project-start", "Datatype"), UNORDERED]),
        (typed("20140424", "date"), typed("2015-04-24", "date"), [("Project-start", "Datatype"), UNORDERED]),
        (typed("2014-04-24T00:00:00", "date"), typed("2015-04-24", "date"), [("Project-start", "Datatype"), UNORDERED]),
        (ox.Literal("2014"), typed("2015-04-24", "date"), [("Project-start", "Datatype"), UNORDERED]),
        (typed("2014-04-24", "date"), ox.Literal("2015", language="en"), [("Project-end", "Datatype"), UNORDERED]),
        (typed("2014-04-24", "date"), ox.NamedNode("https://x.org/"), [("Project-end", "Datatype"), UNORDERED]),
    ],
)
def test_dates_that_do_not_hold_or_have_no_order_are_reported(
    gate: Gate, start: Value, end: Value, expected: list[tuple[str, str]]
) -> None:
    assert broken(gate.validate(project((START, start), (END, end)))) == expected


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2014", "2014", []),
        ("2014", "2015", []),
        ("2016", "2015", [("Project-startYear", "LessThanOrEquals")]),
        ("9999", "10000", [("Project-endYear", "Pattern")]),
    ],
)
def test_years_have_an_order(gate: Gate, first: str, last: str, expected: list[tuple[str, str]]) -> None:
    assert broken(gate.validate(project((FIRST, typed(first, "gYear")), (LAST, typed(last, "gYear"))))) == expected


@pytest.mark.parametrize("year", ["2014x", "14", "2014Z", "٢٠١٤", "", "MMXIV"])
def test_years_that_do_not_hold_are_reported(gate: Gate, year: str) -> None:
    found = broken(gate.validate(project((FIRST, typed(year, "gYear")), (LAST, typed("2015", "gYear")))))
    assert ("Project-startYear", "Datatype") in found
    assert ("Project-startYear", "LessThanOrEquals") in found


@pytest.mark.parametrize("number", ["0", "1", "0.5", "1.0", "+.5", "1."])
def test_decimals_within_bounds_pass(gate: Gate, number: str) -> None:
    assert gate.validate(project(("eclod:coFinancingRate", typed(number, "decimal")))) == []


@pytest.mark.parametrize("number", ["NaN", "sNaN", "INF", "-INF", "Infinity", "1e-1", "1_0", "0,5", "٠.٥", "", "None"])
def test_what_is_no_decimal_is_reported_as_it_was_written(gate: Gate, number: str) -> None:
    found = gate.validate(project(("eclod:coFinancingRate", typed(number, "decimal"))))
    assert ("Project-coFinancingRate", "Datatype") in broken(found)
    assert {violation.value for violation in found} == {number}


@pytest.mark.parametrize("value", [typed("NaN", "double"), typed("NaN", "float"), ox.Literal("0.5"), iri("eclod:x")])
def test_other_values_in_a_number_field_are_reported(gate: Gate, value: Value) -> None:
    found = broken(gate.validate(project(("eclod:coFinancingRate", value))))
    assert ("Project-coFinancingRate", "Datatype") in found
    assert ("Project-coFinancingRate", "MinInclusive") in found


def test_a_bad_value_does_not_hide_its_neighbours(gate: Gate) -> None:
    data = [
        *project((START, typed("24.04.2014", "date")), (END, typed("2015-04-24", "date")), name="bad"),
        *project(name="good"),
        *project(("foaf:homepage", ox.Literal("x")), name="other"),
    ]
    assert {violation.focus.rpartition("/")[2] for violation in gate.validate(data)} == {"bad", "other"}


def test_bad_values_are_reported_once_and_not_logged_with_a_traceback(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        Gate()
        gate.validate(project((START, typed("24.04.2014", "date"))))
    assert [record for record in caplog.records if record.name.startswith("rdflib")] == []


@pytest.mark.usefixtures("no_network")
def test_nothing_is_fetched(gate: Gate) -> None:
    imports = [
        ox.Triple(ox.NamedNode("http://127.0.0.1:9/o"), iri("rdf:type"), iri("owl:Ontology")),
        ox.Triple(
            ox.NamedNode("http://127.0.0.1:9/o"), iri("owl:imports"), ox.NamedNode("http://127.0.0.1:9/shapes.ttl")
        ),
        ox.Triple(ox.NamedNode("http://127.0.0.1:9/o"), iri("owl:imports"), ox.NamedNode("file:///etc/passwd")),
    ]
    assert gate.validate([*project(), *imports]) == []


def examples() -> Iterator[tuple[list[ox.Triple], list[ox.Triple]]]:
    """Return (things, codes) of every second example, each file's things under names of their own."""
    for number, path in enumerate(EXAMPLES[::2]):
        text = path.read_text(encoding="utf-8").replace("https://example.org/", f"https://example.org/{number}/")
        triples = [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)]
        if not any(isinstance(triple.subject, ox.BlankNode) for triple in triples):
            ours = [triple for triple in triples if f"https://example.org/{number}/" in str(triple.subject)]
            yield ours, [triple for triple in triples if triple not in ours]


@pytest.fixture(scope="module")
def many() -> tuple[list[ox.Triple], list[ox.Triple]]:
    found = list(examples())
    codes = {str(triple): triple for _, beside in found for triple in beside}
    return [triple for things, _ in found for triple in things], [codes[name] for name in sorted(codes)]


def test_pieces_give_the_same_report_as_the_whole(
    gate: Gate, many: tuple[list[ox.Triple], list[ox.Triple]], monkeypatch: pytest.MonkeyPatch
) -> None:
    things, beside = many
    whole = set(gate._judge.validate(gate_module._bytes(things), gate_module._bytes(beside)))
    assert len(whole) > 150
    assert set(gate.validate(*many)) == whole
    monkeypatch.setattr(gate_module, "_WORTH_SHARING", 1)
    monkeypatch.setattr(gate_module, "_SMALLEST_PIECE", 40)
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    by_name = gate_module._things(things)
    pieces = list(gate_module._pieces(by_name, list(by_name), beside))
    assert len(pieces) > 8
    assert {found for piece in pieces for found in gate._judge.validate(*piece)} == whole


def test_workers_give_the_same_report_as_one_process(
    gate: Gate, many: tuple[list[ox.Triple], list[ox.Triple]], monkeypatch: pytest.MonkeyPatch
) -> None:
    things = [*many[0][:400], *project((START, typed("24.04.2014", "date")), (END, typed("2015-04-24", "date")))]
    whole = gate.validate(things, many[1])
    monkeypatch.setattr(gate_module, "_WORTH_SHARING", 1)
    monkeypatch.setattr(gate_module, "_SMALLEST_PIECE", 100)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert gate.validate(things, many[1]) == whole
    assert UNORDERED in broken(whole)
