"""Codes of other editions that share something with a chosen code, so that a former code is no dead end.

What has a code that means the same is in the list already (see `index.Tree.including`). Where a region was divided or
joined, or two sectors only have some activities in common, nobody here knows to which of them a thing belongs: it is
not counted, and said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from eclod.web.pages.lists.facets import Label
from eclod.web.pages.lists.index import Index
from eclod.web.pages.lists.state import State
from eclod.web.pages.lists.table import Facet
from eclod.web.pages.lists.views import ChoiceView, NearView

_MOST: Final = 12
#: A facet, a chosen code, and the near codes with the number of things that only they lead to.
Nearby = tuple[Facet, str, Sequence[tuple[str, int]]]


def offers(index: Index, state: State) -> list[Nearby]:
    """Return for each chosen code the near ones that lead to things which it does not lead to."""
    found: list[Nearby] = []
    chosen = index.selected(state)
    for facet in state.collection.facets:
        if not facet.is_tree:
            continue
        among = index.selected(state, except_for=facet) & ~chosen
        for value in state.values(facet):
            others = [(code, index.count(facet, code, among)) for code in index.tree.near.get(value, ())]
            if others := [(code, number) for code, number in others if number]:
                found.append((facet, value, others[:_MOST]))
    return found


def views(state: State, offered: Sequence[Nearby], label: Label) -> tuple[NearView, ...]:
    """Return what is offered with links to the list of each near code in place of the chosen one."""

    def choice(facet: Facet, value: str, code: str, number: int) -> ChoiceView:
        instead = (set(state.values(facet)) - {value}) | {code}
        return ChoiceView(label(facet, code), number, state.choosing(facet, instead).address())

    return tuple(
        NearView(label(facet, value), tuple(choice(facet, value, code, number) for code, number in others))
        for facet, value, others in offered
    )
