"""What a registry's policy makes of a delivery."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from eclod.store.submission import Counts
from eclod_loaders.declarations.publishing import Publishing
from eclod_loaders.publishing.policy import decide
from eclod_loaders.reporting.language import speech


def counts(read: int = 100, rejected: int = 0, added: int = 0, changed: int = 0, retired: int = 0) -> Counts:
    return Counts(
        read=read, accepted=read - rejected, rejected=rejected, ignored=0, added=added, changed=changed, retired=retired
    )


@pytest.mark.parametrize(
    ("policy", "found", "unchanged", "state"),
    [
        ({}, counts(changed=10), 90, "checked"),
        ({}, counts(changed=11), 89, "waiting"),
        ({}, counts(added=100), 0, "waiting"),  # the first delivery is looked at
        ({}, counts(retired=100), 0, "waiting"),
        ({"largest_change": 1}, counts(added=100), 0, "checked"),
        ({"largest_change": 0}, counts(), 100, "checked"),
        ({"largest_change": 0}, counts(changed=1), 99, "waiting"),
        ({"largest_change": 50}, counts(added=50), 0, "checked"),
        ({"largest_change": 50}, counts(added=51), 9000, "waiting"),
        ({}, counts(rejected=1), 99, "waiting"),
        ({"tolerated": 0.05}, counts(rejected=5), 95, "checked"),
        ({"tolerated": 0.05}, counts(rejected=6), 94, "waiting"),
        ({"tolerated": 1}, counts(rejected=100), 0, "refused"),
        ({"automatic": False}, counts(), 100, "waiting"),
        ({}, counts(read=0), 0, "checked"),
    ],
)
def test_the_policy_decides(policy: dict[str, Any], found: Counts, unchanged: int, state: str) -> None:
    decided = decide(Publishing(**policy), found, unchanged)
    assert decided.state == state
    assert decided.message.endswith(".")


def test_what_somebody_approved_is_published_unless_nothing_can_be() -> None:
    assert decide(Publishing(automatic=False), counts(rejected=99, added=100), 0, approved=True).state == "checked"
    assert decide(Publishing(), counts(rejected=100), 0, approved=True).state == "refused"


def test_how_often_is_said_in_words() -> None:
    assert Publishing(every="1 day").every == timedelta(days=1)  # type: ignore[arg-type]
    assert Publishing(every="90 minutes").every == timedelta(minutes=90)  # type: ignore[arg-type]
    assert Publishing(every="week").every == timedelta(weeks=1)  # type: ignore[arg-type]
    for wrong in ("often", "1 minute", "0 days", "-1 day"):
        with pytest.raises(ValidationError):
            Publishing(every=wrong)  # type: ignore[arg-type]


def test_every_reason_is_said_in_the_languages_of_the_reports() -> None:
    """The catalogues know each sentence of the policy, with its numbers."""
    told = {
        decide(Publishing(**policy), found, unchanged, approved).message
        for policy, found, unchanged, approved in (
            ({}, counts(changed=10), 90, False),
            ({}, counts(changed=10), 90, True),
            ({}, counts(read=1000, changed=1100), 890, False),
            ({}, counts(rejected=1), 99, False),
            ({}, counts(rejected=100), 0, False),
            ({"automatic": False}, counts(), 100, False),
        )
    }
    assert len(told) == 6
    for language in ("fr", "de"):
        said = {speech(language).sentence(message) for message in told}
        assert len(said) == 6
        assert said.isdisjoint(told)
    assert any("1.100 von 1.990" in each or "1,100 von 1,990" in each for each in map(speech("de").sentence, told))
