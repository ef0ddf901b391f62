"""What the search page and the previews show; see `resources.views` for how."""

from __future__ import annotations

from dataclasses import dataclass

from eclod.web.messages.views import Alternate


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One thing that was found; `kind` is a label such as "Cluster", `detail` a second line ("" when there is none)."""

    label: str
    language: str
    href: str
    iri: str
    kind: str = ""
    detail: str = ""
    external: bool = False


@dataclass(frozen=True, slots=True)
class SearchView:
    """Template `search.html`, as variable `search`; `query` is "" when nothing was asked yet.

    `query_href` opens the query page with a query for the same words.
    """

    query: str
    hits: tuple[SearchHit, ...]
    limit: int
    truncated: bool
    alternates: tuple[Alternate, ...]
    release: str
    kind: str = ""
    query_href: str = ""


@dataclass(frozen=True, slots=True)
class PreviewView:
    """Template `preview.html`, as variable `preview`: a card of one thing; `facts` are (name, texts)."""

    label: str
    language: str
    kind: str
    iri: str
    href: str
    facts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    note: str = ""
