"""Nudges, by themselves and by hand, on both databases: each is said once."""

from datetime import timedelta

from sqlalchemy import select

from recruit.notices.tables import Notice
from recruit.notices.wording import put_in_words
from recruit.onboarding.usecases import nudge_stuck
from recruit.people.values import Role
from recruit.web.app import create_app
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.onboarding import make_partner, publish_small_track
from tests.factories.web import open_visitor, words_of


def told(app: App) -> list[tuple[str, int]]:
    with app.reading() as tx:
        rows = tx.session.scalars(
            select(Notice)
            .where(Notice.key.contains("nudge:") | Notice.key.contains("stuck:"))
            .order_by(Notice.id)
        ).all()
        for row in rows:
            facts = {"program": "Northlight", "token": "t", "days": 14} | row.facts
            assert put_in_words(row.kind, facts).path.startswith("/")
        return [(row.kind.value, row.person_id) for row in rows]


def test_who_stands_still_is_nudged_once_a_time_and_the_manager_hears(app: App) -> None:
    with app.transaction() as tx:
        publish_small_track(tx)
    signed, invited = make_partner(app, 1), make_partner(app, 0, signed_in=False)
    make_partner(app, 4)
    open_visitor(app, Role.CHANNEL_MANAGER)
    assert nudge_stuck(app.transaction) == 0
    app.clock.move_to(NOW + timedelta(days=7))  # type: ignore[attr-defined]
    assert (nudge_stuck(app.transaction), nudge_stuck(app.transaction)) == (2, 0)
    assert told(app) == [("step_waiting", signed.person_id), ("invitation", invited.person_id)]
    app.clock.move_to(NOW + timedelta(days=15))  # type: ignore[attr-defined]
    assert (nudge_stuck(app.transaction), nudge_stuck(app.transaction)) == (2, 0)
    assert [kind for kind, _ in told(app)[2:]] == ["partner_stuck", "partner_stuck"]


def test_a_manager_nudges_from_the_board_once_a_day(app: App) -> None:
    with app.transaction() as tx:
        publish_small_track(tx)
    stored, done = make_partner(app, 1), make_partner(app, 4)
    app.clock.move_to(NOW + timedelta(days=9))  # type: ignore[attr-defined]
    web = create_app(app)
    manager = open_visitor(app, Role.CHANNEL_MANAGER, web)
    board = manager.see("/onboarding")
    assert "no move for 9 days" in board
    assert "1 stuck" in board
    assert "No move for 9 days" in manager.see(f"/firms/{stored.firm_id}/onboarding")
    address = f"/partners/{stored.partner_id}/nudge"
    assert open_visitor(app, Role.RECRUITER, web).post(address).status_code == 403
    assert manager.post(address).headers["location"] == "/onboarding"
    assert "We write to Sam Vela" in manager.see("/onboarding")
    manager.post(address, back="https://evil.example")
    assert "nudged today already" in manager.see("/onboarding")
    manager.post(f"/partners/{done.partner_id}/nudge")
    assert "Nothing is left" in manager.see("/onboarding")
    missing = manager.post("/partners/999999/nudge")
    assert (missing.status_code, "There is no partner" in words_of(missing.text)) == (404, True)
    assert [kind for kind, _ in told(app)] == ["step_waiting"]
