"""What portals hear of the things they link to, and what is left of erased ones."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from eclod.core.errors import NotFound
from eclod.store.identities import Identity
from eclod.store.linkbacks import notifications
from eclod.store.linkbacks.box import FILE

from .conftest import BASE, CODE, LAST, MERGED, NOW, OTHER, SUCCESSOR, THING, Installation, Portal

SPLIT = Identity(THING, "cluster", CODE, "split", (SUCCESSOR, LAST))
WITHDRAWN = Identity(THING, "cluster", CODE, "withdrawn", reason="It closed.")
ERASED = Identity(THING, "cluster", CODE, "erased")


@pytest.mark.parametrize(
    ("identity", "type_", "result"),
    [
        (MERGED, "Update", [SUCCESSOR]),
        (SPLIT, "Update", [SUCCESSOR, LAST]),
        (WITHDRAWN, "Delete", None),
        (ERASED, "Delete", None),
    ],
)
def test_a_portal_hears_what_became_of_a_thing(
    installation: Installation, portal: Portal, identity: Identity, type_: str, result: list[str] | None
) -> None:
    found = installation.published(portal)
    installation.release(identity)
    assert installation.rounds.has_work()
    assert installation.rounds.step().sent == 1
    assert not installation.rounds.has_work()
    media_type, body = portal.received[0]
    assert media_type.startswith("application/ld+json")
    said = json.loads(body)
    assert (said["type"], said["object"]["id"], said.get("result")) == (type_, THING, result)
    quads = notifications.parse_json(body, BASE)  # it is JSON-LD that a receiver such as ours can read
    assert any(quad.predicate.value == notifications.AS + "object" for quad in quads)
    assert installation.rounds.step().sent == 0
    if identity is ERASED:
        assert "context" not in said
        with pytest.raises(NotFound):
            installation.box.get(found.id)
    else:
        assert said["context"] == [found.page]


def test_linkbacks_follow_a_merger_and_its_undoing(installation: Installation, portal: Portal) -> None:
    found = installation.published(portal)
    installation.release(MERGED)
    installation.rounds.step()
    assert [each.id for each in installation.box.published(SUCCESSOR)] == [found.id]
    assert installation.box.published(THING) == []
    installation.release()
    installation.rounds.step()
    assert [each.id for each in installation.box.published(THING)] == [found.id]
    assert json.loads(portal.received[-1][1])["summary"] == "It is valid again."


@pytest.mark.parametrize(("state", "type_"), [("withdrawn", "Delete"), ("split", "Update")])
@pytest.mark.parametrize("at_once", [False, True])
def test_a_portal_hears_that_what_a_merger_led_to_has_ended(
    installation: Installation, portal: Portal, state: str, type_: str, at_once: bool
) -> None:
    """What it was told to link to from then on is withdrawn or split: it is told, and once."""
    found = installation.published(portal)
    if not at_once:
        installation.release(MERGED)
        assert installation.rounds.step().sent == 1
    end = Identity(SUCCESSOR, "cluster", OTHER, state, (LAST, THING) if state == "split" else (), reason="It closed.")
    installation.release(MERGED, end)
    assert installation.rounds.step().sent == 1
    said = json.loads(portal.received[-1][1])
    assert (said["type"], said["object"]["id"], said["context"]) == (type_, SUCCESSOR, [found.page])
    assert said["object"]["http://purl.org/dc/terms/replaces"] == [{"id": THING}]
    assert said.get("result") == ([LAST, THING] if state == "split" else None)
    assert said["summary"].startswith(f"{THING} was merged into it. It was {state}")
    installation.release(MERGED, end)
    assert installation.rounds.step().sent == 0


def test_of_an_erased_thing_nothing_is_left_in_the_file(installation: Installation, portal: Portal) -> None:
    """Contract 28."""
    portal.answers["/inbox"] = (503, {}, b"")
    found = installation.published(portal)
    installation.release(WITHDRAWN)
    installation.rounds.step()
    installation.release(ERASED)
    installation.rounds.step()
    content = (installation.settings.data / FILE).read_bytes()
    assert found.page.encode() not in content
    assert b"It closed." not in content
    assert len(installation.box.notices()) == 1


def test_of_what_a_merger_led_to_and_was_erased_nothing_is_left(installation: Installation, portal: Portal) -> None:
    """Contract 28."""
    installation.published(portal)
    installation.release(MERGED, Identity(SUCCESSOR, "cluster", OTHER, "erased"))
    installation.rounds.step()
    assert installation.box.select() == []
    assert b"They joined" not in portal.received[0][1]


def test_an_inbox_that_fails_is_tried_again_later_each_time(installation: Installation, portal: Portal) -> None:
    installation.published(portal)
    portal.answers["/inbox"] = (503, {}, b"")
    installation.release(WITHDRAWN)
    tried = []
    for minute in range(3000):
        before = len(portal.received)
        installation.now = NOW + timedelta(minutes=minute)
        if installation.rounds.has_work():
            installation.rounds.step()
        if len(portal.received) > before:
            tried.append(minute)
    assert tried == [0, 1, 11, 71, 431, 1871]
    assert installation.box.notices()[0].state == "failed"


def test_an_inbox_that_is_gone_is_not_tried_again(installation: Installation, portal: Portal) -> None:
    installation.published(portal)
    portal.answers["/inbox"] = (410, {}, b"")
    installation.release(WITHDRAWN)
    assert installation.rounds.step().failed == 1
    assert installation.box.notices()[0].state == "failed"


def test_an_inbox_that_is_not_on_the_list_hears_nothing(installation: Installation, portal: Portal) -> None:
    portal.answers["/page"] = (200, {}, f"<a href='{THING}'>x</a>".encode())
    installation.receive(f"{portal.url}/page", inbox="http://127.0.0.1:1/inbox")
    installation.rounds.step()
    installation.release(WITHDRAWN)
    installation.rounds.step()
    assert installation.box.notices() == []


def test_the_page_may_name_its_inbox_in_a_link_header(installation: Installation, portal: Portal) -> None:
    header = f'<https://a.example/>; rel="license", </own-inbox>; rel="{notifications.LDP_INBOX}"'
    portal.answers["/page"] = (200, {"Link": header}, f"<a href='{THING}'>x</a>".encode())
    name = installation.receive(f"{portal.url}/page").id
    installation.rounds.step()
    assert installation.box.get(name).inbox == f"{portal.url}/own-inbox"


def test_two_pages_of_a_portal_are_one_notice(installation: Installation, portal: Portal) -> None:
    for path in ("/one", "/two"):
        installation.published(portal, path)
    installation.release(WITHDRAWN)
    installation.rounds.step()
    assert len(portal.received) == 1
    assert len(json.loads(portal.received[0][1])["context"]) == 2
