"""The codes that a list explains above its rows, such as the categories of a forum: their meaning and number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import cast

import pyoxigraph as ox

from eclod.core import labels
from eclod.web.pages.lists import texts
from eclod.web.pages.lists.index import Index
from eclod.web.pages.lists.state import State
from eclod.web.pages.lists.table import Collection
from eclod.web.pages.lists.views import GlossaryView, MeaningView
from eclod.web.resources.statements import Reader
from eclod.web.resources.views import Term
from eclod.web.resources.wording import Wording

#: code -> "name" and "meaning" -> (text, language) pairs
Meanings = Mapping[str, Mapping[str, Sequence[tuple[str, str]]]]


def read(reader: Reader, collection: Collection) -> Meanings:
    """Return what the codes that a list explains are called and mean, in all languages."""
    found: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    if collection.glossary:
        for row in reader.select(texts.meanings(collection.glossary.scheme)):
            for part in ("name", "meaning"):
                if isinstance(text := row[part], ox.Literal):
                    found[cast("ox.NamedNode", row["thing"]).value][part].append((text.value, text.language or ""))
    return found


def view(index: Index, state: State, meanings: Meanings, wording: Wording) -> GlossaryView | None:
    """Return the codes by name, each with what the list has of it; None where a list explains nothing."""
    glossary = state.collection.glossary
    if glossary is None or not meanings:
        return None
    counts = index.counts(glossary.facet, index.all)

    def of(code: str) -> MeaningView:
        count = counts.get(code, 0)
        href = state.choosing(glossary.facet, {code}).address() if count else ""
        name = _best(meanings[code]["name"], wording)
        return MeaningView(name or Term(code), _best(meanings[code]["meaning"], wording), count, href)

    codes = sorted(map(of, meanings), key=lambda each: each.label.text.casefold())
    return GlossaryView(glossary.title, tuple(codes))


def _best(said: Sequence[tuple[str, str]], wording: Wording) -> Term | None:
    chosen = labels.choose(said, wording.languages)
    return Term(chosen[0], language=chosen[1]) if chosen else None
