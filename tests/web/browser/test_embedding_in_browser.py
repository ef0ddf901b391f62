"""Cards, elements and the picker in pages of another origin, under a policy that allows nothing but them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect
from tests.web.conftest import BASE, CLUSTER, UNKNOWN

from .conftest import NEEDS, Visit

pytestmark = NEEDS
THING = f"{BASE}/id/cluster/{CLUSTER}"
UNKNOWN_CARD = f"{UNKNOWN}?view=card"
PAGE = """<!doctype html><html lang="LANGUAGE"><title>A portal</title>
<script type="module" src="HERE/embed/eclod.js"></script>
<iframe src="HERE/doc/cluster/CLUSTER?view=card" title="Card" width="400" height="240"></iframe>
<eclod-cluster src="THING" id="known"></eclod-cluster>
<eclod-cluster src="HERE/doc/cluster/CLUSTER" id="by-address"></eclod-cluster>
<eclod-cluster src="cluster/UNKNOWN" id="unknown"></eclod-cluster>
<form id="form" action="/sent"><eclod-picker name="cluster" kind="cluster"></eclod-picker><button>Send</button></form>
"""


@pytest.fixture(scope="module")
def portal(address: str) -> Iterator[str]:
    """Another origin, with a strict policy."""

    class Portal(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            language = "de" if self.path.startswith("/de") else "da"
            words = {"LANGUAGE": language, "HERE": address, "THING": THING, "CLUSTER": CLUSTER, "UNKNOWN": UNKNOWN}
            body = PAGE
            for name, word in words.items():
                body = body.replace(name, word)
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header(
                "Content-Security-Policy",
                f"default-src 'none'; script-src {address}; connect-src {address}; frame-src {address}; "
                "form-action 'self'; require-trusted-types-for 'script'",
            )
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_cards_of_both_sorts_show_in_a_page_of_another_origin(desk: Visit, portal: str) -> None:
    page = desk.page
    page.goto(f"{portal}/")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading")).to_have_text("Medicon Valley Alliance")
    expect(frame.locator("body")).to_contain_text("Nørregade 10")
    # In the language of the page around it, from an identifier and from an address.
    for element in ("#known", "#by-address"):
        expect(page.locator(element)).to_contain_text("Medicon-dalens alliance")
        expect(page.locator(element).get_by_role("link").first).to_have_attribute(
            "href", f"{page.frames[1].url.partition('/doc/')[0]}/doc/cluster/{CLUSTER}"
        )
    expect(page.locator("#unknown")).to_contain_text("cannot be shown")
    assert [c for c in desk.complaints if "404" not in c and "favicon" not in c] == []


def test_the_frame_of_an_unknown_card_says_so_and_one_seen_before_is_shown_again(desk: Visit, portal: str) -> None:
    page = desk.page
    page.goto(f"{portal}/")
    page.locator("iframe").evaluate("(frame, code) => { frame.src = frame.src.replace(/[^/]*$/, code) }", UNKNOWN_CARD)
    expect(page.frame_locator("iframe").locator("body")).to_contain_text(f"There is no cluster {UNKNOWN}")
    for _ in range(2):  # the second time it is asked for with the tag of the first
        page.goto(f"{portal}/")
        expect(page.frame_locator("iframe").get_by_role("heading")).to_have_text("Medicon Valley Alliance")


def test_a_card_follows_the_language_of_the_page_around_it(desk: Visit, portal: str) -> None:
    desk.page.goto(f"{portal}/de")
    expect(desk.page.locator("#known")).to_contain_text("Mehr dazu")
    desk.page.locator("#known").evaluate("element => element.setAttribute('src', 'nonsense')")
    expect(desk.page.locator("#known")).to_contain_text("Das kann gerade nicht gezeigt werden.")


def test_the_picker_is_used_with_the_keyboard_and_sent_with_its_form(desk: Visit, portal: str) -> None:
    page = desk.page
    page.goto(f"{portal}/")
    page.evaluate("document.addEventListener('change', event => { window.told = event.detail })")
    field = page.get_by_role("combobox")
    field.press_sequentially("medicon")
    expect(page.get_by_role("option").first).to_contain_text("Medicon Valley Alliance")
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("ArrowDown")
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    field.press("Enter")
    expect(page.get_by_role("option")).to_have_count(0)
    assert page.evaluate("document.querySelector('eclod-picker').value") == THING
    assert page.evaluate("window.told.iri") == THING
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/sent?**")
    assert page.url.endswith(f"/sent?cluster={THING.replace(':', '%3A').replace('/', '%2F')}")


def test_what_was_picked_is_gone_when_one_types_on(desk: Visit, portal: str) -> None:
    page = desk.page
    page.goto(f"{portal}/")
    field = page.get_by_role("combobox")
    field.press_sequentially("medicon")
    page.get_by_role("option").first.click()
    assert page.evaluate("document.querySelector('eclod-picker').value") == THING
    field.press_sequentially("x")
    assert page.evaluate("document.querySelector('eclod-picker').value") == ""
    page.evaluate("document.querySelector('form').reset()")
    expect(field).to_have_value("")


def test_our_own_page_shows_all_of_it(page: object, desk: Visit) -> None:
    desk.page.goto("/embed")
    expect(desk.page.locator("eclod-cluster")).to_contain_text("Medicon Valley Alliance")
    expect(desk.page.frame_locator("iframe").get_by_role("heading")).to_have_text("Medicon Valley Alliance")
    expect(desk.page.get_by_role("combobox")).to_be_visible()


def test_a_required_picker_waits_until_something_is_chosen(desk: Visit, portal: str) -> None:
    page = desk.page
    page.goto(f"{portal}/")
    page.evaluate("document.querySelector('eclod-picker').toggleAttribute('required', true)")
    page.get_by_role("combobox").press_sequentially("medicon")
    assert not page.evaluate("document.querySelector('form').checkValidity()")
    page.get_by_role("option").first.click()
    assert page.evaluate("document.querySelector('form').checkValidity()")
    assert page.evaluate("document.querySelector('eclod-picker').checkValidity()")
