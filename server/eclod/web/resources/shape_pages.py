"""The pages about shapes: what is checked, why, what passes and what fails; they come with the code, not a release."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import pyoxigraph as ox
from flask import Response

from eclod.core import assets, labels
from eclod.core.errors import NotFound
from eclod.core.formats import GRAPH_FORMATS, HTML, TURTLE
from eclod.core.namespaces import SHAPES, expand, shorten
from eclod.rdf.vocabulary import diagram, editions, shape_rules
from eclod.rdf.vocabulary.diagram import Relation
from eclod.rdf.vocabulary.shape_rules import FieldRules, Rule, ShapeBook, ShapeRules, Words
from eclod.web.context import Service
from eclod.web.messages import graphs, negotiate
from eclod.web.messages.negotiate import Choice
from eclod.web.messages.responses import OWN_LICENCE, Link, Sender
from eclod.web.resources.links import Links
from eclod.web.resources.views import Term

_TITLE: Final = "Classes and relations"
_DESCRIPTION: Final = (
    "A box is a class with its subclasses inside. Its rows are properties that lead to other classes, and lines go to "
    "the class they lead to. The table of relations says the same."
)
#: What the names of shapes that judge the ontology itself end with.
_STYLE: Final = "Style"


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field: its name for programs (`name`) and for people (`label`), with the shape it comes from if inherited."""

    anchor: str
    name: str
    label: Term
    description: Term
    message: Term
    path: Term
    severity: str
    rules: tuple[Rule, ...]
    code_lists: tuple[Term, ...]
    target: Term | None
    owner: Term | None


@dataclass(frozen=True, slots=True)
class ShapeView:
    """Template `shape.html`, as variable `shape`; in `shapes.html` without rules of fields that it inherits."""

    name: str
    iri: str
    label: Term
    comment: Term
    message: Term
    severity: str
    target_class: Term | None
    kind: str | None
    parents: tuple[Term, ...]
    used_by: tuple[Term, ...]
    fields: tuple[FieldView, ...]
    rules: tuple[Rule, ...]
    passing: tuple[shape_rules.Example, ...]


@cache
def book() -> ShapeBook:
    """Return the shapes with their examples, read once: they come with the code."""
    return shape_rules.read(editions.triples(editions.current().shape_files), assets.folder("examples"))


@cache
def _fingerprint() -> str:
    return hashlib.blake2b(repr(sorted(book().shapes.items())).encode(), digest_size=16).hexdigest()


def picture(languages: Sequence[str]) -> str:
    """Return the diagram of classes and relations with labels in the best of some languages."""
    return _picture(_known(languages))


@cache
def _picture(language: str) -> str:
    return diagram.draw(book(), (language,), _TITLE, _DESCRIPTION)


def relations(languages: Sequence[str]) -> list[tuple[Term, Relation, Term]]:
    """Return what the diagram shows as rows: class, relation, class."""
    return [
        (_shape_link(link.source, languages), link, _shape_link(link.target, languages))
        for link in diagram.relations(book(), (_known(languages),))
    ]


def every(found: Service, choice: Choice) -> Response:
    """Return the list of all shapes with their fields."""
    sender = Sender(found, choice, release=found.release(), about=_fingerprint())
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    views = [_view(shape, Links(found.names), negotiate.languages(), whole=False) for shape in book().shapes.values()]
    views.sort(key=lambda view: view.label.text.casefold())
    groups = {
        "Things with pages of their own": [v for v in views if v.kind],
        "Parts of things": [v for v in views if v.target_class and not v.kind],
        "Codes and texts": [v for v in views if not v.target_class and not v.name.endswith(_STYLE)],
        "The ontology itself": [v for v in views if v.name.endswith(_STYLE)],
    }
    return sender.page(
        "shapes.html",
        [Link(SHAPES.rstrip("#"), "canonical"), OWN_LICENCE],
        groups=groups,
        version=str(editions.current().version),
        profiles=[path.stem for path in editions.current().profile_files],
        editions=[str(each.version) for each in reversed(editions.frozen())],
        alternates=choice.alternates,
    )


def published(
    found: Service, choice: Choice, name: str, title: str, triples: list[ox.Triple], canonical: str
) -> Response:
    """Return the page of a profile, or of a frozen version: which shapes it has, and where they are as data."""
    sender = Sender(found, choice, release=found.release(), about=hashlib.blake2b(repr(triples).encode()).hexdigest())
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    kind, label, comment = (expand(each) for each in ("sh:NodeShape", "rdfs:label", "rdfs:comment"))
    named = {t.subject.value for t in triples if isinstance(t.subject, ox.NamedNode) and _is(t.object, kind)}
    words: dict[tuple[str, str], Words] = {}
    for triple in triples:
        if isinstance(triple.subject, ox.NamedNode) and isinstance(triple.object, ox.Literal):
            about = (triple.subject.value, triple.predicate.value)
            words[about] = (*words.get(about, ()), (triple.object.value, triple.object.language or ""))
    languages = negotiate.languages()
    rows = [
        (
            iri.rpartition("#")[2],
            _text(words.get((iri, label), ()), languages),
            _text(words.get((iri, comment), ()), languages),
        )
        for iri in named
    ]
    return sender.page(
        "published-shapes.html",
        [Link(canonical, "canonical"), OWN_LICENCE],
        name=name,
        title=title,
        rows=sorted(rows, key=lambda row: (row[1].text or row[0]).casefold()),
        alternates=choice.alternates,
    )


def _is(term: object, iri: str) -> bool:
    return isinstance(term, ox.NamedNode) and term.value == iri


def one(found: Service, name: str) -> Response:
    """Return one shape: for people the page about it, else the statements about it and its fields."""
    shape = book().shapes.get(name)
    if shape is None:
        raise NotFound(f"There is no shape '{name}'; /shapes lists all of them.")
    choice = negotiate.choose((*GRAPH_FORMATS, HTML), TURTLE, lambda form: f"/shapes/{name}?format={form.name}")
    sender = Sender(found, choice, release=found.release(), about=_fingerprint())
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    described = [Link(SHAPES + name, "describes")]
    if not choice.is_html:
        return sender.send(graphs.serialise(_statements(shape), choice.format), described)
    view = _view(shape, Links(found.names), negotiate.languages(), whole=True)
    return sender.page("shape.html", described, shape=view, alternates=choice.alternates)


def _statements(shape: ShapeRules) -> list[ox.Triple]:
    wanted = {SHAPES + shape.name, *(SHAPES + field.anchor for field in shape.fields)}
    every_one = editions.triples(editions.current().shape_files)
    return [t for t in every_one if isinstance(t.subject, ox.NamedNode) and t.subject.value in wanted]


def _view(shape: ShapeRules, links: Links, languages: Sequence[str], *, whole: bool) -> ShapeView:
    fields: dict[str, FieldView] = {}
    for ancestor in book().lineage(shape.name) if whole else [shape]:
        owner = None if ancestor is shape else _shape_link(ancestor.name, languages)
        for field in ancestor.fields:
            fields.setdefault(field.name, _field_view(field, links, languages, owner))
    kind = shape.target_class
    return ShapeView(
        name=shape.name,
        iri=SHAPES + shape.name,
        label=_text(shape.labels, languages),
        comment=_text(shape.comments, languages),
        message=_text(shape.messages, languages),
        severity=shape.severity,
        target_class=_term(kind, links) if kind else None,
        kind=shape.kind,
        parents=tuple(_shape_link(name, languages) for name in shape.parents),
        used_by=tuple(_shape_link(name, languages) for name in book().used_by.get(shape.name, ())),
        fields=tuple(fields.values()),
        rules=shape.rules,
        passing=shape.passing,
    )


def _field_view(field: FieldRules, links: Links, languages: Sequence[str], owner: Term | None) -> FieldView:
    return FieldView(
        anchor=field.anchor,
        name=field.name,
        label=_text(field.labels, languages),
        description=_text(field.descriptions, languages),
        message=_text(field.messages, languages),
        path=_term(field.path, links),
        severity=field.severity,
        rules=field.rules,
        code_lists=tuple(_term(scheme, links) for scheme in field.code_lists),
        target=_shape_link(field.target, languages) if field.target in book().shapes else None,
        owner=owner,
    )


def _known(languages: Sequence[str]) -> str:
    """Return the best language of a visitor in which every shape speaks."""
    return next((tag for tag in languages if tag in editions.LANGUAGES), editions.LANGUAGES[0])


def _text(words: Words, languages: Sequence[str]) -> Term:
    text, language = labels.choose(words, languages) or ("", "")
    return Term(text, language=language)


def _term(iri: str, links: Links) -> Term:
    href, external = links.to(iri)
    return Term(shorten(iri), href, iri, external=external)


def _shape_link(name: str | None, languages: Sequence[str]) -> Term:
    shape = book().shapes[name or ""]
    label = _text(shape.labels, languages)
    return Term(label.text or shape.name, f"/shapes/{shape.name}", SHAPES + shape.name, label.language)
