"""The suites as parameters of tests, and the service they are put to."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from . import suite as suites
from .service import Service
from .suite import Case, Dataset, Suite

OWN: Final = Path(__file__).parent / "sparql12"
_GAPS: Final = Path(__file__).parent / "known_gaps.toml"

#: Fixtures that are one case of a suite, and the kinds of entries they stand for.
_KINDS: Final = {
    "evaluation_case": {"QueryEvaluationTest"},
    "release_case": {"QueryEvaluationTest"},
    "csv_case": {"CSVResultFormatTest"},
    "syntax_case": {"PositiveSyntaxTest", "PositiveSyntaxTest11", "NegativeSyntaxTest", "NegativeSyntaxTest11"},
}

#: A release for each of the 150 datasets would take a minute; those that so many cases share make up most of them.
_SHARED_BY: Final = 3

#: What the protocol suite asks for: graphs that each say of their own address that it is something.
PROTOCOL_DATA: Final = Dataset(named=tuple(f"http://example.org/protocol/data{number}.ttl" for number in (1, 2, 3)))

_W3C: Final = pytest.StashKey[Suite | str]()


class EngineGap(AssertionError):
    """The engine's answer is not that of the suite; nothing else may be excused as a known gap."""


class OtherSpelling(AssertionError):
    """The engine's answer has the values that the suite has, written in another way."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """What `known_gaps.toml` lists, each with its reason."""

    failing: dict[str, str]
    respelled: dict[str, str]
    left_out: dict[str, str]

    def skips(self, case: Case) -> str:
        """Return why a case is not put to the service, or nothing when it is."""
        return "Withdrawn by the working group." if case.withdrawn else self.left_out.get(case.group, "")

    def marks(self, case: Case) -> list[pytest.MarkDecorator]:
        """Return the marks of a case; strict, so that a gap that has closed must leave the list."""
        if reason := self.skips(case):
            return [pytest.mark.skip(reason=reason)]
        if case.iri in self.failing:
            return [pytest.mark.xfail(raises=EngineGap, strict=True, reason=self.failing[case.iri])]
        if case.iri in self.respelled:
            return [pytest.mark.xfail(raises=OtherSpelling, strict=True, reason=self.respelled[case.iri])]
        return []


def read_gaps() -> Gaps:
    listed = tomllib.loads(_GAPS.read_text(encoding="utf-8"))
    return Gaps(
        failing={iri: entry["reason"] for entry in listed["failing"] for iri in entry["tests"]},
        respelled={iri: entry["reason"] for entry in listed["respelled"] for iri in entry["tests"]},
        left_out={group: entry["reason"] for entry in listed["left_out"] for group in entry["groups"]},
    )


def _w3c(config: pytest.Config) -> Suite | str:
    """Return the suites of the W3C, or why they are not to be had."""
    if _W3C not in config.stash:
        assert config.cache is not None
        try:
            config.stash[_W3C] = suites.read(suites.obtain(config.cache.mkdir("w3c-suites")))
        except suites.Unavailable as error:
            config.stash[_W3C] = f"The suites of the W3C are not here: {error}"
    return config.stash[_W3C]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each case, those with the same data one after the other."""
    for name in _KINDS.keys() & set(metafunc.fixturenames):
        w3c, gaps, parameters = _w3c(metafunc.config), read_gaps(), []
        if isinstance(w3c, str):
            parameters.append(pytest.param(None, marks=pytest.mark.skip(reason=w3c), id="no-suites"))
        found = [*suites.own(OWN).cases, *(w3c.cases if isinstance(w3c, Suite) else ())]
        cases = [case for case in found if case.kind in _KINDS[name] and not case.is_update]
        if name == "release_case":
            cases = _with_shared_data([case for case in cases if not gaps.skips(case)])
        cases.sort(key=lambda case: case.dataset)
        parameters += [pytest.param(case, marks=gaps.marks(case), id=str(case)) for case in cases]
        metafunc.parametrize(name, parameters)


def _with_shared_data(cases: list[Case]) -> list[Case]:
    """Return the cases whose data many share, and those whose data has named graphs."""
    shared = Counter(case.dataset for case in cases)
    return [case for case in cases if shared[case.dataset] >= _SHARED_BY or case.dataset.named]


@pytest.fixture(scope="session")
def w3c_suite(request: pytest.FixtureRequest) -> Suite:
    """Return the suites of the W3C; skips where they are not to be had."""
    found = _w3c(request.config)
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture(scope="session")
def suite(request: pytest.FixtureRequest) -> Suite:
    """Return the files of all suites that are here, our own among them."""
    found = _w3c(request.config)
    own = suites.own(OWN)
    files = {iri: f"<{iri}> a <http://xmlns.com/foaf/0.1/Document> .".encode() for iri in PROTOCOL_DATA.named}
    if isinstance(found, str):
        return Suite({**files, **own.files}, own.cases)
    return Suite({**files, **own.files, **found.files}, (*own.cases, *found.cases))


@pytest.fixture(scope="session")
def gaps() -> Gaps:
    return read_gaps()


@pytest.fixture(scope="session")
def service(
    request: pytest.FixtureRequest, suite: Suite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Return a service with a release for each dataset that wants one, and a current one with all the files."""
    alone = {case.dataset for item in request.session.items if (case := _parameter(item, "release_case"))}
    datasets = [PROTOCOL_DATA, *(case.dataset for case in suite.cases)]
    everything = {iri for dataset in datasets for iri in dataset.default + dataset.named}
    service = Service(tmp_path_factory.mktemp("conformance"), suite)
    service.build([*sorted(alone), Dataset(named=tuple(sorted(everything)))])
    try:
        service.start()
        yield service
    finally:
        service.stop()


def _parameter(item: pytest.Item, name: str) -> Case | None:
    """Return the case that a test is about."""
    found = item.callspec.params.get(name) if isinstance(item, pytest.Function) and hasattr(item, "callspec") else None
    return found if isinstance(found, Case) else None
