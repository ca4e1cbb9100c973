"""Signing in and out, guessing, invitations: on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from recruit.people.passwords import WeakPassword
from recruit.people.usecases import (
    FAILURES_BY_ADDRESS_AND_IP,
    PARTNER_SESSION_LASTS,
    STAFF_SESSION_LASTS,
    EmailTaken,
    InvitationInvalid,
    SignedIn,
    TooManyAttempts,
    WrongCredentials,
    accept_invitation,
    add_person,
    disable_person,
    find_invitation,
    find_session,
    invite_person,
    revoke_sessions,
    set_password,
    sign_in,
    sign_out,
)
from recruit.people.values import Role
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.people import PASSWORD, make_person


def enter(app: App, email: str, password: str = PASSWORD, ip: str = "192.0.2.1") -> SignedIn:
    """Sign in as the web does: the error is caught inside, so that the failure is committed."""
    refused: Exception | None = None
    with app.transaction() as tx:
        try:
            return sign_in(tx, email=email, password=password, ip=ip, user_agent="test")
        except (WrongCredentials, TooManyAttempts) as error:
            refused = error
    raise refused


def is_open(app: App, token: str) -> bool:
    with app.reading() as tx:
        return find_session(tx, token=token) is not None


@pytest.fixture
def anna(app: App) -> int:
    with app.transaction() as tx:
        return make_person(tx, email="Anna@Vela.example", name="Anna Berg", password=PASSWORD).id


def test_a_person_signs_in_and_is_known_until_signing_out(app: App, anna: int) -> None:
    signed_in = enter(app, " ANNA@vela.example ")
    with app.reading() as tx:
        session = find_session(tx, token=signed_in.token)
    assert session is not None
    assert (session.person_id, session.name, session.role) == (anna, "Anna Berg", Role.RECRUITER)
    assert session.csrf_token == signed_in.csrf_token
    with app.transaction() as tx:
        sign_out(tx, token=signed_in.token)
    assert not is_open(app, signed_in.token)


@pytest.mark.parametrize("email", ["anna@vela.example", "nobody@vela.example"])
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    app: App, anna: int, email: str
) -> None:
    with pytest.raises(WrongCredentials, match="do not belong together"):
        enter(app, email, "a wrong password")


def test_guessing_is_stopped_and_forgotten_after_a_while(app: App, anna: int) -> None:
    for _ in range(FAILURES_BY_ADDRESS_AND_IP):
        with pytest.raises(WrongCredentials):
            enter(app, "anna@vela.example", "a wrong password")
    with pytest.raises(TooManyAttempts, match="15 minutes"):
        enter(app, "anna@vela.example")
    # Anna herself, at another address, is not locked out by whoever guesses.
    assert enter(app, "anna@vela.example", ip="192.0.2.2")
    app.clock.move_to(NOW + timedelta(minutes=16))  # type: ignore[attr-defined]
    assert enter(app, "anna@vela.example")


def test_one_guesser_cannot_try_everybody(app: App) -> None:
    for number in range(50):
        with app.transaction() as tx, pytest.raises(WrongCredentials):
            sign_in(tx, email=f"p{number}@x.example", password="", ip="192.0.2.9", user_agent="")
    with pytest.raises(TooManyAttempts):
        enter(app, "another@x.example", ip="192.0.2.9")


@pytest.mark.parametrize(
    ("role", "lasts"),
    [(Role.CHANNEL_MANAGER, STAFF_SESSION_LASTS), (Role.PARTNER, PARTNER_SESSION_LASTS)],
)
def test_a_session_ends_by_itself(app: App, role: Role, lasts: timedelta) -> None:
    with app.transaction() as tx:
        make_person(tx, email="a@x.example", role=role, password=PASSWORD)
    token = enter(app, "a@x.example").token
    app.clock.move_to(NOW + lasts - timedelta(seconds=1))  # type: ignore[attr-defined]
    assert is_open(app, token)
    app.clock.move_to(NOW + lasts)  # type: ignore[attr-defined]
    assert not is_open(app, token)


def test_sessions_end_when_revoked_when_the_password_changes_and_when_disabled(
    app: App, anna: int
) -> None:
    tokens = [enter(app, "anna@vela.example").token for _ in range(2)]
    with app.transaction() as tx:
        assert revoke_sessions(tx, person_id=anna) == 2
    assert not any(is_open(app, token) for token in tokens)
    token = enter(app, "anna@vela.example").token
    with app.transaction() as tx:
        set_password(tx, person_id=anna, password="another four words")
    assert not is_open(app, token)
    token = enter(app, "anna@vela.example", "another four words").token
    with app.transaction() as tx:
        disable_person(tx, person_id=anna)
    assert not is_open(app, token)
    with pytest.raises(WrongCredentials):
        enter(app, "anna@vela.example", "another four words")


def test_an_address_belongs_to_one_person(app: App, anna: int) -> None:
    with app.transaction() as tx, pytest.raises(EmailTaken, match=r"anna@vela\.example"):
        make_person(tx, email="ANNA@vela.example")


def test_ten_at_once_with_one_address_make_one_person(app: App) -> None:
    def add(number: int) -> bool:
        try:
            with app.transaction() as tx:
                add_person(tx, email="same@x.example", name=f"P {number}", role=Role.PARTNER)
        except EmailTaken:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(add, range(10))) == 1


def test_an_invitation_lets_in_once(app: App) -> None:
    with app.transaction() as tx:
        person = make_person(tx, email="new@x.example", role=Role.PARTNER)
        token = invite_person(tx, person_id=person.id)
    with app.reading() as tx:
        assert find_invitation(tx, token=token).email == "new@x.example"
    with pytest.raises(WeakPassword), app.transaction() as tx:
        accept_invitation(tx, token=token, password="short")
    with app.transaction() as tx:
        signed_in = accept_invitation(tx, token=token, password=PASSWORD)
    assert is_open(app, signed_in.token)
    with pytest.raises(InvitationInvalid, match="new one"), app.transaction() as tx:
        accept_invitation(tx, token=token, password="yet another four words")
    assert enter(app, "new@x.example")


def _a_newer_one(app: App, person_id: int) -> None:
    with app.transaction() as tx:
        invite_person(tx, person_id=person_id)


def _time(app: App, person_id: int) -> None:
    app.clock.move_to(NOW + timedelta(days=14))  # type: ignore[attr-defined]


def _disabled(app: App, person_id: int) -> None:
    with app.transaction() as tx:
        disable_person(tx, person_id=person_id)


@pytest.mark.parametrize("happens", [_a_newer_one, _time, _disabled])
def test_an_invitation_stops_working(app: App, happens: Callable[[App, int], None]) -> None:
    with app.transaction() as tx:
        person_id = make_person(tx, role=Role.PARTNER).id
        token = invite_person(tx, person_id=person_id)
    happens(app, person_id)
    with app.reading() as tx, pytest.raises(InvitationInvalid):
        find_invitation(tx, token=token)
