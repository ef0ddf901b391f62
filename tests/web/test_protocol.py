"""Reading the fields of a request."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclod.core.errors import BadInput
from eclod.web.queries import protocol

_PARTS = ["%", "%4", "%41", "%C3", "%A9", "%zz", "é", "\U0001f600", "a", "=", "&", "+", ";", "query=", " "]


@settings(derandomize=True, deadline=None, max_examples=1000)
@given(st.lists(st.sampled_from(_PARTS), max_size=12).map("".join))
def test_fields_are_those_that_the_standard_library_reads(text: str) -> None:
    try:
        expected = parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="strict")
    except UnicodeDecodeError:
        with pytest.raises(BadInput, match="not in UTF-8"):
            protocol.fields(text.encode())
    else:
        assert protocol.fields(text.encode()) == expected


def test_there_is_a_most_of_fields() -> None:
    assert len(protocol.fields(b"a=1&" * 1000)) == 1000
    with pytest.raises(BadInput, match="more than 1000 fields; send fewer"):
        protocol.fields(b"a=1&" * 1001)


@pytest.mark.parametrize("text", ["", "ASK {}", "SELECT ?é {}"])
def test_a_query_alone_is_read_as_one_with_a_field_that_says_nothing(text: str) -> None:
    alone = protocol.read("GET", f"query={text}".encode().decode("latin-1"), "", b"")
    assert alone == protocol.read("GET", f"query={text}&x=".encode().decode("latin-1"), "", b"")
    assert alone.query == text
