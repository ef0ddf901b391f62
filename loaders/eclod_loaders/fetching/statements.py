"""Statements from the web as a file that has the same bytes whenever it says the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, Triple

#: How deep blank nodes inside each other are told apart; no shape nests deeper than four.
_ROUNDS: Final = 8


def write(triples: Iterable[Triple], target: Path) -> Path:
    """Write statements as sorted N-Triples and return the file, which is complete or not touched."""
    found = sorted({f"{t.subject} {t.predicate} {t.object} .\n".encode() for t in named_by_content(list(triples))})
    part = target.with_name(target.name + ".part")
    part.write_bytes(b"".join(found))
    return part.replace(target)


def named_by_content(triples: list[Triple]) -> Iterator[Triple]:
    """Return statements with blank nodes named by what is said of them, so that two that say the same become one.

    RDFC-1.0 would keep them apart, and takes for ever on graphs made for that; here each round costs the same.
    """
    about: dict[BlankNode, list[Triple]] = {}
    for triple in triples:
        for term in (triple.subject, triple.object):
            if isinstance(term, BlankNode):
                about.setdefault(term, [])
        if isinstance(triple.subject, BlankNode):
            about[triple.subject].append(triple)
    names: dict[object, str] = dict.fromkeys(about, "")
    for _ in range(_ROUNDS if about else 0):
        names = {
            node: hashlib.sha256(
                "\n".join(sorted(f"{t.predicate} {names.get(t.object, t.object)}" for t in said)).encode()
            ).hexdigest()
            for node, said in about.items()
        }
    settled = {node: BlankNode(f"b{names[node][:24]}") for node in about}
    for triple in triples:
        subject = settled[triple.subject] if isinstance(triple.subject, BlankNode) else triple.subject
        value = settled[triple.object] if isinstance(triple.object, BlankNode) else triple.object
        yield Triple(subject, triple.predicate, value)
