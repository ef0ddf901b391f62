"""`/problem/{slug}`: where the type of every error leads, so that a program's log explains itself (RFC 9457, 3.1.1)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response
from markupsafe import Markup, escape

from eclod.core import errors
from eclod.core.errors import PROBLEMS, EclodError, NotFound
from eclod.core.formats import HTML, JSON
from eclod.web.context import service
from eclod.web.messages import negotiate
from eclod.web.messages.responses import Link, Sender
from eclod.web.messages.views import Alternate

blueprint: Final = Blueprint("problems", __name__)

_CODE: Final = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class ProblemView:
    """One kind of problem: templates `problem.html` and `problems.html`; `status` with its words ("404 Not Found")."""

    slug: str
    type: str
    title: str
    status: str
    meaning: Markup


@dataclass(frozen=True, slots=True)
class ProblemsView:
    """Template `problems.html`, as variable `problems`; by status."""

    rows: tuple[ProblemView, ...]
    alternates: tuple[Alternate, ...]


@blueprint.get("/problem")
def index() -> Response:
    """List the kinds of problems that an answer can be about."""
    choice = negotiate.choose((HTML, JSON), HTML, lambda form: f"/problem?format={form.name}")
    sender = Sender(found := service(), choice, release=found.release())
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    known = errors.kinds().values()
    links = [Link(PROBLEMS, "canonical")]
    if choice.is_html:
        rows = tuple(_view(kind) for kind in known)
        return sender.page("problems.html", links, problems=ProblemsView(rows, choice.alternates))
    return sender.send(_json({"problems": [_facts(kind) for kind in known]}), links)


@blueprint.get("/problem/<slug>")
def show(slug: str) -> Response:
    """Say what a kind of problem means and what to do about it."""
    kind = errors.kinds().get(slug)
    if kind is None:
        raise NotFound(f"There is no kind of problem '{slug}'; /problem lists those there are.")
    choice = negotiate.choose((HTML, JSON), HTML, lambda form: f"/problem/{slug}?format={form.name}")
    sender = Sender(found := service(), choice, release=found.release())
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    links = [Link(errors.type_of(slug), "canonical"), Link("/problem", "collection")]
    if choice.is_html:
        return sender.page("problem.html", links, problem=_view(kind), alternates=choice.alternates)
    return sender.send(_json(_facts(kind)), links)


def _facts(kind: type[EclodError]) -> dict[str, object]:
    return {
        "type": errors.type_of(kind.slug),
        "title": kind.title,
        "status": kind.status,
        "meaning": kind.meaning,
    }


def _view(kind: type[EclodError]) -> ProblemView:
    """Return what pages show of a kind; what stands between backquotes is code."""
    meaning = Markup(_CODE.sub(r"<code>\1</code>", str(escape(kind.meaning))))  # escaped before
    return ProblemView(kind.slug, errors.type_of(kind.slug), kind.title, _status(kind.status), meaning)


def _status(code: int) -> str:
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:  # 499 is no status of HTTP
        return str(code)


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
