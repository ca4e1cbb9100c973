"""What other products' users suffered: each test is named for what it prevents, and for where it happened.

Failures of reading answers (8 to 11, 13 and 14 of the list) stand beside the code that reads them.
"""

from collections import Counter
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from sqlalchemy import func, select, update

from recruit.firms.tables import Contact, Firm
from recruit.mail.adapters.memory import MemoryMailer
from recruit.mail.port import DefinitelyNotSent, Envelope
from recruit.sequences.tables import Enrollment, MailboxDay, Touch
from recruit.sequences.usecases import (
    AlreadyEnrolled,
    Suppressed,
    complete_task,
    enroll_firm,
    lift_suppression,
    pause_sequence,
    preview,
    remove_enrollment,
    save_sequence,
    start_sequence,
    suppress,
)
from recruit.sequences.values import EnrollmentStatus, SuppressionScope, TouchStatus
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.sequences import (
    SEQUENCE,
    enroll_new_firm,
    mails_only,
    make_contact,
    make_firm,
    make_sequence,
    sequence_data,
    sweep,
)


def set_up(app: App, firms: int = 1, **over: Any) -> list[int]:
    """Make a sequence and enroll firms; return their ids."""
    with app.transaction() as tx:
        make_sequence(tx, **over)
        return [enroll_new_firm(tx, f"Firm {n}").firm_id for n in range(firms)]


def recipients(app: App) -> Counter[str]:
    """Return how many messages each address got."""
    return Counter(envelope.recipient for envelope, _ in app.mailer.sent)  # type: ignore[attr-defined]


def touches(app: App) -> list[Touch]:
    with app.reading() as tx:
        return list(
            tx.session.scalars(select(Touch).order_by(Touch.enrollment_id, Touch.step_index))
        )


def move(app: App, **delta: float) -> None:
    app.clock.move_to(app.clock.now() + timedelta(**delta))  # type: ignore[attr-defined]


class Breaks(MemoryMailer):
    """Dies at the n-th message, in the middle of the conversation or behind the final dot."""

    def __init__(self, at: int, behind_the_dot: bool = False) -> None:
        super().__init__()
        self.at, self.behind = at, behind_the_dot

    def offer(self, envelope: Envelope, message: bytes) -> Any:
        delivery = super().offer(envelope, message)
        if len(self.sent) != self.at:
            return delivery
        if not self.behind:
            raise KeyboardInterrupt
        finish = delivery.finish

        class Dies:
            def finish(self) -> str:
                finish()
                raise KeyboardInterrupt

            def abandon(self) -> None: ...

        return Dies()


def test_1_a_send_that_stalls_and_is_restarted_many_times_gives_nobody_a_second_copy(
    app: App,
) -> None:
    """Mautic 8450: contacts got about 25 copies."""
    set_up(app, firms=8)
    everything: list[tuple[Envelope, bytes]] = []
    for at in range(6):
        broken = Breaks(at=0 if at % 2 else 1, behind_the_dot=at % 3 == 0)
        broken.sent, healthy = [], app.mailer
        app.mailer = broken
        with pytest.raises(KeyboardInterrupt):
            while sweep(app, limit=3):
                pass
            raise KeyboardInterrupt
        everything += broken.sent
        app.mailer = healthy
        move(app, minutes=3)
    while sweep(app):
        move(app, minutes=3)
    everything += app.mailer.sent  # type: ignore[attr-defined]
    assert max(Counter(envelope.recipient for envelope, _ in everything).values()) == 1
    first = [t.status for t in touches(app) if t.step_index == 0]
    assert set(first) <= {TouchStatus.SENT, TouchStatus.UNKNOWN}
    assert TouchStatus.UNKNOWN in first


def test_2_one_refused_recipient_leaves_the_rest_of_the_batch_recorded_and_mailed_once(
    app: App,
) -> None:
    """Mautic 7226: one 554 left the batch unrecorded, and the others were mailed endlessly."""
    set_up(app, firms=5)

    class Refuses(MemoryMailer):
        def offer(self, envelope: Envelope, message: bytes) -> Any:
            if envelope.recipient == "ann@firm-2.example":
                raise DefinitelyNotSent("554 5.6.0 Rejected", code=554, permanent=True)
            return super().offer(envelope, message)

    app.mailer = Refuses()
    for _ in range(3):
        sweep(app)
    assert recipients(app) == {f"ann@firm-{n}.example": 1 for n in (0, 1, 3, 4)}
    assert Counter(t.status for t in touches(app) if t.step_index == 0) == {
        TouchStatus.SENT: 4,
        TouchStatus.FAILED: 1,
    }


def test_3_a_resumed_sequence_goes_on_where_each_firm_stood(app: App) -> None:
    """Listmonk 2313 and 2070: resume started at the top, and a third got nothing."""
    set_up(app, firms=6, **mails_only(2))
    sweep(app, limit=2)
    with app.transaction() as tx:
        pause_sequence(tx, name=SEQUENCE)
    assert not sweep(app)
    move(app, hours=1)
    with app.transaction() as tx:
        start_sequence(tx, name=SEQUENCE)
    while sweep(app, limit=2):
        pass
    assert recipients(app) == {f"ann@firm-{n}.example": 1 for n in range(6)}


def test_4_nothing_is_finished_while_any_of_its_messages_is_unsent(app: App) -> None:
    """Listmonk 2278: "finished", with 1,255 of 2,194 unsent."""
    set_up(app, firms=7, **mails_only(1), cap_per_day=3)
    for _ in range(6):
        sweep(app)
        with app.reading() as tx:
            unsent = set(
                tx.session.scalars(
                    select(Touch.enrollment_id).where(Touch.status == TouchStatus.PENDING)
                )
            )
            finished = set(
                tx.session.scalars(
                    select(Enrollment.id).where(Enrollment.status == EnrollmentStatus.FINISHED)
                )
            )
        assert not unsent & finished
        move(app, days=1)
    assert len(recipients(app)) == 7


def test_5_what_is_overdue_past_its_grace_waits_for_a_person(app: App) -> None:
    """Listmonk 1801: a cloned or late server sent the mail of eight o'clock at one."""
    set_up(app, grace_hours=3)
    move(app, hours=4)
    assert sweep(app).held == 1
    assert "4 hours overdue, more than the 3 of grace" in touches(app)[0].blocked_by
    assert recipients(app) == {}


def test_5_a_second_installation_on_one_database_sends_nothing(app: App) -> None:
    """Listmonk 1801: the clone of a server sends beside it."""
    set_up(app, firms=4)
    assert sweep(app, holder="the original", limit=2).sent == 2
    assert not sweep(app, holder="the clone")
    assert sweep(app, holder="the original").sent == 2


def test_6_a_firm_that_was_removed_and_added_again_gets_nothing_twice(app: App) -> None:
    """Mautic 7881: removed and re-added contacts were mailed again."""
    (firm_id,) = set_up(app)
    sweep(app)
    with app.transaction() as tx:
        remove_enrollment(
            tx, enrollment_id=tx.session.scalars(select(Enrollment.id)).one(), actor="riley"
        )
    with app.transaction() as tx, pytest.raises(AlreadyEnrolled, match="gets a sequence once"):
        enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm_id, actor="riley")


def test_7_edited_steps_process_nobody_anew(app: App) -> None:
    """Mautic 6054: editing steps re-processed everyone."""
    set_up(app, firms=3, **mails_only(1))
    sweep(app)
    with app.transaction() as tx:
        save_sequence(tx, definition=mails_only(4, title="Edited"), actor="riley")
    move(app, days=3)
    assert sweep(app).sent == 0
    assert set(recipients(app).values()) == {1}


def test_12_mail_that_was_planned_is_not_sent_after_a_suppression(app: App) -> None:
    """Postal 1238: queued mail went out after the suppression."""
    set_up(app, firms=2)
    with app.transaction() as tx:
        suppress(
            tx,
            scope=SuppressionScope.DOMAIN,
            key="firm-0.example",
            reason="Asked on the phone.",
            actor="riley",
        )
    sweep(app)
    assert recipients(app) == {"ann@firm-1.example": 1}


def test_15_nothing_but_a_person_with_a_reason_loosens_a_suppression(app: App) -> None:
    """Keila 253: a re-import reactivated the unsubscribed."""
    (firm_id,) = set_up(app, **mails_only(1))
    with app.transaction() as tx:
        made = suppress(
            tx,
            scope=SuppressionScope.ADDRESS,
            key="Ann+News@Firm-0.example",
            reason="Unsubscribed.",
            actor="recipient",
        )
        other = make_firm(tx, "Imported again", domain="firm-0.example")
        make_contact(tx, other, email="ann@firm-0.example")
        save_sequence(tx, definition=mails_only(1, name="another"), actor="riley")
        start_sequence(tx, name="another")
        with pytest.raises(Suppressed, match="Unsubscribed"):
            enroll_firm(tx, sequence_name="another", firm_id=other.id, actor="import")
        # A merge joins two firms; the suppression stays with the address.
        tx.session.execute(update(Firm).where(Firm.id == other.id).values(merged_into_id=firm_id))
        with pytest.raises(Suppressed):
            enroll_firm(tx, sequence_name="another", firm_id=firm_id, actor="merge")
        lift_suppression(
            tx, suppression_id=made.id, reason="Wrote that she wants it.", actor="riley"
        )
        enroll_firm(tx, sequence_name="another", firm_id=firm_id, actor="riley")


def test_16_a_changed_address_gets_nothing_new_and_the_old_one_nothing_more(app: App) -> None:
    """Mautic 4895: a second contact was made, and the old address was still mailed."""
    set_up(app, **mails_only(2))
    sweep(app)
    with app.transaction() as tx:
        tx.session.execute(update(Contact).values(email="ann.archer@firm-0.example"))
    move(app, days=2)
    report = sweep(app)
    assert (report.sent, report.held) == (0, 1)
    assert "address became ann.archer@firm-0.example" in touches(app)[1].blocked_by


def test_17_two_records_of_one_address_get_one_mail(app: App) -> None:
    """Erxes 3736: two records, one address, two mails."""
    set_up(app)
    with app.transaction() as tx:
        twin = make_firm(tx, "Firm 0 Ltd", domain="firm-0.example")
        make_contact(tx, twin, email="ANN+sales@firm-0.example")
        with pytest.raises(AlreadyEnrolled, match="as a contact of another firm"):
            enroll_firm(tx, sequence_name=SEQUENCE, firm_id=twin.id, actor="riley")
    sweep(app)
    assert sum(recipients(app).values()) == 1


def test_18_a_contact_in_tokyo_is_written_to_at_nine_in_tokyo(app: App) -> None:
    """Mautic pull request 17283: mailed at 18:13, and lost or doubled when clocks changed."""
    with app.transaction() as tx:
        make_sequence(tx, **mails_only(1))
        enroll_new_firm(tx, "Higashi", country="JP", city="Tokyo", latitude=35.7, longitude=139.7)
    assert f"{touches(app)[0].due_at:%m-%d %H:%M}" == "03-04 00:00"
    assert sweep(app).sent == 0
    app.clock.move_to(touches(app)[0].due_at)  # type: ignore[attr-defined]
    assert sweep(app).sent == 1


def test_18_a_week_in_which_clocks_change_neither_loses_nor_doubles_a_touch(app: App) -> None:
    """Mautic pull request 17283: jobs were lost or doubled at clock changes."""
    # New York changes on Sunday 8 March, Hamburg on the 29th.
    with app.transaction() as tx:
        make_sequence(tx, **mails_only(20))
        enroll_new_firm(tx, "Hudson", country="US", city="New York", latitude=40.7, longitude=-74)
        enroll_new_firm(tx, "Elbe")
    for _ in range(400):
        sweep(app)
        waiting = [t.due_at for t in touches(app) if t.status is TouchStatus.PENDING]
        if not waiting:
            break
        app.clock.move_to(max(min(waiting), app.clock.now()))  # type: ignore[attr-defined]
    assert set(recipients(app).values()) == {20}
    with app.reading() as tx:
        hours = tx.session.execute(
            select(Touch.address_key, func.max(Touch.settled_at)).group_by(Touch.address_key)
        ).all()
    assert all(moment > NOW + timedelta(days=40) for _, moment in hours)


def test_19_deferred_messages_use_up_no_place_of_the_cap_and_every_unsent_touch_names_its_rule(
    app: App,
) -> None:
    """Warmbly 306 and 606: deferrals consumed the cap; nobody could tell why 20 of 120 went."""
    set_up(app, firms=6, cap_per_day=2)

    class Defers(MemoryMailer):
        def offer(self, envelope: Envelope, message: bytes) -> Any:
            raise DefinitelyNotSent("451 4.7.1 Greylisted", code=451)

    healthy, app.mailer = app.mailer, Defers()
    sweep(app)
    with app.reading() as tx:
        assert tx.session.scalars(select(MailboxDay.reserved)).one() == 0
    app.mailer = healthy
    with app.transaction() as tx:
        tx.session.execute(update(Touch).values(due_at=NOW))
    sweep(app)
    assert sum(recipients(app).values()) == 2
    unsent = [t for t in touches(app) if t.status is TouchStatus.PENDING and t.step_index == 0]
    assert len(unsent) == 4
    assert all("The cap of 2 a day" in t.blocked_by for t in unsent)


def test_20_a_follow_up_joins_the_thread_and_an_empty_token_goes_to_nobody(app: App) -> None:
    """Warmbly 472 opened new threads; mautic 370 sent "Hi {firstname}"."""
    steps = [
        {"kind": "email", "subject": "On {{ firm.name }}", "body": "Hi {{ contact.first_name }}"},
        {"kind": "email", "delay_working_days": 1, "body": "Again, {{ contact.first_name }}"},
    ]
    with app.transaction() as tx:
        make_sequence(tx, steps=steps)
        enroll_new_firm(tx, "Northlight")
        nameless = make_firm(tx, "Vela")
        make_contact(tx, nameless, name=None, email="info@vela.example", is_role_address=True)
        enroll_firm(tx, sequence_name=SEQUENCE, firm_id=nameless.id, actor="riley")
    sweep(app)
    move(app, days=1)
    sweep(app)
    first, second = (
        message_from_bytes(raw, policy=policy.default)
        for _, raw in app.mailer.sent  # type: ignore[attr-defined]
    )
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert second["Subject"] == f"Re: {first['Subject']}"
    held = next(t for t in touches(app) if t.address_key == "info@vela.example")
    assert held.status is TouchStatus.HELD
    assert held.blocked_by == "{{ contact.first_name }} has no value for this contact."


def test_a_task_that_nobody_does_lets_its_sequence_go_on(app: App) -> None:
    steps = [
        {"kind": "task", "subject": "Call {{ firm.name }}", "give_up_after_working_days": 2},
        {"kind": "email", "subject": "Hello", "body": "Hello"},
    ]
    with app.transaction() as tx:
        make_sequence(tx, steps=steps)
        enroll_new_firm(tx)
    assert sweep(app).tasks == 1
    move(app, days=1)
    assert not sweep(app)
    move(app, days=1)
    # The second working day after Tuesday opens on Thursday at nine in Hamburg.
    sweep(app)
    assert [t.status for t in touches(app)] == [TouchStatus.SKIPPED, TouchStatus.SENT]
    assert "Nobody did it in its time" in touches(app)[0].outcome


def test_preview_and_engine_agree_on_a_sequence_with_every_kind_of_step(app: App) -> None:
    data = sequence_data(
        steps=[
            {"kind": "email", "subject": "One", "body": "One"},
            {"kind": "wait", "delay_working_days": 2},
            {
                "kind": "branch",
                "if": {"fact": "firm.country", "is_in": ["DE", "AT"]},
                "then": "german",
            },
            {"kind": "email", "body": "English", "next": "end"},
            {
                "kind": "email",
                "name": "german",
                "variants": [
                    {"name": "a", "subject": "Kurz", "body": "Kurz"},
                    {"name": "b", "subject": "Lang", "body": "Lang"},
                ],
            },
        ]
    )
    with app.transaction() as tx:
        make_sequence(tx, **data)
        firms = [make_firm(tx, f"Firm {n}") for n in range(4)]
        firms += [make_firm(tx, "Seine", country="FR", latitude=48.9, longitude=2.3)]
        for firm in firms:
            make_contact(tx, firm)
        ids = [firm.id for firm in firms]
        planned = preview(tx, sequence_name=SEQUENCE, firm_ids=ids)
        for firm_id in ids:
            enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm_id, actor="riley")
    for _ in range(40):
        sweep(app)
        waiting = [t.due_at for t in touches(app) if t.status is TouchStatus.PENDING]
        if not waiting:
            break
        app.clock.move_to(max(min(waiting), app.clock.now()))  # type: ignore[attr-defined]
    happened = [
        (t.firm_id, t.step_index, t.settled_at, t.subject)
        for t in touches(app)
        if t.status is TouchStatus.SENT
    ]
    assert sorted(happened) == sorted(
        (p.firm_id, p.step_index, p.due_at, p.subject) for p in planned
    )
    assert {subject for _, step, _, subject in happened if step == 4} == {"Kurz", "Lang"}
    assert {step for firm_id, step, _, _ in happened if firm_id == ids[-1]} == {0, 3}


def test_a_done_task_is_a_fact_that_a_branch_may_ask(app: App) -> None:
    steps = [
        {"kind": "task", "subject": "Connect"},
        {"kind": "branch", "if": {"fact": "task.outcome", "equals": "done"}, "then": "warm", "else": "end"},
        {"kind": "email", "name": "warm", "subject": "Thanks", "body": "Thanks for connecting."},
    ]  # fmt: skip
    with app.transaction() as tx:
        make_sequence(tx, steps=steps)
        enroll_new_firm(tx, "Firm 0")
        enroll_new_firm(tx, "Firm 1")
    sweep(app)
    with app.transaction() as tx:
        complete_task(tx, touch_id=touches(app)[0].id, actor="riley")
    for _ in range(10):
        move(app, days=1)
        sweep(app)
    assert recipients(app) == {"ann@firm-0.example": 1}
