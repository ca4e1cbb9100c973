"""A sequence, and firms at every point of it: touches, tasks, replies, candidates, partners."""

import random
from collections.abc import Sequence as Items
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Contact, Firm
from recruit.onboarding.tables import Candidate
from recruit.onboarding.values import CandidateOrigin, CandidateStatus
from recruit.sequences.tables import Enrollment, Reply, SequenceVersion, Touch
from recruit.sequences.usecases import add_mailbox, confirm_mood, save_sequence, start_sequence
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    InboundKind,
    Mood,
    StepKind,
    TouchStatus,
)
from tests.factories.sequences import COMPLIANCE
from tests.factories.world.ids import SEQUENCE, World, add_all
from tests.factories.world.joining import accept

DEFINITION: dict[str, Any] = {
    "name": SEQUENCE,
    "title": "Cloud partners, first contact",
    "window": {"days": ["mon", "tue", "wed", "thu", "fri"], "opens": "09:00", "closes": "17:00"},
    "compliance": COMPLIANCE,
    "steps": [
        {"kind": "email", "subject": "A word on {{ firm.name }}", "body": "Hello,\n\nwe look for partners who run clusters for others.\n\nRobin Vale"},
        {"kind": "email", "delay_working_days": 3, "body": "One firm like yours doubled its margin."},
        {"kind": "task", "delay_working_days": 3, "subject": "Connect with {{ firm.name }}", "body": "Send a short note.", "channel": "linkedin", "link": "https://www.linkedin.com/"},
        {"kind": "email", "delay_working_days": 5, "body": "Shall I close the file?"},
    ],
}  # fmt: skip


class Fate(NamedTuple):
    """What happens to a firm: how many steps are done, how it ended, what came back."""

    name: str
    done: int
    exit: ExitReason | None = None
    kind: InboundKind | None = None
    mood: Mood | None = None
    text: str = ""


HUMAN, REPLIED = InboundKind.HUMAN, ExitReason.REPLIED
POSITIVE = Fate(
    "positive", 2, REPLIED, HUMAN, Mood.POSITIVE,
    "Sounds good. We have two platform teams and look for exactly such a product.\n\n"
    "Tuesday at 10 would work. Who joins from your side?",
)  # fmt: skip
FATES = [
    *[Fate("active", 1)] * 9,
    *[Fate("task", 2)] * 5,
    *[Fate("paused", 1, None, InboundKind.AUTO_REPLY, None, "I am away until Monday.")] * 2,
    *[POSITIVE] * 6,
    *[Fate("negative", 2, REPLIED, HUMAN, Mood.NEGATIVE, "Thank you, but we work with a competitor of yours and are happy there.")] * 3,
    Fate("later", 2, REPLIED, HUMAN, Mood.LATER, "Interesting, though not before our fiscal year ends. Please come back in April."),
    Fate("unclear", 2, REPLIED, HUMAN, Mood.UNCLEAR, "Got it."),
    Fate("referral", 2, REPLIED, HUMAN, Mood.REFERRAL, "I am the wrong person; Mira Okafor looks after alliances."),
    Fate("opted_out", 1, ExitReason.OPTED_OUT, InboundKind.UNSUBSCRIBE, None, "Please take us off your list."),
    Fate("bounced", 1, ExitReason.BOUNCED, InboundKind.BOUNCE, None, "550 5.1.1 No such user here"),
    *[Fate("no_reply", 4, ExitReason.NO_REPLY)] * 2,
    Fate("unknown", 1),
    Fate("held", 1),
]  # fmt: skip


def enroll_in_every_state(
    tx: Transaction, world: World, firms: Items[Firm], *, seed: int, times: int = 1
) -> None:
    """Save and start the sequence, and give some firms each of the fates."""
    add_mailbox(tx, address="robin@northlight.example", from_name="Robin Vale", cap_per_day=40)
    version = save_sequence(tx, definition=DEFINITION, actor="Alex Moor")
    start_sequence(tx, name=SEQUENCE)
    fates = FATES * times
    random.Random(seed).shuffle(fates)
    contacts = {contact.firm_id: contact for contact in tx.session.scalars(select(Contact))}
    reachable = [firm for firm in firms if firm.id in contacts]
    for firm, fate in zip(reachable, fates, strict=False):
        _enroll(tx, world, version, firm, contacts[firm.id], fate)
    world.new_firm_ids = [firm.id for firm in reachable[len(fates) :]]


def _enroll(
    tx: Transaction,
    world: World,
    version: SequenceVersion,
    firm: Firm,
    contact: Contact,
    fate: Fate,
) -> None:
    began = tx.now - timedelta(days=14)
    paused = fate.name == "paused"
    status = EnrollmentStatus.FINISHED if fate.exit else EnrollmentStatus.ACTIVE
    enrollment = Enrollment(
        sequence_id=version.sequence_id, sequence_version_id=version.id, firm_id=firm.id,
        contact_id=contact.id, address_domain=str(firm.domain),
        status=EnrollmentStatus.PAUSED if paused else status, exit_reason=fate.exit,
        exit_detail="An answer came in, so nothing more goes out." if fate.exit is REPLIED else "",
        profile_version_id=world.profile_version_id, score_total=80.0, enrolled_at=began,
        enrolled_by="Alex Moor", paused_until=tx.now + timedelta(days=6) if paused else None,
        finished_at=tx.now - timedelta(days=2) if fate.exit else None,
    )  # fmt: skip
    add_all(tx.session, enrollment)
    world.enrollment_ids.append(enrollment.id)
    touches = [_done(enrollment, firm, contact, step) for step in range(fate.done)]
    if not fate.exit:
        touches.append(_coming(tx, enrollment, firm, contact, fate))
    add_all(tx.session, *touches)
    world.firms_by_fate.setdefault(fate.name, []).append(firm.id)
    world.touches_by_fate.setdefault(fate.name, touches[-1].id)
    if fate.kind:
        _answer(tx, world, firm, enrollment, contact, touches[0], fate)


def _touch(enrollment: Enrollment, firm: Firm, contact: Contact, step: int, **over: Any) -> Touch:
    kind = StepKind.TASK if step == 2 else StepKind.EMAIL
    subject = ("A word on {}", "Re: A word on {}", "Connect with {}", "Re: A word on {}")[step]
    values: dict[str, Any] = {
        "kind": kind,
        "subject": subject.format(firm.name),
        "body": DEFINITION["steps"][step]["body"],
    }
    return Touch(
        enrollment_id=enrollment.id, sequence_id=enrollment.sequence_id, firm_id=firm.id,
        step_index=step, address_key=contact.email, **(values | over),
    )  # fmt: skip


def _done(enrollment: Enrollment, firm: Firm, contact: Contact, step: int) -> Touch:
    at = enrollment.enrolled_at + timedelta(days=4 * step, hours=1)
    task = step == 2
    return _touch(
        enrollment, firm, contact, step,
        status=TouchStatus.DONE if task else TouchStatus.SENT, due_at=at,
        settled_at=at + timedelta(minutes=2), settled_by="Alex Moor" if task else "",
        message_id=None if task else f"<touch-{enrollment.id}-{step}@northlight.example>",
        outcome="Connected." if task else "250 2.0.0 Ok: queued",
    )  # fmt: skip


def _coming(
    tx: Transaction, enrollment: Enrollment, firm: Firm, contact: Contact, fate: Fate
) -> Touch:
    days = 1 + enrollment.id % 3
    over: dict[str, Any] = {
        "task": {
            "status": TouchStatus.OPEN,
            "due_at": tx.now - timedelta(days=enrollment.id % 3, hours=3),
            "link": "https://www.linkedin.com/",
        },
        "unknown": {
            "status": TouchStatus.UNKNOWN,
            "due_at": tx.now - timedelta(hours=20),
            "outcome": "The connection broke after the text was sent.",
        },
        "held": {
            "status": TouchStatus.HELD,
            "due_at": tx.now - timedelta(days=3),
            "blocked_by": "It is 3 days overdue; a mail that late would look odd.",
        },
    }.get(fate.name, {"status": TouchStatus.PENDING, "due_at": tx.now + timedelta(days=days)})
    return _touch(enrollment, firm, contact, fate.done, **over)


def _answer(
    tx: Transaction,
    world: World,
    firm: Firm,
    enrollment: Enrollment,
    contact: Contact,
    touch: Touch,
    fate: Fate,
) -> None:
    at = tx.now - timedelta(days=2, hours=enrollment.id % 20)
    reply = Reply(
        message_id=f"<reply-{enrollment.id}@{firm.domain}>", received_at=at,
        from_address=contact.email, subject=f"Re: {touch.subject}", text=fate.text, raw="",
        kind=fate.kind, mood=fate.mood, confidence=0.93,
        detail={"hard": True, "status": "5.1.1"} if fate.name == "bounced" else {},
        matched_by="references", touch_id=touch.id, enrollment_id=enrollment.id, firm_id=firm.id,
        recorded_at=at, handled_at=None if fate.kind is HUMAN else at,
    )  # fmt: skip
    add_all(tx.session, reply)
    if fate.name == "positive":
        _decide(tx, world, firm, reply)
    world.replies_by_fate.setdefault(fate.name, reply.id)


def _decide(tx: Transaction, world: World, firm: Firm, reply: Reply) -> None:
    # Of three interested firms one waits for a decision, one is a partner, and one waits to be read.
    turn = len(world.firms_by_fate["positive"]) % 3
    if turn == 0:
        world.replies_by_fate.setdefault("interested", reply.id)
        return
    candidate = Candidate(
        firm_id=firm.id,
        status=CandidateStatus.WAITING,
        origin=CandidateOrigin.REPLY,
        reply_id=reply.id,
        contact_name="Mira Okafor",
        contact_email=reply.from_address,
        created_at=reply.received_at,
    )
    add_all(tx.session, candidate)
    if turn == 1:
        world.candidate_ids.append(candidate.id)
        return
    confirm_mood(tx, reply_id=reply.id, mood=Mood.POSITIVE, actor="Alex Moor")
    accept(tx, world, candidate.id)
