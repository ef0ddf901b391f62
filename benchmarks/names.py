"""Made-up names of clusters, firms, universities and institutes, in the languages and scripts of Europe."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

_FILE: Final = Path(__file__).with_name("names.toml")
_T = TypeVar("_T")


class Choice:
    """Choices by a fixed seed, the same in every version of Python: of `random`, only `random()` promises that."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def share(self) -> float:
        """Return a number from 0 to below 1."""
        return self._random.random()

    def number(self, below: int) -> int:
        return int(self._random.random() * below)

    def one(self, options: Sequence[_T]) -> _T:
        return options[int(self._random.random() * len(options))]


@dataclass(frozen=True, slots=True)
class Name:
    text: str
    language: str


class Names:
    """Names by the table in `names.toml`."""

    def __init__(self, choice: Choice) -> None:
        table: dict[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
        self._choice = choice
        self._languages: dict[str, dict[str, Any]] = table["languages"]
        self._countries: dict[str, list[str]] = table["countries"]
        self._scripts: dict[str, list[str]] = table["scripts"]

    def local(self, kind: str, country: str, place: str) -> Name:
        """Return a name in a language of a country (NUTS code); `kind` is cluster, firm, university or institute."""
        return self._made(kind, self._choice.one(self._countries[country]), place)

    def english(self, kind: str, place: str) -> Name:
        return self._made(kind, "en", place)

    def _made(self, kind: str, language: str, place: str) -> Name:
        entry = self._languages[language]
        syllables = self._scripts[entry["script"]]
        stem = "".join(self._choice.one(syllables) for _ in range(2 + self._choice.number(2))).capitalize()
        text: str = entry[kind].format(stem=stem, topic=self._choice.one(entry["topics"]), place=place)
        return Name(text[0].upper() + text[1:], language)
