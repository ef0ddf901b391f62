"""The cells of one row as the fields see them: repaired, corrected, split, cut to the part that counts, translated."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from eclod_loaders.declarations.mapping_file import (
    ColumnOptions,
    FieldSource,
    ListOptions,
    RegistryMapping,
    fill,
    holes,
)
from eclod_loaders.rows import Problem, Row
from eclod_loaders.values import texts
from eclod_loaders.values.texts import Unreadable, fold

_NO_OPTIONS = ColumnOptions()


@dataclass(slots=True)
class Findings:
    """What was found wrong in one row: `problems` reject it, `notes` are left out and counted."""

    row: Row
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    def add(self, column: str | None, value: str | None, error: Unreadable, note: bool = False) -> None:
        """Note what is wrong with a value."""
        row = self.row
        found = Problem(row.file, row.number, column, value, error.rule, error.message, error.suggestion, row.place)
        chosen = self.notes if note else self.problems
        if found not in chosen:
            chosen.append(found)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list: what a thing with `for_each` is about. The empty one stands for the row itself."""

    list: str = ""
    text: str = ""


WHOLE_ROW = Item()


class Cells:
    """The columns and lists of one row, each cleaned once."""

    def __init__(self, row: Row, mapping: RegistryMapping, findings: Findings) -> None:
        self._row = row
        self._mapping = mapping
        self._findings = findings
        self._cleaned: dict[str, tuple[str, ...]] = {}
        self._lists: dict[str, tuple[Item, ...]] = {}

    def column(self, name: str, item: Item = WHOLE_ROW) -> tuple[str, ...]:
        """Return the values of a column, or of the list item when the name is that of its list."""
        if item.list and name == item.list:
            return (item.text,)
        if name not in self._cleaned:
            options = self._mapping.columns.get(name, _NO_OPTIONS)
            raw = self._row.cells.get(name, ())
            self._cleaned[name] = tuple(text for cell in raw if (text := self._clean(name, cell, options)))
        return self._cleaned[name]

    def items(self, name: str) -> tuple[Item, ...]:
        """Return the items of a list, each once."""
        if name not in self._lists:
            options: ListOptions = self._mapping.lists[name]
            parts = (fold(part) for cell in self.column(options.column) for part in _split(options.split, cell))
            self._lists[name] = tuple(Item(name, part) for part in dict.fromkeys(parts) if not self.is_empty(part))
        return self._lists[name]

    def is_empty(self, text: str) -> bool:
        """Tell whether a text means that there is no value."""
        return text in texts.ALWAYS_EMPTY or text in self._mapping.values.empty

    def texts(
        self, source: FieldSource, item: Item, translate: Callable[[str], Sequence[str]] | None = None
    ) -> list[str]:
        """Return the texts that a source gives; what does not fit is noted and left out."""
        found: list[str] = []
        for cell in self._joined(source, item):
            for part in _split(source.split, cell) if source.split else (cell,):
                # Cells are clean already: only line breaks and what a split leaves at the ends are to be folded.
                text = fold(part) if "\n" in part and source.lines == "fold" else part.strip()
                if not text and source.split:
                    continue  # What a separator at an end of the cell leaves.
                try:
                    chosen = self._part(source.pattern, source.optional, text) if source.pattern else text
                    if chosen and not self.is_empty(chosen):
                        found += (chosen,) if translate is None else translate(chosen)
                except Unreadable as error:
                    self.refuse(source, text, error)
        return found

    def refuse(self, source: FieldSource, text: str | None, error: Unreadable) -> None:
        """Note that a value cannot be used: the row is rejected, or the value dropped if the mapping says so."""
        self._findings.add(next(source.used_columns(), None), text, error, note=source.invalid == "drop")

    def _joined(self, source: FieldSource, item: Item) -> Sequence[str]:
        if source.column:
            return self.column(source.column, item)
        if source.first_of:
            return next((found for name in source.first_of if (found := self.column(name, item))), ())
        if source.columns:
            texts = [text for name in source.columns for text in self.column(name, item)]
            return [source.join.join(texts)] if texts else []
        if source.template:
            filled = self.filled(source.template, item, lambda text: text)
            return [filled] if filled else []
        return () if source.constant is None else (source.constant,)

    def filled(self, template: str, item: Item, quote: Callable[[str], str]) -> str | None:
        """Return a template with the row's values in it, or None when one of them is missing."""
        found: Mapping[str, str] = {name: fold(" ".join(self.column(name, item))) for name in holes(template)}
        return (
            fill(template, {name: quote(text) for name, text in found.items()}, found) if all(found.values()) else None
        )

    @staticmethod
    def _part(pattern: re.Pattern[str], optional: bool, text: str) -> str:
        match = pattern.search(text)
        if match is None:
            if optional:
                return ""
            raise Unreadable(
                "pattern", f"'{text}' does not have the form that is expected here; correct the cell or the pattern."
            )
        # The group may stand in an alternative that did not take part in the match.
        return ((match[1] if pattern.groups else match[0]) or "").strip()

    def _clean(self, name: str, cell: str, options: ColumnOptions) -> str:
        try:
            text = texts.clean(cell)
        except Unreadable as error:
            self._findings.add(name, None, error)
            return ""
        text = options.correct.get(text, options.correct.get(fold(text), text)) if options.correct else text
        if not text or self.is_empty(text) or text in options.empty:
            return ""
        if any(pattern.fullmatch(text) for pattern in options.leave_out):
            # The value itself is not repeated: it may be left out because it is private.
            reason = "The cell is left out because the mapping says so; its value is doubtful or private."
            self._findings.add(name, None, Unreadable("left-out", reason), note=True)
            return ""
        return text


def _split(pattern: re.Pattern[str] | None, text: str) -> list[str]:
    return [text] if pattern is None else pattern.split(text)
