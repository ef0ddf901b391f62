"""The life of identifiers through one build: what is there again, what is there no more, and what is said about it.

Decisions come before the rows (a merged code leads on, a withdrawn thing stays out); what follows from the rows
(retired by the registry's rule, back again) is decided here and put into the ledger with the release.
"""

from __future__ import annotations

import graphlib
import hashlib
from collections.abc import Iterable, Sequence, Set
from typing import Any

from eclod.core.iris import Names, split_path
from eclod.store import identities, lines
from eclod.store.decisions import Decision
from eclod.store.ledger import Ledger
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod.store.staging import GraphContent
from eclod_loaders.declarations.registry import UNMAPPED, Registry
from eclod_loaders.delivery import Delivery
from eclod_loaders.gating import lives, retirement
from eclod_loaders.gating.elsewhere import Elsewhere
from eclod_loaders.gating.recognition import AUTHOR
from eclod_loaders.gating.retirement import Past
from eclod_loaders.matching.shared import Known

_DUMP = "life"


class Lifetimes:
    """What one build knows of identifiers; `before` is the release that it goes on from, if there is one."""

    def __init__(self, releases: Releases, before: Manifest | None, ledger: Ledger, names: Names, at: str) -> None:
        self._releases = releases
        self._before = before
        self._ledger = ledger
        self._names = names
        self._at = at
        path = releases.folder(before.id) / identities.FILE if before else None
        self._identities = identities.Identities(path) if path else None
        self.known = Known(self._identities)
        self.elsewhere = Elsewhere(names, releases.folder(before.id) / "store" if before else None)
        self._described: set[str] = set()
        self._delivered: set[str] = set()
        self._leaving: list[tuple[str, Decision]] = []

    def fingerprint(self, registry: Registry, inputs: str) -> str:
        """Return a hash of what a registry's delivery depends on: its inputs, and decisions about what it names."""
        standing = self._ledger.standing(references(registry))
        return hashlib.sha256(f"{inputs} {standing}".encode()).hexdigest() if standing else inputs

    def past(self, registry: Registry, report: dict[str, Any]) -> Past | None:
        """Return what the release before has of a registry, but for what was decided of since; None without one."""
        name = registry.name
        if self._before is None or self._before.registry(name) is None:
            return None
        lives_now = self._ledger.lives
        things = retirement.things_of(self._lines(self._names.graph(f"identifiers/{name}")))
        named = {
            self._names.thing(kind, code)
            for each in references(registry) or {name}
            for kind, code, _ in self._ledger.of_registry(each)
        }
        return Past(
            frozenset(iri for iri in things if lives_now.of(*self._parts(iri)).state == identities.VALID),
            named,
            self._lines(self._names.registry_graph(name)),
            self._lines(self._names.graph(f"provenance/{name}")),
            report.get("missing", {}),
            report.get("delivered", ""),
        )

    def _lines(self, graph: str) -> Sequence[bytes]:
        entry = self._before.graph(graph) if self._before else None
        if self._before is None or entry is None:
            return ()
        return lines.read_dump(self._releases.folder(self._before.id) / "dumps" / f"{entry.dump}.nq.gz")

    def after(self, registry: Registry, delivery: Delivery) -> None:
        """Take in what a registry delivers: what is back is valid again, what left is looked at when all are in."""
        title = delivery.entry.title
        self.known.learn(registry.name, delivery.things, delivery.data)
        self.elsewhere.learn(registry.name, delivery.data)
        self._delivered.add(registry.name)
        self._described |= delivery.things
        self._ledger.decide(self._returned(delivery.things, title, registry.publisher))
        for iri in sorted(delivery.leaving.retired):
            reason = (
                "It was part of a thing that was withdrawn."
                if iri in delivery.leaving.along
                else f"It is no longer in the register {title}."
            )
            kind, code = self._parts(iri)
            self._leaving.append((iri, Decision("retired", kind, code, (), reason, registry.publisher, self._at)))

    def _returned(self, things: Set[str], title: str, author: str) -> list[Decision]:
        retired = {
            self._names.thing(kind, code): (kind, code)
            for kind, code, life in self._ledger.lives.all()
            if life.state == identities.WITHDRAWN and life.history[-1].event == "retired"
        }
        reason = f"It is in the register {title} again."
        return [
            Decision("restored", *retired[iri], (), reason, author, self._at) for iri in sorted(things & retired.keys())
        ]

    def finish(self, gone: Set[str]) -> list[GraphContent]:
        """Retire what nobody describes any more, and return the graph about the life of identifiers.

        `gone` are the registries of the release before that are no more. That graph stays out of the merged view, which
        is about what there is: of an identifier that is no longer valid the feed then tells a delete. Raises Damaged
        when mergers go in a circle.
        """
        self._ledger.lives.check()
        leaving = dict(self._leaving)
        for each in self._identities.all() if self._identities and gone else ():
            if each.registries and set(each.registries) <= gone:
                reason = f"Its registry {', '.join(each.registries)} is no longer part of this service."
                leaving[each.iri] = Decision("retired", each.kind, each.code, (), reason, AUTHOR, self._at)
        for iri, decision in sorted(leaving.items()):
            if iri not in self._described and not self._described_elsewhere(iri, gone):
                self._ledger.decide([decision])
        graph = self._names.graph(identities.LIFE)
        content = lines.of_triples(lives.statements(self._ledger.lives, self._names), graph)
        return [GraphContent(graph, _DUMP, content)] if content else []

    def _described_elsewhere(self, iri: str, gone: Set[str]) -> bool:
        """Tell whether a registry that is as it was describes a thing."""
        known = self._identities.get(iri) if self._identities else None
        return known is not None and bool(set(known.registries) - self._delivered - gone)

    def _parts(self, iri: str) -> tuple[str, str]:
        return split_path(self._names.path_of(iri) or "") or ("", "")


def references(registry: Registry) -> Set[str] | None:
    """Return the registries whose local identifiers a registry uses, its own among them; None for any.

    RDF may refer to whatever it likes.
    """
    if any(source.adapter in UNMAPPED for source in registry.sources):
        return None
    things = (thing for source in registry.sources for thing in source.mapping.things.values())
    return {registry.name, *(thing.named_by for thing in things if thing.named_by)}


def in_order(registries: Iterable[Registry]) -> list[str]:
    """Return the names of registries so that each comes after those whose identifiers it uses, else by name."""
    known = {registry.name: registry for registry in registries}
    waiting = {name: sorted((references(known[name]) or set()) & known.keys() - {name}) for name in sorted(known)}
    try:
        return list(graphlib.TopologicalSorter(waiting).static_order())
    except graphlib.CycleError:  # two that name each other: what is assigned late then holds from the next build
        return sorted(known)
