"""The registries that bring identifiers of others, on the real files: exact values of single things."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from eclod.core import assets
from eclod_loaders.declarations.registry import Registry

from .conftest import Outcome, thing_iri

Run = Callable[..., Outcome]
OutcomeOf = Callable[[str], Outcome]

SCHEME = "https://w3id.org/eclod/scheme/identifier-scheme/"


@pytest.fixture(scope="session")
def outcome_of(shared: Path, run: Run) -> OutcomeOf:
    return cache(lambda name: run(Registry.load(assets.folder("registries") / name), shared))


def identifiers(outcome: Outcome, thing: str) -> set[tuple[str, str]]:
    """Return (scheme, notation) of what others call a thing."""
    return {
        (scheme.removeprefix(SCHEME), notation)
        for node in outcome.values("adms#identifier", thing)
        for scheme in outcome.values("/conformsTo", node)
        for notation in outcome.values("#notation", node)
    }


def test_lei(outcome_of: OutcomeOf) -> None:
    outcome = outcome_of("gleif-sample")
    assert len(outcome.things("organisation")) == 2973
    assert set(outcome.ignored) == {"the business of one person, whose name it often bears"}
    firm = thing_iri("organisation", "097900BJCP0000187502")
    assert outcome.values("#prefLabel", firm) == outcome.values("#legalName", firm) == {"ENIQUE Energy s.r.o."}
    assert identifiers(outcome, firm) == {("lei", "097900BJCP0000187502")}
    assert outcome.values("/source", firm) == {"https://search.gleif.org/#/record/097900BJCP0000187502"}
    assert len(outcome.values("ontology#country")) == 8
    public = thing_iri("organisation", "254900CUQZ80VI5EDK08")
    assert outcome.values("#classification", public) == {"https://w3id.org/eclod/scheme/organisation-type/public-body"}
    assert len(outcome.values("adms#identifier")) == 2973


def test_ror(outcome_of: OutcomeOf) -> None:
    outcome = outcome_of("ror-sample")
    office = thing_iri("organisation", "https://ror.org/02atag894")
    assert outcome.values("#prefLabel", office) == {"Office of Nuclear Physics"}
    assert outcome.values("#altLabel", office) == {"NP"}
    assert identifiers(outcome, office) == {
        ("ror", "02atag894"),
        ("isni", "0000000458977463"),
        ("crossref-funder", "100006209"),
        ("wikidata", "Q30296535"),
        ("grid", "grid.453025.5"),
    }
    assert outcome.values("#asWKT", office + "#location") == {"POINT(-77.025728 38.88758)"}
    assert outcome.values("/homepage", office) == {"https://science.osti.gov/np"}
    assert outcome.values("#classification", office) == {"https://w3id.org/eclod/scheme/organisation-type/public-body"}
    assert [row.row.place for row in outcome.accepted] == ["/hits/hits/0/_source"]
