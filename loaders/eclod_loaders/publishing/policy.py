"""What happens to a delivery that was checked: published, kept waiting or refused, and why, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass

from eclod.store.submission import Counts, State
from eclod_loaders.declarations.publishing import Publishing


@dataclass(frozen=True, slots=True)
class Decision:
    """The state that follows being checked ("checked" itself: on to be published) and the reason for people."""

    state: State
    message: str


def decide(publishing: Publishing, counts: Counts, unchanged: int, approved: bool = False) -> Decision:
    """Return what a registry's policy makes of a delivery; `unchanged` are its things that stay as they were.

    What somebody approved is published whatever the policy says, unless nothing of it can be.
    """
    read, rejected = counts.read or 0, counts.rejected or 0
    if rejected and not counts.accepted:
        return Decision("refused", f"None of its {read:,} rows can be published; the report says why. Correct it.")
    if approved:
        return Decision("checked", "It was promoted and is being published.")
    if not publishing.automatic:
        return Decision("waiting", "The registry publishes nothing by itself: promote this delivery when it is right.")
    if rejected > publishing.tolerated * read:
        return Decision(
            "waiting",
            f"{rejected:,} of {read:,} rows are rejected, more than the {publishing.tolerated:.0%} that may be; "
            "correct them and send the file again, or promote this delivery without them.",
        )
    touched = (counts.added or 0) + (counts.changed or 0) + (counts.retired or 0)
    largest, things = publishing.largest_change, touched + unchanged
    if touched > (largest * things if largest <= 1 else largest):
        allowed = f"{largest:.0%}" if largest <= 1 else f"{largest:,.0f}"
        return Decision(
            "waiting",
            f"It changes {touched:,} of {things:,} things, more than the {allowed} that may change at once; look at "
            "the report, and promote it when it is right.",
        )
    return Decision("checked", "It is being published.")
