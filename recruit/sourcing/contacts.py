"""Reads phone numbers, e-mail addresses and web addresses into their normal forms."""

import re
from urllib.parse import urlsplit, urlunsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from recruit.sourcing.phones import read_phone
from recruit.sourcing.text import clean, fold

__all__ = [
    "country_of_phone",
    "host_of",
    "is_office_address",
    "read_email",
    "read_phone",
    "read_website",
    "social_network",
]

_LONGEST_URL = 2000
_RESERVED = re.compile(r"\.(?:invalid|test)$")
_HOST_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
# Nearly all addresses are plain, and these two tell so a hundred times faster than the full readings,
# which decide about everything else.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN_WEBSITE = re.compile(
    rf"(https?://)?((?:{_LABEL}\.){{1,8}}[a-z]{{2,24}})(/?|/[A-Za-z0-9/_.~-]{{1,200}})"
)
_PLAIN_EMAIL = re.compile(
    rf"[a-z0-9_]+(?:[.+-][a-z0-9_]+){{0,5}}@(?!{_LABEL}\.(?:test|arpa)\b)(?:(?!..--){_LABEL}\.){{1,5}}"
    r"(?:com|org|net|io|de|at|ch|fr|nl|be|es|it|pl|se|no|dk|fi|pt|ie|eu|uk|us|ca|au|in|jp|br|mx|cloud|tech|dev|ai)"
)
_LONGEST_LOCAL_PART = 64
# What stands before the @ of an office's address, in the languages of the web's imprints.
_OFFICE_WORDS = (
    "info information contact contacts contactus contacto contato contatti kontakt kontakti hello hallo hi hey"
    " hola bonjour ciao mail email office buero bureau kontor sales vertrieb verkauf ventas vendas vendite"
    " commercial comercial commerciale salesteam partner partners partnership partnerships channel channels"
    " alliances alliance bizdev business biz marketing press presse media pr support help helpdesk service"
    " services servicedesk customerservice customercare care team welcome enquiries enquiry inquiries inquiry"
    " ask questions general admin administration administracion secretariat sekretariat empfang reception"
    " recepcion accueil zentrale hq headquarters management jobs job careers career karriere bewerbung"
    " recruiting recruitment recrutement hr talent people hiring work empleo carreiras billing accounting"
    " buchhaltung rechnung invoice invoices invoicing finance accounts legal privacy datenschutz dpo gdpr"
    " dataprotection compliance abuse security postmaster webmaster hostmaster noreply no-reply newsletter"
    " events training academy consulting projects project request requests booking bookings feedback biuro"
    " sekretariat handlowy obchod firma post posta postbus info-de remote community developers dev tech it"
    " web online shop store orders order bestellung wholesale export europe emea apac us uk usa de fr international"
)
_OFFICES = frozenset(_OFFICE_WORDS.split())
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


def country_of_phone(number: str) -> str | None:
    """Return the country of an E.164 number; None for a number that belongs to none or to several."""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return None
    return region if region and region.isalpha() else None


def read_email(text: str) -> str | None:
    """Return an e-mail address in lower case, or None for what is no address; asks no name server."""
    if len(text) <= _LONGEST_LOCAL_PART and _PLAIN_EMAIL.fullmatch(text):
        return text
    address = text.strip().removeprefix("mailto:").partition("?")[0].strip("<>. ")
    # Reserved names reach nobody, which is what examples and demonstrations want.
    reserved = _RESERVED.search(address.casefold())
    checked = address[: reserved.start()] + ".example" if reserved else address
    try:
        normal = validate_email(checked, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None
    return normal.removesuffix(".example") + reserved[0] if reserved else normal


def is_office_address(email: str, firm: str = "") -> bool:
    """Tell whether an address is an office's (info@, sales-emea@, the firm's own name) and not a person's."""
    local, _, domain = email.lower().partition("@")
    pieces = re.split(r"[.+_-]", local.partition("+")[0])
    if any(piece.rstrip("0123456789") in _OFFICES for piece in pieces):
        return True
    # acme@gmail.com and acme@acme.com are the firm, whoever reads them.
    compact = "".join(pieces)
    names = {fold(firm).replace(" ", ""), domain.partition(".")[0].replace("-", "")}
    return len(compact) > 2 and any(compact == name for name in names)


def read_website(text: str) -> str | None:
    """Return a web address with scheme, host in lower case, no fragment and no lone slash at its end."""
    plain = _PLAIN_WEBSITE.fullmatch(text)
    if plain:
        path = "" if plain[3] == "/" else plain[3]
        return f"{plain[1] or 'https://'}{plain[2]}{path}"
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
