"""What comes back: answers, absences, bounces, complaints and the way out, on both databases."""

from datetime import UTC, date, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import func, select

from recruit.db.outbox import OutboxEntry
from recruit.mail.adapters.memory import MemoryInbox
from recruit.mail.bookmarks import Bookmark
from recruit.mail.port import IncomingMail
from recruit.sequences.bookmarks import StoredBookmarks
from recruit.sequences.due_times import next_due_at
from recruit.sequences.receiving import read_inbox
from recruit.sequences.tables import Enrollment, Mailbox, Reply, Suppression, Touch
from recruit.sequences.usecases import (
    Suppressed,
    UnknownToken,
    confirm_mood,
    enroll_firm,
    find_unsubscribe,
    lift_suppression,
    record_inbound,
    unsubscribe,
)
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    InboundKind,
    Mood,
    TouchStatus,
)
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.sequences import (
    MAILBOX,
    SEQUENCE,
    bounce_mail,
    enroll_new_firm,
    mails_only,
    make_contact,
    make_firm,
    make_sequence,
    reply_mail,
    sequence_data,
    sweep,
)


@pytest.fixture
def sent(app: App) -> str:
    """A firm that got the first mail of two; yields its Message-ID."""
    with app.transaction() as tx:
        make_sequence(tx, **mails_only(2))
        enroll_new_firm(tx)
    assert sweep(app).sent == 1
    with app.reading() as tx:
        return str(tx.session.scalars(select(Touch.message_id).where(Touch.step_index == 0)).one())


def record(app: App, mail: IncomingMail) -> Reply | None:
    with app.transaction() as tx:
        return record_inbound(tx, mail=mail)


def enrollment(app: App) -> Enrollment:
    with app.reading() as tx:
        return tx.session.scalars(select(Enrollment).order_by(Enrollment.id)).first()  # type: ignore[return-value]


def statuses(app: App) -> list[TouchStatus]:
    with app.reading() as tx:
        return list(tx.session.scalars(select(Touch.status).order_by(Touch.id)))


def test_a_reply_stops_the_whole_firm_in_every_sequence_open_tasks_included(
    app: App, sent: str
) -> None:
    with app.transaction() as tx:
        task = {"kind": "task", "subject": "Call {{ firm.name }}", "body": ""}
        make_sequence(tx, **sequence_data(name="by-phone", steps=[task]))
        firm_id = tx.session.scalars(select(Enrollment.firm_id)).one()
        enroll_firm(tx, sequence_name="by-phone", firm_id=firm_id, actor="test")
    assert sweep(app).tasks == 1
    reply = record(app, reply_mail("Yes, tell me more, this sounds interesting.", references=sent))
    assert reply is not None
    assert (reply.kind, reply.mood, reply.matched_by) == (
        InboundKind.HUMAN,
        Mood.POSITIVE,
        "message",
    )
    with app.reading() as tx:
        rows = tx.session.execute(select(Enrollment.status, Enrollment.exit_reason)).all()
        announced = tx.session.scalar(select(func.count()).select_from(OutboxEntry))
    assert rows == [(EnrollmentStatus.FINISHED, ExitReason.REPLIED)] * 2
    assert statuses(app) == [TouchStatus.SENT, TouchStatus.CANCELLED, TouchStatus.CANCELLED]
    assert announced


@pytest.mark.parametrize(
    ("sender", "matched_by"),
    [
        ("Ann Archer <ANN@northlight.example>", "sender"),
        ("ann+work@northlight.example", "sender"),
        ("bob@northlight.example", "domain"),
        ("bob@mail.northlight.example", "domain"),
    ],
)
def test_a_reply_in_a_new_thread_is_matched_by_sender_then_domain(
    app: App, sent: str, sender: str, matched_by: str
) -> None:
    reply = record(app, reply_mail("Who are you?", sender=sender))
    assert reply is not None
    assert reply.matched_by == matched_by
    assert enrollment(app).exit_reason is ExitReason.REPLIED


def test_a_reply_stops_a_firm_that_was_merged_away_since(app: App, sent: str) -> None:
    with app.transaction() as tx:
        survivor = make_firm(tx, "Northlight Group")
        enrolled = tx.session.scalars(select(Enrollment)).one()
        from recruit.firms.tables import Firm

        tx.session.get_one(Firm, enrolled.firm_id).merged_into_id = survivor.id
    reply = record(app, reply_mail("Hello", sender="ceo@northlight-group.example"))
    assert reply is not None
    assert (reply.matched_by, reply.firm_id) == ("domain", survivor.id)
    assert enrollment(app).exit_reason is ExitReason.REPLIED


def test_a_stranger_from_a_mail_provider_stops_nobody(app: App) -> None:
    with app.transaction() as tx:
        make_sequence(tx)
        firm = make_firm(tx)
        make_contact(tx, firm, email="northlight@gmail.com")
        enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm.id, actor="test")
    reply = record(app, reply_mail("Buy my lists", sender="someone@gmail.com"))
    assert reply is not None
    assert reply.firm_id is None
    assert enrollment(app).status is EnrollmentStatus.ACTIVE


def test_our_own_copy_is_no_reply(app: App, sent: str) -> None:
    own = reply_mail("Hello Ann", sender=f"Pat Vendor <{MAILBOX}>", message_id=sent)
    assert record(app, own) is None
    assert record(app, reply_mail("a draft", sender=MAILBOX, message_id="<draft@x>")) is None
    assert enrollment(app).status is EnrollmentStatus.ACTIVE


def test_a_mail_is_recorded_once_however_often_it_is_read(app: App, sent: str) -> None:
    mail = reply_mail("Yes please", references=sent)
    assert record(app, mail) is not None
    assert record(app, mail) is None
    inbox = MemoryInbox([mail, reply_mail("Second", message_id="<second@x>")])
    report = read_inbox(app.transaction, inbox)
    assert (report.human, report.known, report.failed) == (1, 1, 0)
    assert inbox.mails == []
    assert not read_inbox(app.transaction, inbox)


def test_an_out_of_office_answer_pauses_until_the_stated_day_and_then_goes_on(
    app: App, sent: str
) -> None:
    away = reply_mail(
        "I am out of the office until 20 March 2026.",
        references=sent,
        subject="Automatic reply: Partnering",
        Auto_Submitted="auto-replied",
        at=NOW,
    )
    reply = record(app, away)
    assert reply is not None
    assert (reply.kind, reply.detail) == (InboundKind.AUTO_REPLY, {"until": "2026-03-20"})
    assert reply.handled_by == "engine"
    assert enrollment(app).status is EnrollmentStatus.PAUSED
    with app.reading() as tx:
        due = next_due_at(tx)
        blocked = tx.session.scalars(select(Touch.blocked_by).order_by(Touch.id.desc())).first()
    # Saturday the 21st is no working day; 09:00 in Hamburg is 08:00 UTC.
    assert due == datetime(2026, 3, 23, 8, tzinfo=UTC)
    assert blocked == "Out of office; nothing goes out before 21 March 2026."
    app.clock.move_to(due)  # type: ignore[attr-defined]
    assert sweep(app).sent == 1
    assert enrollment(app).status is EnrollmentStatus.ACTIVE


def test_an_out_of_office_answer_without_a_day_pauses_for_a_week(app: App, sent: str) -> None:
    record(app, reply_mail("Away.", references=sent, Auto_Submitted="auto-replied"))
    until = enrollment(app).paused_until
    assert until is not None
    assert until.date() - NOW.date() == timedelta(days=6)  # midnight in Hamburg, in UTC
    with app.reading() as tx:
        assert tx.session.scalars(select(Suppression)).all() == []


def test_a_hard_bounce_suppresses_the_address_and_ends_the_enrollment_as_bounced(
    app: App, sent: str
) -> None:
    reply = record(app, bounce_mail("ann@northlight.example", original=sent))
    assert reply is not None
    assert (reply.kind, reply.detail["hard"], reply.detail["status"]) == (
        InboundKind.BOUNCE,
        True,
        "5.1.1",
    )
    assert enrollment(app).exit_reason is ExitReason.BOUNCED
    with app.reading() as tx:
        assert tx.session.scalars(select(Suppression.key_text)).all() == ["ann@northlight.example"]


def test_a_hard_bounce_from_where_a_mail_was_forwarded_suppresses_what_we_wrote_to(
    app: App, sent: str
) -> None:
    record(app, bounce_mail("someone@elsewhere.example", original=sent))
    with app.reading() as tx:
        assert tx.session.scalars(select(Suppression.key_text)).all() == ["ann@northlight.example"]


@pytest.mark.parametrize(
    ("status", "words", "action"),
    [
        ("5.2.2", "552 5.2.2 Mailbox full", "failed"),
        ("4.4.7", "421 4.4.7 Delivery time expired", "failed"),
        ("4.2.2", "452 4.2.2 Over quota", "delayed"),
        ("5.6.0", "554 5.6.0 Message contains a virus", "failed"),
    ],
)
def test_a_soft_bounce_stops_and_suppresses_nobody(
    app: App, sent: str, status: str, words: str, action: str
) -> None:
    reply = record(
        app,
        bounce_mail(
            "ann@northlight.example", status=status, words=words, action=action, original=sent
        ),
    )
    assert reply is not None
    assert reply.detail["hard"] is False
    assert enrollment(app).status is EnrollmentStatus.ACTIVE
    with app.reading() as tx:
        assert tx.session.scalars(select(Suppression)).all() == []
        assert tx.session.scalars(select(Mailbox.paused_at)).one() is None
        outcomes = tx.session.scalars(select(Touch.outcome).order_by(Touch.id)).all()
    assert "Returned:" in outcomes[0]


def test_a_bounce_about_us_pauses_the_mailbox_and_not_the_contact(app: App, sent: str) -> None:
    words = "550 5.7.1 Service unavailable; client host blocked using Spamhaus"
    record(app, bounce_mail("ann@northlight.example", status="5.7.1", words=words, original=sent))
    assert enrollment(app).status is EnrollmentStatus.ACTIVE
    with app.reading() as tx:
        mailbox = tx.session.scalars(select(Mailbox)).one()
        assert mailbox.paused_at is not None
        assert tx.session.scalars(select(Suppression)).all() == []


def test_a_bounce_of_an_address_that_we_never_wrote_to_changes_nothing(app: App, sent: str) -> None:
    reply = record(app, bounce_mail("victim@elsewhere.example"))
    assert reply is not None
    with app.reading() as tx:
        assert tx.session.scalars(select(Suppression)).all() == []
    assert enrollment(app).status is EnrollmentStatus.ACTIVE


def test_a_wish_in_words_is_a_suppression_that_no_second_enrollment_undoes(
    app: App, sent: str
) -> None:
    reply = record(app, reply_mail("Please remove me from your list.", references=sent))
    assert reply is not None
    assert reply.kind is InboundKind.UNSUBSCRIBE
    assert enrollment(app).exit_reason is ExitReason.OPTED_OUT
    with app.transaction() as tx:
        make_sequence(tx, **mails_only(name="second"))
        firm_id = tx.session.scalars(select(Enrollment.firm_id)).one()
        with pytest.raises(Suppressed, match="asked in words"):
            enroll_firm(tx, sequence_name="second", firm_id=firm_id, actor="test")


def test_a_spam_report_suppresses_the_address_and_stops_the_firm(app: App, sent: str) -> None:
    raw = (
        "From: feedback@provider.example\r\nTo: partners@vendor.example\r\nMessage-ID: <arf@p>\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThis is an abuse report.\r\n\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"
        "Original-Rcpt-To: ann@northlight.example\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {sent}\r\n\r\nHello\r\n--b--\r\n"
    )
    reply = record(app, IncomingMail("arf", raw.encode()))
    assert reply is not None
    assert reply.kind is InboundKind.COMPLAINT
    assert enrollment(app).exit_reason is ExitReason.OPTED_OUT


def unsubscribe_token(app: App) -> str:
    raw = app.mailer.sent[0][1].decode()  # type: ignore[attr-defined]
    return str(raw.partition("/u/")[2].partition(">")[0])


def test_looking_at_the_unsubscribe_link_changes_nothing_and_posting_it_stops_everything(
    app: App, sent: str
) -> None:
    token = unsubscribe_token(app)
    with app.reading() as tx:
        view = find_unsubscribe(tx, token=token)
    assert (view.address, view.firm_name, view.done) == (
        "a…n@northlight.example",
        "Northlight",
        False,
    )
    assert enrollment(app).status is EnrollmentStatus.ACTIVE
    for _ in range(2):
        with app.transaction() as tx:
            assert unsubscribe(tx, token=token).done
    assert enrollment(app).exit_reason is ExitReason.OPTED_OUT
    with app.reading() as tx:
        assert len(tx.session.scalars(select(Suppression)).all()) == 1
    with app.transaction() as tx, pytest.raises(UnknownToken):
        unsubscribe(tx, token=token[:-1])


def test_only_a_person_with_a_reason_lifts_a_suppression(app: App, sent: str) -> None:
    with app.transaction() as tx:
        unsubscribe(tx, token=unsubscribe_token(app))
        found = tx.session.scalars(select(Suppression)).one()
        with pytest.raises(Exception, match="Say why"):
            lift_suppression(tx, suppression_id=found.id, reason=" ", actor="riley")
        lift_suppression(
            tx, suppression_id=found.id, reason="Asked us back by phone.", actor="riley"
        )
    with app.transaction() as tx:
        make_sequence(tx, **mails_only(name="second"))
        firm_id = tx.session.scalars(select(Enrollment.firm_id)).one()
        assert enroll_firm(tx, sequence_name="second", firm_id=firm_id, actor="test").id


def test_a_late_reply_turns_no_reply_into_replied(app: App, sent: str) -> None:
    for _ in range(4):
        with app.reading() as tx:
            due = next_due_at(tx)
        if due is None:
            break
        app.clock.move_to(due)  # type: ignore[attr-defined]
        sweep(app)
    assert enrollment(app).exit_reason is ExitReason.NO_REPLY
    record(app, reply_mail("Sorry for the late answer.", references=sent))
    assert enrollment(app).exit_reason is ExitReason.REPLIED


def test_a_person_confirms_what_a_reply_means(app: App, sent: str) -> None:
    reply = record(app, reply_mail("Hm.", references=sent))
    assert reply is not None
    assert (reply.mood, reply.handled_at) == (Mood.UNCLEAR, None)
    with app.transaction() as tx:
        confirm_mood(tx, reply_id=reply.id, mood=Mood.LATER, actor="riley")
    with app.reading() as tx:
        stored = tx.session.scalars(select(Reply)).one()
    assert (stored.mood, stored.mood_confirmed_by, stored.handled_by) == (
        Mood.LATER,
        "riley",
        "riley",
    )


BROKEN: list[Any] = [
    b"",
    b"\x00\xff\xfe",
    b"From: \r\n\r\nhello",
    b"Message-ID: <" + b"x" * 400 + b"@y>\r\nFrom: a@b.example\r\n\r\nhello\x00there",
    b"Content-Type: text/plain; charset=nonsense\r\nFrom: =?x?q?=FF?=\r\n\r\n\xff\xfe",
    b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n',
    b"Subject: =?utf-8?b?////?=\r\nDate: 99 Foo 2026\r\nFrom: @@\r\n\r\n" + b"> " * 10_000,
]


@pytest.mark.parametrize("raw", BROKEN)
def test_a_broken_mail_is_recorded_and_breaks_nothing(app: App, sent: str, raw: bytes) -> None:
    inbox = MemoryInbox([IncomingMail("1", raw), reply_mail("Yes", references=sent)])
    report = read_inbox(app.transaction, inbox)
    assert report.failed == 0
    assert enrollment(app).exit_reason is ExitReason.REPLIED


def test_dates_of_absence_are_read_from_when_they_were_written() -> None:
    from recruit.sequences.classify import classify

    mail = reply_mail("Ich bin bis 7. Januar nicht im Büro.", at=datetime(2025, 12, 20, tzinfo=UTC))
    assert classify(mail.raw).until == date(2026, 1, 7)


def test_readers_who_meet_a_folder_at_once_keep_the_farther_bookmark(app: App) -> None:
    bookmarks = StoredBookmarks(app.transaction, "partners@imap.example:993")
    assert bookmarks.find("INBOX") is None
    errors: list[BaseException] = []

    def keep(uid: int) -> None:
        try:
            bookmarks.keep("INBOX", Bookmark(7, uid))
        except BaseException as error:
            errors.append(error)

    threads = [Thread(target=keep, args=(uid,)) for uid in (3, 9, 5, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert bookmarks.find("INBOX") == Bookmark(7, 9)
    bookmarks.keep("INBOX", Bookmark(8, 2))
    assert bookmarks.find("INBOX") == Bookmark(8, 2)
    # Nothing was sent yet, so nothing that lies there is an answer.
    assert bookmarks.first_day() == NOW.date()
