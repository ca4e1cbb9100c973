"""A sign-in by a provider: it begins here, comes back once, and ends in a session or a refusal."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.people import store
from recruit.people.sessions import SignedIn, hash_token, open_session
from recruit.people.sso.values import Audience, Identity, Provider, SsoRefused
from recruit.people.tables import Person, PersonIdentity, SsoAttempt
from recruit.people.usecases import InvalidEmail, add_person, normalize_email
from recruit.people.values import STAFF, Role, SignInMethod

ATTEMPT_LASTS = timedelta(minutes=10)

# Makes a person of a partner's colleague by address and name, or returns None where none may be made.
Join = Callable[[Transaction, str, str], int | None]


class AttemptInvalid(SsoRefused):
    """A sign-in comes back that never began, came back before, or took too long."""


@dataclass(frozen=True)
class Attempt:
    """A sign-in that is on its way. `state` belongs into the browser's cookie and is stored nowhere."""

    state: str
    nonce: str
    verifier: str
    target: str


def begin_sign_in(tx: Transaction, *, provider: Provider, target: str) -> Attempt:
    """Return what to send to a provider; `target` is the path that the person was going to."""
    tx.session.execute(delete(SsoAttempt).where(SsoAttempt.expires_at <= tx.now))
    attempt = Attempt(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        target=target[:2000],
    )
    tx.session.add(
        SsoAttempt(
            state_hash=hash_token(attempt.state),
            provider=provider.key,
            nonce=attempt.nonce,
            verifier=attempt.verifier,
            target=attempt.target,
            expires_at=tx.now + ATTEMPT_LASTS,
            used_at=None,
        )
    )
    return attempt


def take_attempt(tx: Transaction, *, provider: Provider, state: str) -> Attempt:
    """Return the sign-in that `state` names, and use it up; raises `AttemptInvalid`."""
    row = tx.session.scalar(
        select(SsoAttempt)
        .where(
            SsoAttempt.state_hash == hash_token(state),
            SsoAttempt.provider == provider.key,
            SsoAttempt.used_at.is_(None),
            SsoAttempt.expires_at > tx.now,
        )
        .with_for_update()
    )
    if row is None:
        raise AttemptInvalid(
            "This sign-in was used already or took longer than "
            f"{int(ATTEMPT_LASTS.total_seconds() // 60)} minutes. Begin again."
        )
    row.used_at = tx.now
    return Attempt(state, row.nonce, row.verifier, row.target)


def admit(
    tx: Transaction,
    *,
    provider: Provider,
    identity: Identity,
    join: Join,
    ip: str,
    user_agent: str,
) -> SignedIn:
    """Sign in whom a provider has named, making or linking the account where that may be.

    Raises `SsoRefused`: for an address outside the provider's domains, a person who is none of its
    audience or was shut out, and an address that somebody else at the provider had.
    """
    try:
        email = normalize_email(identity.email)
    except InvalidEmail as error:
        raise SsoRefused(str(error)) from error
    domain = email.rpartition("@")[2]
    if domain not in provider.domains:
        raise SsoRefused(f"{provider.name} does not sign people of {domain} in here.")
    known = tx.session.scalar(
        select(PersonIdentity)
        .where(PersonIdentity.issuer == identity.issuer, PersonIdentity.subject == identity.subject)
        .with_for_update()
    )
    if known is not None:
        known.used_at = tx.now
        person = store.get_person(tx, known.person_id)
    else:
        person = _link(tx, provider, identity, email, join)
    is_staff = person.role in STAFF
    if is_staff is not (provider.audience is Audience.DESK) or person.disabled_at is not None:
        raise SsoRefused("You have no access here. Ask the person who runs the program.")
    # Whoever signs in here needs no password, and an old link must not set one.
    store.expire_invitations(tx, person_id=person.id)
    return open_session(tx, person, method=SignInMethod.SSO, ip=ip, user_agent=user_agent)


def _link(
    tx: Transaction, provider: Provider, identity: Identity, email: str, join: Join
) -> Person:
    store.take_turn(tx, email)
    person = store.find_person(tx, email)
    if person is None:
        person = _make(tx, provider, email, identity.name, join)
    others = select(PersonIdentity.id).where(
        PersonIdentity.person_id == person.id, PersonIdentity.issuer == identity.issuer
    )
    if tx.session.scalar(others) is not None:
        # The company gave the address of one person to another.
        raise SsoRefused(
            f"Somebody else at {provider.name} had the address {email}. Ask an administrator."
        )
    tx.session.add(
        PersonIdentity(
            person_id=person.id,
            issuer=identity.issuer,
            subject=identity.subject,
            created_at=tx.now,
            used_at=tx.now,
        )
    )
    tx.session.flush()
    record(
        tx,
        Deed.IDENTITY_LINKED,
        "person",
        person.id,
        actor=person.name,
        person_id=person.id,
        provider=provider.key,
    )
    return person


def _make(tx: Transaction, provider: Provider, email: str, name: str, join: Join) -> Person:
    if provider.admits_new and provider.audience is Audience.DESK:
        return add_person(tx, email=email, name=name, role=Role.RECRUITER)
    person_id = join(tx, email, name) if provider.admits_new else None
    if person_id is None:
        raise SsoRefused("You have no account here yet. Ask a colleague to invite you.")
    return store.get_person(tx, person_id)
