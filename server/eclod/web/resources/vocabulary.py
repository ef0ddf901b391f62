"""Ontology and shapes under the paths of their own IRIs, as the release has them; frozen versions, the context."""

from __future__ import annotations

import hashlib
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pyoxigraph as ox
from flask import Blueprint, Response, request
from markupsafe import Markup
from werkzeug.http import http_date

from eclod.core.errors import NotFound
from eclod.core.formats import GRAPH_FORMATS, HTML, JSON_LD, TURTLE, Format
from eclod.core.namespaces import CUBE, ECLOD, SHAPES, expand, shorten
from eclod.rdf.vocabulary import diagram, editions
from eclod.rdf.vocabulary.editions import Edition
from eclod.store.engine import Question
from eclod.web.context import Service, service
from eclod.web.messages import graphs, negotiate
from eclod.web.messages.negotiate import Choice
from eclod.web.messages.responses import OWN_LICENCE, Link, Sender
from eclod.web.resources import documents, shape_pages, statements
from eclod.web.resources.links import Links
from eclod.web.resources.statements import Reader
from eclod.web.resources.views import Term

blueprint: Final = Blueprint("vocabulary", __name__)

_DUMP: Final = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }"
_FOREVER: Final = "public, max-age=31536000, immutable"
_FILE_TYPES: Final = {".ttl": TURTLE.content_type, ".jsonld": JSON_LD.content_type, ".html": HTML.content_type}
_TEXT: Final = "text/plain; charset=utf-8"
#: What the relation to a term of another vocabulary is called: those from which more follows, and likenesses.
_FOLLOWS: Final = {expand("rdfs:subClassOf"): "is a kind of", expand("rdfs:subPropertyOf"): "is a way of"}
_ALIKE: Final = {
    expand("skos:exactMatch"): "is the same as",
    expand("skos:closeMatch"): "is nearly the same as",
    expand("skos:broadMatch"): "is narrower than",
    expand("skos:narrowMatch"): "is broader than",
    expand("skos:relatedMatch"): "has to do with",
}


@blueprint.get("/ontology")
@blueprint.get("/ontology.<suffix>")
def ontology(suffix: str | None = None) -> Response:
    """Return the ontology: as RDF what the release has of it, for people the page about it."""
    found = service()
    choice = _choice("/ontology", (*GRAPH_FORMATS, HTML), suffix)
    if choice.is_html:
        return _ontology_page(found, editions.current(), choice)
    return _whole_graph(found, "ontology", ECLOD.rstrip("#"), choice)


@blueprint.get("/shapes")
@blueprint.get("/shapes.<suffix>")
def shapes(suffix: str | None = None) -> Response:
    """Return the shapes: as RDF what the release has of them, for people the list of them."""
    found = service()
    choice = _choice("/shapes", (*GRAPH_FORMATS, HTML), suffix)
    return shape_pages.every(found, choice) if choice.is_html else _whole_graph(found, "shapes", SHAPES[:-1], choice)


@blueprint.get("/ontology/alignments")
def alignments() -> Response:
    """Return what comes near our terms in other vocabularies, and from which of their terms ours follow."""
    edition = editions.current()
    choice = _choice("/ontology/alignments", (*GRAPH_FORMATS, HTML), None)
    stated, aligned = (list(editions.triples([path])) for path in (edition.ontology / "eclod.ttl", edition.alignments))
    own = (t for t in stated if t.predicate.value in _FOLLOWS and not editions.is_own(_name(t.object)))
    found = [*aligned, *own]
    if not choice.is_html:
        return _dated(_file_answer(choice, found), editions.modified([*stated, *aligned]))
    sender = Sender(service(), choice, release=service().release(), about=_digest(repr(found)))
    return sender.unchanged() or sender.page(
        "alignments.html", rows=_alignment_rows(found, service()), alternates=choice.alternates
    )


def _alignment_rows(found: list[ox.Triple], at: Service) -> list[tuple[Term, str, Term]]:
    """Return (term, relation in words, other term), by vocabulary of the other term."""
    links = Links(at.names)
    rows = []
    for triple in found:
        relation = _FOLLOWS.get(triple.predicate.value) or _ALIKE.get(triple.predicate.value)
        if relation is not None:
            rows.append((_term(links, _name(triple.subject)), relation, _term(links, _name(triple.object))))
    return sorted(rows, key=lambda row: (not editions.is_own(row[0].iri or ""), row[0].text.casefold(), row[2].text))


def _term(links: Links, iri: str) -> Term:
    href, external = links.to(iri)
    return Term(shorten(iri), href, iri, external=external)


@blueprint.get("/ontology/diagram.svg")
def picture() -> Response:
    """Return the diagram of classes and relations as a picture of its own."""
    found = service()
    drawn = shape_pages.picture(negotiate.languages()).replace("</desc>", f"</desc>{diagram.STYLE}", 1)
    response = Response(drawn, content_type="image/svg+xml")
    response.headers["Content-Language"] = negotiate.languages()[0] if negotiate.languages() else "en"
    return _kept(response, found)


@blueprint.get("/ontology/changes")
def changes() -> Response:
    """Return what changed from version to version, in words."""
    path = editions.current().ontology / "CHANGELOG.md"
    return _kept(Response(path.read_bytes(), content_type=_TEXT), service())


@blueprint.get("/ontology/<version>")
def frozen_ontology(version: str) -> Response:
    """Return a frozen version of the ontology; the version that is worked on leads to the ontology itself."""
    version, suffix = _version(version)
    if (onward := _onward("/ontology", version)) is not None:
        return onward
    edition = editions.frozen_edition(version)
    choice = _choice(f"/ontology/{version}", (*GRAPH_FORMATS, HTML), suffix)
    if choice.is_html:
        return _ontology_page(service(), edition, choice)
    return _frozen(_file_answer(choice, list(editions.triples(edition.ontology_files))), edition)


@blueprint.get("/ontology/<version>/<path:name>")
def frozen_file(version: str, name: str) -> Response:
    """Return a file of a frozen version as it is."""
    edition = editions.frozen_edition(version)
    path = edition.ontology / name
    known = {p.relative_to(edition.ontology).as_posix() for p in edition.ontology.rglob("*") if p.is_file()}
    if name not in known:
        raise NotFound(f"Version {version} has no file '{name}'; /ontology/{version} lists those it has.")
    return _frozen(
        _kept(Response(path.read_bytes(), content_type=_FILE_TYPES.get(path.suffix, _TEXT)), service()), edition
    )


@blueprint.get("/shapes/<name>")
def shape(name: str) -> Response:
    """Return one shape, a profile (`admission`), or a frozen version of all shapes."""
    profile = next((path for path in editions.current().profile_files if path.stem == name), None)
    if profile is not None:
        return _shape_files(f"/shapes/{name}", None, name, f"Profile {name}", [profile])
    if not name[:1].isdigit():
        return shape_pages.one(service(), name)
    version, suffix = _version(name)
    if (onward := _onward("/shapes", version)) is not None:
        return onward
    edition = editions.frozen_edition(version)
    title, files = f"Rules for data, version {version}", [*edition.shape_files, *edition.profile_files]
    answer = _shape_files(f"/shapes/{version}", suffix, version, title, files)
    return answer if answer.mimetype == HTML.media_type else _frozen(answer, edition)


def _shape_files(path: str, suffix: str | None, name: str, title: str, files: list[Path]) -> Response:
    """Return shapes as their files have them; for people a page that lists them."""
    choice = _choice(path, (*GRAPH_FORMATS, HTML), suffix)
    found = list(editions.triples(files))
    if not choice.is_html:
        return _file_answer(choice, found)
    return shape_pages.published(service(), choice, name, title, found, f"{SHAPES.rstrip('#')}/{name}")


@blueprint.get("/context.jsonld")
def context() -> Response:
    """Return the JSON-LD context; the one of a frozen version never changes."""
    return _kept(Response(editions.current().context.read_bytes(), content_type=JSON_LD.content_type), service())


@blueprint.get("/context/<version>.jsonld")
def frozen_context(version: str) -> Response:
    """Return the JSON-LD context of a frozen version."""
    edition = editions.frozen_edition(version)
    return _frozen(_kept(Response(edition.context.read_bytes(), content_type=JSON_LD.content_type), service()), edition)


@blueprint.get("/cube/<path:rest>")
def cube(rest: str) -> Response:
    """Describe a statistical dataset."""
    return documents.described(service(), CUBE + rest.rstrip("/"))


@blueprint.get("/source/<path:rest>")
def source(rest: str) -> Response:
    """Describe a source file that statements came from."""
    found: Service = service()
    return documents.described(found, f"{found.names.base}/source/{rest.rstrip('/')}")


@blueprint.get("/graph/<path:rest>")
def named_graph(rest: str) -> Response:
    """Send whoever follows the name of a graph to what describes it."""
    found = service()
    return documents.described(found, f"{found.names.base}/graph/{rest.rstrip('/')}")


def _choice(path: str, offered: tuple[Format, ...], suffix: str | None) -> Choice:
    return negotiate.choose(offered, TURTLE, lambda form: f"{path}?format={form.name}", suffix)


def _version(text: str) -> tuple[str, str | None]:
    """Return (version, suffix) of the last part of a path: `1.0.0.ttl` gives `1.0.0` and `ttl`."""
    parts = text.split(".")
    return ".".join(parts[:3]), ".".join(parts[3:]) or None


def _onward(path: str, version: str) -> Response | None:
    """Return the way from the version that is worked on to where it is; None when the version is frozen."""
    current = editions.current()
    if version != str(current.version) or any(edition.version == current.version for edition in editions.frozen()):
        return None
    return documents.redirect(path, 302)


def _ontology_page(found: Service, edition: Edition, choice: Choice) -> Response:
    """Return the page that pyLODE made about an edition, in our frame; without one, the description of the ontology."""
    wishes = [tag for tag in negotiate.languages() if tag in editions.LANGUAGES]
    language = wishes[0] if wishes else editions.LANGUAGES[0]
    path = edition.page(language)
    if not path.is_file():
        return documents.described(found, ECLOD.rstrip("#"))
    made = path.read_text(encoding="utf-8")
    drawn = "" if edition.frozen else shape_pages.picture(negotiate.languages())
    sender = Sender(found, choice, release=found.release(), about=_digest(made, drawn))
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    version = str(edition.version)
    manifest = found.manifest(found.release())
    behind = manifest.ontology_version if manifest is not None and not edition.frozen else version
    where = f"/ontology/{version}" if edition.frozen else "/ontology"
    return sender.page(
        "ontology.html",
        [
            Link(f"{ECLOD.rstrip('#')}" + (f"/{version}" if edition.frozen else ""), "canonical"),
            Link(expand("owl:Ontology"), "type"),
            OWN_LICENCE,
        ],
        version=version,
        frozen=edition.frozen,
        editions=[str(each.version) for each in reversed(editions.frozen())],
        files=_files(edition) if edition.frozen else [],
        in_release=behind,
        language=language,
        languages=[(tag, f"{where}?lang={tag}") for tag in editions.LANGUAGES],
        alternates=choice.alternates,
        terms=Markup(made),  # made by us of our own files, when the project was set up
        diagram=Markup(drawn),
        relations=[] if edition.frozen else shape_pages.relations(negotiate.languages()),
    )


def _files(edition: Edition) -> list[tuple[str, str]]:
    """Return (name, address) of the files of a frozen edition."""
    names = sorted(path.relative_to(edition.ontology).as_posix() for path in edition.ontology.rglob("*.*"))
    return [(name, f"/ontology/{edition.version}/{quote(name)}") for name in names if not name.endswith(".html")]


def _whole_graph(found: Service, name: str, iri: str, choice: Choice) -> Response:
    """Return a graph of the release; raises NotFound when it has none of that name."""
    described, release = statements.consistently(found.engine, lambda reader: statements.is_described(reader, iri))
    manifest = found.manifest(release)
    if not described and manifest is not None and manifest.graph(found.names.graph(name)) is None:
        raise NotFound(f"Release {release} holds no graph '{name}'; /releases/{release} lists those it has.")
    sender = Sender(found, choice)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    body, sender.release = statements.consistently(
        found.engine, lambda reader: _dump(reader, found.names.graph(name), choice.format)
    )
    return sender.send(body, [Link(iri, "canonical"), Link(expand("owl:Ontology"), "type"), OWN_LICENCE])


def _dump(reader: Reader, name: str, form: Format) -> bytes:
    question = Question(_DUMP, graph_format=form, bindings={"g": statements.spelled(name)})
    return reader.answer(question).read()


def _file_answer(choice: Choice, found: list[ox.Triple]) -> Response:
    """Return statements that come from files and not from a release."""
    body = graphs.serialise(found, choice.format)
    sender = Sender(service(), choice, release="", about=_digest(body))
    return sender.unchanged() or sender.send(body)


def _frozen(response: Response, edition: Edition) -> Response:
    response.headers["Cache-Control"] = _FOREVER
    return _dated(response, _day_of(edition))


@lru_cache
def _day_of(edition: Edition) -> date | None:
    """Return the day that a frozen edition states of itself, which stays."""
    return editions.modified(editions.triples(edition.ontology_files))


def _dated(response: Response, day: date | None) -> Response:
    """Return an answer from files with the day on which they were changed, where they say it."""
    if day is not None:
        response.headers["Last-Modified"] = http_date(day)
    return response


def _kept(response: Response, found: Service) -> Response:
    """Return a file with what caches need, or a 304."""
    response.set_etag(_digest(found.code, response.get_data()))
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept, Accept-Language"
    if request.if_none_match.contains_weak(response.get_etag()[0] or ""):
        response.status_code = 304
        response.set_data(b"")
        del response.headers["Content-Length"]
    return response


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else part)
    return digest.hexdigest()


def _name(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""
