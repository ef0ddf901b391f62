"""What granian loads in its worker: the application over the executors that are running."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Final

import eclod
from eclod.core import endpoints
from eclod.core.errors import BadSetting, TooBusy
from eclod.core.settings import Settings, from_environment
from eclod.store.federation import Federation
from eclod.store.finding.index import SearchIndexes
from eclod.store.pool import ExecutorPool
from eclod.store.releases import Releases
from eclod.store.remembering import RememberingEngine
from eclod.web.app import create_app
from eclod.web.context import EXTENSION, Service
from eclod.web.messages.prepared import PreparedResponses
from eclod.web.serving import processor
from eclod.web.serving.quick import QuickQueries
from eclod.web.serving.rsgi import Application
from eclod.web.serving.seats import SeatLeaving, Seats
from eclod.web.serving.traffic import Traffic
from eclod.web.serving.uploads import Rooms

#: The folder of the executors' sockets; set by `eclod serve` for its workers, never by an operator.
RUN_FOLDER: Final = "RUN_FOLDER_OF_ECLOD"
#: One works while another begins or ends; a page costs a quarter more with three, half as much again with dozens.
_SEATS: Final = 2


def create() -> Application:
    """Return the application with the settings of the environment.

    Raises BadSetting when a setting does not hold or the executors' folder is not named.
    """
    processor.settle()
    threading.Thread(target=_end_without, args=(os.getppid(),), name="end-without-parent", daemon=True).start()
    settings = from_environment()
    folder = os.environ.get(RUN_FOLDER)
    if not folder:
        raise BadSetting(f"{RUN_FOLDER} is not set: start the service with 'eclod serve'.")
    pool = ExecutorPool(Path(folder), settings, federation(settings))
    # One half for answers, one for whole responses.
    half = settings.cache_mb << 19
    seats = Seats(_SEATS)
    engine = RememberingEngine(SeatLeaving(pool, seats), half)
    releases = Releases(settings.data)
    app = create_app(settings, engine, releases, SearchIndexes(releases))

    def release() -> str:
        try:
            return engine.release
        except TooBusy:
            return ""

    found: Service = app.extensions[EXTENSION]
    quick = QuickQueries(found, pool, engine, seats)
    traffic = Traffic(pool.turns)
    found.meters.append(traffic)
    # Whoever waits for an executor waits on a thread; all that is no query has the others.
    threads = settings.web_threads + settings.queue
    prepared = PreparedResponses(release, half, found.linkback_version)
    return Application(app, threads, prepared, quick, Rooms(found), seats, traffic)


def federation(settings: Settings) -> Federation:
    """Return the endpoints that queries may ask, under the rules of the settings."""
    agent = f"eclod/{eclod.__version__} (+{settings.base}/)"
    return Federation(
        endpoints.parse_list(settings.federation),
        private=settings.federation_private,
        rows=settings.federation_rows,
        agent=agent,
    )


def _end_without(parent: int) -> None:
    """End this worker when granian's main process is gone: nobody else would, and it would hold the port for ever."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)
