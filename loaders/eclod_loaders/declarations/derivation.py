"""What a mapping says when something is computed from all rows of a file together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from eclod_loaders.declarations.toml_files import Column, Declared

#: The columns that specialisation adds to each row; empty where nothing could be computed.
MADE: Final = ("quotient", "share", "stars", "region_total", "sector_total", "reference_total", "sureness")
#: The columns that NACE adds to a code of ISIC: the code above, the code of NACE 2 that means the same, or else those
#: that are parts of it.
OF_ISIC: Final = ("above", "same", "narrower")


class Specialisation(Declared):
    """How the file tells region, sector, period and value, for the method that computes from them.

    `period` is left out when a file is about one; `only` picks rows by what other columns hold.
    """

    made: ClassVar[tuple[str, ...]] = MADE

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


class Isic(Declared):
    """Which column has the code of ISIC Rev. 4."""

    made: ClassVar[tuple[str, ...]] = OF_ISIC

    method: Literal["isic"]
    code: Column

    def used_columns(self) -> Iterator[str]:
        """Return the columns of the file that the method reads."""
        yield self.code


Derivation = Annotated[Specialisation | Isic, Field(discriminator="method")]
