"""What registries sent long ago: removed, but for the newest and for what counts."""

from __future__ import annotations

import secrets
import shutil

from eclod.store.intake import Intake


def prune(intake: Intake, registry: str, keep: int) -> list[str]:
    """Remove what a registry sent long ago, and return the ids; for the publisher only.

    Kept are the `keep` newest, those that builds take, and those that something may still happen to: what waits is over
    when something newer is published for the same file.
    """
    known = intake.submissions(registry)
    heads = {each.progress.source: each.id for each in known if each.accepted}
    old = [
        each
        for each in known[: max(len(known) - max(keep, 1), 0)]
        if each.settled
        and heads.get(each.progress.source) != each.id
        and (each.state != "waiting" or each.id < heads.get(each.progress.source, ""))
    ]
    for each in old:
        gone = intake.incoming() / secrets.token_hex(8)
        each.folder.rename(gone)  # at once: nobody sees half of it
        shutil.rmtree(gone, ignore_errors=True)
    return [each.id for each in old]
