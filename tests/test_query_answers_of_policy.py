"""The answers on policy and crisis response, worked out again from the tables that the data is made from."""

from __future__ import annotations

from collections import Counter

import pycountry
from tests.written_answers import Row, answer, by, columns, table

from eclod.core import assets, codes
from eclod.core.namespaces import PREFIXES

SCHEME = "https://w3id.org/eclod/scheme/"
CELEX = "http://publications.europa.eu/resource/celex/"


def rows(name: str) -> list[Row]:
    return table(assets.folder("registries") / "eclod-europe" / f"{name}.csv")


def thing(kind: str, local_id: str) -> str:
    return f"https://w3id.org/eclod/id/{kind}/{codes.derive(kind, 'eclod-europe', local_id)}"


def country(code: str) -> str:
    return PREFIXES["country"] + pycountry.countries.get(alpha_2=code).alpha_3 if code else ""


def several(cell: str) -> list[str]:
    return [part for part in cell.split(";") if part]


def test_every_action_has_a_source_and_several_countries_act() -> None:
    actions = rows("actions")
    assert len(actions) == 48
    assert all(source.startswith("http") for row in actions for source in several(row["source"]) or [""])
    assert len({row["country"] for row in actions if row["country"]}) == 8
    assert {row["crisis"] for row in actions} == {"covid-19", "russian-war-against-ukraine"}


def test_actions_are_those_of_the_table() -> None:
    wanted = {thing("action", row["id"]): row for row in rows("actions")}
    found = answer("policy-actions")
    assert {row["action"] for row in found} == set(wanted)
    for row in found:
        said = wanted[row["action"]]
        assert (row["name"], row["date"], row["validThrough"]) == (said["name_en"], said["date"], said["valid_through"])
        assert (row["place"], row["currency"]) == (country(said["country"]), said["currency"])
        assert float(row["amount"] or 0) == float(said["amount"] or 0)
    assert [row["action"] for row in answer("policy-actions", "trade-measures")] == [
        row["action"] for row in found if wanted[row["action"]]["type"] == "trade-measure"
    ]


def test_actions_in_force_are_those_that_began_and_are_not_over() -> None:
    for case, day, crisis in (("expected", "2020-04-20", ""), ("end-of-2020", "2020-12-31", "covid-19")):
        wanted = {
            thing("action", row["id"])
            for row in rows("actions")
            if "" < (row["valid_from"] or row["date"]) <= day <= (row["valid_through"] or day)
            and crisis in ("", row["crisis"])
        }
        assert {row["action"] for row in answer("actions-in-force", case)} == wanted


def test_actions_of_countries_are_counted() -> None:
    counted = Counter(country(row["country"]) for row in rows("actions"))
    assert by(answer("actions-by-country"), "country", "actions") == {key: str(n) for key, n in counted.items()}


def test_the_forum_has_its_eight_categories() -> None:
    (forum,) = rows("forums")
    found = answer("response-boards")
    assert sorted(row["category"].removeprefix(SCHEME + "forum-category/") for row in found) == sorted(
        several(forum["categories"])
    )
    assert len(found) == 8
    assert {(row["opened"], row["forum"]) for row in found} == {("2020-04-17", thing("platform", forum["id"]))}
    assert {row["posts"] for row in found} == {"0"}


def test_groups_have_their_seats() -> None:
    seats = {(thing("organisation", row["group"]), row["number"], row["applicants"]) for row in rows("group-seats")}
    assert set(columns(answer("expert-groups"), "group", "seats", "applicants")) == seats
    assert {number for _, number, _ in seats} == {"10", "20", "23"}


def test_recommendations_are_those_of_the_table() -> None:
    table_rows = rows("recommendations")
    wanted = {(thing("recommendation", row["id"]), row["name_en"], row["status"]) for row in table_rows}
    found = {
        (row["recommendation"], row["name"], row["state"].removeprefix(SCHEME + "follow-up-status/"))
        for row in answer("recommendations")
    }
    assert found == wanted
    assert len(answer("recommendations", "not-known")) == sum(row["status"] == "not-known" for row in table_rows)


def test_relations_of_documents_are_those_of_the_table() -> None:
    wanted = {
        (CELEX + row["celex"], column, CELEX + other)
        for row in rows("documents")
        for column in ("repeals", "amends", "accompanies", "updates")
        for other in several(row[column])
    }
    found = {
        (row["document"], row["relation"].rpartition("#")[2], row["other"]) for row in answer("document-relations")
    }
    assert {row for row in found if row[2].startswith(CELEX) and row[1] != "related_to"} == wanted


def test_passages_on_cosme_have_their_figures() -> None:
    wanted = sorted(row["value"] for row in rows("passages") if "cosme" in several(row["programme"]) and row["value"])
    found = sorted(f"{float(row['value']):g}" for row in answer("documents-about") if row["value"])
    assert found == wanted == ["11", "11", "2.5", "21.5", "60"]


def test_the_timeline_is_in_order() -> None:
    days = [row["date"] for row in answer("policy-timeline")]
    assert days == sorted(days)
    spring = [row["date"] for row in answer("policy-timeline", "spring-of-2020")]
    assert spring == [day for day in days if "2020-03-01" <= day <= "2020-04-30"]
