"""CORDIS on the real files: one project with its participants, amounts, call and programme; one programme."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from eclod.core import assets
from eclod_loaders.declarations.registry import Registry

from .conftest import Outcome, thing_iri

Run = Callable[..., Outcome]

PROJECT = thing_iri("project", "101190685")
ROLE = "https://w3id.org/eclod/scheme/participation-role/"


@pytest.fixture(scope="module")
def outcome(shared: Path, run: Run) -> Outcome:
    return run(Registry.load(assets.folder("registries") / "cordis"), shared)


def one(outcome: Outcome, predicate: str, subject: str) -> str:
    (value,) = outcome.values(predicate, subject)
    return value


def test_the_project(outcome: Outcome) -> None:
    assert one(outcome, "#altLabel", PROJECT) == "3SI-CONTROL"
    assert (one(outcome, "#startDate", PROJECT), one(outcome, "#endDate", PROJECT)) == ("2025-06-01", "2029-05-31")
    assert one(outcome, "s66#value", PROJECT + "#totalCost") == "5500000"
    assert one(outcome, "s66#value", PROJECT + "#grant-amount") == "5500000"
    assert one(outcome, "#hasFundingSchemeProgramme", PROJECT + "#grant") == thing_iri("programme", "HORIZON.2.1")
    call = thing_iri("call", "HORIZON-JU-GH-EDCTP3-2024-01-two-stage")
    topic = thing_iri("call", "HORIZON-JU-GH-EDCTP3-2024-01-03-two-stage")
    assert one(outcome, "#hasFundingSchemeCall", PROJECT + "#grant") == call
    assert one(outcome, "#hasFundingSchemeTopic", PROJECT + "#grant") == topic
    assert one(outcome, "#isSubSchemeOf", topic) == call
    assert "One Health" in outcome.values("#keyword", PROJECT)
    assert one(outcome, "/homepage", PROJECT) == "https://doi.org/10.3030/101190685"


def test_its_participants(outcome: Outcome) -> None:
    parts = outcome.values("#hasInvolvedParty", PROJECT)
    assert parts == outcome.things("participation") and len(parts) == 7
    roles = sorted(one(outcome, "/role", part).removeprefix(ROLE) for part in parts)
    assert roles == ["coordinator", *["partner"] * 5, "third-party"]
    shares = [Decimal(one(outcome, "s66#value", part + "#contribution-amount")) for part in parts]
    net = [Decimal(one(outcome, "s66#value", part + "#netContribution")) for part in parts]
    assert sum(shares) == sum(net) == 5_500_000
    hospital = thing_iri("participation", "101190685 | 905096816 | thirdParty")
    assert hospital in parts
    assert one(outcome, "s66#value", hospital + "#contribution-amount") == "0"
    assert one(outcome, "s66#value", hospital + "#netContribution") == "54941.25"


def test_an_organisation(outcome: Outcome) -> None:
    assert len(outcome.things("organisation")) == 7
    ghent = thing_iri("organisation", "999986096")
    assert one(outcome, "#prefLabel", ghent) == "UNIVERSITEIT GENT"
    numbers = {one(outcome, "#notation", node) for node in outcome.values("adms#identifier", ghent)}
    assert numbers == {"999986096", "BE0248015142"}
    assert one(outcome, "/spatial", ghent) == "http://data.europa.eu/nuts/code/BE234"
    assert one(outcome, "#asWKT", ghent + "#location") == "POINT(3.7272009 51.048245)"
    assert one(outcome, "#postCode", ghent + "#address") == "9000"
    assert one(outcome, "#classification", ghent).endswith("organisation-type/university")
    salaam = thing_iri("organisation", "998783296")
    assert outcome.values("#postCode", salaam + "#address") == set()  # the file has a dash
    assert outcome.values("/spatial", salaam) == set()  # outside of NUTS


def test_programmes_hang_together(outcome: Outcome) -> None:
    council = thing_iri("programme", "HORIZON.1.1")
    assert one(outcome, "#prefLabel", council) == "European Research Council (ERC)"
    above = one(outcome, "#isSubSchemeOf", council)
    assert one(outcome, "#prefLabel", above) == "HORIZON.1"
    assert one(outcome, "#isSubSchemeOf", above) == thing_iri("programme", "HORIZON")
    assert len(outcome.things("programme")) == 5


def test_rows_say_where_they_are(outcome: Outcome) -> None:
    places = {row.row.place for row in outcome.mapped if row.row.file == "project-101190685.xml"}
    assert len(places) == 12
    assert {"line 4", "line 77"} <= places
