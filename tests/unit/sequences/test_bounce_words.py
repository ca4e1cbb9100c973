"""What servers say, and what it means: by provider, by RFC 3463 status, and by the command that was refused."""

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from recruit.mail.refusals import Stage, judge_refusal
from recruit.sequences.classify import classify
from recruit.sequences.stages import find_stage
from recruit.sequences.values import InboundKind

GONE = """
550 5.1.1 The email account that you tried to reach does not exist
550 5.1.10 RESOLVER.ADR.RecipNotFound; Recipient not found by SMTP address lookup
550 5.4.1 Recipient address rejected: Access denied
550 5.1.1 <ann@firm.example>: Recipient address rejected: User unknown in virtual mailbox table
550 Requested action not taken: mailbox unavailable
550 Mailbox is unavailable
550 BAD_RECIPIENT
550 ** No mail box available for this user **
553 sorry, badrcptto (user mail-box not found) (#5.7.1)
550 5.7.1 No such user
550 <ann@firm.example> is not an active address at this host
550 unknown local-part "ann" in domain "firm.example"
554 delivery error: dd This user doesn't have a yahoo.com account
550 Benutzer unbekannt
550 5.1.1 Utilisateur inconnu
550 no existe ese usuario
550 5.1.6 recipient no longer on server
551 5.1.6 The address has been replaced by another
550 5.1.2 Host unknown
550 Domain does not exist
550 5.1.10 Recipient address has null MX
556 Host does not accept mail
550 5.7.17 Mailbox owner has changed
"""
THERE = """
552 5.2.2 Mailbox full
550 5.7.0 The recipient mailbox has exceeded its disk space limit
550 5.2.1 The email account that you tried to reach is disabled
550 User suspended
550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized
550 5.7.129 RESOLVER.RST.RestrictedToRecipientsPermission; not authorized to send to recipient
550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient
553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)
554 5.7.1 <ann@firm.example>: Relay access denied
550 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using Spamhaus
554 5.7.1 Your access to this mail system has been rejected due to the sending MTA's poor reputation
550 5.7.26 Unauthenticated email is not accepted due to the domain's DMARC policy
550 5.7.25 The IP address sending this message does not have a PTR record
550 5.7.27 Sender address has null MX
550 Rejected by header based Anti-Spoofing policy
550 Envelope blocked - User Entry
554 5.7.1 Message rejected: content presents a potential security issue
550 5.6.0 <ann@firm.example>: Recipient address rejected: Other or undefined media error
550 5.5.1 <ann@firm.example>: Recipient address rejected: Invalid command
550 5.7.8 <ann@firm.example>: Recipient address rejected: Authentication credentials invalid
550 5.7.9 <ann@firm.example>: Recipient address rejected: unknown authentication mechanism
550 5.3.5 Unknown user database: system incorrectly configured
450 4.2.0 <ann@firm.example>: Recipient address rejected: Greylisted
450 4.1.1 User unknown
550 4.4.7 QUEUE.Expired; message expired
554 5.4.6 Too many hops
550 5.4.4 Unable to route
550 Unknown address error: mailbox unavailable (not enough free space)
550 Host not found, try again
501 5.1.8 Domain of sender address does not exist
550 Error: SPAM NOT ACCEPTED
"""


def _lines(table: str) -> list[str]:
    return table.strip().splitlines()


@pytest.mark.parametrize(
    ("words", "gone"), [(w, True) for w in _lines(GONE)] + [(w, False) for w in _lines(THERE)]
)
def test_a_reply_to_rcpt_tells_whether_the_address_is_gone(words: str, gone: bool) -> None:
    judged = judge_refusal(int(words[:3]), None, words, Stage.RECIPIENT)
    assert judged.recipient_gone is gone, judged


def test_a_recipient_is_never_suppressed_for_what_a_status_says_of_something_else() -> None:
    other = [f"5.{s}.{d}" for s, d in ((2, 2), (2, 3), (3, 5), (5, 4), (6, 1), (7, 5), (7, 23))]
    judged = [judge_refusal(550, status, "User unknown", Stage.RECIPIENT) for status in other]
    assert [refusal.recipient_gone for refusal in judged] == [False] * len(other)


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("host mx[192.0.2.1] said: 550 User unknown (in reply to RCPT TO command)", "recipient"),
        ("SMTP error from remote mail server after RCPT TO:<a@b.example>:", "recipient"),
        ("192.0.2.1 does not like recipient.\nRemote host said: 550 no", "recipient"),
        ("550 550 <a@b.example>: User unknown (state 14).", "recipient"),
        ("SMTP:RCPT host 192.0.2.1: 553 no such user", "recipient"),
        ("550 550 User unknown (state 17).", "text"),
        ("host mx[192.0.2.1] said: 554 User unknown (in reply to end of DATA command)", "text"),
        ("mx.example failed after I sent the message.", "text"),
        ("Connected to 192.0.2.1 but sender was rejected.", "sender"),
        ("501 Sender rejected [MAIL_FROM]", "sender"),
        ("SMTP error from remote mail server after initial connection:", "sender"),
        ("550 <a@b.example>: no", "address"),
        ("no", "untold"),
    ],
)
def test_the_refused_command_is_read_from_every_server(text: str, stage: str) -> None:
    assert find_stage(text) is Stage(stage)


def test_what_our_subject_says_is_no_servers_word() -> None:
    mail = _mail("MAILER-DAEMON@mx.example", "Undeliverable: Release 5.2.2, your mailbox is full")
    mail.set_content(
        "Your message\n\n  To: ann@firm.example\n  Subject: Release 5.2.2, your mailbox is full\n\n"
        "did not reach the following recipient(s):\n\nann@firm.example\n  The recipient name is not recognized\n"
    )
    verdict = classify(mail.as_bytes())
    assert (verdict.kind, verdict.hard, verdict.status) == (InboundKind.BOUNCE, True, None)


@pytest.mark.parametrize(
    "headers",
    [
        {"Return-Path": "<>"},
        {"List-Unsubscribe": "<https://firm.example/u>"},
        {"From": "postmaster@firm.example"},
        {"Subject": "AUTO: Ann Archer is out of the office (returning 05/01/2026)"},
    ],
)
def test_what_no_person_sends_is_a_machines(headers: dict[str, str]) -> None:
    mail = _mail("ann@firm.example", "Thank you for your mail")
    for name, value in headers.items():
        del mail[name]
        mail[name] = value
    mail.set_content("We shall see to it, will we not?")
    assert classify(mail.as_bytes()).kind is InboundKind.AUTO_REPLY


def test_a_lists_member_who_answers_is_a_person() -> None:
    mail = _mail("ann@firm.example", "Re: Partnering")
    mail["List-Unsubscribe"] = "<https://groups.example/u>"
    mail.set_content("Gladly, tell me more.")
    assert classify(mail.as_bytes()).kind is InboundKind.HUMAN


def test_receipts_and_invitations_are_no_bounces() -> None:
    receipt = _mail("ann@firm.example", "Read: Partnering")
    receipt.set_type("multipart/report")
    receipt.set_param("report-type", "disposition-notification")
    receipt.set_payload([_part("text/plain", "Your message was read."), _part(*DISPOSITION)])
    assert classify(receipt.as_bytes()).kind is InboundKind.AUTO_REPLY
    invitation = _mail("ann@firm.example", "Accepted: Partnering call")
    invitation.set_content("BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR\n", subtype="calendar")
    assert classify(invitation.as_bytes()).kind is not InboundKind.BOUNCE


DISPOSITION = (
    "message/disposition-notification",
    "Final-Recipient: rfc822; ann@firm.example\nDisposition: manual-action/MDN-sent-manually; displayed\n",
)


def _mail(sender: str, subject: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, "partners@vendor.example", subject
    return mail


def _part(kind: str, text: str) -> EmailMessage:
    part = EmailMessage(policy=SMTP)
    part.set_payload(text)
    part.set_type(kind)
    return part
