"""Cells that a spreadsheet shows as they are, and never runs as a formula.

Source: OWASP, CSV Injection.
"""

from __future__ import annotations

import re
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)

#: What tells a spreadsheet that a file is UTF-8.
BYTE_ORDER_MARK: Final = "\ufeff"


def safe(cell: str) -> str:
    """Return a cell with an apostrophe before it where a spreadsheet would take it for a formula; numbers stay."""
    return f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell
