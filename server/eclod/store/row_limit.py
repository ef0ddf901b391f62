"""Stops a table of results after a number of rows, in the bytes that the engine writes: between two rows, exactly.

The rows are counted in what was serialised, by a mark that no value can hold, since the engine's own serialiser is some
ten times faster than any that could count in Python. A row in which nothing is bound has no mark in JSON and is not
counted. Counting begins when there are so many bytes that there may be too many rows: most answers never get there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol


class Sink(Protocol):
    """Where the bytes go."""

    def write(self, chunk: bytes) -> int: ...

    def flush(self) -> None: ...

    def written(self) -> Iterator[bytes]:
        """Yield all that was written, in parts; writing goes on behind it."""
        ...


class RowLimitReached(Exception):
    """There are more rows; what was written ends after the last allowed one."""


@dataclass(frozen=True, slots=True)
class _Marks:
    """How rows show in a format: the mark, how many of them come before row 1 ends, whether a row begins after it.

    `least` is how many bytes a row has at least, from one mark to the next.
    A comma, a brace and a quote side by side are never inside a JSON string, where quotes are escaped, but may be its
    end, which no name of a variable follows; `<` is escaped in XML, a newline in TSV. In CSV a newline counts outside
    quotes only.
    """

    mark: bytes
    before: int
    least: int
    not_followed_by: bytes = b""
    begins_after: bool = False
    quoted: bool = False


_MARKS: Final = {
    "json": _Marks(b',{"', 0, len(',{"v":{"type":"uri","value":""}}'), not_followed_by=b"},"),
    "xml": _Marks(b"<result>", 1, len("<result></result>")),
    "tsv": _Marks(b"\n", 1, 1, begins_after=True),
    "csv": _Marks(b"\n", 1, 1, begins_after=True, quoted=True),
}


class RowLimit:
    """A writer that passes on at most `rows` rows of one format (json, xml, csv, tsv), then raises RowLimitReached."""

    def __init__(self, sink: Sink, form: str, rows: int) -> None:
        self._sink = sink
        self._marks = _MARKS[form]
        # Enough to hold a mark that is not whole, or that nothing follows yet.
        self._overlap = 0 if self._marks.begins_after else len(self._marks.mark) - (not self._marks.not_followed_by)
        self._left = rows + self._marks.before  # marks until the one at which row `rows + 1` begins
        self._never_next = {bytes([other]) for other in self._marks.not_followed_by}
        self._held = b""  # the end of a chunk, where a mark may begin
        self._in_quotes = False
        self._full = False
        self._length = 0
        self._enough = self._left * self._marks.least  # bytes, for as many marks
        self._counts = False

    def write(self, chunk: bytes) -> int:
        if self._full and chunk:
            raise RowLimitReached
        self._length += len(chunk)
        data = self._held + chunk
        if self._length < self._enough:
            self._pass_on(data)
            return len(chunk)
        if not self._counts:
            self._count_written()
        count = self._count(data)
        if count >= self._left:
            # From here on everything is refused, also what the engine still has when it hears of the end. A newline
            # that ends the last allowed row may end the table as well: then nothing comes after it.
            self._full = True
            end = self._position(data)
            if end < len(data):
                self._sink.write(data[:end])
                raise RowLimitReached
        self._note(data, count)
        self._pass_on(data)
        return len(chunk)

    def flush(self) -> None:
        self._sink.flush()

    def finish(self) -> None:
        """Write what was held back; call when all is serialised."""
        self._sink.write(self._held)
        self._held = b""

    def _pass_on(self, data: bytes) -> None:
        kept = max(0, len(data) - self._overlap)
        self._sink.write(data[:kept])
        self._held = data[kept:]

    def _note(self, data: bytes, count: int) -> None:
        self._left -= count
        if self._marks.quoted and data.count(b'"') % 2:
            self._in_quotes = not self._in_quotes

    def _count_written(self) -> None:
        """Count what was passed on before there was reason to."""
        self._counts = True
        held = b""
        for part in (*self._sink.written(), self._held):
            data = held + part
            self._note(data, self._count(data))
            held = data[max(0, len(data) - self._overlap) :]

    def _count(self, data: bytes) -> int:
        if not self._marks.quoted or (b'"' not in data and not self._in_quotes):
            return self._count_unquoted(data)
        return sum(part.count(self._marks.mark) for part in data.split(b'"')[int(self._in_quotes) :: 2])

    def _count_unquoted(self, data: bytes) -> int:
        mark, others = self._marks.mark, self._marks.not_followed_by
        if not others:
            return data.count(mark)
        return data.count(mark, 0, max(0, len(data) - 1)) - sum(data.count(mark + bytes([other])) for other in others)

    def _position(self, data: bytes) -> int:
        """Return where the row after the last allowed one begins."""
        left, position, in_quotes = self._left, 0, self._in_quotes
        mark = self._marks.mark
        for part in data.split(b'"') if self._marks.quoted else [data]:
            found = -1
            while not in_quotes and left and (found := part.find(mark, found + 1)) >= 0:
                left -= part[found + len(mark) : found + len(mark) + 1] not in self._never_next
            if not left:
                return position + found + (len(mark) if self._marks.begins_after else 0)
            position += len(part) + 1
            in_quotes = self._marks.quoted and not in_quotes
        return len(data)


def ending(form: str, rows: int, download: str) -> bytes:
    """Return what ends a table that was cut, saying so where the format has a place for it.

    JSON has a member beside `results` (SPARQL 1.1 Query Results JSON Format, section 3, allows others), CSV a last
    line, XML a comment; TSV has none, since each of its lines is a row.
    """
    what = f"cut after {rows} rows; all of the data is at {download}"
    match form:
        case "json":
            said = {"rows": rows, "limit": rows, "download": download}
            return b']},"truncated":' + json.dumps(said).encode() + b"}"
        case "xml":
            return f"</results><!-- {what.replace('--', '- -')} --></sparql>".encode()
        case "csv":
            return f'"# {what}"\r\n'.encode()
        case _:
            return b""
