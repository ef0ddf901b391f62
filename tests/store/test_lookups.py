"""Look-ups: what counts as one, and that they answer as the executors do, or leave the question to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core import formats
from eclod.core.errors import NotFound
from eclod.store import lookups
from eclod.store.engine import Answer, Question
from eclod.store.inprocess import InProcessEngine
from eclod.store.lookups import LookUps, is_look_up

RELEASE = "2026-01-02T030405Z-abcdef12"
THING = "https://example.org/thing"
ALL = f"SELECT ?p ?o WHERE {{ <{THING}> ?p ?o }}"
DATA = f"""<{THING}> a <urn:type> ; <urn:name> "Üñ \\"q\\"\\n"@en, 1, true ; <urn:sees> _:b .
<urn:other> <urn:name> "other" . <urn:large> <urn:says> {", ".join(f'"{n:0900}"' for n in range(100))} ."""

LOOK_UPS = [
    ALL,
    f"select*{{<{THING}>?p ?o}}",
    f"  SELECT ?o {{ <{THING}> a ?o . }}\n",
    "PREFIX ex: <https://example.org/>\nprefix : <urn:>\nSELECT $o WHERE { ex:thing :name $o }",
    f"SELECT ?none WHERE {{ <{THING}> <urn:name> ?o }}",
    "SELECT ?o WHERE { <urn:nobody> ?p ?o }",
    f"SELECT ?p WHERE {{ <{THING}> ?p ?p }}",
]
OTHERS = [
    "SELECT ?s WHERE { ?s ?p ?o }",
    f"SELECT ?s WHERE {{ ?s ?p <{THING}> }}",
    f"SELECT ?o WHERE {{ <{THING}> ?p ?o . ?x ?y ?z }}",
    f"SELECT ?o WHERE {{ <{THING}> ?p ?o ; ?q ?r }}",
    f"SELECT ?o WHERE {{ <{THING}> ?p ?o, ?r }}",
    f"SELECT ?o WHERE {{ <{THING}> <urn:sees>* ?o }}",
    f"SELECT ?o WHERE {{ <{THING}> <urn:sees>/<urn:name> ?o }}",
    f"SELECT ?o WHERE {{ <{THING}> !<urn:sees> ?o }}",
    f"SELECT ?o WHERE {{ <{THING}> ?p ?o }} ORDER BY ?o",
    f"SELECT ?o WHERE {{ <{THING}> ?p ?o }} VALUES ?o {{ 1 }}",
    f"SELECT DISTINCT ?o WHERE {{ <{THING}> ?p ?o }}",
    f"SELECT (COUNT(*) AS ?n) WHERE {{ <{THING}> ?p ?o }}",
    f"SELECT ?o WHERE {{ <{THING}> ?p ?o FILTER(?o > 1) }}",
    f"SELECT ?o FROM <urn:g> WHERE {{ <{THING}> ?p ?o }}",
    f"SELECT ?o WHERE {{ GRAPH ?g {{ <{THING}> ?p ?o }} }}",
    f"SELECT ?o WHERE {{ SERVICE <{THING}> {{ <{THING}> ?p ?o }} }}",
    f"SELECT ?o WHERE {{ <{THING}> ?p ?o }} # {{",
    f"BASE <urn:> SELECT ?o WHERE {{ <{THING}> ?p ?o }}",
    f"ASK {{ <{THING}> ?p ?o }}",
    f"DESCRIBE <{THING}>",
    "",
]


class Executors:
    """An engine that notes what it is asked."""

    def __init__(self, store: ox.Store) -> None:
        self.release = RELEASE
        self.asked: list[Question] = []
        self._engine = InProcessEngine(store, RELEASE)

    def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        return self._engine.ask(question)


class Folders:
    """The releases, of which there is one."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, release: str) -> Path:
        if release != RELEASE:
            raise NotFound("no such release")
        return self._root


@pytest.fixture
def executors(tmp_path: Path) -> Executors:
    store = ox.Store(str(tmp_path / "store"))
    store.load(DATA, ox.RdfFormat.TURTLE)
    store.flush()
    return Executors(store)


@pytest.fixture
def opened(executors: Executors, tmp_path: Path) -> Iterator[LookUps]:
    """Look-ups in a release that is open."""
    found = LookUps(executors, Folders(tmp_path))  # type: ignore[arg-type]  # all that is asked of releases
    yield until_open(found)


def until_open(found: LookUps) -> LookUps:
    deadline = time.monotonic() + 20
    while found.find(question(ALL)) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def question(text: str, **more: object) -> Question:
    return Question(text, formats.RESULT_JSON, formats.TURTLE, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", LOOK_UPS)
@pytest.mark.parametrize("form", formats.RESULT_FORMATS, ids=lambda form: form.name)
def test_it_answers_as_an_executor(opened: LookUps, executors: Executors, text: str, form: formats.Format) -> None:
    asked = Question(text, form, formats.TURTLE)
    answer = opened.find(asked)
    assert answer is not None
    expected = executors.ask(asked)
    assert (answer.kind, answer.format, answer.release) == (expected.kind, form, RELEASE)
    found = answer.read()
    assert found == expected.read()
    assert answer.length == len(found)


@pytest.mark.parametrize("text", OTHERS)
def test_all_else_is_for_the_executors(text: str) -> None:
    assert not is_look_up(text)


def test_whoever_cannot_read_it_here_asks_an_executor(opened: LookUps, executors: Executors) -> None:
    large = question("SELECT ?o WHERE { <urn:large> ?p ?o }")
    assert is_look_up(large.text) and opened.find(large) is None
    assert opened.ask(large).length > 90_000
    assert executors.asked == [large]


@pytest.mark.parametrize(
    "other",
    [
        question(ALL, default_graphs=("urn:g",)),
        question(ALL, named_graphs=("urn:g",)),
        question(ALL, bindings={"o": "<urn:type>"}),
        question(ALL, fixed_order=True),
        question(ALL, release="2025-12-31T000000Z-00000000"),
        question("SELECT ?o WHERE { none:such ?p ?o }"),
        question("SELECT ?o WHERE { <relative> ?p ?o }" + " " * 2000),
    ],
)
def test_what_is_more_than_a_look_up_is_for_the_executors(opened: LookUps, other: Question) -> None:
    assert opened.find(other) is None


def test_more_rows_than_a_client_gets_are_for_the_executors(executors: Executors, tmp_path: Path) -> None:
    few = LookUps(executors, Folders(tmp_path), rows=2)  # type: ignore[arg-type]
    deadline = time.monotonic() + 20
    while few.find(question(f"SELECT ?o WHERE {{ <{THING}> a ?o }}")) is None:
        assert time.monotonic() < deadline
    assert few.find(question(ALL)) is None


def test_after_a_slow_one_the_disk_is_left_alone(opened: LookUps, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = question(ALL)
    monkeypatch.setattr(lookups, "_SLOW", 0.0)
    assert opened.find(asked) is not None
    monkeypatch.setattr(lookups, "_SLOW", 60.0)
    assert opened.find(asked) is None
    monkeypatch.setattr(opened, "_rests_until", 0.0)
    assert opened.find(asked) is not None


@pytest.mark.parametrize("release", ["2027-01-01T000000Z-11111111"])
def test_a_release_that_cannot_be_opened_is_for_the_executors(
    opened: LookUps, executors: Executors, release: str
) -> None:
    executors.release = release
    for _ in range(20):
        assert opened.find(question(ALL)) is None
        time.sleep(0.005)
    executors.release = RELEASE
    until_open(opened)


def test_a_slow_regular_expression_is_none() -> None:
    """What looks like a look-up for very long and is none is told at once."""

    def seconds(check: Callable[[], object]) -> float:
        started = time.monotonic()
        check()
        return time.monotonic() - started

    texts = ["PREFIX a: <urn:a> " * 80 + "x", "SELECT " + "?a " * 400, "SELECT * { " + "a" * 1400, " " * 1499 + "{"]
    assert max(seconds(lambda text=text: is_look_up(text)) for text in texts) < 0.5  # type: ignore[misc]
