"""New versions of agreements with their grace period, what they commit to, and colleagues who let themselves in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from recruit.clock import VirtualClock
from recruit.firms.tables import Firm
from recruit.insights.agreements import agreement_page, list_commitments
from recruit.insights.onboarding import partner_page
from recruit.notices.tables import Notice
from recruit.notices.values import NoticeKind
from recruit.onboarding.commitments import CommitmentState
from recruit.onboarding.definitions import ContentError
from recruit.onboarding.gathering import check_gate, gather_evidence
from recruit.onboarding.program import parse_program
from recruit.onboarding.tables import AgreementAcceptance, Partner
from recruit.onboarding.terms import Commitment, hash_terms
from recruit.onboarding.usecases import (
    invite_member,
    leave_member,
    publish_agreement,
    publish_program,
    register_colleague,
)
from recruit.onboarding.values import Action, CommitmentKind, MemberRole, PartnerState
from recruit.people.usecases import accept_invitation
from recruit.wiring import App
from tests.factories.onboarding import Stored, make_partner, publish_small_track
from tests.factories.people import PASSWORD
from tests.factories.web import Visitor, open_visitor, words_of

PEOPLE = Commitment(CommitmentKind.CERTIFIED_PEOPLE, 1, 60, course="selling")
REVENUE = Commitment(CommitmentKind.REVENUE, 50_000, 365, currency="EUR")


@pytest.fixture
def program(app: App) -> App:
    """An app whose small track is published."""
    with app.transaction() as tx:
        publish_small_track(tx)
    return app


def publish(app: App, text: str, **over: Any) -> None:
    with app.transaction() as tx:
        publish_agreement(tx, name="terms", title="Terms", text=text, **over)


def later(app: App, days: float) -> None:
    assert isinstance(app.clock, VirtualClock)
    app.clock.move_to(app.clock.now() + timedelta(days=days))


def may(app: App, stored: Stored, action: Action = Action.SEE_RESOURCES) -> bool:
    with app.reading() as tx:
        return check_gate(tx, person_id=stored.person_id, action=action).allowed


def state(app: App, stored: Stored) -> PartnerState:
    with app.reading() as tx:
        return partner_page(tx, stored.partner_id).state


def test_access_stays_until_the_grace_ends_and_comes_back_with_the_signature(
    program: App,
) -> None:
    stored = make_partner(program, 4)
    later(program, 1)
    publish(program, "# Terms\n\nBe better.\n", grace_days=30)
    later(program, 29.9)
    assert may(program, stored)
    assert state(program, stored) is PartnerState.FULL_ACCESS
    later(program, 0.2)
    assert not may(program, stored)
    assert state(program, stored) is PartnerState.LAPSED
    assert may(program, stored, Action.SIGN_AGREEMENT)
    stored.sign()
    assert may(program, stored)
    assert state(program, stored) is PartnerState.FULL_ACCESS


def test_who_signs_within_the_grace_never_loses_access(program: App) -> None:
    stored = make_partner(program, 4)
    publish(program, "# Terms\n\nBe better.\n", grace_days=30)
    stored.sign()
    later(program, 40)
    assert may(program, stored)
    with program.reading() as tx:
        page = agreement_page(tx, stored.person_id)
    assert (page.number, page.accept_by, page.is_to_sign) == (2, None, False)
    assert [a.number for a in page.accepted] == [2, 1]


def test_a_version_without_a_grace_asks_nobody(program: App) -> None:
    stored = make_partner(program, 1)
    publish(program, "# Terms\n\nBe better.\n")
    later(program, 400)
    assert may(program, stored)


def test_a_newer_version_renews_the_grace(program: App) -> None:
    stored = make_partner(program, 1)
    publish(program, "# Terms\n\nBe better.\n", grace_days=30)
    later(program, 20)
    publish(program, "# Terms\n\nBe best.\n", grace_days=30)
    later(program, 20)
    assert may(program, stored)
    later(program, 11)
    assert not may(program, stored)


def test_a_first_version_has_no_grace_and_new_partners_sign_the_newest(program: App) -> None:
    publish(program, "# Terms\n\nBe better.\n", grace_days=30)
    stored = make_partner(program)
    assert not may(program, stored)
    stored.sign()
    later(program, 40)
    assert may(program, stored)


def test_signatories_hear_of_a_new_version_once(program: App) -> None:
    stored = make_partner(program, 1)
    make_partner(program)
    for _ in range(2):
        publish(program, "# Terms\n\nBe better.\n", grace_days=30)
    with program.reading() as tx:
        (notice,) = tx.session.scalars(
            select(Notice).where(Notice.kind == NoticeKind.AGREEMENT_CHANGED)
        ).all()
    assert notice.person_id == stored.person_id
    assert notice.facts["until"] == "2 April 2026"


def test_the_page_shows_the_new_text_and_until_when(program: App) -> None:
    stored = make_partner(program, 1)
    publish(program, "# Terms\n\nBe better.\n", grace_days=5)
    visitor = visit(program, stored)
    seen = visitor.see("/portal/agreement")
    assert "Be better." in seen
    assert "Nothing changes for you until 8 March 2026" in seen
    assert "Read and accept it by 8 March 2026" in visitor.see("/portal")
    later(program, 6)
    assert "It was to be accepted by 8 March 2026" in visit(program, stored).see(
        "/portal/agreement"
    )


def visit(app: App, stored: Stored) -> Visitor:
    assert stored.signed_in
    visitor = open_visitor(app, None)
    return Visitor(
        visitor.client.app,  # type: ignore[arg-type]
        token=stored.signed_in.token,
        csrf=stored.signed_in.csrf_token,
    )


def test_signing_on_the_page_makes_a_sealed_pdf_that_only_this_partner_and_staff_get(
    program: App,
) -> None:
    stored, other = make_partner(program), make_partner(program)
    visitor = visit(program, stored)
    with program.reading() as tx:
        digest = agreement_page(tx, stored.person_id).sha256
    form = {"typed_name": "Sam Vela", "job_title": "Director", "text_sha256": digest}
    assert visitor.post("/portal/agreement", **form).status_code == 422
    assert visitor.post("/portal/agreement", authority="yes", **form).status_code == 303
    with program.reading() as tx:
        acceptance = tx.session.scalars(select(AgreementAcceptance)).one()
        assert acceptance.rendered_sha256
        path = f"/portal/agreement/{acceptance.id}.pdf"
        desk = f"/partners/{stored.partner_id}/agreements/{acceptance.id}.pdf"
    pdf = visitor.get(path)
    assert pdf.content.startswith(b"%PDF")
    assert visit(program, other).get(path).status_code == 404
    staff = open_visitor(program)
    assert staff.get(desk).content == pdf.content
    wrong = f"/partners/{other.partner_id}/agreements/{acceptance.id}.pdf"
    assert staff.get(wrong).status_code == 404
    public = open_visitor(program, None)
    code = pdf.headers["content-disposition"].split('"')[1].removesuffix(".pdf")
    assert "everything is as it was accepted" in public.see(f"/verify/{code}")
    assert public.get("/verify/AG-0").status_code == 404
    public.csrf = public.get("/verify").text.split('name="csrf_token" value="')[1].split('"')[0]
    for content, words in (
        (pdf.content, "everything is as it was accepted"),
        (pdf.content.replace(b"%PDF-1", b"%PDF-2", 1), "Something was changed"),
        (b"nothing", "This is no document of ours"),
    ):
        answer = public.client.post(
            "/verify",
            data={"csrf_token": public.csrf},
            files={"file": ("agreement.pdf", content, "application/pdf")},
        )
        assert words in answer.text


def test_twenty_who_sign_at_once_make_one_acceptance(program: App) -> None:
    stored = make_partner(program)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: stored.sign(), range(20)))
    with program.reading() as tx:
        assert tx.session.scalar(select(func.count()).select_from(AgreementAcceptance)) == 1


def test_what_is_committed_to_counts_from_the_signature_and_shows_how_far_it_is(
    program: App,
) -> None:
    publish(program, "# Terms\n\nBe good.\n", commitments=(PEOPLE, REVENUE))
    stored = make_partner(program, 1)
    people, revenue = views(program, stored)
    assert (people.words, people.due_on) == ("1 person certified in “Selling”", date(2026, 5, 2))
    assert (people.reached, people.state) == (0, CommitmentState.OPEN)
    assert revenue.words == "EUR 50,000 of revenue"
    assert (revenue.reached, revenue.state) == (None, CommitmentState.UNCOUNTED)
    later(program, 61)
    assert views(program, stored)[0].state is CommitmentState.MISSED
    stored.describe()
    stored.read("basics")
    stored.hand_in("basics")
    stored.read("selling")
    stored.hand_in("selling")
    assert views(program, stored)[0].state is CommitmentState.MET
    later(program, 366)
    assert views(program, stored)[0].state is CommitmentState.MISSED


def views(app: App, stored: Stored) -> Any:
    with app.reading() as tx:
        return list_commitments(tx, gather_evidence(tx, partner_id=stored.partner_id))


def test_a_new_version_s_commitments_take_the_place_of_the_earlier_ones(program: App) -> None:
    publish(program, "# Terms\n\nBe good.\n", commitments=(PEOPLE, REVENUE))
    stored = make_partner(program, 1)
    publish(program, "# Terms\n\nBe good.\n", commitments=(PEOPLE,), grace_days=5)
    assert len(views(program, stored)) == 2
    stored.sign()
    assert len(views(program, stored)) == 1
    assert "What you are committed to" in visit(program, stored).see("/portal/agreement")
    firm = open_visitor(program).see(f"/firms/{stored.firm_id}/onboarding")
    assert "1 person certified in “Selling”" in firm


def test_commitments_are_part_of_what_the_hash_is_of() -> None:
    rows = [{"kind": "referrals", "amount": 2}]
    assert hash_terms("Text", rows) != hash_terms("Text", [{"kind": "referrals", "amount": 3}])
    assert hash_terms("Text", []) != hash_terms("Text", rows)


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"amount": 1.5}, "no number of people"),
        ({"amount": 0}, "greater than 0"),
        ({"currency": "EUR"}, "Revenue, and nothing else"),
        ({"kind": "revenue"}, "Revenue, and nothing else"),
        ({"kind": "referrals", "course": "selling"}, "Only certified people"),
        ({"due_days": 0}, "greater than or equal to 1"),
        ({"prose": "try hard"}, "This key is unknown"),
    ],
)
def test_a_commitment_that_cannot_be_counted_is_refused(over: dict[str, Any], words: str) -> None:
    one = {"kind": "certified_people", "amount": 1, "due_days": 60} | over
    data = {"key": "p", "title": "P", "track": "reseller"}
    with pytest.raises(ContentError, match=words):
        parse_program(data | {"agreements": [{"name": "terms", "commitments": [one]}]})


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"track": "nowhere"}, "track 'nowhere' is not published"),
        ({"agreements": [{"name": "nothing"}]}, "Write it into agreement-nothing.md"),
        (
            {"agreements": [{"name": "terms", "commitments": [{"kind": "certified_people", "amount": 1, "due_days": 9, "course": "none"}]}]},
            "The course 'none' is not published",
        ),
    ],
)  # fmt: skip
def test_a_program_that_names_what_is_not_there_is_refused(
    program: App, over: dict[str, Any], words: str
) -> None:
    data = {"key": "p", "title": "P", "track": "reseller"} | over
    with program.transaction() as tx, pytest.raises(ContentError, match=words):
        publish_program(tx, definition=parse_program(data))


def test_a_colleague_at_the_partner_s_domain_lets_themselves_in_by_mail(program: App) -> None:
    stored = make_partner(program, 1)
    email = f"mia@{domain_of(program, stored)}"
    assert register(program, email)
    assert not register(program, email)
    with program.reading() as tx:
        notice = tx.session.scalars(select(Notice).order_by(Notice.id.desc())).first()
        assert notice is not None
        assert notice.kind is NoticeKind.INVITATION
        members = partner_page(tx, stored.partner_id).members
    assert [(m.email, m.role) for m in members][1:] == [(email, MemberRole.MEMBER)]


def domain_of(app: App, stored: Stored) -> str:
    with app.reading() as tx:
        return tx.session.get_one(Firm, stored.firm_id).domain or ""


def register(app: App, email: str) -> bool:
    with app.transaction() as tx:
        return register_colleague(tx, email=email)


@pytest.mark.parametrize("domain", ["gmail.com", "nobody.example", "sub.nobody.example"])
def test_nobody_else_lets_themselves_in(program: App, domain: str) -> None:
    stored = make_partner(program, 1)
    with program.transaction() as tx:
        if domain == "gmail.com":
            tx.session.get_one(Firm, stored.firm_id).domain = domain
    assert not register(program, f"mia@{domain}")


def test_an_admin_shuts_the_door_and_a_member_does_not(program: App) -> None:
    stored = make_partner(program, 1)
    domain = domain_of(program, stored)
    visitor = visit(program, stored)
    assert f"Whoever has an address at {domain}" in visitor.see("/portal/team").replace("  ", " ")
    assert visitor.post("/portal/team/door", is_open="false").status_code == 303
    assert not register(program, f"mia@{domain}")
    with program.transaction() as tx:
        token = invite_member(
            tx,
            partner_id=stored.partner_id,
            email="mel@else.example",
            name="Mel",
            role=MemberRole.MEMBER,
        )
    with program.transaction() as tx:
        signed_in = accept_invitation(tx, token=token, password=PASSWORD)
    member = Stored(
        program, stored.partner_id, stored.firm_id, signed_in.person.person_id, signed_in
    )
    assert visit(program, member).post("/portal/team/door", is_open="true").status_code == 403
    with program.reading() as tx:
        assert not tx.session.get_one(Partner, stored.partner_id).open_to_colleagues


def test_who_was_removed_and_who_floods_stay_outside(program: App) -> None:
    stored = make_partner(program, 1)
    domain = domain_of(program, stored)
    assert register(program, f"mia@{domain}")
    with program.transaction() as tx:
        member = partner_page(tx, stored.partner_id).members[1]
        leave_member(tx, partner_id=stored.partner_id, person_id=member.person_id)
    assert not register(program, f"mia@{domain}")
    done = [register(program, f"n{number}@{domain}") for number in range(12)]
    assert sum(done) == 9
    later(program, 2)
    assert register(program, f"late@{domain}")


def test_the_door_answers_the_same_to_everybody(program: App) -> None:
    stored = make_partner(program, 1)
    answers = set()
    for email in (f"mia@{domain_of(program, stored)}", "who@nobody.example"):
        visitor = open_visitor(program, None)
        page = visitor.get("/sign-in/link").text
        visitor.csrf = page.split('name="csrf_token" value="')[1].split('"')[0]
        answer = visitor.post("/sign-in/link", email=email)
        answers.add((answer.status_code, words_of(answer.text).replace(email, "")))
    assert len(answers) == 1
