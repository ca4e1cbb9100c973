"""A firm's page: where each field came from, why it ranks where it does, what was said, why it stopped."""

import re

import pytest

from recruit.firms.tables import Firm
from recruit.insights.firm import firm_page
from recruit.wiring import App
from tests.factories.web import Visitor, open_visitor
from tests.factories.world import World, build_world


@pytest.fixture
def world(app: App) -> World:
    """A world with firms at every point of their way."""
    with app.transaction() as tx:
        return build_world(tx, firms=60)


@pytest.fixture
def visitor(app: App) -> Visitor:
    """A recruiter at a browser."""
    return open_visitor(app)


def test_every_fact_names_its_source_and_leads_to_its_page(
    app: App, visitor: Visitor, world: World
) -> None:
    firm_id = world.firm_ids[0]
    with app.reading() as tx:
        page = firm_page(tx, firm_id)
    html = visitor.get(f"/firms/{firm_id}").text
    text = visitor.see(f"/firms/{firm_id}")
    assert len(page.facts) >= 5
    for fact in page.facts:
        assert fact.source == "Directory of remote companies"
        assert fact.url
        assert f'href="{fact.url}"' in html
    assert "inferred, for nobody states it" in text
    assert "same domain; same name (31.5 points)" in text
    assert "first sighting of this firm" in text


def test_the_score_s_points_add_up_to_the_hundredth(
    app: App, visitor: Visitor, world: World
) -> None:
    for firm_id in world.firm_ids[:20]:
        with app.reading() as tx:
            score = firm_page(tx, firm_id).score
        assert score is not None
        assert round(sum(r.points for r in score.reasons), 2) == round(score.total, 2)
        text = visitor.see(f"/firms/{firm_id}/score")
        assert f"Total {score.total:.2f} {score.most:.2f}" in text


def test_the_conversation_shows_what_was_sent_what_came_back_and_why_it_stopped(
    visitor: Visitor, world: World
) -> None:
    text = visitor.see(f"/firms/{world.firms_by_fate['negative'][0]}/conversation")
    assert (
        text.index("E-mail, step 1")
        < text.index("E-mail, step 2")
        < text.index("not interested 2 days ago")
    )
    assert "An answer came in, so nothing more goes out." in text
    held = visitor.see(f"/firms/{world.firms_by_fate['held'][0]}/conversation")
    assert "It is 3 days overdue" in held
    assert "Stop writing to this firm" in held


@pytest.mark.parametrize(
    ("fate", "action"),
    [
        ("later", "Read the reply"),
        ("active", "See the conversation"),
        ("no_reply", "Nothing to do"),
        ("bounced", "Nothing to do: the address does not work."),
    ],
)
def test_the_header_names_the_one_next_action(
    visitor: Visitor, world: World, fate: str, action: str
) -> None:
    assert action in visitor.see(f"/firms/{world.firms_by_fate[fate][0]}")


def test_a_new_firm_can_be_enrolled_from_its_page_and_a_candidate_accepted(
    visitor: Visitor, world: World
) -> None:
    assert "Enroll in “Cloud partners, first contact”" in visitor.see(
        f"/firms/{world.new_firm_ids[0]}"
    )
    waiting = next(
        firm_id
        for firm_id in world.firms_by_fate["positive"]
        if "Accept as a partner" in visitor.get(f"/firms/{firm_id}").text
    )
    html = visitor.get(f"/firms/{waiting}").text
    assert re.search(r'action="/candidates/\d+/accept"', html)
    assert "waits for a decision" in visitor.see(f"/firms/{waiting}/onboarding")


def test_every_tab_of_every_fate_opens(visitor: Visitor, world: World) -> None:
    for fate, firm_ids in world.firms_by_fate.items():
        for tab in ("", "/score", "/conversation", "/onboarding", "/crm", "/history"):
            assert visitor.get(f"/firms/{firm_ids[-1]}{tab}").status_code == 200, (fate, tab)


def test_history_and_crm_tell_what_changed(visitor: Visitor, world: World) -> None:
    assert "legal form GmbH" in visitor.see(f"/firms/{world.firm_ids[0]}/history")
    assert "to the CRM" in visitor.see(f"/firms/{world.firm_ids[0]}/crm")
    assert "Not in the CRM" in visitor.see(f"/firms/{world.firm_ids[50]}/crm")


def test_a_merged_firm_leads_to_the_one_that_it_is_part_of(
    app: App, visitor: Visitor, world: World
) -> None:
    gone, stays = world.firm_ids[1], world.firm_ids[0]
    with app.transaction() as tx:
        tx.session.get_one(Firm, gone).merged_into_id = stays
    assert visitor.get(f"/firms/{gone}").headers["location"] == f"/firms/{stays}"
    assert (
        visitor.ask(f"/prospects/panel/{gone}").headers["location"] == f"/prospects/panel/{stays}"
    )


@pytest.mark.usefixtures("world")
def test_what_does_not_exist_is_a_page_in_words(visitor: Visitor, world: World) -> None:
    for path in ("/firms/987654", "/firms/abc", f"/firms/{world.firm_ids[0]}/secrets"):
        response = visitor.get(path)
        assert response.status_code == 404
        assert "There is nothing here" in response.text


def test_names_from_elsewhere_stay_text(app: App, visitor: Visitor, world: World) -> None:
    evil = '<img src=x onerror="alert(1)">'
    with app.transaction() as tx:
        firm = tx.session.get_one(Firm, world.firm_ids[0])
        firm.name = evil
        firm.website = "javascript:alert(1)"
        firm.specialties = [evil]
    for path in (
        "/prospects",
        "/prospects?state=left_out",
        f"/firms/{firm.id}",
        "/",
        "/numbers/firms",
    ):
        html = visitor.get(path).text
        assert "<img" not in html, path
        assert 'href="javascript' not in html, path
