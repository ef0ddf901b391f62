"""What to say of an IRI about which a release says nothing: a sentence that leads on, and what may be meant."""

from __future__ import annotations

import re
from typing import Final

from eclod.core.errors import NotFound
from eclod.core.namespaces import PREFIXES
from eclod.web.resources import links, statements
from eclod.web.resources.links import Links
from eclod.web.resources.statements import Reader

_NUTS: Final = re.compile(re.escape(PREFIXES["nuts"]) + r"([A-Z]{2}[0-9A-Z]{1,3})")
#: A web address: what stands before its last part, and that part.
_ADDRESS: Final = re.compile(r"https?://(?P<before>(?:.*[/#])?)(?P<last>[^/#]+)/*", re.IGNORECASE)
#: Characters of an IRI above which no other spelling is tried.
_LONGEST: Final = 500


def error(reader: Reader, iri: str, pages: Links | None) -> NotFound:
    """Return the error about an IRI of which nothing is said.

    With `pages`, other spellings of the IRI are tried, and the addresses of those that are described are suggested.
    """
    meant = [pages.to(each, known=True)[0] or each for each in _described(reader, iri)] if pages else []
    if not meant:
        return NotFound(sentence(reader, iri))
    said = f"Nothing is said about {iri} in release {reader.release}; perhaps {' or '.join(meant)} is meant."
    return NotFound(said, suggestions=meant)


def spellings(iri: str) -> list[str]:
    """Return how else a web address may be meant: with http or https, a slash at its end, other letter case."""
    match = _ADDRESS.fullmatch(iri) if len(iri) <= _LONGEST else None
    if match is None:
        return []
    before, last = match["before"], match["last"]
    cases = (last, last.upper(), last.lower(), last[:1].upper() + last[1:], last[:1].lower() + last[1:])
    found = [
        f"{scheme}://{head}{tail}{end}"
        for tail in cases
        for head in (before, before.lower())
        for scheme in ("http", "https")
        for end in ("", "/")
    ]
    return [each for each in dict.fromkeys(found) if each != iri]


def _described(reader: Reader, iri: str) -> list[str]:
    """Return the other spellings of an IRI about which something is said."""
    others = spellings(iri)
    return statements.described(reader, others) if others else []


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
