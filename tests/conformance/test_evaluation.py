"""Every query of the suites, asked over HTTP of the service and of pyoxigraph in this process."""

from __future__ import annotations

from . import answers, asking
from .answers import Answer
from .conftest import EngineGap, OtherSpelling
from .service import Service
from .suite import Case, Suite


def test_evaluation(service: Service, suite: Suite, evaluation_case: Case) -> None:
    """The data of all cases is in one release, each file a graph; the request describes the dataset."""
    compare(service, suite, evaluation_case, asking.endpoint_with_dataset(evaluation_case))


def test_evaluation_in_a_release(service: Service, suite: Suite, release_case: Case) -> None:
    """The data is a release of its own; the request says nothing about it."""
    compare(service, suite, release_case, service.endpoint(release_case.dataset))


def compare(service: Service, suite: Suite, case: Case, endpoint: str) -> None:
    """Compare what the service answers, in each format, what pyoxigraph answers, and what the suite says."""
    wanted, ordered = asking.expected(suite, case)
    here = asking.in_process(suite, case)
    for media_type in asking.media_types(here):
        there = asking.read(asking.post(service, suite, case, media_type, endpoint), media_type)
        assert agree(case, there, here, ordered), f"{media_type}: {there} instead of {here}"
    if answers.same(here, wanted, ordered=ordered, lax=case.lax):
        return
    if answers.same(here, wanted, ordered=ordered, lax=case.lax, by_value=True):
        raise OtherSpelling(f"{here} instead of {wanted}")
    raise EngineGap(f"{here} instead of {wanted}")


def agree(case: Case, there: Answer, here: Answer, ordered: bool) -> bool:
    """Return whether the service answers as pyoxigraph does; REDUCED leaves both free how often a row is there."""
    if case.lax:
        return answers.same(there, here, lax=True) or answers.same(here, there, lax=True)
    return answers.same(there, here, ordered=ordered)
