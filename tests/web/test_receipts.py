"""Receipts over HTTP: made from the link of an answer, cited, compared with today, asked again."""

from __future__ import annotations

import dataclasses
import hashlib
import html
import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from eclod.core.errors import EclodError, OverBudget, TooBusy
from eclod.core.settings import Settings
from eclod.store import receipts
from eclod.store.engine import Answer, Question
from eclod.store.inprocess import InProcessEngine
from eclod.store.manifest import Manifest
from eclod.store.normal_form import lay_out
from eclod.store.receipts import Receipts
from eclod.store.releases import Releases
from eclod.web.app import create_app
from eclod.web.queries import citations

from .conftest import BASE, EARLIER, RELEASE, Client, FoundEverywhere, dataset, write_release

USERS = Path(__file__).resolve().parents[2] / "docs" / "users.md"
PAGE = {"Accept": "text/html"}
THINGS = "SELECT ?s ?o { ?s <urn:p> ?o } ORDER BY ?s ?o"
BLANK = "CONSTRUCT { ?s <urn:is> [ <urn:of> ?o ] } { ?s <urn:p> ?o }"
ASK = "ASK { <urn:s2> ?p ?o }"
LONG = "SELECT ?x { VALUES ?x { " + " ".join(f"<urn:x:{number}>" for number in range(300)) + " } }"
HOSTILE = 'SELECT ("}{\\\\ %$#&_~^<>|@ \\" </code><script>alert(1)</script>" AS ?x) { BIND("{{{ \' é ☃ %" AS ?y) }'


class Both:
    """An engine with both releases, of which one is current; it can be told to fail."""

    def __init__(self) -> None:
        later, before = dataset(), ox.Store()
        for number in range(3):
            later.update(f'INSERT DATA {{ <urn:s{number}> <urn:p> {number}, "{number}"@en }}')
            before.update(f"INSERT DATA {{ <urn:s{number % 2}> <urn:p> {number} }}")
        self.engines = {RELEASE: InProcessEngine(later, RELEASE), EARLIER: InProcessEngine(before, EARLIER)}
        self.release = EARLIER
        self.asked: list[Question] = []
        self.error: EclodError | None = None

    def ask(self, question: Question) -> Answer:
        if self.error is not None:
            raise self.error
        self.asked.append(question)
        return self.engines[question.release or self.release].ask(question)


class Turning:
    """An engine that finds rows the other way round in memory."""

    release = EARLIER

    def __init__(self, engine: InProcessEngine) -> None:
        self._engine = engine

    def ask(self, question: Question) -> Answer:
        order = "ASC" if question.fixed_order else "DESC"
        text = question.text.replace("LIMIT", f"ORDER BY {order}(?o) LIMIT")
        return self._engine.ask(dataclasses.replace(question, text=text))


@pytest.fixture
def both() -> Both:
    return Both()


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    found = Releases(tmp_path)
    write_release(found, EARLIER, None, "2025-12-31T00:00:00+00:00")
    write_release(found, RELEASE, EARLIER, "2026-01-02T03:04:05+00:00")
    found.switch(EARLIER)
    return found


@pytest.fixture
def client(both: Both, releases: Releases) -> FlaskClient:
    app = create_app(Settings(data=releases.data, query_kb=64), both, releases, FoundEverywhere())
    return Client(app, app.response_class)


def cite(client: FlaskClient, address: str, **fields: str) -> str:
    """Return where the answer at an address says that it gets its receipt; "" when it does not."""
    answer = client.get(address, query_string=fields or None)
    assert answer.status_code == 200, answer.text
    found = re.search(r'<([^>]*)>; rel="cite-as"', answer.headers.get("Link", ""))
    return found[1] if found else ""


def receipt(client: FlaskClient, query: str, **fields: str) -> str:
    """Return the address of the receipt of a query."""
    made = client.get("/receipts", query_string={"query": query, **fields})
    assert made.status_code == 303, made.text
    return str(made.headers["Location"])


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


def test_one_client_gets_so_many_new_receipts_a_day(client: FlaskClient, releases: Releases) -> None:
    def made(number: int, **client_at: str) -> TestResponse:
        query = f"ASK {{ ?s ?p '{number}{'x' * 60_000}' }}"
        return client.post("/receipts", data={"query": query}, environ_overrides=client_at)

    answers = [made(number) for number in range(20)]
    assert [answer.status_code for answer in answers] == [303] * 17 + [429] * 3
    refused = answers[-1]
    assert 86_000 < int(refused.headers["Retry-After"]) <= 86_400
    assert "used up what one may have of new receipts here in 24 hours" in refused.get_json()["detail"]
    assert made(0).headers["Location"] == answers[0].headers["Location"]  # known ones cost nothing
    assert made(19, REMOTE_ADDR="198.51.100.9").status_code == 303
    assert (releases.data / "receipts.sqlite").stat().st_size < 2 << 20


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


def test_there_is_a_page_about_receipts(client: FlaskClient) -> None:
    page = client.get("/receipts", headers=PAGE)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert '<form class="query" action="/receipts" method="post">' in page.text
    assert page.text.count("<option") == 3
    assert f'<option value="{RELEASE}">' in page.text
    assert 'name="robots" content="noindex"' in page.text
    assert client.get("/receipts", headers={"If-None-Match": page.headers["ETag"]}).status_code == 304
    assert client.get("/receipts", headers={"Accept": "text/turtle"}).status_code == 406


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("html", "text/html"),
        ("json", "application/json"),
        ("bib", "application/x-bibtex"),
        ("csl", "application/vnd.citationstyles.csl+json"),
    ],
)
def test_a_receipt_is_negotiated(client: FlaskClient, name: str, media_type: str) -> None:
    address = receipt(client, THINGS)
    ways = [
        client.get(f"{address}.{name}"),
        client.get(f"{address}?format={name}"),
        client.get(address, headers={"Accept": media_type}),
    ]
    for answer in ways:
        assert (answer.status_code, answer.mimetype) == (200, media_type)
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Eclod-Release"] == EARLIER
        assert answer.headers["Vary"].startswith("Accept, Accept-Language")
        assert answer.headers["Content-Location"] == f"{address}.{name}"
        assert f'<{BASE}{address}>; rel="canonical"' in answer.headers["Link"]
        assert answer.headers["Link"].count('rel="alternate"') == 3
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert not answer.headers["ETag"].startswith("W/")
    assert len({answer.data for answer in ways}) == 1
    head = client.head(f"{address}.{name}")
    assert (head.data, head.headers["Content-Length"]) == (b"", str(len(ways[0].data)))
    again = client.get(f"{address}.{name}", headers={"If-None-Match": ways[0].headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_receipt_that_is_not_so_or_not_there(client: FlaskClient) -> None:
    address = receipt(client, THINGS)
    name = address.rpartition("/")[2]
    assert client.get(address, headers={"Accept": "text/turtle"}).status_code == 406
    assert client.get(f"{address}.ttl").status_code == 404
    assert client.get(f"{address}?format=ttl").status_code == 400
    moved = client.get(f"/receipts/{name[:5].upper()}-{name[5:]}.bib")
    assert (moved.status_code, moved.headers["Location"]) == (301, f"{address}.bib")
    other = "0" if name[0] != "0" else "1"
    assert client.get(f"/receipts/{other}{name[1:]}").get_json()["title"] == "The identifier is misspelt"
    missing = client.get("/receipts/0000000000" + "1")
    assert missing.status_code in (400, 404)
    assert client.post(address).status_code == 405


def test_today_is_compared_once_for_each_release(client: FlaskClient, both: Both) -> None:
    changed, same = receipt(client, THINGS), receipt(client, "SELECT (1 AS ?one) {}")
    assert client.get(f"{changed}.json").get_json()["today"] is None
    assert "is the one that is served today" in client.get(changed).text
    both.release = RELEASE
    both.asked.clear()
    for _ in range(3):
        today = client.get(f"{changed}.json").get_json()["today"]
        page = client.get(changed)
    assert len(both.asked) == 1
    assert both.asked[0].asker is not None  # the limits on each client hold
    assert (today["release"], today["same"], today["rows"]) == (RELEASE, False, 6)
    assert "Today’s answer differs: it is that of release " + RELEASE in page.text
    assert "It is 6 rows, and was 3 rows." in page.text
    assert client.get(f"{same}.json").get_json()["today"]["same"] is True
    assert "Today’s answer is the same" in client.get(same).text


def test_today_may_not_be_known(client: FlaskClient, both: Both) -> None:
    address = receipt(client, THINGS)
    both.release = RELEASE
    both.error = TooBusy("All executors are busy; try again in a moment.", retry_after=1)
    for answer in (client.get(address), client.get(f"{address}.json")):
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert "ETag" not in answer.headers
        assert "All executors are busy" in answer.text
    both.error = OverBudget("The query was stopped after its budget of 10 seconds.")
    assert client.get(f"{address}.json").get_json()["today"] == {
        "release": RELEASE,
        "same": None,
        "problem": "The query was stopped after its budget of 10 seconds.",
    }
    assert client.get(f"{address}.bib").status_code == 200


def test_a_replay_says_whether_the_answer_is_the_same(client: FlaskClient, both: Both) -> None:
    address = receipt(client, THINGS)
    both.asked.clear()
    replayed = client.get(f"{address}?replay=true", headers=PAGE)
    assert (replayed.headers["Cache-Control"], "ETag" in replayed.headers) == ("no-store", False)
    assert "the release gives the same answer, with the same hash" in replayed.text
    assert [(q.release, q.fresh, q.fixed_order) for q in both.asked] == [(EARLIER, True, True)]
    both.engines[EARLIER]._store.update("DELETE DATA { <urn:s0> <urn:p> 0 }")  # which never happens
    assert "the release does not give the same answer" in client.get(f"{address}?replay=true").text
    facts = client.get(f"{address}.json?replay=true").get_json()
    assert (facts["replay"]["same"], facts["replay"]["rows"], facts["answer"]["rows"]) == (False, 2, 3)
    both.error = TooBusy("All executors are busy; try again in a moment.", retry_after=1)
    assert client.get(f"{address}?replay=true").status_code == 503


def test_a_receipt_outlives_its_release(client: FlaskClient, both: Both, releases: Releases) -> None:
    link = cite(client, "/sparql", query=THINGS)
    address = client.get(link).headers["Location"]
    before = client.get(address)
    both.release = RELEASE
    releases.switch(RELEASE)
    shutil.rmtree(releases.root / EARLIER)
    page = client.get(address, headers={"If-None-Match": before.headers["ETag"]})
    assert page.status_code == 200
    assert "The release is no longer kept here" in page.text
    assert "replay=true" not in page.text
    assert "/sparql?query" not in page.text
    facts = client.get(f"{address}.json?replay=true").get_json()
    assert (facts["release"]["kept"], facts["release"]["id"], facts["answer"]["files"]) == (False, EARLIER, {})
    assert facts["replay"] == {
        "release": EARLIER,
        "same": None,
        "problem": "The release is no longer kept here, so it cannot be asked again.",
    }
    assert facts["today"]["same"] is False
    assert client.get(link).headers["Location"] == address
    assert client.get("/receipts", query_string={"query": ASK, "release": EARLIER}).status_code == 404


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


def test_a_long_query_is_put_down_when_it_is_answered(client: FlaskClient, both: Both, releases: Releases) -> None:
    def post(**headers: str) -> str:
        return str(client.post("/sparql", data={"query": LONG}, headers=headers).headers.get("Link", ""))

    assert post(Authorization="Bearer x") == post(**{"Cache-Control": "no-store"}) == ""
    assert not (releases.data / "receipts.sqlite").exists()
    link = re.search(r"<(/receipts/\w+)>; rel=\"cite-as\"", post())
    assert link is not None
    assert post() == link[0]
    both.release = RELEASE  # what was asked was the release before
    page = client.get(link[1], headers=PAGE)
    assert page.status_code == 200
    facts = client.get(f"{link[1]}.json").get_json()
    assert (facts["release"]["id"], facts["answer"]["rows"], facts["request"]["query"]) == (EARLIER, 300, LONG)
    assert receipt(client, LONG, release=EARLIER) == link[1]
    form = re.search(r'<form class="query-bar" action="([^"]*)" method="post">', page.text)
    assert form is not None
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
    assert (
        client.post(
            form[1], data={**{name: html.unescape(value) for name, value in hidden}, "format": "csv"}
        ).text.count("urn:x:")
        == 300
    )


def test_answers_do_not_fail_for_want_of_receipts(client: FlaskClient, releases: Releases) -> None:
    (releases.data / "receipts.sqlite").mkdir()
    answer = client.post("/sparql", data={"query": LONG})
    assert (answer.status_code, "cite-as" in answer.headers.get("Link", "")) == (200, False)
    refused = client.get("/receipts", query_string={"query": THINGS})
    assert refused.status_code == 503
    assert "Retry-After" in refused.headers
    assert str(releases.data) not in refused.text
    page = client.post("/receipts", data={"query": THINGS}, headers=PAGE)
    assert (page.status_code, page.mimetype) == (503, "text/html")


def test_a_full_store_says_so(both: Both, releases: Releases) -> None:
    app = create_app(Settings(data=releases.data), both, releases, FoundEverywhere())
    app.extensions["eclod"].receipts = Receipts(releases.data / "receipts.sqlite", 60_000)
    client = Client(app, app.response_class)
    answers = [
        client.get("/receipts", query_string={"query": f"ASK {{ ?s ?p '{number}" + "x" * 1500 + "' }"})
        for number in range(40)
    ]
    statuses = [answer.status_code for answer in answers]
    assert statuses == sorted(statuses)
    assert set(statuses) == {303, 503}
    assert "no room for another receipt" in answers[-1].get_json()["detail"]
    assert client.get(answers[0].headers["Location"]).status_code == 200
    assert client.get("/sparql", query_string={"query": THINGS}).status_code == 200


def test_nothing_of_the_client_is_kept_or_repeated(client: FlaskClient, releases: Releases) -> None:
    secrets = {
        "User-Agent": "Unmistakable/1.0",
        "Referer": "https://referer.example/",
        "X-Forwarded-For": "203.0.113.7",
        "Cookie": "a=secret",
    }
    made = client.get(
        "/receipts", query_string={"query": THINGS}, headers=secrets, environ_overrides={"REMOTE_ADDR": "198.51.100.9"}
    )
    page = client.get(made.headers["Location"], headers=secrets)
    kept = (releases.data / "receipts.sqlite").read_bytes()
    for secret in (*secrets.values(), "198.51.100.9"):
        assert secret.encode() not in kept
        assert secret not in page.text + made.text + str(made.headers)


def _read_back(latex: str) -> str:
    """Return the text that an escaped one stands for, as BibTeX and LaTeX read it."""
    names = {
        "textbackslash": "\\",
        "textbraceleft": "{",
        "textbraceright": "}",
        "textasciitilde": "~",
        "textasciicircum": "^",
    }
    names |= {"textless": "<", "textgreater": ">", "textbar": "|"}
    return re.sub(r"\\(?:(text[a-z]+)\{\}|([%$#&_]))", lambda match: names[match[1]] if match[1] else match[2], latex)


@pytest.mark.parametrize("query", [THINGS, HOSTILE, LONG, "SELECT ('\u0007 \u0085 \u200b }' AS ?é) { }"])
def test_bibtex_is_one_entry_whatever_the_query(client: FlaskClient, query: str) -> None:
    address = receipt(client, query)
    text = client.get(f"{address}.bib").text
    lines = text.splitlines()
    assert (lines[0], lines[-1]) == (f"@misc{{eclod-{address.rpartition('/')[2]},", "}")
    fields = {}
    for line in lines[1:-1]:
        found = re.fullmatch(r"  (\w+) = \{(.*)\},", line)
        assert found is not None, line
        depth = 0
        for character in found[2]:  # BibTeX counts braces, also behind a backslash
            depth += {"{": 1, "}": -1}.get(character, 0)
            assert depth >= 0
        assert depth == 0
        fields[found[1]] = found[2]
    facts = client.get(f"{address}.json").get_json()
    assert list(fields) == ["author", "title", "year", "version", "url", "urldate", "note", "abstract"]
    assert fields["title"] == f"{{Answer to a query of European Clusters Linked Open Data, release {EARLIER}}}"
    assert (fields["version"], fields["url"]) == (EARLIER, f"{BASE}{address}")
    assert fields["urldate"] == facts["created"][:10]
    assert facts["answer"]["sha256"] in fields["note"]
    printable = " ".join("".join(c if c.isprintable() else " " for c in query).split())
    assert _read_back(fields["abstract"]) == (printable if len(printable) <= 1000 else printable[:999] + "…")


def test_csl_json_is_a_list_of_one_item(client: FlaskClient) -> None:
    address = receipt(client, HOSTILE)
    answer = client.get(f"{address}.csl")
    (item,) = json.loads(answer.text)
    facts = client.get(f"{address}.json").get_json()
    day = [int(part) for part in facts["created"][:10].split("-")]
    assert item["type"] == "dataset"
    assert item["URL"] == facts["iri"]
    assert item["accessed"] == item["issued"] == {"date-parts": [day]}
    assert (item["version"], item["author"]) == (EARLIER, [{"literal": "European Clusters Linked Open Data"}])
    assert facts["answer"]["sha256"] in item["note"]
    assert facts["citation"]["csl"] == [item]


def test_a_citation_says_how_much_there_was(client: FlaskClient) -> None:
    sizes = {THINGS: "3 rows", "SELECT (1 AS ?x) {}": "1 row", BLANK: "6 statements", ASK: "the answer is no"}
    for query, size in sizes.items():
        facts = client.get(receipt(client, query) + ".json").get_json()
        assert (
            f"of release {EARLIER}, {size}, SHA-256 {facts['answer']['sha256']}. {facts['iri']}"
            in facts["citation"]["text"]
        )


def test_hostile_text_stays_text_on_the_page(client: FlaskClient) -> None:
    page = client.get(receipt(client, HOSTILE), headers=PAGE).text
    assert "<script>alert" not in page
    assert html.escape(lay_out(HOSTILE), quote=False) in page.replace("&#34;", '"').replace("&#39;", "'")
    assert page.count("<h1>") == 1


def test_a_cut_abstract_ends_with_a_mark(client: FlaskClient) -> None:
    facts = client.get(receipt(client, LONG) + ".json").get_json()
    assert len(facts["citation"]["csl"][0]["abstract"]) == citations._LONGEST_QUERY
