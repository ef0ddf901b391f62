"""The process that has one release open and forks its executors.

It listens on a Unix socket that its executors share: an idle one accepts, a busy one does not, and what waits in
between is the queue. It is single-threaded, so that forking it is safe, and never runs a query itself. Run as
`python -m eclod.store.host RELEASE_FOLDER SOCKET LIMITS_JSON`; prints one line when it is ready.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from eclod.core.errors import Damaged, EclodError
from eclod.core.namespaces import PREFIXES
from eclod.core.parents import end_with_parent
from eclod.store import allocator, executor, lines
from eclod.store.manifest import Manifest

#: Measured with pyoxigraph 0.5.13: 300 to 550 bytes a quad in memory.
BYTES_PER_QUAD: Final = 450
#: An executor that dies sooner than this after its birth was killed by its surroundings, not by a query.
_TOO_SOON: Final = 0.05
#: Seconds without a settled executor after one has died: while many die, others' questions need the processor more.
_UNSETTLED: Final = 10.0
#: Executors beside those asked at the same time: one that was killed may take a second to give back its memory.
_SPARE: Final = 1
#: Seconds that the first executor may take to copy the release; a million triples take less than one.
_SETTLING: Final = 10.0


def opener(release: Path, memory_budget: int) -> tuple[Callable[[], ox.Store], str]:
    """Return how an executor gets the release, and where it lies: "memory" or "disk".

    In memory it is loaded here, once, and shared by forking; from disk each executor opens the snapshot read-only
    (12 ms), because a RocksDB handle must not cross a fork. Raises Damaged when the release does not hold.
    """
    manifest = Manifest.read(release)
    try:
        if manifest.quads * BYTES_PER_QUAD <= memory_budget:
            store = ox.Store()
            for graph in manifest.graphs:
                for piece in lines.pieces_of(release / "dumps" / f"{graph.dump}.nq.gz"):
                    lines.load(store, piece)
            allocator.give_back()  # what loading needed beside the release
            return (lambda: store), "memory"
        ox.Store.read_only(str(release / "store"))
    except (OSError, SyntaxError, RuntimeError) as error:  # the last is what the engine says of its files
        raise Damaged(
            f"The release {release.name} cannot be read ({error}); "
            "switch back with 'eclod releases rollback' or build again."
        ) from error
    return (lambda: ox.Store.read_only(str(release / "store"))), "disk"


class Host:
    """Keeps a number of executors alive until told to stop."""

    def __init__(
        self, listener: socket.socket, open_store: Callable[[], ox.Store], limits: executor.Limits, in_memory: bool
    ) -> None:
        self._listener = listener
        self._in_memory = in_memory
        self._open_store = open_store
        self._limits = limits
        self._children: dict[int, float] = {}
        self._settled: int | None = None
        self._settle_at = 0.0

    def serve(self, count: int, ready: Callable[[], None]) -> None:
        """Fork the executors, replace those that die, and stop at SIGTERM when each has finished its question."""
        wakeup, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        stopping = False

        def stop(_signal: int, _frame: object) -> None:
            nonlocal stopping
            stopping = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker)
        while not stopping:
            if self._settles():
                self._fork(settles=True)
            while len(self._children) - (self._settled is not None) < count + _SPARE:
                self._fork(settles=False)
            ready()
            select.select([wakeup], [], [], 1.0)
            with contextlib.suppress(BlockingIOError):
                os.read(wakeup, 4096)
            self._reap()
        self._listener.close()
        self._drain()

    def _fork(self, settles: bool) -> None:
        parent, first = os.getpid(), not self._children
        settled, settling = os.pipe2(os.O_CLOEXEC)
        child = os.fork()
        if not child:
            try:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.close(settled)
                executor.run(
                    self._listener, self._open_store, self._limits, PREFIXES, parent, settling if settles else None
                )
            finally:
                os._exit(1)
        self._children[child] = time.monotonic()
        os.close(settling)
        if settles:
            self._settled = child
            if first:  # who listens first is connected to first
                select.select([settled], [], [], _SETTLING)
        os.close(settled)

    def _settles(self) -> bool:
        """Return whether an executor with its own copy of the release is wanted.

        It comes beside the others: nobody has to wait for one that still copies.
        """
        return self._in_memory and self._settled is None and time.monotonic() >= self._settle_at

    def _reap(self) -> None:
        for child, born in list(self._children.items()):
            pid, _ = os.waitpid(child, os.WNOHANG)
            if pid:
                del self._children[child]
                if child == self._settled:
                    self._settled, self._settle_at = None, time.monotonic() + _UNSETTLED
                if time.monotonic() - born < _TOO_SOON:
                    time.sleep(_TOO_SOON)  # never spin when executors cannot live at all

    def _drain(self) -> None:
        """Let every executor finish its question; their alarms bound how long that takes."""
        while self._children:
            # Again and again, since one that was just born does not hear the first time.
            for child in self._children:
                os.kill(child, signal.SIGTERM)
            time.sleep(0.01)
            self._reap()


def main(arguments: list[str]) -> int:
    """Run a host until SIGTERM; the exit code is 0 then, 1 when the release cannot be opened."""
    folder, address, options = Path(arguments[0]), arguments[1], json.loads(arguments[2])
    end_with_parent(signal.SIGTERM)
    if os.getppid() != options["parent"]:
        return 1
    limits = executor.Limits(options["seconds"], options["memory"], options["answer"], options["rows"])
    try:
        open_store, place = opener(folder, options["memory_budget"])
    except EclodError as error:
        print(json.dumps({"error": error.message}), flush=True)  # noqa: T201  # the protocol with the supervisor
        return 1
    gc.collect()
    gc.freeze()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen(options["queue"])
    announced = False

    def ready() -> None:
        nonlocal announced
        if not announced:
            print(json.dumps({"ready": folder.name, "place": place}), flush=True)  # noqa: T201
            announced = True

    Host(listener, open_store, limits, place == "memory").serve(options["executors"], ready)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
