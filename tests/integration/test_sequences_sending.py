"""The sending sweep against a real SMTP conversation, on both databases."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import select

from recruit.clock import VirtualClock
from recruit.config import SmtpSecurity
from recruit.db.transaction import Transaction
from recruit.mail.adapters.memory import MemoryMailer
from recruit.mail.adapters.smtp import SmtpMailer
from recruit.mail.port import Envelope
from recruit.sequences.claiming import Sender, claim_due
from recruit.sequences.due_times import next_due_at
from recruit.sequences.leases import take_lease
from recruit.sequences.sending import SENDING_LEASE, send_due_touches
from recruit.sequences.tables import Enrollment, Mailbox, MailboxDay, Reply, Suppression, Touch
from recruit.sequences.usecases import (
    complete_task,
    pause_sequence,
    record_inbound,
    release_held,
    settle_unknown,
    start_sequence,
    suppress,
)
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    SuppressionScope,
    TouchStatus,
)
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.sequences import (
    POSTAL_ADDRESS,
    SEQUENCE,
    Sink,
    enroll_new_firm,
    mails_only,
    make_contact,
    make_firm,
    make_sequence,
    reply_mail,
    smtp_sink,
    sweep,
)


def smtp(port: int) -> SmtpMailer:
    return SmtpMailer(host="127.0.0.1", port=port, security=SmtpSecurity.NONE, timeout_s=5)


def touches(app: App) -> list[Touch]:
    with app.reading() as tx:
        return list(
            tx.session.scalars(select(Touch).order_by(Touch.enrollment_id, Touch.step_index))
        )


def enrollment(app: App) -> Enrollment:
    with app.reading() as tx:
        return tx.session.scalars(select(Enrollment)).one()


def set_up(app: App, firms: int = 1, **over: Any) -> None:
    with app.transaction() as tx:
        make_sequence(tx, **over)
        for number in range(firms):
            enroll_new_firm(tx, "Northlight" if number == 0 else f"Firm {number}")


def clock(app: App) -> Any:
    return app.clock


def run_until_quiet(app: App, most: int = 200) -> Counter[str]:
    """Sweep and jump to the next due moment until only a person could go on."""
    total: Counter[str] = Counter()
    for _ in range(most):
        total.update(vars(sweep(app)))
        with app.reading() as tx:
            due = next_due_at(tx)
        if due is None:
            return total
        clock(app).move_to(due)
    raise AssertionError("the sweep makes no progress")


def test_a_message_carries_what_laws_and_mail_programs_ask_for(app: App) -> None:
    set_up(app)
    assert sweep(app).sent == 1
    envelope, raw = app.mailer.sent[0]  # type: ignore[attr-defined]
    mail = message_from_bytes(raw, policy=policy.default)
    assert envelope == Envelope("partners@vendor.example", "ann@northlight.example")
    assert mail["Subject"] == "Partnering with Northlight"
    assert mail["Message-ID"] == touches(app)[0].message_id
    assert mail["Message-ID"].endswith("@vendor.example>")
    assert mail["List-Unsubscribe"].startswith("<https://recruit.example/u/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = mail.get_body(("plain",)).get_content()
    assert text.startswith("Hello Ann,")
    for part in ("1 Harbour Street", "Your address comes from the partner directory", "/u/"):
        assert part in text
        assert part in mail.get_body(("html",)).get_content()


def test_a_sequence_runs_to_its_end_and_then_finishes_without_a_reply(app: App) -> None:
    set_up(app)
    run_until_quiet(app)
    assert [t.status for t in touches(app)] == [TouchStatus.SENT, TouchStatus.OPEN]
    task = touches(app)[1]
    assert task.subject == "Connect with Northlight"
    assert task.link == "https://social.example/?q=Northlight"
    with app.transaction() as tx:
        complete_task(tx, touch_id=task.id, actor="riley", note="sent an invitation")
    run_until_quiet(app)
    assert [t.status for t in touches(app)] == [
        TouchStatus.SENT,
        TouchStatus.DONE,
        TouchStatus.SENT,
    ]
    assert enrollment(app).exit_reason is ExitReason.NO_REPLY
    first, second = (
        message_from_bytes(raw, policy=policy.default)
        for _, raw in app.mailer.sent  # type: ignore[attr-defined]
    )
    assert second["Subject"] == "Re: Partnering with Northlight"
    assert second["In-Reply-To"] == first["Message-ID"]
    assert second["References"] == first["Message-ID"]


def test_touches_go_in_the_contacts_window_and_count_their_working_days(app: App) -> None:
    # NOW is Tuesday 3 March 2026, 09:30 UTC: 18:30 in Tokyo, 10:30 in Hamburg.
    with app.transaction() as tx:
        make_sequence(tx, **mails_only(2))
        enroll_new_firm(tx, "Northlight")
        enroll_new_firm(tx, "Higashi", country="JP", city="Tokyo", latitude=35.7, longitude=139.7)
    run_until_quiet(app)
    with app.reading() as tx:
        rows = tx.session.execute(
            select(Touch.address_key, Touch.step_index, Touch.settled_at).order_by(Touch.id)
        ).all()
    sent = {(row[0].partition("@")[2], row[1]): f"{row[2]:%m-%d %H:%M}" for row in rows}
    assert sent == {
        ("northlight.example", 0): "03-03 09:30",
        ("northlight.example", 1): "03-05 08:00",
        ("higashi.example", 0): "03-04 00:00",
        ("higashi.example", 1): "03-06 00:00",
    }


def test_running_every_sweep_twice_sends_nothing_twice(app: App) -> None:
    set_up(app, firms=5)
    assert sweep(app).sent == 5
    assert not sweep(app)
    assert len(app.mailer.sent) == 5  # type: ignore[attr-defined]


def test_a_reply_between_planning_and_sending_prevents_the_send(app: App) -> None:
    set_up(app, **mails_only())
    sweep(app)
    original = touches(app)[0].message_id or ""
    clock(app).move_to(touches(app)[1].due_at)
    with app.transaction() as tx:
        record_inbound(tx, mail=reply_mail("Thanks, let us talk.", references=original))
    assert sweep(app).sent == 0
    assert touches(app)[1].status is TouchStatus.CANCELLED
    assert enrollment(app).exit_reason is ExitReason.REPLIED


def test_a_reply_between_claim_and_dot_hangs_up_before_the_dot(app: App) -> None:
    set_up(app)

    class Interrupted(MemoryMailer):
        """While we talk to the server, an answer to an older mail arrives."""

        def offer(self, envelope: Envelope, message: bytes) -> Any:
            with app.transaction() as tx:
                record_inbound(tx, mail=reply_mail("We spoke on the phone, thanks."))
            return super().offer(envelope, message)

    app.mailer = Interrupted()
    report = sweep(app)
    assert (report.sent, report.stopped) == (0, 1)
    assert app.mailer.sent == []
    assert touches(app)[0].status is TouchStatus.CANCELLED


def test_a_suppression_between_claim_and_dot_hangs_up_before_the_dot(app: App) -> None:
    set_up(app)

    class Interrupted(MemoryMailer):
        def offer(self, envelope: Envelope, message: bytes) -> Any:
            with app.transaction() as tx:
                suppress(
                    tx,
                    scope=SuppressionScope.DOMAIN,
                    key="northlight.example",
                    reason="Asked on the phone.",
                    actor="riley",
                )
            return super().offer(envelope, message)

    app.mailer = Interrupted()
    assert sweep(app).stopped == 1
    assert app.mailer.sent == []
    assert enrollment(app).exit_reason is ExitReason.SUPPRESSED


def test_a_refused_recipient_bounces_and_is_never_written_to_again(app: App) -> None:
    set_up(app, firms=2)
    refuse = "550 5.1.1 No such user here"
    sink = Sink(on_rcpt=lambda a: refuse if a.endswith("northlight.example") else "250 OK")
    with smtp_sink(sink) as port:
        app.mailer = smtp(port)
        report = sweep(app)
        app.mailer.close()
    assert (report.sent, report.failed) == (1, 1)
    first = touches(app)[0]
    assert (first.status, first.reserved_on) == (TouchStatus.FAILED, None)
    with app.reading() as tx:
        assert tx.session.scalars(select(Suppression.key_text)).all() == ["ann@northlight.example"]
        assert tx.session.scalars(select(MailboxDay.reserved)).one() == 1
        bounced = tx.session.scalars(
            select(Enrollment).where(Enrollment.exit_reason == ExitReason.BOUNCED)
        ).one()
    assert bounced.status is EnrollmentStatus.FINISHED


def test_one_5xx_is_recorded_and_the_others_of_the_batch_go_once(app: App) -> None:
    set_up(app, firms=4)
    sink = Sink(script=lambda n: "554 5.6.0 Malformed message" if n == 1 else "250 OK")
    with smtp_sink(sink) as port:
        app.mailer = smtp(port)
        report = sweep(app)
        again = sweep(app)
        app.mailer.close()
    assert (report.sent, report.failed) == (3, 1)
    assert not again
    assert len({address for address, _ in sink.taken}) == len(sink.taken) == 3


def test_a_4xx_after_the_dot_is_tried_again_later_and_holds_no_place_of_the_cap(app: App) -> None:
    set_up(app)
    sink = Sink(script=lambda n: "451 4.7.1 Greylisted, try again" if n == 0 else "250 OK")
    with smtp_sink(sink) as port:
        app.mailer = smtp(port)
        assert sweep(app).postponed == 1
        touch = touches(app)[0]
        assert touch.status is TouchStatus.PENDING
        assert "Greylisted" in touch.blocked_by
        with app.reading() as tx:
            assert tx.session.scalars(select(MailboxDay.reserved)).one() == 0
            due = next_due_at(tx)
        assert due == NOW + timedelta(minutes=15)
        clock(app).move_to(due)
        assert sweep(app).sent == 1
        app.mailer.close()
    assert touches(app)[0].message_id == touch.message_id


def test_a_server_that_puts_a_message_off_for_ever_fails_it_in_the_end(app: App) -> None:
    set_up(app)
    with smtp_sink(Sink(script=lambda _: "452 4.3.1 Busy")) as port:
        app.mailer = smtp(port)
        run_until_quiet(app)
        app.mailer.close()
    assert touches(app)[0].status is TouchStatus.FAILED
    assert enrollment(app).exit_reason is ExitReason.FAILED


@pytest.mark.parametrize("drop", ["drop-before", "drop-after"])
def test_a_connection_that_breaks_after_the_dot_parks_the_touch_for_a_person(
    app: App, drop: str
) -> None:
    set_up(app)
    sink = Sink(script=lambda n: drop if n == 0 else "250 OK")
    with smtp_sink(sink) as port:
        app.mailer = smtp(port)
        assert sweep(app).unknown == 1
        clock(app).move_to(NOW + timedelta(days=30))
        assert not sweep(app)
        touch = touches(app)[0]
        assert touch.status is TouchStatus.UNKNOWN
        assert "Nobody knows" in touch.blocked_by
        with app.transaction() as tx:
            settle_unknown(tx, touch_id=touch.id, sent=drop == "drop-after", actor="riley")
        run_until_quiet(app)
        app.mailer.close()
    first = [raw for _, raw in sink.taken if b"Subject: Partnering" in raw]
    assert len(first) == 1
    assert touches(app)[0].status is TouchStatus.SENT


def test_an_answer_to_a_parked_message_proves_that_it_was_sent(app: App) -> None:
    set_up(app)
    with smtp_sink(Sink(script=lambda _: "drop-after")) as port:
        app.mailer = smtp(port)
        sweep(app)
        app.mailer.close()
    original = touches(app)[0].message_id or ""
    with app.transaction() as tx:
        record_inbound(tx, mail=reply_mail("Sounds good.", references=original))
    assert touches(app)[0].status is TouchStatus.SENT
    assert enrollment(app).exit_reason is ExitReason.REPLIED


def test_a_server_that_is_away_postpones_the_batch_and_counts_no_attempt(app: App) -> None:
    set_up(app, firms=3)
    with smtp_sink(Sink()) as port:
        pass
    app.mailer = smtp(port)
    report = sweep(app)
    assert (report.sent, report.postponed) == (0, 3)
    assert {t.attempts for t in touches(app)} == {0}
    assert all("cannot be reached" in t.blocked_by for t in touches(app))
    with app.reading() as tx:
        assert next_due_at(tx) == NOW + timedelta(minutes=5)


def test_a_server_that_refuses_us_pauses_the_mailbox_and_no_contact(app: App) -> None:
    set_up(app, firms=3)
    refusal = "550 5.7.1 Your IP is blocked using Spamhaus"
    with smtp_sink(Sink(on_rcpt=lambda _: refusal)) as port:
        app.mailer = smtp(port)
        sweep(app)
        app.mailer.close()
    with app.reading() as tx:
        mailbox = tx.session.scalars(select(Mailbox)).one()
        assert mailbox.paused_at == NOW
        assert "Spamhaus" in mailbox.paused_reason
        assert tx.session.scalars(select(Suppression)).all() == []
        assert next_due_at(tx) is None
    assert {t.status for t in touches(app)} == {TouchStatus.PENDING}
    assert all("is paused" in t.blocked_by for t in touches(app))


def test_a_sender_that_dies_before_the_dot_leaves_the_touch_to_the_next_one(app: App) -> None:
    set_up(app)

    class Dies(MemoryMailer):
        def offer(self, envelope: Envelope, message: bytes) -> Any:
            raise KeyboardInterrupt

    healthy, app.mailer = app.mailer, Dies()
    with pytest.raises(KeyboardInterrupt):
        sweep(app)
    assert touches(app)[0].status is TouchStatus.CLAIMED
    with app.reading() as tx:
        due = next_due_at(tx)
    assert due is not None
    clock(app).move_to(due)
    app.mailer = healthy
    assert sweep(app).sent == 1
    with app.reading() as tx:
        assert tx.session.scalars(select(MailboxDay.reserved)).one() == 1


def test_a_sender_that_dies_after_the_dot_leaves_the_touch_parked(app: App) -> None:
    set_up(app)

    class Dies(MemoryMailer):
        def offer(self, envelope: Envelope, message: bytes) -> Any:
            delivery = super().offer(envelope, message)

            class Killed:
                def finish(self) -> str:
                    delivery.finish()
                    raise KeyboardInterrupt

                def abandon(self) -> None:
                    delivery.abandon()

            return Killed()

    app.mailer = Dies()
    with pytest.raises(KeyboardInterrupt):
        sweep(app)
    assert touches(app)[0].status is TouchStatus.SENDING
    run_until_quiet(app)
    assert touches(app)[0].status is TouchStatus.UNKNOWN
    assert len(app.mailer.sent) == 1


def test_a_late_sender_whose_claim_expired_does_not_send(app: App) -> None:
    set_up(app)
    sent_by_second = MemoryMailer()

    class Slow(MemoryMailer):
        def offer(self, envelope: Envelope, message: bytes) -> Any:
            clock(app).move_to(NOW + timedelta(minutes=10))
            first, app.mailer = app.mailer, sent_by_second
            sweep(app, holder="another")
            app.mailer = first
            return super().offer(envelope, message)

    app.mailer = slow = Slow()
    assert sweep(app).stopped == 1
    assert (len(slow.sent), len(sent_by_second.sent)) == (0, 1)


def test_a_second_installation_cannot_take_the_sending_lease(app: App) -> None:
    set_up(app)
    sweep(app, holder="first")
    with app.transaction() as tx:
        enroll_new_firm(tx, "Firm 2")
    assert not sweep(app, holder="second")
    assert sweep(app, holder="first").sent == 1
    clock(app).move_to(NOW + timedelta(minutes=2))
    with app.transaction() as tx:
        enroll_new_firm(tx, "Firm 3")
    assert sweep(app, holder="second").sent == 1


def test_whoever_died_ahead_of_time_keeps_nobody_waiting_when_the_clock_goes_back(app: App) -> None:
    set_up(app)
    real = app.clock
    app.clock = VirtualClock(NOW + timedelta(hours=2))
    with app.transaction() as tx:
        assert take_lease(tx, SENDING_LEASE, "died", timedelta(minutes=1))
        assert claim_due(tx, Sender(app.secret, "https://r.example", POSTAL_ADDRESS), 10).claims
    app.clock = real
    assert sweep(app, holder="next").sent == 1
    assert not sweep(app, holder="other")


def test_two_senders_at_once_never_send_the_same_touch(app: App) -> None:
    firms = 40
    set_up(app, firms=firms)
    sink = Sink()
    with smtp_sink(sink) as port:
        barrier = Barrier(3)
        errors: list[BaseException] = []

        def work() -> None:
            app_mailer = smtp(port)
            barrier.wait()
            try:
                # One holder: the touch's own claim has to keep them apart.
                while _sweep_with(app, app_mailer).more:
                    pass
            except BaseException as error:
                errors.append(error)
            finally:
                app_mailer.close()

        threads = [Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []
    counted = Counter(address for address, _ in sink.taken)
    assert len(counted) == firms
    assert set(counted.values()) == {1}
    assert {t.status for t in touches(app) if t.step_index == 0} == {TouchStatus.SENT}


def _sweep_with(app: App, mailer: SmtpMailer) -> Any:
    return send_due_touches(
        app.transaction,
        mailer,
        holder="test",
        secret=app.secret,
        base_url="https://recruit.example",
        postal_address="1 Harbour Street",
        limit=5,
    )


def test_the_cap_of_a_day_is_kept_and_the_rest_is_told_why(app: App) -> None:
    set_up(app, firms=5, cap_per_day=2)
    assert sweep(app).sent == 2
    waiting = [t for t in touches(app) if t.status is TouchStatus.PENDING and t.step_index == 0]
    assert len(waiting) == 3
    assert all("The cap of 2 a day" in t.blocked_by for t in waiting)
    assert {f"{t.due_at:%m-%d %H:%M}" for t in waiting} == {"03-04 08:00"}


def test_the_gap_between_two_messages_is_kept_with_a_slot_for_each(app: App) -> None:
    set_up(app, firms=4, gap_s=60)
    assert sweep(app).sent == 1
    waiting = sorted(t.due_at for t in touches(app) if t.status is TouchStatus.PENDING)[:3]
    assert waiting == [NOW + timedelta(minutes=m) for m in (1, 2, 3)]
    for due in waiting:
        clock(app).move_to(due)
        assert sweep(app).sent == 1


def test_what_is_overdue_past_the_grace_is_held_until_a_person_releases_it(app: App) -> None:
    set_up(app)
    clock(app).move_to(NOW + timedelta(days=7))
    assert sweep(app).held == 1
    held = touches(app)[0]
    assert "overdue" in held.blocked_by
    with app.transaction() as tx:
        release_held(tx, touch_id=held.id, actor="riley")
    assert sweep(app).sent == 1


def test_an_unresolved_token_holds_the_touch_and_not_the_sequence(app: App) -> None:
    steps = [{"kind": "email", "subject": "Hi", "body": "Hi {{ contact.job_title }}"}]
    with app.transaction() as tx:
        make_sequence(tx, steps=steps)
        enroll_new_firm(tx, "Northlight")
        firm = make_firm(tx, "Vela")
        make_contact(tx, firm, job_title="CTO")
        from recruit.sequences.usecases import enroll_firm

        enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm.id, actor="test")
    report = sweep(app)
    assert (report.sent, report.held) == (1, 1)
    held = touches(app)[0]
    assert held.blocked_by == "{{ contact.job_title }} has no value for this contact."


def test_without_a_postal_address_nothing_goes_and_each_touch_says_so(app: App) -> None:
    set_up(app)
    assert sweep(app, postal_address="").sent == 0
    assert "RECRUIT_POSTAL_ADDRESS" in touches(app)[0].blocked_by
    assert sweep(app).sent == 1


def test_a_paused_sequence_waits_and_goes_on_when_it_is_started_again(app: App) -> None:
    set_up(app)
    with app.transaction() as tx:
        pause_sequence(tx, name=SEQUENCE)
    clock(app).move_to(NOW + timedelta(days=9))
    assert not sweep(app)
    assert touches(app)[0].blocked_by == "The sequence is paused."
    with app.transaction() as tx:
        start_sequence(tx, name=SEQUENCE)
    assert sweep(app).sent == 1


def test_editing_a_sequence_leaves_those_under_way_on_their_version(app: App) -> None:
    set_up(app, **mails_only(2))
    sweep(app)
    with app.transaction() as tx:
        make_sequence(tx, **mails_only(5))
        enroll_new_firm(tx, "Vela")
    run_until_quiet(app)
    counted = Counter(touch.enrollment_id for touch in touches(app))
    assert sorted(counted.values()) == [2, 5]


def test_a_reply_that_was_recorded_for_a_merged_firm_is_found_inside_the_claim(app: App) -> None:
    with app.transaction() as tx:
        make_sequence(tx)
        enrolled = enroll_new_firm(tx, "Northlight")
        other = make_firm(tx, "Northlight GmbH")
        tx.session.add(
            Reply(
                message_id="<x@y>",
                received_at=tx.now,
                from_address="bob@northlight.example",
                subject="",
                text="Hello",
                raw="",
                kind="human",
                confidence=1.0,
                detail={},
                recorded_at=tx.now,
                firm_id=other.id,
            )
        )
        other.merged_into_id = enrolled.firm_id
    assert sweep(app).stopped == 1
    assert enrollment(app).exit_reason is ExitReason.REPLIED


@pytest.mark.parametrize("ahead", [False, True])
def test_a_sender_that_is_told_to_stop_settles_what_flies_and_gives_the_rest_back_at_once(
    app: App, ahead: bool
) -> None:
    set_up(app, firms=12)
    opened = 0

    @contextmanager
    def counted() -> Iterator[Transaction]:
        nonlocal opened
        opened += 1
        with app.transaction() as tx:
            yield tx

    report = send_due_touches(
        counted,
        app.mailer,
        holder="test",
        secret=app.secret,
        base_url="https://recruit.example",
        postal_address="1 Harbour Street",
        stop=lambda: bool(app.mailer.sent),  # type: ignore[attr-defined]
        ahead=ahead,
    )
    assert 1 <= report.sent <= 4
    assert (report.sent + report.postponed, report.more) == (12, False)
    # The claim, two for each group that flew, and one for all that goes back: little to wait for.
    assert opened <= 8
    counted_touches = Counter(t.status for t in touches(app) if t.step_index == 0)
    assert counted_touches == {
        TouchStatus.SENT: report.sent,
        TouchStatus.PENDING: report.postponed,
    }
    waiting = [t for t in touches(app) if t.status is TouchStatus.PENDING and t.step_index == 0]
    assert {t.blocked_by for t in waiting} == {"The sender was stopped."}
    clock(app).move_to(NOW + timedelta(minutes=6))
    assert sweep(app, ahead=ahead).sent == report.postponed
