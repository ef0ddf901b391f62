"""How long the body of a request may be, and where it goes: files of registries are long, and only theirs may be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from eclod.web.context import Service
from eclod.web.deliveries import access

#: Any other body; what says that it is longer is not read, and the application refuses it by its length.
LONGEST: Final = 1 << 26

_WRITING: Final = ("POST", "PUT")


class Rooms:
    """Says for each request how many bytes of a body are read, and in which folder, None for the system's own."""

    def __init__(self, found: Service) -> None:
        self._found = found

    def room(self, method: str, path: str, header: Callable[[str], str | None]) -> tuple[int, Path | None]:
        """Return the room for the body of a request.

        A token that does not hold has none, nor has a body of unknown length: the request is answered before anything
        of its body is read.
        """
        authorization = header("authorization")
        if method not in _WRITING or authorization is None or not _is_for_deliveries(path):
            return LONGEST, None
        if header("content-length") is None or access.bearer(self._found, authorization) is None:
            return 0, None
        return self._found.settings.upload_mb << 20, self._found.intake.incoming()


def _is_for_deliveries(path: str) -> bool:
    return path == "/graphs" or (path.startswith("/registries/") and path.endswith("/submissions"))
