"""Spellings of one identifier and of one web address meet."""

from __future__ import annotations

import pytest

from eclod.core import keys


@pytest.mark.parametrize("spelling", ["BE 0248.015.142", "be0248015142", " BE-0248 015 142 "])
def test_an_identifier_has_one_key(spelling: str) -> None:
    assert keys.of_identifier(spelling) == "BE0248015142"


@pytest.mark.parametrize(
    "spelling", ["http://www.Example.org/a%20b/", "https://example.org/a b", "HTTPS://EXAMPLE.org/a%20b"]
)
def test_an_address_has_one_key(spelling: str) -> None:
    assert keys.of_address(spelling) == "example.org/a b"


def test_what_stands_behind_the_hash_counts() -> None:
    assert keys.of_address("https://search.gleif.org/#/record/5493/") == "search.gleif.org/#/record/5493".replace(
        "org/#", "org#"
    )


@pytest.mark.parametrize("text", ["", "example.org", "mailto:a@example.org", "http://", "http://[half"])
def test_what_is_no_address_has_no_key(text: str) -> None:
    assert keys.of_address(text) == ""
