"""The measurement of matching: its noise is noise, its halves are apart, and it finds what is there."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from benchmarks import labelled, matching
from benchmarks.labelled import Labelled
from benchmarks.noise import NOISES, misspelt

from eclod.core import folding
from eclod.store.finding import index
from eclod.store.finding.index import SearchIndex
from eclod.store.finding.matching import Matcher

SOURCES = Path(__file__).resolve().parents[2] / "shared" / "data"
NAMES = ["Strojírny Novák, a.s.", "Agro Park Ørsted A/S", "Bílý mlýn s.r.o.", "Kvarc", "Fonds d'Énergie Verte II"]


def test_a_typo_is_one_letter() -> None:
    chance = random.Random(1)
    for name in NAMES * 20:
        wrong = misspelt(name, chance)
        assert abs(len(wrong) - len(name)) <= 1
        assert wrong[0] == name[0]
    assert sum(misspelt(name, chance) != name for name in NAMES * 20) > 90
    assert misspelt("abc", chance) == "abc"


def test_noise_is_the_same_every_time_and_changes_what_it_says() -> None:
    assert len(NOISES) == 9
    for noise in NOISES.values():
        assert [noise(name, random.Random(1)) for name in NAMES] == [noise(name, random.Random(1)) for name in NAMES]
    chance = random.Random(1)
    assert NOISES["no legal form"](NAMES[0], chance) == "strojirny novak"
    assert NOISES["in Cyrillic"]("Kvarc", chance) == "кварц"
    assert folding.plain(NOISES["in Greek"]("Kvarc", chance)) != ""


def test_the_names_that_are_not_there_are_not_there(tmp_path: Path) -> None:
    all_of_them = [Labelled(str(number), f"{name} {number % 7}", "CZE") for number, name in enumerate(NAMES * 8)]
    known, unknown = matching.halves(all_of_them, random.Random(1))
    assert len(known) == 20
    assert not {folding.key(each.name) for each in known} & {folding.key(each.name) for each in unknown}
    index.write(tmp_path / "index", map(matching._entry, known))
    figures = matching.judge(Matcher(SearchIndex(tmp_path / "index")), known, unknown, NOISES["as it is"], False)
    assert figures.in_five == 1
    assert figures.precision == 1


@pytest.mark.skipif(not SOURCES.is_dir(), reason="the folder of public files is not beside the project")
def test_reconciliation_is_right_on_real_names(tmp_path: Path) -> None:
    """Fewer names than `python -m benchmarks matching` takes; the limits are what that table shows, less chance."""
    organisations = labelled.read(SOURCES)
    assert len(organisations) > 6_000
    chance = random.Random(1)
    known, unknown = matching.halves(chance.sample(organisations, 2_000), chance)
    index.write(tmp_path / "index", map(matching._entry, known))
    matcher = Matcher(SearchIndex(tmp_path / "index"))
    for what, precision, recall in (("as it is", 0.98, 0.97), ("one typo", 0.97, 0.6), ("in Cyrillic", 0.97, 0.4)):
        figures = matching.judge(matcher, known[:200], unknown[:200], NOISES[what], False)
        assert figures.precision >= precision, what
        assert figures.recall >= recall, what
        assert figures.in_five >= 0.95, what
