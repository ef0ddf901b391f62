"""Keys by which spellings of one identifier or one web address meet: compared, never shown."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlsplit

_NOT_KEY: Final = re.compile(r"[\W_]+")


def of_identifier(text: str) -> str:
    """Return an identifier without spaces and signs, in capitals: `IČO 00-00 1490` and `IČO00001490` are one."""
    return _NOT_KEY.sub("", text).upper()


def of_address(text: str) -> str:
    """Return a web address without scheme, `www.`, letter case of the host, and slash at its end; "" when it is none.

    What stands behind `#` counts: some registers put the record there.
    """
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return ""
    host = parts.netloc.rpartition("@")[2].lower().removeprefix("www.")
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return host + unquote(parts.path).rstrip("/") + query + fragment.rstrip("/")
