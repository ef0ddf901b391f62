"""Receipts of answers: what is hashed, and the one form of a request."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pyoxigraph as ox
import pytest

from eclod.core.errors import BadQuery, NoReceipt, TooLarge
from eclod.store import receipts
from eclod.store.engine import Answer, Question
from eclod.store.inprocess import InProcessEngine
from eclod.store.receipts import Result

DATA = """
<urn:a> <urn:p> "x"@en , "x"@de , "x" , 1 , "1" .
<urn:b> <urn:p> 2 ; <urn:q> [ <urn:r> [] ] , [ <urn:r> [] ] .
<urn:c> <urn:name> "Ærø\\t\\n\\"" .
"""


@pytest.fixture(scope="module")
def engine() -> InProcessEngine:
    store = ox.Store()
    store.load(DATA.encode(), ox.RdfFormat.TURTLE)
    return InProcessEngine(store, "r1")


def result(engine: InProcessEngine, text: str) -> Result:
    found, release = receipts.compute(engine, Question(text))
    assert release == "r1"
    return found


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("text", "columns", "rows", "canonical"),
    [
        ("SELECT ?s ?o { VALUES (?s ?o) { (<u:b> 2) (<u:a> 1) } }", ("s", "o"), 2, "?s\t?o\n<u:a>\t1\n<u:b>\t2\n"),
        ("SELECT ?o ?s { VALUES (?s ?o) { (<u:b> 2) (<u:a> 1) } }", ("o", "s"), 2, "?o\t?s\n1\t<u:a>\n2\t<u:b>\n"),
        ("SELECT ?x { VALUES ?x { 1 1 1 } }", ("x",), 3, "?x\n1\n1\n1\n"),
        ("SELECT DISTINCT ?x { VALUES ?x { 1 1 1 } }", ("x",), 1, "?x\n1\n"),
        ("SELECT ?x ?y { VALUES (?x ?y) { (UNDEF 1) (1 UNDEF) } }", ("x", "y"), 2, "?x\t?y\n\t1\n1\t\n"),
        ("SELECT ?x { VALUES ?x { UNDEF UNDEF } }", ("x",), 2, "?x\n\n\n"),
        ("SELECT ?x { VALUES ?x { } }", ("x",), 0, "?x\n"),
        ("SELECT * { }", (), 1, "\n\n"),
        ('SELECT ?x { VALUES ?x { "x"@en "x"@de "x" } }', ("x",), 3, '?x\n"x"\n"x"@de\n"x"@en\n'),
        ("SELECT ?x { <urn:c> <urn:name> ?x }", ("x",), 1, '?x\n"Ærø\\t\\n\\""\n'),
    ],
)  # fmt: skip
def test_a_table_is_its_sorted_rows_below_its_columns(
    engine: InProcessEngine, text: str, columns: tuple[str, ...], rows: int, canonical: str
) -> None:
    assert result(engine, text) == Result("bindings", columns, rows, sha256(canonical))


def test_the_order_of_rows_is_no_part_of_a_table(engine: InProcessEngine) -> None:
    text = "SELECT ?s ?o { ?s <urn:p> ?o } ORDER BY "
    found = {result(engine, text + order) for order in ("?o", "DESC(?o)", "?s", "DESC(?s)")}
    assert {each.rows for each in found} == {6}
    assert len(found) == 1


def test_each_part_of_a_term_matters(engine: InProcessEngine) -> None:
    terms = ['"1"', "1", '"1"@en', '"1"@de', "<urn:1>", '"1 "', "UNDEF", "1.0", "1e0", '"1"^^<urn:t>']
    found = {result(engine, f"SELECT ?x {{ VALUES ?x {{ {term} }} }}").sha256 for term in terms}
    assert len(found) == len(terms)


def test_yes_and_no(engine: InProcessEngine) -> None:
    assert result(engine, "ASK { <urn:a> ?p ?o }") == Result("boolean", (), 1, sha256("true\n"), True)
    assert result(engine, "ASK { <urn:z> ?p ?o }") == Result("boolean", (), 1, sha256("false\n"), False)


def test_a_graph_is_its_canonical_quads(engine: InProcessEngine) -> None:
    blank = "CONSTRUCT { ?s <urn:is> [ <urn:of> ?o ] } { VALUES (?s ?o) { (<urn:b> 2) (<urn:a> 1) } }"
    found = result(engine, blank)
    assert found == result(engine, blank.replace("(<urn:b> 2) (<urn:a> 1)", "(<urn:a> 1) (<urn:b> 2)"))
    assert found != result(engine, blank.replace("2", "3"))
    lines = result(engine, "CONSTRUCT { <urn:a> <urn:is> [], <urn:x> } { }")
    assert lines == Result("graph", (), 2, sha256("<urn:a> <urn:is> <urn:x> .\n<urn:a> <urn:is> _:c14n0 .\n"))
    again = ox.Store()  # the same with other names for its blank nodes, two of which look alike
    again.load(DATA.encode(), ox.RdfFormat.TURTLE)
    for text in ("DESCRIBE <urn:b>", "CONSTRUCT WHERE { ?s <urn:r> ?o }"):
        assert result(InProcessEngine(again, "r1"), text) == result(engine, text)
    assert result(engine, "DESCRIBE <urn:b>").rows == 5
    assert result(engine, "CONSTRUCT { <urn:s> <urn:p> ?o } { VALUES ?o { } }") == Result("graph", (), 0, sha256(""))


def test_a_cut_answer_is_refused(engine: InProcessEngine) -> None:
    cutting = InProcessEngine(engine._store, "r1", rows=2)
    with pytest.raises(NoReceipt, match=r"more than the 2 rows .* with ORDER BY and LIMIT"):
        receipts.compute(cutting, Question("SELECT * { ?s ?p ?o }"))
    assert receipts.compute(cutting, Question("SELECT * { ?s ?p ?o } LIMIT 2"))[0].rows == 2
    with pytest.raises(BadQuery):
        receipts.compute(cutting, Question("SELECT"))


class Moody:
    """An engine that finds its two rows in another order from disk."""

    release = "r1"

    def ask(self, question: Question) -> Answer:
        body = b"?x\n1\n" if question.fixed_order or question.release != self.release else b"?x\n2\n"
        assert question.result_format is not None
        return Answer("bindings", question.result_format, question.release or self.release, len(body), body)


def test_what_depends_on_the_order_of_rows_is_refused() -> None:
    with pytest.raises(NoReceipt, match="ORDER BY"):
        receipts.settle(Moody(), Question("SELECT ?x {} LIMIT 1"), "r1")
    assert receipts.settle(Moody(), Question("SELECT ?x {} LIMIT 1"), "r0").sha256 == sha256("?x\n1\n")


def test_a_request_has_one_form() -> None:
    question = Question(
        " \n\tASK  { }\n # end\r\n ",
        default_graphs=["urn:b", "urn:a", "urn:b"],
        named_graphs=["urn:é"],
        bindings={"y": '"1 & 2"', "x": "<urn:x>"},
        release="r1",
        seconds=3,
    )
    canonical = receipts.canonical_request(question)
    assert canonical == (
        "query=ASK+%7B+%7D&default-graph-uri=urn%3Aa&default-graph-uri=urn%3Ab&named-graph-uri=urn%3A%C3%A9"
        "&%24x=%3Curn%3Ax%3E&%24y=%221+%26+2%22"
    )
    same = replace(question, text="ASK { }", default_graphs=["urn:a", "urn:b"], seconds=None, release=None)
    assert receipts.canonical_request(same) == canonical
    for text in ("ASK { }\n # End", "# begin\nASK\r\n{ }"):
        assert receipts.canonical_request(replace(question, text=text)) == canonical
        assert receipts.spelt_request(replace(question, text=text)) != canonical
    for other in ("ask { }", "ASK{ }", "\u00a0ASK { }"):
        assert receipts.canonical_request(replace(question, text=other)) != canonical


def test_a_receipt_keeps_so_much_and_no_more() -> None:
    longest = "ASK { ?s ?p '" + "x" * ((64 << 10) - 15) + "'}"
    assert len(longest) == receipts.LONGEST
    assert receipts.canonical_request(Question(longest)).startswith("query=ASK+")
    for question in (
        Question(longest + " "),
        Question("ASK {} #" + "x" * (64 << 10)),
        Question(longest, bindings={"x": "1"}),
        Question(longest, default_graphs=["urn:g"]),
        Question("ASK {}", named_graphs=["urn:" + "g" * (64 << 10)]),
    ):
        with pytest.raises(TooLarge, match="at most 64 KiB, and this one has 65 KiB: shorten it"):
            receipts.canonical_request(question)
