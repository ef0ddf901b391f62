"""Which identifier a person means: any spelling of ours, or the registry and local identifier of a row."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from eclod.core import codes
from eclod.core.errors import BadInput, NotFound
from eclod.core.iris import KINDS, Names, split_path
from eclod.store.ledger import Ledger

#: (kind, canonical code)
Name = tuple[str, str]


def find(text: str, ledger: Ledger, names: Names) -> Name:
    """Return what is meant by an IRI, the address of a document, `kind/code`, or a code alone, in any spelling.

    Raises BadIdentifier for a code whose check character is wrong, NotFound for what was never given, BadInput when a
    code alone stands for things of several kinds.
    """
    spelled = unquote(text.strip())
    # Before `/id/` or `/doc/` stands the base, where a service runs, or nothing; capitals do not matter anywhere.
    path = "/" + (names.path_of(spelled) or urlsplit(spelled).path).lower().lstrip("/")
    path = path[max(path.rfind("/id/"), path.rfind("/doc/"), 0) :]
    parts = split_path(path.partition("#")[0]) or _kind_and_code(path)
    if parts is not None:
        kind, code = parts[0], codes.normalise(parts[1].partition(".")[0])
        if not ledger.given(kind, code):
            raise NotFound(f"There is no {kind} {code} in the ledger; look it up with 'eclod id resolve'.")
        return kind, code
    code = codes.normalise(spelled)
    kinds = [kind for kind in KINDS if ledger.given(kind, code)]
    if len(kinds) != 1:
        among = f"it may be one of {', '.join(f'{kind}/{code}' for kind in kinds)}" if kinds else "it was never given"
        problem = f"The code {code} alone does not say what is meant: {among}."
        raise BadInput(problem) if kinds else NotFound(problem)
    return kinds[0], code


def row(text: str, rows: list[tuple[str, str]]) -> tuple[str, str]:
    """Return the row that `registry:local-id` names among those given; raises NotFound when it is none of them."""
    registry, _, local_id = text.partition(":")
    if (registry, local_id) not in rows:
        known = ", ".join(f"{name}:{local}" for name, local in rows)
        raise NotFound(f"No row '{text}' feeds this thing; there are {known or 'none'}.")
    return registry, local_id


def _kind_and_code(path: str) -> tuple[str, str] | None:
    kind, slash, code = path.strip("/").partition("/")
    return (kind, code) if slash and kind.lower() in KINDS and "/" not in code else None
