"""How files of each format become rows, by the name that `registry.toml` uses; one function each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from eclod_loaders.declarations.registry import Source
from eclod_loaders.reading.geojson import read_geojson
from eclod_loaders.reading.icalendar_file import read_icalendar
from eclod_loaders.reading.json_file import read_json
from eclod_loaders.reading.rdf_file import read_rdf
from eclod_loaders.reading.rml_file import read_rml
from eclod_loaders.reading.tabular import read_tabular
from eclod_loaders.reading.topojson import read_topojson
from eclod_loaders.reading.xml_file import read_xml
from eclod_loaders.rows import Row

#: (path, the file's name in messages, source) -> rows
Adapter = Callable[[Path, str, Source], Iterator[Row]]

ADAPTERS: Final[Mapping[str, Adapter]] = {
    "tabular": read_tabular,
    "geojson": read_geojson,
    "topojson": read_topojson,
    "json": read_json,
    "xml": read_xml,
    "icalendar": read_icalendar,
    "rdf": read_rdf,
    "rml": read_rml,
}
