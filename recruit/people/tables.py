"""People, their sessions and the invitations that are still open; the keys of programs."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, Id, Json, status_type
from recruit.people.values import Role, SignInMethod


class Person(Base):
    """Someone who can sign in. `email` is lower case and unique."""

    __tablename__ = "person"

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(status_type(Role))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class LoginSession(Base):
    """A signed-in browser. Only the hash of its token is stored.

    `last_seen_at` is exact to a few minutes; None is not since it was opened. `method` is how the person
    proved who they are: a `values.SignInMethod`.
    """

    __tablename__ = "login_session"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    user_agent: Mapped[str] = mapped_column(String(300))
    ip: Mapped[str] = mapped_column(String(45))
    last_seen_at: Mapped[datetime | None]
    method: Mapped[SignInMethod] = mapped_column(
        status_type(SignInMethod), server_default=SignInMethod.PASSWORD.value
    )


class LoginFailure(Base):
    """A failed sign-in, kept to slow down guessing."""

    __tablename__ = "login_failure"

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254))
    ip: Mapped[str] = mapped_column(String(45))
    at: Mapped[datetime]

    __table_args__ = (
        Index("ix_login_failure_email_at", "email", "at"),
        Index("ix_login_failure_ip_at", "ip", "at"),
    )


class SignInLink(Base):
    """A link by mail that signs a person in once. Only the hash of its token is stored."""

    __tablename__ = "sign_in_link"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PersonIdentity(Base):
    """Who a person is at an identity provider. A provider's `subject` never changes; an address may."""

    __tablename__ = "person_identity"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("issuer", "subject"),)


class SsoAttempt(Base):
    """A sign-in that was sent to an identity provider and is to come back once. The state is stored as a hash."""

    __tablename__ = "sso_attempt"

    id: Mapped[Id]
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    provider: Mapped[str] = mapped_column(String(64))
    nonce: Mapped[str] = mapped_column(String(64))
    verifier: Mapped[str] = mapped_column(String(128))
    target: Mapped[str] = mapped_column(String(2000))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class Invitation(Base):
    """A link that lets an invited person choose a password. Only the hash of its token is stored."""

    __tablename__ = "invitation"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiKey(Base):
    """A key by which a program asks for data. Only the hash of its token is stored.

    `scopes` are `api_keys.Scope`s, sorted; `hint` is the token's public beginning, to tell keys apart.
    """

    __tablename__ = "api_key"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100))
    hint: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class ApiAnswer(Base):
    """What a key's request with this Idempotency-Key was answered, so that a repeat changes nothing.

    `status` and `body` are None only within the transaction that works the answer out.
    """

    __tablename__ = "api_answer"

    id: Mapped[Id]
    api_key_id: Mapped[int] = mapped_column(ForeignKey("api_key.id"))
    idempotency_key: Mapped[str] = mapped_column(String(255))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    body: Mapped[dict[str, Any] | None] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (UniqueConstraint("api_key_id", "idempotency_key"),)
