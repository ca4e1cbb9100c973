"""The library: put on the shelf by staff, opened by what a partner earned, reviewed by its owner, on both databases."""

from datetime import timedelta

from sqlalchemy import select

from recruit.notices.tables import Notice
from recruit.notices.values import NoticeKind
from recruit.onboarding.usecases import tell_owners
from recruit.people.usecases import add_person
from recruit.people.values import Role
from recruit.web.app import create_app
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.onboarding import make_partner, publish_small_track
from tests.factories.web import Visitor, open_visitor, words_of

LEVELS = [{"key": "gold", "title": "Gold", "needs": {"selling": 1}}]
PDF = b"%PDF-1.7\n%deck"
FORM = {
    "title": "Battle card",
    "owner": "Morgan Diaz",
    "owner_email": "morgan@northlight.example",
    "product": "Platform",
    "audience": "sales",
    "level": "gold",
    "review_on": "2026-03-10",
    "hide_when_stale": "true",
}


def upload(staff: Visitor, name: str, content: bytes, **over: str):  # type: ignore[no-untyped-def]
    return staff.client.post(
        "/resources", data={"csrf_token": staff.csrf} | FORM | over, files={"file": (name, content)}
    )


def test_a_file_goes_from_the_desk_to_those_who_earned_its_level_and_goes_stale(app: App) -> None:
    with app.transaction() as tx:
        publish_small_track(tx, levels=LEVELS)
        owner = add_person(tx, email="morgan@northlight.example", name="M", role=Role.RECRUITER).id
    web = create_app(app)
    staff = open_visitor(app, Role.CHANNEL_MANAGER, web)
    assert upload(open_visitor(app, Role.RECRUITER, web), "card.pdf", PDF).status_code == 403
    for name, content, words in (
        ("card.pdf", b"<script>alert(1)</script>", "not taken"),
        ("card.pdf", b"", "empty"),
        ("card.exe", b"MZ\x90", "not taken"),
        ("card.png", PDF, "holds something else"),
    ):
        refused = upload(staff, name, content)
        assert (refused.status_code, words in words_of(refused.text)) == (422, True), name
    assert "No track has the level" in words_of(upload(staff, "c.pdf", PDF, level="tin").text)
    assert upload(staff, "../../card.pdf", PDF).status_code == 303
    assert "card.pdf" in staff.see("/resources")

    early, full = (make_partner(app, steps) for steps in (1, 4))
    for stored, status in ((early, 403), (full, 200)):
        assert stored.signed_in
        visitor = Visitor(web, token=stored.signed_in.token)
        assert visitor.get("/portal/resources/battle-card/file").status_code == status
        assert visitor.get("/portal/resources/battle-card").status_code == status
    assert "This opens at the level Gold" in Visitor(web, token=early.signed_in.token).see(
        "/portal/resources"
    )  # type: ignore[union-attr]
    answer = visitor.get("/portal/resources/battle-card/file")
    assert answer.content == PDF
    assert "attachment" in answer.headers["content-disposition"]
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "Battle card" in visitor.see("/portal/resources", product="Platform")
    assert "nothing like that" in visitor.see("/portal/resources", product="Nothing")

    assert tell_owners(app.transaction) == 0
    app.clock.move_to(NOW + timedelta(days=8))  # type: ignore[attr-defined]
    assert (tell_owners(app.transaction), tell_owners(app.transaction)) == (1, 0)
    with app.reading() as tx:
        told = tx.session.scalars(
            select(Notice).where(Notice.kind == NoticeKind.RESOURCE_STALE)
        ).all()
        assert [(n.person_id, n.facts["title"], n.facts["hidden"]) for n in told] == [
            (owner, "Battle card", True)
        ]
    assert visitor.get("/portal/resources/battle-card").status_code == 404
    assert visitor.get("/portal/resources/battle-card/file").status_code == 404


def test_what_was_reviewed_is_no_longer_stale_and_what_was_removed_is_gone(app: App) -> None:
    with app.transaction() as tx:
        publish_small_track(tx, levels=LEVELS)
    app.clock.move_to(NOW + timedelta(days=8))  # type: ignore[attr-defined]
    web = create_app(app)
    staff = open_visitor(app, Role.CHANNEL_MANAGER, web)
    upload(staff, "card.pdf", PDF)
    assert "stale, hidden" in staff.see("/resources")
    assert staff.post("/resources/battle-card/review", review_on="2020-01-01").status_code == 422
    assert staff.post("/resources/battle-card/review").status_code == 422
    assert staff.post("/resources/battle-card/review", review_on="soon").status_code == 422
    assert staff.post("/resources/battle-card/review", review_on="2027-01-01").status_code == 303
    assert "Nothing is stale" in staff.see("/resources")
    assert staff.post("/resources/battle-card/remove").status_code == 303
    assert staff.post("/resources/battle-card/remove").status_code == 404
    assert staff.get("/resources/battle-card/file").status_code == 404
