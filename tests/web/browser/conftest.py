"""A browser, the application behind an address, and visitors with a phone or a desk."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

import eclod.web

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DIST = Path(eclod.web.__file__).parent / "static" / "dist"

#: For `pytestmark`: what these tests need of the machine.
NEEDS = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (Debian: apt-get install chromium)"),
    pytest.mark.skipif(not (DIST / "query.js").exists(), reason="the frontend is not built (make frontend)"),
]

#: Nothing that reaches out of the machine, no sandbox since tests may run as root in a container.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--no-first-run",
]
PHONE, DESK = (390, 844), (1280, 900)
WIDTHS = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])

#: What is waited for comes late on a machine that has other work, in milliseconds.
expect.set_options(timeout=20_000)


class Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def made_whole(app: Flask) -> WSGIApplication:
    """The application, with answers made whole before any is sent: the server of the tests does not close
    one whose visitor is gone in the middle, and a file left open fails whichever test runs then.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        parts = app(environ, start_response)
        with ExitStack() as stack:
            if close := getattr(parts, "close", None):
                stack.callback(close)
            return [b"".join(parts)]

    return answer


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, made_whole(app), threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """One visitor: a page, what its console complained of, and the hosts it asked for anything."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    hosts: set[str | None] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname))


def context(browser: Browser, address: str, size: tuple[int, int], javascript: bool = True) -> BrowserContext:
    return browser.new_context(
        base_url=address,
        viewport={"width": size[0], "height": size[1]},
        has_touch=size == PHONE,
        is_mobile=size == PHONE,
        java_script_enabled=javascript,
        locale="en-GB",
    )


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Visit]:
    with context(browser, address, PHONE) as visitor:
        yield Visit(visitor.new_page())


@pytest.fixture
def desk(browser: Browser, address: str) -> Iterator[Visit]:
    with context(browser, address, DESK) as visitor:
        yield Visit(visitor.new_page())


@pytest.fixture
def page(desk: Visit) -> Iterator[Page]:
    """A page at a desk, of which nothing may complain and which asks no other host for anything (contract, line 12)."""
    yield desk.page
    assert desk.complaints == []
    assert desk.hosts <= {"127.0.0.1"}
