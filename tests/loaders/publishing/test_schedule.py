"""Files at an address that are looked at again: a submission when they changed, nothing when not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from .conftest import TEN, Firms, table

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Elsewhere(ThreadingHTTPServer):
    """A server with one file; a status other than 200 is sent without it."""

    content = table(*TEN)
    status = 200
    asked = 0


class _Handler(BaseHTTPRequestHandler):
    server: Elsewhere

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(self.server.status)
        self.end_headers()
        if self.server.status == 200:
            self.wfile.write(self.server.content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    server = Elsewhere(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def pulled(firms: Firms, elsewhere: Elsewhere) -> Firms:
    firms.declare('largest_change = 1\nevery = "1 day"')
    path = firms.folder / "registry.toml"
    address = f"http://127.0.0.1:{elsewhere.server_port}/firms.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("./firms.csv", address), encoding="utf-8")
    return firms


def test_what_is_new_at_the_address_is_published_when_its_time_comes(pulled: Firms, elsewhere: Elsewhere) -> None:
    publisher = pulled.publisher
    publisher.intake.incoming()
    assert publisher.look_around(AT)
    pulled.settle()
    (made,) = publisher.intake.submissions("firms")
    assert (made.state, made.arrival.origin) == ("published", "pull")
    asked = elsewhere.asked
    assert not publisher.look_around(AT + timedelta(hours=23))
    assert elsewhere.asked == asked
    assert not publisher.intake.is_due(AT + timedelta(hours=23))
    assert publisher.intake.is_due(AT + timedelta(hours=25))
    assert not publisher.look_around(AT + timedelta(hours=25))  # the same content
    assert elsewhere.asked > asked
    elsewhere.content = table("Firm new")
    assert publisher.look_around(AT + timedelta(hours=50))
    assert len(publisher.intake.ids("firms")) == 2


def test_an_address_that_does_not_answer_is_tried_again_and_loses_nothing(pulled: Firms, elsewhere: Elsewhere) -> None:
    publisher = pulled.publisher
    publisher.intake.incoming()
    elsewhere.status = 404
    assert not publisher.look_around(AT)
    assert publisher.intake.ids("firms") == []
    assert publisher.intake.is_due(AT + timedelta(hours=25))
    elsewhere.status = 200
    assert publisher.look_around(AT + timedelta(hours=25))


def test_nothing_is_planned_when_nobody_wants_it(firms: Firms) -> None:
    firms.publisher.intake.incoming()
    assert not firms.publisher.look_around(AT)
    assert not firms.publisher.intake.is_due(AT + timedelta(days=1000))
