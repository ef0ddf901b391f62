"""Questions that a page offers about the code it describes: saved queries with the code filled in."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

from eclod.core.namespaces import PREFIXES, shorten
from eclod.web.resources.views import Term

_VERSIONS: Final = ("In other versions of its classification", "/queries/code-in-another-version", "code")
#: (codes of which the question can be asked, what it is called, where it is asked, the parameter that takes the code)
_QUESTIONS: Final = tuple(
    (re.compile(re.escape(PREFIXES[prefix]) + f"({pattern})"), text, path, parameter)
    for prefix, pattern, (text, path, parameter) in (
        ("nuts", r"\w+", _VERSIONS),
        ("nuts", r"\w{4}", ("Sectors in which it is specialised", "/queries/specialised-sectors", "region")),
        ("nuts", r"\w+", ("Clusters in it", "/queries/clusters-of-a-region", "region")),
        ("nace2", r"\w+", _VERSIONS),
        ("nace21", r"\w+", _VERSIONS),
        ("nace2", r"\d\d", ("Regions specialised in it", "/statistics", "sector")),
        ("nace21", r"\d\d", ("Regions specialised in it", "/statistics", "sector")),
    )
)


def about(iri: str) -> tuple[Term, ...]:
    """Return the questions about an IRI; NUTS codes are named as such, NACE codes with their prefix."""
    found = []
    for pattern, text, path, parameter in _QUESTIONS:
        if match := pattern.fullmatch(iri):
            code = match[1] if iri.startswith(PREFIXES["nuts"]) else shorten(iri)
            found.append(Term(text, f"{path}?{urlencode({parameter: code}, safe=':')}"))
    return tuple(found)
