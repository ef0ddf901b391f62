"""Languages: their IRIs in the EU authority table, and the official languages of the Union."""

from __future__ import annotations

from typing import Final

import pycountry

from eclod.core.errors import BadInput

_AUTHORITY: Final = "http://publications.europa.eu/resource/authority/language/"

#: ISO 639-1, as the languages of labels are written; English first because it is the language of the sources.
OFFICIAL: Final[tuple[str, ...]] = (
    *("en", "bg", "cs", "da", "de", "el", "es", "et", "fi", "fr", "ga", "hr"),
    *("hu", "it", "lt", "lv", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv"),
)


def language_iri(iso639_1: str) -> str:
    """Return the IRI of a language in the EU authority table, e.g. `…/language/DEU` for `de`.

    The table uses the terminological codes of ISO 639-3 (DEU, FRA, CES, NLD), not the bibliographic ones.
    Raises BadInput when it is not a two-letter code of ISO 639-1.
    """
    code = iso639_1.strip().lower()
    language = pycountry.languages.get(alpha_2=code) if len(code) == 2 else None
    if language is None:
        raise BadInput(f"'{iso639_1}' is no language: write a code of ISO 639-1 with two letters, such as 'da'.")
    return _AUTHORITY + str(language.alpha_3).upper()
