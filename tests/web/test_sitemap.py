"""What crawlers read."""

from __future__ import annotations

import gzip
import re
import urllib.robotparser
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from eclod.core.settings import Settings
from eclod.rdf.feed.model import Kind
from eclod.store.feed.log import Log, News
from eclod.web.context import Service
from eclod.web.pages import sitemap

from .conftest import BASE, CLUSTER

HERE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def locations(body: bytes) -> list[str]:
    root = ElementTree.fromstring(body)
    assert all(re.fullmatch(r"2026-01-02", entry.findtext(f"{HERE}lastmod") or "") for entry in root)
    return [entry.findtext(f"{HERE}loc") or "" for entry in root]


def everything(client: FlaskClient) -> dict[str, list[str]]:
    index = client.get("/sitemap.xml", base_url=BASE.removesuffix("/eclod"))
    assert index.mimetype == "application/xml"
    found = {}
    for address in locations(index.data):
        response = client.get(address.removeprefix(BASE), base_url="https://w3id.org")
        assert response.mimetype == "application/gzip"
        found[address] = locations(gzip.decompress(response.data))
    return found


def test_every_thing_is_in_the_sitemap_once(client: FlaskClient) -> None:
    parts = everything(client)
    assert list(parts) == [f"{BASE}/sitemap-0.xml.gz", f"{BASE}/sitemap-1.xml.gz"]
    things = parts[f"{BASE}/sitemap-1.xml.gz"]
    assert f"{BASE}/doc/cluster/{CLUSTER}" in things
    assert len(things) == len(set(things)) >= 4
    for address in [*parts[f"{BASE}/sitemap-0.xml.gz"], *things[:3]]:
        path = address.removeprefix(BASE)
        status = client.get(path, headers={"Accept": "text/html"}).status_code
        assert status == 200, path
    assert client.get("/sitemap-2.xml.gz").status_code == 404


def test_a_page_is_as_old_as_what_the_feed_last_said_of_its_thing(
    client: FlaskClient, settings: Settings, tmp_path: Path
) -> None:
    """What never was in the feed has the day of the release; a part, that of its newest page."""
    service: Service = client.application.extensions["eclod"]
    log = Log(tmp_path / "feed")
    at = datetime(2025, 11, 30, tzinfo=UTC)
    news = [News(Kind.CREATE, f"{BASE}/id/cluster/{CLUSTER}", b"<a:# 9> <b:c> <d:e> .\n")]
    log.save(log.append(log.head(), news, at).model_copy(update={"last": at.isoformat()}))
    feed, service.feed = service.feed, log
    service._newest.pop("sitemap", None)
    try:
        body = gzip.decompress(client.get("/sitemap-1.xml.gz").data)
        index = client.get("/sitemap.xml").text
    finally:
        service.feed = feed
        service._newest.pop("sitemap", None)
    days = {entry.findtext(f"{HERE}loc"): entry.findtext(f"{HERE}lastmod") for entry in ElementTree.fromstring(body)}
    assert days.pop(f"http://localhost/doc/cluster/{CLUSTER}") == "2025-11-30"
    assert set(days.values()) == {"2026-01-02"}
    assert index.count("<lastmod>2026-01-02</lastmod>") == 2


def test_parts_are_no_longer_than_they_may_be(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sitemap.MOST == 50_000
    monkeypatch.setattr(sitemap, "MOST", 2)
    client.application.extensions["eclod"]._newest.pop("sitemap", None)
    parts = everything(client)
    assert len(parts) >= 3
    assert all(len(addresses) <= 2 for address, addresses in parts.items() if not address.endswith("sitemap-0.xml.gz"))
    client.application.extensions["eclod"]._newest.pop("sitemap", None)


def test_robots_may_read_pages_and_no_queries(client: FlaskClient) -> None:
    response = client.get("/robots.txt")
    assert response.content_type == "text/plain; charset=utf-8"
    rules = urllib.robotparser.RobotFileParser()
    rules.parse(response.text.splitlines())
    assert rules.can_fetch("anybody", f"/doc/cluster/{CLUSTER}")
    assert rules.can_fetch("anybody", "/sparql")
    assert not rules.can_fetch("anybody", "/sparql?query=ASK%20{}")
    assert rules.site_maps() == ["http://localhost/sitemap.xml"]
    assert client.get("/robots.txt", headers={"Host": "evil.example"}).text.endswith(f"Sitemap: {BASE}/sitemap.xml\n")
