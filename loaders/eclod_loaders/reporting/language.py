"""Sentences in the language of a registry, from the catalogues in `locale/` (gettext's PO files, read as they are).

The loaders say what is wrong in English. A catalogue has each of their sentences with `{…}` where a value stands, so a
sentence is found again by what stands around its values, and said anew in another language with the same values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po

LANGUAGES: Final = ("en", "fr", "de")
#: The contexts (msgctxt) of what the loaders say about a cell, and of what stands in the holes of such sentences; other
#: messages are the words of the report itself.
PROBLEM: Final = "problem"
PHRASE: Final = "phrase"

_FOLDER: Final = Path(__file__).parent / "locale"
_HOLE: Final = re.compile(r"\{(\w+)\}")
#: The holes with words of the loaders in them; all others have what stands in the file.
_OF_WORDS: Final = frozenset({"ways", "lists", "hint", "what", "reason", "units", "one", "other"})
#: Sentences have phrases in them, and those have others; none goes deeper than this.
_DEPTH: Final = 3


@dataclass(frozen=True, slots=True)
class _Sentence:
    """One sentence of the loaders: how it is recognised, how many of its letters are its own, and how it is said."""

    pattern: re.Pattern[str]
    fragment: str
    own: int
    said: str


class Speech:
    """What a report says in one language; English where a language is not known."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "en"
        self._texts, self._sentences, self._phrases = _catalogue(self.language)

    def __call__(self, text: str, **parts: object) -> str:
        """Return a text of the report with its parts filled in."""
        return self._texts.get(text, text).format(**parts)

    @lru_cache(maxsize=65536)  # noqa: B019 - a report and its few languages end with the process
    def sentence(self, message: str) -> str:
        """Return a sentence of the loaders in this language, or as it is when it is not known."""
        return self._said(message, self._sentences, 0)

    def of(self, texts: Mapping[str, str]) -> str:
        """Return the text of several languages in this one, in English, or in any."""
        return texts.get(self.language) or texts.get("en") or next(iter(texts.values()), "")

    def _said(self, message: str, sentences: Sequence[_Sentence], depth: int) -> str:
        for each in sentences:
            if each.fragment in message and (match := each.pattern.fullmatch(message)):
                parts = match.groupdict()
                if depth < _DEPTH:
                    parts |= {n: self._said(parts[n], self._phrases, depth + 1) for n in _OF_WORDS & parts.keys()}
                return each.said.format(**parts)
        return message


@cache
def _catalogue(language: str) -> tuple[Mapping[str, str], Sequence[_Sentence], Sequence[_Sentence]]:
    """Return the texts of the report, the sentences of the loaders and the phrases in them."""
    if language == "en":
        return {}, (), ()
    with (_FOLDER / f"{language}.po").open("rb") as file:
        entries = [(entry.context, str(entry.id), str(entry.string)) for entry in read_po(file, locale=language)]

    def of(context: str) -> list[_Sentence]:
        found = (_sentence(text, said) for kind, text, said in entries if kind == context)
        return _by_length(found)

    return {text: said for kind, text, said in entries if not kind and text}, of(PROBLEM), of(PHRASE)


def _by_length(sentences: Iterable[_Sentence]) -> list[_Sentence]:
    """Return the sentences with most words of their own first, because `{one} or {other}` is in many of them."""
    return sorted(sentences, key=lambda each: -each.own)


def _pattern(text: str) -> re.Pattern[str]:
    parts = _HOLE.split(text)
    named = (f"(?P<{part}>.*?)" if position % 2 else re.escape(part) for position, part in enumerate(parts))
    return re.compile("".join(named), re.DOTALL)


def _sentence(text: str, said: str) -> _Sentence:
    own = _HOLE.split(text)[::2]
    return _Sentence(_pattern(text), max(own, key=len), sum(map(len, own)), said)


@cache
def speech(language: str) -> Speech:
    """Return how a report speaks in a language."""
    return Speech(language)
