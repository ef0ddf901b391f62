"""The publisher: takes what registries sent in the order it came, checks it, and publishes it or says why not.

Each step is put down before the next begins and may be done again: killed anywhere, it goes on from what is on disk. A
delivery whose check ends the process twice is refused, so that nothing stands in the way of the others.
"""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final

from eclod.core import assets
from eclod.core.errors import BadInput, EclodError, Locked, NotConforming, NotFound
from eclod.core.iris import Names
from eclod.core.settings import Settings, folders
from eclod.store import lines, retention
from eclod.store.intake import Intake
from eclod.store.releases import Releases
from eclod.store.submission import Counts, Submission
from eclod_loaders import pipeline
from eclod_loaders.declarations import registry as registry_files
from eclod_loaders.declarations.registry import Registry, Source
from eclod_loaders.matching import index
from eclod_loaders.publishing import merging, policy
from eclod_loaders.publishing.schedule import Schedule
from eclod_loaders.reporting import dry_run
from eclod_loaders.reporting.language import speech

log = logging.getLogger(__name__)

#: What a registry of the sandbox would publish, for itself.
PREVIEW: Final = "preview.nq"
_LOCK: Final = ".publisher"
_ATTEMPTS: Final = 2


class Publisher:
    """Settles submissions one after the other; only one process does so at a time (`only_one`)."""

    def __init__(self, settings: Settings, more_folders: Sequence[Path] = (), standard: bool = True) -> None:
        """Work with the registries of the settings and of more folders, and those that come with eclod (`standard`)."""
        self.settings = settings
        self.intake = Intake(settings.data)
        own = [assets.folder("registries")] if standard else []
        self._folders = [*own, *folders(settings.registries), *more_folders]
        self._sources = Path(settings.sources) if settings.sources else None
        self._settled: set[tuple[str, str]] = set()
        self._languages: dict[str, str] = {}

    @contextmanager
    def only_one(self) -> Iterator[None]:
        """Hold the publisher's place; raises Locked when another process has it."""
        self.intake.incoming()
        with (self.intake.root / _LOCK).open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Locked("Another publisher works in this data folder already.") from None
            yield

    def registries(self) -> dict[str, Registry]:
        """Return the registries that this installation knows by name, read anew."""
        return {each.name: each for each in registry_files.all_registries(self._folders)}

    def look_around(self, moment: datetime) -> bool:
        """Take in what changed at the addresses whose time has come; returns whether something did."""
        schedule = Schedule(self.intake, self.settings.data / pipeline.DOWNLOADS)
        return bool(schedule.look(self.registries().values(), moment))

    def pending(self) -> list[Submission]:
        """Return what there is to do, in the order it came: what is not settled, and what was promoted."""
        found = []
        for registry in self.intake.registries():
            for name in self.intake.ids(registry):
                if (registry, name) in self._settled:
                    continue
                submission = self.intake.get(registry, name)
                if not submission.settled or (submission.state == "waiting" and submission.approval()):
                    found.append(submission)
                elif submission.state != "waiting":
                    self._settled.add((registry, name))
        return sorted(found, key=lambda each: each.id)

    def step(self) -> bool:
        """Settle one submission; returns False when there was none, or another build holds the data folder."""
        pending = self.pending()
        if not pending:
            return False
        submission = pending[0]
        try:
            self._settle(submission)
        except Locked as error:
            log.info("%s", error.message)
            return False
        removed = retention.prune(self.intake, submission.registry, self.settings.keep_submissions)
        self._settled -= {(submission.registry, name) for name in removed}
        return True

    def prepare(self) -> None:
        """Do now what the next delivery would have to wait for."""
        with suppress(EclodError):  # the delivery says it
            pipeline.prepare(self.settings)
        index.refresh(Releases(self.settings.data), Names(self.settings.base))

    def _settle(self, submission: Submission) -> None:
        if submission.progress.attempts >= _ATTEMPTS:
            self._refuse(submission, "Checking it ended the publisher twice; send a smaller or simpler file.")
            return
        try:
            if submission.state != "checked":
                submission = self._check(submission)
            if not submission.settled:
                self._publish(submission)
        except Locked:
            raise
        except EclodError as error:
            self._refuse(submission, error.message)
        except MemoryError:
            self._refuse(submission, "Checking it needs more memory than the publisher may have; send a smaller file.")
        except Exception:
            log.exception("submission %s of %s failed", submission.id, submission.registry)
            self._refuse(submission, "Something went wrong while it was checked; the operator's log says what.")

    def _say(self, registry: str, message: str) -> str:
        """Return a message in the language of a registry, where that is known and spoken here."""
        if registry not in self._languages:
            with suppress(EclodError):  # a folder that cannot be read speaks English
                self._languages |= {each.name: each.language for each in self.registries().values()}
        return speech(self._languages.get(registry, "")).sentence(message)

    def _refuse(self, submission: Submission, message: str) -> None:
        said = self._say(submission.registry, message)
        self.intake.advance(submission, state="refused", message=said, attempts=0)
        log.info("refused %s of %s: %s", submission.id, submission.registry, message)

    def _check(self, submission: Submission) -> Submission:
        """Check a submission, write its report, and put down what the registry's policy makes of it."""
        started = time.monotonic()
        submission = self.intake.advance(submission, attempts=submission.progress.attempts + 1)
        registry = self.registries().get(submission.registry)
        if registry is None:
            raise NotFound(
                f"This installation has no registry '{submission.registry}'; the operator names its folder with "
                "ECLOD_REGISTRIES."
            )
        self._languages[registry.name] = registry.language
        source = source_of(registry, submission)
        self._check_order(submission, source)
        before = self.intake.accepted().get((registry.name, source.file))
        path = merging.merged(submission, before, registry, source, self._sources)
        found = dry_run.run(self.settings, registry, source, path)
        dry_run.write(found, submission.report)
        entry, difference = found.delivery.entry, found.difference
        counts = Counts(
            read=entry.read,
            accepted=entry.accepted,
            rejected=entry.rejected,
            ignored=entry.ignored,
            added=len(difference.added),
            changed=len(difference.changed),
            retired=len(difference.retired),
        )
        if registry.sandbox:
            graph = found.names.registry_graph(registry.name)
            preview = b"\n".join([*lines.of_triples(found.delivery.data, graph), b""])
            (submission.report / PREVIEW).write_bytes(preview)
            decided = policy.Decision("checked", "The registry is a sandbox: it is checked, and nothing is published.")
        else:
            decided = policy.decide(registry.publishing, counts, difference.unchanged, bool(submission.approval()))
        return self.intake.advance(
            submission,
            state=decided.state,
            message=self._say(registry.name, decided.message),
            source=source.file,
            counts=counts,
            sandbox=registry.sandbox,
            attempts=0,
            seconds={"check": round(time.monotonic() - started, 3)},
        )

    def _check_order(self, submission: Submission, source: Source) -> None:
        """Raise BadInput when a later submission for the same file is published: the later one holds."""
        later = self.intake.accepted().get((submission.registry, source.file))
        if later is not None and later.id > submission.id:
            raise BadInput(f"A later delivery of the same file, {later.id}, is published already.")

    def _publish(self, submission: Submission) -> None:
        """Build a release with a checked submission; builds take its file since it is checked."""
        started = time.monotonic()
        submission = self.intake.advance(submission, attempts=submission.progress.attempts + 1)
        try:
            outcome = pipeline.build(self.settings, self._sources, self._folders, fetch=False)
        except Locked:
            self.intake.advance(submission, attempts=0)
            raise
        except NotConforming as error:
            raise NotConforming(f"Together with the data of all registries it does not hold: {error.message}") from None
        message = "It is published." if outcome.manifest else "It says what is published already: nothing changed."
        seconds = submission.progress.seconds | {"publish": round(time.monotonic() - started, 3)}
        self.intake.advance(
            submission,
            state="published",
            message=self._say(submission.registry, message),
            release=outcome.current,
            attempts=0,
            seconds=seconds,
        )
        log.info("published %s of %s in %s", submission.id, submission.registry, outcome.current)


def source_of(registry: Registry, submission: Submission) -> Source:
    """Return which file of a registry a submission stands for: the one it names, or the only one.

    Where the registry has a name with `*` or `?` for several files, it is the one of them that is called as the
    submission. Raises BadInput when that cannot be told.
    """
    arrival = submission.arrival
    wanted = PurePosixPath(arrival.source or arrival.file).name
    if arrival.source:
        named = [s for s in registry.sources if arrival.source in (s.file, PurePosixPath(s.file).name)]
        named = named or [s for s in registry.sources if s.is_pattern and PurePosixPath(wanted).match(_name(s))]
    else:
        named = [s for s in registry.sources if PurePosixPath(wanted).match(_name(s))]
        named = named or (list(registry.sources) if len(registry.sources) == 1 else [])
    if len(named) == 1 and named[0].is_pattern:
        called = PurePosixPath(arrival.file if wanted == _name(named[0]) else wanted).name
        if not PurePosixPath(called).match(_name(named[0])):
            raise BadInput(
                f"The registry {registry.name} has files called {_name(named[0])}, one of which this could be; give "
                f"the file such a name, not '{called}'."
            )
        return named[0].called(called)
    if len(named) != 1:
        names = ", ".join(PurePosixPath(source.file).name for source in registry.sources)
        what = arrival.source or arrival.file
        raise BadInput(
            f"The registry {registry.name} has no file that '{what}' stands for; it has {names}. Give the file one of "
            "these names, or name it as 'source'."
        )
    return named[0]


def _name(source: Source) -> str:
    return PurePosixPath(source.file).name
