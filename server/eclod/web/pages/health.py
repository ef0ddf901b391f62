"""Whether the process lives, and whether it can answer."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, jsonify, request

from eclod.core.errors import EclodError, TooBusy
from eclod.core.formats import RESULT_JSON
from eclod.store.engine import Question
from eclod.web.context import service
from eclod.web.messages.prepared import MAY_BE_KEPT

blueprint: Final = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("/live")
def live() -> Response:
    """Answer 200 as long as this process answers at all."""
    request.environ[MAY_BE_KEPT] = service().release()  # so that it takes no thread, when all are at work
    return _uncached(jsonify(status="live"))


@blueprint.get("/ready")
def ready() -> Response:
    """Answer 200 with the release when an executor answers a question, 503 when none does."""
    try:
        answer = service().engine.ask(Question("ASK {}", result_format=RESULT_JSON, seconds=5))
    except TooBusy:
        raise
    except EclodError as error:
        raise TooBusy(f"The service cannot answer queries now: {error.message}", retry_after=2) from error
    answer.read()
    return _uncached(jsonify(status="ready", release=answer.release))


def _uncached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
