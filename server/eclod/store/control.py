"""How a web worker asks the supervisor for a past release: one JSON frame each way over a socket of the run folder."""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from eclod.core.errors import Damaged, EclodError, NotFound, TooBusy
from eclod.store import wire

_NAME: Final = "control.sock"
#: How long a worker waits for a release to be opened, and the supervisor for a worker to say which, in seconds.
_OPENING: Final = 60.0
_SAYING: Final = 2.0
_ERRORS: Final = {error.slug: error for error in (NotFound, Damaged, TooBusy)}


def open_release(run_folder: Path, release: str) -> str:
    """Return the name of the socket where a release is asked, opened if need be.

    Raises NotFound when there is no such release, Damaged, or TooBusy when the supervisor does not answer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_OPENING)
        channel = wire.Channel(connection)
        try:
            connection.connect(str(run_folder / _NAME))
            channel.send({"open": release})
            answer = channel.receive()
        except (OSError, EOFError):
            raise TooBusy("The release cannot be opened now; try again in a moment.", retry_after=2) from None
    if "error" in answer:
        raise _ERRORS[answer["error"]](answer["message"])
    return str(answer["socket"])


class Control:
    """The supervisor's end."""

    def __init__(self, run_folder: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(run_folder / _NAME))
        self._listener.listen()

    def serve(self, open_release: Callable[[str], str], seconds: float) -> None:
        """Wait so many seconds for workers and answer those who come; `open_release` returns the name of a socket."""
        if not select.select([self._listener], [], [], seconds)[0]:
            return
        connection, _ = self._listener.accept()
        with connection, contextlib.suppress(OSError, EOFError, ValueError, KeyError):
            connection.settimeout(_SAYING)
            channel = wire.Channel(connection)
            asked: Any = channel.receive()
            try:
                answer = {"socket": open_release(str(asked["open"]))}
            except EclodError as error:
                known = error.slug if error.slug in _ERRORS else TooBusy.slug
                answer = {"error": known, "message": error.message}
            channel.send(answer)

    def close(self) -> None:
        self._listener.close()
