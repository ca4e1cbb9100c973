"""Mails that nobody should have written: any bytes get a verdict, in time that grows with their length."""

import time
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recruit.sequences import mailparts
from recruit.sequences.classify import classify
from recruit.sequences.values import InboundKind

DSN = (
    b"From: MAILER-DAEMON@mx.example\r\nTo: p@v.example\r\nSubject: =?utf-8?b?VW5kZWxpdmVyYWJsZQ==?=\r\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\nIt failed.\r\n--b\r\n'
    b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\n"
    b"Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 <a@b.example> User unknown\r\n\r\n--b--\r\n"
)
HEADERS = (b"From", b"Subject", b"Content-Type", b"Date", b"References", b"Auto-Submitted")


@given(st.binary(max_size=2000))
@settings(max_examples=150, deadline=None)
def test_any_bytes_get_a_verdict(raw: bytes) -> None:
    assert classify(raw).kind in InboundKind


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_bounce_that_was_cut_or_changed_anywhere_gets_a_verdict(data: st.DataObject) -> None:
    raw = bytearray(DSN)
    for _ in range(data.draw(st.integers(0, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    start, end = sorted((data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, len(raw)))))
    assert classify(bytes(raw[:start] + raw[end:])).kind in InboundKind


@given(st.lists(st.tuples(st.sampled_from(HEADERS), st.binary(max_size=80)), max_size=8))
@settings(max_examples=150, deadline=None)
def test_any_headers_get_a_verdict(headers: list[tuple[bytes, bytes]]) -> None:
    raw = b"".join(name + b": " + value + b"\r\n" for name, value in headers) + b"\r\nHello"
    assert classify(raw).kind in InboundKind


@pytest.mark.parametrize(
    "body",
    [
        b"> " * 100_000,
        b"On a 2020\n" * 20_000,
        b"-" * 200_000,
        b"a@" * 100_000,
        b"http://" * 30_000,
        b"user unknown " * 15_000,
        b"<div><" * 30_000,
        b"<!--" * 50_000,
        b"<script>" * 25_000,
        b'{"notificationType":' + b"[" * 100_000,
        b"1.1." * 50_000,
    ],
    ids=lambda body: body[:10].decode(),
)
@pytest.mark.parametrize("kind", [b"text/plain", b"text/html"])
def test_a_hostile_text_costs_no_more_than_its_length(body: bytes, kind: bytes) -> None:
    raw = b"From: mailer-daemon@x\nSubject: Undeliverable\nContent-Type: " + kind + b"\n\n" + body
    begun = time.perf_counter()
    classify(raw)
    # Some tenths of a second here; quadratic work would take minutes.
    assert time.perf_counter() - begun < 10


@pytest.mark.parametrize("what", [b"multipart/mixed; boundary=a", b"message/rfc822"])
def test_a_mail_nested_a_thousand_times_gets_a_verdict(what: bytes) -> None:
    raw = (b"Content-Type: " + what + b"\n\n--a\n") * 1000
    assert classify(raw).kind in InboundKind


def test_what_the_standard_library_cannot_read_still_says_what_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parse = mailparts._take_apart
    calls: list[bytes] = []

    def stumble_once(raw: bytes) -> mailparts.MailParts:
        calls.append(raw)
        if len(calls) == 1:
            raise RecursionError
        return parse(raw)

    monkeypatch.setattr(mailparts, "_take_apart", stumble_once)
    mail = EmailMessage()
    mail["From"] = "ann@firm.example"
    mail["In-Reply-To"] = "<1@v.example>"
    mail.set_content("Please remove me from your list.")
    verdict = classify(mail.as_bytes())
    assert (verdict.kind, verdict.references) == (InboundKind.UNSUBSCRIBE, ("<1@v.example>",))


def test_a_bounce_whose_boundary_was_lost_is_read() -> None:
    raw = DSN.replace(b'boundary="b"', b'boundary="other"')
    verdict = classify(raw)
    assert (verdict.kind, verdict.hard, verdict.recipient) == (
        InboundKind.BOUNCE,
        True,
        "a@b.example",
    )


def test_a_person_who_forwards_or_quotes_a_bounce_has_not_bounced() -> None:
    mail = EmailMessage()
    mail["From"] = "ann@firm.example"
    mail["Subject"] = "Fwd: Undelivered Mail Returned to Sender"
    mail.set_content("Is this from you? It says: 550 5.1.1 User unknown")
    mail.add_attachment(b"Subject: x\n\nbody", maintype="application", subtype="octet-stream")
    assert classify(mail.as_bytes()).kind is InboundKind.HUMAN
