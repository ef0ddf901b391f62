"""Taking the network away from a process, for good and without privileges.

Two lines, either of which is enough: a network namespace with nothing in it, where the system lets an ordinary user
have one, and a filter of system calls (seccomp), which every Linux of the last ten years lets a process put on itself.
The engine in an executor can send SERVICE requests; whatever its parser may find in a query, here it reaches nobody.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from typing import Final, NamedTuple

_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_PR_SET_NO_NEW_PRIVS: Final = 38

# linux/seccomp.h and linux/bpf_common.h; an instruction is (operation, jump if true, jump if false, operand).
_SET_MODE_FILTER: Final = 1
#: The filter is no sandbox for foreign machine code, so it need not slow this process down against Spectre.
_SPECULATION_ALLOWED: Final = 4
_LOAD: Final = 0x20
_IF_EQUAL: Final = 0x15
_IF_AT_LEAST: Final = 0x35
_RETURN: Final = 0x06
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EACCES
_KILL: Final = 0x80000000
_OFFSET_OF_CALL: Final = 0
_OFFSET_OF_ARCHITECTURE: Final = 4
#: On x86-64, calls above this number are the same calls under another name (the x32 interface).
_X32: Final = 0x40000000


class _Architecture(NamedTuple):
    audit: int
    seccomp: int
    refused: tuple[int, ...]


#: Refused: socket, connect, and io_uring_setup, since a ring can do both. Accepting on an open socket stays possible.
_ARCHITECTURES: Final = {
    "x86_64": _Architecture(0xC000003E, 317, (41, 42, 425)),
    "aarch64": _Architecture(0xC00000B7, 277, (198, 203, 425)),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def leave_the_network() -> frozenset[str]:
    """Deny this process and all it will fork every new connection; return the lines that hold.

    "namespace" and "filter"; a system that has neither (not Linux, an old kernel, another processor) gives none, and
    the guard alone holds. To be called before the process has threads: a filter is on the calling thread and its heirs.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    held = set()
    if hasattr(libc, "unshare") and _leave_namespace(libc):
        held.add("namespace")
    if hasattr(libc, "prctl") and _put_on_filter(libc):
        held.add("filter")
    return frozenset(held)


def _leave_namespace(libc: ctypes.CDLL) -> bool:
    return bool(libc.unshare(_CLONE_NEWNET) == 0 or libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def _put_on_filter(libc: ctypes.CDLL) -> bool:
    architecture = _ARCHITECTURES.get(platform.machine())
    if architecture is None or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    # Without this promise only a privileged process may have a filter (prctl(2), seccomp(2)).
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    code = _instructions(architecture)
    program = _Program(len(code) // 8, code)
    return bool(
        libc.syscall(
            ctypes.c_long(architecture.seccomp),
            ctypes.c_uint(_SET_MODE_FILTER),
            ctypes.c_uint(_SPECULATION_ALLOWED),
            ctypes.byref(program),
        )
        == 0
    )


def _instructions(architecture: _Architecture) -> bytes:
    """Return the filter: another architecture's calls end the process, the refused calls fail, all others pass."""
    refused = architecture.refused
    program = [
        (_LOAD, 0, 0, _OFFSET_OF_ARCHITECTURE),
        (_IF_EQUAL, 1, 0, architecture.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _OFFSET_OF_CALL),
        (_IF_AT_LEAST, len(refused) + 1, 0, _X32),
        *((_IF_EQUAL, len(refused) - place, 0, call) for place, call in enumerate(refused)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
