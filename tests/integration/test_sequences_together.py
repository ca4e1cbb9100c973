"""Senders, answers and people at the same moment: nothing doubled, nothing lost, nobody waits for ever."""

import random
from collections import Counter
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

from sqlalchemy import select

from recruit.config import SmtpSecurity
from recruit.mail.adapters.smtp import SmtpMailer
from recruit.sequences.sending import send_due_touches
from recruit.sequences.tables import Enrollment, MailboxDay, Touch
from recruit.sequences.usecases import (
    pause_sequence,
    record_inbound,
    release_held,
    remove_enrollment,
    start_sequence,
    suppress,
)
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    StepKind,
    SuppressionScope,
    TouchStatus,
)
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.sequences import (
    POSTAL_ADDRESS,
    SEQUENCE,
    Sink,
    bounce_mail,
    enroll_new_firm,
    mails_only,
    make_sequence,
    reply_mail,
    smtp_sink,
)

FIRMS = 60


def work(app: App, port: int, errors: list[BaseException], barrier: Barrier) -> None:
    """Send in small batches until nothing is due."""
    mailer = SmtpMailer(host="127.0.0.1", port=port, security=SmtpSecurity.NONE, timeout_s=5)
    barrier.wait()
    try:
        quiet = 0
        while quiet < 3:
            report = send_due_touches(
                app.transaction,
                mailer,
                holder="test",
                secret=app.secret,
                base_url="https://recruit.example",
                postal_address=POSTAL_ADDRESS,
                limit=4,
            )
            quiet = 0 if report else quiet + 1
    except BaseException as error:
        errors.append(error)
    finally:
        mailer.close()


def disturb(
    app: App, firms: list[Enrollment], errors: list[BaseException], barrier: Barrier
) -> None:
    """Answer, bounce, suppress, remove, pause and resume, in an order drawn by a seed."""
    rng = random.Random(3)
    acts: list[Any] = []
    for number, enrolled in enumerate(firms[:40]):
        address = f"ann@firm-{number}.example"
        acts.append(
            [
                lambda tx, a=address, n=number: record_inbound(
                    tx, mail=reply_mail("Yes.", sender=a, message_id=f"<r{n}@x>")
                ),
                lambda tx, a=address: record_inbound(tx, mail=bounce_mail(a)),
                lambda tx, a=address: suppress(
                    tx, scope=SuppressionScope.ADDRESS, key=a, reason="Phone.", actor="riley"
                ),
                lambda tx, e=enrolled: remove_enrollment(tx, enrollment_id=e.id, actor="riley"),
            ][number % 4]
        )
    for _ in range(5):
        acts.append(lambda tx: pause_sequence(tx, name=SEQUENCE))
        acts.append(lambda tx: start_sequence(tx, name=SEQUENCE))
    rng.shuffle(acts)
    barrier.wait()
    try:
        for act in acts:
            with app.transaction() as tx:
                act(tx)
        with app.transaction() as tx:
            start_sequence(tx, name=SEQUENCE)
    except BaseException as error:
        errors.append(error)


def test_everybody_at_once_neither_doubles_nor_loses_a_message(app: App) -> None:
    with app.transaction() as tx:
        make_sequence(tx, **mails_only(2))
        firms = [enroll_new_firm(tx, f"Firm {number}") for number in range(FIRMS)]
    sink = Sink(
        script=lambda n: {
            7: "451 4.3.0 Later",
            13: "drop-after",
            17: "drop-before",
            23: "554 5.6.0 No",
        }.get(n % 29, "250 OK")
    )
    errors: list[BaseException] = []
    with smtp_sink(sink) as port:
        barrier = Barrier(4)
        threads = [Thread(target=work, args=(app, port, errors, barrier)) for _ in range(3)]
        threads.append(Thread(target=disturb, args=(app, firms, errors, barrier)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)
        assert errors == []
        work(app, port, errors, Barrier(1))
        app.clock.move_to(NOW + timedelta(hours=1))  # type: ignore[attr-defined]
        work(app, port, errors, Barrier(1))
    assert errors == []
    with app.reading() as tx:
        touches = list(
            tx.session.scalars(
                select(Touch).where(Touch.step_index == 0, Touch.kind == StepKind.EMAIL)
            )
        )
        enrollments = {e.id: e for e in tx.session.scalars(select(Enrollment))}
        reserved = tx.session.scalars(select(MailboxDay.reserved)).one()
    taken = Counter(address for address, _ in sink.taken)
    assert set(taken.values()) <= {1}
    assert len(touches) == FIRMS
    by_status = Counter(touch.status for touch in touches)
    # Every message is accounted for: what the server took was sent or is parked, and no more.
    assert set(by_status) <= {
        TouchStatus.SENT,
        TouchStatus.UNKNOWN,
        TouchStatus.FAILED,
        TouchStatus.CANCELLED,
    }
    certain = {t.address_key for t in touches if t.status is TouchStatus.SENT}
    parked = {t.address_key for t in touches if t.status is TouchStatus.UNKNOWN}
    assert certain <= set(taken) <= certain | parked
    assert reserved == by_status[TouchStatus.SENT] + by_status[TouchStatus.UNKNOWN]
    for touch in touches:
        if touch.status is TouchStatus.CANCELLED:
            assert enrollments[touch.enrollment_id].status is EnrollmentStatus.FINISHED
            assert touch.blocked_by
    reasons = Counter(e.exit_reason for e in enrollments.values())
    assert reasons[ExitReason.REPLIED] >= 5


def test_releasing_what_is_not_held_is_refused_or_changes_nothing(app: App) -> None:
    with app.transaction() as tx:
        make_sequence(tx)
        enroll_new_firm(tx)
        touch = tx.session.scalars(select(Touch)).one()
        due = touch.due_at
        release_held(tx, touch_id=touch.id, actor="riley")
        assert touch.due_at == due
