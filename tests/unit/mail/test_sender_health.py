"""How receivers see a sender: DNS records as a table of cases, and a resolver of our own on loopback."""

import base64
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dkim
import dns.message
import dns.rdatatype
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from recruit.mail.adapters.dns import DnsLookup
from recruit.mail.health import Finding, Outgoing, State, check_sender
from recruit.mail.port import LookupUnavailable
from recruit.mail.signing import BadSigningKey, Signer, load_signer
from recruit.mail.spf import SpfBroken, check_spf

DOMAIN = "vendor.example"
IP = "192.0.2.10"


@dataclass
class Records:
    """DNS as a dictionary; "down" in a value means that nobody answers."""

    txt: dict[str, list[str]] = field(default_factory=dict)
    a: dict[str, list[str]] = field(default_factory=dict)
    mx: dict[str, list[str]] = field(default_factory=dict)
    ptr: dict[str, list[str]] = field(default_factory=dict)

    def _of(self, table: dict[str, list[str]], name: str) -> list[str]:
        if table.get(name) == ["down"]:
            raise LookupUnavailable(f"DNS does not answer for {name}")
        return table.get(name, [])

    def list_txt(self, name: str) -> list[str]:
        return self._of(self.txt, name)

    def list_addresses(self, name: str) -> list[str]:
        return self._of(self.a, name)

    def list_mail_hosts(self, name: str) -> list[str]:
        return self._of(self.mx, name)

    def list_names(self, address: str) -> list[str]:
        return self._of(self.ptr, address)


def healthy() -> Records:
    return Records(
        txt={
            DOMAIN: ["unrelated", "v=spf1 ip4:192.0.2.0/24 -all"],
            f"_dmarc.{DOMAIN}": ["v=DMARC1; p=quarantine; rua=mailto:x@vendor.example"],
            f"s1._domainkey.{DOMAIN}": ["v=DKIM1; k=rsa; p=QUJD"],
        },
        a={"mx.vendor.example": [IP]},
        mx={DOMAIN: ["mx.vendor.example"]},
        ptr={IP: ["mx.vendor.example"]},
    )


OUTGOING = Outgoing(selectors=("s1",), addresses=(IP,), blocklists=("bl.example",))


def findings(records: Records, outgoing: Outgoing = OUTGOING) -> dict[str, Finding]:
    return {finding.name: finding for finding in check_sender(records, DOMAIN, outgoing)}


def test_a_healthy_sender_is_good_in_everything() -> None:
    assert {f.state for f in findings(healthy()).values()} == {State.GOOD}


@pytest.mark.parametrize(
    ("kind", "name", "value", "finding", "state", "says"),
    [
        ("txt", DOMAIN, [], "SPF", State.BAD, "no SPF record"),
        ("txt", DOMAIN, ["v=spf1 -all", "v=spf1 +all"], "SPF", State.BAD, "several"),
        ("txt", DOMAIN, ["v=spf1 +all"], "SPF", State.BAD, "Anybody may send"),
        ("txt", DOMAIN, ["v=spf1 ip4:198.51.100.0/24 -all"], "SPF", State.BAD, "may not send"),
        ("txt", DOMAIN, ["v=spf1 ip4:nonsense -all"], "SPF", State.BAD, "no network"),
        ("txt", DOMAIN, ["down"], "SPF", State.UNKNOWN, "does not answer"),
        ("txt", f"s1._domainkey.{DOMAIN}", [], "DKIM", State.BAD, "has no key"),
        ("txt", f"s1._domainkey.{DOMAIN}", ["v=DKIM1; p="], "DKIM", State.BAD, "revoked"),
        ("txt", f"_dmarc.{DOMAIN}", [], "DMARC", State.BAD, "no DMARC record"),
        ("txt", f"_dmarc.{DOMAIN}", ["v=DMARC1; p=none"], "DMARC", State.GOOD, "p=none"),
        ("txt", f"_dmarc.{DOMAIN}", ["v=DMARC1; rua=x"], "DMARC", State.BAD, "p= is missing"),
        ("mx", DOMAIN, [], "Answers", State.BAD, "bounces are lost"),
        ("ptr", IP, [], f"Name of {IP}", State.BAD, "has no name"),
        ("ptr", IP, ["other.example"], f"Name of {IP}", State.WARN, "does not lead back"),
        ("a", "10.2.0.192.bl.example", ["127.0.0.2"], "bl.example", State.BAD, "is on bl.example"),
        (
            "a",
            "10.2.0.192.bl.example",
            ["127.255.255.254"],
            "bl.example",
            State.UNKNOWN,
            "resolver",
        ),
    ],
)
def test_each_flaw_is_named(
    kind: str, name: str, value: list[str], finding: str, state: State, says: str
) -> None:
    records = healthy()
    getattr(records, kind)[name] = value
    found = findings(records)[finding]
    assert found.state is state
    assert says in found.text
    assert found.remedy or state in {State.GOOD, State.UNKNOWN}


def test_spf_follows_includes_redirects_and_hosts() -> None:
    records = Records(
        txt={
            "a.example": ["v=spf1 include:b.example ~all"],
            "b.example": ["v=spf1 mx -all"],
            "c.example": ["v=spf1 redirect=a.example"],
            "d.example": ["v=spf1 a:host.example/24 ?all"],
        },
        mx={"b.example": ["mx.b.example"]},
        a={"mx.b.example": [IP], "host.example": ["192.0.2.99"]},
    )
    assert check_spf(records, "a.example", IP).result == "pass"
    assert check_spf(records, "c.example", IP).result == "pass"
    assert check_spf(records, "d.example", IP).result == "pass"
    assert check_spf(records, "a.example", "198.51.100.1").result == "softfail"


def test_spf_that_asks_too_much_or_in_circles_is_broken() -> None:
    many = " ".join(f"include:{n}.example" for n in range(11))
    records = Records(
        txt={"a.example": [f"v=spf1 {many} -all"], "loop.example": ["v=spf1 include:loop.example"]}
        | {f"{n}.example": ["v=spf1 -all"] for n in range(11)}
    )
    for domain in ("a.example", "loop.example"):
        with pytest.raises(SpfBroken, match="more than 10"):
            check_spf(records, domain, IP)


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dkim") / "key.pem"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def test_a_signature_verifies_and_covers_the_one_click_headers(key_file: Path) -> None:
    signer = load_signer("s1", key_file)
    message = (
        b"From: Pat <pat@vendor.example>\r\nTo: ann@firm.example\r\nSubject: Hi\r\n"
        b"List-Unsubscribe: <https://v.example/u/x>\r\n"
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nHello\r\n"
    )
    signed = signer.sign(message)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(signer.public)
    names: list[bytes] = []

    def txt(name: bytes, timeout: int = 5) -> bytes:
        names.append(name)
        return record

    assert dkim.verify(signed, dnsfunc=txt)
    assert names == [b"s1._domainkey.vendor.example."]
    head = signed.partition(b"\r\nFrom:")[0].lower()
    assert b"list-unsubscribe-post" in head
    assert not dkim.verify(signed.replace(b"Hello", b"Hallo"), dnsfunc=txt)


def test_a_key_in_dns_that_is_not_ours_is_named(key_file: Path) -> None:
    outgoing = Outgoing(signer=load_signer("s1", key_file), addresses=(IP,))
    assert "not the one that signs here" in findings(healthy(), outgoing)["DKIM"].text


def test_a_key_that_cannot_sign_is_refused(tmp_path: Path, key_file: Path) -> None:
    with pytest.raises(BadSigningKey, match="cannot be read"):
        load_signer("s1", tmp_path / "none.pem")
    (tmp_path / "bad.pem").write_text("no key")
    with pytest.raises(BadSigningKey, match="no private key"):
        load_signer("s1", tmp_path / "bad.pem")
    with pytest.raises(BadSigningKey, match="no label"):
        load_signer("s 1", key_file)
    assert isinstance(load_signer("s1", key_file), Signer)


class _Answers(socketserver.BaseRequestHandler):
    """A resolver that knows four names."""

    def handle(self) -> None:
        data, socket = self.request
        query = dns.message.from_wire(data)
        question = query.question[0]
        response = dns.message.make_response(query)
        known: dict[tuple[str, str], list[str]] = {
            ("vendor.example.", "TXT"): ['"v=spf1 ip4:192.0.2.0/24" " -all"'],
            ("vendor.example.", "MX"): ["20 b.example.", "10 a.example."],
            ("a.example.", "A"): ["192.0.2.10"],
            ("10.2.0.192.in-addr.arpa.", "PTR"): ["a.example."],
        }
        kind = dns.rdatatype.to_text(question.rdtype)
        values = known.get((question.name.to_text().lower(), kind))
        if values is None:
            response.set_rcode(3)  # type: ignore[arg-type]
        else:
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *values))
        socket.sendto(response.to_wire(), self.client_address)


@pytest.fixture
def resolver() -> Iterator[str]:
    server: Any = socketserver.UDPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_dns_is_asked_and_read_right(resolver: str) -> None:
    lookup = DnsLookup(resolver)
    assert lookup.list_txt("vendor.example") == ["v=spf1 ip4:192.0.2.0/24 -all"]
    assert lookup.list_mail_hosts("vendor.example") == ["a.example", "b.example"]
    assert lookup.list_addresses("a.example") == ["192.0.2.10"]
    assert lookup.list_names("192.0.2.10") == ["a.example"]
    assert lookup.list_txt("nobody.example") == []


def test_a_resolver_that_is_away_says_nothing_about_the_name() -> None:
    with pytest.raises(LookupUnavailable, match=r"vendor\.example"):
        DnsLookup("127.0.0.1:1", timeout_s=0.3).list_txt("vendor.example")
