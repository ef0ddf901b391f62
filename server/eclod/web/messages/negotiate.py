"""What this request wants: a format by suffix, `?format=` or Accept, and languages."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from flask import g, request

from eclod.core import formats, negotiation
from eclod.core.errors import BadInput, NotAcceptable, NotFound
from eclod.core.formats import GRAPH_FORMATS, HTML, PROBLEM_JSON, RESULT_FORMATS, Format
from eclod.web.messages.views import Alternate

#: The other name of `format` (Content Negotiation by Profile, section 7.2).
_MEDIA_TYPE: Final = "_mediatype"
_PROFILES: Final = ("profile", "_profile")
#: Where the languages of a request are kept with it: they are asked for several times.
_LANGUAGES: Final = "eclod.languages"


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen format; `named` says that the address names it, so that Accept did not matter.

    `profile` is the IRI of what the representation conforms to, "" where there is nothing to choose.
    """

    format: Format
    named: bool
    alternates: tuple[Alternate, ...]
    profile: str = ""

    @property
    def is_html(self) -> bool:
        return self.format is HTML

    @property
    def location(self) -> str | None:
        """Return the address of this very representation."""
        return next((a.href for a in self.alternates if a.format is self.format), None)


def choose(
    offered: Sequence[Format], default: Format, address: Callable[[Format], str], suffix: str | None = None
) -> Choice:
    """Return what this request wants of a resource; `address` gives where each format can be had by name.

    Raises NotFound for an unknown suffix, BadInput for an unknown `format`, NotAcceptable.
    """
    alternates = tuple(Alternate(form, address(form)) for form in offered)
    g.alternates = alternates
    names = ", ".join(form.name for form in offered)
    if suffix is not None:
        form = formats.by_name(suffix, tuple(offered))
        if form is None:
            raise NotFound(f"There is no representation with the ending '.{suffix}'; there are {names}.")
        return Choice(form, True, alternates)
    if (asked := request.args.get("format", request.args.get(_MEDIA_TYPE))) is not None:
        form = named(asked, offered)
        if form is None:
            raise BadInput(f"There is no format '{asked}' here; there are {names}.", parameter="format")
        return Choice(form, True, alternates)
    return Choice(_preferred(request.headers.get("Accept"), tuple(offered), default), False, alternates)


@lru_cache
def _preferred(accept: str | None, offered: tuple[Format, ...], default: Format) -> Format:
    """Return what `negotiation.choose` does; most clients send one of few headers."""
    return negotiation.choose(accept, offered, default)


def named(name: str, offered: Sequence[Format]) -> Format | None:
    """Return the offered format of a name, also of a media type whose `+` was decoded to a space on the way."""
    return formats.by_name(name.strip().replace(" ", "+"), tuple(offered))


def of_profile(choice: Choice, profile: str) -> Choice:
    """Return a choice for a representation that conforms to a profile (its IRI)."""
    return dataclasses.replace(choice, profile=profile)


def profiles() -> list[str]:
    """Return the profiles that this request names, best first: `?profile=` or `?_profile=`, else Accept-Profile."""
    for name in _PROFILES:
        if (asked := request.args.get(name)) is not None:
            return [part.strip() for part in asked.split(",") if part.strip()]
    g.is_of_profile = True
    return negotiation.parse_accept_profile(request.headers.get("Accept-Profile", ""))


def depends_on_profile() -> bool:
    """Return whether Accept-Profile was looked at for this request, so that `Vary` has to name it."""
    return bool(g.get("is_of_profile"))


def prefers_html() -> bool:
    """Return whether whoever asks would rather read a page than a problem document.

    A program that takes a page only as a last resort, after RDF or results, gets the problem document.
    """
    accept = request.headers.get("Accept")
    offered = (PROBLEM_JSON, *RESULT_FORMATS, *GRAPH_FORMATS, HTML)
    try:
        return negotiation.choose(accept, offered, PROBLEM_JSON) is HTML
    except NotAcceptable:
        return False


def languages() -> tuple[str, ...]:
    """Return the preferred languages, best first: `?lang=`, then Accept-Language; `de-AT` is followed by `de`."""
    known: tuple[str, ...] | None = request.environ.get(_LANGUAGES)
    if known is None:
        known = request.environ[_LANGUAGES] = _read_languages()
    return known


def _read_languages() -> tuple[str, ...]:
    asked = request.args.get("lang", "").strip()
    wishes = [asked] if asked else []
    wishes += [tag for tag, q in request.accept_languages if q > 0 and tag != "*"]
    result: list[str] = []
    for wish in wishes[:20]:
        result += [wish, wish.partition("-")[0]] if "-" in wish else [wish]
    return tuple(dict.fromkeys(tag.lower() for tag in result if tag.replace("-", "").isalnum()))
