"""What links to a thing: how often by which property, and the first few under names people know."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from eclod.core.iris import Names, split_path
from eclod.core.namespaces import expand
from eclod.web.resources import links, statements
from eclod.web.resources.statements import Reader
from eclod.web.resources.views import Incoming, Term
from eclod.web.resources.wording import Wording

SHOWN: Final = 25
#: Properties that are asked for their subjects; a thing that more link to is a code list or a class.
_PROPERTIES: Final = 60
#: Kinds of things without a name of their own: they join two others and are shown as the far end.
_JOINING: Final = frozenset({"membership", "participation"})
_MOST_JOINING: Final = 400
#: Figures without a name of their own, shown as what they are about; what tells those of two cubes apart comes last.
_OBSERVED: Final = frozenset({"observation"})
DIMENSIONS: Final = tuple(map(expand, ("eclod:sector", "eclod:region", "eclod:period")))
_ABOUT: Final = (*DIMENSIONS, expand("qb:dataSet"))


@dataclass(frozen=True, slots=True)
class Links:
    """Counts and first subjects by property IRI, what those of them join that only join, what figures are about."""

    counts: tuple[tuple[str, int], ...]
    subjects: dict[str, list[str]]
    names: Names
    joined: dict[str, list[str]]
    composed: dict[str, list[ox.NamedNode | ox.Literal]]

    def iris(self) -> set[str]:
        """Return all IRIs that need a label."""
        whole = {_whole(subject, self.names) for found in self.subjects.values() for subject in found}
        ends = {iri for found in self.joined.values() for iri in found}
        ends |= {term.value for found in self.composed.values() for term in found if isinstance(term, ox.NamedNode)}
        return whole | ends | {name for name, _ in self.counts}

    def views(self, wording: Wording, target: str) -> tuple[Incoming, ...]:
        """Return what the page shows, most frequent property first."""
        return tuple(
            Incoming(
                property_iri=name,
                property_label=wording.property(name),
                count=count,
                items=self._items(name, wording),
                more_href=links.query_incoming(name, target),
            )
            for name, count in sorted(self.counts, key=lambda pair: (-pair[1], pair[0]))
            if self.subjects.get(name)
        )

    def _items(self, name: str, wording: Wording) -> tuple[Term, ...]:
        whole = dict.fromkeys(_whole(subject, self.names) for subject in self.subjects[name])
        return tuple(sorted((wording.thing(iri) for iri in whole), key=lambda term: term.text.casefold()))


def read_incoming(
    reader: Reader, iri: str, few: statements.Links | None, outgoing: Collection[str], names: Names
) -> Links:
    """Return what links to an IRI, `few` or many: two questions when that is a lot, one when some of it only joins."""
    if few is not None:
        counts = sorted((name, len(found)) for name, found in few.items())
        subjects = {name: list(filter(None, found))[:SHOWN] for name, found in few.items()}
    else:
        counts = statements.incoming_counts(reader, iri)
        frequent = sorted(counts, key=lambda pair: -pair[1])[:_PROPERTIES]
        subjects = statements.incoming(reader, iri, [name for name, _ in frequent], SHOWN)
    # A part of the thing itself that points back is no news, and neither is what joins and is linked to anyway.
    subjects = {
        name: [s for s in found if not s.startswith(iri + "#") and not (s in outgoing and _joins(s, names))]
        for name, found in subjects.items()
    }
    every = {*outgoing, *(s for found in subjects.values() for s in found)}
    joining = sorted(s for s in every if _joins(s, names))[:_MOST_JOINING]
    joined = statements.objects(reader, joining) if joining else {}
    others = {subject: [o for o in found if o != iri] for subject, found in joined.items()}
    return Links(tuple(counts), subjects, names, others, _composed(reader, every, iri, names))


def _composed(
    reader: Reader, iris: Collection[str], target: str, names: Names
) -> dict[str, list[ox.NamedNode | ox.Literal]]:
    """Return what the figures among some things are about, leaving out the thing whose page it is: one question."""
    figures = sorted(each for each in iris if _kind(each, names) in _OBSERVED)[:_MOST_JOINING]
    found = statements.said_of(reader, figures, _ABOUT) if figures else {}
    return {
        figure: [
            t.object
            for t in said
            if isinstance(t.object, ox.NamedNode | ox.Literal) and t.object != ox.NamedNode(target)
        ]
        for figure, said in found.items()
    }


def _joins(iri: str, names: Names) -> bool:
    """Return whether an IRI is of a kind of thing that only joins others."""
    return _kind(iri, names) in _JOINING


def _whole(iri: str, names: Names) -> str:
    """Return the thing that an IRI is a part of, for our things; any other IRI as it is."""
    whole = iri.partition("#")[0]
    return whole if _kind(whole, names) else iri


def _kind(iri: str, names: Names) -> str | None:
    thing = split_path(names.path_of(iri) or "")
    return thing[0] if thing else None
