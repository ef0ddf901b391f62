"""The VoID description at its fixed address.

Source: https://www.w3.org/TR/void/#well-known
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pyoxigraph import NamedNode, Triple

from eclod.rdf.description.linksets import linksets
from eclod.rdf.description.model import TITLE, Counts, Release, release_iri
from eclod.rdf.description.release import release_description
from eclod.rdf.description.statements import Statements, term, text


def void_description(
    release: Release, counts: Counts | None = None, links: Mapping[str, int] = MappingProxyType({})
) -> list[Triple]:
    """Return the VoID description of a release, with what was counted in it and the document that holds it.

    `links` counts its links to each target of `linksets`.
    """
    document = f"{release.base}/.well-known/void"
    made = Statements()
    made.about(document, "rdf:type", term("void:DatasetDescription"))
    made.about(document, "dct:title", text(f"What {TITLE} holds"))
    made.about(document, "foaf:primaryTopic", NamedNode(release_iri(release)))
    made.extend(release_description(release, counts))
    made.extend(linksets(release, links))
    return made.sorted()
