"""`/registries/{name}/submissions`: where a registry sends its files and sees what becomes of them."""

from __future__ import annotations

import json
import mimetypes
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request, send_file

from eclod.core.errors import BadInput, NotFound, NotSignedIn, UnsupportedMedia
from eclod.core.formats import FILE_MEDIA_TYPES, HTML, JSON, RESULT_CSV, TURTLE, Format
from eclod.store.intake import safe_name
from eclod.store.submission import Submission
from eclod.store.tokens import Token
from eclod.web.context import Service, service
from eclod.web.deliveries import access, receiving, views
from eclod.web.messages import errors, negotiate, responses
from eclod.web.messages.responses import Link

blueprint: Final = Blueprint("submissions", __name__)

_PATH: Final = "/registries/<name>/submissions"
#: Submissions that a list shows; older ones have their pages.
_SHOWN: Final = 100
_REPORTS: Final = (JSON, HTML, RESULT_CSV, TURTLE)
#: A report is one page without other files, and must not do anything.
_REPORT_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; sandbox"


@blueprint.post(_PATH)
def submit(name: str) -> Response:
    """Take in a file (202), or say that its content is here already (200)."""
    found = service()
    if request.headers.get("Authorization") or request.mimetype != receiving.FORM:
        return _received(found, access.token_of(found, name))
    return _received(found, None, name)


def _received(found: Service, token: Token | None, registry: str = "") -> Response:
    with receiving.body(found) as sent:
        token = token or access.token_of(found, registry, sent.fields)
        if sent.stream is None:
            raise BadInput("There is no file in the form; choose one.")
        with found.intake.upload() as upload:
            upload.save(sent.stream, sent.name, found.settings.upload_mb << 20)
            if not upload.size:
                raise BadInput("The file is empty, so nothing was done; a delivery has at least a header.")
            facts: dict[str, Any] = {
                "media_type": sent.media_type,
                "source": sent.fields.get("source", ""),
                "token": token.id,
            }
            submission, is_new = found.intake.receive(upload, token.registry, **facts)
    return accepted(submission, is_new)


def accepted(submission: Submission, is_new: bool) -> Response:
    """Return what whoever sent something is told: 202 and where to look, or 200 when nothing changes by it."""
    view = views.of(submission)
    if negotiate.prefers_html():
        return access.private(_to(view.mail))
    message = "" if is_new else "This content was sent before: nothing changed."
    content = view.facts() | {"new": is_new} | ({"message": f"{message} {view.message}".strip()} if message else {})
    response = _json(content)
    response.status_code = 202 if is_new else 200
    response.headers["Location"] = view.href
    if is_new:
        response.headers["Retry-After"] = "1"
    responses.add_links(response, [Link(view.mail, "monitor", HTML.media_type)])
    return access.private(response)


@blueprint.get(_PATH)
def list_of(name: str) -> Response:
    """List what the registry of the token sent; without a token the same page for whatever name."""
    found = service()
    try:
        access.token_of(found, name)
    except NotSignedIn as error:
        if not negotiate.prefers_html():
            raise
        response = errors.respond(error)
        response.set_data(render_template("submissions.html", registry=name, rows=None, more=False))
        return access.private(response)
    return _list(found, name)


@blueprint.post(f"{_PATH}/list")
def list_for_people(name: str) -> Response:
    """Show the list to whoever pastes the token into the page's form."""
    found = service()
    access.token_of(found, name, request.form)
    return _list(found, name)


def _list(found: Service, registry: str) -> Response:
    ids = found.intake.ids(registry)
    rows = [views.of(found.intake.get(registry, each)) for each in reversed(ids[-_SHOWN:])]
    choice = negotiate.choose((JSON, HTML), JSON, lambda form: f"{request.path}?format={form.name}")
    if choice.is_html:
        page = render_template("submissions.html", registry=registry, rows=rows, more=len(ids) > _SHOWN)
        response = Response(page, content_type=HTML.content_type)
    else:
        response = _json({"registry": registry, "count": len(ids), "submissions": [row.facts() for row in rows]})
    response.headers["Vary"] = "Accept"
    return access.private(response)


@blueprint.get(f"{_PATH}/<submission_id>")
def show(name: str, submission_id: str) -> Response:
    """Show one submission to its registry, or to whoever has the link to it."""
    found = service()
    stem, _, suffix = submission_id.partition(".")
    view = views.of(access.submission(found, name, stem))

    def address(form: Format) -> str:
        return f"{view.href}.{form.name}"

    choice = negotiate.choose((JSON, HTML), JSON, address, suffix or None)
    if choice.is_html:
        response = Response(render_template("submission.html", view=view), content_type=HTML.content_type)
    else:
        response = _json(view.facts())
    if not view.settled:
        response.headers["Retry-After"] = "1"
    response.headers["Vary"] = "Accept"
    return access.private(response)


@blueprint.get(f"{_PATH}/<submission_id>/report", defaults={"suffix": ""})
@blueprint.get(f"{_PATH}/<submission_id>/report.<suffix>")
def report(name: str, submission_id: str, suffix: str) -> Response:
    """Return the report of a submission: HTML, JSON, CSV, or SHACL in Turtle."""
    submission = access.submission(service(), name, submission_id)
    here = f"/registries/{quote(name)}/submissions/{submission.id}/report"
    choice = negotiate.choose(_REPORTS, JSON, lambda form: f"{here}.{form.name}", suffix or None)
    path = submission.report / views.REPORTS[choice.format.name][0]
    if not path.is_file():
        raise NotFound(
            "There is no report: the file is not checked yet, or could not be read as a whole.", state=submission.state
        )
    response = send_file(path, mimetype=choice.format.media_type, conditional=False, etag=False)
    if choice.is_html:
        response.headers["Content-Security-Policy"] = _REPORT_POLICY
    response.headers["Vary"] = "Accept"
    return access.private(response)


@blueprint.get(f"{_PATH}/<submission_id>/files/<file>")
def file_of(name: str, submission_id: str, file: str) -> Response:
    """Return the file as it was received, or the copy of it that says what is wrong."""
    submission = access.submission(service(), name, submission_id)
    path = submission.content if file == submission.arrival.file else submission.report / safe_name(file)
    if not path.is_file():
        raise NotFound("There is no such file of this submission.")
    response = send_file(path, mimetype=_type(path), as_attachment=True, conditional=False, etag=False)
    return access.private(response)


@blueprint.post(f"{_PATH}/<submission_id>/publication")
def promote(name: str, submission_id: str) -> Response:
    """Have a submission published that waits; the token comes with the form or in the Authorization."""
    found = service()
    if request.mimetype not in ("", "application/x-www-form-urlencoded", receiving.FORM):
        raise UnsupportedMedia("Send nothing, or a form with the field 'token'.")
    token = access.token_of(found, name, request.form)
    submission = found.intake.get(name, submission_id)
    found.intake.approve(submission, token.id)
    return accepted(found.intake.get(name, submission_id), True)


def _json(content: dict[str, Any]) -> Response:
    return Response(json.dumps(content, ensure_ascii=False, indent=1) + "\n", content_type=JSON.content_type)


def _to(address: str) -> Response:
    response = Response(status=303)
    response.headers["Location"] = address
    return response


def _type(path: Path) -> str:
    guessed = FILE_MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    # What a browser would show as a page of ours is sent as nothing in particular.
    return guessed if guessed and guessed not in (HTML.media_type, "image/svg+xml") else "application/octet-stream"
