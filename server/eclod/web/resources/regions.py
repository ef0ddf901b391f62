"""Where regions are, for what is known to be in one and no closer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyoxigraph as ox

from eclod.core.namespaces import PREFIXES, expand
from eclod.core.wkt import point_of
from eclod.web.context import Service
from eclod.web.resources.statements import Reader

_POINTS: Final = f"""SELECT ?region ?wkt WHERE {{
  ?region <{expand("geo:hasDefaultGeometry")}> ?geometry FILTER (STRSTARTS(STR(?region), "{PREFIXES["nuts"]}"))
  ?geometry <{expand("geo:asWKT")}> ?wkt
}} ORDER BY ?region ?wkt"""


def points(service: Service, reader: Reader) -> Mapping[str, tuple[float, float]]:
    """Return (longitude, latitude) of regions by IRI: asked once for each release."""
    return service.remember("points of regions", reader.release, lambda: (_read(reader), reader.release))


def _read(reader: Reader) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for row in reader.select(_POINTS):
        region, wkt = row["region"], row["wkt"]
        if isinstance(region, ox.NamedNode) and isinstance(wkt, ox.Literal) and (point := point_of(wkt.value)):
            found.setdefault(region.value, point)
    return found
