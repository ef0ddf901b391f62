"""Parts of TOML as text: strings, keys, inline tables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def text(value: str) -> str:
    """Return a text as a basic string of TOML."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def name(value: str) -> str:
    """Return a key of TOML."""
    return value if _BARE.fullmatch(value) else text(value)


def inline(options: Mapping[str, Any]) -> str:
    """Return an inline table of TOML, or the text itself when there is nothing but a column."""
    if list(options) == ["column"]:
        return text(options["column"])
    return "{ " + ", ".join(f"{name(key)} = {written(each)}" for key, each in options.items()) + " }"


def written(value: Any) -> str:
    """Return a value as it stands after an equals sign; a pattern as a literal string."""
    if isinstance(value, Mapping):
        return inline(value) if value else "{}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(written(each) for each in value) + "]"
    return f"'{value}'" if "\\" in value and "'" not in value and "\n" not in value else text(value)


def one_or_more(sources: Sequence[Mapping[str, Any]]) -> str:
    """Return one field source as it is, several as an array."""
    return inline(sources[0]) if len(sources) == 1 else f"[{', '.join(map(_table, sources))}]"


def _table(options: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f"{key} = {written(each)}" for key, each in options.items()) + " }"
