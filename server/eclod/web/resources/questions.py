"""Where a page leads on from the thing or code it describes: lists narrowed to it, and saved queries about it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from eclod.core.namespaces import PREFIXES, SCHEME, expand, shorten
from eclod.web.resources.views import Term


@dataclass(frozen=True, slots=True)
class _Question:
    """A question about what an IRI matches: `path` takes the code, the pattern's only group, as `parameter`.

    `prefixed` says that the code is named with its prefix there. `needs` is a property by which something has to refer
    to the thing, where not every thing of the kind would have an answer.
    """

    pattern: re.Pattern[str]
    text: str
    path: str
    parameter: str
    prefixed: bool = False
    needs: str = ""


def _of(base: str, codes: str, text: str, path: str, parameter: str, prefixed: bool = False) -> _Question:
    return _Question(re.compile(f"{re.escape(base)}({codes})"), text, path, parameter, prefixed)


def _of_things(kind: str, text: str, path: str, parameter: str, needs: str) -> _Question:
    return _Question(re.compile(f".+/id{kind}"), text, path, parameter, needs=expand(needs))


_NUTS: Final = PREFIXES["nuts"]
_ISIC: Final = "https://unstats.un.org/classifications/ISIC/rev4/"
_ECOSYSTEM: Final = f"{SCHEME}ecosystem/"
_VERSIONS: Final = ("In other versions of its classification", "/queries/code-in-another-version", "code")
_SPECIALISED: Final = ("Regions specialised in it", "/statistics", "sector")
_QUESTIONS: Final = (
    _of(_NUTS, r"\w+", "Clusters in it", "/clusters", "region"),
    _of(_NUTS, r"\w+", "Organisations in it", "/organisations", "region"),
    _of(_NUTS, r"\w+", "Its priorities", "/priorities", "region"),
    _of(_NUTS, r"\w+", "Events in it", "/events", "region"),
    _of(_NUTS, r"\w+", "Its events as a calendar", "/events.ics", "region"),
    _of(_NUTS, r"\w{4}", "Sectors in which it is specialised", "/queries/specialised-sectors", "region"),
    _of(_NUTS, r"\w+", *_VERSIONS),
    _of(PREFIXES["country"], "[A-Z]{3}", "Clusters in it", "/clusters", "country"),
    _of(PREFIXES["country"], "[A-Z]{3}", "Organisations in it", "/organisations", "country"),
    _of(_ECOSYSTEM, "[a-z-]+", "Clusters in it", "/clusters", "ecosystem"),
    _of(_ECOSYSTEM, "[a-z-]+", "Organisations in it", "/organisations", "ecosystem"),
    _of(_ECOSYSTEM, "[a-z-]+", "Its sectors", "/queries/sectors-of-an-ecosystem", "ecosystem"),
    _of(_ECOSYSTEM, "[a-z-]+", "Events about it", "/events", "ecosystem"),
    _of(_ISIC, r"[A-Z]|\d+", "In NACE 2", "/queries/isic-codes", "code"),
    _of(PREFIXES["nace21"], r"[A-Z]|\d+", "Clusters in it", "/clusters", "sector"),
    _of(PREFIXES["nace2"], r"[A-Z]|\d+", "Clusters in it", "/clusters", "sector", prefixed=True),
    _of(PREFIXES["nace2"], r"\d\d", *_SPECIALISED, prefixed=True),
    _of(PREFIXES["nace21"], r"\d\d", *_SPECIALISED, prefixed=True),
    _of(PREFIXES["nace2"], r"\w+", *_VERSIONS, prefixed=True),
    _of(PREFIXES["nace21"], r"\w+", *_VERSIONS, prefixed=True),
    _of_things(r"/organisation/(\w+)", "Its members", "/organisations", "member-of", "org:organization"),
    _of_things(r"/(cluster/\w+)", "Its members", "/organisations", "member-of", "org:organization"),
    _of_things(r"/organisation/(\w+)", "Clusters it runs", "/clusters", "managed-by", "eclod:managedBy"),
    _of_things(r"/organisation/(\w+)", "Its projects", "/projects", "participant", "eurio:isRoleOf"),
    _of_things(r"/project/(\w+)", "Who takes part", "/organisations", "in-project", "eurio:isInvolvedIn"),
    _of_things(r"/programme/(\w+)", "Its projects and initiatives", "/projects", "programme", "eclod:programme"),
    _of_things(r"/project/(\w+)", "Its partnerships", "/queries/partnerships", "initiative", "eclod:initiative"),
    _of_things(
        r"/programme/(\w+)",
        "From it to partnerships",
        "/queries/initiatives-of-a-programme",
        "programme",
        "eclod:programme",
    ),
    _of_things(r"/event/(\w+)", "Events of it", "/events", "series", "cv:parentEvent"),
    _of_things(r"/strategy/(\w+)", "Its priorities", "/priorities", "strategy", "eclod:strategy"),
)


def about(iri: str, referred_by: Collection[str] = ()) -> tuple[Term, ...]:
    """Return the questions about an IRI to which something refers by these properties."""
    found = []
    for question in _QUESTIONS:
        match = question.pattern.fullmatch(iri)
        if match and (not question.needs or question.needs in referred_by):
            code = shorten(iri) if question.prefixed else match[1]
            found.append(Term(question.text, f"{question.path}?{urlencode({question.parameter: code}, safe=':/')}"))
    return tuple(found)
