"""Sending files: who may, what is taken, what is told (contract, lines 9 and 38)."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from eclod.core.settings import Settings
from eclod.store.inprocess import InProcessEngine
from eclod.store.intake import Intake
from eclod.store.releases import Releases
from eclod.store.submission import Counts, Submission
from eclod.store.tokens import FILE, Tokens
from eclod.web.app import create_app

from .conftest import Client, FoundEverywhere

CSV = b"id;name\n1;Firm\n"
HTML = {"Accept": "text/html"}


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, upload_mb=1)


@pytest.fixture
def client(own: Settings, engine: InProcessEngine) -> FlaskClient:
    app = create_app(own, engine, Releases(own.data), FoundEverywhere())
    return Client(app, app.response_class)


@pytest.fixture
def token(own: Settings) -> str:
    return Tokens(own.data / FILE).create("dk")[1]


@pytest.fixture
def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def push(
    client: FlaskClient, headers: dict[str, str], body: bytes = CSV, name: str = "dk", **more: Any
) -> TestResponse:
    return client.post(
        f"/registries/{name}/submissions", data=body, headers={"Content-Type": "text/csv", **headers}, **more
    )


def only(own: Settings) -> Submission:
    (found,) = Intake(own.data).submissions("dk")
    return found


def test_a_file_is_taken_in_and_its_page_is_named(client: FlaskClient, own: Settings, bearer: dict[str, str]) -> None:
    answer = push(client, bearer, query_string={"filename": "firms.csv"})
    made = only(own)
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/registries/dk/submissions/{made.id}"
    assert f"{made.id}?key={made.arrival.key}" in answer.headers["Link"]
    assert (made.content.read_bytes(), made.arrival.file, made.state) == (CSV, "firms.csv", "received")
    assert answer.json is not None
    assert (answer.json["id"], answer.json["state"], answer.json["new"]) == (made.id, "received", True)
    assert client.get(answer.headers["Location"], headers=bearer).json == {
        key: value for key, value in answer.json.items() if key != "new"
    }


def test_the_same_content_again_changes_nothing_and_says_so(
    client: FlaskClient, own: Settings, bearer: dict[str, str]
) -> None:
    first, again = push(client, bearer), push(client, bearer)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.json is not None
    assert again.json["message"].startswith("This content was sent before: nothing changed.")
    assert only(own).id == again.json["id"]


@pytest.mark.parametrize("name", ["dk", "nobody", "lu", "..", "a b"])
@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer x",
        "Basic ZGs6eA==",
        "Bearer eclod_00000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "Bearer \xe9",
    ],
)
def test_without_a_token_nothing_is_said_about_what_there_is(
    client: FlaskClient, own: Settings, token: str, name: str, authorization: str | None
) -> None:
    """Contract, line 38: a wrong or missing token gets 401 or 403 and not a word about what exists."""
    headers = {} if authorization is None else {"Authorization": authorization}
    there = client.get("/registries/dk/submissions/20260102T030405000678Z", headers=headers)
    for answer in (
        push(client, headers, name=name),
        client.get(f"/registries/{name}/submissions", headers=headers),
        client.get(f"/registries/{name}/submissions/20260102T030405000678Z", headers=headers),
        client.get(f"/registries/{name}/submissions/20260102T030405000678Z/report.ttl", headers=headers),
        client.post(f"/registries/{name}/submissions/20260102T030405000678Z/publication", headers=headers),
    ):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.data == there.data
    assert Intake(own.data).registries() == []


def test_a_token_opens_its_own_registry_only(client: FlaskClient, own: Settings, bearer: dict[str, str]) -> None:
    push(client, bearer)
    other = {"Authorization": f"Bearer {Tokens(own.data / FILE).create('lu')[1]}"}
    name = only(own).id
    answers = [
        push(client, other),
        push(client, other, name="nobody"),
        client.get("/registries/dk/submissions", headers=other),
        client.get(f"/registries/dk/submissions/{name}", headers=other),
        client.get("/registries/nobody/submissions/x", headers=other),
        client.post(f"/registries/dk/submissions/{name}/publication", headers=other),
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.data for answer in answers}) == 1


def test_a_revoked_token_opens_nothing(client: FlaskClient, own: Settings, bearer: dict[str, str]) -> None:
    tokens = Tokens(own.data / FILE)
    assert push(client, bearer).status_code == 202
    tokens.revoke("dk", tokens.of_registry("dk")[0].id)
    assert push(client, bearer).status_code == 401


def test_what_is_private_is_kept_by_nobody(client: FlaskClient, own: Settings, bearer: dict[str, str]) -> None:
    """Contract, line 9; and the same for the link that can be mailed."""
    push(client, bearer)
    made = only(own)
    page = f"/registries/dk/submissions/{made.id}"
    for path, headers in (
        ("/registries/dk/submissions", bearer),
        (page, bearer),
        (f"{page}?key={made.arrival.key}", {}),
        (f"{page}/files/delivery.csv?key={made.arrival.key}", {}),
    ):
        answer = client.get(path, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "Authorization" in answer.headers["Vary"]
        assert answer.headers.getlist("Referrer-Policy") == ["no-referrer"]
        assert "Set-Cookie" not in answer.headers


def test_the_link_opens_one_submission_and_changes_nothing(
    client: FlaskClient, own: Settings, bearer: dict[str, str]
) -> None:
    """Contract, line 39: the registry sees its own state and report at a link it can mail."""
    push(client, bearer)
    first = only(own)
    push(client, bearer, b"other")
    second = Intake(own.data).submissions("dk")[1]
    key = first.arrival.key
    assert client.get(f"/registries/dk/submissions/{first.id}?key={key}").status_code == 200
    for path in (
        f"/registries/dk/submissions/{second.id}?key={key}",
        f"/registries/dk/submissions/{first.id}?key={key[:-1]}",
        f"/registries/dk/submissions/{first.id}?key={key}%C3%A9",
        f"/registries/nobody/submissions/{first.id}?key={key}",
    ):
        assert client.get(path).status_code == 403
    assert client.get(f"/registries/dk/submissions?key={key}").status_code == 401
    assert client.post(f"/registries/dk/submissions/{first.id}/publication?key={key}").status_code == 401


@pytest.mark.parametrize(
    ("headers", "query", "body", "status", "file"),
    [
        ({"Content-Type": "text/csv; charset=utf-8"}, "", CSV, 202, "delivery.csv"),
        ({"Content-Type": "application/geo+json"}, "", b"{}", 202, "delivery.geojson"),
        ({"Content-Type": "text/turtle"}, "", b"<a:b> <a:c> 1 .", 202, "delivery.ttl"),
        ({"Content-Type": "application/octet-stream"}, "filename=../x.xlsx", b"PK", 202, "x.xlsx"),
        ({"Content-Disposition": 'attachment; filename="f.csv"', "Content-Type": "a/b"}, "", CSV, 202, "f.csv"),
        ({"Content-Type": "application/octet-stream"}, "", CSV, 415, ""),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "", CSV, 415, ""),
        ({"Content-Type": "text/csv", "Content-Encoding": "gzip"}, "", CSV, 415, ""),
        ({"Content-Type": "text/csv"}, "", b"", 400, ""),
        ({"Content-Type": "text/csv"}, "", b" " * (1 << 20), 202, "delivery.csv"),
        ({"Content-Type": "text/csv"}, "", b" " * ((1 << 20) + 1), 413, ""),
    ],
)
def test_what_is_taken_and_under_which_name(
    client: FlaskClient,
    own: Settings,
    bearer: dict[str, str],
    headers: dict[str, str],
    query: str,
    body: bytes,
    status: int,
    file: str,
) -> None:
    answer = client.post("/registries/dk/submissions", query_string=query, data=body, headers=bearer | headers)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == ("application/json" if status == 202 else "application/problem+json")
    assert [each.arrival.file for each in Intake(own.data).submissions("dk")] == ([file] if file else [])
    assert not list((own.data / "intake" / ".incoming").glob("*"))


def test_a_length_that_is_not_said_is_asked_for(client: FlaskClient, own: Settings, bearer: dict[str, str]) -> None:
    """Chunks that break off cannot be told from chunks that end (contract, line 38: half a push leaves nothing)."""
    answer = client.post(
        "/registries/dk/submissions",
        input_stream=io.BytesIO(CSV),
        headers=bearer | {"Content-Type": "text/csv", "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 411
    assert Intake(own.data).registries() == []


def test_a_person_sends_a_file_by_the_form_and_is_led_to_its_page(
    client: FlaskClient, own: Settings, token: str
) -> None:
    asked = client.get("/registries/dk/submissions", headers=HTML)
    assert asked.status_code == 401
    assert b'type="password"' in asked.data
    assert client.get("/registries/nobody/submissions", headers=HTML).data == asked.data.replace(
        b"/registries/dk/", b"/registries/nobody/"
    )
    form = {"token": token, "file": (io.BytesIO(CSV), "Müller & Söhne.csv")}
    answer = client.post("/registries/dk/submissions", data=form, headers=HTML)
    made = only(own)
    assert made.arrival.file == "Müller _ Söhne.csv"
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        f"/registries/dk/submissions/{made.id}?key={made.arrival.key}",
    )
    page = client.get(answer.headers["Location"], headers=HTML)
    assert page.status_code == 200
    assert 'http-equiv="refresh"' in page.text
    assert "Müller _ Söhne.csv" in page.text
    listed = client.post("/registries/dk/submissions/list", data={"token": token}, headers=HTML)
    assert made.arrival.key in listed.text


@pytest.mark.parametrize("size", [5_000, 100_000, 400_000])
def test_a_form_takes_files_of_any_size_below_the_limit(
    client: FlaskClient, own: Settings, token: str, size: int
) -> None:
    content = CSV + b"x" * size
    form = {"token": token, "file": (io.BytesIO(content), "a.csv")}
    answer = client.post("/registries/dk/submissions", data=form, headers=HTML)
    assert answer.status_code == 303
    assert only(own).content.read_bytes() == content


def test_a_form_without_the_token_or_the_file_does_nothing(client: FlaskClient, own: Settings, token: str) -> None:
    for form, status in (
        ({"file": (io.BytesIO(CSV), "a.csv")}, 401),
        ({"token": "x", "file": (io.BytesIO(CSV), "a.csv")}, 401),
        ({"token": "x" * 5000, "file": (io.BytesIO(CSV), "a.csv")}, 413),
        ({"token": token}, 400),
        ({"token": token, "a": (io.BytesIO(CSV), "a.csv"), "b": (io.BytesIO(CSV), "b.csv")}, 400),
    ):
        answer = client.post("/registries/dk/submissions", data=form, content_type="multipart/form-data")
        assert answer.status_code == status
    assert Intake(own.data).registries() == []


def test_what_waits_is_promoted_with_the_token_only(
    client: FlaskClient, own: Settings, token: str, bearer: dict[str, str]
) -> None:
    push(client, bearer)
    intake = Intake(own.data)
    made = intake.advance(only(own), state="waiting", message="It changes a lot.")
    address = f"/registries/dk/submissions/{made.id}/publication"
    page = client.get(f"/registries/dk/submissions/{made.id}?key={made.arrival.key}", headers=HTML)
    assert f'action="{address}"' in page.text
    assert client.post(address, data={"token": "x"}, headers=HTML).status_code == 401
    assert client.post(address, json={"token": token}).status_code == 415
    assert only(own).approval() is None
    assert client.post(address, data={"token": token}, headers=HTML).status_code == 303
    approval = only(own).approval()
    assert approval is not None
    assert approval.token == token.split("_")[1]
    page = client.get(f"/registries/dk/submissions/{made.id}?key={made.arrival.key}", headers=HTML)
    assert "Promoted, and is being published" in page.text
    assert 'http-equiv="refresh"' in page.text
    assert f'action="{address}"' not in page.text
    intake.advance(made, state="published")
    assert client.post(address, headers=bearer).status_code == 400


def test_reports_come_in_the_format_asked_for(client: FlaskClient, own: Settings, bearer: dict[str, str]) -> None:
    push(client, bearer)
    made = only(own)
    here = f"/registries/dk/submissions/{made.id}/report"
    assert client.get(here, headers=bearer).status_code == 404
    made.report.mkdir()
    for name, content in {
        "report.html": "<style>a{}</style>",
        "report.json": "{}",
        "problems.csv": "file",
        "report.ttl": "# none",
        "delivery.checked.csv": "id",
    }.items():
        (made.report / name).write_text(content, encoding="utf-8")
    Intake(own.data).advance(made, state="refused", counts=Counts(read=1, rejected=1))
    for accept, suffix, media in (
        ("text/html", "", "text/html; charset=utf-8"),
        ("*/*", "", "application/json"),
        ("text/turtle", "", "text/turtle; charset=utf-8"),
        ("*/*", ".csv", "text/csv; charset=utf-8"),
        ("*/*", ".html", "text/html; charset=utf-8"),
    ):
        answer = client.get(here + suffix, headers=bearer | {"Accept": accept})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, media)
        if "html" in media:
            assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert client.get(here, headers=bearer | {"Accept": "image/png"}).status_code == 406
    assert client.get(here + ".docx", headers=bearer).status_code == 404
    shown = client.get(f"/registries/dk/submissions/{made.id}?key={made.arrival.key}").json
    assert shown is not None
    assert len(shown["files"]) == 6
    assert shown["counts"] == {"read": 1, "rejected": 1}
    for address in shown["files"].values():
        assert client.get(address).status_code == 200
    for file in ("state.json", "..%2Fstate.json", "arrival.json", "%2e%2e"):
        assert client.get(f"/registries/dk/submissions/{made.id}/files/{file}", headers=bearer).status_code == 404


def test_a_file_is_never_shown_as_a_page_of_ours(client: FlaskClient, own: Settings, bearer: dict[str, str]) -> None:
    push(client, bearer, b"<script>alert(1)</script>", query_string={"filename": "x.html"})
    answer = client.get(f"/registries/dk/submissions/{only(own).id}/files/x.html", headers=bearer)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_browser_elsewhere_may_ask_with_a_token(client: FlaskClient) -> None:
    asked = {"Access-Control-Request-Method": "PUT", "Origin": "https://example.org"}
    answer = client.options("/graphs?graph=a:b", headers=asked)
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_too_many_that_wait_are_told_when_to_come_again(client: FlaskClient, bearer: dict[str, str]) -> None:
    for number in range(20):
        assert push(client, bearer, str(number).encode()).status_code == 202
    answer = push(client, bearer, b"one more")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert json.loads(answer.data)["title"]
