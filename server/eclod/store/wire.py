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
        self._received = b""
        self._descriptors: list[int] = []

    @property
    def has_received(self) -> bool:
        """Return whether something was received that is not yet read."""
        return bool(self._received)

    def send(self, content: Any, body: bytes = b"", descriptor: int | None = None) -> None:
        """Send a JSON frame, and with it the raw bytes or the open file that the frame announces."""
        encoded = json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")
        head = _LENGTH.pack(len(encoded)) + encoded
        if descriptor is None:
            sent = self.connection.sendmsg([head, body])
        else:
            sent = socket.send_fds(self.connection, [head, body], [descriptor])
        if sent < len(head) + len(body):
            self.connection.sendall((head + body)[sent:])

    def receive(self) -> Any:
        """Return the next JSON frame; raises EOFError when the other side is gone."""
        (length,) = _LENGTH.unpack(self.read(_LENGTH.size))
        return json.loads(self.read(length).decode("utf-8", "surrogatepass"))

    def read(self, length: int) -> bytes:
        """Return exactly so many bytes; raises EOFError when the other side is gone before."""
        while len(self._received) < length:
            # Asking for descriptors every time, since a plain read would drop one that comes along.
            data, descriptors, _, _ = socket.recv_fds(self.connection, _CHUNK, 1)
            self._descriptors += descriptors
            if not data:
                raise EOFError("the other side closed the connection")
            self._received += data
        result, self._received = self._received[:length], self._received[length:]
        return result

    def read_body(self, length: int) -> bytes:
        """Return the bytes that a frame announced, with which no descriptor comes, copied as seldom as can be."""
        missing = length - len(self._received)
        if missing <= 0:
            return self.read(length)
        parts, self._received = [self._received], b""
        while missing:
            parts.append(self.connection.recv(missing, socket.MSG_WAITALL))
            if not parts[-1]:
                raise EOFError("the other side closed the connection")
            missing -= len(parts[-1])
        return b"".join(parts)

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
