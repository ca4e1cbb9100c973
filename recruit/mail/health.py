"""Whether receivers can trust a sender: SPF, DKIM, DMARC and their alignment, names, blocklists.

What Gmail and Yahoo ask of bulk senders since 2024, each as a finding with its remedy.
"""

import base64
import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from recruit.mail.port import Lookup, LookupUnavailable
from recruit.mail.spf import SpfBroken, check_spf

if TYPE_CHECKING:
    from recruit.mail.signing import Signer


class State(StrEnum):
    """How a finding stands. `unknown`: DNS did not answer, or nothing was told to look for."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """One thing that receivers look at. `remedy` is empty where nothing is to be done."""

    name: str
    state: State
    text: str
    remedy: str = ""

    def as_data(self) -> dict[str, str]:
        """Return it as JSON holds it."""
        return {key: str(value) for key, value in asdict(self).items()}


@dataclass(frozen=True)
class Outgoing:
    """How this installation sends: the key that it signs with, the addresses that it sends from."""

    signer: "Signer | None" = None
    selectors: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    blocklists: tuple[str, ...] = ()


def check_sender(lookup: Lookup, domain: str, outgoing: Outgoing) -> list[Finding]:
    """Return what receivers find when they look at a sender's domain."""
    return [
        _ask("SPF", lambda: _spf(lookup, domain, outgoing)),
        _ask("DKIM", lambda: _dkim(lookup, domain, outgoing)),
        _ask("DMARC", lambda: _dmarc(lookup, domain)),
        _ask("Answers", lambda: _answers(lookup, domain)),
        *(
            _ask(f"Name of {address}", lambda a=address: _name(lookup, a))  # type: ignore[misc]
            for address in outgoing.addresses
        ),
        *_blocklists(lookup, outgoing),
    ]


def worst(states: Iterable[str]) -> State:
    """Return the state that a mailbox is shown with."""
    found = set(states)
    for state in (State.BAD, State.WARN, State.UNKNOWN):
        if state in found:
            return state
    return State.GOOD if found else State.UNKNOWN


def _ask(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except LookupUnavailable as error:
        return Finding(name, State.UNKNOWN, f"{error}.", "Try again later.")


def _spf(lookup: Lookup, domain: str, outgoing: Outgoing) -> Finding:
    remedy = f'Publish one TXT record at {domain}: "v=spf1 include:YOUR-MAIL-HOST -all".'
    try:
        results = {
            address: check_spf(lookup, domain, address) for address in outgoing.addresses or (None,)
        }
    except SpfBroken as error:
        return Finding("SPF", State.BAD, f"The record is broken: {error}.", remedy)
    record = next(iter(results.values())).record
    if not record:
        return Finding("SPF", State.BAD, f"{domain} has no SPF record.", remedy)
    if record.lower().split()[-1] in {"+all", "all"}:
        return Finding("SPF", State.BAD, f"Anybody may send for {domain}: {record}", remedy)
    if not outgoing.addresses:
        return Finding(
            "SPF",
            State.GOOD,
            f"{record} — whether it covers your server is not checked.",
            "Name the addresses that send in RECRUIT_SENDING_IPS.",
        )
    refused = [address for address, answer in results.items() if answer.result != "pass"]
    if refused:
        return Finding(
            "SPF",
            State.BAD,
            f"{', '.join(map(str, refused))} may not send for {domain}: {record}",
            "Add the sending addresses to the record.",
        )
    return Finding("SPF", State.GOOD, f"Your addresses may send for {domain}: {record}")


def _dkim(lookup: Lookup, domain: str, outgoing: Outgoing) -> Finding:
    selectors = (outgoing.signer.selector,) if outgoing.signer else outgoing.selectors
    if not selectors:
        return Finding(
            "DKIM",
            State.UNKNOWN,
            "No selector is named, so nothing can be looked up.",
            "Set RECRUIT_DKIM_SELECTOR to the one that your mail server signs with.",
        )
    for selector in selectors:
        where = f"{selector}._domainkey.{domain}"
        records = [dict(_tags(text)) for text in lookup.list_txt(where)]
        keys = [record["p"] for record in records if "p" in record]
        if not keys:
            return Finding(
                "DKIM", State.BAD, f"{where} has no key.", "Publish the public key there."
            )
        if not keys[0]:
            return Finding(
                "DKIM", State.BAD, f"The key at {where} is revoked.", "Publish the new key."
            )
        if outgoing.signer and _bytes(keys[0]) != outgoing.signer.public:
            return Finding(
                "DKIM",
                State.BAD,
                f"The key at {where} is not the one that signs here.",
                "Publish the public half of RECRUIT_DKIM_KEY_PATH.",
            )
    return Finding("DKIM", State.GOOD, f"{', '.join(selectors)} of {domain}, aligned with From.")


def _dmarc(lookup: Lookup, domain: str) -> Finding:
    remedy = f'Publish a TXT record at _dmarc.{domain}: "v=DMARC1; p=none; rua=mailto:YOU".'
    for name in _up(domain):
        records = [t for t in lookup.list_txt(f"_dmarc.{name}") if t.lower().startswith("v=dmarc1")]
        if len(records) > 1:
            return Finding("DMARC", State.BAD, f"_dmarc.{name} has several records.", remedy)
        if records:
            tags = dict(_tags(records[0]))
            policy = tags.get("sp" if name != domain and "sp" in tags else "p", "")
            if policy not in {"none", "quarantine", "reject"}:
                return Finding("DMARC", State.BAD, f"p= is missing: {records[0]}", remedy)
            # From, envelope and signature bear one domain here, so strict alignment holds too.
            if policy == "none":
                return Finding(
                    "DMARC",
                    State.GOOD,
                    f"p=none at _dmarc.{name}; From, envelope and signature are aligned.",
                    "Once its reports are clean, p=quarantine protects your name.",
                )
            return Finding("DMARC", State.GOOD, f"p={policy} at _dmarc.{name}, aligned.")
    return Finding("DMARC", State.BAD, f"{domain} has no DMARC record.", remedy)


def _answers(lookup: Lookup, domain: str) -> Finding:
    if lookup.list_mail_hosts(domain):
        return Finding("Answers", State.GOOD, f"{domain} takes mail.")
    return Finding(
        "Answers",
        State.BAD,
        f"{domain} has no MX record: answers and bounces are lost.",
        "Publish an MX record, or send from a domain that takes mail.",
    )


def _name(lookup: Lookup, address: str) -> Finding:
    title, remedy = f"Name of {address}", "Ask who gives you the address for a PTR record."
    names = lookup.list_names(address)
    if not names:
        return Finding(title, State.BAD, f"{address} has no name.", remedy)
    if not any(address in lookup.list_addresses(name) for name in names):
        return Finding(title, State.WARN, f"{names[0]} does not lead back to {address}.", remedy)
    return Finding(title, State.GOOD, f"{address} is {names[0]}, both ways.")


def _blocklists(lookup: Lookup, outgoing: Outgoing) -> list[Finding]:
    return [
        _ask(f"{zone}", lambda a=address, z=zone: _blocklist(lookup, a, z))  # type: ignore[misc]
        for address in outgoing.addresses
        for zone in outgoing.blocklists
    ]


def _blocklist(lookup: Lookup, address: str, zone: str) -> Finding:
    ip = ipaddress.ip_address(address)
    reverse = ip.reverse_pointer.rpartition(".in-addr" if ip.version == 4 else ".ip6")[0]
    answers = lookup.list_addresses(f"{reverse}.{zone}")
    if any(answer.startswith("127.255.255.") for answer in answers):
        return Finding(zone, State.UNKNOWN, f"{zone} does not answer this resolver.", "")
    if answers:
        return Finding(
            zone,
            State.BAD,
            f"{address} is on {zone} ({answers[0]}).",
            f"Mend what put it there, then ask {zone} to take it off.",
        )
    return Finding(zone, State.GOOD, f"{address} is not on {zone}.")


def _tags(record: str) -> list[tuple[str, str]]:
    """Return the tag=value pairs of a DKIM or DMARC record."""
    pairs = (part.partition("=") for part in record.split(";"))
    return [(key.strip().lower(), "".join(value.split())) for key, _, value in pairs if key.strip()]


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _up(domain: str) -> list[str]:
    """Return the domain and those above it, down to two labels."""
    labels = domain.split(".")
    return [".".join(labels[i:]) for i in range(max(1, len(labels) - 1))]
