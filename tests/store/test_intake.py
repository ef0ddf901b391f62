"""The intake: nothing half there, names in the order of arrival, the same content once (contract, lines 38 and 40)."""

from __future__ import annotations

import io
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from eclod.core.errors import BadInput, Damaged, NotFound, TooLarge, TooManyRequests
from eclod.store import intake
from eclod.store.intake import Intake, safe_name
from eclod.store.submission import Submission

AT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


@pytest.fixture
def box(tmp_path: Path) -> Intake:
    return Intake(tmp_path / "data")


def send(
    box: Intake, content: bytes, name: str = "a.csv", at: datetime | None = None, registry: str = "dk", **facts: Any
) -> tuple[Submission, bool]:
    with box.upload() as upload:
        upload.save(io.BytesIO(content), name, 1000)
        return box.receive(upload, registry, at, **facts)


def everything(box: Intake) -> list[str]:
    return sorted(str(path.relative_to(box.root)) for path in box.root.rglob("*") if path.is_file())


def test_a_submission_is_there_with_its_file_and_what_arrived(box: Intake) -> None:
    made, is_new = send(box, b"x;y", at=AT, token="t1")
    assert is_new
    assert made.content.read_bytes() == b"x;y"
    assert (made.state, made.arrival.size, made.arrival.token) == ("received", 3, "t1")
    assert box.get("dk", made.id) == made
    assert box.registries() == ["dk"]
    assert stat.S_IMODE(box.root.stat().st_mode) == 0o700
    assert len({send(box, bytes([n]))[0].arrival.key for n in range(3)} | {made.arrival.key}) == 4


def test_names_are_in_the_order_of_arrival_also_when_the_clock_goes_back(box: Intake) -> None:
    moments = [AT, AT, AT - timedelta(days=1), AT + timedelta(microseconds=1), AT + timedelta(hours=1)]
    made = [send(box, str(n).encode(), at=moment)[0].id for n, moment in enumerate(moments)]
    assert made == sorted(set(made)) == box.ids("dk")


def test_two_at_the_same_moment_are_both_there(box: Intake) -> None:
    box.incoming()
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda n: send(box, str(n).encode(), at=AT)[0].id, range(16)))
    assert len(set(made)) == 16
    assert sorted(made) == box.ids("dk")


def test_an_upload_that_breaks_off_leaves_nothing(box: Intake) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionError("gone")

    with pytest.raises(ConnectionError), box.upload() as upload:
        upload.save(Broken(), "a.csv", 1000)
    with pytest.raises(TooLarge, match="longer than"), box.upload() as upload:
        upload.save(io.BytesIO(b" " * 1001), "a.csv", 1000)
    assert everything(box) == []
    assert box.registries() == []


def test_what_a_killed_upload_left_is_swept_when_it_is_old(box: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    (box.incoming() / "half" / "content").mkdir(parents=True)
    box.sweep()
    assert (box.incoming() / "half").exists()
    monkeypatch.setattr(intake, "_ABANDONED", -1)
    box.sweep()
    assert not (box.incoming() / "half").exists()


def test_the_same_content_again_is_the_same_submission(box: Intake) -> None:
    first, _ = send(box, b"one")
    assert send(box, b"one", name="b.csv") == (first, False)
    second, is_new = send(box, b"two")
    assert is_new
    third, is_new = send(box, b"one")  # back again, after the other
    assert is_new
    assert [first.id, second.id, third.id] == box.ids("dk")


def test_what_was_refused_may_be_sent_again(box: Intake) -> None:
    first, _ = send(box, b"one")
    box.advance(first, state="refused")
    assert send(box, b"one")[1]


def test_each_file_of_a_registry_has_its_own_newest(box: Intake) -> None:
    clusters, _ = send(box, b"clusters", "clusters.csv")
    box.advance(clusters, state="published", source="clusters.csv")
    people, _ = send(box, b"members", "members.csv")
    box.advance(people, state="published", source="members.csv")
    assert send(box, b"clusters", "clusters.csv") == (box.get("dk", clusters.id), False)
    assert send(box, b"clusters", "clusters.csv", source="members.csv")[1]


def test_what_waits_does_not_hide_that_the_old_content_is_wanted_back(box: Intake) -> None:
    first, _ = send(box, b"one")
    box.advance(first, state="published", source="a.csv")
    second, _ = send(box, b"two")
    box.advance(second, state="waiting", source="a.csv")
    assert send(box, b"one")[1]


def test_what_is_added_to_a_graph_is_never_the_same(box: Intake) -> None:
    send(box, b"one", "graph.ttl", operation="merge")
    assert send(box, b"one", "graph.ttl", operation="merge")[1]


def test_builds_take_the_newest_that_is_accepted(box: Intake) -> None:
    first, _ = send(box, b"one")
    box.advance(first, state="published", source="a.csv")
    second, _ = send(box, b"two")
    assert box.accepted()["dk", "a.csv"].id == first.id
    box.advance(second, state="waiting", source="a.csv")
    assert box.accepted()["dk", "a.csv"].id == first.id
    box.advance(box.get("dk", second.id), state="checked")
    assert box.accepted()["dk", "a.csv"].id == second.id


def test_a_sandbox_is_never_accepted_and_needs_nothing_more(box: Intake) -> None:
    made, _ = send(box, b"one")
    made = box.advance(made, state="checked", source="a.csv", sandbox=True)
    assert made.settled
    assert box.accepted() == {}


def test_only_what_waits_can_be_approved(box: Intake) -> None:
    made, _ = send(box, b"one")
    with pytest.raises(BadInput, match="is received"):
        box.approve(made)
    waiting = box.advance(made, state="waiting")
    rung = box.rung()
    box.approve(waiting, "t1")
    approval = box.get("dk", made.id).approval()
    assert approval is not None
    assert approval.token == "t1"
    assert box.rung() != rung
    assert box.has_unfinished()


def test_too_many_at_once_are_told_to_come_later(box: Intake) -> None:
    for number in range(intake.MOST_WAITING):
        send(box, str(number).encode())
    with pytest.raises(TooManyRequests) as caught:
        send(box, b"one more")
    assert caught.value.details["retry_after"] == 60
    assert send(box, b"another's", registry="lu")[1]
    assert len(box.ids("dk")) == intake.MOST_WAITING


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("clusters.csv", "clusters.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\Müller (2).xlsx", "Müller (2).xlsx"),
        ("a\r\nSet-Cookie: x.csv", "a_Set-Cookie_ x.csv"),
        ("..", "delivery"),
        (".csv", "csv"),
        ("", "delivery"),
        ("x" * 300 + ".csv", "x" * 96 + ".csv"),
        ("a/<b>.csv", "_b_.csv"),
    ],
)
def test_names_of_files_mean_nothing_to_a_file_system_or_a_header(sent: str, kept: str) -> None:
    assert safe_name(sent) == kept


@pytest.mark.parametrize(
    ("registry", "name"), [("..", "x"), ("dk", ".."), ("dk", "20260102T030405000678Z"), ("a/b", "x")]
)
def test_what_is_not_there_is_not_found(box: Intake, registry: str, name: str) -> None:
    with pytest.raises(NotFound):
        box.get(registry, name)


def test_a_broken_state_is_said(box: Intake) -> None:
    made, _ = send(box, b"one")
    (made.folder / "state.json").write_text("{", encoding="utf-8")
    with pytest.raises(Damaged, match=r"state\.json"):
        box.get("dk", made.id)


def test_when_to_look_again_is_kept(box: Intake) -> None:
    assert not box.is_due(AT)
    box.incoming()
    box.plan(AT)
    assert not box.is_due(AT - timedelta(seconds=1))
    assert box.is_due(AT + timedelta(seconds=1))
    box.plan(None)
    assert not box.is_due(AT)
