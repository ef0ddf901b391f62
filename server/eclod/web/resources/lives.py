"""What is answered about an identifier that is no longer valid, or never was one.

Merged: 301 to the end of the chain, in the same form. Split: 300 with the choices. Withdrawn: 410 that says who, when
and why. Erased: 410 and nothing else (RFC 9110, sections 15.4.1, 15.4.2 and 15.5.11).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox
from flask import Response, request

from eclod.core import codes, labels, misspelling
from eclod.core.errors import BadIdentifier, NotFound
from eclod.core.formats import DOCUMENT_FORMATS, TURTLE, Format
from eclod.core.iris import KINDS, split_path
from eclod.store.identities import ERASED, MERGED, SPLIT, Identities, Identity
from eclod.web.context import Service
from eclod.web.messages import negotiate, responses
from eclod.web.messages.prepared import MAY_BE_KEPT
from eclod.web.messages.responses import Link, Sender
from eclod.web.resources import cards, descriptions, links, statements
from eclod.web.resources.descriptions import Description
from eclod.web.resources.statements import Reader
from eclod.web.resources.views import DepartedView, Term

_STATUS: Final = {SPLIT: 300}


def departed(found: Service, kind: str, code: str) -> Identity | None:
    """Return what became of an identifier in the release that is served, or None when it is as good as ever."""
    release = found.engine.release
    known = found.identities.for_release(release)
    # They are few, and nearly every page is about another one.
    gone = found.remember("departed", release, lambda: (frozenset(each.iri for each in known.changed()), release))
    iri = found.names.thing(kind, code)
    return known.get(iri) if iri in gone else None


def moved_to(found: Service, gone: Identity) -> tuple[str, str] | None:
    """Return (kind, code) of what a merged identifier leads to, or None when it leads nowhere alone."""
    if gone.state != MERGED or len(gone.successors) != 1:
        return None
    return split_path(found.names.path_of(gone.successors[0]) or "")


def respond(found: Service, gone: Identity, suffix: str | None) -> Response:
    """Return what is told about an identifier that was split, withdrawn or erased."""
    if gone.state == ERASED:
        response = Response(status=410)
        response.headers["Cache-Control"] = "no-cache"
        return response

    def address(form: Format | None) -> str:
        return links.document(gone.kind, gone.code, form.name if form else "")

    as_card = cards.is_wanted()
    choice = cards.CHOICE if as_card else negotiate.choose(DOCUMENT_FORMATS, TURTLE, address, suffix)
    sender = Sender(found, choice)

    def read(reader: Reader) -> tuple[Description, dict[str, str]]:
        told = statements.about(reader, gone.iri)
        manifest = found.manifest(reader.release)
        description = Description(
            gone.iri, found.names.document(gone.kind, gone.code), found.names, told, reader.release, manifest
        )
        descriptions.add_labels(reader, description)
        return description, _names(reader, gone.successors)

    (description, named), sender.release = statements.consistently(found.engine, read)
    typed = [Link(description.document, "canonical"), Link(gone.iri, "describes")]
    typed += [Link(_page(found, iri), "successor-version") for iri in gone.successors]  # RFC 5829, section 3.4
    if as_card:
        response = cards.send_departed(found, sender, _view(found, gone, named), typed)
    elif choice.is_html:
        response = sender.page("departed.html", typed, view=_view(found, gone, named))
    else:
        response = sender.send(description.rdf(choice.format), typed)
    # What is no 2xx is not compared with what a client has (RFC 9110, section 13.2.1).
    request.environ.pop(MAY_BE_KEPT, None)
    response.status_code = _STATUS.get(gone.state, 410)
    return response


def not_found(found: Service, kind: str, code: str) -> NotFound:
    """Return the error about a well-spelt code that nothing of this kind has, with what was perhaps meant."""
    known = _identities(found)
    others = [each for each in known.by_code(code) if each.state != ERASED]
    return NotFound(
        f"There is no {kind} {code} in this release; {_perhaps(found, others)}", suggestions=_pages(found, others)
    )


def without_kind(found: Service, spelling: str, error: NotFound) -> NotFound:
    """Return the error about an address whose kind there is not, with the identifiers that the code may be of."""
    try:
        known = _identities(found).by_code(codes.normalise(spelling))
        near = [each for each in known if each.state != ERASED]
    except BadIdentifier:
        near = _near(found, spelling, "")
    if not near:
        return error
    return NotFound(f"{error.message} {_perhaps(found, near).capitalize()}", suggestions=_pages(found, near))


def misspelt(found: Service, kind: str, spelling: str, error: BadIdentifier) -> BadIdentifier:
    """Return the error about a misspelt code with the identifiers that were perhaps meant, of this kind first."""
    near = _near(found, spelling, kind)
    if not near:
        return error
    return BadIdentifier(f"{error.message} {_perhaps(found, near).capitalize()}", suggestions=_pages(found, near))


def _near(found: Service, spelling: str, kind: str) -> list[Identity]:
    """Return the identifiers that a misspelt code may be of, those of a kind first."""
    known = _identities(found)
    meant = misspelling.meant(spelling, lambda code: bool(known.by_code(code)))
    near = [each for code in meant for each in known.by_code(code) if each.state != ERASED]
    return sorted(near, key=lambda each: (each.kind != kind.lower(), each.iri))


def _identities(found: Service) -> Identities:
    return found.identities.for_release(found.engine.release)


def _perhaps(found: Service, near: Iterable[Identity]) -> str:
    pages = _pages(found, near)
    return f"perhaps {' or '.join(pages)} is meant." if pages else "search for it at /search."


def _pages(found: Service, near: Iterable[Identity]) -> list[str]:
    return [links.document(each.kind, each.code) for each in near][:3]


def _page(found: Service, iri: str) -> str:
    kind, code = split_path(found.names.path_of(iri) or "") or (KINDS[0], "")
    return links.document(kind, code)


def _names(reader: Reader, iris: Iterable[str]) -> dict[str, str]:
    texts: dict[str, list[tuple[str, str]]] = {}
    for triple in statements.labels(reader, iris):
        if isinstance(triple.subject, ox.NamedNode) and isinstance(triple.object, ox.Literal):
            texts.setdefault(triple.subject.value, []).append((triple.object.value, triple.object.language or ""))
    chosen = {iri: labels.choose(found, negotiate.languages()) for iri, found in texts.items()}
    return {iri: best[0] for iri, best in chosen.items() if best is not None}


def _view(found: Service, gone: Identity, named: dict[str, str]) -> DepartedView:
    choices = tuple(Term(named.get(iri, iri), href=_page(found, iri), iri=iri) for iri in gone.successors)
    return DepartedView(
        gone.iri,
        gone.kind,
        gone.code,
        gone.state,
        gone.since,
        gone.reason,
        gone.author,
        choices,
        responses.known_alternates(),
    )
