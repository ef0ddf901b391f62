"""The facts on policy that were looked up agree with those that the starting data has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from eclod.core import assets
from eclod_loaders.declarations.registry import Registry

from .conftest import Outcome, thing_iri

Run = Callable[..., Outcome]

CELEX = "http://publications.europa.eu/resource/celex/"


@pytest.fixture(scope="module")
def both(shared: Path, run: Run) -> tuple[Outcome, Outcome]:
    """Return what the looked-up files say, and what the starting data says."""
    folder = assets.folder("registries")
    return run(Registry.load(folder / "eu-policy-facts"), shared), run(Registry.load(folder / "eclod-europe"))


def test_every_document_is_in_the_starting_data_with_the_same_facts(both: tuple[Outcome, Outcome]) -> None:
    looked_up, starting = both
    acts = {iri for row in looked_up.accepted for iri in row.subjects if iri.startswith(CELEX)}
    assert len(acts) == 6
    for act in acts:
        for said in (
            "/title",
            "#celex",
            "#date_document",
            "#sameAs",
            "#in_force",
            "Citation",
            "#date_no_longer_in_force",
        ):
            assert looked_up.values(said, act) <= starting.values(said, act), (act, said)
        assert looked_up.values("/title", act)


def test_every_figure_is_in_the_starting_data_with_the_same_value(both: tuple[Outcome, Outcome]) -> None:
    looked_up, starting = both
    figures = looked_up.things("figure")
    assert len(figures) == 10
    for name, value in (("clusters", "2950"), ("jobs", "61800000"), ("employment-share", "23.4")):
        ours = thing_iri("figure", f"panorama-2020-{name}")
        theirs = thing_iri("figure", f"panorama-2020-{name}", "eclod-europe")
        assert theirs in figures
        assert looked_up.values("#obsValue", theirs) == starting.values("#obsValue", ours) == {value}
        assert looked_up.values("#indicator", theirs) == starting.values("#indicator", ours)
