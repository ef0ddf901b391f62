"""One resource, described: the same for things, codes, terms, registries, in every format and as a page."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox
from flask import Response, g, request

from eclod.core.formats import DOCUMENT_FORMATS, ICALENDAR, TURTLE, Format
from eclod.rdf.profiles import FULL
from eclod.store.linkbacks.notifications import LDP_INBOX
from eclod.web.context import Service
from eclod.web.messages import negotiate
from eclod.web.messages.responses import Link, Sender
from eclod.web.resources import (
    calendars,
    cards,
    claims,
    descriptions,
    members,
    profiled,
    regions,
    statements,
    thing,
    unknown,
    used_by,
)
from eclod.web.resources.descriptions import Description
from eclod.web.resources.facts import Facts
from eclod.web.resources.links import Links
from eclod.web.resources.statements import Reader
from eclod.web.resources.views import RegistryAccount, ThingView
from eclod.web.resources.wording import Wording

#: Where other portals say that they link here (Linked Data Notifications, section 3.1).
_INBOX: Final = Link("/inbox", LDP_INBOX)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is described: the IRI, the IRI of the document about it, and the address of the document in each format.

    `anywhere` asks for a page also about an IRI that is only mentioned; `formats` are those in which it can be had.
    """

    iri: str
    document: str
    address: Callable[[Format | None], str]
    anywhere: bool = False
    formats: tuple[Format, ...] = DOCUMENT_FORMATS


def respond(
    service: Service,
    subject: Subject,
    suffix: str | None = None,
    registry_of: Callable[[str], RegistryAccount | None] = lambda _release: None,
) -> Response:
    """Return the description of a subject as this request wants it.

    `registry_of` gives, for a release, what to show on a registry's page. Raises NotFound when nothing is said about
    the subject.
    """
    if names := profiled.asked():

        def labelled(reader: Reader) -> Description:
            return _document(reader, service, subject)

        other = profiled.respond(service, names, subject.address, subject.formats, suffix, labelled)
        if other is not None:
            return other
    if as_card := cards.is_wanted():
        choice = cards.CHOICE
    else:
        choice = negotiate.of_profile(negotiate.choose(subject.formats, TURTLE, subject.address, suffix), FULL.iri)
    sender = Sender(service, choice, version=service.linkback_versions.of(subject.iri) if choice.is_html else "")
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    if choice.format is ICALENDAR:
        return _calendar(service, subject, sender)
    wording = Wording(Links(service.names), negotiate.languages())

    def page(reader: Reader) -> tuple[Description, ThingView]:
        quads, incoming = statements.about_and_incoming(reader, subject.iri)
        found = _described(reader, service, subject, quads)
        found.incoming = incoming
        said = [] if as_card else claims.read(reader, service, found)
        view = thing.read_view(reader, found, wording, choice.alternates, subject.address(None), said)
        if as_card:
            return found, view
        view = thing.at_regions(view, found, wording, lambda: regions.points(service, reader))
        return found, dataclasses.replace(view, members=members.read(reader, found, view.referred_by))

    if choice.is_html:
        (description, view), release = statements.consistently(service.engine, page, service.labels)
        sender.release = g.release = release
        if as_card:
            return cards.send(service, sender, view, profiled.facts(description))
        view = dataclasses.replace(
            view,
            registry=registry_of(release),
            json_ld=profiled.embedded(description, negotiate.languages()),
            used_by=used_by.read(service, subject.iri),
        )
        response = sender.page("thing.html", _links(description, subject), view=view, facts=Facts(view))
        response.headers["Content-Language"] = ", ".join(dict.fromkeys([view.language or "en", "en"]))
        return response
    description, sender.release = statements.consistently(
        service.engine, lambda reader: _document(reader, service, subject), service.labels
    )
    return sender.send(description.rdf(choice.format), _links(description, subject))


def _calendar(service: Service, subject: Subject, sender: Sender) -> Response:
    """Return an event, its parts or its editions for a calendar."""
    made, language = service.created(sender.release), calendars.language(request.args.get("lang"))

    def body(reader: Reader) -> bytes:
        title = calendars.title(reader, subject.iri, language)
        return calendars.write(reader, calendars.parts(reader, subject.iri), title, made, language)

    content, sender.release = statements.consistently(service.engine, body)
    return sender.send(content, [Link(subject.document, "canonical"), Link(subject.iri, "describes")])


def _described(reader: Reader, service: Service, subject: Subject, quads: list[ox.Quad]) -> Description:
    """Return what these statements are about; raises NotFound when there are none."""
    if not quads and not (subject.anywhere and statements.occurs(reader, subject.iri)):
        raise unknown.error(reader, subject.iri, Links(service.names) if subject.anywhere else None)
    manifest = service.manifest(reader.release)
    return Description(subject.iri, subject.document, service.names, quads, reader.release, manifest)


def _document(reader: Reader, service: Service, subject: Subject) -> Description:
    """Return a description with the names of what it links to, so that one request is enough."""
    found = _described(reader, service, subject, statements.about(reader, subject.iri))
    descriptions.add_labels(reader, found)
    return found


def _links(description: Description, subject: Subject) -> list[Link]:
    """Return the typed links of a document, those to it in other profiles among them."""
    return [*profiled.facts(description), _INBOX, *profiled.advertised(description, subject.address)]
