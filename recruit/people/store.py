"""The queries of people, sessions, failures and invitations."""

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from recruit.db.transaction import Transaction
from recruit.people.tables import Invitation, LoginFailure, LoginSession, Person, SignInLink
from recruit.people.values import SignInMethod

# The first half of PostgreSQL's advisory locks of this kind; the second is of the address.
_TURNS = 7201


class UnknownPerson(LookupError):
    """No person has this id."""


def get_person(tx: Transaction, person_id: int) -> Person:
    """Return a person by id; raises `UnknownPerson`."""
    person = tx.session.get(Person, person_id)
    if person is None:
        raise UnknownPerson(f"There is no person {person_id}.")
    return person


def find_person(tx: Transaction, email: str) -> Person | None:
    """Return the person with this normalised address."""
    return tx.session.scalar(select(Person).where(Person.email == email))


def list_people(tx: Transaction) -> list[Person]:
    """Return everybody, by name."""
    return list(tx.session.scalars(select(Person).order_by(Person.name, Person.id)))


def find_live_session(tx: Transaction, token_hash: str) -> tuple[LoginSession, Person] | None:
    """Return a session that is neither revoked nor expired, of a person who is not disabled."""
    row = tx.session.execute(
        select(LoginSession, Person)
        .join(Person, Person.id == LoginSession.person_id)
        .where(
            LoginSession.token_hash == token_hash,
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > tx.now,
            Person.disabled_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def end_sessions(
    tx: Transaction, *, person_id: int, but: int | None = None, only: int | None = None
) -> list[int]:
    """Revoke a person's live sessions, all `but` one or `only` one, and return which there were."""
    asked = update(LoginSession).where(
        LoginSession.person_id == person_id,
        LoginSession.revoked_at.is_(None),
        LoginSession.expires_at > tx.now,
    )
    if but is not None:
        asked = asked.where(LoginSession.id != but)
    if only is not None:
        asked = asked.where(LoginSession.id == only)
    return list(tx.session.scalars(asked.values(revoked_at=tx.now).returning(LoginSession.id)))


def list_live_sessions(tx: Transaction, person_id: int) -> list[LoginSession]:
    """Return a person's sessions that are neither revoked nor expired, the newest first."""
    return list(
        tx.session.scalars(
            select(LoginSession)
            .where(
                LoginSession.person_id == person_id,
                LoginSession.revoked_at.is_(None),
                LoginSession.expires_at > tx.now,
            )
            .order_by(LoginSession.id.desc())
        )
    )


def came_by_mail(tx: Transaction, session_id: int) -> bool:
    """Tell whether a session was opened by a link in a mail."""
    return tx.session.get_one(LoginSession, session_id).method is SignInMethod.MAIL_LINK


def take_turn(tx: Transaction, email: str) -> None:
    """Let sign-ins with one address go one after another. On SQLite all who write do anyway."""
    if tx.session.get_bind().dialect.name == "postgresql":
        tx.session.execute(select(func.pg_advisory_xact_lock(_TURNS, func.hashtext(email))))


def count_failures(
    tx: Transaction, *, email: str, ip: str, since: datetime
) -> tuple[int, int, int]:
    """Return failed sign-ins since a moment: by address and IP together, by address, by IP."""
    recent = LoginFailure.at > since
    row = tx.session.execute(
        select(
            func.count().filter(LoginFailure.email == email, LoginFailure.ip == ip),
            func.count().filter(LoginFailure.email == email),
            func.count().filter(LoginFailure.ip == ip),
        ).where(recent, (LoginFailure.email == email) | (LoginFailure.ip == ip))
    ).one()
    return row[0], row[1], row[2]


def forget_failures(tx: Transaction, *, email: str, ip: str, before: datetime) -> None:
    """Drop the failures of an address at an IP, and all of the address from `before` some moment."""
    tx.session.execute(
        delete(LoginFailure).where(
            LoginFailure.email == email, (LoginFailure.ip == ip) | (LoginFailure.at < before)
        )
    )


def find_open_invitation(tx: Transaction, token_hash: str) -> Invitation | None:
    """Return an invitation that is neither used nor expired, locked until the transaction ends."""
    return tx.session.scalar(
        select(Invitation)
        .where(
            Invitation.token_hash == token_hash,
            Invitation.used_at.is_(None),
            Invitation.expires_at > tx.now,
        )
        .with_for_update()
    )


def find_open_link(tx: Transaction, token_hash: str) -> SignInLink | None:
    """Return a sign-in link that is neither used nor expired, locked until the transaction ends."""
    return tx.session.scalar(
        select(SignInLink)
        .where(
            SignInLink.token_hash == token_hash,
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > tx.now,
        )
        .with_for_update()
    )


def expire_links(tx: Transaction, *, person_id: int) -> None:
    """End a person's open sign-in links."""
    tx.session.execute(
        update(SignInLink)
        .where(
            SignInLink.person_id == person_id,
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > tx.now,
        )
        .values(expires_at=tx.now)
    )


def expire_invitations(tx: Transaction, *, person_id: int) -> None:
    """End a person's open invitations."""
    tx.session.execute(
        update(Invitation)
        .where(
            Invitation.person_id == person_id,
            Invitation.used_at.is_(None),
            Invitation.expires_at > tx.now,
        )
        .values(expires_at=tx.now)
    )


def add_once(tx: Transaction, person: Person) -> bool:
    """Add a person; False, and nothing changed, where the address is taken in the meantime."""
    try:
        with tx.session.begin_nested():
            tx.session.add(person)
    except IntegrityError:
        return False
    return True
