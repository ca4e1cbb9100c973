"""Questions to DNS, by the system's resolver or one that is named."""

import ipaddress

import dns.exception
import dns.resolver
import dns.reversename

from recruit.mail.port import LookupUnavailable


class DnsLookup:
    """Asks one resolver; each question waits for at most `timeout_s`."""

    def __init__(self, server: str = "", timeout_s: float = 3.0) -> None:
        """Use the system's resolver, or `server` ("192.0.2.53" or "127.0.0.1:5353")."""
        self._server = server
        self._timeout_s = timeout_s
        self._resolver: dns.resolver.Resolver | None = None

    def _ask(self, name: str, kind: str) -> list[str]:
        try:
            if self._resolver is None:
                self._resolver = self._make()
            answer = self._resolver.resolve(name, kind, lifetime=self._timeout_s)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise LookupUnavailable(f"DNS does not answer for {name}: {error}") from error
        return [record.to_text() for record in answer]

    def _make(self) -> dns.resolver.Resolver:
        if not self._server:
            return dns.resolver.Resolver()
        host, _, port = self._server.partition(":")
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = [host]
        resolver.port = int(port or 53)
        return resolver

    def list_txt(self, name: str) -> list[str]:
        """Return the texts at a name, the pieces of each put together."""
        return ["".join(_pieces(text)) for text in self._ask(name, "TXT")]

    def list_addresses(self, name: str) -> list[str]:
        """Return the IPv4 and IPv6 addresses of a name."""
        return self._ask(name, "A") + self._ask(name, "AAAA")

    def list_mail_hosts(self, name: str) -> list[str]:
        """Return the hosts that take mail for a domain, the preferred one first."""
        records = [text.split() for text in self._ask(name, "MX")]
        return [record[1].rstrip(".") for record in sorted(records, key=lambda r: int(r[0]))]

    def list_names(self, address: str) -> list[str]:
        """Return the names that an address goes by."""
        reverse = dns.reversename.from_address(str(ipaddress.ip_address(address)))
        return [text.rstrip(".") for text in self._ask(reverse.to_text(), "PTR")]


def _pieces(text: str) -> list[str]:
    """Return the quoted pieces of a TXT record without their quotes."""
    pieces, piece, quoted, escaped = [], "", False, False
    for character in text:
        if escaped:
            piece, escaped = piece + character, False
        elif character == "\\":
            escaped = True
        elif character == '"':
            if quoted:
                pieces.append(piece)
                piece = ""
            quoted = not quoted
        elif quoted:
            piece += character
    return pieces
