"""Suggestions below the search box: with keys, with a mouse, and nothing lost without scripts."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from .conftest import NEEDS, Visit

pytestmark = NEEDS
LABEL = "Medicon Valley Alliance"


def test_an_arrow_key_and_enter_lead_to_a_suggestion(phone: Visit) -> None:
    page = phone.page
    page.goto("/")
    box = page.get_by_role("combobox")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press_sequentially("medi")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    expect(options.first).to_contain_text(LABEL)
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("Escape")
    expect(options).to_have_count(0)  # hidden ones have no role
    box.press_sequentially("con")
    expect(options.first).to_contain_text("Denmark")
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(LABEL)


def test_a_click_leads_to_a_suggestion_and_enter_searches(desk: Visit) -> None:
    page = desk.page
    page.goto("/search")
    box = page.get_by_role("combobox")
    box.press_sequentially("medicon")
    page.get_by_role("option").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(LABEL)
    page.goto("/search")
    page.get_by_role("combobox").press_sequentially("medicon")
    expect(page.get_by_role("option").first).to_be_visible()
    page.get_by_role("combobox").press("Enter")
    expect(page).to_have_url(page.url.partition("/search")[0] + "/search?q=medicon")


def test_the_search_works_without_scripts(browser: Browser, address: str) -> None:
    visitor = browser.new_context(base_url=address, java_script_enabled=False)
    page = visitor.new_page()
    page.goto("/")
    page.get_by_role("searchbox").fill("medicon")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("link", name=LABEL).first).to_be_visible()
    visitor.close()
