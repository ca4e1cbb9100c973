"""The builder, mailboxes, and a sequence with every kind of step, in a real browser, in both themes."""

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from recruit.mail.health import Finding, State
from recruit.sequences.tables import Mailbox, MailboxDay
from recruit.sequences.usecases import Warmup, add_mailbox, pause_mailbox, save_sequence
from tests.browser.conftest import DESKTOP, PHONE, Site, examine, open_page
from tests.conftest import NOW
from tests.factories.sequences import COMPLIANCE

pytestmark = pytest.mark.browser

RICH = {
    "name": "rich",
    "title": "Every kind of step",
    "window": {"days": ["mon", "tue", "wed", "thu", "fri"], "opens": "09:00", "closes": "16:30"},
    "rules": {"exclusive": True, "min_days_since_touch": 14},
    "compliance": COMPLIANCE | {"countries": ["DE", "US"]},
    "steps": [
        {
            "kind": "email",
            "variants": [
                {"name": "short", "subject": "A word, {{ firm.name }}", "body": "Hello,\n\nshall we talk?"},
                {"name": "long", "subject": "Partnering with {{ firm.name }}", "body": "Hello,\n\nwe…"},
            ],
        },
        {"kind": "task", "delay_working_days": 2, "subject": "Connect", "channel": "linkedin"},
        {"kind": "branch", "if": {"fact": "firm.country", "is_in": ["DE", "AT"]}, "then": "german"},
        {"kind": "email", "delay_working_days": 2, "body": "Did you see it?", "next": "end"},
        {"kind": "email", "name": "german", "delay_working_days": 2, "body": "Haben Sie es gesehen?"},
    ],
}  # fmt: skip


def set_up(site: Site) -> None:
    assert site.app is not None
    with site.app.transaction() as tx:
        if tx.session.scalar(select(Mailbox).where(Mailbox.address == "new@vendor.example")):
            return
        first = tx.session.scalars(select(Mailbox).order_by(Mailbox.id)).first()
        assert first is not None
        first.health = [
            Finding("SPF", State.GOOD, "v=spf1 ip4:192.0.2.0/24 -all").as_data(),
            Finding("DMARC", State.BAD, "no DMARC record.", "Publish one.").as_data(),
        ]
        first.health_at = NOW
        tx.session.merge(MailboxDay(mailbox_id=first.id, day=NOW.date(), reserved=7))
        add_mailbox(
            tx,
            address="new@vendor.example",
            from_name="Robin Vale",
            cap_per_day=50,
            domain_cap_per_day=5,
            warmup=Warmup(5, 20),
        )
        pause_mailbox(
            tx, address="new@vendor.example", reason="6 of 100 messages came back as undeliverable."
        )
        save_sequence(tx, definition=RICH | {"mailbox": first.address}, actor="Robin Vale")


def test_the_pages_have_no_violation_and_fit_a_phone(chromium: Browser, site: Site) -> None:
    set_up(site)
    page = open_page(chromium, site)
    problems = {}
    for name, path in {
        "builder-new": "/sequence-builder",
        "builder-edit": "/sequence-builder/rich",
        "sequence-rich": "/sequences/rich",
        "preview-rich": "/sequences/rich/preview",
        "mailboxes": "/mailboxes",
    }.items():
        response = page.goto(path)
        assert response is not None
        assert response.status == 200, name
        if found := examine(page, name, viewports=(DESKTOP, PHONE)):
            problems[name] = found
    page.context.close()
    assert problems == {}


def test_a_sequence_is_built_saved_and_edited_without_a_mouse(
    chromium: Browser, site: Site
) -> None:
    set_up(site)
    page = open_page(chromium, site)
    page.goto("/sequence-builder")
    page.get_by_label("Title", exact=True).fill("Spring partners")
    page.get_by_label("Short name").fill("spring-partners")
    page.get_by_label("Where and how recipients agreed").fill("They asked at the fair.")
    page.get_by_label("Privacy notice").fill("https://vendor.example/privacy")
    expect(page.locator("#look h3").first).to_be_visible()
    _press(page, "Add a task")
    _press(page, "Add an e-mail")
    expect(page.get_by_label("Title", exact=True)).to_have_value("Spring partners")
    page.locator("textarea[name$='.body']").last.fill("Hello {{ contact.frist_name }}")
    expect(page.locator("#look .stop-text")).to_contain_text("did you mean contact.first_name")
    _press(page, "Save as a draft")
    expect(page.get_by_role("alert")).to_contain_text("did you mean contact.first_name")
    page.locator("textarea[name$='.body']").last.fill("Hello again")
    _press(page, "Save as a draft")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Spring partners")
    expect(page.get_by_text("Saved as version 1")).to_be_visible()
    page.context.close()


def _press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")
