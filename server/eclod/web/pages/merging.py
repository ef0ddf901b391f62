"""The merged view: by which policy sources are believed (`/merging`), and what lost (`/merging/conflicts`).

Both are read from files that were written with the release, so that neither costs a query over all of it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import pyoxigraph as ox
from flask import Blueprint, Response, request

from eclod.core.errors import BadInput, NotFound
from eclod.core.formats import HTML, JSON, RESULT_CSV, Format
from eclod.core.spreadsheet import safe
from eclod.store.conflicts import FILE, Conflict, Conflicts
from eclod.web.context import Service, service
from eclod.web.messages import negotiate
from eclod.web.messages.responses import Link, Sender
from eclod.web.messages.views import Alternate
from eclod.web.resources import links, statements
from eclod.web.resources.views import Term
from eclod.web.resources.wording import Wording

blueprint: Final = Blueprint("merging", __name__, url_prefix="/merging")

#: Written with each release, see `eclod_loaders.gating.policies`.
_POLICY: Final = "merging.json"
_PAGE: Final = 50
_MOST_AT_ONCE: Final = 10_000
_FIELDS: Final = frozenset({"property", "registry", "page", "format", "lang"})
_FORMATS: Final = (HTML, JSON, RESULT_CSV)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule: the sort of thing and the field as people call them, whom it believes, and why."""

    sort: Term
    field: Term
    believe: str
    order: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class TallyRow:
    """How many values a registry lost for a property; `href` lists them."""

    property: Term
    registry: str
    lost: int
    href: str


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """A value that lost, with the thing, the registry that says it, what stands and who says that."""

    thing: Term
    property: Term
    value: Term
    registry: str
    stands: tuple[Term, ...]
    said_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MergingView:
    """Template `merging.html`, as variable `page`; `registries` are (name, title, day of its data), first believed.

    `absent` are the names of those that the policy has a place for and the release nothing of.
    """

    registries: tuple[tuple[str, str, str], ...]
    absent: frozenset[str]
    rules: tuple[RuleRow, ...]
    tallies: tuple[TallyRow, ...]
    lost: int
    alternates: tuple[Alternate, ...]


@dataclass(frozen=True, slots=True)
class ConflictsView:
    """Template `conflicts.html`, as variable `page`; `before` and `after` are addresses of pages, "" where none is."""

    rows: tuple[ConflictRow, ...]
    total: int
    chosen: tuple[str, ...]
    before: str
    after: str
    alternates: tuple[Alternate, ...]


@blueprint.get("")
def policy() -> Response:
    """Show by which policy the merged view of the release is made, and how often values lose."""
    found = service()
    choice = negotiate.choose((HTML, JSON), HTML, lambda form: f"/merging?format={form.name}")
    sender = Sender(found, choice)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    release = sender.release = found.release()
    content, tallies = _policy(found, release), _conflicts(found, release).tally()
    if not choice.is_html:
        lost = [{"property": t.property, "registry": _registry(found, t.graph), "lost": t.lost} for t in tallies]
        return sender.send(json.dumps({**content, "lost": lost}, ensure_ascii=False, indent=1) + "\n")
    rules, manifest = content.get("rules", []), found.manifest(release)
    wording = _wording(
        found, [*(rule[name] for rule in rules for name in ("class", "property")), *_properties(tallies)]
    )
    view = MergingView(
        registries=tuple((each["name"], each["title"], each["issued"]) for each in content.get("registries", [])),
        absent=frozenset(
            each["name"] for each in content.get("registries", []) if manifest and not manifest.registry(each["name"])
        ),
        rules=tuple(
            RuleRow(
                _named(wording, rule["class"]),
                _named(wording, rule["property"]),
                rule["believe"],
                tuple(rule["order"]),
                rule["reason"],
            )
            for rule in rules
        ),
        tallies=tuple(
            TallyRow(
                _named(wording, each.property),
                registry := _registry(found, each.graph),
                each.lost,
                _address({"property": each.property, "registry": registry}),
            )
            for each in tallies
        ),
        lost=sum(each.lost for each in tallies),
        alternates=choice.alternates,
    )
    return sender.page("merging.html", [Link("/merging/conflicts", "related")], page=view)


@blueprint.get("/conflicts")
def conflicts() -> Response:
    """List the values that lost: on pages, or up to 10,000 at once as data."""
    found = service()
    wanted, number = _wanted()

    def address(form: Format) -> str:
        return _address({**wanted, "format": form.name})

    choice = negotiate.choose(_FORMATS, HTML, address)
    sender = Sender(found, choice)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    release = sender.release = found.release()
    known = _conflicts(found, release)
    chosen = wanted.get("property", ""), _graph(found, wanted.get("registry", ""))
    total = known.count(*chosen)
    if choice.format is JSON:
        rows = [_as_json(found, each) for each in known.some(_MOST_AT_ONCE, 0, *chosen)]
        return sender.send(json.dumps({"total": total, "conflicts": rows}, ensure_ascii=False, indent=1) + "\n")
    if choice.format is RESULT_CSV:
        return sender.send(_as_csv([_as_json(found, each) for each in known.some(_MOST_AT_ONCE, 0, *chosen)]))
    listed = known.some(_PAGE, (number - 1) * _PAGE, *chosen)
    if not listed and number > 1:
        raise NotFound(f"There is no page {number}; {total:,} values lost, {_PAGE} on a page.")
    return sender.page("conflicts.html", page=_conflicts_view(found, listed, total, wanted, number, choice.alternates))


def _conflicts_view(
    found: Service,
    listed: Sequence[Conflict],
    total: int,
    wanted: dict[str, str],
    number: int,
    alternates: tuple[Alternate, ...],
) -> ConflictsView:
    terms = {text: _term(text) for each in listed for text in (each.value, *each.stands)}
    iris = {_thing(each) for each in listed} | _properties(listed) | set(filter(None, [wanted.get("property")]))
    wording = _wording(found, [*iris, *(term.value for term in terms.values() if isinstance(term, ox.NamedNode))])
    chosen = [wording.property(wanted["property"])] if "property" in wanted else []
    chosen += [wanted["registry"]] if "registry" in wanted else []
    return ConflictsView(
        rows=tuple(
            ConflictRow(
                wording.thing(_thing(each)),
                _named(wording, each.property),
                wording.term(terms[each.value]),
                _registry(found, each.graph),
                tuple(wording.term(terms[text]) for text in each.stands),
                tuple(_registry(found, graph) for graph in each.said_by),
            )
            for each in listed
        ),
        total=total,
        chosen=tuple(chosen),
        before=_address({**wanted, "page": str(number - 1)}) if number > 1 else "",
        after=_address({**wanted, "page": str(number + 1)}) if number * _PAGE < total else "",
        alternates=alternates,
    )


def _wanted() -> tuple[dict[str, str], int]:
    """Return what the address chooses, and the number of the page."""
    for name in request.args:
        if name not in _FIELDS:
            raise BadInput(
                f"The list of conflicts has no parameter '{name}'; it has property, registry and page.", parameter=name
            )
    page = request.args.get("page", "1")
    if not (page.isascii() and page.isdigit() and 0 < int(page) < 1_000_000):
        raise BadInput(f"'{page}' is no number of a page; pages are 1, 2, 3 and so on.", parameter="page")
    return {name: text for name in ("property", "registry") if (text := request.args.get(name, ""))}, int(page)


def _address(fields: dict[str, str]) -> str:
    return "/merging/conflicts" + (f"?{urlencode(fields)}" if fields else "")


def _policy(found: Service, release: str) -> dict[str, Any]:
    path = found.releases.folder(release) / _POLICY
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {"registries": [], "rules": [], **content}


def _conflicts(found: Service, release: str) -> Conflicts:
    return found.remember("conflicts", release, lambda: (Conflicts(found.releases.folder(release) / FILE), release))


def _registry(found: Service, graph: str) -> str:
    return graph.removeprefix(found.names.registry_graph(""))


def _graph(found: Service, registry: str) -> str:
    return found.names.registry_graph(registry) if registry else ""


def _thing(conflict: Conflict) -> str:
    return conflict.subject.partition("#")[0]


def _properties(listed: Sequence[Any]) -> set[str]:
    return {each.property for each in listed}


def _wording(found: Service, iris: Sequence[str]) -> Wording:
    wording = Wording(links.Links(found.names), negotiate.languages())
    labels, _ = statements.consistently(found.engine, lambda reader: statements.labels(reader, iris), found.labels)
    wording.learn(labels)
    return wording


def _named(wording: Wording, iri: str) -> Term:
    return Term(wording.property(iri), links.describe(iri) if wording.knows(iri) else None, iri)


def _term(text: str) -> ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple:
    """Return the term that is written in N-Triples."""
    [quad] = ox.parse(f"<urn:s> <urn:p> {text} .", format=ox.RdfFormat.N_TRIPLES)
    value: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple = quad.object
    return value


def _as_json(found: Service, conflict: Conflict) -> dict[str, Any]:
    return {
        "thing": conflict.subject,
        "property": conflict.property,
        "value": conflict.value,
        "registry": _registry(found, conflict.graph),
        "stands": list(conflict.stands),
        "said_by": [_registry(found, graph) for graph in conflict.said_by],
    }


def _as_csv(rows: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180, section 2
    writer.writerow(("thing", "property", "value", "registry", "stands", "said_by"))
    for row in rows:
        cells = (" | ".join(cell) if isinstance(cell, list) else cell for cell in row.values())
        writer.writerow([safe(cell) for cell in cells])
    return text.getvalue()
