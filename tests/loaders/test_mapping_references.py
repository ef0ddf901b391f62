"""Things inside others, things that another registry has named, and columns that are ignored by how they begin."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eclod.core.errors import BadInput
from eclod_loaders.declarations.registry import Registry

from .conftest import Outcome, thing_iri

Make = Callable[..., Registry]
Run = Callable[..., Outcome]

HUB = """
[lists.services]
column = "services"
split = ";"

[things.hub]
shape = "InnovationHub"
key = "id"
fields.name = "id"
fields.service = { thing = "service" }

[things.service]
shape = "Capability"
inside = "hub"
for_each = "services"
key = "services"
fields.name = "services"
"""


def test_a_thing_inside_another_is_a_nested_node_of_it(make_registry: Make, run: Run) -> None:
    outcome = run(make_registry(HUB, "id,services\na,Tests & trials;Loans\nb,\n"))
    hub = thing_iri("hub", "a")
    nodes = {f"{hub}#service-Tests%20%26%20trials", f"{hub}#service-Loans"}
    assert outcome.values("#service") == nodes
    assert {name for node in nodes for name in outcome.values("#prefLabel", node)} == {"Tests & trials", "Loans"}
    # The row is one of the hub: a nested node has no rows and no identifier of its own.
    assert [row.subjects for row in outcome.mapped] == [(hub,), (thing_iri("hub", "b"),)]
    assert outcome.problems == []


REFERENCE = 'fields.service = { thing = "service" }\n'


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (HUB.replace('inside = "hub"', 'inside = "hubs"'), "inside 'hubs', which is no thing of its own; did you mean"),
        (HUB.replace('inside = "hub"\n', ""), "say that 'service' is 'inside' it"),
        (HUB.replace('inside = "hub"\n', "").replace(REFERENCE, ""), "a Capability gets no identifier of ours"),
        (HUB.replace("Capability", "Project").replace(REFERENCE, ""), "cannot be 'inside' another thing"),
    ],
)
def test_what_cannot_be_inside_is_said(make_registry: Make, run: Run, mapping: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        run(make_registry(mapping, "id,services\na,Loans\n"))


def test_a_nested_field_takes_only_nodes_of_its_thing(make_registry: Make, run: Run) -> None:
    other = HUB + '\n[things.other]\nshape = "InnovationHub"\nkey = "services"\nfor_each = "services"\n'
    other += 'fields.name = "services"\nfields.service = { thing = "service" }\n'
    with pytest.raises(BadInput, match="say that 'service' is 'inside' it"):
        run(make_registry(other, "id,services\na,Loans\n"))


def test_a_thing_that_another_registry_has_named(make_registry: Make, run: Run) -> None:
    mapping = """
    [things.partnership]
    shape = "Partnership"
    key = "id"
    fields.name = "id"
    fields.initiative = { thing = "initiative" }

    [things.initiative]
    shape = "Initiative"
    key = "initiative"
    named_by = "eclod-europe"
    fields.name = "initiative"
    """
    outcome = run(make_registry(mapping, "id,initiative\nec2i,escp-4i\n"))
    named = thing_iri("project", "escp-4i", "eclod-europe")
    assert named != thing_iri("project", "escp-4i")
    assert outcome.values("#initiative", thing_iri("project", "ec2i")) == {named}


def test_columns_are_ignored_by_how_they_begin(make_registry: Make, run: Run) -> None:
    mapping = (
        '[ignored]\n"Contact*" = "persons"\n[things.hub]\nshape = "InnovationHub"\nkey = "id"\nfields.name = "id"\n'
    )
    outcome = run(make_registry(mapping, "id,Contact Name,Contact Email\na,A. Person,a@b.example\n"))
    assert len(outcome.accepted) == 1
    with pytest.raises(BadInput, match="'Telephone' is not in the mapping"):
        run(make_registry(mapping, "id,Contact Name,Telephone\na,A. Person,1\n"))
