"""Providers of a sign-in, and who somebody is at one."""

from dataclasses import dataclass
from enum import StrEnum

from recruit.config import Secret


class Audience(StrEnum):
    """Whose people a provider signs in."""

    DESK = "desk"
    PARTNERS = "partners"


@dataclass(frozen=True)
class Provider:
    """An OpenID provider that may say who the people of some e-mail domains are, and of no others.

    `vouches_for_email` takes an address without `email_verified`: only for a company's own directory,
    where nobody chooses an address. `admits_new` makes an account for who has none, with the least role.
    """

    key: str
    name: str
    issuer: str
    client_id: str
    client_secret: Secret
    audience: Audience
    domains: frozenset[str]
    vouches_for_email: bool = False
    admits_new: bool = True


@dataclass(frozen=True)
class Identity:
    """Who a provider says that somebody is. `subject` never changes at it; an address may."""

    issuer: str
    subject: str
    email: str
    name: str


class SsoRefused(Exception):
    """A sign-in by a provider is refused; the message is for the person who tries it."""
