"""What each client may still use up in a time: bytes that are kept for ever, for example."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from cachetools import TTLCache

from eclod.core.errors import TooManyRequests


@dataclass(slots=True)
class _Account:
    opened: float
    used: int = 0


class Allowance:
    """So much for each client in so many seconds from its first use on; safe to share among threads.

    It is kept in memory, for the clients that came last: a restart forgets it, and each process has its own.
    """

    def __init__(
        self, size: int, seconds: float, clients: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._size = size
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._accounts: TTLCache[str, _Account] = TTLCache(clients, seconds, timer=clock)

    def use(self, client: str, amount: int, what: str) -> None:
        """Take an amount off what a client may use; raises TooManyRequests, naming `what` it is, when there is less."""
        with self._lock:
            now = self._clock()
            account = self._accounts.get(client)
            if account is None:
                account = self._accounts[client] = _Account(now)
            if account.used + amount > self._size:
                seconds = max(1, math.ceil(account.opened + self._seconds - now))
                raise TooManyRequests(
                    f"This client has used up what one may have of {what} here in {self._seconds / 3600:g} hours; "
                    "ask for more after that, or ask the operator.",
                    retry_after=seconds,
                )
            account.used += amount
