"""Reference data of the European institutions on the real files: authority tables, EuroVoc, NACE in French, points."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode

from eclod.core import assets
from eclod.core.namespaces import PREFIXES
from eclod_loaders.declarations.registry import Registry

from .conftest import Outcome

Run = Callable[..., Outcome]

AUTHORITY = "http://publications.europa.eu/resource/authority/"
NUTS = PREFIXES["nuts"]


@pytest.fixture(scope="module")
def outcome(shared: Path, run: Run) -> Outcome:
    return run(Registry.load(assets.folder("registries") / "eu-reference"), shared)


def test_codes_of_authority_tables_have_a_label_in_each_official_language(outcome: Outcome) -> None:
    cosme = AUTHORITY + "eu-programme/COSME"
    terms = [triple.object for triple in outcome.statements if triple.subject == NamedNode(cosme)]
    labels = {term.language: term.value for term in terms if isinstance(term, Literal) and term.language}
    assert len(labels) == 24
    assert labels["en"].startswith("Programme for the competitiveness")
    assert outcome.values("#inScheme", cosme) == {AUTHORITY + "eu-programme"}
    assert outcome.values("#notation", cosme) == {"COSME"}


def test_concepts_of_eurovoc_say_what_is_above(outcome: Outcome) -> None:
    cluster = "http://eurovoc.europa.eu/c_de4d6f2f"
    assert outcome.values("#prefLabel", cluster) == {"business cluster", "pôle d’entreprises"}
    assert outcome.values("#inScheme", cluster) > {"http://eurovoc.europa.eu/100141"}
    above = outcome.values("#broader", cluster)
    assert above and all(iri.startswith("http://eurovoc.europa.eu/") for iri in above)


def test_the_lists_have_names(outcome: Outcome) -> None:
    lists = outcome.values("#inScheme") - {PREFIXES["nace2"] + "nace2"}
    named = {iri for iri in lists if outcome.values("#prefLabel", iri)}
    assert {iri for iri in lists - named if not iri.startswith("http://data.europa.eu/")} == set()
    assert len({iri for iri in named if iri.startswith("http://eurovoc.europa.eu/")}) == 7
    assert outcome.values("#prefLabel", "http://eurovoc.europa.eu/100187") >= {"1616 regions and regional policy"}
    assert "Corporate bodies" in outcome.values("#prefLabel", AUTHORITY + "corporate-body")


def test_activities_have_french_labels(outcome: Outcome) -> None:
    assert outcome.values("#prefLabel", PREFIXES["nace2"] + "011") == {"Cultures non permanentes"}


def test_regions_have_a_point_inside(outcome: Outcome) -> None:
    (point,) = outcome.values("#asWKT", NUTS + "DEA28#location")
    longitude, latitude = map(float, point.removeprefix("POINT(").removesuffix(")").split())
    assert (longitude, latitude) == pytest.approx((6.7, 50.6), abs=0.2)  # Euskirchen
    assert len({iri for row in outcome.accepted for iri in row.subjects if iri.startswith(NUTS)}) == 2005


def test_only_points_of_overseas_regions_are_rejected(outcome: Outcome) -> None:
    assert {problem.column for problem in outcome.problems} == {"longitude"}
    assert len(outcome.problems) == 11
    assert (len(outcome.mapped), len(outcome.accepted), len(outcome.ignored)) == (3661, 3650, 0)
