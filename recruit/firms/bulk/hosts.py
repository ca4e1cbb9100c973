"""Domains of very many websites and addresses, read fast where they are plain."""

import re

from recruit.firms.domains import (
    SHARED_DOMAINS,
    SHARED_MAIL_DOMAINS,
    identifying_domain,
    public_suffixes,
    registrable_domain,
)

_PLAIN_URL = re.compile(r"(?:https?://)?((?:[a-z0-9-]{1,63}\.)+[a-z]{2,})(?:[/?#]|$)")


def own_domain(website: str | None, compact_name: str) -> str | None:
    """Return what `identifying_domain` returns, sooner for the addresses that most firms have."""
    if website is None:
        return None
    plain = _PLAIN_URL.match(website.lower())
    domain = _registered(plain[1]) if plain else None
    if domain is None or domain in SHARED_DOMAINS:
        return identifying_domain(website, compact_name)
    return domain


def mail_domain(email: str) -> str | None:
    """Return what `identifying_mail_domain` returns."""
    host = email.rsplit("@", 1)[-1]
    plain = _PLAIN_URL.fullmatch(host)
    domain = (_registered(host) if plain else None) or registrable_domain(email)
    return None if domain in SHARED_MAIL_DOMAINS else domain


def _registered(host: str) -> str | None:
    """Return the registrable domain of a plain host where its ending is one that allows no doubt."""
    endings, doubtful = public_suffixes()
    labels = host.split(".")
    tail = labels[-2] + "." + labels[-1]
    if labels[-1] in endings and tail not in doubtful and labels[-1] not in doubtful:
        return tail
    return None
