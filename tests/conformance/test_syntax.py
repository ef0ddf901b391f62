"""Every query of the suites that parses, or must not: with the service as with pyoxigraph in this process."""

from __future__ import annotations

import json

import pyoxigraph as ox

from . import asking
from .conftest import EngineGap
from .service import Response, Service
from .suite import Case, Suite


def test_syntax(service: Service, suite: Suite, syntax_case: Case) -> None:
    case = syntax_case
    response = asking.post(service, suite, case, "*/*")
    here = parses_in_process(suite, case)
    if case.group == "sparql11/syntax-fed":
        assert response.status == 403, "no endpoint is on the list of those that may be asked"
    else:
        assert parses_over_http(response) == here
    if here != case.kind.startswith("Positive"):
        raise EngineGap(f"{'parses' if here else 'does not parse'}: {suite.query(case)}")


def parses_in_process(suite: Suite, case: Case) -> bool:
    """Return whether pyoxigraph takes a query; no other endpoint is asked, since no row is."""
    try:
        ox.Store().query(suite.query(case), base_iri=case.query)
    except SyntaxError:
        return False
    except RuntimeError as error:  # it parses, but calls a function that the suite invented
        assert "custom function" in str(error)
    return True


def parses_over_http(response: Response) -> bool:
    """Return what the status says, and for a 400 whether it says where the query does not parse."""
    if response.status == 200:
        return True
    assert response.status == 400
    problem = json.loads(response.body)
    return "line" not in problem and "custom function" in problem["detail"]
