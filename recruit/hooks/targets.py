"""Where a webhook may go: to the public internet by https, checked on the address that is connected to.

A name is looked up at each attempt, and the connection goes to the very address that was checked, so
that a name which leads elsewhere a moment later (DNS rebinding) leads nowhere.
"""

import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit, urlunsplit

from recruit.network import is_public

LONGEST_URL = 2000


class TargetRefused(ValueError):
    """A webhook may not go to this address; the message says why."""


@dataclass(frozen=True)
class Target:
    """A checked address to connect to: `url` names an IP address, `host` and `name` are the real ones.

    `host` is what the Host header says (with a port that isn't the scheme's own), `name` what the
    certificate has to be for.
    """

    url: str
    host: str
    name: str


def check_target(url: str, *, allow_private: bool = False) -> None:
    """Check an address when somebody subscribes, without looking it up; raises `TargetRefused`."""
    parts = _split(url, allow_private)
    name = parts.hostname or ""
    if allow_private:
        return
    if name == "localhost" or name.endswith((".localhost", ".local", ".internal")):
        raise TargetRefused(f"{name} is a name of a private network. Use one of the internet.")
    try:
        # Reads all ways of writing an address that a lookup would read, such as 0x7f.1.
        found = socket.getaddrinfo(name, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return
    _check_addresses(name, [str(one[4][0]) for one in found])


def find_target(url: str, *, allow_private: bool = False) -> Target:
    """Look an address up and check where it leads. Raises `TargetRefused`, and OSError without answer."""
    parts = _split(url, allow_private)
    name, port = parts.hostname or "", parts.port or _own_port(parts)
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise TargetRefused(f"{name!r} is no name of a host.") from error
    addresses = [str(one[4][0]) for one in found]
    if not allow_private:
        _check_addresses(name, addresses)
    address = addresses[0].partition("%")[0]
    netloc = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    shown = f"[{name}]" if ":" in name else name
    return Target(
        url=urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, "")),
        host=shown if port == _own_port(parts) else f"{shown}:{port}",
        name=name,
    )


def _own_port(parts: SplitResult) -> int:
    return 443 if parts.scheme == "https" else 80


def _split(url: str, allow_private: bool) -> SplitResult:
    if len(url) > LONGEST_URL:
        raise TargetRefused(f"The address is longer than {LONGEST_URL} characters.")
    if not url.isascii() or any(c <= " " or c in "\\\x7f" for c in url):
        raise TargetRefused("The address holds spaces or characters that no address holds.")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise TargetRefused(f"The address can't be read: {error}.") from error
    schemes = {"https", "http"} if allow_private else {"https"}
    if parts.scheme not in schemes or not parts.hostname:
        raise TargetRefused("Write the whole address, beginning with https://.")
    if parts.username is not None or parts.password is not None:
        raise TargetRefused("Leave user and password out of the address; deliveries are signed.")
    return parts


def _check_addresses(name: str, addresses: list[str]) -> None:
    private = [address for address in addresses if not is_public(address)]
    if private or not addresses:
        where = private[0] if private else "nowhere"
        raise TargetRefused(f"{name} leads to {where}, which is no address of the public internet.")
