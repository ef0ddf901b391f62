"""Where this service is, for what says so: examples to copy, and the description that a client finds it by."""

from __future__ import annotations

import re
from typing import Final

from flask import request

#: A service that is tried out on one's own machine; any other name in a Host header may be anybody's invention.
_OWN_MACHINE: Final = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?", re.IGNORECASE)


def address(base: str) -> str:
    """Return the address of this service without a slash at its end: the base of its identifiers, or this machine."""
    return f"{request.scheme}://{request.host}" if _OWN_MACHINE.fullmatch(request.host) else base
