"""Codes: the same for the same thing, understood in any spelling, and misspellings found out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclod.core import codes
from eclod.core.errors import BadIdentifier

#: Published codes never change: these were given by the first version.
GIVEN = {
    ("cluster", "dk", "1"): "5201tk3wz5h",
    ("organisation", "lu", "Société Générale"): "rxk97vdrzsh",
    ("project", "cz-parks", ""): "gtvxehgp3k1",
}
SAMPLES = [codes.derive("cluster", "sample", str(number)) for number in range(400)]

reproducible = settings(derandomize=True, deadline=None, max_examples=300)


def understood(spelling: str) -> bool:
    try:
        codes.normalise(spelling)
    except BadIdentifier:
        return False
    return True


@pytest.mark.parametrize(("thing", "code"), GIVEN.items())
def test_a_thing_has_the_code_it_was_given_first(thing: tuple[str, str, str], code: str) -> None:
    assert codes.derive(*thing) == code


@reproducible
@given(st.text(), st.text(), st.text(), st.integers(0, 3))
def test_every_derived_code_is_a_canonical_spelling(kind: str, registry: str, local_id: str, attempt: int) -> None:
    code = codes.derive(kind, registry, local_id, attempt)
    assert len(code) == codes.LENGTH
    assert codes.normalise(code) == code
    assert set(code) <= set(codes.ALPHABET.lower())


def test_each_part_and_each_attempt_counts() -> None:
    things = [("a", "b", "c", 0), ("ab", "", "c", 0), ("a", "bc", "", 0), ("a", "b", "d", 0), ("a", "b", "c", 1)]
    assert len({codes.derive(*thing) for thing in things}) == len(things)


def test_many_codes_do_not_meet() -> None:
    assert len({codes.derive("cluster", "many", str(number)) for number in range(30_000)}) == 30_000


@pytest.mark.parametrize("code", SAMPLES[:20])
def test_any_spelling_is_understood(code: str) -> None:
    spellings = [
        code.upper(),
        f" {code}\n",
        "-".join(code),
        f"{code[:4]}-{code[4:8]}-{code[8:]}",
        f"{code[:5]} {code[5:]}",
        code.replace("0", "O").replace("1", "l"),
        code.replace("0", "o").replace("1", "I"),
        code.replace("1", "i"),
    ]
    assert {codes.normalise(spelling) for spelling in spellings} == {code}


def test_look_alikes_are_in_some_of_the_samples() -> None:
    assert any("0" in code for code in SAMPLES[:20])
    assert any("1" in code for code in SAMPLES[:20])


@pytest.mark.parametrize("code", SAMPLES[:60])
def test_every_single_wrong_character_is_found_out(code: str) -> None:
    for position, right in enumerate(code):
        for wrong in codes.ALPHABET.lower().replace(right, ""):
            assert not understood(code[:position] + wrong + code[position + 1 :])


def test_adjacent_characters_that_changed_places_are_found_out() -> None:
    """ISO 7064's hybrid systems find nearly all of them: 2 of 1,000 pairs of neighbours pass."""
    swapped = [
        code[:n] + code[n + 1] + code[n] + code[n + 2 :]
        for code in SAMPLES
        for n in range(codes.LENGTH - 1)
        if code[n] != code[n + 1]
    ]
    assert sum(map(understood, swapped)) < 0.004 * len(swapped)


@pytest.mark.parametrize(
    "spelling",
    [
        "",
        " ",
        "-",
        "u" * 11,
        SAMPLES[0][:-1],
        SAMPLES[0] + "0",
        "é" * 11,
        "٣" * 11,
        SAMPLES[0].replace(SAMPLES[0][3], "*"),
    ],
)
def test_what_is_no_code_is_named_and_the_form_explained(spelling: str) -> None:
    with pytest.raises(BadIdentifier, match="a code has 11 characters") as caught:
        codes.normalise(spelling)
    assert f"'{spelling}'" in caught.value.message
    assert caught.value.status == 400


def test_a_wrong_check_character_says_so() -> None:
    code = SAMPLES[0]
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    with pytest.raises(BadIdentifier, match=f"'{wrong}' is misspelt: its last character does not match"):
        codes.normalise(wrong)


@reproducible
@given(st.text(max_size=15))
def test_any_text_is_a_code_or_refused(text: str) -> None:
    if understood(text):
        assert codes.normalise(codes.normalise(text)) == codes.normalise(text)
