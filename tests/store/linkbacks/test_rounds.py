"""Rounds over what was received: looked at, published, tried again, refused, bounded."""

from __future__ import annotations

import sqlite3
import time
from datetime import timedelta
from pathlib import Path

import pytest

from eclod.core.errors import NotAllowed, NotFound, TooBusy
from eclod.store.linkbacks import box as box_module
from eclod.store.linkbacks.box import FILE, PUBLISHED, RECEIVED, REFUSED, WAITING, Versions

from .conftest import MERGED, NOW, SUCCESSOR, THING, Installation, Portal


def test_a_page_that_links_is_published_with_its_title(installation: Installation, portal: Portal) -> None:
    found = installation.published(portal)
    assert (found.state, found.title, found.checked) == (PUBLISHED, "Ours", "2026-03-01T12:00:00+00:00")
    assert not installation.rounds.has_work()


@pytest.mark.parametrize(
    ("answer", "state", "says"),
    [
        ((200, {}, b"<a href='https://w3id.org/eclod/'>home</a>"), REFUSED, "no link"),
        ((404, {}, b""), REFUSED, "no page"),
        ((200, {"Content-Type": "application/pdf"}, b"x"), REFUSED, "only HTML or RDF"),
        ((302, {"Location": "http://127.0.0.1:1/"}, b""), REFUSED, "not on the list"),
        ((500, {}, b""), RECEIVED, "answered 500"),
    ],
)
def test_a_page_that_does_not_link_is_not_published(
    installation: Installation, portal: Portal, answer: tuple[int, dict[str, str], bytes], state: str, says: str
) -> None:
    portal.answers["/page"] = answer
    name = installation.receive(f"{portal.url}/page").id
    installation.rounds.step()
    found = installation.box.get(name)
    assert found.state == state
    assert says in found.reason
    assert installation.box.published() == []


def test_a_page_that_fails_is_tried_four_times_and_then_waits(installation: Installation, portal: Portal) -> None:
    portal.answers["/page"] = (503, {}, b"")
    name = installation.receive(f"{portal.url}/page").id
    for _ in range(20):
        installation.rounds.step()
        installation.now += timedelta(minutes=30)
    assert installation.box.get(name).state == WAITING
    assert len(portal.asked) == 4


def test_nothing_is_fetched_without_a_list(tmp_path: Path, portal: Portal) -> None:
    installation = Installation(tmp_path, portal, listed="")
    name = installation.receive(f"{portal.url}/page").id  # as if it had been on the list when it came
    installation.rounds.step()
    assert portal.asked == []
    assert installation.box.get(name).state == REFUSED


def test_duplicates_are_one_and_a_refused_page_is_looked_at_again(installation: Installation, portal: Portal) -> None:
    first, again = (installation.receive(f"{portal.url}/page") for _ in range(2))
    assert first.id == again.id
    installation.rounds.step()
    assert installation.receive(f"{portal.url}/page").state == REFUSED  # too soon
    installation.now += timedelta(minutes=2)
    assert installation.published(portal).state == PUBLISHED


def test_a_host_that_is_blocked_is_refused(installation: Installation, portal: Portal) -> None:
    found = installation.published(portal)
    assert installation.box.block("127.0.0.1", NOW) == 1
    assert installation.box.get(found.id).state == REFUSED
    with pytest.raises(NotAllowed, match="are not taken here"):
        installation.receive(f"{portal.url}/other")


def test_the_inbox_is_bounded(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box_module, "_MOST_OPEN", 3)
    for number in range(3):
        installation.receive(f"https://spam.example/{number}", check=False)
    with pytest.raises(TooBusy, match="full"):
        installation.receive("https://spam.example/4", check=False)
    assert installation.receive("https://listed.example/", check=True).state == RECEIVED


def test_what_was_refused_is_deleted_after_a_month(installation: Installation, portal: Portal) -> None:
    name = installation.receive(f"{portal.url}/nothing").id
    installation.rounds.step()
    installation.box.sweep(NOW + timedelta(days=29))
    assert installation.box.get(name).state == REFUSED
    installation.box.sweep(NOW + timedelta(days=31))
    with pytest.raises(NotFound):
        installation.box.get(name)


def test_a_version_changes_with_what_is_published_and_with_nothing_else(
    installation: Installation, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Versions, "_EVERY", -1.0)
    versions = Versions(installation.box)
    assert versions.of(THING) == ""
    installation.receive("https://other.example/", check=False)
    assert versions.of(THING) == ""
    found = installation.published(portal)
    first = versions.of(THING)
    assert first
    assert versions.of(SUCCESSOR) == ""
    installation.box.update(found.id, due="")
    assert versions.of(THING) == first
    installation.release(MERGED)
    installation.rounds.step()
    assert versions.of(THING) != first
    assert versions.of(SUCCESSOR)


def test_the_versions_of_a_locked_file_are_the_last_ones(installation: Installation, portal: Portal) -> None:
    installation.published(portal)
    database = sqlite3.connect(installation.settings.data / FILE, isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    started = time.monotonic()
    assert Versions(installation.box).of(THING) == ""
    assert time.monotonic() - started < 1
    database.close()
