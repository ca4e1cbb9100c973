"""The doors: signing in and out, invitations, headers, cookies, forms from elsewhere, errors in words."""

import re
from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from recruit.mail.adapters.memory import MemoryMailer
from recruit.notices.sending import Office, send_due_notices
from recruit.notices.usecases import get_preference, token_of
from recruit.notices.values import Preference
from recruit.people.usecases import add_person, invite_person
from recruit.people.values import Role
from recruit.web.app import create_app
from recruit.web.security import HEADERS
from recruit.wiring import App
from tests.factories.web import Visitor, open_visitor, words_of

PASSWORD = "correct horse battery"
EMAIL = "robin@northlight.example"


@pytest.fixture
def someone(app: App) -> Visitor:
    """Somebody who has a password and is at the sign-in page."""
    with app.transaction() as tx:
        add_person(tx, email=EMAIL, name="Robin Vale", role=Role.RECRUITER, password=PASSWORD)
    visitor = open_visitor(app, None)
    visitor.csrf = _form_token(visitor.get("/sign-in").text)
    return visitor


def _form_token(html: str) -> str:
    match = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert match
    return match[1]


def test_a_password_opens_the_desk_and_signing_out_closes_it(someone: Visitor) -> None:
    response = someone.post("/sign-in", email=EMAIL.upper(), password=PASSWORD)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    page = someone.get("/")
    assert page.status_code == 200
    token = someone.client.cookies["recruit_session"]
    someone.csrf = _form_token(page.text)
    assert someone.post("/sign-out").headers["location"] == "/sign-in"
    # The old cookie is worth nothing, even where a browser keeps it.
    someone.client.cookies.set("recruit_session", token)
    assert someone.get("/").headers["location"].startswith("/sign-in")


def test_a_wrong_password_says_so_and_keeps_the_address(someone: Visitor) -> None:
    response = someone.post("/sign-in", email=EMAIL, password="wrong")
    assert response.status_code == 401
    assert EMAIL in response.text
    assert "do not belong together" in response.text
    assert "wrong" not in words_of(response.text)


def test_guessing_is_slowed_down(someone: Visitor) -> None:
    for _ in range(5):
        someone.post("/sign-in", email=EMAIL, password="wrong")
    response = someone.post("/sign-in", email=EMAIL, password=PASSWORD)
    assert response.status_code == 429
    assert "Wait" in response.text


def test_signing_in_leads_to_where_one_was_going(someone: Visitor) -> None:
    asked = someone.get("/prospects?state=new&page=2")
    assert asked.headers["location"] == "/sign-in?next=%2Fprospects%3Fstate%3Dnew%26page%3D2"
    response = someone.post(
        "/sign-in", email=EMAIL, password=PASSWORD, next="/prospects?state=new&page=2"
    )
    assert response.headers["location"] == "/prospects?state=new&page=2"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_signing_in_never_leads_to_another_site(someone: Visitor, target: str) -> None:
    response = someone.post("/sign-in", email=EMAIL, password=PASSWORD, next=target)
    assert response.headers["location"] == "/"
    assert someone.get("/sign-in", next=target).headers["location"] == "/"


def test_an_invitation_lets_someone_choose_a_password_once(app: App) -> None:
    with app.transaction() as tx:
        person = add_person(tx, email="mira@vela.example", name="Mira Okafor", role=Role.PARTNER)
        link = f"/invitation/{invite_person(tx, person_id=person.id)}"
    visitor = open_visitor(app, None)
    page = visitor.get(link)
    assert "Welcome, Mira Okafor" in page.text
    visitor.csrf = _form_token(page.text)
    weak = visitor.post(link, password="short")
    assert (weak.status_code, "at least 12" in weak.text) == (422, True)
    response = visitor.post(link, password=PASSWORD)
    assert (response.status_code, response.headers["location"]) == (303, "/portal/next")
    assert open_visitor(app, None).get(link).status_code == 404


def test_cookies_are_bound_to_the_host_under_https(make_app: Any) -> None:
    app: App = make_app()
    app.settings = replace(app.settings, base_url="https://recruit.example")
    with app.transaction() as tx:
        add_person(tx, email=EMAIL, name="Robin", role=Role.RECRUITER, password=PASSWORD)
    visitor = open_visitor(app, None)
    visitor.client.base_url = "https://recruit.example"
    page = visitor.get("/sign-in")
    assert page.headers["set-cookie"].startswith("__Host-recruit_visitor=")
    assert "Secure" in page.headers["set-cookie"]
    assert "max-age" in page.headers["strict-transport-security"]
    visitor.csrf = _form_token(page.text)
    response = visitor.post("/sign-in", email=EMAIL, password=PASSWORD)
    assert response.headers["set-cookie"].startswith("__Host-recruit_session=")
    assert "Secure" in response.headers["set-cookie"]


def _posts(web: FastAPI) -> list[APIRoute]:
    return [
        route
        for route in _routes(web.routes)
        if isinstance(route, APIRoute) and "POST" in (route.methods or ())
    ]


def _routes(routes: Any) -> list[Any]:
    found = []
    for route in routes:
        # It asks for keys and not for sessions: see test_api.
        if getattr(route, "path", "") == "/api/v1":
            continue
        inner = getattr(route, "routes", None) or getattr(
            getattr(route, "original_router", None), "routes", None
        )
        found += _routes(inner) if inner and not isinstance(route, APIRoute) else [route]
    return found


def test_no_form_is_taken_without_its_token(app: App) -> None:
    web = create_app(app)
    # Programs post to these, with a token in the link or a signature.
    others = ("/u/", "/notices/", "/hooks/")
    posts = [route for route in _posts(web) if not route.path.startswith(others)]
    assert len(posts) > 10
    for role in (Role.RECRUITER, Role.PARTNER, None):
        visitor = open_visitor(app, role, web)
        for route in posts:
            path = re.sub(r"\{[^}]+\}", "1", route.path)
            for fields in ({}, {"csrf_token": "guess"}, {"csrf_token": ""}):
                response = visitor.client.post(path, data=fields)
                assert response.status_code in {303, 403}, (role, path)
                if response.status_code == 303:
                    assert response.headers["location"].startswith("/sign-in"), (role, path)


def test_a_form_from_another_site_is_refused_even_with_the_token(app: App) -> None:
    visitor = open_visitor(app)
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        response = visitor.client.post(
            "/sign-out", data={"csrf_token": visitor.csrf}, headers=headers
        )
        assert response.status_code == 403
        assert "out of date" in response.text


def test_htmx_sends_the_token_as_a_header(app: App) -> None:
    visitor = open_visitor(app)
    headers = {"X-CSRF-Token": visitor.csrf, "HX-Request": "true"}
    response = visitor.client.post("/sign-out", headers=headers)
    assert (response.status_code, response.headers["hx-redirect"]) == (200, "/sign-in")


def test_every_answer_carries_the_security_headers(app: App, monkeypatch: Any) -> None:
    visitor = open_visitor(app)
    monkeypatch.setattr("recruit.web.desk.numbers.read_numbers", lambda _tx: 1 / 0, raising=True)
    for path, status in (
        ("/", 200),
        ("/nothing", 404),
        ("/static/app.css", 200),
        ("/firms/abc", 404),
        ("/numbers", 500),
    ):
        response = visitor.get(path)
        assert response.status_code == status, path
        for name, value in HEADERS.items():
            # Lessons frame packages from another host, which the policy names.
            assert response.headers[name].partition("; frame-src")[0] == value, (path, name)
        if not path.startswith("/static"):
            assert response.headers["cache-control"] == "no-store", path


def test_no_page_has_a_script_or_style_of_its_own(app: App) -> None:
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    html = open_visitor(app).get("/").text
    assert " style=" not in html
    assert " onclick=" not in html
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []


def test_static_files_are_kept_for_good_by_their_hash(app: App) -> None:
    visitor = open_visitor(app, None)
    match = re.search(r"/static/app\.css\?v=[0-9a-f]{12}", visitor.get("/sign-in").text)
    assert match
    assert "immutable" in visitor.get(match[0]).headers["cache-control"]


def test_an_error_of_ours_is_said_in_words_with_a_number_and_no_detail(
    app: App, monkeypatch: Any
) -> None:
    def break_down(_tx: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("recruit.web.desk.numbers.read_numbers", break_down)
    response = open_visitor(app).get("/numbers")
    assert response.status_code == 500
    assert "Something broke on our side" in response.text
    assert "report number" in response.text
    assert "secret of the house" not in response.text


def test_an_error_in_a_part_of_a_page_goes_to_the_notices(app: App) -> None:
    response = open_visitor(app).ask("/prospects/panel/999")
    assert response.status_code == 404
    assert response.headers["hx-retarget"] == "#notices"
    assert "<html" not in response.text


def test_a_form_with_something_missing_says_what(app: App) -> None:
    response = open_visitor(app).post("/candidates/1/decline")
    assert response.status_code == 422
    assert "reason" in words_of(response.text)


def test_a_link_by_mail_signs_in_and_opening_it_uses_nothing_up(someone: Visitor, app: App) -> None:
    someone.csrf = _form_token(someone.get("/sign-in/link").text)
    answer = someone.post("/sign-in/link", email=EMAIL.upper())
    assert "is on its way" in words_of(answer.text)
    mailer = MemoryMailer()
    office = Office("desk@vendor.example", "Vendor", "http://portal.example", "s" * 40)
    assert send_due_notices(app.transaction, mailer, office).sent == 1
    mail = message_from_bytes(mailer.sent[0][1], policy=policy.default)
    link = re.search(
        r"http://portal\.example(/sign-in/link/\S+)", mail.get_body(("plain",)).get_content()
    )
    assert link
    # A link scanner opens it first.
    assert EMAIL in someone.get(link[1]).text
    someone.csrf = _form_token(someone.get(link[1]).text)
    assert someone.post(link[1]).headers["location"] == "/"
    assert someone.get("/").status_code == 200
    assert someone.get(link[1]).status_code == 404


def test_asking_for_a_link_does_not_tell_who_has_an_account(someone: Visitor) -> None:
    someone.csrf = _form_token(someone.get("/sign-in/link").text)
    pages = [
        someone.post("/sign-in/link", email=email).text.replace(email, "…")
        for email in (EMAIL, "nobody@northlight.example")
    ]
    assert pages[0] == pages[1]
    assert someone.post("/sign-in/link", email="no address").status_code == 422


def test_one_chooses_when_to_hear_without_signing_in(app: App) -> None:
    with app.transaction() as tx:
        person = add_person(tx, email=EMAIL, name="Robin", role=Role.PARTNER)
        person_id = person.id
    visitor = open_visitor(app, None)
    path = f"/notices/{token_of(app.secret, person_id)}"
    assert "As it happens" in visitor.get(path).text
    chosen = visitor.client.post(
        path, data={"preference": "daily"}, headers={"Accept": "text/html"}
    )
    assert "Saved" in chosen.text
    # A mail provider's one click.
    assert visitor.client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    with app.reading() as tx:
        assert get_preference(tx, person_id=person_id) is Preference.OFF
    assert visitor.get("/notices/1-abc").status_code == 404
    assert visitor.client.post("/notices/1-abc").status_code == 404
