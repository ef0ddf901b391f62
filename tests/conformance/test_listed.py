"""The suites are all there, and the list of known gaps is about them."""

from __future__ import annotations

from collections import Counter

from .conftest import OWN, Gaps
from .suite import Suite, own

#: How many entries of each kind the manifests list; what is only about updates is told apart (see test_updates.py).
W3C_QUERIES = {
    ("sparql10", "QueryEvaluationTest"): 243,
    ("sparql10", "PositiveSyntaxTest"): 149,
    ("sparql10", "NegativeSyntaxTest"): 50,
    ("sparql11", "QueryEvaluationTest"): 253,
    ("sparql11", "CSVResultFormatTest"): 3,
    ("sparql11", "PositiveSyntaxTest11"): 63,
    ("sparql11", "NegativeSyntaxTest11"): 35,
    ("sparql11", "ProtocolTest"): 34,
    ("sparql11", "ServiceDescriptionTest"): 3,
}
OWN_QUERIES = {
    ("sparql12", "QueryEvaluationTest"): 14,
    ("sparql12", "PositiveSyntaxTest11"): 3,
    ("sparql12", "NegativeSyntaxTest11"): 5,
}


def counted(suite: Suite) -> Counter[tuple[str, str]]:
    return Counter((case.group.partition("/")[0], case.kind) for case in suite.cases if not case.is_update)


def test_every_entry_is_read(w3c_suite: Suite) -> None:
    assert counted(w3c_suite) == W3C_QUERIES
    assert len({case.iri for case in w3c_suite.cases}) == len(w3c_suite.cases)


def test_our_own_entries_are_read() -> None:
    suite = own(OWN)
    assert counted(suite) == OWN_QUERIES
    named = {case.query for case in suite.cases} | {case.result for case in suite.cases}
    unused = suite.files.keys() - named
    assert {iri.rpartition("/")[2] for iri in unused} == {"manifest.ttl", "data.ttl"}


def test_known_gaps_are_tests_of_the_suites(w3c_suite: Suite, gaps: Gaps) -> None:
    listed = gaps.failing | gaps.respelled
    assert listed.keys() <= {case.iri for case in w3c_suite.cases if not case.withdrawn}
    assert not gaps.failing.keys() & gaps.respelled.keys()
    assert gaps.left_out.keys() <= {case.group for case in w3c_suite.cases}
    assert all(reason.endswith(".") for reason in (listed | gaps.left_out).values())
