"""What became of the codes of NUTS 2021 in NUTS 2024, as Eurostat's workbook tells it.

The workbook has for every code that changed a kind of change, and for most of them a sentence. A code that was only
renumbered has its new code in its own row. For the others the sentence says where the territory went ("LAU Kuhmoinen
(291) moved from ex-FI193 to ex-FI197", "PT1A + PT1B = ex-PT17"); a region keeps its name under its new code, which ties
ex-FI197 to FI19B. The remarks of the form "PT1C1 = PT181" are not used: in Portugal's rows they are one row off.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

RECODED: Final = "Code change"

_CLAUSE = re.compile(r"\.\s|(?:,| and) LAU ")
_DIRECTION = re.compile(r" (?:to|into|among) ")
_ORIGIN = " out of "
_WORD = re.compile(r"\b[A-Z]{2}[0-9A-Z]{1,3}\b")
_SUM = re.compile(r"((?:\w+ \+ )+\w+) = ex-(\w+)")


@dataclass(frozen=True, slots=True)
class Move:
    """A row of the overview: a code of 2021, of 2024 or both, and the kind of change ("" when there is none)."""

    old: str
    new: str
    label: str
    level: int
    kind: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A row of the sheets of changes; rows that belong together share the sentence of the first of them."""

    code: str
    sentence: str
    remark: str


@dataclass(slots=True)
class Succession:
    """The successors of dropped codes, which of them is the same area, which the same region in other borders."""

    successors: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    same: dict[str, str] = field(default_factory=dict)
    heirs: dict[str, str] = field(default_factory=dict)


def succession(moves: Sequence[Move], explanations: Sequence[Explanation]) -> Succession:
    """Work out which codes of 2024 replace which dropped codes of 2021."""
    result = Succession()
    current = {move.new for move in moves if move.new}
    dropped = {move.old for move in moves if move.old and move.old not in current}
    fresh = {(move.new[:2], move.level, move.label): move.new for move in moves if move.new and not move.old}
    for move in moves:
        if move.old not in dropped:
            continue
        if move.kind == RECODED:
            result.same[move.old] = move.new
        elif heir := fresh.get((move.old[:2], move.level, move.label)):
            result.heirs[move.old] = heir
    now = {**{code: code for code in current}, **result.heirs, **result.same}
    for old, new in (*result.same.items(), *result.heirs.items()):
        result.successors[old].add(new)
    for old, receiver in _transfers(explanations, current | dropped):
        if old in dropped and receiver in now:
            result.successors[old].add(now[receiver])
    _lift(result.successors, dropped)
    return result


def notes(moves: Sequence[Move], explanations: Sequence[Explanation]) -> dict[str, str]:
    """Return for each code with a change the kind of change and, where the workbook has one, the sentence about it."""
    sentences = {entry.code: entry.sentence for entry in explanations if entry.sentence}
    found = {}
    for move in moves:
        if not move.kind:
            continue
        for code in {move.old, move.new} - {""}:
            sentence = sentences.get(code, "")
            text = sentence if sentence.startswith(move.kind) else f"{move.kind}. {sentence}".strip()
            found[code] = f"NUTS 2021 to NUTS 2024: {text.rstrip('.')}."
    return found


def former_names(explanations: Sequence[Explanation]) -> Mapping[str, str]:
    """Return the names that codes had before, from sentences such as "Name change (formely: Csongrád)" (sic)."""
    pattern = re.compile(r"^Name change \(\w+: (.+?)\s*\)$")
    matches = ((entry.code, pattern.match(entry.sentence)) for entry in explanations)
    return {code: match[1] for code, match in matches if match}


def _transfers(explanations: Sequence[Explanation], known: set[str]) -> Iterator[tuple[str, str]]:
    """Yield (code that gave territory, code that received it) for every transfer that a sentence states."""
    for entry in explanations:
        for match in _SUM.finditer(entry.remark):
            yield from ((match[2], part) for part in match[1].split(" + "))
        for clause in _CLAUSE.split(entry.sentence):
            if _ORIGIN in clause:
                receivers, _, givers = clause.partition(_ORIGIN)
            else:
                givers, *rest = _DIRECTION.split(clause, maxsplit=1)
                receivers = rest[0] if rest else ""
            for giver in _codes(givers, known):
                yield from ((giver, receiver) for receiver in _codes(receivers, known))


def _codes(text: str, known: set[str]) -> list[str]:
    return [word for word in _WORD.findall(text) if word in known]


def _lift(successors: dict[str, set[str]], dropped: set[str]) -> None:
    """What a region gave away, the region above it gave away too, when its code is dropped as well."""
    for length in (5, 4):
        for old in [code for code in successors if len(code) == length and code[:-1] in dropped]:
            successors[old[:-1]].update(new[:-1] for new in successors[old])
