"""Prospects by the keyboard alone, and without any script at all."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, open_page

pytestmark = pytest.mark.browser


def _open_row(page: Page) -> str:
    return page.locator("[data-row].on a[data-open]").inner_text()


def test_j_and_k_move_and_the_panel_and_the_address_follow(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, site)
    page.goto("/prospects")
    names = page.locator("[data-open]").all_inner_texts()
    assert _open_row(page) == names[0]
    for _ in range(3):
        page.keyboard.press("j")
    page.keyboard.press("k")
    assert _open_row(page) == names[2]
    expect(page.locator("#panel h2")).to_have_text(names[2])
    expect(page).to_have_url(re.compile(r"/prospects\?firm=\d+$"))
    focused = page.evaluate("document.activeElement.textContent")
    assert focused == names[2]
    # The address alone shows the same thing again.
    page.reload()
    assert _open_row(page) == names[2]
    expect(page.locator("#panel h2")).to_have_text(names[2])
    page.context.close()


def test_a_held_key_asks_only_for_the_row_that_it_rests_on(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, site)
    page.goto("/prospects")
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if "/panel/" in request.url else None
    )
    for _ in range(12):
        page.keyboard.press("j")
    page.wait_for_timeout(500)
    assert len(asked) <= 3
    page.context.close()


def test_selecting_and_enrolling_takes_four_keys(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, site)
    page.goto("/prospects?state=new")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(page.locator("[data-count]")).to_have_text("2 firms selected")
    expect(page.locator("[data-label]")).to_have_text("Enroll 2 firms")
    page.keyboard.press("e")
    expect(page.locator("#notices")).to_contain_text("2 firms enrolled.")
    page.context.close()


def test_e_alone_selects_and_never_sends(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, site)
    page.goto("/prospects?state=new")
    name = _open_row(page)
    page.keyboard.press("e")
    expect(page.locator("[data-label]")).to_have_text("Enroll 1 firm")
    assert page.url.endswith("/prospects?state=new")
    assert page.evaluate("document.activeElement.matches('[data-enroll]')")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("1 firm enrolled.")
    assert name
    page.context.close()


def test_slash_searches_and_typing_is_not_a_key(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, site)
    page.goto("/prospects")
    page.keyboard.press("/")
    page.keyboard.type("jek")
    assert page.input_value("#q") == "jek"
    assert page.locator("dialog[open]").count() == 0
    page.fill("#q", "north")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"q=north"))
    assert all("North" in name for name in page.locator("[data-open]").all_inner_texts())
    page.context.close()


def test_enter_opens_the_firm_s_page(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, site)
    page.goto("/prospects")
    page.keyboard.press("j")
    name = _open_row(page)
    expect(page.locator("#panel h2")).to_have_text(name)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(name)
    page.context.close()


def test_preview_shows_real_firms_on_real_dates(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, site)
    page.goto("/prospects?state=new")
    name = _open_row(page)
    page.keyboard.press("Space")
    page.keyboard.press("p")
    expect(page.locator("h1")).to_have_text("Who gets what, and when")
    expect(page.locator(".planned")).to_have_count(4)
    expect(page.locator(".planned b").first).to_have_text(name)
    page.context.close()


def test_everything_can_be_done_without_a_script(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, site, scripts=False)
    page.goto("/prospects?state=new")
    page.locator("[data-open]").nth(1).click()
    expect(page).to_have_url(re.compile(r"/prospects\?state=new&firm=\d+$"))
    page.locator('tbody input[type="checkbox"]').first.check()
    page.get_by_role("button", name="Enroll selected firms").click()
    expect(page.locator("#notices")).to_contain_text("1 firm enrolled.")
    page.locator("summary[data-key=f]").click()
    page.get_by_label(re.compile("paused")).check()
    page.get_by_role("button", name="Show these firms").click()
    expect(page).to_have_url(re.compile("state=paused"))
    page.context.close()
