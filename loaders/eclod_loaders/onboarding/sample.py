"""What a file of unknown making looks like: how it is written, where its header is, which columns it has."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

from charset_normalizer import from_bytes
from python_calamine import CalamineError, CalamineWorkbook

from eclod.core.errors import BadInput
from eclod_loaders.declarations.mapping_file import FileOptions, RegistryMapping, Repair
from eclod_loaders.declarations.toml_files import column_name
from eclod_loaders.onboarding import structure
from eclod_loaders.reading import tabular, workbook_bounds
from eclod_loaders.values import texts
from eclod_loaders.values.texts import Unreadable

#: Rows that are looked at; what comes after them is found by the first check.
ROWS: Final = 2_000
#: Rows among which the header is looked for.
_FIRST: Final = 30
_SNIFFED: Final = 400_000
_DELIMITERS: Final = ",;\t|"
#: The code pages that European registers are written in.
_CODE_PAGES: Final = (
    *("cp1252", "cp1250", "cp1253", "cp1251", "cp1254", "cp1257", "cp850", "cp852", "mac_roman", "mac_latin2"),
    *("iso8859_2", "iso8859_7", "iso8859_5", "utf_16_le", "utf_16_be"),
)
#: What UTF-8 is most often taken for.
_MISTAKEN_FOR: Final = ("latin-1", "cp1252")
_FULL: Final = 0.6
_NUMERIC: Final = re.compile(r"[\s€$£%+\-.,'’\d/:]*\d[\s€$£%+\-.,'’\d/:]*")
_LONGEST_NAME: Final = 120

Record = Sequence[str]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name as mappings write it, and the cells that have something, each as its values.

    `at` are the positions of the rows that have these cells, of `rows` in all.
    """

    name: str
    cells: Sequence[Sequence[str]]
    rows: int
    at: Sequence[int]

    @property
    def texts(self) -> list[str]:
        """All values, in their order."""
        return [text for cell in self.cells for text in cell]

    @property
    def filled(self) -> float:
        """Which part of the rows has a value."""
        return len(self.cells) / self.rows if self.rows else 0.0


@dataclass(slots=True)
class Sample:
    """A file as far as it was looked at.

    `options` are those of `[file]` that differ from what is taken without them; `rows` holds the first cells of each
    row by column, to see what tells rows apart; `remarks` are for whoever reviews the mapping; `damage` is the code
    page that UTF-8 was taken for before the file came here.
    """

    path: Path
    adapter: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, str]]
    options: dict[str, Any] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    damage: str = ""

    def column(self, name: str) -> Column | None:
        """Return a column by name."""
        return next((column for column in self.columns if column.name == name), None)


def read(path: Path, encoding: str | None = None, sheet: str | None = None) -> Sample:
    """Return what a file looks like.

    Raises BadInput, saying what to do, when it cannot be read, is empty, has no header or one name twice.
    """
    content = tabular.read_bytes(path, path.name)
    if not content.strip():
        raise BadInput(f"{path.name} is empty; export it anew.")
    suffix = path.suffix.lower()
    if suffix in tabular.SPREADSHEETS:
        return _repaired(_spreadsheet(path, sheet))
    found = structure.read(path.name, suffix, content)
    return _repaired(_structured(path, found) if found is not None else _delimited(path, content, encoding))


def _repaired(sample: Sample) -> Sample:
    """Return the sample with the damage of a wrong encoding undone in its cells, where there is such damage."""
    damaged = [text for column in sample.columns for text in column.texts if _is_damaged(text)]
    if not damaged:
        return sample
    healed = {
        page: sum(not _is_damaged(Repair(reason="", utf8_read_as=page).apply(text)) for text in damaged)
        for page in _MISTAKEN_FOR
    }
    best = max(healed, key=lambda page: healed[page])
    if not healed[best]:
        return sample
    repair = Repair(reason="", utf8_read_as=best)
    sample.damage = FileOptions(encoding=best).encoding
    sample.columns = [
        Column(repair.apply(c.name), [[repair.apply(text) for text in cell] for cell in c.cells], c.rows, c.at)
        for c in sample.columns
    ]
    sample.rows = [{repair.apply(n): repair.apply(text) for n, text in row.items()} for row in sample.rows]
    return sample


def _is_damaged(text: str) -> bool:
    try:
        texts.clean(text)
    except Unreadable:
        return True
    return False


def _column(name: str, cells: Sequence[Sequence[str]]) -> Column:
    return Column(name, [c for c in cells if c], len(cells), [i for i, c in enumerate(cells) if c])


def _structured(path: Path, found: structure.Structure) -> Sample:
    columns = [_column(name, [row.get(name, ()) for row in found.rows]) for name in found.columns]
    rows = [{name: " ".join(cells) for name, cells in row.items()} for row in found.rows]
    return Sample(path, found.adapter, columns, rows, dict(found.options), list(found.remarks))


# Tables


def _delimited(path: Path, content: bytes, encoding: str | None) -> Sample:
    options: dict[str, Any] = {}
    remarks: list[str] = []
    chosen = encoding or _encoding(content)
    if chosen != "utf-8":
        options["encoding"] = chosen
        if encoding is None:
            remarks.append(f"The encoding is a guess: check that letters with accents come out right in {chosen}.")
    text = tabular.decode(content, path.name, chosen)
    if "\0" in text:
        raise BadInput(f"{path.name} is not a text file; give a spreadsheet its own ending (.xlsx), or save it as CSV.")
    delimiter = max(_DELIMITERS, key=lambda sign: _fit(text, sign))
    if _fit(text, delimiter) <= 0:
        delimiter = ","
    if delimiter != ",":
        options["delimiter"] = delimiter
    return _table(path, _records(text, delimiter, ROWS + _FIRST), options, remarks)


def _encoding(content: bytes) -> str:
    for bom, name in tabular.BYTE_ORDER_MARKS:
        if content.startswith(bom):
            return name
    try:
        content.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        best = from_bytes(content[:_SNIFFED], cp_isolation=list(_CODE_PAGES)).best()
        return FileOptions(encoding=best.encoding).encoding if best else "cp1252"


def _records(text: str, delimiter: str, most: int) -> list[list[str]]:
    found: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while len(found) < most:
        try:
            found.append(next(reader))
        except (StopIteration, csv.Error):  # what is wrong with a later row is said by the check
            break
    return found


def _fit(text: str, delimiter: str) -> float:
    """Return how well a sign cuts the first rows into as many cells each; 0 when it does not occur."""
    widths = Counter(len(record) for record in _records(text[:_SNIFFED], delimiter, 200) if any(record))
    if not widths:
        return 0.0
    width, count = max(widths.items(), key=lambda item: (item[1] * (item[0] - 1), item[0]))
    return (width > 1) * (count / widths.total()) * (1 + width / 100)


def sheet_names(path: Path) -> list[str]:
    """Return the names of the sheets of a spreadsheet. Raises BadInput when it cannot be read."""
    workbook_bounds.check(path, path.name)
    try:
        with CalamineWorkbook.from_path(path) as book:
            return list(book.sheet_names)
    except CalamineError as error:
        raise BadInput(
            f"{path.name} is not a spreadsheet that can be read ({error}); save it as .xlsx or CSV."
        ) from None


def _spreadsheet(path: Path, sheet: str | None) -> Sample:
    names = sheet_names(path)
    if sheet is not None and sheet not in names:
        raise BadInput(f"{path.name} has no sheet '{sheet}'; it has {', '.join(map(repr, names))}.")
    best: list[Record] = []
    chosen = sheet or names[0]
    for name in [sheet] if sheet else names:
        mapping = RegistryMapping.model_construct(file=FileOptions(sheet=name))
        found = list(islice(tabular.read_records(path, path.name, mapping), ROWS + _FIRST))
        if _size(found) > _size(best):
            best, chosen = found, name
    options = {"sheet": chosen} if chosen != names[0] else {}
    remarks = (
        [f"Other sheets of the file are not read: {', '.join(n for n in names if n != chosen)}."] if names[1:] else []
    )
    return _table(path, best, options, remarks)


def _size(found: Sequence[Record]) -> int:
    return sum(1 for record in found for cell in record if cell.strip())


def _table(path: Path, found: Sequence[Record], options: dict[str, Any], remarks: list[str]) -> Sample:
    if not _size(found):
        raise BadInput(f"{path.name} has no row with anything in it; choose another file or sheet.")
    header = _header_row(found)
    if header > 0:
        options["header_row"] = header + 1
        remarks.append(f"The names of the columns are taken from row {header + 1}; the rows above it are not read.")
    names = [column_name(cell) for cell in found[header]]
    twice = [name for name, count in Counter(names).items() if name and count > 1]
    if twice:
        raise BadInput(f"{path.name} has two columns called '{twice[0]}'; rename one of them.")
    if not any(names):
        raise BadInput(f"{path.name} has no row with names of columns; write them above the first row.")
    body = [record for record in found[header + 1 :] if any(cell.strip() for cell in record)][:ROWS]
    nameless = [i + 1 for i, name in enumerate(names) if not name and any(r[i].strip() for r in body if len(r) > i)]
    if nameless:
        raise BadInput(
            f"{path.name}: column {nameless[0]} has values and no name in row {header + 1}; write a name there."
        )
    columns = [
        _column(name, [[r[i].strip()] if len(r) > i and r[i].strip() else () for r in body])
        for i, name in enumerate(names)
        if name
    ]
    rows = [{name: cell.strip() for name, cell in zip(names, r, strict=False) if name} for r in body]
    if not body:
        remarks.append("The file has no row below its header, so that only the names of the columns say what they are.")
    return Sample(path, "tabular", columns, rows, options, remarks)


def _header_row(found: Sequence[Record]) -> int:
    """Return the position of the row with the names of the columns: the first full one without numbers.

    When the next one is of the same sort and the rows below are not, it has the names and the first only groups them.
    """
    first = found[:_FIRST]
    most = max(_filled(record) for record in first)
    likely = [i for i, record in enumerate(first) if _filled(record) >= _FULL * most and _is_header(record)]
    if not likely:
        return next(i for i, record in enumerate(first) if _filled(record))
    position = likely[0]
    below = first[position + 1 :]
    groups = below and _is_header(below[0]) and _is_distinct(below[0]) and _filled(below[0]) >= _filled(first[position])
    data = below[1:]
    if groups and data and _has_numbers(data) and _shorter(below[0], data):
        return position + 1
    return position


def _filled(record: Record) -> int:
    return sum(1 for cell in record if cell.strip())


def _is_header(record: Record) -> bool:
    cells = [cell.strip() for cell in record if cell.strip()]
    return not (
        any(_NUMERIC.fullmatch(cell) or "@" in cell or cell.startswith(("http:", "https:")) for cell in cells)
        or any(len(cell) > _LONGEST_NAME for cell in cells)
    )


def _is_distinct(record: Record) -> bool:
    cells = [cell.strip().casefold() for cell in record if cell.strip()]
    return len(set(cells)) == len(cells)


def _has_numbers(data: Sequence[Record]) -> bool:
    """Tell whether most rows of data have a number in some column."""
    return sum(any(_NUMERIC.fullmatch(c.strip()) for c in record if c.strip()) for record in data) > len(data) / 2


def _shorter(names: Record, data: Sequence[Record]) -> bool:
    cells = [cell for record in data for cell in record if cell.strip()]
    mean = sum(map(len, cells)) / max(1, len(cells))
    return sum(map(len, names)) / max(1, _filled(names)) <= max(mean, 20.0)
