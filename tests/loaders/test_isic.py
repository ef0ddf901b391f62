"""ISIC: where a code stands and what it is in NACE 2, on a few codes and on the whole file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from eclod.core import assets
from eclod_loaders.codes import nace
from eclod_loaders.declarations.derivation import Isic
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.mapping import isic
from eclod_loaders.rows import Row

from .conftest import Outcome

Run = Callable[..., Outcome]

ISIC = "https://unstats.un.org/classifications/ISIC/rev4/"
NACE2 = "http://data.europa.eu/ux2/nace2/"


@pytest.fixture(scope="module")
def outcome(shared: Path, run: Run) -> Outcome:
    return run(Registry.load(assets.folder("registries") / "un-isic"), shared)


@pytest.mark.parametrize(
    ("code", "above", "same", "narrower"),
    [
        ("C", (), ("C",), ()),
        ("26", ("C",), ("26",), ()),
        ("261", ("26",), ("26.1",), ()),
        ("2610", ("261",), (), ("26.11", "26.12")),
        ("9999", (), (), ()),
        ("", (), (), ()),
    ],
)
def test_a_code_beside_nace(
    code: str, above: tuple[str, ...], same: tuple[str, ...], narrower: tuple[str, ...]
) -> None:
    """A code with one partner means the same; one that NACE divides has parts; what is no code has nothing."""
    (row,) = isic.derive([Row("isic.csv", 2, {"code": (code,)})], Isic(method="isic", code="code"))
    assert (row.cells["above"], row.cells["same"], row.cells["narrower"]) == (above, same, narrower)
    assert row.cells["code"] == (code,)


def test_every_code_of_nace_is_a_code_of_isic_or_a_part_of_one() -> None:
    """That NACE 2 is ISIC 4 in more detail is what the parts and the codes above rest on."""
    pairs = nace.concordance_with_isic()
    assert len(pairs) == 996 and len(dict(pairs)) == 996
    assert {code for code, _ in pairs} == {one.code for one in nace.activities(nace.NACE_2)}
    assert len({of for _, of in pairs}) == 766
    digits = {code: len(code.replace(".", "")) for pair in pairs for code in pair}
    assert [pair for pair in pairs if digits[pair[0]] != digits[pair[1]]] == []


def test_the_whole_classification(outcome: Outcome) -> None:
    assert (len(outcome.mapped), len(outcome.accepted)) == (766, 766)
    assert outcome.values("#inScheme") == {ISIC + "scheme"}
    assert outcome.values("#prefLabel", ISIC + "0111") == {
        "Growing of cereals (except rice), leguminous crops and oil seeds"
    }
    assert outcome.values("#notation", ISIC + "0111") == {"0111"}
    assert outcome.values("#exactMatch", ISIC + "0111") == {NACE2 + "0111"}
    assert outcome.values("#narrowMatch", ISIC + "2610") == {NACE2 + "2611", NACE2 + "2612"}
    # The table has 46.6 elsewhere than all of its classes, which is corrected.
    assert outcome.values("#narrowMatch", ISIC + "465") == {NACE2 + "465", NACE2 + "466"}
    assert len(outcome.values("#exactMatch")) == 638
    assert len(outcome.values("#narrowMatch")) == 996 - 638
    assert outcome.values("#exactMatch").isdisjoint(outcome.values("#narrowMatch"))


def test_the_code_above_is_the_beginning_of_the_code(outcome: Outcome) -> None:
    """Taken from NACE, it is what the digits of ISIC say themselves; a division is in the section before it."""
    section, checked = "", 0
    for row in outcome.accepted:
        (code,) = row.row.cells["ISIC Rev. 4"]
        section = code if len(code) == 1 else section
        expected = {ISIC + (section if len(code) == 2 else code[:-1])} if len(code) > 1 else set()
        assert outcome.values("#broader", ISIC + code) == expected
        checked += len(expected)
    assert checked == 745
