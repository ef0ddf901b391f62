"""`feed.json`: the one file that says what the feed is; replacing it is what makes a change to the feed happen."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from eclod.core.errors import Damaged

FILE: Final = "feed.json"
FORMAT: Final = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PageEntry(_Part):
    """One page: its number from 1, its file, the times of its first and last member, and whether it grows no more."""

    number: int
    file: str
    first: str
    last: str
    members: int
    full: bool


class Announcement(_Part):
    """What one release, or going back to one, brought: members `first` to `last` and how many are of which kind."""

    number: int
    release: str
    at: str
    first: int
    last: int
    created: int
    updated: int
    deleted: int


class Head(_Part):
    """The feed under a base: the release that a replay gives, with its statements and hash, and what there is.

    `erased` are the things of which the feed says nothing any more.
    """

    format: int = FORMAT
    base: str = ""
    release: str = ""
    triples: int = 0
    sha256: str = ""
    members: int = 0
    pages: tuple[PageEntry, ...] = ()
    announcements: tuple[Announcement, ...] = ()
    erased: tuple[str, ...] = ()

    @property
    def last(self) -> str:
        """Return the time of the newest member, empty when there is none."""
        return self.pages[-1].last if self.pages else ""


def read(folder: Path) -> Head:
    """Return the head of a feed, an empty one when there is no feed yet.

    Raises Damaged when it cannot be read or was written by a newer version.
    """
    try:
        found = Head.model_validate_json((folder / FILE).read_bytes())
    except FileNotFoundError:
        return Head()
    except (OSError, ValidationError) as error:
        raise Damaged(
            f"The feed in {folder} cannot be read ({error}); restore that folder from a copy, or remove it to begin "
            "a new feed."
        ) from error
    if found.format > FORMAT:
        raise Damaged(f"The feed in {folder} was written by a newer eclod (format {found.format}); update eclod.")
    return found
