"""How a receipt is cited: in words, as BibTeX, and as CSL-JSON for reference managers. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from eclod.store.receipts import Receipt

_AUTHOR: Final = "European Clusters Linked Open Data"
#: A citation repeats the beginning of a query at most; the receipt has all of it.
_LONGEST_QUERY: Final = 1000
#: What BibTeX or LaTeX would read as an instruction. Braces have to balance even behind a backslash, so they get names.
_LATEX: Final = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        **{character: f"\\{character}" for character in "%$#&_"},
    }
)


def text(receipt: Receipt, iri: str) -> str:
    """Return the citation in words."""
    moment = datetime.fromisoformat(receipt.at)
    return (
        f"{_AUTHOR} ({moment.year}): answer to a query of release {receipt.release}, {size(receipt)}, "
        f"SHA-256 {receipt.result.sha256}. {iri} (asked on {moment.date().isoformat()})."
    )


def bibtex(receipt: Receipt, iri: str, query: str) -> str:
    """Return the citation as an entry of BibTeX; whatever the query holds, it is one that LaTeX reads."""
    moment = datetime.fromisoformat(receipt.at)
    fields = {
        "author": f"{{{_AUTHOR}}}",
        "title": f"{{{_escaped(_title(receipt))}}}",
        "year": str(moment.year),
        "version": _escaped(receipt.release),
        "url": iri,
        "urldate": moment.date().isoformat(),
        "note": _escaped(_note(receipt)),
        "abstract": _escaped(_abstract(query)),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@misc{{{_key(receipt)},\n{lines}}}\n"


def csl(receipt: Receipt, iri: str, query: str) -> list[Mapping[str, object]]:
    """Return the citation as CSL-JSON: a list of one item (schema csl-data of the Citation Style Language)."""
    day = datetime.fromisoformat(receipt.at).date()
    date = {"date-parts": [[day.year, day.month, day.day]]}
    return [
        {
            "id": _key(receipt),
            "type": "dataset",
            "author": [{"literal": _AUTHOR}],
            "title": _title(receipt),
            "issued": date,
            "accessed": date,
            "version": receipt.release,
            "URL": iri,
            "note": _note(receipt),
            "abstract": _abstract(query),
        }
    ]


def size(receipt: Receipt) -> str:
    """Return how much an answer is, in words."""
    result = receipt.result
    if result.kind == "boolean":
        return "the answer is yes" if result.boolean else "the answer is no"
    what = "row" if result.kind == "bindings" else "statement"
    return f"{result.rows} {what}" if result.rows == 1 else f"{result.rows} {what}s"


def _key(receipt: Receipt) -> str:
    return f"eclod-{receipt.id}"


def _title(receipt: Receipt) -> str:
    return f"Answer to a query of {_AUTHOR}, release {receipt.release}"


def _note(receipt: Receipt) -> str:
    return f"{size(receipt)[0].upper()}{size(receipt)[1:]}; SHA-256 of the canonical answer: {receipt.result.sha256}"


def _abstract(query: str) -> str:
    """Return the query on one line, without what does not print, cut where it is very long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in query).split())
    return line if len(line) <= _LONGEST_QUERY else line[: _LONGEST_QUERY - 1] + "…"


def _escaped(value: str) -> str:
    return value.translate(_LATEX)
