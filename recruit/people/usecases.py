"""Sign in and out, and let people in: by a password, or by an invitation that lets them choose one.

Who may see what is decided elsewhere; here is only who somebody is.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.people import store
from recruit.people.passwords import hash_password, needs_rehash, password_is
from recruit.people.sessions import (
    PARTNER_SESSION_LASTS,
    STAFF_SESSION_LASTS,
    SessionView,
    SignedIn,
    find_session,
    hash_token,
    open_session,
    revoke_sessions,
    sign_out,
)
from recruit.people.tables import Invitation, LoginFailure, Person, SignInLink
from recruit.people.values import Role, SignInMethod

__all__ = [
    "FAILURES_BY_ADDRESS_AND_IP",
    "INVITATION_LASTS",
    "PARTNER_SESSION_LASTS",
    "SIGN_IN_LINK_LASTS",
    "STAFF_SESSION_LASTS",
    "EmailTaken",
    "InvalidEmail",
    "InvitationInvalid",
    "InvitationView",
    "SessionView",
    "SignInLinkInvalid",
    "SignedIn",
    "TooManyAttempts",
    "WrongCredentials",
    "accept_invitation",
    "add_person",
    "change_password",
    "disable_person",
    "enable_person",
    "find_invitation",
    "find_person_id",
    "find_session",
    "find_sign_in_link",
    "has_signed_in",
    "invite_person",
    "make_sign_in_link",
    "normalize_email",
    "revoke_sessions",
    "set_password",
    "sign_in",
    "sign_out",
    "use_sign_in_link",
]

INVITATION_LASTS = timedelta(days=14)
SIGN_IN_LINK_LASTS = timedelta(minutes=15)

FAILURE_WINDOW = timedelta(minutes=15)
# A person mistypes a few times. The limit by address alone is wider, or anybody could lock anybody
# out; the one by IP is wider still, for whole offices share one.
FAILURES_BY_ADDRESS_AND_IP = 5
FAILURES_BY_ADDRESS = 20
FAILURES_BY_IP = 50

_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")


class InvalidEmail(ValueError):
    """An address has not the shape of one."""


class EmailTaken(ValueError):
    """Somebody has this address already."""


class WrongCredentials(Exception):
    """Address and password do not belong together; nobody is told which of them was wrong."""


class TooManyAttempts(Exception):
    """Too many failed sign-ins of late."""


class InvitationInvalid(LookupError):
    """An invitation is unknown, used or expired."""


class SignInLinkInvalid(LookupError):
    """A sign-in link is unknown, used or expired."""


@dataclass(frozen=True)
class InvitationView:
    """Who an open invitation is for."""

    person_id: int
    name: str
    email: str
    role: Role

    @property
    def is_named(self) -> bool:
        """Tell whether the person's name is known, and not only their address."""
        return self.name != self.email


def normalize_email(email: str) -> str:
    """Return the address in lower case without spaces around; raises `InvalidEmail`."""
    email = email.strip().lower()
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise InvalidEmail(f"{email!r} is not an e-mail address. Write it like name@company.com.")
    return email


def add_person(
    tx: Transaction, *, email: str, name: str, role: Role, password: str | None = None
) -> Person:
    """Add someone who can sign in, once a password is set; raises `EmailTaken`, `InvalidEmail`."""
    email = normalize_email(email)
    person = Person(
        email=email,
        name=name.strip() or email,
        role=role,
        password_hash=hash_password(password, email=email) if password is not None else None,
        created_at=tx.now,
    )
    if store.find_person(tx, email) is not None or not store.add_once(tx, person):
        raise EmailTaken(f"Somebody with the address {email} is here already. Use another address.")
    record(tx, Deed.PERSON_ADDED, "person", person.id, role=role.value)
    return person


def set_password(
    tx: Transaction, *, person_id: int, password: str, keep_session_id: int | None = None
) -> int:
    """Set a person's password and end the sessions and links that were open, but for the one kept.

    Returns how many sessions ended. Raises `WeakPassword`.
    """
    person = store.get_person(tx, person_id)
    person.password_hash = hash_password(password, email=person.email)
    ended = store.end_sessions(tx, person_id=person_id, but=keep_session_id)
    store.expire_links(tx, person_id=person_id)
    record(tx, Deed.PASSWORD_SET, "person", person_id, sessions_ended=len(ended))
    return len(ended)


def sign_in(tx: Transaction, *, email: str, password: str, ip: str, user_agent: str) -> SignedIn:
    """Check a password and open a session; raises `WrongCredentials` or `TooManyAttempts`.

    A failure is written down in `tx`, to slow down guessing: catch the error inside the
    transaction, so that it is committed.
    """
    person = _prove(tx, email=email, password=password, ip=ip)
    return open_session(tx, person, method=SignInMethod.PASSWORD, ip=ip, user_agent=user_agent)


def change_password(
    tx: Transaction, *, person_id: int, session_id: int, current: str, new: str, ip: str
) -> int:
    """Change a person's own password and end their other sessions; returns how many those were.

    Whoever came by a link in a mail need not know the old one. Raises `WeakPassword`, `WrongCredentials`
    or `TooManyAttempts`: catch them inside the transaction, as of `sign_in`.
    """
    person = store.get_person(tx, person_id)
    if not store.came_by_mail(tx, session_id):
        _prove(tx, email=person.email, password=current, ip=ip)
    return set_password(tx, person_id=person_id, password=new, keep_session_id=session_id)


def _prove(tx: Transaction, *, email: str, password: str, ip: str) -> Person:
    email, ip = email.strip().lower()[:254], ip[:45]
    since = tx.now - FAILURE_WINDOW
    # Guesses that come at once would otherwise all be counted before any of them has failed.
    store.take_turn(tx, email)
    pair, by_address, by_ip = store.count_failures(tx, email=email, ip=ip, since=since)
    if (
        pair >= FAILURES_BY_ADDRESS_AND_IP
        or by_address >= FAILURES_BY_ADDRESS
        or by_ip >= FAILURES_BY_IP
    ):
        minutes = int(FAILURE_WINDOW.total_seconds() // 60)
        raise TooManyAttempts(f"Too many failed attempts. Wait {minutes} minutes and try again.")
    person = store.find_person(tx, email)
    right = password_is(password, person.password_hash if person else None)
    if person is None or not right or person.disabled_at is not None:
        tx.session.add(LoginFailure(email=email, ip=ip, at=tx.now))
        if person is not None:
            why = "shut out" if right else "wrong password"
            record(tx, Deed.SIGN_IN_REFUSED, "person", person.id, ip=ip, why=why)
        raise WrongCredentials("This address and password do not belong together. Check both.")
    store.forget_failures(tx, email=email, ip=ip, before=since)
    if person.password_hash is not None and needs_rehash(person.password_hash):
        person.password_hash = hash_password(password, email=email)
    return person


def disable_person(tx: Transaction, *, person_id: int) -> None:
    """Shut a person out: no session, no invitation and no password opens anything any more."""
    person = store.get_person(tx, person_id)
    if person.disabled_at is None:
        person.disabled_at = tx.now
        record(tx, Deed.PERSON_DISABLED, "person", person_id)
    store.end_sessions(tx, person_id=person_id)
    store.expire_invitations(tx, person_id=person_id)
    store.expire_links(tx, person_id=person_id)


def enable_person(tx: Transaction, *, person_id: int) -> None:
    """Let a person who was shut out sign in again; sessions and invitations that ended stay ended."""
    person = store.get_person(tx, person_id)
    if person.disabled_at is not None:
        person.disabled_at = None
        record(tx, Deed.PERSON_ENABLED, "person", person_id)


def find_person_id(tx: Transaction, *, email: str) -> int | None:
    """Return who has this address; raises `InvalidEmail`."""
    person = store.find_person(tx, normalize_email(email))
    return None if person is None else person.id


def has_signed_in(tx: Transaction, *, person_id: int) -> bool:
    """Tell whether a person has chosen a password."""
    return store.get_person(tx, person_id).password_hash is not None


def invite_person(tx: Transaction, *, person_id: int, keep_earlier: bool = False) -> str:
    """Return the token of a new invitation link; unless kept, the person's earlier links stop working."""
    person = store.get_person(tx, person_id)
    if not keep_earlier:
        store.expire_invitations(tx, person_id=person.id)
    token = secrets.token_urlsafe(32)
    tx.session.add(
        Invitation(
            person_id=person.id,
            token_hash=hash_token(token),
            created_at=tx.now,
            expires_at=tx.now + INVITATION_LASTS,
        )
    )
    tx.session.flush()
    record(tx, Deed.PERSON_INVITED, "person", person.id)
    return token


def find_invitation(tx: Transaction, *, token: str) -> InvitationView:
    """Return whom an open invitation is for; raises `InvitationInvalid`."""
    invitation = store.find_open_invitation(tx, hash_token(token))
    person = store.get_person(tx, invitation.person_id) if invitation is not None else None
    if person is None or person.disabled_at is not None:
        raise InvitationInvalid(
            "This invitation link was used already or is no longer valid. "
            "Ask the person who invited you for a new one, or sign in."
        )
    return InvitationView(person.id, person.name, person.email, person.role)


def accept_invitation(
    tx: Transaction,
    *,
    token: str,
    password: str,
    name: str = "",
    ip: str = "",
    user_agent: str = "",
) -> SignedIn:
    """Set the invited person's password and `name`, use the link up and sign the person in.

    Raises `InvitationInvalid` or `WeakPassword`; after the latter the link still works.
    """
    invited = find_invitation(tx, token=token)
    set_password(tx, person_id=invited.person_id, password=password)
    invitation = store.find_open_invitation(tx, hash_token(token))
    if invitation is not None:
        invitation.used_at = tx.now
        # One that came by mail and one that was handed over: either, but not both.
        tx.session.flush()
        store.expire_invitations(tx, person_id=invited.person_id)
    person = store.get_person(tx, invited.person_id)
    if name.strip():
        person.name = name.strip()[:200]
    return open_session(tx, person, method=SignInMethod.INVITATION, ip=ip, user_agent=user_agent)


def make_sign_in_link(tx: Transaction, *, person_id: int) -> str:
    """Return the token of a link that signs a person in once; their earlier links stop working."""
    person = store.get_person(tx, person_id)
    store.expire_links(tx, person_id=person.id)
    token = secrets.token_urlsafe(32)
    tx.session.add(
        SignInLink(
            person_id=person.id,
            token_hash=hash_token(token),
            created_at=tx.now,
            expires_at=tx.now + SIGN_IN_LINK_LASTS,
        )
    )
    tx.session.flush()
    return token


def find_sign_in_link(tx: Transaction, *, token: str) -> str:
    """Return the address of the person whom an open link signs in; raises `SignInLinkInvalid`."""
    return _person_of_link(tx, token)[1].email


def use_sign_in_link(tx: Transaction, *, token: str, ip: str, user_agent: str) -> SignedIn:
    """Sign the person in and use the link up; raises `SignInLinkInvalid`.

    Who can read the mail may also choose a new password: see `set_password`.
    """
    link, person = _person_of_link(tx, token)
    link.used_at = tx.now
    tx.session.flush()
    return open_session(tx, person, method=SignInMethod.MAIL_LINK, ip=ip, user_agent=user_agent)


def _person_of_link(tx: Transaction, token: str) -> tuple[SignInLink, Person]:
    link = store.find_open_link(tx, hash_token(token))
    person = store.get_person(tx, link.person_id) if link is not None else None
    if link is None or person is None or person.disabled_at is not None:
        raise SignInLinkInvalid(
            "This link was used already, or is older than "
            f"{int(SIGN_IN_LINK_LASTS.total_seconds() // 60)} minutes. Ask for a new one."
        )
    return link, person
