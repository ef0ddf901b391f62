"""What the answer to a saved query calls things: by their names, so that a table of identifiers can be read."""

from __future__ import annotations

import dataclasses
from typing import Final

from eclod.core.namespaces import SCHEME
from eclod.web.context import Service
from eclod.web.messages import negotiate
from eclod.web.queries.results import Table
from eclod.web.resources import links, statements
from eclod.web.resources.views import Term
from eclod.web.resources.wording import Wording

#: How many things are asked for, in the order of the rows; what comes later keeps the end of its address.
_MOST: Final = 2000


def named(found: Service, table: Table) -> Table:
    """Return a table in which things of ours stand under their names, or under the end of their address.

    The end of the address is taken where nothing names a thing, and where another cell of the row has the name
    already. What a prefix shortens stays as it is: `nace2:29` is what people call that.
    """
    spelled_out = [cell.iri for row in table.rows for cell in row if cell and cell.iri and cell.text == cell.iri]
    ours = list(dict.fromkeys(iri for iri in spelled_out if iri.startswith((f"{found.names.base}/", SCHEME))))
    if not ours:
        return table
    wording = Wording(links.Links(found.names), negotiate.languages())
    known, _ = statements.consistently(
        found.engine, lambda reader: statements.labels(reader, ours[:_MOST]), found.labels
    )
    wording.learn(known)
    wanted = frozenset(ours)
    return dataclasses.replace(table, rows=tuple(_row(row, wanted, wording) for row in table.rows))


def _row(row: tuple[Term | None, ...], wanted: frozenset[str], wording: Wording) -> tuple[Term | None, ...]:
    said = {cell.text for cell in row if cell and not cell.iri}
    return tuple(_cell(cell, said, wording) if cell and cell.iri in wanted else cell for cell in row)


def _cell(cell: Term, said: set[str], wording: Wording) -> Term:
    text, language = wording.label(cell.iri or "") or ("", "")
    if not text or text in said:
        text, language = "/".join((cell.iri or "").rsplit("/", 2)[-2:]), ""
    return Term(text, cell.href, cell.iri, language, cell.datatype, external=cell.external)
