"""`[publishing]` of `registry.toml`: what of a registry's deliveries is published without anybody looking at it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from eclod_loaders.declarations.toml_files import Declared

_EVERY: Final = re.compile(r"(?:(\d+) )?(minute|hour|day|week)s?")
_SHORTEST: Final = timedelta(minutes=5)


def _interval(value: object) -> object:
    if isinstance(value, timedelta) or value is None:
        return value
    match = _EVERY.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'\'{value}\' is not a time between two looks; write one such as "1 day" or "6 hours"')
    found = int(match[1] or 1) * timedelta(**{f"{match[2]}s": 1})
    if found < _SHORTEST:
        raise ValueError(f"'{value}' is too often; the shortest time between two looks is 5 minutes")
    return found


class Publishing(Declared):
    """What a registry lets happen by itself; what is over one of these waits until somebody promotes it.

    `largest_change` is what a delivery may add, change or retire: up to 1 the part of the registry's things, above that
    their number. `tolerated` is the part of its rows that may be rejected, which are then left out. `every` is how
    often files at an address are looked at, None for never.
    """

    automatic: bool = True
    largest_change: float = Field(default=0.1, ge=0)
    tolerated: float = Field(default=0.0, ge=0, le=1)
    every: Annotated[timedelta | None, BeforeValidator(_interval)] = None
