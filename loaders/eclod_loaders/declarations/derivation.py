"""What a mapping says when figures are computed from all rows of a file together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from eclod_loaders.declarations.toml_files import Column, Declared

#: The columns that are added to each row; empty where nothing could be computed.
MADE: Final = ("quotient", "share", "stars", "region_total", "sector_total", "reference_total", "sureness")


class Derivation(Declared):
    """How the file tells region, sector, period and value, for the method that computes from them.

    `period` is left out when a file is about one; `only` picks rows by what other columns hold.
    """

    method: Literal["specialisation"]
    region: Column
    sector: Column
    value: Column
    period: Column | None = None
    only: Mapping[Column, str] = {}

    def used_columns(self) -> Iterator[str]:
        """Return the columns of the file that the method reads."""
        yield from (self.region, self.sector, self.value, *self.only)
        if self.period:
            yield self.period
