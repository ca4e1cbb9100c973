"""Sessions: a signed-in browser, where somebody is signed in, and how that ends.

Every way to sign in ends in `open_session`.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.people import store
from recruit.people.devices import name_device
from recruit.people.tables import LoginSession, Person
from recruit.people.values import STAFF, Role, SignInMethod

# Staff see every prospect, so their sessions end with the working day; partners come rarely.
STAFF_SESSION_LASTS = timedelta(hours=12)
PARTNER_SESSION_LASTS = timedelta(days=14)
# When somebody was last seen is for people to read; a few minutes are enough, and spare a write a page.
_SEEN_EVERY = timedelta(minutes=5)


class UnknownSession(LookupError):
    """A person has no live session of this id."""


@dataclass(frozen=True)
class SessionView:
    """A signed-in person. `csrf_token` has to come back with everything that is posted."""

    session_id: int
    person_id: int
    name: str
    email: str
    role: Role
    csrf_token: str
    seen_at: datetime
    method: SignInMethod


@dataclass(frozen=True)
class SignedIn:
    """A new session. `token` belongs into the browser's cookie and is stored nowhere else."""

    token: str
    session_id: int
    csrf_token: str
    person: SessionView


@dataclass(frozen=True)
class OpenSession:
    """One place where a person is signed in."""

    session_id: int
    device: str
    ip: str
    method: SignInMethod
    signed_in_at: datetime
    seen_at: datetime
    expires_at: datetime


def find_session(tx: Transaction, *, token: str) -> SessionView | None:
    """Return the live session that a browser's token names; reads only."""
    found = store.find_live_session(tx, hash_token(token))
    return None if found is None else _view(*found)


def sign_out(tx: Transaction, *, token: str) -> None:
    """End the session of a token; an unknown one is no error."""
    found = store.find_live_session(tx, hash_token(token))
    if found is not None:
        session, person = found
        session.revoked_at = tx.now
        record(tx, Deed.SIGNED_OUT, "person", person.id, actor=person.name, person_id=person.id)


def needs_note(session: SessionView, now: datetime) -> bool:
    """Tell whether it is time to write down again that a session is used."""
    return now - session.seen_at >= _SEEN_EVERY


def note_seen(tx: Transaction, *, session_id: int, ip: str) -> None:
    """Write down that a session is used now, and from where."""
    session = tx.session.get_one(LoginSession, session_id)
    session.last_seen_at, session.ip = tx.now, ip[:45]


def list_sessions(tx: Transaction, *, person_id: int) -> list[OpenSession]:
    """Return where a person is signed in, the newest first."""
    return [
        OpenSession(
            session_id=session.id,
            device=name_device(session.user_agent),
            ip=session.ip,
            method=session.method,
            signed_in_at=session.created_at,
            seen_at=session.last_seen_at or session.created_at,
            expires_at=session.expires_at,
        )
        for session in store.list_live_sessions(tx, person_id)
    ]


def revoke_session(tx: Transaction, *, person_id: int, session_id: int) -> None:
    """End one session of a person; raises `UnknownSession`, also for one of somebody else."""
    if not store.end_sessions(tx, person_id=person_id, only=session_id):
        raise UnknownSession("You are signed out there already.")
    record(tx, Deed.SESSIONS_ENDED, "person", person_id, sessions=[session_id])


def revoke_sessions(tx: Transaction, *, person_id: int, but: int | None = None) -> int:
    """End all sessions of a person at once, but for one where given; returns how many there were."""
    ended = store.end_sessions(tx, person_id=person_id, but=but)
    if ended:
        record(tx, Deed.SESSIONS_ENDED, "person", person_id, sessions=sorted(ended))
    return len(ended)


def open_session(
    tx: Transaction, person: Person, *, method: SignInMethod, ip: str, user_agent: str
) -> SignedIn:
    """Open a session for a person who has proved who they are by `method`.

    Every way to sign in ends here: a second factor would be asked for before.
    """
    token = secrets.token_urlsafe(32)
    lasts = STAFF_SESSION_LASTS if person.role in STAFF else PARTNER_SESSION_LASTS
    session = LoginSession(
        person_id=person.id,
        token_hash=hash_token(token),
        csrf_token=secrets.token_urlsafe(32),
        created_at=tx.now,
        expires_at=tx.now + lasts,
        user_agent=user_agent[:300],
        ip=ip[:45],
        last_seen_at=None,
        method=method,
    )
    tx.session.add(session)
    tx.session.flush()
    record(
        tx,
        Deed.SIGNED_IN,
        "person",
        person.id,
        actor=person.name,
        person_id=person.id,
        ip=ip,
        method=method.value,
        session=session.id,
    )
    return SignedIn(token, session.id, session.csrf_token, _view(session, person))


def _view(session: LoginSession, person: Person) -> SessionView:
    return SessionView(
        session.id,
        person.id,
        person.name,
        person.email,
        person.role,
        session.csrf_token,
        session.last_seen_at or session.created_at,
        session.method,
    )


def hash_token(token: str) -> str:
    """Return what is stored of a token. It is random and long, so a plain fast hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
