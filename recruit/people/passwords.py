"""Passwords: how they are hashed, checked and judged. Argon2id with the library's own parameters."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 12
# Argon2 reads all of it, so a very long one would only keep the processor busy.
MAX_LENGTH = 200

_hasher = PasswordHasher()


class WeakPassword(ValueError):
    """A password is too easy to guess; the message says what to change."""


def hash_password(password: str, *, email: str) -> str:
    """Return the hash of a password that `email` chose; raises `WeakPassword`."""
    if len(password) < MIN_LENGTH:
        raise WeakPassword(
            f"This password has {len(password)} characters. Use at least {MIN_LENGTH}; "
            "a few words in a row are easy to remember."
        )
    if len(password) > MAX_LENGTH:
        raise WeakPassword(f"This password is longer than {MAX_LENGTH} characters. Shorten it.")
    if len(set(password)) < 5 or password.lower() in {email, email.partition("@")[0]}:
        raise WeakPassword(
            "This password is too easy to guess. Use a few words in a row that are not your address."
        )
    return _hasher.hash(password)


def password_is(password: str, password_hash: str | None) -> bool:
    """Tell whether `password` is the one hashed; with no hash it is not, after the same time."""
    try:
        _hasher.verify(password_hash or _hash_of_nobody(), password[: MAX_LENGTH + 1])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _hash_of_nobody() -> str:
    return _hasher.hash("the password of nobody at all")


def needs_rehash(password_hash: str) -> bool:
    """Tell whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
