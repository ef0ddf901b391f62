"""Questions to real executors: complete answers in all formats, and refusals that say why."""

from __future__ import annotations

import csv
import io
import json
import resource
import socket
import xml.etree.ElementTree as ET
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core import formats
from eclod.core.errors import BadEvaluation, BadQuery, NotAcceptable, NotAllowed, TooBusy, TooLarge
from eclod.core.formats import GRAPH_FORMATS, RESULT_FORMATS, TURTLE, Format
from eclod.core.settings import Settings
from eclod.store import executor, wire
from eclod.store.engine import Answer, Question
from eclod.store.executor import GRAPH_FORMATS as ENGINE_FORMATS
from eclod.store.inprocess import InProcessEngine
from eclod.store.pool import ExecutorPool, error_of, question_frame
from eclod.store.releases import Releases

XSD = "http://www.w3.org/2001/XMLSchema#"


def table(text: str, form: Format = formats.RESULT_JSON) -> Question:
    return Question(text, result_format=form, graph_format=TURTLE)


@pytest.fixture(scope="module")
def reference(service_settings: Settings) -> InProcessEngine:
    folder = Releases(service_settings.data).folder(Releases(service_settings.data).current_id())
    return InProcessEngine(ox.Store.read_only(str(folder / "store")), folder.name)


@pytest.mark.parametrize("form", RESULT_FORMATS, ids=lambda form: form.name)
def test_a_table_is_the_same_as_in_process(pool: ExecutorPool, reference: InProcessEngine, form: Format) -> None:
    question = table(
        "SELECT ?p ?o (LANG(?o) AS ?l) { <urn:v> ?p ?o FILTER(!isBlank(?o)) } ORDER BY ?p STR(?o) ?l", form
    )
    answer, wanted = pool.ask(question), reference.ask(question)
    assert answer.read() == wanted.read()
    assert (answer.kind, answer.format, answer.release, answer.length) == (
        wanted.kind,
        form,
        wanted.release,
        wanted.length,
    )


def test_every_value_survives_each_table_format(pool: ExecutorPool) -> None:
    question = "SELECT ?o { <urn:v> ?p ?o FILTER(!isBlank(?o)) }"
    found = {form.name: pool.ask(table(question, form)).read() for form in RESULT_FORMATS}
    written = {
        row["o"]["value"]: (row["o"].get("xml:lang"), row["o"].get("datatype"))
        for row in json.loads(found["json"])["results"]["bindings"]
    }
    assert written["colour"] == ("en-gb", None)
    assert written["2014-04-24"] == (None, XSD + "date")
    assert written["y"] == (None, "urn:type")
    assert len(written) == 18
    ns = "{http://www.w3.org/2005/sparql-results#}"
    root = ET.fromstring(found["xml"].decode())
    values = [value for binding in root.iter(f"{ns}binding") for value in binding]
    # XML reads a carriage return as a line feed; all else is as it was.
    assert {(v.text or "") for v in values} == {text.replace("\r", "\n") for text in written} or {
        (v.text or "") for v in values
    } == set(written)
    rows = list(csv.reader(io.StringIO(found["csv"].decode(), newline="")))
    assert rows[0] == ["o"]
    assert {row[0] if row else "" for row in rows[1:]} == set(written)
    tsv = found["tsv"].decode().split("\n")
    assert tsv[0] == "?o"
    store = ox.Store()
    for term in filter(None, tsv[1:]):
        store.load(f"<urn:v> <urn:p> {term} .".encode(), ox.RdfFormat.TURTLE)
    read = {q.object.value for q in store if isinstance(q.object, ox.Literal | ox.NamedNode)}
    assert read | {""} == set(written) | {""}


@pytest.mark.parametrize("form", GRAPH_FORMATS, ids=lambda form: form.name)
def test_every_value_survives_each_graph_format(pool: ExecutorPool, reference: InProcessEngine, form: Format) -> None:
    text = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o FILTER(?s = <urn:v>) FILTER(!isBlank(?o)) }"
    if form.name == "rdf":
        text = text.replace("?s ?p ?o }", "?s <https://example.org/p> ?o }", 1)
    answer = pool.ask(Question(text, graph_format=form))
    assert (answer.kind, answer.format) == ("graph", form)
    read = ox.Store()
    read.load(answer.read(), ENGINE_FORMATS[form.name])
    wanted = ox.Store()
    wanted.load(reference.ask(Question(text, graph_format=formats.N_TRIPLES)).read(), ox.RdfFormat.N_TRIPLES)
    assert set(read) == set(wanted)
    assert len(read) == 18


@pytest.mark.parametrize("form", RESULT_FORMATS, ids=lambda form: form.name)
def test_yes_and_no_have_all_formats(pool: ExecutorPool, form: Format) -> None:
    for text, word in (("ASK { }", b"true"), ("ASK { <urn:nobody> ?p ?o }", b"false")):
        answer = pool.ask(table(text, form))
        assert answer.kind == "boolean"
        assert word in answer.read()


def test_a_large_answer_is_spooled_and_complete(pool: ExecutorPool, reference: InProcessEngine) -> None:
    numbers = " ".join(map(str, range(40)))
    text = f"SELECT ?s ?o ?x {{ ?s ?p ?o . VALUES ?x {{ {numbers} }} }}"
    question = Question(text, result_format=formats.RESULT_CSV)
    answer = pool.ask(question)
    assert answer.spool is not None
    body = answer.read()
    assert len(body) == answer.length > wire.INLINE_LIMIT
    assert sorted(body.splitlines()) == sorted(reference.ask(question).read().splitlines())
    assert answer.spool.closed


def test_bindings_are_terms_and_never_text(pool: ExecutorPool) -> None:
    def ask(**bindings: str) -> list[dict[str, dict[str, str]]]:
        question = Question("SELECT ?s ?o { ?s <urn:p> ?o }", formats.RESULT_JSON, bindings=bindings)
        rows: list[dict[str, dict[str, str]]] = json.loads(pool.ask(question).read())["results"]["bindings"]
        return rows

    assert [row["o"]["value"] for row in ask(s="<urn:s:7>")] == ["value 7"]
    assert [row["s"]["value"] for row in ask(o='"value 7"')] == ["urn:s:7"]
    assert ask(s="<urn:s:7>", o='"other"') == []
    assert ask(o='"} INSERT"') == []
    assert len(ask()) == 2000
    for wrong in ("urn:s:7", "<not an iri>", '"open', "", "?x", '"\ud800"', '"a\nb"'):
        with pytest.raises(BadQuery):
            ask(s=wrong)
    with pytest.raises(BadQuery):
        ask(**{"not a name": "<urn:s:7>"})


@pytest.mark.parametrize(
    ("text", "default", "named", "expected"),
    [
        ("?s ?p ?o", None, None, 2020),
        ("?s ?p ?o", ["urn:g"], None, 2000),
        ("?s ?p ?o", ["urn:nowhere"], None, 0),
        ("?s ?p ?o", [], None, 0),
        ("?s ?p ?o", ["urn:g", "urn:g"], None, 2000),
        ("GRAPH ?g { ?s ?p ?o }", None, None, 2000),
        ("GRAPH ?g { ?s ?p ?o }", None, ["urn:g"], 2000),
        ("GRAPH ?g { ?s ?p ?o }", None, ["urn:nowhere"], 0),
        ("GRAPH ?g { ?s ?p ?o }", ["urn:g"], [], 0),
        ("GRAPH <urn:nowhere> { ?s ?p ?o }", None, None, 0),
    ],
)
def test_graphs_beside_the_query_are_honoured_and_unknown_ones_empty(
    pool: ExecutorPool, text: str, default: list[str] | None, named: list[str] | None, expected: int
) -> None:
    query = f"SELECT (COUNT(*) AS ?n) {{ {text} }}"
    answer = pool.ask(Question(query, formats.RESULT_CSV, default_graphs=default, named_graphs=named))
    assert int(answer.read().split()[1]) == expected


@pytest.mark.parametrize(
    ("clause", "expected"), [("FROM <urn:g>", 2000), ("FROM <urn:nowhere>", 0), ("FROM NAMED <urn:g>", 0)]
)
def test_graphs_in_the_query_are_honoured(pool: ExecutorPool, clause: str, expected: int) -> None:
    answer = pool.ask(table(f"SELECT (COUNT(*) AS ?n) {clause} {{ ?s ?p ?o }}", formats.RESULT_CSV))
    assert int(answer.read().split()[1]) == expected


def test_what_is_not_acceptable_says_what_there_is(pool: ExecutorPool, fine: Callable[[], None]) -> None:
    with pytest.raises(NotAcceptable, match="a table of results; ask for one of application/sparql-results"):
        pool.ask(Question("SELECT * { }", graph_format=TURTLE))
    with pytest.raises(NotAcceptable, match="is a graph; ask for one of text/turtle"):
        pool.ask(Question("DESCRIBE <urn:v>", result_format=formats.RESULT_JSON))
    fine()


@pytest.mark.parametrize(
    "text", ["", "SELCT", "SELECT * {", "SELECT * { ?s ex:p ?o }", "\x00", "SELECT * {} {}", "{", "ASK { } ; "]
)
def test_a_syntax_error_is_told_with_its_place(
    pool: ExecutorPool, reference: InProcessEngine, text: str, fine: Callable[[], None]
) -> None:
    messages = []
    for engine in (pool, reference):
        with pytest.raises(BadQuery, match="does not parse") as caught:
            engine.ask(table(text))
        messages.append(caught.value.message)
    assert messages[0] == messages[1]
    fine()


@pytest.mark.parametrize("text", ["SELECT ('\ud83d' AS ?x) {}", "SELECT (<urn:f>(1) AS ?x) {}"])
def test_what_cannot_be_evaluated_is_no_syntax_error(
    pool: ExecutorPool, reference: InProcessEngine, text: str, fine: Callable[[], None]
) -> None:
    for engine in (pool, reference):
        with pytest.raises(BadEvaluation) as caught:
            engine.ask(table(text))
        assert caught.value.title == "The query cannot be answered"
    fine()


@pytest.mark.parametrize("character", ["\\u0000", "\\u0001", "\\u000B", "\\u001F", "\\uFFFE"])
def test_xml_never_holds_what_xml_cannot(pool: ExecutorPool, character: str) -> None:
    text = f"('a{character}b' AS ?x)"
    with pytest.raises(BadQuery, match="XML cannot hold; ask for another format"):
        pool.ask(table(f"SELECT {text} {{ }}", formats.RESULT_XML))
    with pytest.raises(BadQuery, match="ask for another format"):
        construct = f"CONSTRUCT {{ <urn:s> <urn:x:p> 'a{character}b' }} {{ }}"
        pool.ask(Question(construct, graph_format=formats.RDF_XML))
    assert json.loads(pool.ask(table(f"SELECT {text} {{ }}")).read())["results"]["bindings"]


def test_a_query_that_is_too_long_or_reaches_out_is_not_even_sent(service_settings: Settings, tmp_path: Path) -> None:
    nowhere = ExecutorPool(tmp_path, service_settings)
    with pytest.raises(TooLarge, match="longer than the 512 KiB"):
        nowhere.ask(table("ASK { } #" + "é" * (service_settings.query_kb << 9)))
    with pytest.raises(NotAllowed):
        nowhere.ask(table("SELECT * { SERVICE <http://127.0.0.1/> { } }"))
    with pytest.raises(TooBusy, match="is starting"):
        nowhere.ask(table("ASK { }"))
    with pytest.raises(TooBusy, match="is starting"):
        _ = nowhere.release


def test_an_answer_is_read_once_and_whole() -> None:
    answer = Answer("boolean", formats.RESULT_JSON, "r", 2, body=b"ok")
    assert answer.read() == answer.read() == b"ok"


def test_an_answer_that_the_disk_has_no_room_for_is_no_fault_of_the_question() -> None:
    """A spool that cannot be written is said with 503 and when to ask again, not as a mistake in the query."""
    store = ox.Store()
    text = "SELECT * { VALUES ?x { " + '"a long value, again and again" ' * 400 + "} VALUES ?y { " + "1 " * 400 + "} }"
    asked = question_frame(table(text), "https://w3id.org/eclod", "r") | {"seconds": 60}
    one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with closing(wire.Channel(one)) as service, closing(wire.Channel(two)) as mine:
        service.send(asked)
        resource.setrlimit(resource.RLIMIT_FSIZE, (wire.INLINE_LIMIT, hard))
        try:
            executor._exchange(mine, store, executor.Limits(60, 1 << 30, 1 << 30, 10**6), {})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        error = error_of(service.receive(), text)
    assert isinstance(error, TooBusy)
    assert error.status == 503
    assert "no room" in error.message
