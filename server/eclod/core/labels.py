"""Which literal names a thing: one order of label properties, one way to choose among languages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from eclod.core.namespaces import expand

#: In order of preference; every thing of ours has the first or the second.
LABEL_PROPERTIES: Final[tuple[str, ...]] = tuple(
    expand(name)
    for name in (
        "skos:prefLabel",
        "dct:title",
        "rdfs:label",
        "foaf:name",
        "schema:name",
        "sioc:name",
        "skos:altLabel",
        "skos:notation",
    )
)

#: The tag of a text whose language nobody stated (ISO 639-2); it counts as none.
_UNDETERMINED: Final = "und"

FALLBACK_LANGUAGES: Final[tuple[str, ...]] = ("en", "")
#: Languages of texts, times wishes of visitors.
_REMEMBERED: Final = 10_000


def language(tag: str | None) -> str:
    """Return the language that a tag stands for; `und` (undetermined, BCP 47) is none."""
    return "" if tag is None or tag.lower() == _UNDETERMINED else tag


def choose(candidates: Iterable[tuple[str, str]], languages: Sequence[str] = ()) -> tuple[str, str] | None:
    """Return (text, language) of the best of (text, language) pairs: the asked languages, English, no language, any.

    `en-GB` answers a wish for `en` when nothing in `en` does. Ties are broken by text, so that the choice does not
    depend on the order.
    """
    found = candidates if isinstance(candidates, list | tuple) else list(candidates)
    if len(found) < 2:
        return found[0] if found else None
    wishes = tuple(languages)
    best = min((_rank(language, wishes), text, language) for text, language in found)
    return best[1], best[2]


@lru_cache(_REMEMBERED)
def _rank(language: str, languages: tuple[str, ...]) -> tuple[int, bool]:
    wishes = [*languages, *FALLBACK_LANGUAGES]
    if language.lower() == _UNDETERMINED:
        language = ""
    for position, wish in enumerate(wishes):
        exact = language.lower() == wish.lower()
        if exact or (wish and language.lower().startswith(wish.lower() + "-")):
            return position, not exact
    return len(wishes), False
