"""What an address is, for comparing: pure text, one key for every spelling of one mailbox."""

import hashlib
import re

_SENDABLE = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@[a-z0-9-]+(\.[a-z0-9-]+)+",
    re.ASCII | re.IGNORECASE,
)

# Their domains say nothing of the firm that a person writes from.
FREE_MAIL = frozenset(
    {
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "msn.com",
        "yahoo.com",
        "yahoo.de",
        "yahoo.fr",
        "yahoo.co.uk",
        "icloud.com",
        "me.com",
        "mac.com",
        "aol.com",
        "gmx.de",
        "gmx.net",
        "gmx.com",
        "web.de",
        "t-online.de",
        "freenet.de",
        "mail.ru",
        "yandex.ru",
        "yandex.com",
        "qq.com",
        "163.com",
        "126.com",
        "proton.me",
        "protonmail.com",
        "orange.fr",
        "wanadoo.fr",
        "free.fr",
        "laposte.net",
        "libero.it",
        "zoho.com",
        "mail.com",
        "fastmail.com",
        "naver.com",
    }
)


def address_key(address: str) -> str:
    """Return one key for all spellings of an address: lower case, without a +tag."""
    local, _, domain = address.strip().strip("<>").lower().rpartition("@")
    domain = domain.rstrip(".")
    if domain == "googlemail.com":
        domain = "gmail.com"
    local = local.partition("+")[0] or local
    if domain == "gmail.com":
        local = local.replace(".", "")
    return f"{local}@{domain}"


def is_sendable(address: str) -> bool:
    """Return whether an ASCII address can stand in an envelope as it is: no quotes, no address literals."""
    return len(address) <= 254 and _SENDABLE.fullmatch(address) is not None


def ascii_address(address: str) -> str:
    """Return the address with its domain in ASCII; raises ValueError where that is not enough.

    A local part beyond ASCII would need SMTPUTF8 on the whole way.
    """
    local, _, domain = address.strip().rpartition("@")
    local.encode("ascii")
    return f"{local}@{domain.encode('idna').decode()}"


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case."""
    return address.strip().strip("<>").lower().rpartition("@")[2].rstrip(".")


def domain_and_parents(domain: str) -> list[str]:
    """Return the domain and those above it, down to two labels: mail.firm.example, firm.example."""
    labels = domain.lower().split(".")
    return [".".join(labels[i:]) for i in range(max(len(labels) - 1, 1))]


def key_hash(key: str) -> str:
    """Return the hash under which a suppression is kept, also after its plain text was erased."""
    return hashlib.sha256(key.encode()).hexdigest()


def masked(address: str) -> str:
    """Return an address that its owner recognises and a stranger cannot use: p…s@firm.example."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…{local[-1:] if len(local) > 1 else ''}@{domain}"
