"""Replies and tasks with one hand on the keyboard."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Site, open_page, violations

pytestmark = pytest.mark.browser


def test_a_reply_is_read_and_judged_by_two_keys(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, site)
    page.goto("/replies")
    rows = page.locator("[data-row] .from b").all_inner_texts()
    page.keyboard.press("j")
    expect(page.locator("#panel h2")).to_have_text(rows[1])
    expect(page).to_have_url(re.compile(r"/replies\?reply=\d+$"))
    assert violations(page) == []
    page.keyboard.press("3")
    expect(page.locator("#notices")).to_contain_text(f"Noted for {rows[1]}.")
    assert page.locator("[data-row]").count() == len(rows) - 1
    page.context.close()


def test_an_interested_firm_becomes_a_candidate_by_a_key(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, site)
    page.goto(f"/replies?reply={site.world.replies_by_fate['interested']}")
    name = page.locator("#panel h2").inner_text()
    page.keyboard.press("c")
    expect(page.locator("#notices")).to_contain_text(f"{name} is a candidate now.")
    expect(page.locator(".candidates")).to_contain_text(name)
    page.context.close()


def test_a_task_is_done_with_a_note(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, site)
    page.goto("/tasks")
    rows = page.locator("[data-row]").count()
    page.keyboard.press("j")
    page.fill("#note", "Connected; d and s in a note are letters.")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    expect(page.locator("#notices")).to_contain_text("Done.")
    assert page.locator("[data-row]").count() == rows - 1
    page.context.close()


def test_accepting_shows_the_invitation_link(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, site)
    page.goto("/")
    page.get_by_role("button", name=re.compile("^Accept ")).first.click()
    expect(page.locator("h1")).to_contain_text("is a partner")
    assert "/invitation/" in page.input_value("#link")
    assert violations(page) == []
    page.context.close()


def test_declining_asks_for_the_reason(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, site)
    page.goto("/onboarding")
    page.locator("details.decline summary").first.click()
    assert violations(page) == []
    page.get_by_label("Why not").first.fill("Sells a competing product.")
    page.locator("details.decline[open] button").click()
    expect(page.locator("#notices")).to_contain_text("Declined.")
    page.context.close()
