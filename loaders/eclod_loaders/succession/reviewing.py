"""Pairs of things of different registries that may be the same, for a person to decide about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eclod.core.errors import NotFound
from eclod.core.iris import Names, split_path
from eclod.core.settings import Settings
from eclod.store import lines
from eclod.store.ledger import FILE, Ledger
from eclod.store.releases import Releases
from eclod_loaders.matching import candidates
from eclod_loaders.matching.candidates import Facts


@dataclass(frozen=True, slots=True)
class Pair:
    """Two things that may be the same: IRI, name and registries of each, the score from 0 to 1, what speaks for it."""

    iri: str
    name: str
    registries: Sequence[str]
    other: str
    other_name: str
    other_registries: Sequence[str]
    score: float
    evidence: Sequence[tuple[str, str]]


def pairs(settings: Settings, least: float = candidates.LEAST) -> list[Pair]:
    """Return the pairs of the current release that nobody decided about, likeliest first; raises NotFound."""
    releases, names = Releases(settings.data), Names(settings.base)
    current = releases.current()
    if current is None:
        raise NotFound(f"There is no release in {settings.data} yet; run 'eclod build' first.")
    ledger = Ledger(settings.data / FILE)
    prefix = names.registry_graph("")
    things: dict[str, Facts] = {}
    registries: dict[str, set[str]] = {}
    for graph in current.graphs:
        if not graph.iri.startswith(prefix):
            continue
        registry = graph.iri.removeprefix(prefix)
        told = lines.read_dump(releases.folder(current.id) / "dumps" / f"{graph.dump}.nq.gz")
        for iri, found in candidates.facts(told, registry).items():
            registries.setdefault(iri, set()).add(registry)
            _add(things.setdefault(iri, found), found)
    known = candidates.Known(candidates.InMemory(things.values()))
    result: dict[frozenset[str], Pair] = {}
    for iri in sorted(things):
        for each in known.candidates(things[iri]):
            key = frozenset((iri, each.other))
            if each.score < least or key in result or registries[iri] & registries[each.other]:
                continue
            if not _is_decided(ledger, names, iri, each.other):
                mine, theirs = sorted(registries[iri]), sorted(registries[each.other])
                result[key] = Pair(
                    iri, each.name, mine, each.other, each.other_name, theirs, each.score, tuple(each.evidence)
                )
    return sorted(result.values(), key=lambda pair: (-pair.score, pair.iri, pair.other))


def _add(all_of: Facts, more: Facts) -> None:
    if all_of is more:
        return
    all_of.names += [name for name in more.names if name not in all_of.names]
    for mine, theirs in ((all_of.hosts, more.hosts), (all_of.countries, more.countries), (all_of.towns, more.towns)):
        mine |= theirs
    all_of.numbers |= more.numbers


def _is_decided(ledger: Ledger, names: Names, one: str, other: str) -> bool:
    (kind, code), (other_kind, other_code) = (split_path(names.path_of(iri) or "") or ("", "") for iri in (one, other))
    return kind != other_kind or ledger.lives.refused(kind, code, other_code)
