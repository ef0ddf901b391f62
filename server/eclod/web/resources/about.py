"""One resource, described: the same for things, codes, terms, registries, in every format and as a page."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, request

from eclod.core.errors import NotFound
from eclod.core.formats import DOCUMENT_FORMATS, ICALENDAR, TURTLE, Format
from eclod.web.context import Service
from eclod.web.messages import negotiate
from eclod.web.messages.responses import Link, Sender
from eclod.web.resources import calendars, descriptions, statements, thing
from eclod.web.resources.descriptions import Description
from eclod.web.resources.links import Links
from eclod.web.resources.statements import Reader
from eclod.web.resources.views import RegistryRow, ThingView
from eclod.web.resources.wording import Wording


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
    registry_of: Callable[[str], RegistryRow | None] = lambda _release: None,
) -> Response:
    """Return the description of a subject as this request wants it.

    `registry_of` gives, for a release, the row to show on a registry's page. Raises NotFound when nothing is said about
    the subject.
    """
    choice = negotiate.choose(subject.formats, TURTLE, subject.address, suffix)
    sender = Sender(service, choice)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    if choice.format is ICALENDAR:
        return _calendar(service, subject, sender)
    wording = Wording(Links(service.names), negotiate.languages())

    def page(reader: Reader) -> tuple[Description, ThingView]:
        found = _described(reader, service, subject)
        return found, thing.read_view(reader, found, wording, choice.alternates, subject.address(None))

    def document(reader: Reader) -> Description:
        found = _described(reader, service, subject)
        descriptions.add_labels(reader, found)
        return found

    if choice.is_html:
        (description, view), release = statements.consistently(service.engine, page)
        sender.release = release
        view = dataclasses.replace(view, registry=registry_of(release))
        return sender.page("thing.html", _links(description), view=view)
    description, sender.release = statements.consistently(service.engine, document)
    return sender.send(description.rdf(choice.format), _links(description))


def _calendar(service: Service, subject: Subject, sender: Sender) -> Response:
    """Return an event, its parts or its editions for a calendar."""
    made, language = service.created(sender.release), calendars.language(request.args.get("lang"))

    def body(reader: Reader) -> bytes:
        title = calendars.title(reader, subject.iri, language)
        return calendars.write(reader, calendars.parts(reader, subject.iri), title, made, language)

    content, sender.release = statements.consistently(service.engine, body)
    return sender.send(content, [Link(subject.document, "canonical"), Link(subject.iri, "describes")])


def _described(reader: Reader, service: Service, subject: Subject) -> Description:
    quads = statements.about(reader, subject.iri)
    if not quads and not (subject.anywhere and statements.occurs(reader, subject.iri)):
        raise NotFound(f"Nothing is said about {subject.iri} in release {reader.release}; search for it at /search.")
    manifest = service.manifest(reader.release)
    return Description(subject.iri, subject.document, service.names, quads, reader.release, manifest)


def _links(description: Description) -> list[Link]:
    """Return the typed links of a document (RFC 8288; `describes`: RFC 6892; `type`, `describedby`, `canonical`)."""
    links = [
        Link(description.document, "canonical"),
        Link(description.iri, "describes"),
        Link("/.well-known/void", "describedby"),
    ]
    links += [Link(kind, "type") for kind in description.types]
    return links + [Link(licence, "license") for licence in description.licences]
