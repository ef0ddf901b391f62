"""One slip away from a misspelt code are few codes, and the right one is among them."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclod.core import codes, misspelling
from eclod.core.errors import BadIdentifier

CODES = st.builds(codes.derive, st.just("cluster"), st.just("dk"), st.text(string.digits, min_size=1, max_size=6))


@given(CODES, st.integers(0, codes.LENGTH - 1), st.sampled_from(codes.ALPHABET))
def test_the_code_is_found_whichever_character_is_wrong(code: str, at: int, sign: str) -> None:
    wrong = code[:at] + sign.lower() + code[at + 1 :]
    assert misspelling.meant(wrong, lambda each: each == code) == [code]


@given(CODES, st.integers(0, codes.LENGTH - 1))
def test_the_code_is_found_when_a_character_is_missing_or_doubled(code: str, at: int) -> None:
    for wrong in (code[:at] + code[at + 1 :], code[:at] + code[at] + code[at:]):
        assert misspelling.meant(wrong, lambda each: each == code) == [code]


def test_only_what_exists_is_meant() -> None:
    assert misspelling.meant("0" * codes.LENGTH, lambda _: False) == []


@pytest.mark.parametrize("text", ["", "a" * 1000, "héé", "https://example.org"])
def test_what_is_nothing_like_a_code_means_none(text: str) -> None:
    with pytest.raises(BadIdentifier):
        codes.normalise(text)
    assert misspelling.meant(text, lambda _: True) == []
