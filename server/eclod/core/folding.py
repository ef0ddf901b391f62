"""Names made comparable: one alphabet, no case, no accents and, for whole names, no legal form.

Texts come out as words of `a` to `z` and digits with one space between. The transliteration is anyascii's (ISC
licence), but where it writes signs for letters, and after look-alikes have been set right.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from anyascii import anyascii

#: How companies and associations are registered, as written without dots (ISO 20275 has the long list).
_LEGAL_FORMS: Final = frozenset(
    """
    ab ad ae ag aisbl aps as asbl asoc bv cic cv cvba dd doo dooel ead eeig eg ehf eirl eood epe esv et ev fmba gbr
    ges gesmbh ggmbh gie gmbh hf ike inc ivs ivzw kda kft kg kgaa kk ks ky lda limited llc llp lp ltd mb mbh nv nyrt oe
    oeg og ohg oo ood ops ou oy oyj pc plc ps rt sa sabca sagl sapa sapi sarl sas sasu sc sca scarl sce sci scl scop
    scpa scrl sd se sia sicav sl slu smlt snc sp spa spj spk spolka sprl spzoo srl sro srls uab ug ui vof vvi vzw zoo
    zrt zs zu
    """.split()  # noqa: SIM905 - a list of words reads as one
)
#: The same in words, which stand at the end or the beginning.
_PHRASES: Final = re.compile(
    r"\b(?:"
    r"spolecnost s rucenim omezenym|spol s r o|s r o|a s|v v i|z s|z u|o p s|k s|sp z o o|e v|s p a|s r l|"
    r"s a r l|s a s|s a|n v|b v|a e|d o o|d d|a o|gesellschaft mit beschrankter haftung|societe anonyme|"
    r"aktiengesellschaft|v likvidaci|in liquidation|en liquidation|in liquidazione|w likwidacji|"
    r"akciova spolecnost|aktiebolag|aktieselskab|anpartsselskab|osakeyhtio|sociedad limitada|sociedad anonima|"
    r"societa per azioni|gmbh co kg|gmbh und co kg|public limited company|limited liability company|"
    r"eingetragener verein|p s|i s|a m b a"
    r")\b"
)
#: Legal forms of one long word; of several words the first letters are the short form.
_SHORT_FORMS: Final = {
    "aktiengesellschaft": "ag",
    "aktiebolag": "ab",
    "aktieselskab": "as",
    "anpartsselskab": "aps",
    "limited": "ltd",
    "mit": "m",
    "osakeyhtio": "oy",
}
_LONGEST_FORM: Final = 5
_NO_WORD: Final = re.compile(r"[^a-z0-9]+")
#: Words that half of all names have, and that tell nothing.
_LITTLE: Final = frozenset(
    "the of and und et de la le les du des der die das for fur pour y e i a an en van voor og".split()  # noqa: SIM905
)

_CYRILLIC: Final = "АВЕЅІЈКМНОРСТУХаеѕіјорсух"
_GREEK: Final = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοικν"
_LATIN_OF_CYRILLIC: Final = "ABESIJKMHOPCTYXaesijopcyx"
_LATIN_OF_GREEK: Final = "ABEZHIKMNOPTYXoikv"
_TO_CYRILLIC: Final = str.maketrans(_LATIN_OF_CYRILLIC, _CYRILLIC)
_TO_GREEK: Final = str.maketrans(_LATIN_OF_GREEK, _GREEK)
_TO_LATIN: Final = str.maketrans(_CYRILLIC + _GREEK, _LATIN_OF_CYRILLIC + _LATIN_OF_GREEK)
_ALIKE: Final = frozenset(_CYRILLIC + _GREEK + _LATIN_OF_CYRILLIC + _LATIN_OF_GREEK)
_MIXED: Final = re.compile(r"(?=\w*[A-Za-z])(?=\w*[\u0370-\u04ff])\w+")
#: What the transliteration writes as a sign, or as a sound that nobody writes: the Bulgarian hard sign is an a
#: (transliteration law of 2009), the soft sign nothing.
_BEFORE: Final = str.maketrans({"ъ": "a", "Ъ": "A", "ь": "", "Ь": "", "’": "'", "ʼ": "'"})


@lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """Return the words of a text in one spelling: `Cafè «Αθήνα» 2` becomes `cafe athina 2`."""
    if not text.isascii():
        text = anyascii(_MIXED.sub(_of_one_alphabet, text).translate(_BEFORE))
    return _NO_WORD.sub(" ", text.casefold()).strip()


@lru_cache(maxsize=65536)
def key(name: str) -> str:
    """Return a name as others of the same organisation come out too: `Škoda Auto, a.s.` becomes `skoda auto`.

    A name of nothing but a legal form stays, so that no key is empty.
    """
    whole = plain(name)
    bare = _PHRASES.sub(" ", whole)
    words = [word for word in bare.split() if word not in _LEGAL_FORMS and word not in _LITTLE]
    return " ".join(words) or whole


def words(name: str) -> list[str]:
    """Return the different words of a name's key."""
    return list(dict.fromkeys(key(name).split()))


def legal_form(name: str) -> str:
    """Return the legal form that a name has, short and in one word: `as` of `Škoda Auto, akciová společnost`."""
    kept = set(key(name).split())
    words = [word for word in plain(name).split() if word not in kept and (len(word) == 1 or word not in _LITTLE)]
    return "".join(_SHORT_FORMS.get(word) or (word if len(word) <= _LONGEST_FORM else word[0]) for word in words)


def host(address: str) -> str:
    """Return what a homepage is known by: `https://www.x.eu/en/` becomes `x.eu/en`, what is no address nothing."""
    try:
        parts = urlsplit(address.lower())
        name = parts.hostname or ""
    except ValueError:
        return ""
    return (name.removeprefix("www.") + parts.path).rstrip("/")


def _of_one_alphabet(word: re.Match[str]) -> str:
    """Return a word whose letters are of one alphabet: the one that most of those belong to that look like no other."""
    text = word[0]
    own = [letter for letter in text if letter not in _ALIKE]
    cyrillic = sum("\u0400" <= letter <= "\u04ff" for letter in own)
    greek = sum("\u0370" <= letter <= "\u03ff" for letter in own)
    if sum(letter < "\u0370" for letter in own) > max(cyrillic, greek):
        return text.translate(_TO_LATIN)
    return text.translate(_TO_CYRILLIC if cyrillic >= greek else _TO_GREEK)
