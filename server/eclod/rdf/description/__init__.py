"""What a release holds, as triples: DCAT 3 catalogue, VoID dataset, SPARQL service description.

Built from a release's manifest and counts alone, so that what is said equals what was counted when the release was
made. IRIs are named under the base of the release, nothing is a blank node, and the order is always the same.
"""

from __future__ import annotations

from eclod.rdf.description.authorities import DCAT_AP
from eclod.rdf.description.catalogue import catalogue, registry_as_dataset
from eclod.rdf.description.documents import void_description
from eclod.rdf.description.model import graph_title
from eclod.rdf.description.release import release_description
from eclod.rdf.description.service import service_description

__all__ = [
    "DCAT_AP",
    "catalogue",
    "graph_title",
    "registry_as_dataset",
    "release_description",
    "service_description",
    "void_description",
]
