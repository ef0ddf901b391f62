"""Rows never seen before that are about a thing which another registry named already: they take its identifier."""

from __future__ import annotations

from collections.abc import Sequence

from eclod.core.iris import Names, split_path
from eclod.store.decisions import Decision
from eclod.store.ledger import Ledger
from eclod_loaders.matching import shared
from eclod_loaders.rows import MappedRow

#: Who decides in the ledger what follows from the data by itself.
AUTHOR = "eclod"


def recognise(
    registry: str, rows: Sequence[MappedRow], known: shared.Known, ledger: Ledger, names: Names, at: str
) -> Sequence[MappedRow]:
    """Return the rows of a registry under the identifiers they have now, each assignment put into the ledger.

    Codes that were published before never change. Nor does a row take the identifier of a thing that the registry has
    another row for, or that somebody said is another thing.
    """
    fresh = {names.thing(kind, code): (kind, local) for kind, code, local in ledger.fresh_of(registry)}

    def free(iri: str, own: str) -> bool:
        kind, code = _parts(names, iri)
        feeding = {name for name, _ in ledger.rows_of(kind, code)}
        refused = ledger.lives.refused(kind, code, _parts(names, own)[1])
        return registry not in feeding and not refused and ledger.lives.of(kind, code).state == "valid"

    kinds = {iri: kind for iri, (kind, _) in fresh.items()}
    found = known.matches(registry, rows, kinds, free)
    for match in found:
        kind, local_id = fresh[match.fresh]
        evidence = "shares " + ", ".join(map(str, match.numbers))
        code = _parts(names, match.known)[1]
        ledger.assign(Decision("assigned", kind, code, (), evidence, AUTHOR, at, registry, local_id))
    return shared.renamed(rows, {match.fresh: match.known for match in found}) if found else rows


def _parts(names: Names, iri: str) -> tuple[str, str]:
    return split_path(names.path_of(iri) or "") or ("", "")
