"""The tests of CSV, where all is text: what the suite has, what pyoxigraph writes, and what the service sends."""

from __future__ import annotations

import pyoxigraph as ox

from . import answers, asking
from .conftest import EngineGap, OtherSpelling
from .service import Service
from .suite import Case, Suite


def test_csv(service: Service, suite: Suite, csv_case: Case) -> None:
    case = csv_case
    response = asking.post(service, suite, case, "text/csv", asking.endpoint_with_dataset(case))
    assert (response.status, response.media_type) == (200, "text/csv")
    results = asking.results_in_process(suite, case)
    assert isinstance(results, ox.QuerySolutions)
    here = results.serialize(format=ox.QueryResultsFormat.CSV)
    assert here is not None
    assert answers.of_csv(response.body) == answers.of_csv(here)
    wanted = suite.files[case.result]
    if answers.of_csv(here) == answers.of_csv(wanted):
        return
    if answers.of_csv(here, by_value=True) == answers.of_csv(wanted, by_value=True):
        raise OtherSpelling(f"{here!r} instead of {wanted!r}")
    raise EngineGap(f"{here!r} instead of {wanted!r}")
