"""Receipts: what is hashed of an answer, that it is the same when asked again, and the file that keeps it."""

from __future__ import annotations

import hashlib
import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core import codes
from eclod.core.errors import BadQuery, Damaged, NoReceipt, NotFound, OverBudget, TooBusy, TooLarge
from eclod.core.settings import Settings
from eclod.store import receipts
from eclod.store.engine import Answer, Question
from eclod.store.inprocess import InProcessEngine
from eclod.store.manifest import Manifest
from eclod.store.pool import ExecutorPool
from eclod.store.receipts import Receipts, Result
from eclod.store.releases import Releases
from eclod.store.supervisor import Supervisor

AT = datetime(2026, 1, 2, 4, 4, 5, 678, tzinfo=timezone(timedelta(hours=1)))
DATA = """
<urn:a> <urn:p> "x"@en , "x"@de , "x" , 1 , "1" .
<urn:b> <urn:p> 2 ; <urn:q> [ <urn:r> [] ] , [ <urn:r> [] ] .
<urn:c> <urn:name> "Ærø\\t\\n\\"" .
"""
RESULT = Result("bindings", ("a", "b"), 3, "f" * 64)


@pytest.fixture(scope="module")
def engine() -> InProcessEngine:
    store = ox.Store()
    store.load(DATA.encode(), ox.RdfFormat.TURTLE)
    return InProcessEngine(store, "r1")


def manifest(release: str = "r1") -> Manifest:
    return Manifest(
        id=release,
        previous=None,
        created="2026-01-01T00:00:00+00:00",
        base="https://example.org/eclod",
        origin="rdf",
        quads=1,
        dataset_sha256="d" * 64,
        graphs=(),
    )


def result(engine: InProcessEngine, text: str) -> Result:
    found, release = receipts.compute(engine, Question(text))
    assert release == "r1"
    return found


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# What is hashed


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


# The canonical request


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


# The file


@pytest.fixture
def store(tmp_path: Path) -> Receipts:
    return Receipts(tmp_path / "receipts.sqlite", 1 << 20)


def test_a_receipt_is_made_once_and_stays(store: Receipts, tmp_path: Path) -> None:
    assert (store.find("r1", "query=a"), store.get("00000000000")) == (None, None)
    assert not (tmp_path / "receipts.sqlite").exists()
    first = store.keep(manifest(), "query=a", RESULT, AT)
    assert first.at == "2026-01-02T03:04:05+00:00"
    assert (first.release, first.request, first.result) == ("r1", "query=a", RESULT)
    assert (first.dataset_sha256, first.base) == ("d" * 64, "https://example.org/eclod")
    later = store.keep(manifest(), "query=a", replace(RESULT, rows=9), AT + timedelta(days=1))
    assert first == later == store.get(first.id) == store.find("r1", "query=a")
    others = {
        store.keep(manifest(release), text, RESULT, AT).id for release in ("r1", "r2") for text in ("query=a", "q")
    }
    assert len(others) == 4
    assert first.id in others
    assert all(codes.normalise(name) == name for name in others)
    # The same wherever and whenever it is made.
    assert (
        Receipts(tmp_path / "other.sqlite", 1 << 20).keep(manifest(), "query=a", RESULT, datetime.now(UTC)).id
        == first.id
    )


@pytest.mark.parametrize("truth", [True, False, None])
def test_all_of_a_result_comes_back(store: Receipts, truth: bool | None) -> None:
    kept = replace(RESULT, columns=(), boolean=truth)
    assert store.keep(manifest(), "query=a", kept, AT) == store.find("r1", "query=a")
    found = store.find("r1", "query=a")
    assert found is not None
    assert found.result == kept


def test_nothing_is_kept_of_whoever_asked_and_nothing_changes(store: Receipts, tmp_path: Path) -> None:
    store.keep(manifest(), "query=a", RESULT, AT)
    with closing(sqlite3.connect(tmp_path / "receipts.sqlite")) as database:
        columns = {
            table: [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            for table in ("receipt", "expected")
        }
        assert columns["receipt"] == [
            *(
                "id",
                "release",
                "dataset_sha256",
                "base",
                "kind",
                "columns",
                "rows",
                "boolean",
                "sha256",
                "at",
                "engine",
            ),
            "request",
        ]
        assert columns["expected"] == ["ends", "id", "release", "request"]
        for change in ("UPDATE receipt SET sha256 = 'x'", "DELETE FROM receipt"):
            with pytest.raises(sqlite3.IntegrityError, match="receipt"):
                database.execute(change)


def test_many_at_once_make_one(store: Receipts) -> None:
    together = threading.Barrier(8)

    def keep(number: int) -> str:
        together.wait()
        same = store.keep(manifest(), "query=same", RESULT, AT + timedelta(seconds=number))
        own = store.keep(manifest(), f"query={number}", RESULT, AT)
        assert store.get(own.id) == own
        return f"{same.id} {same.at}"

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(keep, range(8)))) == 1


def test_a_full_file_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    store = Receipts(tmp_path / "receipts.sqlite", 200_000)
    kept = []
    with pytest.raises(TooBusy, match=r"no room for another receipt .*ECLOD_RECEIPTS_MB"):
        for number in itertools.count():
            kept.append(store.keep(manifest(), f"query={number}" + "x" * 5000, RESULT, AT))
    assert 10 < len(kept) < 40
    assert (tmp_path / "receipts.sqlite").stat().st_size <= 200_000
    assert [store.get(receipt.id) for receipt in kept] == kept
    assert store.keep(manifest(), kept[0].request, RESULT, AT) == kept[0]
    assert store.expect("r1", "query=" + "y" * 9000) is None
    roomier = Receipts(tmp_path / "receipts.sqlite", 400_000)
    assert roomier.keep(manifest(), "query=" + "z" * 5000, RESULT, AT) == roomier.find("r1", "query=" + "z" * 5000)


def test_a_file_that_cannot_be_written_says_so_and_answers_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for path in (tmp_path / "no" / "such" / "receipts.sqlite", tmp_path):
        store = Receipts(path, 1 << 20)
        with pytest.raises(TooBusy, match="cannot be used now"):
            store.keep(manifest(), "query=a", RESULT, AT)
        assert store.expect("r1", "query=a") is None
    assert "unable to open database file" in caplog.text


def test_a_file_that_another_holds_is_waited_for_but_not_by_answers(store: Receipts, tmp_path: Path) -> None:
    store.keep(manifest(), "query=a", RESULT, AT)
    with (
        closing(sqlite3.connect(tmp_path / "receipts.sqlite", isolation_level=None)) as other,
        ThreadPoolExecutor(1) as thread,
    ):
        other.execute("BEGIN EXCLUSIVE")
        assert store.expect("r1", "query=b") is None
        waiting = thread.submit(store.keep, manifest(), "query=c", RESULT, AT)
        other.execute("COMMIT")
        assert waiting.result(10).request == "query=c"


@pytest.mark.parametrize("change", ["damage", "newer"])
def test_a_file_that_does_not_hold_is_refused(store: Receipts, tmp_path: Path, change: str) -> None:
    path = tmp_path / "receipts.sqlite"
    receipt = store.keep(manifest(), "query=a", RESULT, AT)
    if change == "damage":
        path.write_bytes(b"no database" * 1000)
    else:
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    refused: list[Callable[[], object]] = [
        lambda: store.get(receipt.id),
        lambda: store.find("r1", "query=a"),
        lambda: store.keep(manifest(), "query=a", RESULT, AT),
    ]
    for call in refused:
        with pytest.raises(Damaged, match="cannot be read" if change == "damage" else "newer eclod"):
            call()
    assert store.expect("r1", "query=b") is None
    assert path.read_bytes() == before


def test_an_empty_file_is_as_none(store: Receipts, tmp_path: Path) -> None:
    (tmp_path / "receipts.sqlite").touch()  # what a killed first write may leave
    assert store.get("00000000000") is None
    assert store.keep(manifest(), "query=a", RESULT, AT) == store.find("r1", "query=a")


def test_two_requests_never_share_an_id(store: Receipts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "derive", lambda kind, release, request, attempt: f"{kind}{attempt}")
    assert [store.keep(manifest(), f"query={n}", RESULT, AT).id for n in (0, 1, 0)] == [
        "receipt0",
        "receipt1",
        "receipt0",
    ]
    assert store.expect("r1", "query=2") == store.expect("r1", "query=2") == "receipt2"
    assert store.keep(manifest(), "query=3", RESULT, AT).id == "receipt3"
    assert store.find("r1", "query=2") is None
    assert store.keep(manifest(), "query=2", RESULT, AT).id == "receipt2"


def test_what_is_expected_is_bounded_and_the_oldest_go(store: Receipts, tmp_path: Path) -> None:
    names = [store.expect("r1", f"query={number:03}" + "x" * 4990) for number in range(100)]
    assert None not in names
    assert len(set(names)) == 100
    found = [store.expected(name) for name in names if name]
    assert found[-1] == ("r1", "query=099" + "x" * 4990)
    assert found.index(found[-1]) == 99
    assert [each is not None for each in found] == [False] * 73 + [True] * 27  # an eighth of 1 MiB, 4,999 bytes each
    assert store.expect("r1", "query=" + "x" * (1 << 17)) is None
    assert (tmp_path / "receipts.sqlite").stat().st_size < 400_000
    kept = store.keep(manifest(), "query=099" + "x" * 4990, RESULT, AT)
    assert kept.id == names[-1] == store.expect("r1", "query=099" + "x" * 4990)
    with closing(sqlite3.connect(tmp_path / "receipts.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM expected").fetchone() == (26,)


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from eclod.store.manifest import Manifest
from eclod.store.receipts import Receipts, Result

store = Receipts(Path(sys.argv[1]), 64 << 20)
manifest = Manifest.model_validate_json(sys.argv[2])
number = 0
while True:
    number += 1
    store.expect("r1", f"expected={number}" + "x" * 20000)
    result = Result("graph", (), number, "0" * 64)
    receipt = store.keep(manifest, f"query={number}" + "x" * 20000, result, datetime.now(UTC))
    print(receipt.id, flush=True)
"""


def test_a_killed_process_loses_nothing_that_it_said(tmp_path: Path) -> None:
    path = tmp_path / "receipts.sqlite"
    said: list[str] = []
    for round_ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), manifest(f"r{round_}").model_dump_json()],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        with writer.stdout as output:
            said += [output.readline().strip() for _ in range(7 + round_)]
            os.kill(writer.pid, signal.SIGKILL)
            writer.wait()
            said += output.read().split()
        store = Receipts(path, 64 << 20)
        assert [name for name in said if store.get(name) is None] == []
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(said) >= 24


# Real processes


@pytest.fixture
def running(data: Path, must: Callable[..., Manifest]) -> Iterator[tuple[Supervisor, ExecutorPool]]:
    """Return a service that is stepped on a thread, and a pool on it; the release has 2,000 things."""
    things = "".join(f'<urn:s:{n}> <urn:p> "{n}" ; <urn:d> {n}e-3 .\n' for n in range(2000))
    must(a__ttl=things + "<urn:b> <urn:q> [ <urn:r> [] ] , [ <urn:r> [] ] .")
    settings = Settings(data=data, executors=2, query_seconds=20)
    supervisor = Supervisor(settings)
    done = threading.Event()

    def keep_stepping() -> None:
        while not done.is_set():
            supervisor.step(0.05)

    supervisor.start()
    stepping = threading.Thread(target=keep_stepping)
    stepping.start()
    try:
        with closing(ExecutorPool(supervisor.run_folder, settings)) as pool:
            yield supervisor, pool
    finally:
        done.set()
        stepping.join()
        supervisor.stop()


QUERIES = [
    "SELECT * { ?s ?p ?o }",
    "SELECT ?s { ?s <urn:p> ?o } ORDER BY ?o LIMIT 10",
    "SELECT (COUNT(*) AS ?n) (MAX(?o) AS ?m) { ?s <urn:d> ?o }",
    "SELECT ?b { ?s <urn:q> ?b }",
    "CONSTRUCT { ?s <urn:is> [ <urn:of> ?o ] } { ?s <urn:p> ?o FILTER(STRLEN(?o) < 3) }",
    "DESCRIBE <urn:b>",
    "ASK { <urn:s:1> ?p ?o }",
]
ORDERED_BY_CHANCE = [
    "SELECT * { ?s ?p ?o } LIMIT 10",
    "SELECT * { ?s <urn:p> ?o } OFFSET 1990",
    "SELECT (GROUP_CONCAT(?o) AS ?x) { ?s <urn:p> ?o }",
    "SELECT (SAMPLE(?o) AS ?x) { ?s <urn:p> ?o }",
    "SELECT (SUM(?o) AS ?x) { ?s <urn:d> ?o }",
]


def test_a_replay_gives_the_same_hash_after_later_releases(
    running: tuple[Supervisor, ExecutorPool], must: Callable[..., Manifest], releases: Releases
) -> None:
    _, pool = running
    first = pool.release
    kept = {text: receipts.settle(pool, Question(text), first) for text in QUERIES}
    assert len({each.sha256 for each in kept.values()}) == len(QUERIES)
    for text in ORDERED_BY_CHANCE:
        with pytest.raises(NoReceipt, match="ORDER BY"):
            receipts.settle(pool, Question(text), first)
    second = must(a__ttl="<urn:s:1> <urn:p> 1 .").id
    deadline = threading.Event()
    while pool.release != second:
        assert not deadline.wait(0.05)
    for text, result in kept.items():
        for fixed_order in (True, False):
            again = receipts.compute(pool, Question(text, release=first, fixed_order=fixed_order))
            assert again == (result, first)
        changed, release = receipts.compute(pool, Question(text))
        assert release == second
        assert (changed == result) == text.startswith("ASK")
        assert receipts.settle(pool, Question(text), first) == result
    releases.prune(1)
    with pytest.raises(NotFound):
        receipts.compute(pool, Question(QUERIES[0], release="20200101T000000Z-00000000"))


def test_blank_nodes_that_all_point_to_each_other_end_at_the_budget(
    pool: ExecutorPool, fine: Callable[[], None]
) -> None:
    clique = " ".join(f"_:a{i} <urn:p> _:a{j} ." for i in range(12) for j in range(12) if i != j)
    with pytest.raises(OverBudget):
        receipts.compute(pool, Question(f"CONSTRUCT {{ {clique} }} {{}}", seconds=1))
    fine()
