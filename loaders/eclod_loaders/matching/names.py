"""Names of organisations made comparable: one alphabet, no case, no accents, no legal form."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
    r"eingetragener verein"
    r")\b"
)
_NO_WORD: Final = re.compile(r"[^a-z0-9]+")
#: Words that half of all names have, and that tell nothing.
_LITTLE: Final = frozenset(
    "the of and und et de la le les du des der die das for fur pour y e i a an en van voor og".split()  # noqa: SIM905
)


@lru_cache(maxsize=65536)
def key(name: str) -> str:
    """Return a name as others of the same organisation come out too: `Škoda Auto, a.s.` becomes `skoda auto`.

    A name of nothing but a legal form stays, so that no key is empty.
    """
    plain = _NO_WORD.sub(" ", anyascii(name).casefold()).strip()
    bare = _PHRASES.sub(" ", plain)
    words = [word for word in bare.split() if word not in _LEGAL_FORMS and word not in _LITTLE]
    return " ".join(words) or plain


def words(name: str) -> Sequence[str]:
    """Return the different words of a name's key."""
    return list(dict.fromkeys(key(name).split()))


def host(address: str) -> str:
    """Return what a homepage is known by: `https://www.x.eu/en/` becomes `x.eu/en`."""
    parts = urlsplit(address.lower())
    return ((parts.hostname or "").removeprefix("www.") + parts.path).rstrip("/")
