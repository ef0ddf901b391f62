"""Where codes of ISIC Rev. 4 stand, and what they are in NACE Rev. 2.

NACE Rev. 2 is ISIC Rev. 4 in more detail: each of its codes is one code of ISIC or a part of one (United Nations
Statistics Division, correspondence between NACE Rev. 2 and ISIC Rev. 4), so that the code above is that of NACE, too.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator

from eclod_loaders.codes import nace
from eclod_loaders.declarations.derivation import OF_ISIC, Isic
from eclod_loaders.rows import Row


def derive(rows: Iterable[Row], derivation: Isic) -> Iterator[Row]:
    """Return the rows with what NACE says about their code in further columns (`derivation.OF_ISIC`).

    All are empty for what is no code of ISIC. Raises Damaged when the package with the correspondence is not as known.
    """
    isic_of = dict(nace.concordance_with_isic())
    parts: dict[str, list[str]] = defaultdict(list)
    for code, of in isic_of.items():
        parts[of].append(code)
    above = {
        isic_of[one.code]: isic_of[one.parent]
        for one in nace.activities(nace.NACE_2)
        if one.parent and one.code in isic_of and one.parent in isic_of
    }
    for row in rows:
        code = next(iter(row.cells.get(derivation.code, ())), "").strip()
        codes = tuple(parts.get(code, ()))
        same, narrower = (codes, ()) if len(codes) == 1 else ((), codes)
        found = ((above[code],) if code in above else (), same, narrower)
        yield dataclasses.replace(row, cells={**row.cells, **dict(zip(OF_ISIC, found, strict=True))})
