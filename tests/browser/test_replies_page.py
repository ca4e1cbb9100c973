"""What a person makes of an answer, on the page: another day, another person."""

import re

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from sqlalchemy import select

from recruit.mail.port import IncomingMail
from recruit.sequences.tables import Enrollment, Touch
from recruit.sequences.usecases import record_inbound
from tests.browser.conftest import DESKTOP, PHONE, Site, keep_picture, open_page, violations
from tests.factories.sequences import reply_mail

pytestmark = pytest.mark.browser


def receive(site: Site, text: str, number: int) -> int:
    """Let a firm that was written to answer, and return the reply's id."""
    assert site.app is not None
    with site.app.transaction() as tx:
        touch = tx.session.scalars(
            select(Touch)
            .join(Enrollment)
            .where(Touch.message_id.is_not(None))
            .order_by(Touch.id)
            .offset(number)
        ).first()
        assert touch is not None
        raw = reply_mail(
            text,
            sender=touch.address_key,
            references=str(touch.message_id),
            message_id=f"<page-{number}@firm.example>",
        ).raw
        reply = record_inbound(tx, mail=IncomingMail(str(number), raw))
        assert reply is not None
        return reply.id


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_answer_that_asks_for_later_is_put_away_until_its_day(
    chromium: Browser, site: Site, theme: str
) -> None:
    number = 0 if theme == "light" else 1
    reply = receive(site, "Not right now, please come back to me in three months.", number)
    page = open_page(chromium, site, theme=theme)
    page.goto(f"/replies?reply={reply}")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", page.input_value("#again_on"))
    assert violations(page) == []
    keep_picture(page, f"replies-later-{theme}")
    page.keyboard.press("l")
    expect(page.locator("#again_on")).to_be_focused()
    page.get_by_role("button", name=re.compile("^Put away until then")).click()
    expect(page.locator("#notices")).to_contain_text("waits here again on")
    _is_listed_under_later(page)
    page.context.close()


def _is_listed_under_later(page: Page) -> None:
    page.goto("/replies?view=later")
    expect(page.locator("#panel")).to_contain_text("waits until")
    assert violations(page) == []


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_whom_an_answer_names_becomes_a_contact_by_a_key(
    chromium: Browser, site: Site, viewport: ViewportSize
) -> None:
    number = 2 if viewport is DESKTOP else 3
    text = f"Please contact my colleague bob.lee{number}@firm.example, he looks after partnerships."
    reply = receive(site, text, number)
    page = open_page(chromium, site, viewport=viewport)
    page.goto(f"/replies?reply={reply}")
    expect(page.locator("#panel")).to_contain_text(f"It names bob.lee{number}@firm.example")
    assert violations(page) == []
    keep_picture(page, f"replies-referral-{viewport['width']}")
    page.fill("#referred-1", "Bob Lee")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator("#notices")).to_contain_text("Bob Lee is a contact of")
    page.context.close()
