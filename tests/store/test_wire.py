"""Frames and descriptors over a Unix socket."""

from __future__ import annotations

import os
import socket
import struct
import tempfile
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclod.store.executor import AnswerTooLarge, Spool
from eclod.store.wire import INLINE_LIMIT, Channel

Pair = tuple[Channel, Channel]


@pytest.fixture
def pair() -> Iterator[Pair]:
    one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    channels = Channel(one), Channel(two)
    for channel in channels:
        channel.connection.settimeout(60)
    yield channels
    for channel in channels:
        channel.close()


@pytest.mark.parametrize(
    "content",
    [
        None,
        1,
        "",
        {"text": "SELECT *"},
        ["é", "\U0001f600", "\x00", "\n"],
        {"deep": [[[{}]]]},
        "x" * 3_000_000,
    ],
)
def test_what_is_sent_is_received(pair: Pair, content: object) -> None:
    sender = threading.Thread(target=pair[0].send, args=(content,))
    sender.start()
    assert pair[1].receive() == content
    sender.join()


def test_half_of_a_surrogate_pair_is_not_sent(pair: Pair) -> None:
    with pytest.raises(UnicodeEncodeError):
        pair[0].send({"lone": "\ud83d"})
    pair[0].send("next")
    assert pair[1].receive() == "next"


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.dictionaries(st.text(), st.text()), st.binary(max_size=3000)), max_size=8))
def test_frames_and_bodies_keep_apart(messages: list[tuple[dict[str, str], bytes]]) -> None:
    one, two = map(Channel, socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM))
    for header, body in messages:
        one.send({**header, "length": len(body)}, body)
    for header, body in messages:
        received = two.receive()
        assert received == {**header, "length": len(body)}
        assert two.read(received["length"]) == body
    one.close()
    two.close()


def test_an_open_file_comes_along(pair: Pair) -> None:
    with tempfile.TemporaryFile() as first, tempfile.TemporaryFile() as second:
        for number, file in enumerate((first, second)):
            file.write(b"content %d" % number)
            file.flush()
            pair[0].send({"number": number}, descriptor=file.fileno())
    assert [pair[1].receive() for _ in range(2)] == [{"number": 0}, {"number": 1}]
    for number in range(2):
        with os.fdopen(pair[1].take_descriptor(), "rb") as received:
            received.seek(0)
            assert received.read() == b"content %d" % number
    with pytest.raises(EOFError):
        pair[1].take_descriptor()


def test_a_descriptor_that_nobody_took_is_closed() -> None:
    one, two = map(Channel, socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM))
    with tempfile.TemporaryFile() as file:
        one.send({}, descriptor=file.fileno())
    two.receive()
    [descriptor] = two._descriptors
    one.close()
    two.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


@pytest.mark.parametrize("sent", [b"", b"\x00", struct.pack("!I", 10), struct.pack("!I", 10) + b'{"a": 1'])
def test_a_frame_cut_off_is_the_end(pair: Pair, sent: bytes) -> None:
    pair[0].connection.sendall(sent)
    pair[0].connection.shutdown(socket.SHUT_WR)
    with pytest.raises(EOFError):
        pair[1].receive()


def test_a_spool_stays_in_memory_while_small() -> None:
    spool = Spool(10 * INLINE_LIMIT)
    assert spool.write(b"abc") == 3
    spool.write(b"x" * (INLINE_LIMIT - 3))
    assert spool.file is None
    assert spool.inline() == b"abc" + b"x" * (INLINE_LIMIT - 3)
    spool.write(b"y")
    assert spool.file is not None
    with spool.file as file:
        spool.flush()
        file.seek(0)
        assert file.read() == b"abc" + b"x" * (INLINE_LIMIT - 3) + b"y"
    assert spool.length == INLINE_LIMIT + 1


@pytest.mark.parametrize("chunk", [1, 7, 100])
def test_a_spool_ends_at_its_limit(chunk: int) -> None:
    spool = Spool(100)
    for _ in range(100 // chunk):
        spool.write(b"x" * chunk)
    with pytest.raises(AnswerTooLarge):
        spool.write(b"x" * chunk)
