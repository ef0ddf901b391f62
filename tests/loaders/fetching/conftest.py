"""A server on this machine that says what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest


@dataclass(frozen=True)
class Asked:
    """A request: its path, headers, and the parameters of the query or of a form."""

    path: str
    headers: dict[str, str]
    parameters: dict[str, str]


@dataclass(frozen=True)
class Said:
    """An answer."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Speaker = Callable[[Asked], Said]


class Server:
    """Answers each path as its speaker says; anything else with 404."""

    def __init__(self) -> None:
        self.speakers: dict[str, Speaker] = {}
        self.asked: list[Asked] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                text = parts.query
                if self.command == "POST":
                    text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                parameters = {name: values[0] for name, values in parse_qs(text).items()}
                asked = Asked(parts.path, {k.lower(): v for k, v in self.headers.items()}, parameters)
                outer.asked.append(asked)
                speaker = outer.speakers.get(parts.path)
                said = speaker(asked) if speaker else Said(b"nothing here", 404)
                self.send_response(said.status)
                for name, value in {"Content-Length": str(len(said.body)), **said.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if said.status != 304:
                    with suppress(BrokenPipeError, ConnectionResetError):  # who asked had enough
                        self.wfile.write(said.body)

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}{path}"

    def say(self, path: str, body: bytes | str, status: int = 200, **headers: str) -> None:
        """Answer a path always with the same; `Content_Type="…"` is a header."""
        content = body.encode() if isinstance(body, str) else body
        said = Said(content, status, {name.replace("_", "-"): value for name, value in headers.items()})
        self.speakers[path] = lambda asked: said

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()
