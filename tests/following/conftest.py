"""A site whose feed is read without a network: requests go straight to the application."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from tests.store.feed.test_announcing import Site
from tests.web.conftest import FoundEverywhere

from eclod.core.settings import Settings
from eclod.store.feed import log
from eclod.store.inprocess import InProcessEngine
from eclod.web.app import create_app
from eclod.web.pages.feed import nodes

HOST = "http://portal.example"


class Service(httpx.WSGITransport):
    """The application as a transport, which notes what was asked for."""

    def __init__(self, site: Site) -> None:
        settings = Settings(data=site.releases.data)
        super().__init__(create_app(settings, InProcessEngine(ox.Store(), "r"), site.releases, FoundEverywhere()))
        self.asked: list[tuple[str, int]] = []
        self.before: Callable[[httpx.Request], httpx.Response | None] = lambda _: None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self.before(request) or super().handle_request(request)
        self.asked.append((request.url.raw_path.decode(), response.status_code))
        return response


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MEMBERS", 4)
    monkeypatch.setattr(nodes, "IN_INDEX", 3)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "data")


@pytest.fixture
def service(site: Site) -> Service:
    return Service(site)
