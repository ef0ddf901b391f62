"""What a notification says: which page, about which thing of ours, from whom; no address in it is ever followed here.

Sources: https://www.w3.org/TR/ldn/ and https://www.w3.org/TR/activitystreams-core/. As in COAR Notify, the object of an
Announce is the page and its context, or target, what the page is about.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox

from eclod.core.endpoints import Endpoint
from eclod.core.errors import BadInput
from eclod.core.namespaces import expand

AS: Final = "https://www.w3.org/ns/activitystreams#"
CONTEXT: Final = "https://www.w3.org/ns/activitystreams"
LDP_INBOX: Final = "http://www.w3.org/ns/ldp#inbox"

_OWN_NAMES: Final = frozenset({CONTEXT, f"{CONTEXT}#", f"{CONTEXT}.jsonld", CONTEXT.replace("https:", "http:")})
_REFERENCES: Final = ("actor", "attributedTo", "context", "generator", "inReplyTo", "instrument", "object", "origin")
#: Of the context of ActivityStreams what notifications are made of; any other word stands for a term of it as well.
_LOCAL: Final[dict[str, Any]] = {
    "@vocab": AS,
    "as": AS,
    "ldp": "http://www.w3.org/ns/ldp#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "id": "@id",
    "type": "@type",
    "inbox": {"@id": LDP_INBOX, "@type": "@id"},
    **{name: {"@id": AS + name, "@type": "@id"} for name in (*_REFERENCES, "result", "tag", "target", "to", "url")},
    **{name: {"@id": AS + name, "@type": "xsd:dateTime"} for name in ("published", "updated")},
}
_TYPE: Final = ox.NamedNode(expand("rdf:type"))
_OBJECT: Final = ox.NamedNode(AS + "object")
_ABOUT: Final = tuple(
    ox.NamedNode(iri)
    for iri in (
        *(AS + name for name in ("target", "context", "inReplyTo", "origin", "tag")),
        *("https://schema.org/about", "http://schema.org/about"),
        *("https://schema.org/mentions", "http://schema.org/mentions"),
        *(expand(name) for name in ("dct:references", "dct:subject", "foaf:topic", "foaf:primaryTopic")),
    )
)
_INBOXES: Final = (ox.NamedNode(LDP_INBOX), ox.NamedNode(AS + "inbox"))
_TAKEN_BACK: Final = frozenset(AS + name for name in ("Undo", "Delete", "Remove"))
_DEEPEST: Final = 30
_QUADS: Final = 200
_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Notification:
    """A page, the IRI it is said to be about as it was written, who says so and their inbox, "" where not told.

    `taken_back` says that the link is said to be gone.
    """

    page: str
    about: str
    actor: str = ""
    inbox: str = ""
    taken_back: bool = False


def parse_json(body: bytes, base: str) -> list[ox.Quad]:
    """Return the statements of JSON-LD whose contexts are in it, or that of ActivityStreams; raises BadInput."""
    return _parsed_json(_object(body), base)


def parse_activity(body: bytes, base: str) -> list[ox.Quad]:
    """Return the statements of `application/activity+json`; raises BadInput.

    The context of ActivityStreams applies there also when it is not named (ActivityStreams 2.0, section 2.1).
    """
    content = _object(body)
    said = content.get("@context")
    contexts = said if isinstance(said, list) else [] if said is None else [said]
    if not any(isinstance(context, str) and context in _OWN_NAMES for context in contexts):
        content = {**content, "@context": [CONTEXT, *contexts]}
    return _parsed_json(content, base)


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise BadInput("The notification is no JSON, or nested too deeply; send one JSON-LD object.") from None
    if not isinstance(content, dict):
        raise BadInput("The notification is no JSON object; send one JSON-LD object.")
    return content


def _parsed_json(content: dict[str, Any], base: str) -> list[ox.Quad]:
    return _parsed(json.dumps(with_local_contexts(content, 0)).encode(), ox.RdfFormat.JSON_LD, base)


def parse_turtle(body: bytes, base: str) -> list[ox.Quad]:
    """Return the statements of a Turtle document; raises BadInput."""
    return _parsed(body, ox.RdfFormat.TURTLE, base)


def with_local_contexts(value: Any, depth: int) -> Any:
    """Return JSON-LD with the context of ActivityStreams in place of its name; raises BadInput for any other name."""
    if depth > _DEEPEST:
        raise BadInput(f"The notification is nested more than {_DEEPEST} deep; send a flat one.")
    if isinstance(value, list):
        return [with_local_contexts(each, depth + 1) for each in value]
    if not isinstance(value, dict):
        return value
    if "@import" in value:
        raise BadInput("The notification imports a context, which is never fetched here; write its terms out.")
    found = {}
    for key, each in value.items():
        if key == "@context":
            each = [_local(one) for one in each] if isinstance(each, list) else _local(each)
        found[key] = with_local_contexts(each, depth + 1)
    return found


def _local(context: Any) -> Any:
    if not isinstance(context, str):
        return context
    if context not in _OWN_NAMES:
        raise BadInput(
            f"The notification names the context '{context[:200]}', and contexts are never fetched here: use "
            f"{CONTEXT}, or write the context into the notification."
        )
    return _LOCAL


def _parsed(body: bytes, form: ox.RdfFormat, base: str) -> list[ox.Quad]:
    found = []
    try:
        for quad in ox.parse(body, form, base_iri=base):
            found.append(quad)
            if len(found) > _QUADS:
                raise BadInput(f"The notification has more than {_QUADS} statements; announce one page at a time.")
    except (SyntaxError, ValueError) as error:
        raise BadInput(f"The notification cannot be read as {form.name} ({str(error)[:300]}).") from None
    return found


def read(quads: Sequence[ox.Quad], is_ours: Callable[[str], bool]) -> Notification:
    """Return what a notification says; `is_ours` tells the IRIs that name things of ours. Raises BadInput."""
    activities = list(dict.fromkeys(quad.subject for quad in quads if quad.predicate == _OBJECT))
    if len(activities) != 1:
        raise BadInput(
            f"The notification has {len(activities)} activities with an object; send one, such as an as:Announce whose "
            "as:object is your page and whose as:context is the thing it is about."
        )
    activity = activities[0]
    objects = _iris(quads, activity, (_OBJECT,))
    others = _iris(quads, activity, _ABOUT)
    inside = [iri for page in objects for iri in _iris(quads, ox.NamedNode(page), _ABOUT)]
    things = [iri for iri in dict.fromkeys([*objects, *others, *inside]) if is_ours(iri)]
    if len(things) != 1:
        raise BadInput(
            f"The notification names {len(things) or 'no'} things of this service; name one, as as:context, as:target "
            "or what the page is about."
        )
    pages = [iri for iri in objects if not is_ours(iri)] or [iri for iri in others if not is_ours(iri)]
    if len(pages) != 1:
        raise BadInput(f"The notification names {len(pages) or 'no'} pages as its as:object; name one.")
    types = set(_iris(quads, activity, (_TYPE,)))
    actor = next(iter(_iris(quads, activity, (ox.NamedNode(AS + "actor"),))), "")
    inbox = next(iter(_iris(quads, ox.NamedNode(actor), _INBOXES)), "") if actor else ""
    return Notification(
        address(pages[0], "page"),
        things[0],
        actor if len(actor) <= _LONGEST else "",
        address(inbox, "inbox of the actor") if inbox else "",
        bool(types & _TAKEN_BACK),
    )


def address(iri: str, what: str) -> str:
    """Return a web address without its fragment, written in one way; raises BadInput when it is none."""
    try:
        if len(iri) > _LONGEST:
            raise ValueError(iri)
        return Endpoint.parse(iri.partition("#")[0]).iri
    except ValueError:
        raise BadInput(
            f"The {what} <{iri[:200]}> is not an address that begins with http:// or https://, in ASCII, without user "
            f"name and of at most {_LONGEST} characters."
        ) from None


def _iris(
    quads: Sequence[ox.Quad], subject: ox.NamedNode | ox.BlankNode | ox.Triple, properties: Sequence[ox.NamedNode]
) -> list[str]:
    return [
        quad.object.value
        for quad in quads
        if quad.subject == subject and quad.predicate in properties and isinstance(quad.object, ox.NamedNode)
    ]
