"""Your account and the team's people: where one is signed in, a new password, roles, and guesses at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from recruit.audit.usecases import Wanted, list_entries, verify_log
from recruit.people.administering import RoleRefused, change_role, shut_out
from recruit.people.sessions import list_sessions
from recruit.people.usecases import (
    FAILURES_BY_ADDRESS_AND_IP,
    TooManyAttempts,
    WrongCredentials,
    make_sign_in_link,
    sign_in,
    use_sign_in_link,
)
from recruit.people.values import Role, SignInMethod
from recruit.web.app import create_app
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.people import PASSWORD, make_person
from tests.factories.web import Visitor, open_visitor

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"


def come_in(app: App, email: str, user_agent: str = FIREFOX) -> Visitor:
    with app.transaction() as tx:
        come = sign_in(tx, email=email, password=PASSWORD, ip="192.0.2.1", user_agent=user_agent)
    return Visitor(create_app(app), csrf=come.csrf_token, token=come.token)


@pytest.fixture
def anna(app: App) -> int:
    """Somebody with a password."""
    with app.transaction() as tx:
        return make_person(tx, email="anna@vendor.example", name="Anna", password=PASSWORD).id


def deeds(app: App, person_id: int) -> list[str]:
    with app.reading() as tx:
        rows = list_entries(tx, Wanted(object_type="person", object_id=str(person_id)))
        assert verify_log(tx).broken is None
    return [row.action for row in rows][::-1]


def test_a_person_sees_where_they_are_signed_in_and_ends_one_or_all_others(
    app: App, anna: int
) -> None:
    here, there, third = (come_in(app, "anna@vendor.example") for _ in range(3))
    page = here.see("/account")
    assert page.count("Firefox on Windows") == 3
    assert page.count("this one") == 1
    with app.reading() as tx:
        ids = [one.session_id for one in list_sessions(tx, person_id=anna)]
    assert here.post(f"/account/sessions/{ids[1]}/end").status_code == 303
    assert there.get("/account").status_code == 303
    assert third.get("/account").status_code == 200
    assert here.post("/account/sessions/end-others").status_code == 303
    assert third.get("/account").status_code == 303
    assert here.get("/account").status_code == 200
    assert here.post(f"/account/sessions/{ids[1]}/end").status_code == 404
    assert deeds(app, anna)[-2:] == ["person.sessions_ended"] * 2


def test_nobody_ends_the_session_of_somebody_else(app: App, anna: int) -> None:
    with app.transaction() as tx:
        make_person(tx, email="ben@vendor.example", password=PASSWORD)
    come_in(app, "anna@vendor.example")
    with app.reading() as tx:
        (hers,) = list_sessions(tx, person_id=anna)
    ben = come_in(app, "ben@vendor.example")
    theirs = ben.post(f"/account/sessions/{hers.session_id}/end")
    nothing = ben.post("/account/sessions/99999/end")
    assert theirs.status_code == nothing.status_code == 404
    assert theirs.text == nothing.text


def test_when_somebody_was_last_seen_is_kept_to_a_few_minutes(app: App, anna: int) -> None:
    visitor = come_in(app, "anna@vendor.example")

    def seen() -> timedelta:
        with app.reading() as tx:
            return list_sessions(tx, person_id=anna)[0].seen_at - NOW

    for minutes, noted in ((1, 0), (6, 6), (8, 6), (60, 60)):
        app.clock.move_to(NOW + timedelta(minutes=minutes))  # type: ignore[attr-defined]
        assert visitor.get("/account").status_code == 200
        assert seen() == timedelta(minutes=noted)


def test_a_new_password_needs_the_old_one_and_signs_out_everywhere_else(
    app: App, anna: int
) -> None:
    here, there = come_in(app, "anna@vendor.example"), come_in(app, "anna@vendor.example")
    wrong = here.post("/account/password", current="not this one", new="quite another one")
    assert (wrong.status_code, "do not belong together" in wrong.text) == (422, True)
    weak = here.post("/account/password", current=PASSWORD, new="short")
    assert (weak.status_code, "at least 12" in weak.text) == (422, True)
    assert there.get("/account").status_code == 200
    done = here.post("/account/password", current=PASSWORD, new="quite another one")
    assert done.status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303
    with pytest.raises(WrongCredentials):
        come_in(app, "anna@vendor.example")
    assert "person.password_set" in deeds(app, anna)


def test_guessing_the_old_password_on_a_left_open_page_is_slowed_down_too(
    app: App, anna: int
) -> None:
    here = come_in(app, "anna@vendor.example")
    for _ in range(FAILURES_BY_ADDRESS_AND_IP):
        here.post("/account/password", current="a wrong guess", new="quite another one")
    answer = here.post("/account/password", current=PASSWORD, new="quite another one")
    assert "Too many failed attempts" in answer.text
    assert deeds(app, anna).count("person.sign_in_refused") == FAILURES_BY_ADDRESS_AND_IP


def test_whoever_came_by_mail_chooses_a_password_without_the_old_one(app: App, anna: int) -> None:
    with app.transaction() as tx:
        link = make_sign_in_link(tx, person_id=anna)
    with app.transaction() as tx:
        come = use_sign_in_link(tx, token=link, ip="192.0.2.1", user_agent="")
    assert come.person.method is SignInMethod.MAIL_LINK
    visitor = Visitor(create_app(app), csrf=come.csrf_token, token=come.token)
    assert "Your password now" not in visitor.see("/account")
    assert visitor.post("/account/password", new="quite another one").status_code == 303


def test_guesses_that_come_at_once_are_counted_one_after_another(app: App, anna: int) -> None:
    def guess(_: int) -> str:
        refused: Exception
        with app.transaction() as tx:
            try:
                sign_in(tx, email="anna@vendor.example", password="x", ip="9.9.9.9", user_agent="")
            except (WrongCredentials, TooManyAttempts) as error:
                refused = error
        return type(refused).__name__

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(guess, range(16)))
    assert found.count("WrongCredentials") == FAILURES_BY_ADDRESS_AND_IP


def test_a_partners_person_has_the_same_page_in_the_portals_frame(app: App) -> None:
    page = open_visitor(app, Role.PARTNER).get("/account")
    assert page.status_code == 200
    assert "Partner portal" in page.text
    assert open_visitor(app, None).get("/account").status_code == 303


def test_an_administrator_changes_roles_ends_sessions_and_shuts_people_out(
    app: App, anna: int
) -> None:
    admin = open_visitor(app, Role.ADMIN)
    hers = come_in(app, "anna@vendor.example")
    assert "Anna" in admin.see("/people")
    assert hers.get("/people").status_code == 403
    assert admin.post(f"/people/{anna}/role", role="channel_manager").status_code == 303
    assert "channel manager" in hers.see("/account") + hers.get("/").text
    assert admin.post(f"/people/{anna}/sessions/end").status_code == 303
    assert hers.get("/account").status_code == 303
    assert admin.post(f"/people/{anna}/door", is_open="false").status_code == 303
    with pytest.raises(WrongCredentials):
        come_in(app, "anna@vendor.example")
    assert admin.post(f"/people/{anna}/door", is_open="true").status_code == 303
    assert come_in(app, "anna@vendor.example").get("/account").status_code == 200
    for path in ("/people/999", "/people/abc"):
        assert admin.get(path).status_code == 404
    log = admin.see("/audit", object=f"person:{anna}")
    assert "person role changed" in log
    assert "Robin Vale" in log


def test_somebody_is_added_and_gets_a_link_once(app: App) -> None:
    admin = open_visitor(app, Role.ADMIN)
    added = admin.post("/people", email="kim@vendor.example", name="Kim", role="recruiter")
    assert "/invitation/" in added.text
    again = admin.post("/people", email="KIM@vendor.example", name="Kim", role="recruiter")
    assert again.status_code == 422
    assert "here already" in again.text
    partner = admin.post("/people", email="p@vendor.example", role="partner")
    assert partner.status_code == 422


def test_one_administrator_stays_and_partners_never_become_staff(app: App) -> None:
    with app.transaction() as tx:
        only = make_person(tx, role=Role.ADMIN).id
        partner = make_person(tx, role=Role.PARTNER).id
    for act in (
        lambda tx: change_role(tx, person_id=only, role=Role.RECRUITER, actor="A"),
        lambda tx: shut_out(tx, person_id=only),
        lambda tx: change_role(tx, person_id=partner, role=Role.ADMIN, actor="A"),
        lambda tx: change_role(tx, person_id=only, role=Role.PARTNER, actor="A"),
        lambda tx: shut_out(tx, person_id=partner),
    ):
        with pytest.raises(RoleRefused), app.transaction() as tx:
            act(tx)


def test_the_log_is_filtered_checked_and_taken_out_by_administrators(app: App, anna: int) -> None:
    admin = open_visitor(app, Role.ADMIN)
    come_in(app, "anna@vendor.example")
    assert "person signed in" in admin.see("/audit", who="anna", action="person.signed_in")
    empty = admin.see("/audit", who="nobody like that", since="2026-03-03", until="2026-03-03")
    assert "Nothing like that" in empty
    for odd in (
        {"since": "yesterday", "until": "9999-12-31", "action": "x", "before": "-1"},
        {"before": "9" * 30, "object": ":::", "who": "%\x00"},
    ):
        assert admin.get("/audit", **odd).status_code == 200
    assert "hold" in admin.post("/audit/verify").text
    lines = admin.post("/audit/export").text.splitlines()
    assert '"action": "data.exported"' in lines[-1]
    assert open_visitor(app, Role.RECRUITER).post("/audit/export").status_code == 403
