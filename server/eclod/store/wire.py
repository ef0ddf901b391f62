"""How a web worker and an executor talk over a Unix socket.

The executor that accepts a connection greets with its process id, so that the worker knows the waiting is over. Then
the worker sends one question after the other, and the executor a header and the body of each answer: inline when small,
else as the descriptor of an unlinked spool file. Frames are a 4-byte length and MessagePack, quicker than JSON.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from array import array
from typing import Any, Final

import msgspec

_LENGTH: Final = struct.Struct("!I")
_CHUNK: Final = 1 << 16
#: Up to so many bytes are sent quicker in one piece than in two.
_SMALL: Final = 1 << 13
#: For one descriptor beside the bytes.
_ANCILLARY: Final = socket.CMSG_SPACE(array("i").itemsize)
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final[msgspec.msgpack.Decoder[Any]] = msgspec.msgpack.Decoder()
INLINE_LIMIT: Final = 1 << 20
#: What is wrong with text that cannot be sent.
NO_TEXT: Final = "half of a surrogate pair is no character"


class Channel:
    """A connection with what was received and not yet read; descriptors are kept in the order they came."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._received = bytearray()
        self._descriptors: list[int] = []

    def send(self, content: Any, body: bytes = b"", descriptor: int | None = None) -> None:
        """Send a frame, and with it the raw bytes or the open file that the frame announces.

        Raises UnicodeEncodeError for text with half of a surrogate pair.
        """
        encoded = _ENCODER.encode(content)
        head = _LENGTH.pack(len(encoded)) + encoded
        if descriptor is None:
            if len(body) <= _SMALL:
                self.connection.sendall(head + body)
                return
            sent = self.connection.sendmsg([head, body])
        else:
            sent = socket.send_fds(self.connection, [head, body], [descriptor])
        if sent < len(head) + len(body):
            self.connection.sendall((head + body)[sent:])

    def receive(self) -> Any:
        """Return the next frame; raises EOFError when the other side is gone."""
        (length,) = _LENGTH.unpack(self.read(_LENGTH.size))
        return _DECODER.decode(self.read(length))

    def read(self, length: int) -> bytes:
        """Return exactly so many bytes; raises EOFError when the other side is gone before."""
        while len(self._received) < length:
            # Asking for descriptors every time, since a plain read would drop one that comes along.
            data, ancillary, _, _ = self.connection.recvmsg(_CHUNK, _ANCILLARY)
            for level, kind, content in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    self._descriptors += array("i", content)
            if not data:
                raise EOFError("the other side closed the connection")
            self._received += data
        result = bytes(self._received[:length])
        del self._received[:length]
        return result

    def read_body(self, length: int) -> bytes:
        """Return the bytes that a frame announced, with which no descriptor comes, copied as seldom as can be."""
        missing = length - len(self._received)
        if missing <= 0:
            return self.read(length)
        parts, self._received = [bytes(self._received)], bytearray()
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
