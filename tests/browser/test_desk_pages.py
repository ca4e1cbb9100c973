"""Every page of the desk in a real browser: no accessibility violation in either theme, and a picture."""

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import (
    BETWEEN,
    DESKTOP,
    PHONE,
    Site,
    examine,
    keep_picture,
    open_page,
    violations,
)

pytestmark = pytest.mark.browser

SEQUENCE = "/sequences/cloud-partners-first-contact"


def _paths(site: Site) -> dict[str, str]:
    fates = site.world.firms_by_fate
    partner = fates["positive"][1]
    return {
        "today": "/",
        "prospects": "/prospects",
        "prospects-filtered": "/prospects?country=DE&state=new&size_from=5",
        "prospects-nothing": "/prospects?q=nothing-like-it",
        "firm-facts": f"/firms/{site.world.firm_ids[0]}",
        "firm-score": f"/firms/{site.world.firm_ids[2]}/score",
        "firm-conversation": f"/firms/{fates['positive'][0]}/conversation",
        "firm-onboarding": f"/firms/{partner}/onboarding",
        "firm-crm": f"/firms/{site.world.firm_ids[0]}/crm",
        "firm-history": f"/firms/{site.world.firm_ids[0]}/history",
        "replies": "/replies",
        "replies-automatic": "/replies?view=automatic",
        "tasks": "/tasks",
        "tasks-done": "/tasks?done=true",
        "sequences": "/sequences",
        "sequence": SEQUENCE,
        "preview": f"{SEQUENCE}/preview",
        "onboarding": "/onboarding",
        "profile": "/profile",
        "sources": "/sources",
        "job": f"/sources/jobs/{site.world.job_ids[0]}",
        "crm": "/crm",
        "crm-mapping": "/crm/mapping",
        "numbers": "/numbers",
        "number": "/numbers/replied",
        "not-found": "/nothing-here",
    }


def test_no_page_has_an_accessibility_violation_or_is_wider_than_the_window(
    chromium: Browser, site: Site
) -> None:
    page = open_page(chromium, site)
    problems = {}
    for name, path in _paths(site).items():
        page.goto(path)
        found = examine(page, name, viewports=(DESKTOP, PHONE))
        page.set_viewport_size(BETWEEN)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append(f"wider than {BETWEEN['width']} px")
        if found:
            problems[name] = found
    page.context.close()
    assert problems == {}


def test_no_empty_page_has_an_accessibility_violation_and_each_has_a_next_step(
    chromium: Browser, empty_site: Site
) -> None:
    page = open_page(chromium, empty_site)
    problems = {}
    for path in (
        "/", "/prospects", "/replies", "/tasks", "/sequences", "/onboarding", "/profile", "/sources",
        "/crm", "/numbers",
    ):  # fmt: skip
        page.goto(path)
        if found := examine(page, f"empty-{path.strip('/') or 'today'}"):
            problems[path] = found
        assert page.locator("main .btn-primary").count() >= 1, f"{path} has no button"
        assert page.locator("main p").count() >= 1, f"{path} has no sentence"
    page.context.close()
    assert problems == {}


def test_the_doors_have_no_accessibility_violation(chromium: Browser, site: Site) -> None:
    context = chromium.new_context(base_url=site.url)
    page = context.new_page()
    for path in (
        "/sign-in",
        "/sign-in/link",
        "/sign-in/link/not-a-token",
        "/u/not-a-token",
        "/invitation/not-a-token",
        "/notices/not-a-token",
    ):
        page.goto(path)
        assert examine(page, path.strip("/").replace("/", "-"), viewports=(DESKTOP, PHONE)) == [], (
            path
        )
    context.close()


def test_what_opens_over_a_page_has_no_accessibility_violation(
    chromium: Browser, site: Site
) -> None:
    page = open_page(chromium, site)
    page.goto("/prospects")
    page.keyboard.press("f")
    page.wait_for_selector(".popover:visible")
    keep_picture(page, "prospects-filter")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    assert violations(page) == []
    page.context.close()
