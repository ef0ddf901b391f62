"""Code lists to walk through: the list of them, and for each its codes as a tree, ours and those of others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, cast

import pyoxigraph as ox
from flask import Blueprint, Response, request

from eclod.core import labels
from eclod.core.errors import NotFound
from eclod.core.formats import GRAPH_FORMATS, HTML, TURTLE, Format
from eclod.core.namespaces import SCHEME, expand, shorten
from eclod.store.engine import Question
from eclod.web.context import Service, service
from eclod.web.messages import negotiate
from eclod.web.messages.responses import OWN_LICENCE, Link, Sender
from eclod.web.resources import about, links, statements
from eclod.web.resources.about import Subject
from eclod.web.resources.links import Links
from eclod.web.resources.statements import Reader
from eclod.web.resources.views import Term
from eclod.web.resources.wording import Wording

blueprint: Final = Blueprint("schemes", __name__)

_SKOS: Final = f"PREFIX skos: <{expand('skos:')}> "
_LISTS: Final = (
    _SKOS + "SELECT ?list (COUNT(DISTINCT ?code) AS ?codes) WHERE { ?code skos:inScheme ?list } GROUP BY ?list"
)
_CODES: Final = _SKOS + (
    "SELECT ?list ?code ?notation ?broader WHERE { ?code skos:inScheme ?list "
    "OPTIONAL { ?code skos:notation ?notation } "
    "OPTIONAL { ?code skos:broader ?broader . ?broader skos:inScheme ?list } }"
)
_TEXTS: Final = _SKOS + (
    "SELECT ?list ?code ?name ?text WHERE {{ ?code skos:inScheme ?list ; ?name ?text "
    "FILTER(?name IN (skos:prefLabel, skos:definition) && LANG(?text) IN ({})) }}"
)
#: For codes that only have labels in languages that nobody asked for.
_OTHER_LABELS: Final = _SKOS + (
    "SELECT ?list ?code ?name ?text WHERE { ?code skos:inScheme ?list ; ?name ?text FILTER(?name = skos:prefLabel) }"
)
_WHOLE: Final = _SKOS + (
    "CONSTRUCT { ?s ?p ?o } WHERE { { ?list ?p ?o BIND(?list AS ?s) } UNION { ?s skos:inScheme ?list ; ?p ?o } }"
)
_LABEL: Final = expand("skos:prefLabel")
_DEFINITION: Final = expand("skos:definition")
_DESCRIPTION: Final = expand("dct:description")
#: Up to so many codes a list is shown open.
_SHORT: Final = 150


@dataclass(frozen=True, slots=True)
class CodeList:
    """One code list: what it is called, how many codes it has, and whether it is ours."""

    title: Term
    codes: int
    own: bool


@dataclass(slots=True)
class Code:
    """One code in the tree: its notation, label and definition, and the codes below it."""

    term: Term
    notation: str
    definition: Term | None
    below: list[Code] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Return how many codes stand below, at any depth."""
        return len(self.below) + sum(code.count for code in self.below)


@blueprint.get("/scheme")
def every() -> Response:
    """Return the code lists of the release, or with `iri` one of those that others name."""
    if iri := request.args.get("iri", "").strip():
        return _one(iri, lambda form: f"/scheme?iri={links.quoted(iri)}" + (f"&format={form.name}" if form else ""))
    found = service()
    choice = negotiate.choose((HTML,), HTML, lambda form: f"/scheme?format={form.name}")
    sender = Sender(found, choice)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    wording = Wording(Links(found.names), negotiate.languages())

    def read(reader: Reader) -> list[CodeList]:
        counts = {_iri(row["list"]): int(cast("ox.Literal", row["codes"]).value) for row in reader.select(_LISTS)}
        wording.learn(statements.labels(reader, counts))
        return [CodeList(_list_link(wording, iri), counts[iri], iri.startswith(SCHEME)) for iri in counts]

    lists, sender.release = statements.consistently(found.engine, read)
    lists.sort(key=lambda each: each.title.text.casefold())
    return sender.page("schemes.html", lists=lists)


@blueprint.get("/scheme/<name>")
def own(name: str) -> Response:
    """Return a code list of ours with all its codes."""
    listed, _, suffix = name.partition(".")
    iri = SCHEME + listed
    return _one(iri, lambda form: f"/scheme/{listed}" + (f"?format={form.name}" if form else ""), suffix or None)


@blueprint.get("/scheme/<name>/<path:notation>")
def code(name: str, notation: str) -> Response:
    """Describe one code of a list of ours."""
    found = service()
    iri = f"{SCHEME}{name}/{notation.rstrip('/')}"

    def address(form: Format | None) -> str:
        path = f"/scheme/{links.quoted(name)}/{links.quoted(notation.rstrip('/'))}"
        return path + (f"?format={form.name}" if form else "")

    return about.respond(found, Subject(iri, iri, address))


def _one(iri: str, address: Callable[[Format | None], str], suffix: str | None = None) -> Response:
    """Return a code list: for people as a tree, else all statements about it and its codes."""
    found = service()
    statements.spelled(iri)
    choice = negotiate.choose((*GRAPH_FORMATS, HTML), TURTLE, address, suffix)
    sender = Sender(found, choice)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    canonical = [Link(iri, "canonical"), Link(expand("skos:ConceptScheme"), "type")]
    canonical += [OWN_LICENCE] if iri.startswith(SCHEME) else []
    if not choice.is_html:
        body, sender.release = statements.consistently(found.engine, lambda reader: _dump(reader, iri, choice.format))
        return sender.send(body, canonical)
    wording = Wording(Links(found.names), negotiate.languages())
    (title, description, top, count), sender.release = statements.consistently(
        found.engine, lambda reader: _tree(reader, found, iri, wording)
    )
    return sender.page(
        "scheme.html",
        canonical,
        iri=iri,
        title=title,
        description=description,
        top=top,
        count=count,
        open=count <= _SHORT,
        alternates=choice.alternates,
        table=f"/queries/codes-of-a-list.csv?list={links.quoted(iri)}",
        about=links.describe(iri),
    )


def _dump(reader: Reader, iri: str, form: Format) -> bytes:
    _check(reader, iri)
    return reader.answer(Question(_WHOLE, graph_format=form, bindings={"list": statements.spelled(iri)})).read()


def _check(reader: Reader, iri: str) -> None:
    if not reader.ask(_SKOS + "ASK { ?code skos:inScheme ?list }", list=iri):
        raise NotFound(f"There is no code list {iri} in release {reader.release}; /scheme lists all of them.")


def _tree(reader: Reader, found: Service, iri: str, wording: Wording) -> tuple[Term, Term | None, list[Code], int]:
    """Return (title, description, codes at the top, number of codes) of a list."""
    _check(reader, iri)
    quads = statements.about(reader, iri)
    wording.learn(quads)
    described = [
        (q.object.value, q.object.language or "")
        for q in quads
        if q.predicate.value == _DESCRIPTION and isinstance(q.object, ox.Literal)
    ]
    chosen = labels.choose(dict.fromkeys(described), wording.languages)
    codes, above = _codes(reader, iri, wording, Links(found.names))
    top = [code for name, code in codes.items() if above.get(name) not in codes]
    for name, code in codes.items():
        if (parent := codes.get(above.get(name, ""))) is not None and parent is not code:
            parent.below.append(code)
    for each in (top, *(code.below for code in codes.values())):
        each.sort(key=lambda code: (code.notation, code.term.text.casefold()))
    return wording.thing(iri), Term(chosen[0], language=chosen[1]) if chosen else None, top, len(codes)


def _codes(reader: Reader, iri: str, wording: Wording, links_to: Links) -> tuple[dict[str, Code], Mapping[str, str]]:
    """Return the codes of a list by IRI, and the IRI of the code above each."""
    wishes = [*wording.languages, *labels.FALLBACK_LANGUAGES]
    wished = _texts(reader, iri, _TEXTS.format(", ".join(f'"{tag}"' for tag in dict.fromkeys(wishes))))
    notations: dict[str, set[str]] = defaultdict(set)
    above: dict[str, str] = {}
    for row in sorted(reader.select(_CODES, list=iri), key=str):
        name = _iri(row["code"])
        notations[name] |= {row["notation"].value} if isinstance(row["notation"], ox.Literal) else set()
        if isinstance(row["broader"], ox.NamedNode):
            above.setdefault(name, row["broader"].value)
    unnamed = any((name, _LABEL) not in wished for name in notations)
    other = _texts(reader, iri, _OTHER_LABELS) if unnamed else {}
    found = {}
    for name, written in notations.items():
        label = labels.choose(wished.get((name, _LABEL)) or other.get((name, _LABEL)) or (), wording.languages)
        meaning = labels.choose(wished.get((name, _DEFINITION), ()), wording.languages)
        notation = min(written, default="")
        text, language = label or (notation or shorten(name), "")
        term = Term(text, links_to.to(name, known=True)[0], name, language)
        found[name] = Code(term, notation, Term(meaning[0], language=meaning[1]) if meaning else None)
    return found, above


def _texts(reader: Reader, iri: str, query: str) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Return (text, language) pairs by code and property."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in reader.select(query, list=iri):
        text = cast("ox.Literal", row["text"])
        found[_iri(row["code"]), _iri(row["name"])].append((text.value, text.language or ""))
    return dict(found)


def _list_link(wording: Wording, iri: str) -> Term:
    named = wording.thing(iri)
    href = named.href if iri.startswith(SCHEME) else f"/scheme?iri={links.quoted(iri)}"
    return Term(named.text, href, iri, named.language)


def _iri(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None) -> str:
    return cast("ox.NamedNode", term).value
