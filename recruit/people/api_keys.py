"""API keys: who may ask what by program, until when. A key is shown once and stored as a hash."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.people.tables import ApiKey

PREFIX = "rk_"
LONGEST = timedelta(days=730)
# When a key was last used is for people to see; the hour is enough, and spares a write a request.
_USED_EVERY = timedelta(hours=1)
_HINT = 9


class Scope(StrEnum):
    """What a key may do. None of them includes another."""

    READ = "read"
    WRITE_CANDIDATES = "write:candidates"
    WRITE_FIRMS = "write:firms"
    HOOKS = "hooks"


class KeyRefused(ValueError):
    """A key can't be made like this; the message says what to change."""


class UnknownKey(LookupError):
    """No API key has this id."""


class KeyInvalid(Exception):
    """The token is of no key that is valid now; which of the reasons it is, is told to nobody."""


@dataclass(frozen=True)
class KeyView:
    """An API key without its token."""

    key_id: int
    name: str
    hint: str
    scopes: frozenset[Scope]
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None

    @property
    def actor(self) -> str:
        """Return the author of what is changed with this key."""
        return f"API key {self.name}"

    def is_valid(self, now: datetime) -> bool:
        """Tell whether it opens anything at `now`."""
        return self.revoked_at is None and now < self.expires_at


def add_api_key(
    tx: Transaction, *, name: str, scopes: Collection[Scope], lasts: timedelta, actor: str
) -> tuple[KeyView, str]:
    """Make a key and return it with its token, which is stored nowhere. Raises `KeyRefused`."""
    name = name.strip()
    if not name or len(name) > 100:
        raise KeyRefused(
            "Give the key a name of up to 100 characters: the program that will use it."
        )
    if not scopes:
        raise KeyRefused(f"Name at least one scope: {', '.join(Scope)}.")
    if not timedelta(0) < lasts <= LONGEST:
        raise KeyRefused(f"A key lasts from one to {LONGEST.days} days.")
    token = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(
        name=name,
        hint=token[:_HINT],
        token_hash=_hash(token),
        scopes=sorted(scope.value for scope in set(scopes)),
        created_at=tx.now,
        created_by=actor,
        expires_at=tx.now + lasts,
    )
    tx.session.add(key)
    tx.session.flush()
    record(tx, Deed.KEY_ADDED, "api_key", key.id, actor=actor, name=name, scopes=key.scopes)
    return _view(key), token


def find_api_key(tx: Transaction, *, token: str) -> KeyView:
    """Return the valid key of a token; raises `KeyInvalid`. Reads only."""
    key = tx.session.scalar(select(ApiKey).where(ApiKey.token_hash == _hash(token)))
    if key is None or not _view(key).is_valid(tx.now):
        raise KeyInvalid
    return _view(key)


def needs_note(key: KeyView, now: datetime) -> bool:
    """Tell whether it is time to write down again that a key is used."""
    return key.used_at is None or now - key.used_at >= _USED_EVERY


def note_use(tx: Transaction, *, key_id: int) -> None:
    """Write down that a key is used now."""
    tx.session.get_one(ApiKey, key_id).used_at = tx.now


def list_api_keys(tx: Transaction) -> list[KeyView]:
    """Return all keys, also those that open nothing any more, the newest first."""
    return [_view(key) for key in tx.session.scalars(select(ApiKey).order_by(ApiKey.id.desc()))]


def revoke_api_key(tx: Transaction, *, key_id: int) -> KeyView:
    """End a key at once; one that has ended stays as it is. Raises `UnknownKey`."""
    key = tx.session.get(ApiKey, key_id)
    if key is None:
        raise UnknownKey(f"There is no API key {key_id}. `recruit api key list` shows them.")
    if key.revoked_at is None:
        key.revoked_at = tx.now
        record(tx, Deed.KEY_REVOKED, "api_key", key.id, name=key.name)
    return _view(key)


def _view(key: ApiKey) -> KeyView:
    return KeyView(
        key_id=key.id,
        name=key.name,
        hint=key.hint,
        # A scope that a later version has dropped opens nothing.
        scopes=frozenset(Scope(scope) for scope in key.scopes if scope in set(Scope)),
        created_at=key.created_at,
        created_by=key.created_by,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        used_at=key.used_at,
    )


def _hash(token: str) -> str:
    # The token is random and long, so a plain fast hash is enough.
    return hashlib.sha256(token.encode()).hexdigest()
