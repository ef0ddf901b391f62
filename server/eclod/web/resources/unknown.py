"""What to say of an IRI about which a release says nothing, in one sentence that leads on."""

from __future__ import annotations

import re
from typing import Final

from eclod.core.namespaces import PREFIXES
from eclod.web.resources import links, statements
from eclod.web.resources.statements import Reader

_NUTS: Final = re.compile(re.escape(PREFIXES["nuts"]) + r"([A-Z]{2}[0-9A-Z]{1,3})")


def sentence(reader: Reader, iri: str) -> str:
    """Return why nothing is said about an IRI, and where to look instead."""
    match = _NUTS.fullmatch(iri)
    if match is None:
        return f"Nothing is said about {iri} in release {reader.release}; search for it at /search."
    said = (
        f"The NUTS code {match[1]} is not known here: this data has the editions 2021 and 2024, and of 2013 and 2016 "
        "only the codes of levels 1 and 2 that were dropped since"
    )
    above = iri[:-1]
    if statements.about(reader, above):
        return f"{said}; the region above it, {match[1][:-1]}, is at {links.describe(above)}."
    return f"{said}; search for it by name at /search."
