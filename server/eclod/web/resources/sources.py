"""Who says what: the registries behind a thing, with file and row from the provenance graphs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Final

import pyoxigraph as ox

from eclod.core.namespaces import expand, shorten
from eclod.web.resources.claims import LOST, Claim
from eclod.web.resources.descriptions import Description
from eclod.web.resources.views import Said, Source

_DERIVED: Final = ox.NamedNode(expand("prov:wasDerivedFrom"))
_SHOWN_ROWS: Final = 5


class Sources:
    """The sources of one thing and of each statement about it."""

    def __init__(self, description: Description, claims: Iterable[Claim] = ()) -> None:
        self._names = description.names
        self._manifest = description.manifest
        self._known: dict[str, Source] = {}
        self._places = self._rows(description)
        self._stated: dict[ox.Triple, set[str]] = defaultdict(set)
        prefix = self._names.registry_graph("")
        for quad in description.claims:
            assert isinstance(quad.graph_name, ox.NamedNode)  # the default graph is nobody's claim
            self._stated[quad.triple].add(quad.graph_name.value.removeprefix(prefix))
        self._claims: dict[ox.Triple, list[Claim]] = defaultdict(list)
        for claim in claims:
            self._claims[claim.statement].append(claim)
        named = description.registries
        self.all = tuple(self._source(name) for name in sorted({*named, *self._places}))

    def of(self, statement: ox.Triple) -> tuple[Source, ...]:
        """Return the registries that make a statement."""
        return tuple(self._source(name) for name in sorted(self._stated.get(statement, ())))

    def said(self, statement: ox.Triple) -> tuple[Said, ...]:
        """Return what became of a statement, for each registry that makes it."""
        return tuple(
            Said(
                self._title(claim.registry),
                f"/registries/{claim.registry}",
                claim.since,
                claim.verdict,
                tuple(map(self._title, claim.agreeing or claim.believed)),
                (f"/merging#rule-{claim.rule}" if claim.rule else "/merging#order") if claim.verdict == LOST else "",
                claim.reason,
                claim.warnings,
            )
            for claim in self._claims.get(statement, ())
        )

    def _title(self, name: str) -> str:
        entry = self._manifest.registry(name) if self._manifest else None
        return entry.title if entry else name

    def _source(self, name: str) -> Source:
        if name not in self._known:
            self._known[name] = self._new_source(name)
        return self._known[name]

    def _new_source(self, name: str) -> Source:
        places = "; ".join(
            f"{file}, {_numbered(rows)}" if rows else file for file, rows in self._places.get(name, {}).items()
        )
        return Source(self._title(name), f"/registries/{name}", places)

    def _rows(self, description: Description) -> dict[str, dict[str, list[str]]]:
        """Return, for each registry, its files with the fragments (`row=12`) that the thing was derived from."""
        pattern = _rows_below(self._names.base)
        found: dict[str, dict[str, list[str]]] = {}
        for quad in description.quads:
            if quad.predicate != _DERIVED or not isinstance(quad.object, ox.NamedNode):
                continue
            match = pattern.fullmatch(quad.object.value)
            if match is None:
                continue
            rows = found.setdefault(match["registry"], {}).setdefault(self._file(match["registry"], match["hash"]), [])
            if match["fragment"] and match["fragment"] not in rows:
                rows.append(match["fragment"])
        return found

    def _file(self, registry: str, digest: str) -> str:
        entry = self._manifest.registry(registry) if self._manifest else None
        files = entry.sources if entry else ()
        fallback = shorten(self._names.source_file(registry, digest))
        return next((file.name for file in files if file.sha256.startswith(digest)), fallback)


@cache
def _rows_below(base: str) -> re.Pattern[str]:
    """Return the form of the IRIs of rows of files."""
    return re.compile(re.escape(base) + r"/source/(?P<registry>[^/#]+)/(?P<hash>[^/#]+)(?:#(?P<fragment>.*))?")


def _numbered(fragments: list[str]) -> str:
    """Return `row=12` and `row=14` as "rows 12, 14"."""
    rows = sorted((f.removeprefix("row=") for f in fragments), key=lambda row: (len(row), row))
    shown = ", ".join(rows[:_SHOWN_ROWS]) + (", …" if len(rows) > _SHOWN_ROWS else "")
    return f"row {shown}" if len(rows) == 1 else f"rows {shown}"
