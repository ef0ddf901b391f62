"""A dry run in a few lines for a terminal; the reports have the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from eclod_loaders.reporting.dry_run import DryRun

_SHOWN: Final = 20


def lines(run: DryRun) -> Iterator[str]:
    """Return what a check found: the rules that are broken with their counts, what would change, what to decide."""
    say, entry, change = run.say, run.delivery.entry, run.difference
    for group in run.groups[:_SHOWN]:
        column = ", " + say("column {column}", column=group.column) if group.column else ""
        first = group.shown[0]
        hint = " " + say("Perhaps {value}?", value=first.suggestion) if first.suggestion else ""
        yield f"{group.count} × {group.title}{column}: {first.rows[0]}: {first.sentence}{hint}"
    if len(run.groups) > _SHOWN:
        yield say("… and {count} more", count=len(run.groups) - _SHOWN)
    counts = ((entry.read, "rows read"), (entry.accepted, "accepted"), (entry.rejected, "rejected"))
    yield ", ".join(f"{number} {say(word)}" for number, word in (*counts, (entry.ignored, "ignored")))
    changes = ((change.added, "added"), (change.changed, "changed"), (change.retired, "retired"))
    yield say("What would change") + ": " + ", ".join(f"{len(found)} {say(word)}" for found, word in changes)
    if run.candidates:
        yield say("Perhaps the same as in another registry") + f": {len(run.candidates)}"
    if run.unlicensed:
        missing = say("The registry states no licence, so nobody knows whether they may use this data.")
        yield f"{missing} {say('Name one in registry.toml (licence) or say there what holds (rights).')}"
    if run.undecided:
        yield say("Columns to decide") + ": " + ", ".join(run.undecided[:_SHOWN])
