"""Opaque codes of things: short, sayable, with a check character.

Ten characters of Crockford's base 32 carry the first 50 bits of SHA-256 over (kind, registry, local id); an eleventh is
the check character of ISO 7064's hybrid system MOD n+1,n over the same alphabet. Lower case is canonical; upper case,
dashes, spaces and Crockford's look-alikes (o for 0, i and l for 1) are understood.
"""

from __future__ import annotations

import hashlib
from typing import Final

from stdnum.iso7064 import mod_37_36

from eclod.core.errors import BadIdentifier

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 11
_LOOK_ALIKES: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "_": None})


def derive(kind: str, registry: str, local_id: str, attempt: int = 0) -> str:
    """Return the code that (kind, registry, local id) gets the first time it is seen.

    `attempt` is above 0 only when the code before it already belongs to something else.
    """
    key = "\x1f".join((kind, registry, local_id, str(attempt)))
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") >> 14
    body = "".join(ALPHABET[(number >> shift) & 31] for shift in range(45, -1, -5))
    return (body + _check_character(body)).lower()


def normalise(spelling: str) -> str:
    """Return the canonical spelling of a code.

    Raises BadIdentifier when it is not a code or its check character is wrong.
    """
    code = spelling.strip().upper().translate(_LOOK_ALIKES)
    if len(code) != LENGTH or any(c not in ALPHABET for c in code):
        raise BadIdentifier(
            f"'{spelling}' is not an identifier of this service: a code has {LENGTH} characters, "
            "digits and letters without U."
        )
    if _check_character(code[:-1]) != code[-1]:
        raise BadIdentifier(
            f"'{spelling}' is misspelt: its last character does not match the ones before it. "
            "Check it against where you read it."
        )
    return code.lower()


def _check_character(body: str) -> str:
    return str(mod_37_36.calc_check_digit(body, ALPHABET))
