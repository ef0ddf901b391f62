"""What a visitor has chosen on a list, as its address says it, and the addresses that lead on from there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from eclod.core.errors import BadInput
from eclod.core.iris import Names
from eclod.web.pages.lists import spelling
from eclod.web.pages.lists.table import OWN_FIELDS, Collection, Facet

_LONGEST: Final = 200
_MOST_VALUES: Final = 50


@dataclass(frozen=True, slots=True)
class State:
    """The choices of a visitor: for each facet the values (IRIs, or texts of literals), words of the name, the page."""

    collection: Collection
    names: Names
    chosen: Mapping[str, tuple[str, ...]]
    text: str = ""
    page: int = 1

    @property
    def choices(self) -> int:
        """Return how many choices narrow the list."""
        return sum(map(len, self.chosen.values())) + bool(self.text)

    @property
    def words(self) -> tuple[str, ...]:
        """Return the words that a name must have, in small letters."""
        return tuple(dict.fromkeys(self.text.lower().split()))

    def values(self, facet: Facet) -> tuple[str, ...]:
        return self.chosen.get(facet.name, ())

    def fields(self) -> list[tuple[str, str]]:
        """Return the choices as fields of an address, always in the same order."""
        found = [
            (facet.name, spelling.spelled(facet, value, self.names))
            for facet in self.collection.facets
            for value in self.values(facet)
        ]
        return [*found, *([("q", self.text)] if self.text else [])]

    def address(self, form: str = "") -> str:
        """Return the address of this list; in one format it is all of the list and no page of it."""
        own = [("format", form)] if form else [("page", str(self.page))] if self.page > 1 else []
        fields = [*self.fields(), *own]
        return f"/{self.collection.path}" + (f"?{urlencode(fields, safe=':/')}" if fields else "")

    def on(self, page: int) -> State:
        return dataclasses.replace(self, page=page)

    def choosing(self, facet: Facet, values: Iterable[str]) -> State:
        """Return the first page with just these values of a facet."""
        others = {name: kept for name, kept in self.chosen.items() if name != facet.name}
        kept = tuple(sorted(set(values)))
        return dataclasses.replace(self, chosen=others | ({facet.name: kept} if kept else {}), page=1)

    def saying(self, text: str) -> State:
        return dataclasses.replace(self, text=text, page=1)


def read(collection: Collection, given: MultiDict[str, str], names: Names) -> State:
    """Return what the fields of an address choose; raises BadInput for what this list does not have."""
    chosen: dict[str, tuple[str, ...]] = {}
    for name in given:
        facet = collection.facet(name)
        if facet is None and name not in OWN_FIELDS:
            known = ", ".join(["q", *(facet.name for facet in collection.facets)])
            raise BadInput(f"The list of {collection.many} has no parameter '{name}'; it has {known}.", parameter=name)
        texts = [text for text in given.getlist(name) if text.strip()]
        if len(texts) > _MOST_VALUES:
            raise BadInput(f"The parameter '{name}' is there {len(texts)} times; give it less often.", parameter=name)
        if facet is not None and texts:
            chosen[name] = tuple(sorted({spelling.term(facet, text, names) for text in texts}))
    text = " ".join(given.get("q", "").split())
    if len(text) > _LONGEST or "\0" in text:
        raise BadInput(f"The words for the name are longer than {_LONGEST} characters; use fewer.", parameter="q")
    return State(collection, names, chosen, text, _page(given.get("page", "")))


def _page(text: str) -> int:
    if not text:
        return 1
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= 1):
        raise BadInput(f"The page '{text[:20]}' is not a whole number from 1.", parameter="page")
    return int(text)
