"""What links to a thing: how often by which property, and the first few under names people know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from eclod.core.iris import Names, split_path
from eclod.web import links, statements
from eclod.web.statements import Reader
from eclod.web.views import Incoming, Term
from eclod.web.wording import Wording

SHOWN: Final = 25
#: Properties that are asked for their subjects; a thing that more link to is a code list or a class.
_PROPERTIES: Final = 60
#: Kinds of things without a name of their own: they join two others and are shown as the far end.
_JOINING: Final = frozenset({"membership", "participation"})


@dataclass(frozen=True, slots=True)
class Links:
    """Counts and first subjects by property IRI; for a subject that joins, what it joins to, with its role."""

    counts: tuple[tuple[str, int], ...]
    subjects: dict[str, list[str]]
    names: Names
    joined: dict[str, list[str]] = field(default_factory=dict)

    def iris(self) -> set[str]:
        """Return all IRIs that need a label."""
        whole = {_whole(subject, self.names) for found in self.subjects.values() for subject in found}
        ends = {iri for found in self.joined.values() for iri in found}
        return whole | ends | {name for name, _ in self.counts}

    def views(self, wording: Wording, target: str) -> tuple[Incoming, ...]:
        """Return what the page shows, most frequent property first."""
        return tuple(
            Incoming(
                property_iri=name,
                property_label=wording.property(name),
                count=count,
                items=tuple(sorted(self._items(name, wording), key=lambda term: term.text.casefold())),
                more_href=links.query(f"SELECT ?thing WHERE {{ ?thing <{name}> <{target}> }}"),
            )
            for name, count in sorted(self.counts, key=lambda pair: (-pair[1], pair[0]))
            if self.subjects.get(name)
        )

    def _items(self, name: str, wording: Wording) -> Iterator[Term]:
        for subject in dict.fromkeys(_whole(s, self.names) for s in self.subjects.get(name, ())):
            yield self._far_end(subject, wording) or wording.thing(subject)

    def _far_end(self, subject: str, wording: Wording) -> Term | None:
        """Return the other thing that a joining thing leads to, with the words for how."""
        if wording.knows(subject):
            return None
        ends = [wording.thing(iri) for iri in self.joined.get(subject, ()) if wording.knows(iri)]
        far = [end for end in ends if end.iri and _kind(end.iri, self.names)]
        if len(far) != 1:
            return None
        roles = [end.text for end in ends if end is not far[0]]
        text = f"{far[0].text} ({', '.join(roles)})" if roles else far[0].text
        return Term(text, far[0].href, far[0].iri, far[0].language)


def read_incoming(reader: Reader, iri: str, names: Names) -> Links:
    """Return what links to an IRI: two questions, and a third when some of it only joins."""
    counts = statements.incoming_counts(reader, iri)
    frequent = sorted(counts, key=lambda pair: -pair[1])[:_PROPERTIES]
    subjects = statements.incoming(reader, iri, [name for name, _ in frequent], SHOWN)
    # A part of the thing itself that points back is no news.
    subjects = {name: [s for s in found if not s.startswith(iri + "#")] for name, found in subjects.items()}
    joining = sorted({s for found in subjects.values() for s in found if _kind(s, names) in _JOINING})
    joined = statements.objects(reader, joining) if joining else {}
    others = {subject: [o for o in found if o != iri] for subject, found in joined.items()}
    return Links(tuple(counts), subjects, names, others)


def _whole(iri: str, names: Names) -> str:
    """Return the thing that an IRI is a part of, for our things; any other IRI as it is."""
    return iri.partition("#")[0] if _kind(iri.partition("#")[0], names) else iri


def _kind(iri: str, names: Names) -> str | None:
    path = names.path_of(iri)
    thing = split_path(path) if path else None
    return thing[0] if thing else None
