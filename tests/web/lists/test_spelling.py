"""How a list spells its addresses, values and amounts."""

from __future__ import annotations

import pytest
from tests.web.conftest import BASE
from werkzeug.datastructures import MultiDict

from eclod.core.errors import BadInput
from eclod.core.iris import Names
from eclod.web.pages.lists import rows, spelling, state, table
from eclod.web.pages.lists.index import positions

from .conftest import HOST, code


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("EUR 2100432", "2 100 432 EUR"),
        ("EUR 16968803.54", "16 968 803.54 EUR"),
        ("DKK 950", "950 DKK"),
        ("not known", "not known"),
        ("EUR", "EUR"),
    ],
)
def test_amounts_are_written_as_people_read_them(text: str, shown: str) -> None:
    assert rows.amount(text).replace("\xa0", " ") == shown


@pytest.mark.parametrize(
    ("name", "text", "iri", "spelled"),
    [
        ("sector", "62.01", "http://data.europa.eu/ux2/nace2.1/6201", "6201"),
        ("sector", "nace2:62.01", "http://data.europa.eu/ux2/nace2/6201", "nace2:6201"),
        ("country", "dk", "http://publications.europa.eu/resource/authority/country/DNK", "DK"),
        ("country", "EL", "http://publications.europa.eu/resource/authority/country/GRC", "GR"),
        ("country", "UK", "http://publications.europa.eu/resource/authority/country/GBR", "GB"),
        ("country", "DNK", "http://publications.europa.eu/resource/authority/country/DNK", "DK"),
        ("country", "XK", "http://publications.europa.eu/resource/authority/country/XKX", "XK"),
        ("region", "dk01", "http://data.europa.eu/nuts/code/DK01", "DK01"),
        ("sector", "c", "http://data.europa.eu/ux2/nace2.1/C", "C"),
        ("sector", "nace2:28", "http://data.europa.eu/ux2/nace2/28", "nace2:28"),
        ("ecosystem", "health", "https://w3id.org/eclod/scheme/ecosystem/health", "health"),
        ("managed-by", "http://dbpedia.org/a", "http://dbpedia.org/a", "http://dbpedia.org/a"),
        ("managed-by", HOST.upper(), f"{BASE}/id/organisation/{HOST}", HOST),
        (
            "managed-by",
            f"cluster/{code('cluster', 1)}",
            f"{BASE}/id/cluster/{code('cluster', 1)}",
            f"cluster/{code('cluster', 1)}",
        ),
    ],
)
def test_values_have_readable_names(name: str, text: str, iri: str, spelled: str) -> None:
    facet = table.load()["clusters"].facet(name)
    assert facet is not None
    assert spelling.term(facet, text, Names(BASE)) == iri
    assert spelling.spelled(facet, iri, Names(BASE)) == spelled


@pytest.mark.parametrize(
    "value", ["http://eurovoc.europa.eu/c_de4d6f2f", "https://w3id.org/eclod/scheme/crisis/covid-19"]
)
def test_a_choice_that_is_no_thing_of_ours_can_be_chosen(value: str) -> None:
    """What a passage is about may be a concept: its address leads back to it."""
    about = table.load()["passages"].facet("about")
    assert about is not None
    assert spelling.term(about, spelling.spelled(about, value, Names(BASE)), Names(BASE)) == value


def test_an_address_is_always_spelled_the_same() -> None:
    given = MultiDict(
        [
            ("q", " b  a "),
            ("ecosystem", "health"),
            ("country", "se"),
            ("country", "DNK"),
            ("country", "DK"),
            ("page", "3"),
        ]
    )
    found = state.read(table.load()["clusters"], given, Names(BASE))
    assert found.address() == "/clusters?country=DK&country=SE&ecosystem=health&q=b+a&page=3"
    assert found.address("csv") == "/clusters?country=DK&country=SE&ecosystem=health&q=b+a&format=csv"
    with pytest.raises(BadInput, match="it has q, country, region"):
        state.read(table.load()["clusters"], MultiDict({"land": "DK"}), Names(BASE))


def test_the_members_of_a_set_come_in_order() -> None:
    assert list(positions(0b1011001)) == [0, 3, 4, 6]
    assert list(positions(0)) == []
