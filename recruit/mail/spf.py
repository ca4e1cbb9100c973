"""Whether SPF lets an address send for a domain (RFC 7208, without macros). Asks DNS through the port."""

import ipaddress
from dataclasses import dataclass

from recruit.mail.port import Lookup

# RFC 7208, 4.6.4: receivers give up after ten terms that cost a question.
MOST_QUESTIONS = 10
_RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}


class SpfBroken(Exception):
    """The record cannot be used by receivers; the message says why."""


@dataclass
class _Count:
    questions: int = 0

    def ask(self) -> None:
        self.questions += 1
        if self.questions > MOST_QUESTIONS:
            raise SpfBroken(
                f"it takes more than {MOST_QUESTIONS} DNS questions, after which receivers give up"
            )


@dataclass(frozen=True)
class SpfAnswer:
    """`result` is pass, fail, softfail, neutral or none; `record` what the domain publishes."""

    result: str
    record: str = ""


def check_spf(
    lookup: Lookup, domain: str, address: str | None, _count: _Count | None = None
) -> SpfAnswer:
    """Return what SPF says of `address` sending for `domain`; None only counts the questions.

    Raises SpfBroken, or LookupUnavailable.
    """
    count = _count or _Count()
    records = [text for text in lookup.list_txt(domain) if text.lower().split(" ")[0] == "v=spf1"]
    if not records:
        return SpfAnswer("none")
    if len(records) > 1:
        raise SpfBroken("there are several SPF records; only one may stand")
    ip = ipaddress.ip_address(address) if address else None
    found: str | None = None
    redirect = ""
    for term in records[0].split()[1:]:
        if term.lower().startswith("redirect="):
            redirect = term[9:]
            continue
        if "=" in term.split(":")[0].split("/")[0]:
            continue  # exp= and unknown modifiers
        sign, mechanism = (term[0], term[1:]) if term[0] in _RESULTS else ("+", term)
        if _matches(lookup, domain, mechanism, ip, count) and found is None:
            found = _RESULTS[sign]
    if found is None and redirect and not records[0].lower().rstrip().endswith("all"):
        count.ask()
        answer = check_spf(lookup, redirect, address, count)
        if answer.result == "none":
            raise SpfBroken(f"it redirects to {redirect}, which has no SPF record")
        return SpfAnswer(answer.result, records[0])
    return SpfAnswer(found or "neutral", records[0])


_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


def _matches(lookup: Lookup, domain: str, mechanism: str, ip: _Ip | None, count: _Count) -> bool:
    name, _, value = mechanism.partition(":")
    name, _, prefix = name.partition("/")
    match name.lower():
        case "all":
            return True
        case "ip4" | "ip6":
            return ip is not None and _inside(ip, value)
        case "include":
            count.ask()
            answer = check_spf(lookup, value, str(ip) if ip else None, count)
            if answer.result == "none":
                raise SpfBroken(f"it includes {value}, which has no SPF record")
            return ip is not None and answer.result == "pass"
        case "a" | "mx":
            count.ask()
            target, _, prefix = (value or f"{domain}/{prefix}").partition("/")
            hosts = lookup.list_mail_hosts(target) if name.lower() == "mx" else [target]
            addresses = [a for host in hosts[:10] for a in lookup.list_addresses(host)]
            width = prefix.split("//")[0]
            return ip is not None and any(
                _inside(ip, f"{a}/{width}" if width and ":" not in a else a) for a in addresses
            )
        case "exists" | "ptr":
            count.ask()
            return False
        case _:
            raise SpfBroken(f"{mechanism!r} is no mechanism of SPF")


def _inside(ip: _Ip, network: str) -> bool:
    try:
        return ip in ipaddress.ip_network(network, strict=False)
    except ValueError as error:
        raise SpfBroken(f"{network!r} is no network") from error
