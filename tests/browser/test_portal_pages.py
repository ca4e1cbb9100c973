"""The portal in a real browser, at a desk and on a phone: no accessibility violation, no page too wide."""

import re

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.conftest import DESKTOP, PHONE, Site, keep_picture, open_page, violations

pytestmark = pytest.mark.browser


def _pages(page: Page) -> list[str]:
    """Return every page that the portal's own links lead to, breadth first."""
    found, waiting = ["/portal"], ["/portal"]
    while waiting:
        page.goto(waiting.pop(0))
        for link in page.locator('a[href^="/portal"]').all():
            path = (link.get_attribute("href") or "").partition("#")[0]
            if path not in found:
                found.append(path)
                waiting.append(path)
    return found


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_violation_or_is_wider_than_the_window(
    chromium: Browser, site: Site, theme: str, viewport: ViewportSize
) -> None:
    problems = {}
    for partner in site.partners[:2]:
        page = open_page(chromium, site, theme=theme, viewport=viewport, email=partner)
        paths = _pages(page)
        assert len(paths) >= 3
        for path in paths:
            page.goto(path)
            name = re.sub(r"\W+", "-", path.strip("/"))
            keep_picture(page, f"{name}-{site.partners.index(partner)}-{viewport['width']}-{theme}")
            if found := violations(page):
                problems[path] = found
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            if wide > 0:
                problems[f"{path} is too wide"] = [str(wide)]
        page.context.close()
    assert problems == {}


def test_the_desk_is_closed_to_partners_in_words(chromium: Browser, site: Site) -> None:
    page = open_page(chromium, site, viewport=PHONE, email=site.partners[0])
    page.goto("/prospects")
    assert "Everything for you is in your portal" in page.inner_text("main")
    assert violations(page) == []
    page.context.close()
