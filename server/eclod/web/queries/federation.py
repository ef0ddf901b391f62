"""Which other endpoints a query may ask with SERVICE, and how one gets on that list."""

from __future__ import annotations

import json
from typing import Final

from flask import Blueprint, Response

from eclod.core.formats import HTML, JSON
from eclod.web.context import service
from eclod.web.messages import negotiate
from eclod.web.messages.responses import Sender
from eclod.web.resources import links

blueprint: Final = Blueprint("federation", __name__)

_EXAMPLE: Final = """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?here ?there WHERE {{
  VALUES ?here {{ <http://publications.europa.eu/resource/authority/country/DNK> }}
  SERVICE <{endpoint}> {{ ?there skos:exactMatch ?here }}
}}"""


@blueprint.get("/federation")
def index() -> Response:
    """List the endpoints."""
    found = service()
    choice = negotiate.choose((HTML, JSON), HTML, lambda form: f"/federation?format={form.name}")
    sender = Sender(found, choice, release=found.release(), about=" ".join(found.federated))
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    if choice.format is JSON:
        return sender.send(json.dumps({"endpoints": found.federated}, indent=1) + "\n")
    example = links.edit(_EXAMPLE.format(endpoint=found.federated[0])) if found.federated else ""
    return sender.page(
        "federation.html",
        endpoints=found.federated,
        rows=found.settings.federation_rows,
        example=example,
        alternates=choice.alternates,
    )
