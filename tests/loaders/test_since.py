"""Since when a registry says what it says: through deliveries, and as in a plain memory of every statement."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from eclod.core.settings import Settings, from_environment
from eclod.store import lines
from eclod_loaders import since

from .test_pipeline import ROWS, add_registry, ask, build, current

OWN, DATA = "https://w3id.org/eclod/graph/since/one", "https://w3id.org/eclod/graph/registry/one"
DELIVERY = "https://w3id.org/eclod/registries/one#delivery-"
SINCE = """PREFIX prov: <http://www.w3.org/ns/prov#> PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?name ?delivery WHERE {
  GRAPH <https://w3id.org/eclod/graph/registry/one> { ?thing skos:prefLabel ?name }
  OPTIONAL { GRAPH <https://w3id.org/eclod/graph/since/one> {
    ?entry rdf:subject ?thing ; rdf:predicate skos:prefLabel ; rdf:object ?name ; prov:wasGeneratedBy ?own } }
  OPTIONAL { GRAPH <https://w3id.org/eclod/graph/since/one> { ?thing prov:wasGeneratedBy ?things } }
  OPTIONAL { GRAPH <https://w3id.org/eclod/graph/since/one> {
    <https://w3id.org/eclod/graph/registry/one> prov:wasGeneratedBy ?first } }
  BIND (STRAFTER(STR(COALESCE(?own, ?things, ?first, "#delivery-1")), "#delivery-") AS ?delivery)
} ORDER BY ?name"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return from_environment({}, data=tmp_path / "data")


def test_names_through_four_deliveries(settings: Settings, tmp_path: Path) -> None:
    """Issue 5, item 5: a value that stays keeps its day, what is new has the new one, what comes back begins anew."""
    folder = tmp_path / "registries"
    add_registry(folder, "one")
    build(settings, folder, 1)
    assert current(settings).graph(OWN) is None  # the same files always give the same data
    assert ask(settings, SINCE) == [("Alpha", "1"), ("Beta", "1"), ("Gamma", "1")]
    second = ROWS.replace("Beta", "Better") + "4,Delta,DK04,\n"
    add_registry(folder, "one", rows=second)
    build(settings, folder, 2)
    assert ask(settings, SINCE) == [("Alpha", "1"), ("Better", "2"), ("Delta", "2"), ("Gamma", "1")]
    add_registry(folder, "one", rows=ROWS.replace("Gamma", "Gamm"))
    build(settings, folder, 3)
    assert ask(settings, SINCE) == [("Alpha", "1"), ("Beta", "3"), ("Gamm", "3")]
    assert build(settings, folder, 4).manifest is None
    add_registry(folder, "two", rows="id,name,region,legal\n1,Delta,DK04,\n")
    build(settings, folder, 5)  # of somebody else
    assert ask(settings, SINCE) == [("Alpha", "1"), ("Beta", "3"), ("Gamm", "3")]
    add_registry(folder, "one", rows=second)
    build(settings, folder, 6)
    assert ask(settings, SINCE) == [("Alpha", "1"), ("Better", "4"), ("Delta", "4"), ("Gamma", "4")]
    shutil.rmtree(folder / "one")
    build(settings, folder, 7)
    assert current(settings).graph(OWN) is None
    add_registry(folder, "one")
    build(settings, folder, 8)
    assert {since for _, since in ask(settings, SINCE)} == {"5"}


def test_entries_say_what_a_memory_of_every_statement_says() -> None:
    """An incremental path gives what the full one gives: 60 random deliveries, every statement looked up after each."""
    chance = random.Random(7)
    things = [f"https://e.org/{name}{part}" for name in ("a", "a-b", "b", "c") for part in ("", "#x", "#y")]
    values = [f'<{t}> <https://p.org/{p}> "{v}" <{DATA}> .'.encode() for t in things for p in "pq" for v in "12"]
    known: list[bytes] = []
    old: list[bytes] = []
    memory: dict[bytes, int] = {}
    for number in range(1, 61):
        keep = chance.choice((0.1, 0.5, 0.9))
        new = sorted(line for line in values if chance.random() < keep) if number % 7 else old
        memory = {line: memory.get(line, number) for line in new}
        if number > 1:
            before = known or [f"<{DATA}> {since.GENERATED.decode()} <{DELIVERY}1> <{OWN}> .".encode()]
            delivery = f"<{DELIVERY}{number}>".encode()
            known = since.changed(before, old, new, *lines.difference(old, new), delivery, OWN, DATA)
            assert {line: _looked_up(known, line) for line in new} == memory
            entries = sum(line.startswith(f"<{OWN}#".encode()) for line in known)
            assert entries % 5 == 0
            assert entries <= 5 * sum(memory[line] > 1 for line in new)
        old = new


def _looked_up(known: list[bytes], line: bytes) -> int:
    """Return the number of the delivery that a line came with, as whoever reads the entries works it out."""
    found = {lines.subject(each): each.split(b" ")[2] for each in known if b"wasGeneratedBy" in each}
    thing = b"<" + lines.subject(line)[1:-1].partition(b"#")[0] + b">"
    for node in (since.node(line, OWN, DATA), thing, f"<{DATA}>".encode()):
        if node in found:
            return int(found[node].removeprefix(f"<{DELIVERY}".encode()).removesuffix(b">"))
    raise AssertionError(line)
