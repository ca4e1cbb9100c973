"""Every page of the desk in a real browser: no accessibility violation in either theme, and a picture."""

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Site, keep_picture, open_page, violations

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


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_an_accessibility_violation(chromium: Browser, site: Site, theme: str) -> None:
    page = open_page(chromium, site, theme=theme)
    problems = {}
    for name, path in _paths(site).items():
        page.goto(path)
        keep_picture(page, f"{name}-{theme}")
        if found := violations(page):
            problems[name] = found
    page.context.close()
    assert problems == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_empty_page_has_an_accessibility_violation_and_each_has_a_next_step(
    chromium: Browser, empty_site: Site, theme: str
) -> None:
    page = open_page(chromium, empty_site, theme=theme)
    problems = {}
    for path in (
        "/", "/prospects", "/replies", "/tasks", "/sequences", "/onboarding", "/profile", "/sources",
        "/crm", "/numbers",
    ):  # fmt: skip
        page.goto(path)
        keep_picture(page, f"empty-{path.strip('/') or 'today'}-{theme}")
        if found := violations(page):
            problems[path] = found
        assert page.locator("main .btn-primary").count() >= 1, f"{path} has no button"
        assert page.locator("main p").count() >= 1, f"{path} has no sentence"
    page.context.close()
    assert problems == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_doors_have_no_accessibility_violation(
    chromium: Browser, site: Site, theme: str
) -> None:
    context = chromium.new_context(
        base_url=site.url, color_scheme="dark" if theme == "dark" else "light"
    )
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
        assert violations(page) == [], path
    page.goto("/sign-in")
    keep_picture(page, f"sign-in-{theme}")
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


def test_nothing_is_wider_than_the_window(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, site)
    for width in (1440, 1100, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for name, path in _paths(site).items():
            page.goto(path)
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, f"{name} is {wide} px wider than {width}"
    page.context.close()
