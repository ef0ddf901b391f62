"""Receipts over HTTP: made from the link of an answer, or refused with the reason."""

from __future__ import annotations

import dataclasses
import hashlib
import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from flask.testing import FlaskClient
from tests.web.conftest import BASE, EARLIER, RELEASE

from eclod.store import receipts
from eclod.store.engine import Answer, Question
from eclod.store.inprocess import InProcessEngine
from eclod.store.manifest import Manifest
from eclod.store.receipts import Receipts
from eclod.store.releases import Releases

from .conftest import ASK, BLANK, HOSTILE, LONG, PAGE, THINGS, Both, cite, receipt

USERS = Path(__file__).resolve().parents[3] / "docs" / "users.md"


class Turning:
    """An engine that finds rows the other way round in memory."""

    release = EARLIER

    def __init__(self, engine: InProcessEngine) -> None:
        self._engine = engine

    def ask(self, question: Question) -> Answer:
        order = "ASC" if question.fixed_order else "DESC"
        text = question.text.replace("LIMIT", f"ORDER BY {order}(?o) LIMIT")
        return self._engine.ask(dataclasses.replace(question, text=text))


def test_the_link_of_an_answer_leads_to_its_receipt(client: FlaskClient, both: Both) -> None:
    link = cite(client, "/sparql", query=THINGS)
    assert dict(parse_qsl(link.partition("?")[2])) == {"release": EARLIER, "query": THINGS}
    made = client.get(link)
    assert (made.status_code, made.headers["Eclod-Release"]) == (303, EARLIER)
    address = made.headers["Location"]
    assert re.fullmatch(r"/receipts/[0-9a-z]{11}", address)
    asked = len(both.asked)
    both.release = RELEASE
    for again in (
        client.get(link),
        client.head(link),
        client.post("/receipts", data=dict(parse_qsl(link.partition("?")[2]))),
    ):
        assert (again.status_code, again.headers["Location"]) == (303, address)
    assert len(both.asked) == asked  # known: nothing is computed
    facts = client.get(f"{address}.json").get_json()
    canonical = "".join(["?s\t?o\n", "<urn:s0>\t0\n", "<urn:s0>\t2\n", "<urn:s1>\t1\n"])
    assert facts["answer"]["sha256"] == hashlib.sha256(canonical.encode()).hexdigest()
    assert (facts["answer"]["kind"], facts["answer"]["columns"], facts["answer"]["rows"]) == ("bindings", ["s", "o"], 3)
    assert facts["iri"] == f"{BASE}{address}"
    assert facts["release"] == {
        "id": EARLIER,
        "href": f"/releases/{EARLIER}",
        "dataset_sha256": "d" * 64,
        "base": BASE,
        "kept": True,
    }
    assert facts["request"]["query"] == THINGS
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", facts["created"])


def test_the_same_request_has_the_same_receipt(client: FlaskClient) -> None:
    address = receipt(client, THINGS)
    assert (
        receipt(client, f" \n{THINGS}\t\r\n", release=EARLIER, timeout="5", format="json") == f"{address}?format=json"
    )
    assert (
        client.post("/receipts", data=f" {THINGS}", content_type="application/sparql-query").headers["Location"]
        == address
    )
    assert receipt(client, f"# of things\n{THINGS.replace(' ', '  ')} # {'x' * 1000}") == address
    others = {receipt(client, THINGS, release=RELEASE), receipt(client, THINGS.replace("?o", "?O"))}
    others.add(receipt(client, THINGS, **{"default-graph-uri": "urn:g"}))
    assert len(others | {address}) == 4


@pytest.mark.parametrize(
    "query", [THINGS, BLANK, ASK, LONG, HOSTILE, "SELECT ?x { VALUES ?x { UNDEF 1 1 } }", "SELECT * { }"]
)
def test_the_files_of_the_answer_have_the_hash(client: FlaskClient, query: str) -> None:
    address = receipt(client, query)
    facts = client.get(f"{address}.json?replay=true").get_json()
    assert facts["replay"]["same"] is True
    fields = dict(parse_qsl(facts["request"]["canonical"])) | {"format": "canonical"}
    answer = client.post(f"/releases/{EARLIER}/sparql", data=fields)
    assert hashlib.sha256(answer.data).hexdigest() == facts["answer"]["sha256"]
    for name, link in facts["answer"]["files"].items():
        again = client.get(link)
        assert again.status_code == 200, name
        if name.startswith("canonical"):
            assert again.data == answer.data
    assert bool(facts["answer"]["files"]) == (query is not LONG)


def test_the_lines_in_the_documents_make_the_hash(client: FlaskClient) -> None:
    code = re.search(r"```python\n(import hashlib.*?)```", USERS.read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    made: dict[str, Callable[..., str]] = {}
    exec(code[1], made)

    def wanted(query: str) -> str:
        return str(client.get(f"{receipt(client, query)}.json").get_json()["answer"]["sha256"])

    for query in (
        THINGS,
        THINGS.replace("?s ?o", "*", 1),
        "SELECT * { }",
        "SELECT ?x { VALUES ?x { UNDEF UNDEF } }",
        "SELECT ?x { ?x <urn:no> 1 }",
    ):
        tsv = client.get("/sparql", query_string={"query": query, "format": "tsv"}).data
        assert made["hash_of_table"](tsv) == wanted(query)
    triples = client.get("/sparql", query_string={"query": BLANK, "format": "nt"}).data
    assert made["hash_of_graph"](triples) == wanted(BLANK)
    assert made["hash_of_ask"](False) == wanted(ASK)
    assert made["hash_of_ask"](True) == wanted("ASK {}")


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"query": THINGS, "release": "nothing"}, 404, "no release 'nothing'"),
        ({"query": THINGS, "release": "../x"}, 404, "no release"),
        ({"query": "SELEC"}, 400, "does not parse"),
        ({"query": ""}, 400, "does not parse"),
        ({"query": "SELECT (NOW() AS ?now) {}"}, 400, "NOW(), RAND()"),
        ({"query": "SELECT (uuid # \n () AS ?x) {}"}, 400, "NOW(), RAND()"),
        ({"query": "SELECT (\\u0052AND() AS ?x) {}"}, 400, "NOW(), RAND()"),
        ({"query": "SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }"}, 400, "SERVICE gets no receipt"),
        ({"query": "INSERT DATA { <urn:a> <urn:b> 1 }"}, 403, "only reads"),
        ({"query": THINGS, "timeout": "soon"}, 400, "number of seconds"),
        ({"query": "x" * 270_000}, 413, "64 KiB"),
        ({"query": "ASK {} #" + "x" * (64 << 10)}, 413, "A receipt keeps a query of at most 64 KiB"),
        ({"query": "# one\n  SELEC"}, 400, "line 2, column 8, in 'SELEC'"),
    ],
)  # fmt: skip
def test_what_gets_no_receipt_is_told_why(client: FlaskClient, fields: dict[str, str], status: int, said: str) -> None:
    answer = client.post("/receipts", data=fields)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert said in answer.get_json()["detail"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_answers_that_get_no_receipt_offer_none(client: FlaskClient, both: Both) -> None:
    for query in (
        "SELECT (NOW() AS ?now) {}",
        "SELECT (RAND() AS ?x) {}",
        "CONSTRUCT { ?b <urn:p> 1 } { BIND(BNODE() AS ?b) }",
    ):
        assert cite(client, "/sparql", query=query) == ""
        page = client.get("/sparql", query_string={"query": query}, headers=PAGE)
        assert "Cite this answer" not in page.text
        assert "cite-as" not in page.headers["Link"]
    both.engines[EARLIER]._rows = 2
    cut = client.get("/sparql", query_string={"query": THINGS})
    assert "Eclod-Truncated" in cut.headers
    assert "cite-as" not in cut.headers["Link"]
    assert "Cite this answer" not in client.get("/sparql", query_string={"query": THINGS}, headers=PAGE).text
    refused = client.get("/receipts", query_string={"query": THINGS})
    assert (refused.status_code, "more than the 2 rows" in refused.get_json()["detail"]) == (400, True)


def test_an_answer_whose_order_is_open_offers_no_receipt_and_says_why(client: FlaskClient, both: Both) -> None:
    for query in (
        "SELECT ?s { ?s <urn:p> ?o } LIMIT 2",
        "SELECT ?s { ?s <urn:p> ?o } # ORDER\n OFFSET # one\n 1",
        "SELECT (SAMPLE(?o) AS ?some) { ?s <urn:p> ?o } GROUP BY ?s ORDER BY ?s",
        "SELECT (group_concat(?o) AS ?every) { ?s <urn:p> ?o }",
    ):
        assert cite(client, "/sparql", query=query) == "", query
        assert "Cite this answer" not in client.get("/sparql", query_string={"query": query}, headers=PAGE).text
    for query in (
        "SELECT ?s { ?s <urn:p> ?o } ORDER BY ?s ?o LIMIT 2",
        "SELECT (SAMPLE(?o) AS ?some) { SELECT ?o { ?s <urn:p> ?o } order by ?o }",
        "SELECT ?limit ?sample { ?limit <urn:offset> ?sample }",
    ):
        assert client.get(cite(client, "/sparql", query=query)).status_code == 303, query
    engine = both.engines[EARLIER]
    both.engines[EARLIER] = Turning(engine)  # type: ignore[assignment]
    wanted = {"query": "SELECT ?s ?o { ?s <urn:p> ?o } LIMIT 2"}
    refused = client.get("/receipts", query_string=wanted)
    assert (refused.status_code, refused.get_json()["type"].rpartition("/")[2]) == (400, "no-receipt")
    page = client.get("/receipts", query_string=wanted, headers=PAGE)
    assert (page.status_code, "<h1>This answer gets no receipt</h1>" in page.text) == (400, True)
    assert "depends on the order in which rows are found" in page.text
    assert "give an ORDER BY" in page.text


def test_comments_fill_no_room(client: FlaskClient, releases: Releases) -> None:
    addresses = {receipt(client, f"ASK{{}} # {number}" + "x" * 5000) for number in range(30)}
    assert len(addresses) == 1
    assert (releases.data / "receipts.sqlite").stat().st_size < 50_000


def test_a_receipt_of_before_the_normal_form_is_found(client: FlaskClient, both: Both, releases: Releases) -> None:
    query = "# what things there are\n" + THINGS
    manifest = Manifest.read(releases.folder(EARLIER))
    found, _ = receipts.compute(both.engines[EARLIER], Question(query))
    store = Receipts(releases.data / "receipts.sqlite", 1 << 20)
    earlier = store.keep(manifest, receipts.spelt_request(Question(query)), found, datetime.now(UTC))
    assert receipt(client, query) == client.get(cite(client, "/sparql", query=query)).headers["Location"]
    assert receipt(client, f" {query}\n") == f"/receipts/{earlier.id}"
    facts = client.get(f"/receipts/{earlier.id}.json?replay=true").get_json()
    assert (facts["request"]["query"], facts["replay"]["same"]) == (query, True)
    now = client.get(receipt(client, THINGS) + ".json").get_json()
    assert now["id"] != earlier.id
    assert now["answer"]["sha256"] == facts["answer"]["sha256"] == earlier.result.sha256


def test_a_saved_query_has_its_values_on_the_receipt(client: FlaskClient, both: Both) -> None:
    both.release = RELEASE
    short = cite(client, "/queries/regions-inside.csv", region="DK01")
    assert ("$region", "<http://data.europa.eu/nuts/code/DK01>") in parse_qsl(short.partition("?")[2])
    address = cite(client, "/queries/clusters-of-a-region.csv", region="DK01")
    assert re.fullmatch("/receipts/[0-9a-z]+", address), "a query too long for an address is put down"
    facts = client.get(f"{address}.json?replay=true").get_json()
    assert facts["request"]["bindings"] == {"region": "<http://data.europa.eu/nuts/code/DK01>"}
    assert facts["replay"]["same"] is True
    rows = client.get("/queries/clusters-of-a-region.csv?region=DK01").text.count("\r\n") - 1
    assert facts["answer"]["rows"] == rows > 0
    csv = client.get(facts["answer"]["files"]["csv"])
    assert csv.text == client.get("/queries/clusters-of-a-region.csv?region=DK01").text
    elsewhere = client.get("/queries/clusters-of-a-region.csv?region=FR")
    assert elsewhere.text != csv.text
    page = html.unescape(client.get(address).text)
    assert '<a href="/queries/clusters-of-a-region">' in page
    assert "/sparql?edit=" in page
    assert "VALUES%20?region" in page
    assert "<http://data.europa.eu/nuts/code/DK01>" in page


def test_graphs_beside_the_query_are_part_of_it(client: FlaskClient, both: Both) -> None:
    both.engines[EARLIER]._store.update("INSERT DATA { GRAPH <urn:g> { <urn:s0> <urn:p> 7 } }")
    fields = [("query", THINGS), ("default-graph-uri", "urn:h"), ("default-graph-uri", "urn:g")]
    made = client.get(f"/receipts?{urlencode(fields)}")
    facts = client.get(made.headers["Location"] + ".json").get_json()
    assert (facts["request"]["default-graph-uri"], facts["answer"]["rows"]) == (["urn:g", "urn:h"], 1)
    assert client.get(f"/receipts?{urlencode(fields[::-1])}").headers["Location"] == made.headers["Location"]
    assert "urn:h" in client.get(made.headers["Location"]).text
