"""What is published of linkbacks: as a container of notifications, as links with their provenance, as a linkset.

Sources: Linked Data Notifications, section 3.3.3; RFC 9264 (linksets); PROV-O.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

import pyoxigraph as ox

from eclod.core.formats import JSON_LD, TRIG, TURTLE, Format
from eclod.core.namespaces import expand
from eclod.store.linkbacks.box import PUBLISHED, Linkback
from eclod.store.linkbacks.notifications import AS
from eclod.web.messages import graphs

LINKSET: Final = Format("linkset", "application/linkset+json", "Linkset")

_LDP: Final = "http://www.w3.org/ns/ldp#"
_TYPE: Final = ox.NamedNode(expand("rdf:type"))
_DATE_TIME: Final = ox.NamedNode(expand("xsd:dateTime"))
_REFERENCES: Final = expand("dct:references")
_RELATIVE: Final = (TURTLE, TRIG, JSON_LD)


def container(linkbacks: Iterable[Linkback], base: str) -> list[ox.Triple]:
    """Return the inbox with the notifications that it lists."""
    inbox = ox.NamedNode(f"{base}/inbox")
    found = [ox.Triple(inbox, _TYPE, ox.NamedNode(f"{_LDP}{name}")) for name in ("BasicContainer", "Container")]
    contains = ox.NamedNode(f"{_LDP}contains")
    return found + [ox.Triple(inbox, contains, ox.NamedNode(_address(each, base))) for each in linkbacks]


def notification(linkback: Linkback, base: str) -> list[ox.Triple]:
    """Return a notification; of one that is not published only how far it got."""
    node = ox.NamedNode(_address(linkback, base))
    found = [ox.Triple(node, _TYPE, ox.NamedNode(f"{AS}Announce"))]
    if linkback.state != PUBLISHED:
        text = f"{linkback.state.capitalize()}. {linkback.reason}".strip()
        return [*found, ox.Triple(node, ox.NamedNode(f"{AS}summary"), ox.Literal(text, language="en"))]
    found += [
        ox.Triple(node, ox.NamedNode(f"{AS}object"), ox.NamedNode(linkback.page)),
        ox.Triple(node, ox.NamedNode(f"{AS}target"), ox.NamedNode(linkback.thing)),
        ox.Triple(node, ox.NamedNode(f"{AS}published"), _time(linkback.received)),
    ]
    if linkback.actor:
        found.append(ox.Triple(node, ox.NamedNode(f"{AS}actor"), ox.NamedNode(linkback.actor)))
    return found


def links(linkbacks: Iterable[Linkback], base: str) -> list[ox.Triple]:
    """Return which page refers to which thing, from which notification that is known, and when it was checked."""
    found = []
    for each in linkbacks:
        page, said = ox.NamedNode(each.page), ox.NamedNode(_address(each, base))
        found.append(ox.Triple(page, ox.NamedNode(_REFERENCES), ox.NamedNode(each.thing)))
        if each.title:
            found.append(ox.Triple(page, ox.NamedNode(expand("dct:title")), ox.Literal(each.title)))
        found += notification(each, base)
        found += [
            ox.Triple(said, _TYPE, ox.NamedNode(expand("prov:Activity"))),
            ox.Triple(said, ox.NamedNode(expand("prov:startedAtTime")), _time(each.received)),
            ox.Triple(said, ox.NamedNode(expand("prov:used")), page),
        ]
        if each.checked:
            found.append(ox.Triple(said, ox.NamedNode(expand("prov:endedAtTime")), _time(each.checked)))
        if each.actor:
            agent = ox.NamedNode(expand("prov:wasAssociatedWith"))
            found.append(ox.Triple(said, agent, ox.NamedNode(each.actor)))
    return list(dict.fromkeys(found))


def linkset(linkbacks: Iterable[Linkback], base: str) -> str:
    """Return the links as a linkset (RFC 9264, section 4.2), one context object for each page and thing."""
    found: list[dict[str, Any]] = []
    for each in linkbacks:
        target: dict[str, Any] = {"href": each.thing}
        if each.checked:
            target[expand("prov:endedAtTime")] = [each.checked]
        found.append(
            {"anchor": each.page, _REFERENCES: [target], expand("prov:wasInformedBy"): [{"href": _address(each, base)}]}
        )
    return json.dumps({"linkset": found}, ensure_ascii=False, indent=1) + "\n"


def written(triples: Sequence[ox.Triple], form: Format, base: str) -> bytes:
    """Return the inbox in a format, where it can with addresses that lead to where it is served.

    Whoever consumes it gets what it lists from there (Linked Data Notifications, section 3.3).
    """
    body = graphs.serialise(triples, form)
    if form in _RELATIVE:
        for before in (b"<", b'"'):
            body = body.replace(before + f"{base}/inbox".encode(), before + b"/inbox")
    return body


def _address(linkback: Linkback, base: str) -> str:
    return f"{base}/inbox/{linkback.id}"


def _time(text: str) -> ox.Literal:
    return ox.Literal(text, datatype=_DATE_TIME)
