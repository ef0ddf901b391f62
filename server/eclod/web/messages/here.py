"""Where this service is, for what says so: examples to copy, and the description that a client finds it by."""

from __future__ import annotations

import re
from typing import Final

from flask import request

#: A service that is tried out on one's own machine; any other name in a Host header may be anybody's invention.
_OWN_MACHINE: Final = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?", re.IGNORECASE)


def own_machine(host: str) -> str:
    """Return what a Host header says when it is a name of one's own machine, otherwise "".

    Responses that are kept, and their tags, depend on it: nobody is to be sent a page made for another name.
    """
    return host if _OWN_MACHINE.fullmatch(host) else ""


def address(base: str) -> str:
    """Return the address of this service without a slash at its end: the base of its identifiers, or this machine."""
    own = own_machine(request.host)
    return f"{request.scheme}://{own}" if own else base
