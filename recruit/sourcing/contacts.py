"""Reads phone numbers, e-mail addresses and web addresses into their normal forms."""

import re
from urllib.parse import urlsplit, urlunsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from recruit.sourcing.text import clean

_LONGEST_URL = 2000
_RESERVED = re.compile(r"\.(?:invalid|test)$")
_HOST_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_SOCIAL = {
    "linkedin.com": "linkedin",
    "xing.com": "xing",
    "twitter.com": "x",
    "x.com": "x",
    "facebook.com": "facebook",
    "instagram.com": "instagram",
    "youtube.com": "youtube",
    "github.com": "github",
    "gitlab.com": "gitlab",
    "crunchbase.com": "crunchbase",
    "tiktok.com": "tiktok",
    "mastodon.social": "mastodon",
    "bsky.app": "bluesky",
    "medium.com": "medium",
}


def read_phone(text: str, country: str | None = None) -> str | None:
    """Return a phone number in E.164; one without a country prefix needs the `country` it is written in."""
    try:
        number = phonenumbers.parse(text[:60], country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def country_of_phone(number: str) -> str | None:
    """Return the country of an E.164 number; None for a number that belongs to none or to several."""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return None
    return region if region and region.isalpha() else None


def read_email(text: str) -> str | None:
    """Return an e-mail address in lower case, or None for what is no address; asks no name server."""
    address = text.strip().removeprefix("mailto:").partition("?")[0].strip("<>. ")
    # Reserved names reach nobody, which is what examples and demonstrations want.
    reserved = _RESERVED.search(address.casefold())
    checked = address[: reserved.start()] + ".example" if reserved else address
    try:
        normal = validate_email(checked, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None
    return normal.removesuffix(".example") + reserved[0] if reserved else normal


def read_website(text: str) -> str | None:
    """Return a web address with scheme, host in lower case, no fragment and no lone slash at its end."""
    text = clean(text)
    if not text or " " in text or len(text) > _LONGEST_URL or "@" in text.partition("/")[0]:
        return None
    if "://" not in text:
        text = f"https://{text.removeprefix('//')}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not _is_host(host):
        return None
    netloc = f"{host}:{port}" if port else host
    path = "" if parts.path == "/" and not parts.query else parts.path
    return urlunsplit((parts.scheme.lower(), netloc, path, parts.query, ""))


def _is_host(host: str) -> bool:
    try:
        labels = host.encode("idna").decode("ascii").lower().rstrip(".").split(".")
    except UnicodeError:
        return False
    return (
        len(labels) > 1
        and len(host) <= 253
        and all(_HOST_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )


def host_of(url: str) -> str:
    """Return a web address's host in lower case without "www.", or an empty text."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def social_network(url: str) -> str | None:
    """Return which network a web address is a page of; None for an ordinary site, the network's own too."""
    host = host_of(url)
    while host and urlsplit(url).path.strip("/"):
        if host in _SOCIAL:
            return _SOCIAL[host]
        host = host.partition(".")[2]
    return None
