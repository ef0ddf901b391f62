"""A registry can say which sectors an ecosystem has, with weights and source; the project itself has no such source."""

from __future__ import annotations

from collections.abc import Callable

from eclod_loaders.declarations.registry import Registry

from .conftest import Outcome

MAPPING = """
[things.link]
shape = "EcosystemLink"
iri = "https://example.org/id/link/{ecosystem}-{nace}"

[things.link.fields]
ecosystem = "ecosystem"
sector = { template = "NACE 2 {nace}" }
weight = "weight"
source = "source"
"""
ROWS = """ecosystem,nace,weight,source
textiles,13,1,https://www.example.org/report
textiles,46.41,15%,https://www.example.org/report
retail,46.41,,https://www.example.org/report
textiles,99.99,0.1,https://www.example.org/report
"""


def test_weights_are_those_of_the_source_and_stay_empty_where_it_has_none(
    make_registry: Callable[..., Registry], run: Callable[..., Outcome]
) -> None:
    outcome = run(make_registry(MAPPING, ROWS))
    assert [(problem.row, problem.rule) for problem in outcome.problems] == [(5, "unknown-code")]
    textiles, retail = (f"https://example.org/id/link/{name}-46.41" for name in ("textiles", "retail"))
    assert outcome.values("#weight", textiles) == {"0.15"}
    assert outcome.values("#weight", retail) == set()
    for link in (textiles, retail):
        assert outcome.values("#targetConcept", link) == {"http://data.europa.eu/ux2/nace2/4641"}
    assert outcome.values("#sourceConcept", retail) == {"https://w3id.org/eclod/scheme/ecosystem/retail"}
