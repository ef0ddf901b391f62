"""How often reconciliation is right: precision and recall on names whose owner is known, as written and with noise.

Half of the organisations are in the index; the names of the other half should find nothing that is sure. Names of which
another number has the very same (but for legal form) are left out of that half: nobody can tell them apart by name.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from benchmarks import labelled
from benchmarks.labelled import Labelled
from benchmarks.noise import NOISES, Noise
from eclod.core import folding
from eclod.store.finding import index
from eclod.store.finding.index import Entry, SearchIndex
from eclod.store.finding.matching import COUNTRY, Condition, Matcher, Wanted

_SEED: Final = 20261123
_NAMES: Final = 1_000
_COUNTRY_BASE: Final = "http://publications.europa.eu/resource/authority/country/"


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares: of what was said to be sure what is right, of what is there what was found sure, first, in five."""

    precision: float
    recall: float
    first: float
    in_five: float
    wrongly_sure: int


def measure(sources: Path) -> None:
    """Print the table; says so when the folder of sources is not there."""
    organisations = labelled.read(sources)
    if not organisations:
        click.echo(f"Skipped: {sources} holds no names whose owner is known.")
        return
    chance = random.Random(_SEED)
    known, unknown = halves(organisations, chance)
    click.echo(f"{len(organisations):,} organisations, {len(known):,} of them in the index")
    asked, strangers = chance.sample(known, min(_NAMES, len(known))), chance.sample(unknown, min(_NAMES, len(unknown)))
    click.echo(f"{len(asked):,} names that are there and {len(strangers):,} that are not, each with each noise\n")
    with tempfile.TemporaryDirectory(prefix="eclod-bench-") as folder:
        index.write(Path(folder) / index.FOLDER, map(_entry, known))
        matcher = Matcher(SearchIndex(Path(folder) / index.FOLDER))
        click.echo(f"{'':30s} {'precision':>9s} {'recall':>7s} {'first':>7s} {'in five':>7s} {'wrongly sure':>12s}")
        for with_country in (False, True):
            for what, noise in NOISES.items():
                _show(
                    what + (", country" if with_country else ""), judge(matcher, asked, strangers, noise, with_country)
                )


def halves(organisations: Sequence[Labelled], chance: random.Random) -> tuple[list[Labelled], list[Labelled]]:
    """Return what is in the index and what is not, of which no name is also in the index."""
    mixed = chance.sample(organisations, len(organisations))
    known, rest = mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]
    keys = {folding.key(each.name) for each in known}
    return known, [each for each in rest if folding.key(each.name) not in keys]


def judge(
    matcher: Matcher, asked: Sequence[Labelled], strangers: Sequence[Labelled], noise: Noise, with_country: bool
) -> Figures:
    """Return the figures for names that are in the index and for names that are not, written with a noise."""
    chance = random.Random(_SEED)
    sure = right = first = in_five = wrong_strangers = 0
    for each in asked:
        found = matcher.candidates(_wanted(each, noise(each.name, chance), with_country))
        numbers = [candidate.hit.iri for candidate in found]
        first += numbers[:1] == [each.number]
        in_five += each.number in numbers[:5]
        if found and found[0].match:
            sure, right = sure + 1, right + (numbers[0] == each.number)
    for each in strangers:
        found = matcher.candidates(_wanted(each, noise(each.name, chance), with_country))
        wrong_strangers += bool(found) and found[0].match
    total = len(asked)
    said = sure + wrong_strangers
    return Figures(right / said if said else 1.0, right / total, first / total, in_five / total, said - right)


def _wanted(each: Labelled, name: str, with_country: bool) -> Wanted:
    conditions = (Condition(COUNTRY, (_COUNTRY_BASE + each.country,)),) if with_country and each.country else ()
    return Wanted(name, conditions=conditions)


def _entry(each: Labelled) -> Entry:
    countries = (_COUNTRY_BASE + each.country,) if each.country else ()
    return Entry(each.number, "organisation", each.name, countries=countries)


def _show(what: str, f: Figures) -> None:
    click.echo(f"{what:30s} {f.precision:9.1%} {f.recall:7.1%} {f.first:7.1%} {f.in_five:7.1%} {f.wrongly_sure:12d}")
