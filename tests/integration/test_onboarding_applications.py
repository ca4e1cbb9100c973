"""Applying on the public page: one answer for everybody, no help for machines, and a queue to decide on."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from recruit.clock import VirtualClock
from recruit.firms.tables import Firm
from recruit.firms.values import FirmTag
from recruit.insights.candidates import candidate_page
from recruit.mail.adapters.memory import MemoryMailer
from recruit.notices.sending import Office
from recruit.notices.tables import Notice
from recruit.notices.values import NoticeKind
from recruit.onboarding.applying import ApplicationForm
from recruit.onboarding.asking import token_of
from recruit.onboarding.joining_tables import Application, CandidateQuestion
from recruit.onboarding.program import parse_program
from recruit.onboarding.tables import Candidate, Partner
from recruit.onboarding.usecases import (
    FormRefused,
    QuestionRefused,
    TooManyApplications,
    UnknownProgram,
    UnknownQuestion,
    accept_candidate,
    answer_question,
    apply_to_program,
    ask_candidate,
    collect_candidates,
    decline_candidate,
    mail_questions,
    publish_agreement,
    publish_program,
    reopen_candidate,
)
from recruit.onboarding.values import CandidateOrigin, CandidateStatus, QuestionMail
from recruit.people.usecases import InvalidEmail, add_person
from recruit.people.values import Role
from recruit.wiring import App
from tests.factories.onboarding import make_candidate, make_partner, publish_small_track
from tests.factories.scoring import add_firm_row
from tests.factories.web import Visitor, open_visitor, words_of

PROGRAM: dict[str, Any] = {
    "key": "partners",
    "title": "Partner program",
    "track": "reseller",
    "types": [{"key": "reseller", "title": "A reseller"}, {"key": "msp", "title": "An MSP"}],
    "agreements": [
        {"name": "terms-de", "types": ["msp"], "countries": ["DE", "AT"]},
        {"name": "terms-msp", "types": ["msp"]},
    ],
}
ABOUT = "We run Linux servers for forty companies in the north."


@pytest.fixture
def program(app: App) -> App:
    """An app with an open program and a member of staff."""
    with app.transaction() as tx:
        publish_small_track(tx)
        publish_agreement(tx, name="terms-de", title="Bedingungen", text="# Bedingungen\n")
        publish_agreement(tx, name="terms-msp", title="Terms for MSPs", text="# MSPs\n")
        publish_program(tx, definition=parse_program(PROGRAM))
        add_person(tx, email="alex@northlight.example", name="Alex", role=Role.CHANNEL_MANAGER)
    return app


def fields(**over: str) -> dict[str, str]:
    return {
        "company": "Vela Cloud GmbH",
        "website": "velacloud.de",
        "country": "DE",
        "partner_type": "msp",
        "contact_name": "Sam Vela",
        "contact_email": "sam@velacloud.de",
        "about": ABOUT,
    } | over


def apply(app: App, *, form_id: str = "one", ip: str = "192.0.2.1", **over: str) -> int:
    with app.transaction() as tx:
        form = ApplicationForm(**fields(**over))
        return apply_to_program(tx, program="partners", form=form, form_id=form_id, ip=ip).id


def collect(app: App) -> list[int]:
    with app.transaction() as tx:
        return collect_candidates(tx)


def count(app: App, table: Any) -> int:
    with app.reading() as tx:
        return tx.session.scalar(select(func.count()).select_from(table)) or 0


def later(app: App, by: timedelta) -> None:
    assert isinstance(app.clock, VirtualClock)
    app.clock.move_to(app.clock.now() + by)


def open_form(app: App) -> tuple[Visitor, str]:
    visitor = open_visitor(app, None)
    page = visitor.get("/apply/partners").text
    visitor.csrf = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    return visitor, re.findall(r'name="ticket" value="([^"]+)"', page)[0]


def test_an_unknown_firm_becomes_a_candidate_once_resolution_has_seen_it(program: App) -> None:
    apply(program)
    assert count(program, Candidate) == 0
    (candidate_id,) = collect(program)
    assert collect(program) == []
    with program.reading() as tx:
        page = candidate_page(tx, candidate_id)
        assert page.candidate.origin is CandidateOrigin.APPLICATION
        assert (page.firm.domain, page.firm.tags) == ("velacloud.de", [FirmTag.OPEN_APPLICATION])
        assert page.contacts == [("Sam Vela", "sam@velacloud.de")]
        assert "The address is at the firm's own domain." in [line.text for line in page.checks]


def test_a_known_firm_is_found_by_its_domain(program: App) -> None:
    with program.transaction() as tx:
        firm_id = add_firm_row(tx, name="Vela", domain="velacloud.de", tags=["customer"]).id
    apply(program, website="https://www.velacloud.de/en/")
    with program.reading() as tx:
        candidate = tx.session.scalars(select(Candidate)).one()
        assert candidate.firm_id == firm_id
        checks = [line.text for line in candidate_page(tx, candidate.id).checks]
    assert "The firm was known before it applied." in checks


def test_staff_hear_of_it_once(program: App) -> None:
    apply(program)
    collect(program)
    apply(program)
    collect(program)
    with program.reading() as tx:
        (notice,) = tx.session.scalars(select(Notice)).all()
    assert (notice.kind, notice.facts["firm"]) == (NoticeKind.CANDIDATE_WAITING, "Vela Cloud GmbH")


def test_who_applied_in_somebody_else_s_name_is_seen_through(program: App) -> None:
    with program.transaction() as tx:
        add_firm_row(tx, name="Vela", domain="velacloud.de")
    apply(program, contact_email="sam@gmail.com")
    apply(program, form_id="two", contact_email="sam@other.example")
    with program.reading() as tx:
        (candidate,) = tx.session.scalars(select(Candidate))
        page = candidate_page(tx, candidate.id)
    # The first one's address stays the candidate's own: a later form can't redirect the invitation.
    assert page.candidate.contact_email == "sam@gmail.com"
    assert "The address is at other.example, not at velacloud.de." in [x.text for x in page.checks]


def test_a_partner_that_applies_again_stays_one_partner(program: App) -> None:
    stored = make_partner(program)
    with program.reading() as tx:
        domain = tx.session.get_one(Firm, stored.firm_id).domain or ""
    apply(program, website=domain)
    assert (count(program, Candidate), count(program, Partner)) == (1, 1)
    with program.reading() as tx:
        candidate = tx.session.scalars(select(Candidate)).one()
        assert candidate.status is CandidateStatus.ACCEPTED
        assert "partner already" in candidate_page(tx, candidate.id).checks[0].text


def test_the_firm_is_kept_out_of_outreach_while_its_application_is_open(program: App) -> None:
    apply(program)
    (candidate_id,) = collect(program)

    def tags() -> list[str]:
        with program.reading() as tx:
            return tx.session.scalars(select(Firm)).one().tags

    with program.transaction() as tx:
        decline_candidate(tx, candidate_id=candidate_id, reason="Too small", actor="Alex")
    assert tags() == []
    with program.transaction() as tx:
        reopen_candidate(tx, candidate_id=candidate_id, actor="Alex")
    assert tags() == [FirmTag.OPEN_APPLICATION]


def test_a_firm_that_was_declined_is_looked_at_again_with_the_reason(program: App) -> None:
    apply(program)
    (candidate_id,) = collect(program)
    with program.transaction() as tx:
        decline_candidate(tx, candidate_id=candidate_id, reason="Too small", actor="Alex")
        assert tx.session.scalars(select(Firm)).one().tags == []
    apply(program, form_id="two")
    with program.reading() as tx:
        page = candidate_page(tx, candidate_id)
    assert page.is_open
    assert "Alex declined it before: Too small" in [line.text for line in page.checks]


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"company": " "}, "company's name"),
        ({"company": "!!"}, "company's name"),
        ({"website": "no website"}, "no website"),
        ({"website": "javascript:alert(1)"}, "no website"),
        ({"country": ""}, "Choose your country"),
        ({"contact_name": ""}, "Write your name"),
        ({"about": "Hi"}, "sentence or two"),
        ({"partner_type": "king"}, "Choose what you would like to be"),
    ],
)
def test_a_form_with_a_hole_says_what_is_missing(
    program: App, over: dict[str, str], words: str
) -> None:
    with pytest.raises(FormRefused, match=words):
        apply(program, **over)
    with pytest.raises(InvalidEmail):
        apply(program, contact_email="sam")
    assert count(program, Application) == 0


def test_a_network_that_applies_all_the_time_is_told_to_wait(program: App) -> None:
    for number in range(5):
        apply(program, form_id=str(number))
    with pytest.raises(TooManyApplications):
        apply(program, form_id="six")
    apply(program, form_id="seven", ip="192.0.2.2")
    later(program, timedelta(hours=1, minutes=1))
    apply(program, form_id="eight")


def test_the_page_takes_an_application_from_a_person(program: App) -> None:
    visitor, ticket = open_form(program)
    later(program, timedelta(seconds=40))
    for _ in range(2):
        response = visitor.post("/apply/partners", ticket=ticket, **fields())
        assert (response.status_code, "Thank you" in response.text) == (200, True)
    assert count(program, Application) == 1


def test_a_machine_learns_nothing_and_leaves_nothing(program: App) -> None:
    visitor, ticket = open_form(program)
    quick = visitor.post("/apply/partners", ticket=ticket, **fields())
    assert (quick.status_code, "That was quick" in quick.text) == (422, True)
    later(program, timedelta(seconds=40))
    trapped = visitor.post("/apply/partners", ticket=ticket, fax="1", **fields())
    assert (trapped.status_code, "Thank you" in trapped.text) == (200, True)
    forged = visitor.post("/apply/partners", ticket="forged.ticket", **fields())
    assert forged.status_code == 422
    assert count(program, Application) == 0


def test_the_page_answers_the_same_for_a_firm_that_is_known(program: App) -> None:
    with program.transaction() as tx:
        add_firm_row(tx, name="Vela", domain="velacloud.de")
    answers = []
    for website in ("velacloud.de", "nobody-knows.de"):
        visitor, ticket = open_form(program)
        later(program, timedelta(seconds=40))
        response = visitor.post("/apply/partners", ticket=ticket, **fields(website=website))
        answers.append((response.status_code, words_of(response.text)))
    assert answers[0] == answers[1]


def test_a_closed_program_is_not_there(program: App) -> None:
    with program.transaction() as tx:
        publish_program(tx, definition=parse_program(PROGRAM | {"open": False}))
    assert open_visitor(program, None).get("/apply/partners").status_code == 404
    assert open_visitor(program, None).get("/apply/nothing").status_code == 404
    with pytest.raises(UnknownProgram):
        apply(program)


@pytest.mark.parametrize(
    ("partner_type", "country", "agreement"),
    [("msp", "DE", "terms-de"), ("msp", "FR", "terms-msp"), ("reseller", "DE", "")],
)
def test_type_and_country_choose_the_agreement(
    program: App, partner_type: str, country: str, agreement: str
) -> None:
    apply(program, partner_type=partner_type, country=country)
    (candidate_id,) = collect(program)
    with program.transaction() as tx:
        partner = accept_candidate(tx, candidate_id=candidate_id, actor="Alex")
        assert (partner.program, partner.partner_type) == ("partners", partner_type)
        assert partner.agreement == agreement
        assert tx.session.scalars(select(Firm)).one().tags == [FirmTag.PARTNER]


def test_a_question_is_mailed_once_answered_once_and_brings_the_candidate_back(
    program: App,
) -> None:
    apply(program)
    (candidate_id,) = collect(program)
    with program.transaction() as tx:
        with pytest.raises(QuestionRefused):
            ask_candidate(tx, candidate_id=candidate_id, question="?", actor="Alex")
        ask_candidate(tx, candidate_id=candidate_id, question="How many are you?", actor="Alex")
    office = Office("us@northlight.example", "Northlight", "https://p.example", program.secret)
    assert isinstance(program.mailer, MemoryMailer)
    assert mail_questions(program.transaction, program.mailer, office) == 1
    assert mail_questions(program.transaction, program.mailer, office) == 0
    with program.reading() as tx:
        row = tx.session.scalars(select(CandidateQuestion)).one()
        assert row.mail is QuestionMail.SENT
        assert tx.session.get_one(Candidate, candidate_id).status is CandidateStatus.ASKED
    token = token_of(program.secret, row.id)
    visitor = open_visitor(program, None)
    page = visitor.get(f"/answer/{token}").text
    visitor.csrf = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    assert "How many are you?" in page
    assert visitor.post(f"/answer/{token}", answer=" ").status_code == 422
    assert "Thank you" in visitor.post(f"/answer/{token}", answer="Nine.").text
    assert "Thank you" in visitor.post(f"/answer/{token}", answer="Ten.").text
    with program.reading() as tx:
        page_ = candidate_page(tx, candidate_id)
        assert page_.candidate.status is CandidateStatus.WAITING
        assert [q.answer for q in page_.questions] == ["Nine."]


@pytest.mark.parametrize("token", ["", "1", "1-", "1-0123", "x-1", "9" * 30])
def test_a_link_that_is_not_ours_answers_nothing(program: App, token: str) -> None:
    with program.transaction() as tx, pytest.raises(UnknownQuestion):
        answer_question(tx, secret=program.secret, token=token, answer="Hello")


def test_the_desk_s_page_shows_the_application_and_takes_the_decision(program: App) -> None:
    apply(program, about=f"{ABOUT} <script>alert(1)</script>")
    (candidate_id,) = collect(program)
    visitor = open_visitor(program)
    page = visitor.get(f"/candidates/{candidate_id}").text
    assert "<script>alert(1)" not in page
    assert ABOUT in page
    assert "applied" in visitor.see("/onboarding") or "Vela Cloud GmbH" in visitor.see(
        "/onboarding"
    )
    asked = visitor.post(f"/candidates/{candidate_id}/ask", question="How many are you?")
    assert asked.status_code == 303
    assert "asked for more" in visitor.see(f"/candidates/{candidate_id}")
    nowhere = visitor.post(f"/candidates/{candidate_id}/accept", program="nowhere")
    assert nowhere.status_code == 404
    accepted = visitor.post(
        f"/candidates/{candidate_id}/accept", contact="sam@velacloud.de", program="partners"
    )
    assert "is a partner" in words_of(accepted.text)
    assert visitor.get("/candidates/999").status_code == 404


def test_twenty_who_accept_at_once_make_one_partner(program: App) -> None:
    with program.transaction() as tx:
        candidate_id = make_candidate(tx).id

    def accept(_: int) -> int:
        with program.transaction() as tx:
            return accept_candidate(tx, candidate_id=candidate_id, actor="Alex").id

    with ThreadPoolExecutor(20) as pool:
        assert len(set(pool.map(accept, range(20)))) == 1
    assert count(program, Partner) == 1


def test_twenty_forms_sent_at_once_are_one_application(program: App) -> None:
    with ThreadPoolExecutor(20) as pool:
        assert len(set(pool.map(lambda _: apply(program), range(20)))) == 1
    assert count(program, Application) == 1
