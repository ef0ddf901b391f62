"""Names, texts, numbers and dates as HTML, for templates (as parts of `ui`) and for the facts of a thing.

In Python and not as macros, since a page has hundreds of them. Texts are raw and escaped here; every address is
finished. What is returned is plain text to be put together further; templates get it marked as HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from types import SimpleNamespace
from typing import Final, ParamSpec

from markupsafe import Markup, escape

from eclod.core.formats import HTML
from eclod.core.namespaces import PREFIXES
from eclod.web.messages.views import Alternate
from eclod.web.resources.views import Term

P = ParamSpec("P")

_XSD: Final = PREFIXES["xsd"]
_NUMBERS: Final = frozenset(f"{_XSD}{name}" for name in ("decimal", "integer", "nonNegativeInteger", "double"))
_MONTHS: Final = {
    f"{number:02}": name
    for number, name in enumerate(
        (
            *("January", "February", "March", "April", "May", "June", "July"),
            *("August", "September", "October", "November", "December"),
        ),
        start=1,
    )
}
_LANGUAGE_OF_PAGES: Final = "en"
#: Where a language is at home when its tag does not say so; only languages of which nobody doubts it.
_REGIONS: Final = dict(
    pair.split("-")
    for pair in (
        *("bg-BG", "cs-CZ", "da-DK", "de-DE", "el-GR", "en-GB", "es-ES", "et-EE", "fi-FI", "fr-FR", "ga-IE", "hr-HR"),
        *("hu-HU", "is-IS", "it-IT", "lt-LT", "lv-LV", "mk-MK", "mt-MT", "nb-NO", "nl-NL", "pl-PL", "pt-PT", "ro-RO"),
        *("sk-SK", "sl-SI", "sq-AL", "sr-RS", "sv-SE", "tr-TR", "uk-UA"),
    )
)
_SPECIAL: Final = re.compile("[&<>\"']")
#: Days, labels of properties and the like, which are the same on most pages.
_REMEMBERED: Final = 4096
#: Digits of a number that needs no spaces.
_SHORT: Final = 4
#: Signs of a geometry that a page shows: each point, and the beginning of an outline.
_LONGEST_GEOMETRY: Final = 160


def escaped(text: str) -> str:
    """Return a text as it stands in HTML; nearly none has anything to escape."""
    return text if _SPECIAL.search(text) is None else str(escape(text))


def term(item: Term) -> str:
    """Return a thing or a literal as people read it."""
    text, datatype = escaped(item.text), item.datatype
    if item.href:
        away = ' class="external" rel="external noopener"' if item.external else ""
        return f'<a href="{escaped(item.href)}"{tongue(item.language)}{away}>{text}</a>'
    if datatype in _NUMBERS:
        return f'<data value="{text}">{escaped(decimal(item.text))}</data>'
    if datatype == f"{_XSD}date":
        return day(item.text)
    if datatype == f"{_XSD}dateTime":
        return moment(item.text)
    if datatype == f"{_XSD}boolean":
        return "yes" if item.text in ("true", "1") else "no"
    if datatype.endswith("#wktLiteral"):
        return _geometry(item.text)
    return f"<span{tongue(item.language)}>{text}</span>{tongue_tag(item.language)}"


def _geometry(text: str) -> str:
    """Return well-known text; of an outline of thousands of positions, where it begins."""
    if len(text) <= _LONGEST_GEOMETRY:
        return f"<code>{escaped(text)}</code>"
    rest = f'<span class="soft">({whole(len(text))} characters; all of it is in this page as data)</span>'
    return f"<code>{escaped(text[:_LONGEST_GEOMETRY])}…</code> {rest}"


def iri_of(item: Term) -> str:
    """Return the IRI of a thing, shown when the page's switch is on."""
    if item.href and item.iri and item.iri != item.text:
        return f'<span class="iri shown-iri">{escaped(item.iri)}</span>'
    return ""


def tongue(language: str | None) -> str:
    """Return the attributes `lang` and `dir` of a text that need not be English."""
    return f' lang="{escaped(language)}" dir="auto"' if language and language != _LANGUAGE_OF_PAGES else ""


def tongue_tag(language: str | None) -> str:
    """Return the tag of a language that is not the page's, for people."""
    if not language or language == _LANGUAGE_OF_PAGES:
        return ""
    tag = escaped(language)
    return f'<abbr class="tongue" title="language: {tag}">{tag}</abbr>'


def whole(number: float | str) -> str:
    """Return 41500 as "41 500", with spaces that do not break."""
    return f"{int(number):,}".replace(",", "\u00a0")


def decimal(text: str) -> str:
    """Return a decimal in its own digits, so that nothing is rounded; years and the like stay as they are."""
    unsigned = text.lstrip("+-")
    digits = unsigned.partition(".")[0]
    if len(digits) <= _SHORT or not digits.isdecimal():
        return text
    return ("\u2212" if text.startswith("-") else "") + whole(digits) + unsigned[len(digits) :]


@lru_cache(_REMEMBERED)
def day(iso: str) -> str:
    """Return 2024-04-24T08:15:00+00:00 as "24 April 2024"."""
    parts = iso[:10].split("-")
    if len(parts) != 3 or parts[1] not in _MONTHS or not parts[2].isdecimal():
        return escaped(iso)
    return f'<time datetime="{escaped(iso)}">{int(parts[2])} {_MONTHS[parts[1]]} {escaped(parts[0])}</time>'


def moment(iso: str) -> str:
    """Return 2027-03-01T10:00:00+02:00 as "1 March 2027, 10:00 (UTC+02:00)"."""
    time, zone = iso[11:16], ""
    if not time:
        return day(iso)
    if iso.endswith(("Z", "+00:00")):
        zone = " UTC"
    elif iso[-6:-5] in ("+", "-"):
        zone = f" (UTC{iso[-6:]})"
    return f"{day(iso)}, {escaped(time + zone)}"


def breakable(iri: str) -> str:
    """Return an IRI that may be broken into lines after a slash."""
    scheme, colon, rest = iri.partition("://")
    return f"{escaped(scheme)}{colon}{escaped(rest).replace('/', '/<wbr>')}"


def alternates(others: Sequence[Alternate]) -> str:
    """Return links to other representations of a page, for programs that read its head."""
    return "".join(
        f'\n  <link rel="alternate" type="{form.media_type}" href="{escaped(href)}" title="{form.label}">'
        for form, href in others
        if form is not HTML
    )


def formats(others: Sequence[Alternate]) -> str:
    """Return links to other representations of a page, for people."""
    rows = (
        f'\n    <li><a href="{escaped(href)}" type="{form.media_type}">{form.label}</a></li>'
        for form, href in others
        if form is not HTML
    )
    return f'<ul class="formats">{"".join(rows)}\n  </ul>'


def _marked(make: Callable[P, str]) -> Callable[P, Markup]:
    """Return a function whose result templates take as it is."""

    @wraps(make)
    def made(*args: P.args, **kwargs: P.kwargs) -> Markup:
        return Markup(make(*args, **kwargs))  # escaped part by part

    return made


def locale(language: str) -> str:
    """Return a language tag as Open Graph has it (`de_DE`, https://ogp.me/#optional), "" where no region is certain."""
    first, *others = language.split("-")
    region = next((part for part in others if len(part) == 2), "") or _REGIONS.get(first.lower(), "")
    return f"{first.lower()}_{region.upper()}" if region and len(first) > 1 else ""


_HTML: Final = (term, iri_of, tongue, tongue_tag, day, moment, breakable, alternates, formats)
#: For templates: those that return HTML, and those that return text.
FOR_TEMPLATES: Final = SimpleNamespace(
    whole=whole,
    decimal=decimal,
    locale=locale,
    **{made.__name__: _marked(made) for made in _HTML},
)
