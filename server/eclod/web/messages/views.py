"""What every page shows of the site, and what a page about an error says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from eclod.core.formats import Format


class Alternate(NamedTuple):
    """Another representation of the same page: its format (`format.name`, `.label`, `.media_type`) and its address."""

    format: Format
    href: str


@dataclass(frozen=True, slots=True)
class ErrorView:
    """Template `error.html`, as variable `error`: the same facts as the problem document.

    `slug` names the kind of problem, which has a page at `/problem/{slug}`; "" when it is of no kind of ours.
    `facts` are further (name, value) pairs such as line and column; `alternates` what there is instead (406).
    `retry_after` is in seconds, None when trying again does not help.
    """

    status: int
    title: str
    detail: str
    slug: str
    facts: tuple[tuple[str, str], ...] = ()
    alternates: tuple[Alternate, ...] = ()
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """In every template as `site`: what the frame of a page needs.

    `release` is "" while there is none; `base` is what identifiers begin with, `root` where this service is; `path` is
    the path of this request, to mark the current menu entry; `languages` are what the visitor prefers, best first.
    """

    release: str
    base: str
    root: str
    path: str
    languages: tuple[str, ...] = field(default=())
