"""What the desk decides for one partner: waivers, new links, parting; and who of the staff may."""

import re

import pytest

from recruit.insights.onboarding import partner_page
from recruit.onboarding.values import PartnerState
from recruit.people.values import Role
from recruit.web.app import create_app
from recruit.wiring import App
from tests.factories.portal import Someone, bring_partner, publish
from tests.factories.web import open_visitor, words_of


@pytest.fixture
def partner(app: App) -> Someone:
    """Who signed for a partner on the packaged track."""
    publish(app)
    return bring_partner(app).sign()


def state_of(someone: Someone) -> PartnerState:
    with someone.app.reading() as tx:
        return partner_page(tx, someone.partner_id).state


def tab_of(someone: Someone) -> str:
    with someone.app.reading() as tx:
        return f"/firms/{partner_page(tx, someone.partner_id).firm_id}/onboarding"


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CHANNEL_MANAGER])
def test_a_manager_waives_a_step_with_a_reason_and_takes_it_back(
    app: App, partner: Someone, role: Role
) -> None:
    visitor = open_visitor(app, role)
    tab, step = tab_of(partner), f"/partners/{partner.partner_id}/steps/company"
    assert f'action="{step}/waive"' in visitor.get(tab).text
    for reason in ("", "   "):
        refused = visitor.post(f"{step}/waive", reason=reason)
        assert refused.status_code == 422
        assert "Say why" in words_of(refused.text)
    answer = visitor.post(f"{step}/waive", reason="Known to us")
    assert (answer.status_code, answer.headers["location"]) == (303, tab)
    shown = visitor.see(tab)
    assert "Robin Vale: Known to us" in shown
    assert "2 of 4 steps done" in shown
    web = create_app(app)
    assert "2 steps to full access" in partner.at_browser(web).see("/portal")
    assert visitor.post(f"{step}/ask-again").status_code == 303
    assert "1 of 4 steps done" in visitor.see(tab)
    assert "3 steps to full access" in partner.at_browser(web).see("/portal")


def test_a_manager_parts_with_a_partner_and_takes_it_back(app: App, partner: Someone) -> None:
    visitor, web = open_visitor(app, Role.CHANNEL_MANAGER), create_app(app)
    base = f"/partners/{partner.partner_id}"
    assert "Ends the access of 1 person at once" in visitor.see(tab_of(partner))
    assert visitor.post(f"{base}/leave", reason=" ").status_code == 422
    assert state_of(partner) is PartnerState.TRAINING
    assert visitor.post(f"{base}/leave", reason="No deals").status_code == 303
    assert state_of(partner) is PartnerState.LEFT
    assert partner.at_browser(web).get("/portal").headers["location"].startswith("/sign-in")
    shown = visitor.see(tab_of(partner))
    assert "No deals" in shown
    assert "Nobody has access." in shown
    assert "Waive" not in shown
    assert visitor.post(f"{base}/take-back").status_code == 303
    assert state_of(partner) is PartnerState.TRAINING


def test_a_recruiter_sees_where_a_partner_stands_and_is_told_who_decides(
    app: App, partner: Someone
) -> None:
    visitor = open_visitor(app, Role.RECRUITER)
    shown = visitor.get(tab_of(partner)).text
    assert "/waive" not in shown
    assert "/leave" not in shown
    base = f"/partners/{partner.partner_id}"
    for path in ("steps/company/waive", "steps/company/ask-again", "leave", "take-back"):
        answer = visitor.post(f"{base}/{path}", reason="I would like to")
        assert answer.status_code == 403, path
        assert "Ask a channel manager" in words_of(answer.text)
    assert state_of(partner) is PartnerState.TRAINING


def test_a_partner_or_step_that_does_not_exist_is_told(app: App, partner: Someone) -> None:
    visitor = open_visitor(app, Role.ADMIN)
    unknown = visitor.post(f"/partners/{partner.partner_id}/steps/compani/waive", reason="x")
    assert unknown.status_code == 404
    assert "Did you mean 'company'?" in words_of(unknown.text)
    for path in ("steps/company/waive", "steps/company/ask-again", "leave", "take-back", "invite"):
        assert visitor.post(f"/partners/9999/{path}", reason="x").status_code == 404, path


def test_a_new_link_for_the_signatory_is_shown_once_and_ends_the_earlier(
    app: App, partner: Someone
) -> None:
    visitor = open_visitor(app, Role.RECRUITER)
    links = []
    for _ in range(2):
        answer = visitor.post(f"/partners/{partner.partner_id}/invite")
        found = re.search(r"/invitation/[\w-]+", answer.text)
        assert found
        links.append(found[0])
    door = open_visitor(app, None)
    assert [door.get(link).status_code for link in links] == [404, 200]
