"""The facets of a list page: the choices there are, how many things each leads to, and the choices in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from eclod.web.pages.lists import spelling
from eclod.web.pages.lists.index import Index
from eclod.web.pages.lists.state import State
from eclod.web.pages.lists.table import Facet
from eclod.web.pages.lists.views import ChipView, ChoiceView, FacetView
from eclod.web.resources.views import Term

#: How many choices are seen at once; one more than this is shown rather than hidden behind a button.
_SEEN: Final = 8
_MOST: Final = 400
#: How many facets are open before anybody opens one.
_OPEN: Final = 3
Label = Callable[[Facet, str], Term]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a facet offers on a page: its values with their depth in a tree and the number of things they lead to.

    `leading` are the values that come before others, however many things those have: the countries of Europe.
    """

    facet: Facet
    values: tuple[tuple[str, int, int], ...]
    among: int
    leading: frozenset[str] = frozenset()


def offers(index: Index, state: State) -> tuple[Offer, ...]:
    """Return what each facet of a page offers; other facets narrow it, its own choices do not."""
    found = []
    for facet in state.collection.facets:
        if not facet.hidden:
            among = index.selected(state, except_for=facet)
            tree = _tree(index, state, facet, among) if facet.is_tree else _flat(index, state, facet, among)
            found.append(Offer(facet, tuple(tree), among.bit_count(), leading(index, facet)))
    return tuple(found)


def views(state: State, offered: Sequence[Offer], label: Label) -> tuple[FacetView, ...]:
    """Return the facets that have anything to choose."""
    found: list[FacetView] = []
    for offer in offered:
        facet = offer.facet
        values = offer.values
        if not facet.is_tree and facet.type != "year":
            values = tuple(sorted(values, key=lambda each: order(facet, each[0], each[2], label, offer.leading)))
        choices = [_choice(state, facet, value, depth, count, label) for value, depth, count in values]
        if not choices or (
            len(choices) == 1 and not facet.is_tree and not choices[0].chosen and choices[0].count == offer.among
        ):
            continue
        last_chosen = max((place for place, choice in enumerate(choices) if choice.chosen), default=-1)
        seen = max(_SEEN if len(choices) > _SEEN + 1 else _SEEN + 1, last_chosen + 1)
        is_open = bool(state.values(facet)) or len(found) < _OPEN
        found.append(FacetView(facet.name, facet.title, tuple(choices[:seen]), tuple(choices[seen:_MOST]), is_open))
    return tuple(found)


def leading(index: Index, facet: Facet) -> frozenset[str]:
    """Return the values of a facet that come first: of countries those of Europe, which NUTS has codes for."""
    if facet.type != "country":
        return frozenset()
    base = spelling.base_of(facet)
    return frozenset(code for means in index.tree.same.values() for code in means if code.startswith(base))


def order(facet: Facet, value: str, count: int, label: Label, first: frozenset[str]) -> tuple[bool, int, str, str]:
    """Return by what values are ordered: leading ones, then the most frequent, then by name."""
    return (bool(first) and value not in first, -count, label(facet, value).text.casefold(), value)


def chips(index: Index, state: State, label: Label) -> tuple[ChipView, ...]:
    """Return the choices in force, each with what the list has without it."""

    def chip(title: str, text: Term, without: State) -> ChipView:
        return ChipView(title, text, without.address(), index.selected(without).bit_count())

    found = [
        chip(facet.title, label(facet, value), state.choosing(facet, set(state.values(facet)) - {value}))
        for facet in state.collection.facets
        for value in state.values(facet)
    ]
    return (*found, *([chip("Name has", Term(state.text), state.saying(""))] if state.text else []))


def wanted(state: State, offered: Sequence[Offer]) -> set[str]:
    """Return the IRIs that facets name, so that their labels can be read at once."""
    found = {value for offer in offered if not offer.facet.is_literal for value, _, _ in offer.values}
    for facet in state.collection.facets:
        if not facet.is_literal:
            found |= set(state.values(facet))
    return found


def _flat(index: Index, state: State, facet: Facet, among: int) -> list[tuple[str, int, int]]:
    """Return the values that any thing has, the latest first; what is chosen is always there."""
    counts = index.counts(facet, among)
    return [(value, 0, counts.get(value, 0)) for value in sorted({*counts, *state.values(facet)}, reverse=True)]


def _tree(index: Index, state: State, facet: Facet, among: int) -> list[tuple[str, int, int]]:
    """Return the tops of a tree, or when something in it is chosen the way down to that and what is below."""
    chosen = state.values(facet)
    base = spelling.base_of(facet)
    found: list[tuple[str, int, int]] = []

    def add(value: str, depth: int) -> None:
        count = index.count(facet, value, among)
        if count or value in chosen:
            found.append((value, depth, count))

    def go_down(value: str, depth: int, on_the_way: set[str]) -> None:
        add(value, depth)
        inside = sorted(each for each in index.tree.below.get(value, ()) if each.startswith(base))
        for each in inside:
            if each in on_the_way:
                go_down(each, depth + 1, on_the_way)
            elif value in chosen:
                add(each, depth + 1)

    if not chosen:
        tops = [value for value in sorted(_tops(index, state, facet, among)) if index.count(facet, value, among)]
        while len(tops) == 1 and facet.type == "region":
            # A country that is one region of its level, as Denmark is DK0, begins below it.
            inside = [each for each in index.tree.below.get(tops[0], ()) if index.count(facet, each, among)]
            if not inside:
                break
            tops = sorted(inside)
        for value in tops:
            add(value, 0)
        return found
    on_the_way = {above for value in chosen for above in index.tree.ancestors(value) if above.startswith(base)}
    for top in sorted(value for value in on_the_way if not set(index.tree.above.get(value, ())) & on_the_way):
        go_down(top, 0, on_the_way)
    return found


def _tops(index: Index, state: State, facet: Facet, among: int) -> Iterable[str]:
    """Return where a tree begins: at the sections of NACE, at what is inside the chosen countries of NUTS.

    Where all things are in one country, nobody needs to choose it.
    """
    tree = index.tree
    country = next((each for each in state.collection.facets if each.type == "country"), None)
    if facet.type == "sector" or country is None:
        base = spelling.base_of(facet)
        return [value for value in index.facets[facet.name] if value.startswith(base) and value not in tree.above]
    wanted_codes = set(state.values(country))
    if not wanted_codes and len(only := index.counts(country, among)) == 1:
        wanted_codes = set(only)
    # `skos:exactMatch` leads from a country to its code in NUTS.
    tops = [code for code, means in tree.same.items() if wanted_codes & set(means)]
    return {inside for top in tops for inside in tree.below.get(top, ())}


def _choice(state: State, facet: Facet, value: str, depth: int, count: int, label: Label) -> ChoiceView:
    values = set(state.values(facet))
    chosen = value in values
    if chosen:
        after = values - {value}
    elif facet.is_tree:
        # One place in a tree at a time: a wider or narrower one takes the place of what was chosen.
        after = {value}
    else:
        after = values | {value}
    leads_to = state.choosing(facet, after)
    return ChoiceView(label(facet, value), count, leads_to.address(), chosen, depth, leads_to.choices <= 1)
