"""Every saved query parses, answers in time on the data it is meant for, and gives the rows written down for it.

`tests/queries/<name>/expected.csv` (`.nt` for a graph) is the answer on the starting data with the default of each
parameter. Each further file beside it is a case of its own, with parameters in the TOML file of the same name; where
that says `data = "sample"`, it is asked of the starting data with the registry of `tests/sample-registries`, which has
what the starting data has not: members, partners, amounts, points and two sources that disagree.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import time
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core import assets, codes, formats
from eclod.core.namespaces import PREFIXES
from eclod.core.settings import Settings
from eclod.rdf import query_catalogue
from eclod.rdf.query_catalogue import SavedQuery
from eclod.store.decisions import Decision
from eclod.store.engine import Question
from eclod.store.inprocess import InProcessEngine
from eclod.store.ledger import FILE, Ledger
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod_loaders import pipeline

EXPECTED = Path(__file__).parent / "queries"
SAMPLE = Path(__file__).parent / "sample-registries"
CATALOGUE = query_catalogue.load()
STARTING, DEFAULTS = "starting", "expected"
#: Seconds of one processor that a query may take.
BUDGET = 1.0
#: Queries whose answer is about statements or languages, so that another language is another row of it.
ABOUT_LANGUAGES = {"cluster-in-full", "names-by-language", "who-says-so"}


@dataclass(frozen=True)
class Case:
    """One answer that is written down: which query, with what, on which data."""

    path: Path
    data: str
    parameters: tuple[tuple[str, str], ...]

    @property
    def query(self) -> SavedQuery:
        return CATALOGUE[self.path.parent.name]

    @property
    def bindings(self) -> dict[str, str]:
        return self.query.bindings(dict(self.parameters))

    @property
    def expected(self) -> str:
        return self.path.read_text(encoding="utf-8")


def _case(path: Path) -> Case:
    if path.stem == DEFAULTS:
        return Case(path, STARTING, ())
    facts = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    return Case(path, facts.get("data", STARTING), tuple(sorted(facts.get("parameters", {}).items())))


CASES = [_case(path) for path in sorted([*EXPECTED.glob("*/*.csv"), *EXPECTED.glob("*/*.nt")])]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path.parent.name}/{case.path.stem}")


@pytest.fixture(scope="module")
def stores(
    starting_settings: Settings, starting_release: Manifest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, ox.Store]:
    """Return the starting data and the same with the sample registry, each as a release has it."""
    data = tmp_path_factory.mktemp("sample") / "data"
    shutil.copytree(starting_settings.data, data, symlinks=True)
    _change_identifiers(Ledger(data / FILE))
    later = datetime.now(UTC) + timedelta(minutes=1)
    folders = [assets.folder("registries"), SAMPLE]
    outcome = pipeline.build(starting_settings.model_copy(update={"data": data}), None, folders, at=later)
    assert outcome.manifest is not None
    sample = outcome.manifest.registry("sample-network")
    assert sample is not None
    assert (sample.read, sample.accepted) == (19, 19)
    found = {STARTING: (starting_settings.data, starting_release), "sample": (data, outcome.manifest)}
    return {
        name: ox.Store.read_only(str(Releases(folder).folder(manifest.id) / "store"))
        for name, (folder, manifest) in found.items()
    }


def _change_identifiers(ledger: Ledger) -> None:
    """Let things that the sample registry had once be merged and withdrawn; nothing else depends on them."""
    one, closed, former = (
        codes.derive(kind, "sample-network", name)
        for kind, name in (("organisation", "energy"), ("cluster", "closed"), ("organisation", "former"))
    )
    same, gone, author = "The same body under its former name.", "The cluster was dissolved.", "Made-up office"
    ledger.decide(
        [
            Decision("merged", "organisation", former, (one,), same, author, "2026-02-01T09:00:00+00:00"),
            Decision("withdrawn", "cluster", closed, (), gone, author, "2026-03-02T09:00:00+00:00"),
        ]
    )
    ledger.commit("2026-03-02T09:00:00+00:00")


def answer(store: ox.Store, text: str, bindings: dict[str, str] | None = None) -> str:
    """Return an answer as it is written down: CSV with plain line ends, or sorted N-Triples."""
    question = Question(text, formats.RESULT_CSV, formats.N_TRIPLES, bindings=bindings or {})
    found = InProcessEngine(store).ask(question)
    body = found.read().decode()
    return "".join(sorted(body.splitlines(keepends=True))) if found.kind == "graph" else body.replace("\r\n", "\n")


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))[1:]


def test_the_number_of_queries_and_cases() -> None:
    assert len(CATALOGUE.queries) == 102
    assert len(CASES) == 223
    assert {path.name for path in EXPECTED.iterdir()} == set(CATALOGUE.queries)
    assert {path.parent.name for path in EXPECTED.glob(f"*/{DEFAULTS}.*")} == set(CATALOGUE.queries)
    assert len(list(EXPECTED.glob("*/*.toml"))) == len(CASES) - len(CATALOGUE.queries)


def written(case: Case, starting: Manifest) -> str:
    """Return the answer that is written down; when the starting release was made stands there as `{starting}`."""
    return case.expected.replace("{starting}", starting.created.replace("+00:00", "Z"))


@every_case
def test_a_query_gives_its_rows_in_time(case: Case, stores: dict[str, ox.Store], starting_release: Manifest) -> None:
    started = time.process_time()
    assert answer(stores[case.data], case.query.template, case.bindings) == written(case, starting_release)
    assert time.process_time() - started < BUDGET


@every_case
def test_a_text_with_its_values_gives_the_same(
    case: Case, stores: dict[str, ox.Store], starting_release: Manifest
) -> None:
    """The page shows this text, and it runs on any SPARQL endpoint, where nothing can be substituted."""
    assert answer(stores[case.data], case.query.with_values(case.bindings)) == written(case, starting_release)
    if case.path.stem == DEFAULTS:
        assert answer(stores[case.data], case.query.text) == case.expected


@pytest.mark.parametrize("name", CATALOGUE.queries)
def test_some_case_has_an_answer(name: str) -> None:
    cases = [case for case in CASES if case.query.name == name]
    assert any(case.expected.count("\n") > (case.query.kind == "select") or case.expected == "true" for case in cases)


@every_case
def test_no_row_is_there_twice(case: Case) -> None:
    found = [tuple(row) for row in rows(case.expected)]
    assert len(found) == len(set(found))


@cache
def _with_another_language(store: ox.Store) -> ox.Store:
    """Return the same data in memory with every text in one more language, where it sorts behind all others."""
    more = ox.Store()
    more.bulk_extend(store)
    for quad in store:
        if isinstance(quad.object, ox.Literal) and quad.object.language:
            text = ox.Literal(f"\U0001f310 {quad.object.value}", language="qaa")
            more.add(ox.Quad(quad.subject, quad.predicate, text, quad.graph_name))
    return more


@every_case
def test_no_row_is_doubled_by_language(case: Case, stores: dict[str, ox.Store], starting_release: Manifest) -> None:
    """Whatever language names are added in, the answer stays the one written down."""
    found = answer(_with_another_language(stores[case.data]), case.query.template, case.bindings)
    if case.query.name in ABOUT_LANGUAGES:
        assert found != written(case, starting_release)
    else:
        assert found == written(case, starting_release)


@pytest.mark.parametrize("name", CATALOGUE.queries)
def test_prefixes_are_those_of_the_one_table(name: str) -> None:
    prefixes = CATALOGUE[name].prefixes
    assert prefixes == {prefix: PREFIXES[prefix] for prefix in prefixes}
    text = re.sub(r'"[^"]*"|<[^>\s]*>', "", CATALOGUE[name].text.partition("\n\n")[2])
    assert set(prefixes) == set(re.findall(r"\b([a-z][a-z0-9-]*):[A-Za-z0-9]", text))


def test_choices_of_codes_are_the_codes_of_their_list(stores: dict[str, ox.Store]) -> None:
    compared = 0
    for query in CATALOGUE:
        for parameter in query.parameters:
            if parameter.options and parameter.base:
                codes = answer(
                    stores[STARTING],
                    "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
                    f"SELECT ?code WHERE {{ ?code skos:inScheme <{parameter.base.rstrip('/')}> }}",
                )
                assert sorted(row[0].removeprefix(parameter.base) for row in rows(codes)) == list(parameter.options)
                compared += 1
    assert compared == 13


def test_the_documents_list_every_query() -> None:
    users = (Path(__file__).resolve().parents[1] / "docs" / "users.md").read_text(encoding="utf-8")
    section = users.partition("\n## Saved queries\n")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `([a-z0-9-]+)` \| (.+?) \| ?(.*?) \|$", section, re.MULTILINE)
    assert listed == [
        (query.name, query.summary, ", ".join(f"`{each.name}`" for each in query.parameters))
        for queries in CATALOGUE.by_topic().values()
        for query in queries
    ]
