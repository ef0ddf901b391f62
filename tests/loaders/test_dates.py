"""Dates as columns write them; a year where nothing more is known; never one of two."""

from __future__ import annotations

import datetime

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from eclod_loaders.values import dates
from eclod_loaders.values.texts import Unreadable

READ = [
    ("24.04.2014", ["dd.MM.yyyy"], "2014-04-24"),
    ("01/12/2016 ", ["dd/MM/yyyy"], "2016-12-01"),
    ("2014-04-24", [], "2014-04-24"),
    ("2010", ["yyyy"], "2010"),
    ("Tuesday, October 18, 2011", ["EEEE, MMMM d, yyyy"], "2011-10-18"),
    ("Q3 2014", ["'Q'Q yyyy"], "2014"),
    ("Q 3, 2010", ["'Q' Q, yyyy"], "2010"),
    ("Quarter 4,  2008", ["'Quarter' Q, yyyy"], "2008"),
    ("4/2/2011", ["d/M/yyyy"], "2011-02-04"),
    ("May 2012", ["MMMM yyyy"], "2012"),
    ("31/01/2011", ["dd/MM/yyyy", "MM/dd/yyyy"], "2011-01-31"),
]

NOT_READ = [
    ("31.02.2014", ["dd.MM.yyyy"]),
    ("24.4.14", ["dd.MM.yyyy"]),
    ("Monday, October 18, 2011", ["EEEE, MMMM d, yyyy"]),
    ("Q5 2014", ["'Q'Q yyyy"]),
    ("01/13/2016", ["dd/MM/yyyy"]),
    ("3010", ["yyyy"]),
    ("soon", ["yyyy"]),
    ("", ["yyyy"]),
]


@pytest.mark.parametrize(("text", "patterns", "expected"), READ)
def test_dates_are_read(text: str, patterns: list[str], expected: str) -> None:
    assert str(dates.day(text, patterns, "en")) == expected


@pytest.mark.parametrize(("text", "patterns"), NOT_READ)
def test_what_is_no_date_is_refused(text: str, patterns: list[str]) -> None:
    with pytest.raises(Unreadable, match="is not a date as this column writes them") as refused:
        dates.day(text, patterns, "en")
    assert refused.value.rule == "date"


def test_a_date_that_may_be_two_is_refused() -> None:
    with pytest.raises(Unreadable, match="'01/02/2016' may be 2016-02-01 or 2016-01-02"):
        dates.day("01/02/2016", ["dd/MM/yyyy", "MM/dd/yyyy"], "en")


@pytest.mark.parametrize(
    "pattern", ["dd.MM.yy", "MM/dd", "yyyy yyyy", "dd yyyy", "hh:mm yyyy", "Quarter Q yyyy", "ddd.MM.yyyy"]
)
def test_a_pattern_that_is_not_understood_is_said(pattern: str) -> None:
    with pytest.raises(ValueError, match="date pattern"):
        dates.compile_pattern(pattern, "en")


@given(
    st.dates(min_value=datetime.date(1000, 1, 1), max_value=datetime.date(2999, 12, 31)),
    st.sampled_from(["da", "fr", "cs", "de", "pl", "el", "fi"]),
    st.sampled_from(["dd.MM.yyyy", "d. MMMM yyyy", "EEEE d MMMM yyyy", "yyyy/M/d"]),
)
def test_dates_survive_being_written_in_any_language(date: datetime.date, locale: str, pattern: str) -> None:
    assert dates.day(format_date(date, pattern, locale=locale), [pattern], locale).date == date
