"""What is said of a receipt, to people and to programs. Nothing here knows Flask."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from eclod.core.formats import (
    CANONICAL_GRAPH,
    CANONICAL_TABLE,
    GRAPH_FORMATS,
    RESULT_FORMATS,
    SPREADSHEET,
    Format,
)
from eclod.rdf.query_catalogue import QueryCatalogue, SavedQuery
from eclod.store.normal_form import lay_out, normalise
from eclod.store.receipts import Receipt, Result
from eclod.web.messages.views import Alternate
from eclod.web.queries import citations
from eclod.web.queries.protocol import QueryRequest
from eclod.web.resources import links

#: A longer address may not arrive; such a query is sent by POST.
_LONGEST_ADDRESS: Final = 4000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a release answered to the query of a receipt, or `problem`, why it did not; `passing` for a moment only."""

    release: str
    result: Result | None = None
    problem: str = ""
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of a receipt now.

    `kept` says that its release can still be asked, `today` what the current release answers (None when that is its
    own), `replay` what its own release answered just now (None when it was not asked).
    """

    receipt: Receipt
    asked: QueryRequest
    iri: str
    kept: bool
    today: Asked | None
    replay: Asked | None

    @property
    def query(self) -> str:
        return self.asked.query or ""


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """Template `receipt.html`, as variable `view`: the facts, and how they are shown.

    `size` says in words how much the answer is; `query` is laid out for people. `answers` are addresses of the answer,
    none when they would be too long: then a form sends `fields` to `action`. `edit_href` opens the query page with the
    query, None where that would ask something else. `saved` is (summary, address) of the saved query that was asked.
    """

    facts: Facts
    size: str
    query: str
    citation: str
    bibtex: str
    csl: str
    answers: tuple[Alternate, ...]
    offered: tuple[Format, ...]
    action: str
    fields: tuple[tuple[str, str], ...]
    edit_href: str | None
    saved: tuple[str, str] | None
    alternates: tuple[Alternate, ...]


def view(facts: Facts, alternates: Sequence[Alternate], queries: QueryCatalogue) -> ReceiptView:
    """Return what the page shows."""
    receipt, saved = facts.receipt, _saved(facts, queries)
    return ReceiptView(
        facts,
        size=citations.size(receipt),
        query=lay_out(facts.query),
        citation=citations.text(receipt, facts.iri),
        bibtex=citations.bibtex(receipt, facts.iri, facts.query),
        csl=written(citations.csl(receipt, facts.iri, facts.query)),
        answers=_answers(receipt),
        offered=_offered(receipt),
        action=_endpoint(receipt),
        fields=_fields(facts.asked),
        edit_href=_edit(facts, saved),
        saved=None if saved is None else (saved.summary, f"/queries/{saved.name}"),
        alternates=tuple(alternates),
    )


def as_json(facts: Facts) -> Mapping[str, object]:
    """Return all facts for programs."""
    receipt, asked = facts.receipt, facts.asked
    return {
        "id": receipt.id,
        "iri": facts.iri,
        "created": receipt.at,
        "request": {
            "query": facts.query,
            "default-graph-uri": asked.default_graphs,
            "named-graph-uri": asked.named_graphs,
            "bindings": asked.bindings,
            "canonical": receipt.request,
        },
        "release": {
            "id": receipt.release,
            "href": f"/releases/{quote(receipt.release)}",
            "dataset_sha256": receipt.dataset_sha256,
            "base": receipt.base,
            "kept": facts.kept,
        },
        "answer": _result(receipt.result)
        | {
            "engine": receipt.engine,
            "files": {each.format.name: each.href for each in _answers(receipt)} if facts.kept else {},
        },
        "citation": {
            "text": citations.text(receipt, facts.iri),
            "bibtex": citations.bibtex(receipt, facts.iri, facts.query),
            "csl": citations.csl(receipt, facts.iri, facts.query),
        },
        "today": _compared(facts.today, receipt) if facts.today else None,
        "replay": _compared(facts.replay, receipt) if facts.replay else None,
    }


def written(content: object) -> str:
    """Return content as JSON that people can read as well."""
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _result(result: Result) -> dict[str, object]:
    facts: dict[str, object] = {"kind": result.kind, "sha256": result.sha256}
    if result.kind == "boolean":
        return facts | {"boolean": result.boolean}
    if result.kind == "graph":
        return facts | {"triples": result.rows}
    return facts | {"columns": result.columns, "rows": result.rows}


def _compared(asked: Asked, receipt: Receipt) -> dict[str, object]:
    if asked.result is None:
        return {"release": asked.release, "same": None, "problem": asked.problem}
    return {"release": asked.release, "same": asked.result == receipt.result} | _result(asked.result)


def _saved(facts: Facts, queries: QueryCatalogue) -> SavedQuery | None:
    """Return the saved query that was asked, as it stands now; None when it is none, or has changed since."""
    asked = normalise(facts.query)
    return next((query for query in queries if normalise(query.template) == asked), None)


def _edit(facts: Facts, saved: SavedQuery | None) -> str | None:
    asked = facts.asked
    if asked.default_graphs is not None or (asked.bindings and saved is None):
        return None
    address = links.edit(saved.with_values(asked.bindings) if saved else lay_out(facts.query))
    return address if len(address) <= _LONGEST_ADDRESS else None


def _endpoint(receipt: Receipt) -> str:
    return f"/releases/{quote(receipt.release)}/sparql"


def _answers(receipt: Receipt) -> tuple[Alternate, ...]:
    """Return the addresses of the answer, the one whose hash is on the receipt first."""
    address = f"{_endpoint(receipt)}?{receipt.request}"
    if len(address) > _LONGEST_ADDRESS:
        return ()
    return tuple(Alternate(form, f"{address}&format={form.name}") for form in _offered(receipt))


def _offered(receipt: Receipt) -> tuple[Format, ...]:
    if receipt.result.kind == "graph":
        return (CANONICAL_GRAPH, *GRAPH_FORMATS)
    return (CANONICAL_TABLE, *RESULT_FORMATS, *(() if receipt.result.kind == "boolean" else (SPREADSHEET,)))


def _fields(asked: QueryRequest) -> tuple[tuple[str, str], ...]:
    graphs = {"default-graph-uri": asked.default_graphs, "named-graph-uri": asked.named_graphs}
    named = [(name, iri) for name, iris in graphs.items() for iri in iris or ()]
    return (("query", asked.query or ""), *named, *((f"${name}", term) for name, term in asked.bindings.items()))
