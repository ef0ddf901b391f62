"""Things in the pages of other sites: oEmbed, two elements in one file, and the page that shows how.

Sources: https://oembed.com/ (sections 2.2 to 2.3), https://html.spec.whatwg.org/multipage/custom-elements.html
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Final, cast

import pyoxigraph as ox
from flask import Blueprint, Response, render_template, request, send_file

from eclod.core import iris
from eclod.core.errors import BadIdentifier, BadInput, EclodError, NotFound
from eclod.core.formats import HTML, JSON, RESULT_JSON, Format
from eclod.core.namespaces import expand
from eclod.store import resolving
from eclod.store.engine import Question
from eclod.store.identities import VALID
from eclod.store.resolving import Resolver
from eclod.web.context import Service, service
from eclod.web.messages import here, negotiate
from eclod.web.messages.negotiate import Choice
from eclod.web.messages.responses import Sender
from eclod.web.resources import cards, links, statements
from eclod.web.resources.links import Links
from eclod.web.resources.statements import Reader
from eclod.web.resources.wording import Wording

blueprint: Final = Blueprint("embedding", __name__)

#: Where the elements are; one file, as it is.
ELEMENTS: Final = "/embed/eclod.js"
_FILE: Final = Path(__file__).parents[1] / "static" / "embed" / "eclod.js"
_XML: Final = Format("xml", "text/xml", "XML", charset=True)
#: In a frame that is lower or narrower, in CSS pixels, nothing can be read.
_SMALLEST: Final = 50
_DAY: Final = 86_400
_EXAMPLE: Final = f"SELECT ?thing WHERE {{ ?thing a <{expand('eclod:Cluster')}> }} ORDER BY ?thing LIMIT 1"


class NoSuchFormat(EclodError):
    """oEmbed asks for this status when a format is not offered (section 2.3.5)."""

    status, slug, title = 501, "no-such-format", "There is no oEmbed response in this format"
    meaning = "oEmbed was asked for a format that is not there; ask again with `format=json` or `format=xml`."


@blueprint.get("/embed")
def page() -> Response:
    """Show how a cluster and the picker come into a page of another site, with both at work."""
    found = service()
    choice = negotiate.choose((HTML,), HTML, lambda form: "/embed")
    sender = Sender(found, choice)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    root = here.address(found.settings.base)
    thing = _example(found)
    card = f"{thing}?{cards.PARAMETER}={cards.VIEW}" if thing else ""
    return sender.page(
        "embed.html", root=root, thing=thing, card=card, elements=ELEMENTS, width=cards.WIDTH, height=cards.HEIGHT
    )


@blueprint.get(ELEMENTS)
def elements() -> Response:
    """Return the file that makes `<eclod-cluster>` and `<eclod-picker>` known to a page of any site."""
    response = send_file(_FILE, mimetype="text/javascript", max_age=3600, conditional=True)
    response.headers["Content-Type"] = "text/javascript; charset=utf-8"
    response.direct_passthrough = False
    response.make_sequence()  # small enough to be read at once, so that it can be compressed
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@blueprint.get("/oembed")
def oembed() -> Response:
    """Return how an address of ours is shown in a page of another site (oEmbed, type `rich`)."""
    found = service()
    asked = request.args.get("url", "").strip()
    if not asked:
        raise BadInput("Say what to show: /oembed?url= and the address or identifier of a thing.", parameter="url")
    form = {"json": JSON, "xml": _XML}.get(request.args.get("format", "json").lower())
    if form is None:
        raise NoSuchFormat("There is no such format; there are json and xml.")
    kind, code = _thing(found, asked)
    sender = Sender(found, Choice(form, True, ()), about=here.address(found.settings.base))
    label, sender.release = statements.consistently(
        found.engine, lambda reader: _label(reader, found, found.names.thing(kind, code))
    )
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    said = _rich(found, links.document(kind, code), label)
    if form is JSON:
        return sender.send(json.dumps(said, ensure_ascii=False, indent=1) + "\n")
    fields = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in said.items())
    return sender.send(f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<oembed>{fields}</oembed>\n')


def _rich(found: Service, document: str, label: str) -> dict[str, object]:
    root = here.address(found.settings.base)
    width, height = _size("maxwidth", cards.WIDTH), _size("maxheight", cards.HEIGHT)
    frame = render_template(
        "frame.html",
        address=f"{root}{document}?{cards.PARAMETER}={cards.VIEW}",
        title=label,
        width=width,
        height=height,
    )
    return {
        "version": "1.0",
        "type": "rich",
        "title": label,
        "provider_name": "European Clusters Linked Open Data",
        "provider_url": f"{root}/",
        "cache_age": _DAY,
        "html": frame.strip(),
        "width": width,
        "height": height,
    }


def _size(name: str, usual: int) -> int:
    """Return a width or height, no more than the request allows (section 2.3.4.4).

    Raises NotFound where a card would show nothing, the status that section 2.3.5 has for what cannot be had.
    """
    most = request.args.get(name, "")
    if most and not (most.isascii() and most.isdigit() and len(most) <= 6):
        raise BadInput(f"'{name}' is a number of pixels.", parameter=name)
    if most and int(most) < _SMALLEST:
        raise NotFound(f"In {int(most)} pixels nothing can be shown; ask for a '{name}' of {_SMALLEST} or more.")
    return min(usual, int(most)) if most else usual


def _thing(found: Service, asked: str) -> tuple[str, str]:
    """Return (kind, code) of the thing that an identifier or the address of a page here stands for now.

    Raises BadIdentifier, and NotFound where there is nothing to show: oEmbed has no other word for it (section 2.3.4).
    """
    identities = found.identities.for_release(found.engine.release)
    resolved = Resolver(identities, found.names, [here.address(found.settings.base)]).resolve(asked)
    if resolved.outcome == resolving.MISSPELT and resolved.choices:
        raise BadIdentifier(resolved.message, suggestions=list(resolved.choices))
    path = found.names.path_of(resolved.iri) if resolved.how == resolving.OWN else None
    thing = iris.split_path(path or "")
    if thing is None or resolved.state != VALID:
        raise NotFound(f"'{asked[:200]}' is no address of a thing of this service. {resolved.message}".strip())
    return thing


def _label(reader: Reader, found: Service, iri: str) -> str:
    if not statements.is_described(reader, iri):
        raise NotFound(f"Nothing is said about {iri} in release {reader.release}.")
    wording = Wording(Links(found.names), negotiate.languages())
    wording.learn(statements.labels(reader, [iri]))
    return wording.thing(iri).text


def _example(found: Service) -> str:
    """Return the address of some cluster, "" when there is none."""
    answer = found.engine.ask(Question(_EXAMPLE, result_format=RESULT_JSON)).read()
    rows = list(cast("ox.QuerySolutions", ox.parse_query_results(answer, ox.QueryResultsFormat.JSON)))
    return Links(found.names).page(cast("ox.NamedNode", rows[0]["thing"]).value) or "" if rows else ""
