"""A thing in other vocabularies, and the list of those in which it can be had.

Source: https://www.w3.org/TR/dx-prof-conneg/ (Content Negotiation by Profile), by headers and by address.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import pyoxigraph as ox
from flask import Response, g

from eclod.core.errors import NotAcceptable
from eclod.core.formats import GRAPH_FORMATS, HTML, JSON_LD, Format
from eclod.core.namespaces import expand
from eclod.rdf import nested_json, profiles
from eclod.rdf.description import registry_as_dataset
from eclod.rdf.profiles import ALL, FULL, SOURCES, Profile
from eclod.web.context import Service
from eclod.web.messages import graphs, negotiate
from eclod.web.messages.responses import Link, Sender
from eclod.web.messages.views import Alternate
from eclod.web.resources import claims, statements
from eclod.web.resources.descriptions import Description
from eclod.web.resources.statements import Reader
from eclod.web.resources.views import ProfileRow

Address = Callable[[Format | None], str]

_ALTR: Final = "http://www.w3.org/ns/dx/connegp/altr#"
_TOKENS: Final = "http://www.w3.org/ns/dx/prof/Profile"
_SCHEMA: Final = "schema"
_DCAT_AP: Final = "dcat-ap"


def asked() -> list[str]:
    """Return the profiles that this request names; nothing when our own description answers it."""
    names = negotiate.profiles()
    if not names or names[0] == "*" or profiles.shipped().named(names[0]) is FULL:
        return []
    return names


def respond(
    service: Service,
    names: Sequence[str],
    address: Address,
    formats: Sequence[Format],
    suffix: str | None,
    read: Callable[[Reader], Description],
) -> Response | None:
    """Return a thing in the first of the named profiles that there is of it, None for our own description.

    Raises NotAcceptable, with the profiles there are, when it has none of them.
    """
    description, release = statements.consistently(service.engine, read, service.labels)
    chosen = _chosen(names, description, address)
    if chosen is FULL:
        return None
    offered = tuple(form for form in formats if form in GRAPH_FORMATS) + ((HTML,) if chosen is ALL else ())
    choice = negotiate.choose(offered, chosen.format, lambda form: in_profile(address(form), chosen), suffix)
    sender = Sender(service, negotiate.of_profile(choice, chosen.iri), release)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    typed = [*facts(description), *advertised(description, address), *_tokens(description)]
    if chosen is ALL:
        if choice.is_html:
            rows = tuple(_rows(description, address, formats))
            return sender.page("profiles.html", typed, iri=description.iri, document=address(None), rows=rows)
        return sender.send(graphs.serialise(_listed(description, address, formats), choice.format), typed)
    if chosen is SOURCES:

        def said_of_each(reader: Reader) -> list[ox.Triple]:
            found = read(reader)
            return claims.triples(claims.read(reader, service, found), found)

        said, sender.release = statements.consistently(service.engine, said_of_each, service.labels)
        return sender.send(graphs.serialise(said, choice.format), typed)
    found = represent(chosen, description)
    if chosen.token == _SCHEMA and choice.format is JSON_LD:
        return sender.send(nested_json.written(nested_json.of_thing(description.iri, found)) + "\n", typed)
    return sender.send(graphs.serialise(found, choice.format), typed)


def represent(profile: Profile, description: Description) -> list[ox.Triple]:
    """Return a thing in another vocabulary, with the labels that the description has.

    A registry is a dataset as the catalogue has it, with its files.
    """
    if profile.token == _DCAT_AP and description.manifest is not None:
        named = description.iri.removeprefix(description.names.registry(""))
        if as_dataset := registry_as_dataset(description.manifest, named):
            return as_dataset
    said = [*description.main, *description.labels, *description.document_facts()]
    return profiles.shipped().represent(profile, description.iri, said)


def embedded(description: Description, languages: Sequence[str]) -> str:
    """Return what search engines read in a page: the thing in schema.org, in the language of the page."""
    profile = profiles.shipped().named(_SCHEMA)
    assert profile is not None  # it comes with the code
    return nested_json.written(nested_json.of_thing(description.iri, represent(profile, description), languages))


def in_profile(address: str, profile: Profile) -> str:
    """Return the address of the same document in a profile."""
    if profile is FULL:
        return address
    return f"{address}{'&' if '?' in address else '?'}profile={profile.token}"


def facts(description: Description) -> list[Link]:
    """Return the typed links of a document (RFC 8288; `describes`: RFC 6892; `type`, `describedby`, `canonical`)."""
    found = [
        Link(description.document, "canonical"),
        Link(description.iri, "describes"),
        Link("/.well-known/void", "describedby"),
    ]
    found += [Link(kind, "type") for kind in description.types]
    return found + [Link(licence, "license") for licence in description.licences]


def advertised(description: Description, address: Address) -> list[Link]:
    """Return a link to the thing in each other profile, and to the list of all of them.

    Without media types: clients that look for one take the first alternate of it, whatever its profile.
    """
    others = (*profiles.shipped().suitable(description.types), ALL)
    return [Link(in_profile(address(None), p), "alternate", profile=p.iri) for p in others]


def _tokens(description: Description) -> list[Link]:
    """Return which token stands for which profile, for whoever negotiates one (section 7.1.3)."""
    offered = (FULL, *profiles.shipped().suitable(description.types), ALL)
    return [Link(_TOKENS, "type", token=p.token, anchor=p.iri) for p in offered]


def _chosen(names: Sequence[str], description: Description, address: Address) -> Profile:
    known = profiles.shipped()
    offered = (FULL, *known.suitable(description.types), ALL)
    for name in names:
        found = FULL if name == "*" else known.named(name)
        if found in offered:
            return found
    g.alternates = tuple(Alternate(p.format, in_profile(address(None), p)) for p in offered)
    available = [f"{profile.token} ({profile.iri})" for profile in offered]
    raise NotAcceptable(
        f"None of the profiles you ask for is available here; ask for one of {', '.join(available)}.",
        available=[profile.iri for profile in offered],
    )


def _rows(description: Description, address: Address, formats: Sequence[Format]) -> list[ProfileRow]:
    """Return each profile with the addresses of its formats."""
    found = []
    for profile in (FULL, *profiles.shipped().suitable(description.types)):
        offered = formats if profile is FULL else [form for form in formats if form in GRAPH_FORMATS]
        ways = tuple(Alternate(form, in_profile(address(form), profile)) for form in offered)
        found.append(ProfileRow(profile.token, profile.iri, profile.title, profile.description, ways))
    return found


def _listed(description: Description, address: Address, formats: Sequence[Format]) -> list[ox.Triple]:
    """Return the list in the vocabulary of the specification (section 6.4.1)."""
    thing, base = ox.NamedNode(description.iri), description.names.base
    made: list[ox.Triple] = []

    def say(subject: ox.NamedNode, name: str, value: ox.NamedNode | ox.Literal) -> None:
        made.append(ox.Triple(subject, ox.NamedNode(name), value))

    for row in _rows(description, address, formats):
        profile = ox.NamedNode(row.iri)
        say(profile, expand("rdf:type"), ox.NamedNode(expand("dct:Standard")))
        say(profile, expand("dct:title"), ox.Literal(row.title, language="en"))
        say(profile, f"{_ALTR}hasToken", ox.Literal(row.token))
        for form, href in row.ways:
            node = ox.NamedNode(base + href)
            say(thing, f"{_ALTR}hasRepresentation", node)
            say(node, expand("rdf:type"), ox.NamedNode(f"{_ALTR}Representation"))
            say(node, expand("dct:conformsTo"), profile)
            say(node, expand("dct:format"), ox.Literal(form.media_type))
            if row.token == FULL.token and form is FULL.format:
                say(thing, f"{_ALTR}hasDefaultRepresentation", node)
    return made
