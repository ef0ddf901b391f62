"""How a web worker and an executor talk over a Unix socket.

One exchange per connection: the worker sends a question; the executor that accepts greets with its process id, so that
the worker knows the waiting is over, and then sends a header and the body: inline when small, else as the descriptor of
an unlinked spool file. Frames are a 4-byte length and JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
from typing import Any, Final

_LENGTH: Final = struct.Struct("!I")
_CHUNK: Final = 1 << 16
INLINE_LIMIT: Final = 1 << 20


class Channel:
    """A connection with what was received and not yet read; descriptors are kept in the order they came."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._received = bytearray()
        self._descriptors: list[int] = []

    @property
    def has_received(self) -> bool:
        """Return whether something was received that is not yet read."""
        return bool(self._received)

    def send(self, content: Any, body: bytes = b"", descriptor: int | None = None) -> None:
        """Send a JSON frame, and with it the raw bytes or the open file that the frame announces."""
        encoded = json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")
        frame = _LENGTH.pack(len(encoded)) + encoded + body
        if descriptor is None:
            self.connection.sendall(frame)
        else:
            sent = socket.send_fds(self.connection, [frame], [descriptor])
            self.connection.sendall(frame[sent:])

    def receive(self) -> Any:
        """Return the next JSON frame; raises EOFError when the other side is gone."""
        (length,) = _LENGTH.unpack(self.read(_LENGTH.size))
        return json.loads(self.read(length).decode("utf-8", "surrogatepass"))

    def read(self, length: int) -> bytes:
        """Return exactly so many bytes; raises EOFError when the other side is gone before."""
        while len(self._received) < length:
            # Asking for descriptors every time, since a plain read would drop one that comes along.
            data, descriptors, _, _ = socket.recv_fds(self.connection, max(_CHUNK, length - len(self._received)), 1)
            self._descriptors += descriptors
            if not data:
                raise EOFError("the other side closed the connection")
            self._received += data
        result = bytes(self._received[:length])
        del self._received[:length]
        return result

    def take_descriptor(self) -> int:
        """Return a descriptor that came with a frame read before; raises EOFError when none did."""
        if not self._descriptors:
            raise EOFError("the other side sent no descriptor")
        return self._descriptors.pop(0)

    def close(self) -> None:
        """Close the connection and every descriptor nobody took."""
        self.connection.close()
        for descriptor in self._descriptors:
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self._descriptors.clear()
