"""What partners send: signed, filled in, read and handed in over HTTP, on both databases."""

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any

import pytest
from sqlalchemy import func, select

from recruit.onboarding.tables import (
    AgreementAcceptance,
    Attempt,
    Award,
    LessonView,
    Partner,
    PartnerMember,
    StepEvidence,
)
from recruit.onboarding.usecases import invite_member, publish_agreement, publish_course
from recruit.onboarding.values import MemberRole
from recruit.people.usecases import accept_invitation
from recruit.web.app import create_app
from recruit.wiring import App
from tests.factories.onboarding import (
    RIGHT,
    WRONG,
    Stored,
    basics_data,
    make_partner,
    publish_small_track,
)
from tests.factories.people import PASSWORD
from tests.factories.web import Visitor, words_of
from tests.integration.test_portal_doors import at_browser, example_of, portal_routes

KEPT = (AgreementAcceptance, Attempt, Award, LessonView, StepEvidence, PartnerMember)
SIGNED = {"typed_name": "Sam Vela", "job_title": "Director", "authority": "yes"}


@pytest.fixture
def program(app: App) -> App:
    """An app whose small track is published."""
    with app.transaction() as tx:
        publish_small_track(tx)
    return app


def count(app: App, *tables: Any) -> list[int]:
    with app.reading() as tx:
        return [tx.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def answers(chosen: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    return {f"q-{key}": list(options) for key, options in chosen.items()}


def checked(html: str) -> set[tuple[str, str]]:
    """Return name and value of every box and button that is chosen on a page."""
    found = re.findall(
        r'<input type="(?:radio|checkbox)" name="([^"]+)" value="([^"]+)"([^>]*)>', html
    )
    return {(name, unescape(value)) for name, value, rest in found if "checked" in rest}


def colleague(stored: Stored, role: MemberRole) -> Visitor:
    email = f"{role.value}{stored.partner_id}@vela.example"
    with stored.app.transaction() as tx:
        token = invite_member(
            tx, partner_id=stored.partner_id, email=email, name=role.value.title(), role=role
        )
        session = accept_invitation(tx, token=token, password=PASSWORD)
    return Visitor(create_app(stored.app), csrf=session.csrf_token, token=session.token)


@pytest.mark.parametrize("steps", [0, 2, 3])
def test_no_form_changes_anything_without_its_token(program: App, steps: int) -> None:
    stored = make_partner(program, steps)
    web = create_app(program)
    visitor = at_browser(stored, web)
    stranger = at_browser(make_partner(program), web).csrf
    before = count(program, *KEPT)
    sent = SIGNED | {"name": "V", "city": "U", "country": "NL", "email": "a@vela.example"}
    for route in portal_routes(web, "POST"):
        for token in (None, "", "guess", stranger):
            fields = (
                sent | answers(RIGHT["basics"]) | ({} if token is None else {"csrf_token": token})
            )
            response = visitor.client.post(example_of(route), data=fields)
            assert response.status_code == 403, (route, token)
            assert "out of date" in response.text
    assert count(program, *KEPT) == before


def test_a_form_from_another_site_is_refused_even_with_the_token(program: App) -> None:
    visitor = at_browser(make_partner(program))
    response = visitor.client.post(
        "/portal/agreement",
        data=SIGNED | {"csrf_token": visitor.csrf},
        headers={"Origin": "https://evil.example"},
    )
    assert response.status_code == 403
    assert count(program, AgreementAcceptance) == [0]


def test_the_agreement_is_signed_and_the_next_step_is_shown(program: App) -> None:
    visitor = at_browser(make_partner(program))
    page = visitor.get("/portal/agreement").text
    digest = re.search(r'name="text_sha256" value="([^"]+)"', page)
    assert digest
    response = visitor.post("/portal/agreement", text_sha256=digest[1], **SIGNED)
    assert (response.status_code, response.headers["location"]) == (303, "/portal/next")
    assert visitor.get("/portal/next").headers["location"] == "/portal/company"
    home = visitor.see("/portal")
    assert "The agreement is signed. Thank you." in home
    assert "3 steps to full access" in home
    assert "Signed by Sam Vela on 3 March 2026" in visitor.see("/portal/agreement")
    assert 'name="typed_name"' not in visitor.get("/portal/agreement").text


@pytest.mark.parametrize(
    ("without", "problem"),
    [
        ("authority", "Tick the box to say that you may sign"),
        ("typed_name", "Type your full name and your title"),
        ("job_title", "Type your full name and your title"),
    ],
)
def test_an_agreement_with_something_missing_is_shown_again_as_it_was_filled_in(
    program: App, without: str, problem: str
) -> None:
    visitor = at_browser(make_partner(program))
    sent = {key: value for key, value in SIGNED.items() if key != without}
    response = visitor.post("/portal/agreement", **sent)
    assert response.status_code == 422
    assert problem in words_of(response.text)
    for key in {"typed_name", "job_title"} - {without}:
        assert f'name="{key}" value="{SIGNED[key]}"' in response.text
    assert count(program, AgreementAcceptance) == [0]


def test_an_agreement_that_changed_meanwhile_is_shown_anew(program: App) -> None:
    visitor = at_browser(make_partner(program))
    match = re.search(r'text_sha256" value="(\w+)"', visitor.get("/portal/agreement").text)
    assert match
    with program.transaction() as tx:
        publish_agreement(tx, name="terms", title="Terms", text="# Terms\n\nPay much more.\n")
    response = visitor.post("/portal/agreement", text_sha256=match[1], **SIGNED)
    assert response.status_code == 422
    words = words_of(response.text)
    assert "has changed since you opened it" in words
    assert "Pay much more." in words
    newer = re.search(r'text_sha256" value="(\w+)"', response.text)
    assert newer
    assert visitor.post("/portal/agreement", text_sha256=newer[1], **SIGNED).status_code == 303


@pytest.mark.parametrize("role", [MemberRole.ADMIN, MemberRole.MEMBER])
def test_who_may_not_sign_is_told_who_can(program: App, role: MemberRole) -> None:
    visitor = colleague(make_partner(program), role)
    assert "Only a person who may sign for" in visitor.see("/portal/agreement")
    response = visitor.post("/portal/agreement", **SIGNED)
    assert response.status_code == 403
    assert "Only a person who may sign for" in words_of(response.text)
    assert count(program, AgreementAcceptance) == [0]


def test_the_company_is_saved_and_shown_again_when_something_is_missing(program: App) -> None:
    visitor = at_browser(make_partner(program, 1))
    sent = {"name": 'Vela "Cloud"', "city": "", "country": "Netherlands", "about": "<b>All</b>"}
    response = visitor.post("/portal/company", **sent)
    assert response.status_code == 422
    assert "Please fill in: city." in words_of(response.text)
    assert 'value="Vela &#34;Cloud&#34;"' in response.text
    assert "&lt;b&gt;All&lt;/b&gt;" in response.text
    response = visitor.post("/portal/company", **(sent | {"city": "Utrecht"}))
    assert response.headers["location"] == "/portal/next"
    assert visitor.get("/portal/next").headers["location"] == "/portal/courses/basics/lessons/what"
    again = visitor.post("/portal/company", **(sent | {"city": "Utrecht"}))
    assert again.headers["location"] == "/portal"
    with program.reading() as tx:
        company = tx.session.scalars(select(Partner)).one().company
    assert (company["city"], company["about"]) == ("Utrecht", "<b>All</b>")


def test_what_is_sent_out_of_turn_says_what_comes_first(program: App) -> None:
    visitor = at_browser(make_partner(program, 0))
    for path, fields in {
        "/portal/company": {"name": "V", "city": "U", "country": "NL"},
        "/portal/courses/basics/lessons/what": {},
        "/portal/courses/basics/quiz": answers(RIGHT["basics"]),
        "/portal/courses/selling/quiz": answers(RIGHT["selling"]),
    }.items():
        response = visitor.post(path, **fields)
        assert response.status_code == 403, path
        assert "Sign the agreement" in words_of(response.text)
        assert 'href="/portal/agreement"' in response.text
    assert count(program, StepEvidence, LessonView, Attempt) == [0, 0, 0]


def test_lessons_lead_one_to_the_next_and_to_the_quiz(program: App) -> None:
    visitor = at_browser(make_partner(program, 2))
    base = "/portal/courses/basics"
    assert "Next: Who buys it" in visitor.see(f"{base}/lessons/what")
    response = visitor.post(f"{base}/lessons/what")
    assert response.headers["location"] == f"{base}/lessons/who"
    assert "1 of 2 lessons read" in visitor.see("/portal")
    response = visitor.post(f"{base}/lessons/who")
    assert response.headers["location"] == f"{base}/quiz"
    assert visitor.post(f"{base}/lessons/nothing").status_code == 404


def test_reading_the_last_lesson_first_leads_back_to_the_unread_one(program: App) -> None:
    visitor = at_browser(make_partner(program, 2))
    response = visitor.post("/portal/courses/basics/lessons/who")
    assert response.headers["location"] == "/portal/courses/basics/lessons/what"


def test_opening_a_lesson_alone_does_not_count_as_reading_it(program: App) -> None:
    visitor = at_browser(make_partner(program, 2))
    visitor.see("/portal/courses/basics/lessons/what")
    assert count(program, LessonView) == [0]


def _at_quiz(app: App) -> Visitor:
    stored = make_partner(app, 2)
    stored.read("basics")
    return at_browser(stored)


@pytest.mark.parametrize(
    ("chosen", "blank"),
    [
        ({"where": ("With us",)}, "Question 2 still without an answer."),
        ({"parts": ("Agent", "Toaster")}, "Question 1 still without an answer."),
        ({}, "Questions 1, 2 still without an answer."),
    ],
)
def test_a_quiz_with_blanks_comes_back_with_what_was_chosen(
    program: App, chosen: dict[str, tuple[str, ...]], blank: str
) -> None:
    response = _at_quiz(program).post("/portal/courses/basics/quiz", **answers(chosen))
    assert response.status_code == 422
    assert blank in words_of(response.text)
    wanted = {(f"q-{key}", option) for key, options in chosen.items() for option in options}
    assert checked(response.text) == wanted
    assert count(program, Attempt) == [0]


@pytest.mark.parametrize(
    "forged",
    [{"q-where": "With nobody"}, {"q-other": "x"}, {"q-where": ["With us", "With the customer"]}],
)
def test_a_forged_answer_is_refused_and_counts_for_nothing(
    program: App, forged: dict[str, Any]
) -> None:
    visitor = _at_quiz(program)
    response = visitor.post("/portal/courses/basics/quiz", **(answers(RIGHT["basics"]) | forged))
    assert response.status_code == 422
    assert "The questions have changed." in words_of(response.text)
    assert count(program, Attempt) == [0]


def test_a_quiz_that_changed_meanwhile_is_asked_anew(program: App) -> None:
    visitor = _at_quiz(program)
    data = basics_data()
    data["quiz"]["questions"][0] |= {"options": ["Here", "There"], "answer": "There"}
    with program.transaction() as tx:
        publish_course(tx, definition=data)
    response = visitor.post("/portal/courses/basics/quiz", **answers(RIGHT["basics"]))
    assert response.status_code == 422
    assert "There" in words_of(response.text)


def test_a_failed_quiz_says_what_to_read_again_and_never_what_is_right(program: App) -> None:
    visitor = _at_quiz(program)
    response = visitor.post("/portal/courses/basics/quiz", **answers(WRONG["basics"]))
    assert response.headers["location"] == "/portal/courses/basics/result"
    words = visitor.see("/portal/courses/basics/result")
    assert "Not yet: 0%" in words
    assert "What it does" in words
    assert "Where does the data live?" in words
    assert "With the customer" not in words
    assert "Try again" in words
    visitor.post("/portal/courses/basics/quiz", **answers(RIGHT["basics"]))
    assert "Passed, with 100%" in visitor.see("/portal/courses/basics/result")


def test_the_last_quiz_ends_in_a_certificate_and_opens_the_prices(program: App) -> None:
    stored = make_partner(program, 3)
    stored.read("selling")
    visitor = at_browser(stored)
    assert "About 4 minutes" in visitor.see("/portal")
    visitor.post("/portal/courses/selling/quiz", **answers(RIGHT["selling"]))
    page = visitor.get("/portal/courses/selling/result").text
    link = re.search(r"/portal/certificates/[\w-]+", page)
    assert link
    certificate = visitor.see(link[0])
    assert "Sam Vela" in certificate
    assert "3 March 2027" in certificate
    assert "You have full access" in visitor.see("/portal")
    assert "All the prices." in visitor.see("/portal/resources/prices")


def test_handing_in_again_says_that_it_is_passed_and_changes_nothing(program: App) -> None:
    visitor = at_browser(make_partner(program, 4))
    response = visitor.post("/portal/courses/selling/quiz", **answers(WRONG["selling"]))
    assert response.headers["location"] == "/portal/courses/selling"
    assert "You have passed “Selling” already." in visitor.see("/portal/courses/selling")
    assert count(program, Attempt, Award) == [2, 1]


def test_twenty_clicks_at_once_make_one_award_and_no_error(program: App) -> None:
    stored = make_partner(program, 3)
    stored.read("selling")
    web = create_app(program)

    def click(_: int) -> tuple[int, str]:
        visitor = at_browser(stored, web)
        response = visitor.post("/portal/courses/selling/quiz", **answers(RIGHT["selling"]))
        return response.status_code, response.headers.get("location", "")

    with ThreadPoolExecutor(20) as pool:
        told = list(pool.map(click, range(20)))
    base = "/portal/courses/selling"
    assert sorted(told) == [(303, base)] * 19 + [(303, f"{base}/result")]
    assert count(program, Attempt, Award) == [2, 1]


# The team


def _link(html: str) -> str:
    match = re.search(r"/invitation/[\w-]+", html)
    assert match
    return match[0]


def test_a_colleague_is_invited_by_a_link_that_lets_them_in(program: App) -> None:
    visitor = at_browser(make_partner(program))
    response = visitor.post("/portal/team", name="Mel", email="mel@vela.example", role="member")
    assert response.status_code == 200
    door = Visitor(create_app(program))
    assert "Welcome, Mel" in words_of(door.get(_link(response.text)).text)
    again = visitor.post("/portal/team", name="Mel", email="mel@vela.example", role="member")
    assert again.status_code == 422
    assert 'value="mel@vela.example"' in again.text


@pytest.mark.parametrize(
    ("by", "role", "status"),
    [
        (MemberRole.SIGNATORY, "signatory", 200),
        (MemberRole.ADMIN, "admin", 200),
        (MemberRole.ADMIN, "signatory", 403),
        (MemberRole.MEMBER, "member", 403),
    ],
)
def test_who_invites_whom_follows_from_their_own_role(
    program: App, by: MemberRole, role: str, status: int
) -> None:
    stored = make_partner(program)
    visitor = at_browser(stored) if by is MemberRole.SIGNATORY else colleague(stored, by)
    before = count(program, PartnerMember)
    response = visitor.post("/portal/team", name="New", email="new@vela.example", role=role)
    assert response.status_code == status
    assert count(program, PartnerMember) == [before[0] + (status == 200)]
    if status == 403:
        assert "Only " in words_of(response.text)


def test_another_partners_people_are_nobodys_here(program: App) -> None:
    mine, other = make_partner(program), make_partner(program)
    visitor = at_browser(mine)
    for what in ("link", "remove"):
        assert visitor.post(f"/portal/team/{other.person_id}/{what}").status_code == 404
        assert visitor.post(f"/portal/team/999999/{what}").status_code == 404
    assert at_browser(other).get("/portal").status_code == 200
