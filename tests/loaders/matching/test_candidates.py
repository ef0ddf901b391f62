"""What may be the same is proposed with its evidence; what contradicts itself is not."""

from __future__ import annotations

import pytest

from eclod.core import folding
from eclod_loaders.matching.candidates import Facts, InMemory, Known

BASE = "https://w3id.org/eclod/id/organisation/"


@pytest.mark.parametrize(
    "spellings",
    [
        ("ŠKODA AUTO a.s.", "Škoda Auto", "Skoda Auto, a. s."),
        ("Siemens Aktiengesellschaft", "Siemens AG"),
        ("Ελληνική Τράπεζα Α.Ε.", "Elliniki Trapeza AE"),
        ("Société Générale S.A.", "SOCIETE GENERALE"),
        ("Červený s.r.o.", "Cerveny spol. s r.o."),
        ("Софарма АД", "Sofarma AD"),
    ],
)
def test_spellings_of_one_name_have_one_key(spellings: tuple[str, ...]) -> None:
    assert len({folding.key(each) for each in spellings}) == 1


@pytest.mark.parametrize("name", ["AG", "a.s.", "GmbH & Co. KG", "!!!"])
def test_no_key_is_that_of_everything(name: str) -> None:
    assert folding.key(name) != "" or name == "!!!"


def facts(number: int, registry: str = "other", **about: object) -> Facts:
    made = Facts(f"{BASE}{number}", registry)
    for name, value in about.items():
        setattr(made, name, value)
    return made


def scores(one: Facts, *others: Facts) -> list[tuple[str, float, list[str]]]:
    found = Known(InMemory(others)).candidates(one)
    return [(each.other.removeprefix(BASE), each.score, [what for what, _ in each.evidence]) for each in found]


def test_an_identifier_says_most_and_evidence_adds_up() -> None:
    one = facts(1, names=["Alpha"], numbers={("lei", "", "X1")}, countries={"CZE"}, hosts={"alpha.eu"})
    by_number = facts(2, names=["Something else"], numbers={("lei", "", "X1")})
    by_all = facts(3, names=["Alpha"], numbers={("lei", "", "X1")}, countries={"CZE"}, hosts={"alpha.eu"})
    assert scores(one, by_number, by_all) == [
        ("3", 1.0, ["identifier", "homepage", "name"]),
        ("2", 0.98, ["identifier"]),
    ]


def test_a_company_number_is_found_in_a_vat_number() -> None:
    for country, number, vat in (
        ("CZ", "00216224", "CZ00216224"),
        ("FR", "552100554", "FR80552100554"),
        ("SE", "5560125790", "SE556012579001"),
    ):
        one = facts(1, names=["A"], numbers={("company-number", country, number)})
        other = facts(2, names=["B"], numbers={("vat", country, vat)})
        assert scores(one, other) == [("2", 0.9, ["identifier"])], country


def test_a_name_counts_in_the_same_country_and_not_in_another_one() -> None:
    one = facts(1, names=["Masarykova univerzita"], countries={"CZE"}, towns={"brno"})
    same = facts(2, names=["MASARYKOVA UNIVERZITA, v. v. i."], countries={"CZE"}, towns={"brno"})
    abroad = facts(3, names=["Masarykova univerzita"], countries={"SVK"})
    assert scores(one, same, abroad) == [("2", 0.79, ["name", "place"])]


def test_the_same_name_is_proposed_where_a_country_is_not_known() -> None:
    one = facts(1, names=["Moravskoslezský automobilový klastr, z.s."], countries={"CZE"})
    other = facts(2, names=["Moravskoslezsky automobilovy klastr"])
    assert scores(one, other) == [("2", 0.52, ["name"])]
    assert scores(other, one) == [("1", 0.52, ["name"])]
    alike = facts(3, names=["Moravskoslezský automobilový klaster"])
    assert scores(one, alike) == []
    abroad = facts(4, names=["Moravskoslezský automobilový klastr"], countries={"SVK"})
    assert scores(one, abroad) == []


def test_names_that_differ_in_the_word_that_matters_are_two_names() -> None:
    for mine, theirs in (("ABX software s.r.o.", "ABRA Software a.s."), ("GUMOTEX, akciová společnost", "INTEX a.s.")):
        assert scores(facts(1, names=[mine]), facts(2, names=[theirs])) == []
    assert scores(facts(1, names=["Mechatronik Cluster"]), facts(2, names=["Mechatronic Cluster"])) == []
    found = scores(
        facts(1, names=["Mechatronik Cluster"], countries={"AUT"}),
        facts(2, names=["Mechatronic Cluster"], countries={"AUT"}),
    )
    assert found == [("2", 0.63, ["name"])]


def test_another_number_of_the_same_register_speaks_against_a_name() -> None:
    one = facts(1, names=["Stavby"], countries={"CZE"}, numbers={("company-number", "CZ", "00216224")})
    other = facts(2, names=["Stavby"], countries={"CZE"}, numbers={("company-number", "CZ", "00216208")})
    assert scores(one, other) == []


def test_the_same_thing_and_other_kinds_are_no_candidates() -> None:
    one = facts(1, names=["Alpha"], countries={"CZE"})
    cluster = Facts("https://w3id.org/eclod/id/cluster/9", "other", names=["Alpha"], countries={"CZE"})
    assert scores(one, facts(1, names=["Alpha"], countries={"CZE"}), cluster) == []
