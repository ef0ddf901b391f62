"""A copy that follows a feed is the dump, whatever happened to the service and to the follower."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx
import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from tests.following.conftest import HOST, Service
from tests.store.feed.test_announcing import Site, life, says, thing
from tests.web.conftest import FoundEverywhere

from eclod.core.errors import BadInput, Damaged, EndpointFailed, Locked, NotAllowed, NotConforming, TooLarge
from eclod.core.settings import Settings
from eclod.following import commands, follower, source
from eclod.following.copy import STORE, Copy
from eclod.following.follower import Follower, Progress
from eclod.following.source import Source
from eclod.store import identities, lines
from eclod.store.feed import announcing
from eclod.store.inprocess import InProcessEngine
from eclod.web.app import create_app


@contextmanager
def following(folder: Path, service: Service, address: str = f"{HOST}/feed") -> Iterator[tuple[Follower, Copy]]:
    reader = Source(address, sleep=lambda _: None, transport=service)
    with Copy(folder) as copy:
        yield Follower(reader, copy), copy
    reader.close()


def look(folder: Path, service: Service, address: str = f"{HOST}/feed", again: bool = False) -> Progress:
    with following(folder, service, address) as (subject, _):
        return subject.look(again)


def content(folder: Path) -> list[bytes]:
    return lines.of_store(ox.Store.read_only(str(folder / STORE)))


def history(site: Site) -> Iterator[None]:
    """Publish releases that create, change and delete, with parts of things, and go back once."""
    part = f'<{thing("a")}> <urn:part> <{thing("a")}#x> .\n<{thing("a")}#x> <urn:p> "x" .'
    ontology = "<urn:vocabulary#term> <urn:p> <urn:o> ."
    site.publish(*(says(f"t{n}", "1") for n in range(9)), says("a", "1"), part, ontology)
    yield
    site.publish(*(says(f"t{n}", "1", str(n)) for n in range(3, 12)), says("a", "2"), ontology)
    yield
    site.publish(says("a", "3"), part, life=life("t3", "merged", "a"))
    yield
    site.releases.rollback()
    announcing.bring_up_to_date(site.releases, datetime(2026, 5, 5, tzinfo=UTC))
    yield
    retired = "\n".join([life("t3", "merged", "a"), life("t4", "erased")])
    site.publish(says("a", "4"), part, part.replace("#x", "#y"), life=retired)
    yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "copy"


def test_a_copy_is_in_step_after_each_release(site: Site, service: Service, folder: Path) -> None:
    """Contract, line 32: and so is one that was begun at any other time."""
    for number, _ in enumerate(history(site)):
        progress = look(folder, service)
        assert content(folder) == site.dump()
        assert progress.sha256 == lines.sha256(site.dump())
        assert look(tmp := folder.with_name(f"begun-{number}"), service).members == site.feed.head().members
        assert content(tmp) == site.dump()
    for number in range(5):
        look(old := folder.with_name(f"begun-{number}"), service)
        assert content(old) == site.dump()
    assert number == 4
    with Copy(folder) as copy:
        assert copy.sha256() == site.feed.head().sha256
        assert copy.things() == 1
        said = dict(copy.gone())
    assert f"<{identities.REPLACED_BY}> <{thing('a')}>" in said[thing("t3")]
    assert said[thing("t4")] == ""


@pytest.mark.parametrize("suffix", ["", ".nq", ".trig", ".jsonld", "/"])
def test_any_address_of_the_root_will_do(site: Site, service: Service, folder: Path, suffix: str) -> None:
    for _ in history(site):
        look(folder, service, f"{HOST}/feed{suffix}")
    assert content(folder) == site.dump()


@pytest.mark.parametrize("media_type", ["application/trig", "application/ld+json"])
def test_other_formats_are_read_as_well(
    site: Site, service: Service, folder: Path, media_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_ACCEPT", media_type)
    for _ in history(site):
        look(folder, service)
    assert content(folder) == site.dump()


def test_nothing_new_costs_one_request(site: Site, service: Service, folder: Path) -> None:
    for _ in history(site):
        look(folder, service)
    service.asked.clear()
    before = len(site.feed.head().pages)
    assert look(folder, service) == Progress()
    assert service.asked == [("/feed", 304)]
    site.publish(says("a", "5"))
    look(folder, service)
    pages = len(site.feed.head().pages)
    assert service.asked[1:] == [("/feed", 200), *((f"/feed/pages/{n}", 200) for n in range(before, pages + 1))]


def test_batches_give_the_same(site: Site, service: Service, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "BATCH", 1)
    for _ in history(site):
        pass
    look(folder, service)
    assert content(folder) == site.dump()


DYING = Path(__file__).with_name("dying.py")


@pytest.mark.parametrize("moment", range(1, 40, 3))
def test_a_kill_at_any_moment_is_gone_on_from(site: Site, folder: Path, moment: int, service: Service) -> None:
    """Contract, lines 32 and 40: kill the follower in the middle, go on, compare the hash of the copy with the dump."""
    for _ in history(site):
        pass
    with served(site) as address:
        command = [sys.executable, "-W", "ignore", str(DYING), address, str(folder), str(moment)]
        assert subprocess.run(command, timeout=120, check=False).returncode == -signal.SIGKILL
    look(folder, service)
    with Copy(folder) as copy:
        assert copy.sha256() == site.feed.head().sha256
    assert content(folder) == site.dump()


@contextmanager
def served(site: Site) -> Iterator[str]:
    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    app = create_app(
        Settings(data=site.releases.data), InProcessEngine(ox.Store(), "r"), site.releases, FoundEverywhere()
    )
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/feed"
        finally:
            server.shutdown()
            thread.join()


def test_a_feed_that_was_begun_anew_is_noticed(site: Site, service: Service, folder: Path, tmp_path: Path) -> None:
    for _ in history(site):
        look(folder, service)
    shutil.rmtree(site.feed.folder)
    site.publish(says("a", "9"))
    assert site.feed.head().last < "2026-02"
    with pytest.raises(Damaged, match="begun anew"):
        look(folder, service)


def test_the_copy_of_another_feed_is_left_alone(site: Site, service: Service, folder: Path) -> None:
    site.publish(says("a", "1"))
    look(folder, service)
    with Copy(folder) as copy:
        copy.note(stream="urn:another", root_etag="")
    with pytest.raises(BadInput, match="another folder"):
        look(folder, service)


def test_one_process_at_a_time(folder: Path) -> None:
    with Copy(folder), pytest.raises(Locked):
        Copy(folder)


def test_it_waits_as_it_is_asked_to(site: Site, service: Service, folder: Path) -> None:
    site.publish(says("a", "1"))
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    answers = [(429, "7"), (503, soon), (503, "999999"), (502, None), (504, "soon")]

    def busy(request: httpx.Request) -> httpx.Response | None:
        if not answers:
            return None
        status, after = answers.pop(0)
        return httpx.Response(status, headers={"Retry-After": after} if after else {})

    service.before = busy
    waited: list[float] = []
    reader = Source(f"{HOST}/feed", sleep=waited.append, transport=service)
    with Copy(folder) as copy:
        Follower(reader, copy).look()
    assert waited[0] == 7
    assert 60 < waited[1] <= 90
    assert waited[2:] == [3600, 8, 16]
    assert content(folder) == site.dump()


def test_it_gives_up_after_a_while_and_keeps_what_it_has(
    site: Site, service: Service, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in history(site):
        pass
    monkeypatch.setattr(follower, "BATCH", 1)

    def down(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/feed/pages/5":
            raise httpx.ConnectError("refused")
        return None

    service.before = down
    with pytest.raises(EndpointFailed, match="8 times in a row"):
        look(folder, service)
    service.before = lambda _: None
    service.asked.clear()
    look(folder, service)
    assert ("/feed/pages/1", 200) not in service.asked, "it goes on where it was"
    assert content(folder) == site.dump()


def test_it_does_not_leave_the_origin_of_the_feed(site: Site, service: Service, folder: Path) -> None:
    site.publish(says("a", "1"))

    def elsewhere(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/feed/pages/1":
            return httpx.Response(302, headers={"Location": "http://169.254.169.254/feed/pages/1"})
        return None

    service.before = elsewhere
    with pytest.raises(NotAllowed, match="outside"):
        look(folder, service)
    text = service_text(service, "/feed.nq").replace("https://w3id.org/eclod/feed/pages/1", "http://other.example/1")

    def lie(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/feed":
            return httpx.Response(200, headers={"Content-Type": "application/n-quads"}, text=text)
        return None

    service.before = lie
    with pytest.raises(NotAllowed, match=r"other\.example"):
        look(folder, service)
    assert not [path for path, _ in service.asked if path == "/1"]


def service_text(service: Service, path: str) -> str:
    service.before = lambda _: None
    with httpx.Client(transport=service) as client:
        return client.get(HOST + path).text


def test_the_root_may_send_elsewhere_but_not_from_https_to_http(site: Site, service: Service, folder: Path) -> None:
    site.publish(says("a", "1"))

    def permanent(request: httpx.Request) -> httpx.Response | None:
        if request.url.host == "w3id.example":
            return httpx.Response(301, headers={"Location": f"{HOST}/feed"})
        return None

    service.before = permanent
    look(folder, service, "http://w3id.example/eclod/feed")
    assert content(folder) == site.dump()
    with pytest.raises(NotAllowed, match="nobody vouches"):
        look(folder.with_name("other"), service, "https://w3id.example/eclod/feed")


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://x/feed", "feed", ""])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadInput):
        Source(address)


def test_what_is_no_feed_is_refused(
    site: Site, service: Service, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.publish(says("a", "1"))
    for path, error in (("/feed.html", EndpointFailed), ("/nothing", EndpointFailed), ("/feed/pages/1", BadInput)):
        with pytest.raises(error):
            look(folder, service, HOST + path)
    monkeypatch.setattr(source, "LARGEST", 100)
    with pytest.raises(TooLarge):
        look(folder, service)


FOREIGN = """
@prefix as: <https://www.w3.org/ns/activitystreams#> .
@prefix ldes: <https://w3id.org/ldes#> .
@prefix tree: <https://w3id.org/tree#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<#Feed> a ldes:EventStream ; tree:view <> ; tree:member <#1>, <#2>, <#3> .
<#1> a as:Create ; as:object <urn:a> ; as:published "2023-10-01T12:00:00Z"^^xsd:dateTime .
<#1> { <urn:a> <urn:contact> [ <urn:name> "b" ] . }
<#2> a as:Create ; as:object <urn:b> ; as:published "2023-10-01T14:00:00+02:00"^^xsd:dateTime .
<#2> { <urn:b> <urn:p> "b" . }
<#3> a as:Remove ; as:object <urn:b> ; as:published "2023-10-01T13:00:00.5Z"^^xsd:dateTime .
<> tree:relation [ a tree:GreaterThanRelation ; tree:node <more> ; tree:path as:published ;
                   tree:value "2023-10-02T00:00:00Z"^^xsd:dateTime ] .
"""
MORE = """
@prefix as: <https://www.w3.org/ns/activitystreams#> .
<#Feed> <https://w3id.org/tree#member> <#4> .
<#4> as:object <urn:a> ; as:published "2023-10-03" .
<#4> { <urn:a> <urn:p> "changed" . }
"""


def test_feeds_of_others_that_keep_to_dcat_ap_feeds_are_followed(service: Service, folder: Path) -> None:
    def other(request: httpx.Request) -> httpx.Response:
        text = {"/ldes/feed": FOREIGN, "/ldes/more": MORE}[request.url.path]
        return httpx.Response(200, headers={"Content-Type": "application/trig"}, text=text)

    service.before = other
    assert look(folder, service, "https://other.example/ldes/feed").members == 4
    assert content(folder) == [b'<urn:a> <urn:p> "changed" .']


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(commands.follow, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_the_command(site: Site, folder: Path) -> None:
    for _ in history(site):
        pass
    with served(site) as address:
        code, said = run(address, "--into", str(folder), "--once", "--verify")
        assert code == 0
        assert f"sha256 {site.feed.head().sha256}" in said
        assert "3 pages" not in said
        site.publish(says("b", "1"))
        code, said = run(address, "--into", str(folder), "--once", "--json")
        assert json.loads(said)["members"] == 2
        with Copy(folder) as copy:
            copy._store.add(ox.Quad(ox.NamedNode("urn:x"), ox.NamedNode("urn:x"), ox.NamedNode("urn:x")))
        with pytest.raises(NotConforming):
            run(address, "--into", str(folder), "--once", "--verify")
