"""What the rows of one registry say together."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.namespaces import expand
from eclod.rdf import fields
from eclod_loaders.gating.consolidate import Consolidated, Consolidator
from eclod_loaders.rows import Row

THING = NamedNode("https://w3id.org/eclod/id/organisation/x")
NAME, OTHER, TYPE = (NamedNode(expand(name)) for name in ("skos:prefLabel", "skos:altLabel", "rdf:type"))


def together(kind: str, *names: Literal) -> Consolidated:
    rows = [
        (Row("f", number, {}), [Triple(THING, TYPE, NamedNode(expand(kind))), Triple(THING, NAME, name)], [THING.value])
        for number, name in enumerate(names, start=2)
    ]
    return Consolidator(fields.load()).consolidate(rows)


@pytest.mark.parametrize("kind", ["org:Organization", "eclod:Cluster"])
def test_a_name_that_gives_way_stays_as_another_name(kind: str) -> None:
    """So that a merged thing is found by the name it had (contract 30)."""
    found = together(kind, Literal("First", language="en"), Literal("Second", language="en"))
    said = [triple for triple in found.statements if triple.predicate != TYPE]
    assert said == [
        Triple(THING, NAME, Literal("First", language="en")),
        Triple(THING, OTHER, Literal("Second", language="en")),
    ]
    assert [(notice.row, notice.value) for notice in found.notices] == [(3, "Second")]


def test_names_in_two_languages_are_no_conflict() -> None:
    found = together("org:Organization", Literal("First", language="en"), Literal("Zweite", language="de"))
    assert {triple.predicate for triple in found.statements} == {TYPE, NAME}
    assert not found.notices


def test_what_can_have_no_other_names_has_a_notice_only() -> None:
    found = together("eurio:OrganisationRole", Literal("First", language="en"), Literal("Second", language="en"))
    assert OTHER not in {triple.predicate for triple in found.statements}
