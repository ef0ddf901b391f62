"""What each client may use up in a time."""

from __future__ import annotations

import pytest

from eclod.core.errors import TooManyRequests
from eclod.store.allowance import Allowance


def test_a_client_has_so_much_in_a_time() -> None:
    now = [1000.0]
    allowance = Allowance(100, 3600, clock=lambda: now[0])
    allowance.use("a", 60, "things")
    now[0] += 600
    allowance.use("a", 40, "things")
    with pytest.raises(TooManyRequests, match="of things here in 1 hours") as caught:
        allowance.use("a", 1, "things")
    assert caught.value.details["retry_after"] == 3000
    allowance.use("b", 100, "things")
    now[0] += 2999
    with pytest.raises(TooManyRequests):
        allowance.use("a", 1, "things")
    now[0] += 1
    allowance.use("a", 100, "things")


def test_so_many_clients_are_remembered() -> None:
    allowance = Allowance(100, 3600, clients=3, clock=lambda: 0.0)
    for number in range(10):
        allowance.use(f"c{number}", 100, "things")
    assert len(allowance._accounts) == 3
    with pytest.raises(TooManyRequests):
        allowance.use("c9", 1, "things")
