"""The folder of everything: releases, the `current` link, the lock that makes publishing one writer's work."""

from __future__ import annotations

import fcntl
import itertools
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from eclod.core.errors import BadInput, Damaged, Locked, NotFound
from eclod.store.manifest import Manifest

STAGING_PREFIX: Final = ".staging-"
_LINK_PREFIX: Final = ".current-"
#: What may name a release: one part of a path, not hidden, short enough for any file system.
_ID: Final = re.compile(r"[0-9A-Za-z][\w.-]{0,99}", re.ASCII)


class Releases:
    """The releases below one data folder (`ECLOD_DATA`)."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.root = data / "releases"
        self._link = data / "current"

    def current_id(self) -> str:
        """Return the id of the current release; raises NotFound when there is none."""
        try:
            return self._link.readlink().name
        except OSError:
            raise NotFound(f"There is no release in {self.data} yet; run 'eclod build' first.") from None

    def current(self) -> Manifest | None:
        """Return the manifest of the current release, or None when there is none; raises Damaged."""
        if not self._link.is_symlink():
            return None
        if not self._link.exists():
            raise Damaged(
                f"'current' in {self.data} points to a release that is gone; run 'eclod releases rollback ID', or, "
                "when there is no other release, remove that link and build again."
            )
        return Manifest.read(self.root / self.current_id())

    def folder(self, release: str) -> Path:
        """Return the folder of a release; raises NotFound when there is no such release."""
        folder = self.root / release
        if not _ID.fullmatch(release) or not (folder / "manifest.json").is_file():
            raise NotFound(f"There is no release '{release}'; 'eclod releases list' shows what there is.")
        return folder

    def ids(self) -> list[str]:
        """Return the ids of all complete releases, oldest first."""
        if not self.root.is_dir():
            return []
        return sorted(
            p.name for p in self.root.iterdir() if not p.name.startswith(".") and (p / "manifest.json").is_file()
        )

    def free_id(self, wanted: str) -> str:
        """Return the wanted id, numbered when there is a release of that name: the same content in the same second."""
        names = itertools.chain([wanted], (f"{wanted}-{number}" for number in itertools.count(2)))
        return next(name for name in names if not (self.root / name).exists())

    def manifests(self) -> list[Manifest]:
        """Return the manifests of all complete releases that can be read, oldest first."""
        found = []
        for name in self.ids():
            with suppress(Damaged):
                found.append(Manifest.read(self.root / name))
        return found

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the publisher's lock, with what a crashed publisher left behind cleared away; raises Locked."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = (self.data / "lock").open("a+")
        except OSError as error:
            raise BadInput(
                f"The data folder {self.data} cannot be written: {error.strerror}. Set ECLOD_DATA."
            ) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.seek(0)
                holder = lock.read().strip() or "unknown"
                raise Locked(
                    f"Another build (process {holder}) is working in {self.data}; "
                    "wait for it or set another ECLOD_DATA."
                ) from None
            with suppress(OSError):  # a full disk; the number only tells others who holds the lock
                os.ftruncate(lock.fileno(), 0)
                os.write(lock.fileno(), str(os.getpid()).encode())
            for leftover in self.root.glob(STAGING_PREFIX + "*"):
                shutil.rmtree(leftover)
            for link in self.data.glob(_LINK_PREFIX + "*"):
                link.unlink()
            yield

    def stage(self) -> Path:
        """Return a fresh staging folder; call only while writing.

        Its name is new each time: the engine may still have a store open that was given up in this process.
        """
        staging = self.root / f"{STAGING_PREFIX}{os.getpid()}-{time.monotonic_ns()}"
        staging.mkdir()
        return staging

    def publish(self, staging: Path, release: str) -> Path:
        """Make a staged folder a release and switch to it: each step atomic, and on disk before the next."""
        for path in [*(p for p in staging.rglob("*") if not p.is_symlink()), staging]:
            _sync(path)
        final = self.root / release
        staging.rename(final)
        _sync(self.root)
        self.switch(release)
        return final

    def switch(self, release: str) -> None:
        """Point `current` at a release; raises NotFound when there is no such release."""
        self.folder(release)
        fresh = self.data / f"{_LINK_PREFIX}{os.getpid()}"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(Path("releases") / release)
        fresh.replace(self._link)
        _sync(self.data)

    def rollback(self, release: str | None = None) -> str:
        """Switch to a release, by default to the one the current release replaced, and return its id."""
        with self.writing():
            wanted = self._before_current() if release is None else release
            self.switch(wanted)
            return wanted

    def _before_current(self) -> str:
        current = self.current_id()
        try:
            previous = Manifest.read(self.root / current).previous
        except Damaged:
            # What cannot be read cannot say what it replaced: the newest of the others, then.
            previous = next((name for name in reversed(self.ids()) if name != current), None)
        if previous is None:
            raise NotFound("The current release has none before it; name the one to switch to.")
        return previous

    def prune(self, keep: int) -> list[str]:
        """Remove all but the newest `keep` releases, never the current one, and return the ids of those removed."""
        with self.writing():
            current = self.current_id()
            doomed = [name for name in self.ids()[: -keep or None] if name != current]
            for name in doomed:
                self.remove(name)
            return doomed

    def remove(self, release: str) -> None:
        """Remove a release that is not the current one; call only while writing."""
        # First out of sight, then away: a crash half-way leaves no half release.
        hidden = self.root / f"{STAGING_PREFIX}pruned-{release}"
        self.folder(release).rename(hidden)
        shutil.rmtree(hidden)

    def check_version(self) -> None:
        """Raise Damaged when the current release cannot be read by this version."""
        self.current()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
