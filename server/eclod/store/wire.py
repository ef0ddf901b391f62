"""How a web worker and an executor talk over a Unix socket.

One exchange per connection: the executor greets with its process id, reads a question, and sends a header, then the
body: inline when small, else as the descriptor of an unlinked spool file. Frames are a 4-byte length and JSON.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any, Final

_LENGTH: Final = struct.Struct("!I")
INLINE_LIMIT: Final = 1 << 20


def send_frame(connection: socket.socket, content: Any, body: bytes = b"") -> None:
    """Send a JSON frame, and right behind it the raw bytes of a body that the frame announces."""
    encoded = json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")
    connection.sendall(_LENGTH.pack(len(encoded)) + encoded + body)


def receive_frame(connection: socket.socket) -> Any:
    """Return the next JSON frame; raises EOFError when the other side is gone."""
    (length,) = _LENGTH.unpack(receive_exactly(connection, _LENGTH.size))
    return json.loads(receive_exactly(connection, length).decode("utf-8", "surrogatepass"))


def receive_exactly(connection: socket.socket, length: int) -> bytes:
    """Return exactly so many bytes; raises EOFError when the other side is gone before."""
    chunks = []
    missing = length
    while missing:
        chunk = connection.recv(min(missing, 1 << 18))
        if not chunk:
            raise EOFError("the other side closed the connection")
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)


def send_descriptor(connection: socket.socket, descriptor: int) -> None:
    """Send one open file descriptor (SCM_RIGHTS)."""
    socket.send_fds(connection, [b"f"], [descriptor])


def receive_descriptor(connection: socket.socket) -> int:
    """Return a descriptor sent by `send_descriptor`; raises EOFError when none comes."""
    data, descriptors, _, _ = socket.recv_fds(connection, 1, 1)
    if not data or not descriptors:
        raise EOFError("the other side sent no descriptor")
    return descriptors[0]
