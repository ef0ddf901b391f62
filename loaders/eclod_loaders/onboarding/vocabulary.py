"""What the name of a column says that it is: by the names of fields in the shapes and by `words.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from anyascii import anyascii
from rapidfuzz import fuzz, process

from eclod.rdf.fields import FieldCatalogue

#: How sure a name makes: the whole name, one language of it, its beginning or end, some words in it, nearly the same.
_WHOLE, _PART, _EDGE, _INSIDE, _NEAR = 1.0, 0.96, 0.8, 0.62, 0.75
#: Percent of likeness (rapidfuzz ratio) from which a misspelt name counts.
_ALIKE: Final = 88
_SHORTEST: Final = 4
_BETWEEN: Final = re.compile(r"\s*(?:/|\||;)\s*|\s+-\s+")
_ASIDE: Final = re.compile(r"\([^)]*\)|\[[^]]*\]")
_CAMEL: Final = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])")
_NO_WORD: Final = re.compile(r"[^a-z0-9°]+")


@dataclass(frozen=True, slots=True)
class Concept:
    """Something that columns are: its name, where it goes in a shape, what its cells must look like, its words."""

    name: str
    path: str
    content: str
    words: frozenset[str]


def folded(text: str) -> str:
    """Return a name in small ASCII letters with single blanks."""
    return _NO_WORD.sub(" ", anyascii(_CAMEL.sub(" ", text)).casefold()).strip()


@cache
def _declared() -> Mapping[str, Mapping[str, object]]:
    content: Mapping[str, Mapping[str, object]] = tomllib.loads(
        (Path(__file__).parent / "words.toml").read_text(encoding="utf-8")
    )
    return content


def concepts(catalogue: FieldCatalogue) -> dict[str, Concept]:
    """Return all concepts by name; the names of a field in the shapes are words of the concept of that path."""
    named: dict[str, set[str]] = {}
    for shape in catalogue:
        for field in shape.fields.values():
            named.setdefault(field.name, set()).update(folded(label) for label in field.labels.values())
    found = {}
    for name, declared in _declared().items():
        words = declared["words"]
        assert isinstance(words, list)
        path = str(declared["path"])
        all_words = {folded(word) for word in words}
        if path == name or path.rpartition(".")[2] == name:
            all_words |= named.get(name, set())
        found[name] = Concept(name, path, str(declared.get("content", "")), frozenset(all_words - {""}))
    return found


class Vocabulary:
    """Finds the concepts that a column's name may stand for."""

    def __init__(self, known: Mapping[str, Concept]) -> None:
        self._known = known
        self._by_word: dict[str, list[str]] = {}
        for concept in known.values():
            for word in concept.words:
                self._by_word.setdefault(word, []).append(concept.name)
        self._long = [word for word in self._by_word if len(word) > _SHORTEST]

    def concepts(self, column: str) -> dict[str, float]:
        """Return how sure the name of a column makes that it is each of the concepts, from 0 to 1."""
        found: dict[str, float] = {}
        for text, weight in self._readings(column):
            for word, sureness in self._matches(text):
                for name in self._by_word[word]:
                    found[name] = max(found.get(name, 0.0), sureness * weight)
        return found

    def _readings(self, column: str) -> Sequence[tuple[str, float]]:
        """Return the name without what stands in brackets, its languages, and the last step of a path."""
        if column.endswith("name()"):  # what the data says there is only known from its values
            return []
        whole = folded(column)
        bare = _ASIDE.sub(" ", column)
        parts = [folded(part) for part in _BETWEEN.split(bare)]
        readings = {whole: _WHOLE, folded(bare): _WHOLE} | {part: _PART for part in parts if part}
        if "/" in column and len(parts) > 1 and not re.search(r"\s/|/\s", column):  # a path into a record
            readings = {whole: _WHOLE, parts[-1]: _PART}
        return [(text, weight) for text, weight in readings.items() if text]

    def _matches(self, text: str) -> Sequence[tuple[str, float]]:
        if text in self._by_word:
            return [(text, 1.0)]
        tokens = text.split()
        found = [(word, _EDGE) for word in self._edges(tokens)]
        if not found and len(text) > _SHORTEST:
            near = process.extract(text, self._long, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=3)
            found = [(str(word), _NEAR) for word, _, _ in near]
        if not found:
            inside = (
                " ".join(tokens[i:j]) for i in range(len(tokens)) for j in range(i + 1, min(len(tokens), i + 4) + 1)
            )
            found = [(word, _INSIDE) for word in inside if word in self._by_word and len(word) > 2]
        return found

    def _edges(self, tokens: Sequence[str]) -> Sequence[str]:
        """Return the longest known words that a name begins or ends with."""
        ends = [" ".join(tokens[-n:]) for n in range(len(tokens) - 1, 0, -1)]
        starts = [" ".join(tokens[:n]) for n in range(len(tokens) - 1, 0, -1)]
        found = [next((t for t in each if t in self._by_word and len(t) > 2), "") for each in (starts, ends)]
        return [word for word in found if word]
