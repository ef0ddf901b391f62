"""Names as people write them: misspelt, in another order, without the legal form, in another alphabet."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping
from typing import Final

from eclod.core import folding

Noise = Callable[[str, random.Random], str]

_CYRILLIC: Final = str.maketrans(
    dict(zip("abvgdezijklmnoprstufhcy", "абвгдезийклмнопрстуфхцы", strict=True))
    | dict(zip("ABVGDEZIJKLMNOPRSTUFHCY", "АБВГДЕЗИЙКЛМНОПРСТУФХЦЫ", strict=True))
)
_GREEK: Final = str.maketrans(
    dict(zip("abgdeziklmnoprstufhx", "αβγδεζικλμνοπρστυφχξ", strict=True))
    | dict(zip("ABGDEZIKLMNOPRSTUFHX", "ΑΒΓΔΕΖΙΚΛΜΝΟΠΡΣΤΥΦΧΞ", strict=True))
)
_LOOK_ALIKES: Final = str.maketrans("aceopxyABCEHKMOPTX", "асеорхуАВСЕНКМОРТХ")


def misspelt(name: str, chance: random.Random) -> str:
    """Return a name with one letter left out, put in, changed, or swapped with the next."""
    if len(name) < 4:
        return name
    at, letter = chance.randrange(1, len(name) - 2), chance.choice(string.ascii_lowercase)
    kind = chance.randrange(4)
    if kind == 0:
        return name[:at] + name[at + 1 :]
    if kind == 1:
        return name[:at] + letter + name[at:]
    if kind == 2:
        return name[:at] + letter + name[at + 1 :]
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def _twice_misspelt(name: str, chance: random.Random) -> str:
    return misspelt(misspelt(name, chance), chance)


def _swapped(name: str, chance: random.Random) -> str:
    words = name.split()
    if len(words) < 2:
        return name
    at = chance.randrange(len(words) - 1)
    words[at], words[at + 1] = words[at + 1], words[at]
    return " ".join(words)


def _without_legal_form(name: str, _: random.Random) -> str:
    return folding.key(name)


def _plain(name: str, _: random.Random) -> str:
    return folding.plain(name).upper()


def _in(table: dict[int, str]) -> Noise:
    return lambda name, _: folding.plain(name).translate(table)


def _look_alikes(name: str, chance: random.Random) -> str:
    return "".join(c.translate(_LOOK_ALIKES) if chance.random() < 0.5 else c for c in name)


#: How names are written, by what it is called.
NOISES: Final[Mapping[str, Noise]] = {
    "as it is": lambda name, _: name,
    "capitals, no accents": _plain,
    "no legal form": _without_legal_form,
    "two words swapped": _swapped,
    "one typo": misspelt,
    "two typos": _twice_misspelt,
    "in Cyrillic": _in(_CYRILLIC),
    "in Greek": _in(_GREEK),
    "with look-alikes": _look_alikes,
}
