"""What the pages about deliveries show, and the same for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from eclod.store.submission import Submission

#: What a report consists of: ending of the file, what people call it.
REPORTS: Final[Mapping[str, tuple[str, str]]] = {
    "html": ("report.html", "report to read, send and print"),
    "csv": ("problems.csv", "one line for each problem"),
    "json": ("report.json", "everything, for programs"),
    "ttl": ("report.ttl", "SHACL validation report"),
}
_STATES: Final = {
    "received": "received, and waits to be checked",
    "checked": "checked, and is being published",
    "waiting": "waits until somebody promotes it",
    "published": "published",
    "refused": "refused",
}
_PROMOTED: Final = "promoted, and is being published"
_SANDBOX: Final = "checked; a sandbox publishes nothing"


@dataclass(frozen=True, slots=True)
class FileLink:
    """A file about a submission."""

    name: str
    label: str
    href: str


@dataclass(frozen=True, slots=True)
class SubmissionView:
    """Template `submission.html`, as variable `view`, and a row of `submissions.html`.

    `href` is the plain address, `mail` the one that opens without a token; `publication` takes a promotion.
    """

    registry: str
    id: str
    state: str
    state_text: str
    message: str
    received: str
    at: str
    file: str
    size: int
    sha256: str
    counts: tuple[tuple[str, int], ...]
    release: str
    settled: bool
    href: str
    mail: str
    list_href: str
    publication: str
    files: tuple[FileLink, ...]

    def facts(self) -> dict[str, Any]:
        """Return the same for programs."""
        return {
            "id": self.id,
            "registry": self.registry,
            "state": self.state,
            "settled": self.settled,
            "message": self.message,
            "received": self.received,
            "changed": self.at,
            "file": {"name": self.file, "size": self.size, "sha256": self.sha256},
            "counts": dict(self.counts),
            "release": self.release or None,
            "page": self.mail,
            "self": self.href,
            "files": {link.name: link.href for link in self.files},
        }


def of(submission: Submission) -> SubmissionView:
    """Return what is shown of a submission."""
    arrival, progress = submission.arrival, submission.progress
    base = f"/registries/{quote(submission.registry)}/submissions"
    here, key = f"{base}/{submission.id}", f"?key={quote(arrival.key)}"
    counts = ((name, value) for name, value in progress.counts.model_dump().items() if value is not None)
    promoted = submission.state == "waiting" and submission.approval() is not None
    state_text = _PROMOTED if promoted else _SANDBOX if progress.sandbox else _STATES[submission.state]
    return SubmissionView(
        registry=submission.registry,
        id=submission.id,
        state=submission.state,
        state_text=state_text,
        message="" if promoted else progress.message,
        received=arrival.received[:19] + "+00:00",
        at=progress.at[:19] + "+00:00",
        file=arrival.file,
        size=arrival.size,
        sha256=arrival.sha256,
        counts=tuple(counts),
        release=progress.release,
        settled=submission.settled and not promoted,
        href=here,
        mail=here + key,
        list_href=base,
        publication=f"{here}/publication" if submission.state == "waiting" and not promoted else "",
        files=tuple(_files(submission, here, key)),
    )


def _files(submission: Submission, here: str, key: str) -> list[FileLink]:
    links = []
    if submission.report.is_dir():
        there = {path.name for path in submission.report.iterdir()}
        known = {name: (ending, label) for ending, (name, label) in REPORTS.items()}
        for name, (ending, label) in known.items():
            if name in there:
                links.append(FileLink(name, label, f"{here}/report.{ending}{key}"))
        for name in sorted(there - known.keys()):
            label = "what would be published" if name == "preview.nq" else "your file with what is wrong in it"
            links.append(FileLink(name, label, f"{here}/files/{quote(name)}{key}"))
    links.append(
        FileLink(
            submission.arrival.file,
            "the file as it was received",
            f"{here}/files/{quote(submission.arrival.file)}{key}",
        )
    )
    return links
