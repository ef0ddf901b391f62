"""What becomes of identifiers, decision by decision: chains, circles, what stands over what."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclod.core.errors import Damaged
from eclod.store.decisions import OF_STATE, Decision, Lives
from eclod.store.ledger import Ledger

CODES = "abcdef"
decisions = st.lists(
    st.builds(
        lambda event, code, others: Decision(event, "cluster", code, tuple(others[: 1 if event == "merged" else 2])),
        st.sampled_from(OF_STATE),
        st.sampled_from(CODES),
        st.lists(st.sampled_from(CODES), min_size=2, max_size=2, unique=True),
    ),
    max_size=12,
)


def merged(one: str, into: str) -> Decision:
    return Decision("merged", "cluster", one, (into,))


@settings(derandomize=True, max_examples=300)
@given(decisions)
def test_any_history_ends_in_one_state_or_is_refused_as_a_circle(history: list[Decision]) -> None:
    """Contract 26: every chain has one end, which is merged into nothing; a circle is an error and never a loop."""
    lives = Lives(history)
    try:
        lives.check()
    except Damaged as error:
        assert "which is a circle" in error.message
        return
    for code in CODES:
        end = lives.end("cluster", code)
        assert lives.of("cluster", end).state != "merged"
        assert lives.end("cluster", end) == end
        state = lives.of("cluster", code).state
        assert (end == code) == (state != "merged")
        if any(decision.event == "erased" and decision.code == code for decision in history):
            assert state == "erased"
        assert all(lives.of("cluster", each).state != "merged" for each in lives.ends("cluster", code))


@settings(derandomize=True, max_examples=50)
@given(st.permutations(CODES), st.integers(0, len(CODES) - 1))
def test_a_chain_is_followed_to_its_end_and_closing_it_is_a_circle(order: list[str], back: int) -> None:
    steps = [merged(one, into) for one, into in itertools.pairwise(order)]
    lives = Lives(steps)
    assert {lives.end("cluster", code) for code in order} == {order[-1]}
    lives.add(merged(order[-1], order[back]))
    with pytest.raises(Damaged, match="circle"):
        lives.check()


@pytest.mark.parametrize(
    ("events", "state"),
    [
        (["withdrawn"], "withdrawn"),
        (["retired", "restored"], "valid"),
        (["merged", "withdrawn"], "merged"),
        (["withdrawn", "merged"], "merged"),
        (["split", "withdrawn"], "split"),
        (["merged", "restored", "withdrawn"], "withdrawn"),
        (["erased", "restored"], "erased"),
        (["merged", "erased", "merged"], "erased"),
    ],
)
def test_what_stands_over_what(events: list[str], state: str) -> None:
    """Contract 26: a redirect wins over 410, and nothing over an erasure."""
    lives = Lives(Decision(event, "cluster", "a", ("b",) if event in ("merged", "split") else ()) for event in events)
    assert lives.of("cluster", "a").state == state


def test_an_erased_life_tells_nothing() -> None:
    lives = Lives(Decision(event, "cluster", "a", (), "because of Ada", "Ada", "now") for event in OF_STATE[2:])
    (life,) = [life for _, _, life in lives.all()]
    assert (life.state, [(d.reason, d.author, d.at) for d in life.history]) == ("erased", [("", "", "now")])


def test_a_ledger_from_before_there_were_decisions_takes_them(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    code, other = (ledger.code("cluster", "dk", local) for local in ("1", "2"))
    ledger.commit("then")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript("DROP TABLE decision")
    ledger = Ledger(path)
    assert (ledger.code("cluster", "dk", "1"), list(ledger.lives.all())) == (code, [])
    ledger.decide([Decision("merged", "cluster", code, (other,), "Same.", "Ada", "now")])
    ledger.commit("now")
    again = Ledger(path)
    assert again.code("cluster", "dk", "1") == again.code("cluster", "dk", "2") == other
    assert again.lives.of("cluster", code).history[0].reason == "Same."


@pytest.mark.parametrize("statement", ["UPDATE decision SET reason = 'x'", "DELETE FROM decision"])
def test_decisions_are_never_changed(tmp_path: Path, statement: str) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.decide([Decision("withdrawn", "cluster", "a", (), "Why.", "Ada", "now")])
    ledger.commit("now")
    refused = pytest.raises(sqlite3.IntegrityError, match="the ledger only grows")
    with closing(sqlite3.connect(tmp_path / "ledger")) as connection, refused:
        connection.execute(statement)
    assert Ledger(tmp_path / "ledger").lives.of("cluster", "a").state == "withdrawn"
