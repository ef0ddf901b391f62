"""Which of several texts names a thing."""

from __future__ import annotations

import itertools

import pytest

from eclod.core.labels import LABEL_PROPERTIES, choose

NAMES = [("Kopenhagen", "de"), ("Copenhagen", "en"), ("København", "da"), ("Copenhague", "fr"), ("DK011", "")]


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        ([], "Copenhagen"),
        (["da"], "København"),
        (["DA"], "København"),
        (["sv", "fr", "da"], "Copenhague"),
        (["sv"], "Copenhagen"),
        (["en-GB"], "Copenhagen"),
        ([""], "DK011"),
        (["d"], "Copenhagen"),
    ],
)
def test_the_first_wish_that_can_be_met(languages: list[str], expected: str) -> None:
    for candidates in itertools.permutations(NAMES):
        assert choose(candidates, languages) == next(pair for pair in NAMES if pair[0] == expected)


def test_nothing_to_choose_from() -> None:
    assert choose([]) is None


def test_without_a_known_language_any_is_better_than_none() -> None:
    assert choose([("Β", "el"), ("Б", "bg")], ["fr"]) in [("Β", "el"), ("Б", "bg")]
    assert choose([("X", ""), ("Б", "bg")], ["fr"]) == ("X", "")


def test_a_regional_variant_answers_but_the_language_itself_goes_first() -> None:
    assert choose([("colour", "en-GB")], ["en"]) == ("colour", "en-GB")
    assert choose([("A colour", "en-GB"), ("Color", "en")], ["en"]) == ("Color", "en")
    assert choose([("Farbe", "de-AT"), ("color", "en")], ["de"]) == ("Farbe", "de-AT")
    assert choose([("den", "den"), ("color", "en")], ["de"]) == ("color", "en")


def test_a_language_nobody_stated_counts_as_none() -> None:
    assert choose([("Acme", "und"), ("Акме", "bg")], ["fr"]) == ("Acme", "und")


def test_ties_do_not_depend_on_the_order() -> None:
    pairs = [("b", "en"), ("a", "en"), ("c", "en")]
    assert {choose(order) for order in itertools.permutations(pairs)} == {("a", "en")}


def test_the_properties_are_iris_and_the_name_of_a_thing_goes_first() -> None:
    assert LABEL_PROPERTIES[0] == "http://www.w3.org/2004/02/skos/core#prefLabel"
    assert len(set(LABEL_PROPERTIES)) == len(LABEL_PROPERTIES)
