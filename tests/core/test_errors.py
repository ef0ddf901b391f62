"""The tree of errors: each leaf with a slug, a title and a status of its own, all in one shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from eclod.core import errors
from eclod.core.errors import EclodError


def tree(error: type[EclodError] = EclodError) -> Iterator[type[EclodError]]:
    yield error
    for child in error.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from tree(child)


ALL = list(tree())


def test_every_error_has_a_slug_a_title_and_a_meaning_of_its_own() -> None:
    for attribute in ("slug", "title", "meaning"):
        counts = Counter(vars(error).get(attribute) for error in ALL)
        assert {value: n for value, n in counts.items() if n > 1 or not value} == {}


@pytest.mark.parametrize("error", ALL)
def test_an_error_is_a_problem_document(error: type[EclodError]) -> None:
    problem = error("It is so.", budget=2).problem()
    assert problem == {
        "type": f"https://w3id.org/eclod/problem/{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": "It is so.",
        "budget": 2,
    }
    assert 400 <= error.status <= 599
    assert error.exit_code != 0
    assert str(error("It is so.")) == "It is so."


@pytest.mark.parametrize("error", ALL)
def test_an_error_says_what_it_means_and_what_to_do(error: type[EclodError]) -> None:
    """Its type leads to a page with that (RFC 9457, section 3.1.1), so it is written beside the class, in sentences."""
    said = vars(error).get("meaning", "")
    assert 60 <= len(said) <= 300
    assert said.endswith(".")
    assert "  " not in said
    assert said.count("`") % 2 == 0


def test_kinds_are_all_errors_by_slug() -> None:
    found = errors.kinds()
    assert set(ALL) <= set(found.values())
    assert all(error.slug == slug for slug, error in found.items())


def test_the_drawing_of_the_tree_shows_every_error() -> None:
    drawing = (errors.__doc__ or "").split()
    assert [error.__name__ for error in ALL if error.__name__ not in drawing] == []


def test_what_the_caller_can_mend_is_4xx() -> None:
    assert {error.__name__ for error in ALL if error.status >= 500} == {
        "EclodError",
        "BadSetting",
        "TooBusy",
        "EndpointFailed",
        "OverBudget",
        "Damaged",
    }
