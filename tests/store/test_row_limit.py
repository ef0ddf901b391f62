"""A table is cut between two rows, exactly, whatever is in its cells and however the bytes come."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from typing import IO, Any, cast

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclod.store import executor, row_limit
from eclod.store.row_limit import RowLimit, RowLimitReached

FORMATS = ("json", "xml", "csv", "tsv")
DOWNLOAD = "https://example.org/releases/x"

nasty = st.lists(
    st.sampled_from(
        ['"', ",", "{", "}", "[", "]", "<", ">", "\n", "\r", "\\", "\t", "'", "#", "<result>", ",{", ',{"', "x", "😀"]
    ),
    max_size=8,
).map("".join)
rows = st.lists(st.tuples(nasty, st.booleans()), min_size=0, max_size=12)


class Pieces:
    """A sink that hands on what it gets in pieces of a few bytes."""

    def __init__(self, to: RowLimit, size: int) -> None:
        self._to = to
        self._size = size

    def write(self, chunk: bytes) -> int:
        for start in range(0, len(chunk), self._size):
            self._to.write(chunk[start : start + self._size])
        return len(chunk)

    def flush(self) -> None:
        self._to.flush()


def solutions(values: list[tuple[str, bool]]) -> ox.QuerySolutions:
    store = ox.Store()
    for number, (text, second) in enumerate(values):
        thing = ox.NamedNode(f"urn:{number:03}")
        store.add(ox.Quad(thing, ox.NamedNode("urn:a"), ox.Literal(text)))
        if second:
            store.add(ox.Quad(thing, ox.NamedNode("urn:b"), ox.Literal(text, language="en")))
    text = "SELECT ?a ?b { ?s <urn:a> ?a OPTIONAL { ?s <urn:b> ?b } } ORDER BY ?s"
    return cast("ox.QuerySolutions", store.query(text))


def write(values: list[tuple[str, bool]], form: str, limit: int, size: int) -> tuple[bytes, bool]:
    spool = executor.Spool(1 << 30)
    limited = RowLimit(spool, form, limit)
    try:
        solutions(values).serialize(cast("IO[bytes]", Pieces(limited, size)), executor.RESULT_FORMATS[form])
    except RowLimitReached:
        spool.write(row_limit.ending(form, limit, DOWNLOAD))
        return spool.inline(), True
    limited.finish()
    return spool.inline(), False


def read(body: bytes, form: str) -> list[Any]:
    if form == "csv":
        return list(csv.reader(io.StringIO(body.decode(), newline="")))[1:]
    if form == "tsv":
        return body.decode().split("\n")[1:-1]
    if form == "json":
        return list(json.loads(body)["results"]["bindings"])
    found = ET.fromstring(body).iter("{http://www.w3.org/2005/sparql-results#}result")
    return [[(binding.get("name"), ET.tostring(binding)) for binding in result] for result in found]


@given(rows, st.sampled_from(FORMATS), st.integers(1, 12), st.integers(1, 40))
def test_a_cut_table_has_the_first_rows_and_a_whole_one_is_untouched(
    values: list[tuple[str, bool]], form: str, limit: int, size: int
) -> None:
    whole = solutions(values).serialize(format=executor.RESULT_FORMATS[form])
    assert whole is not None
    body, cut = write(values, form, limit, size)
    assert cut == (len(values) > limit)
    if not cut:
        assert body == whole
        return
    found = read(body, form)
    if form == "csv":
        assert found.pop() == [f"# cut after {limit} rows; all of the data is at {DOWNLOAD}"]
    assert found == read(whole, form)[:limit]


def test_json_says_beside_the_results_that_they_were_cut() -> None:
    body, _ = write([("x", True)] * 3, "json", 2, 1000)
    assert json.loads(body)["truncated"] == {"rows": 2, "limit": 2, "download": DOWNLOAD}


# Its JSON parser takes nothing after the results; others do.
@pytest.mark.parametrize("form", ["xml", "tsv"])
def test_a_cut_table_can_still_be_read_by_the_engine(form: str) -> None:
    body, cut = write([("x", True)] * 5, form, 3, 1000)
    assert cut
    parsed = cast("ox.QuerySolutions", ox.parse_query_results(body, executor.RESULT_FORMATS[form]))
    assert len(list(parsed)) == 3
