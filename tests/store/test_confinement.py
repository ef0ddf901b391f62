"""A process without network: it can make no connection, and can do all that an executor does."""

from __future__ import annotations

import ctypes
import os
import platform
import socket
import struct
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.store import confinement

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"),
    reason="the filter of system calls is for Linux on x86-64 and ARM64",
)
NOBODY = 65534


def in_child(work: Callable[[], None]) -> int:
    """Run something in a forked process and return its exit code: 0 when it went well, minus the signal else."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        yield listener


@pytest.fixture(params=["both", "filter alone", "as nobody", "filter alone, as nobody"])
def confine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], frozenset[str]]:
    """Return how to leave the network: as this user and as an ordinary one, with and without a namespace."""
    if "alone" in request.param:
        monkeypatch.setattr(confinement, "_leave_namespace", lambda _libc: False)
    if "nobody" in request.param and os.getuid() != 0:
        pytest.skip("only root can become somebody else")

    def confine() -> frozenset[str]:
        if "nobody" in request.param:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        held = confinement.leave_the_network()
        assert "filter" in held
        return held

    return confine


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that everybody may go into, which those of pytest are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_no_socket_can_be_made(confine: Callable[[], object]) -> None:
    def work() -> None:
        confine()
        for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK):
            with pytest.raises(PermissionError):
                socket.socket(family, socket.SOCK_STREAM)
        with pytest.raises(PermissionError):
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    assert in_child(work) == 0


def test_a_socket_from_before_connects_nowhere(confine: Callable[[], object], listener: socket.socket) -> None:
    before = socket.socket()

    def work() -> None:
        confine()
        with pytest.raises(PermissionError):
            before.connect(listener.getsockname())

    assert in_child(work) == 0
    before.close()
    with pytest.raises(TimeoutError):
        listener.accept()


def test_a_child_and_a_thread_are_confined_as_well(confine: Callable[[], object]) -> None:
    def work() -> None:
        confine()
        refused = []

        def attempt() -> None:
            with pytest.raises(PermissionError):
                socket.socket()
            refused.append(True)

        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
        assert refused == [True]
        assert in_child(attempt) == 0

    assert in_child(work) == 0


def test_a_ring_is_no_way_around(confine: Callable[[], object]) -> None:
    def work() -> None:
        confine()
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.syscall(425, 1, ctypes.create_string_buffer(120)) == -1
        assert ctypes.get_errno() == 13

    assert in_child(work) == 0


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86-64 has a second name for each call")
def test_the_other_names_of_the_calls_are_refused(confine: Callable[[], object]) -> None:
    def work() -> None:
        confine()
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.syscall(0x40000000 | 41, socket.AF_INET, socket.SOCK_STREAM, 0) == -1
        assert ctypes.get_errno() == 13

    assert in_child(work) == 0


def test_the_engine_reaches_nobody_and_answers_all_else(
    confine: Callable[[], object], listener: socket.socket, open_folder: Path
) -> None:
    """From memory and from disk, where RocksDB has threads of its own."""
    folder = open_folder / "store"
    store = ox.Store(str(folder))
    store.load(b"<urn:s> <urn:p> 1 , 2 .", ox.RdfFormat.TURTLE)
    store.flush()
    del store
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/"

    def work() -> None:
        confine()
        memory = ox.Store()
        memory.load(b"<urn:s> <urn:p> 1 , 2 .", ox.RdfFormat.TURTLE)
        for opened in (memory, ox.Store.read_only(str(folder))):
            found = opened.query("SELECT ?o { ?s ?p ?o } ORDER BY ?o")
            assert isinstance(found, ox.QuerySolutions)
            assert [solution[0].value for solution in found] == ["1", "2"]
            with pytest.raises(OSError, match=r"denied|refused|unreachable"):
                list(opened.query(f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}"))  # type: ignore[arg-type]

    assert in_child(work) == 0
    with pytest.raises(TimeoutError):
        listener.accept()


def test_what_is_open_goes_on(confine: Callable[[], object]) -> None:
    """An executor accepts on a Unix socket that it inherits, and sends an answer as an open file."""
    ours, theirs = socket.socketpair()

    def work() -> None:
        confine()
        socket.send_fds(theirs, [b"answer"], [theirs.fileno()])
        assert theirs.recv(2) == b"ok"

    with ours, theirs:
        ours.sendall(b"ok")
        assert in_child(work) == 0
        data, descriptors, _, _ = socket.recv_fds(ours, 16, 1)
        assert data == b"answer"
        assert len(descriptors) == 1
        os.close(descriptors[0])


@pytest.mark.parametrize("name", ["x86_64", "aarch64"])
def test_the_filter_lets_all_pass_but_what_it_names(name: str) -> None:
    """The program as the kernel runs it (linux/filter.h), for both processors."""
    architecture = confinement._ARCHITECTURES[name]
    code = confinement._instructions(architecture)
    program = list(struct.iter_unpack("=HBBI", code))

    def run(audit: int, call: int) -> int:
        accumulator, place = 0, 0
        while True:
            operation, if_true, if_false, operand = program[place]
            place += 1
            match operation:
                case 0x20:
                    accumulator = {0: call, 4: audit}[operand]
                case 0x15:
                    place += if_true if accumulator == operand else if_false
                case 0x35:
                    place += if_true if accumulator >= operand else if_false
                case 0x06:
                    return int(operand)
                case _:
                    raise AssertionError(operation)

    refused = {call for call in range(600) if run(architecture.audit, call) == 0x0005000D}
    assert refused == set(architecture.refused)
    assert all(run(architecture.audit, call) == 0x7FFF0000 for call in range(600) if call not in refused)
    assert run(architecture.audit, 0x40000000) == run(architecture.audit, 0x40000000 | 41) == 0x0005000D
    assert run(0x40000003, 1) == 0x80000000  # 32-bit calls have other numbers


def test_a_processor_without_a_filter_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    monkeypatch.setattr(confinement, "_leave_namespace", lambda _libc: False)

    def work() -> None:
        assert confinement.leave_the_network() == frozenset()
        socket.socket().close()

    assert in_child(work) == 0
