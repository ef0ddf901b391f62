"""Candidates have scores that a person would agree with, and are sure only when nothing else could be meant."""

from __future__ import annotations

import pytest

from eclod.core.namespaces import expand
from eclod.store.finding import index, matching
from eclod.store.finding.index import Entry, SearchIndex
from eclod.store.finding.matching import Candidate, Condition, Matcher, Wanted

CZ, DK = expand("country:CZE"), expand("country:DNK")
BRNO = expand("nuts:CZ064")
ENTRIES = [
    Entry("urn:skoda", "organisation", "Škoda Auto a.s.", "cs", countries=(CZ,), codes=("00177041", "CZ00177041")),
    Entry("urn:power", "organisation", "Doosan Škoda Power s.r.o.", "cs", countries=(CZ,)),
    Entry(
        "urn:novak1", "organisation", "Novák Strojírna s.r.o.", "cs", countries=(CZ,), towns=("Brno",), places=(BRNO,)
    ),
    Entry("urn:novak2", "organisation", "Novák Strojírna s.r.o.", "cs", countries=(CZ,), towns=("Praha",)),
    Entry("urn:fund2", "organisation", "Better Energy Horslunde II P/S", "da", countries=(DK,)),
    Entry("urn:cluster", "cluster", "CLEAN", "en", countries=(DK,), types=("urn:Cluster",), weight=40),
    Entry("urn:clean", "organisation", "CLEAN", "en", countries=(DK,), types=("urn:Org",), homepage="clean.dk/en"),
    Entry("urn:bg", "cluster", "Клъстер Мехатроника", "bg"),
    Entry("urn:maker", "organisation", "Makers of engines", "en", sectors=("http://data.europa.eu/ux2/nace2.1/2811",)),
    Entry(CZ, "country", "Czechia", "en", names=("CZ", "CZE", "Česko", "Tschechien")),
    Entry(DK, "country", "Denmark", "en", names=("DK", "DNK")),
    Entry(expand("country:GRC"), "country", "Greece", "en", names=("GR", "GRC")),
    Entry(expand("nuts:CZ06"), "region", "Jihovýchod", "cs", names=("CZ06",)),
]


@pytest.fixture(scope="module")
def matcher(tmp_path_factory: pytest.TempPathFactory) -> Matcher:
    folder = tmp_path_factory.mktemp("matching") / index.FOLDER
    index.write(folder, ENTRIES)
    return Matcher(SearchIndex(folder))


def found(
    matcher: Matcher, name: str, *conditions: Condition, types: tuple[str, ...] = (), kinds: tuple[str, ...] = ()
) -> list[Candidate]:
    return matcher.candidates(Wanted(name, types, kinds, conditions))


def sure(candidates: list[Candidate]) -> str | None:
    """Return the one that is sure, without `urn:`; it is the first."""
    assert not any(each.match for each in candidates[1:])
    assert all(0 <= each.score <= 100 for each in candidates)
    assert [each.score for each in candidates] == sorted((each.score for each in candidates), reverse=True)
    return candidates[0].hit.iri.removeprefix("urn:") if candidates and candidates[0].match else None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Škoda Auto a.s.", "skoda"),
        ("SKODA AUTO", "skoda"),
        ("Auto Škoda, akciová společnost", "skoda"),
        ("Шкода Ауто", "skoda"),
        ("Škoda Auto s.r.o.", None),  # another legal form is another company
        ("Scoda Auto", "skoda"),
        ("Škoda", None),
        ("00177041", "skoda"),
        ("CZ 001 770 41", "skoda"),
        ("Novák Strojírna", None),  # there are two
        ("Better Energy Horslunde II", "fund2"),
        ("Better Energy Horslunde III P/S", None),
        ("Better Energy Horslunde I P/S", None),
        ("CLEAN", None),  # a cluster and the organisation that runs it
        ("Klaster Mekhatronika", "bg"),
        ("КЛЪCTEP MEXATPOHИKA", "bg"),  # typed half on a Latin keyboard
        ("Nothing of the kind", None),
        ("", None),
        ("a.s.", None),
        ("!!!", None),
    ],
)
def test_what_is_sure(matcher: Matcher, name: str, expected: str | None) -> None:
    assert sure(found(matcher, name)) == expected


@pytest.mark.parametrize(
    ("name", "condition", "expected"),
    [
        ("Novák Strojírna", Condition(matching.PLACE, ("Brno",)), "novak1"),
        ("Novák Strojírna", Condition(matching.PLACE, ("Prague", "Praha")), "novak2"),
        ("Novák Strojírna", Condition(matching.PLACE, (BRNO,)), "novak1"),
        ("Novák Strojírna", Condition(matching.PLACE, ("CZ06",)), "novak1"),  # Brno is in the region
        ("Novák Strojírna", Condition(matching.PLACE, ("Brno",), quantifier="none"), "novak2"),
        ("Škoda Auto", Condition(matching.COUNTRY, ("CZ",)), "skoda"),
        ("Škoda Auto", Condition(matching.COUNTRY, ("Tschechien",)), "skoda"),
        ("Škoda Auto", Condition(matching.COUNTRY, (CZ,)), "skoda"),
        ("Škoda Auto", Condition(matching.COUNTRY, ("DK",)), None),
        ("Škoda Auto", Condition(matching.COUNTRY, ("EL",)), None),
        ("Skoda", Condition(matching.IDENTIFIER, ("001 770 41",)), "skoda"),
        ("", Condition(matching.IDENTIFIER, ("CZ-00177041",)), "skoda"),
        ("CLEAN", Condition(matching.TYPE, ("urn:Cluster",)), "cluster"),
        ("CLEAN", Condition(matching.HOMEPAGE, ("https://www.clean.dk/",)), None),  # the cluster's is not known
        ("Makers of engines", Condition(matching.SECTOR, ("28",)), "maker"),
        ("Makers of engines", Condition(matching.SECTOR, ("http://data.europa.eu/ux2/nace2.1/28",)), "maker"),
        ("Škoda Auto", Condition("urn:unknown", ("x",)), "skoda"),
    ],
)
def test_what_is_known_beside_the_name_decides(
    matcher: Matcher, name: str, condition: Condition, expected: str | None
) -> None:
    """Contract 37: countries by any code of theirs; Greece is EL and GR."""
    assert sure(found(matcher, name, condition)) == expected


def test_a_condition_that_must_hold_leaves_out_what_is_otherwise(matcher: Matcher) -> None:
    must = Condition(matching.COUNTRY, ("DK",), required=True)
    assert {each.hit.iri for each in found(matcher, "Škoda Auto CLEAN", must)} <= {
        "urn:cluster",
        "urn:clean",
        "urn:fund2",
    }
    assert found(matcher, "Škoda Auto", must) == []
    every = Condition(matching.PLACE, ("Brno", "Praha"), required=True, quantifier="all")
    assert found(matcher, "Novák Strojírna", every) == []


def test_types_narrow(matcher: Matcher) -> None:
    assert sure(found(matcher, "CLEAN", types=("urn:Cluster",))) == "cluster"
    assert sure(found(matcher, "CLEAN", kinds=("organisation",))) == "clean"
    assert found(matcher, "00177041", types=("urn:Cluster",)) == []


def test_what_contradicts_scores_lower_than_what_is_not_said(matcher: Matcher) -> None:
    def score(country: str) -> float:
        return found(matcher, "Škoda Auto", Condition(matching.COUNTRY, (country,)))[0].score

    assert score("CZ") > score("DK")
    (unsaid,) = (each for each in found(matcher, "Клъстер Мехатроника", Condition(matching.COUNTRY, ("BG",))))
    assert 95 < unsaid.score < 100


@pytest.mark.parametrize("name", ["x" * 10_000, "a b " * 2_500, "(a+)+$" * 1_000, "ъ" * 10_000, "\x00\ud800"])
def test_hostile_names_cost_little(matcher: Matcher, name: str) -> None:
    many = Condition(matching.PLACE, tuple(f"{name} {number}" for number in range(1_000)))
    assert sure(found(matcher, name, many)) is None
