"""The queries of sequences that several use cases share, and the locks they take.

Locks are taken in one order, so that no two transactions wait for each other:

1. a lease, or the firms that are being enrolled;
2. enrollments, in the order of their ids, all that the transaction will need at once (`lock_enrollments`);
3. touches of those enrollments;
4. mailboxes, in the order of their ids;
5. the counters of mailboxes.

Whoever goes back in this list takes only what it holds already, or skips what others hold (claims,
recovery). They are `key_share` locks, which let others refer to a locked row.
"""

from difflib import get_close_matches
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, func, or_, select

from recruit.db.transaction import Transaction
from recruit.firms.families import list_families
from recruit.firms.tables import Firm
from recruit.sequences.addresses import address_key
from recruit.sequences.sql import fixed
from recruit.sequences.tables import Enrollment, Mailbox, Sequence, SequenceVersion, Touch
from recruit.sequences.values import (
    TOUCH_TRANSITIONS,
    EnrollmentStatus,
    SequencesError,
    SequenceStatus,
    StepKind,
    TouchStatus,
)


class UnknownSequence(SequencesError):
    """No sequence has that name; the message names near matches."""


class UnknownMailbox(SequencesError):
    """No mailbox has that address; the message says how to add one."""


class UnknownRow(SequencesError, LookupError):
    """No enrollment, touch, reply, suppression or firm has that id."""


class IllegalTransition(SequencesError):
    """A touch cannot go from where it stands to where it was to go."""


def mailbox_id_of() -> ColumnElement[int]:
    """Return the column expression for the mailbox that an enrollment is written to from."""
    return func.coalesce(Enrollment.mailbox_id, Sequence.mailbox_id)


def get_sequence(tx: Transaction, name: str) -> Sequence:
    """Return the sequence of that name; raises UnknownSequence."""
    sequence = tx.session.scalar(select(Sequence).where(Sequence.name == name))
    if sequence is None:
        names = sorted(tx.session.scalars(select(Sequence.name)))
        near = get_close_matches(name, names, 1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        known = (
            f"Known: {', '.join(names)}."
            if names
            else "There is none yet: `recruit sequence load FILE.toml`."
        )
        raise UnknownSequence(f"There is no sequence {name!r}. {hint}{known}")
    return sequence


def find_latest_version(tx: Transaction, sequence_id: int) -> SequenceVersion | None:
    """Return the newest version of a sequence."""
    return tx.session.scalar(
        select(SequenceVersion)
        .where(SequenceVersion.sequence_id == sequence_id)
        .order_by(SequenceVersion.number.desc())
        .limit(1)
    )


def get_mailbox(tx: Transaction, address: str | None) -> Mailbox:
    """Return the mailbox of that address, or without one the only mailbox; raises UnknownMailbox."""
    mailboxes = list(tx.session.scalars(select(Mailbox).order_by(Mailbox.id)))
    for mailbox in mailboxes:
        if address is None or address_key(mailbox.address) == address_key(address):
            return mailbox
    known = ", ".join(mailbox.address for mailbox in mailboxes) or "none"
    wanted = f"no mailbox {address}" if address else "no mailbox to send from"
    raise UnknownMailbox(f"There is {wanted}; known: {known}. Add it before the sequence is saved.")


def get_family(tx: Transaction, firm_id: int) -> tuple[int, ...]:
    """Return the ids that a firm has had through merges, the surviving one first; raises UnknownRow."""
    family = list_families(tx, [firm_id]).get(firm_id)
    if family is None:
        raise UnknownRow(f"There is no firm {firm_id}.")
    return family


def announce_firm(tx: Transaction, firm_id: int) -> None:
    """Tell the CRM's outbox that the (surviving) firm changed."""
    above = tx.session.scalar(select(Firm.merged_into_id).where(Firm.id == firm_id))
    while above is not None:
        firm_id = above
        above = tx.session.scalar(select(Firm.merged_into_id).where(Firm.id == firm_id))
    tx.announce("firm", firm_id)


def lock_enrollments(tx: Transaction, where: ColumnElement[bool]) -> list[Enrollment]:
    """Return unfinished enrollments, locked in the order of their ids."""
    return list(
        tx.session.scalars(
            select(Enrollment)
            .where(where, Enrollment.status != EnrollmentStatus.FINISHED)
            .order_by(Enrollment.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    )


def lock_touch(
    tx: Transaction, touch_id: int, enrollment_id: int | None = None
) -> tuple[Touch, Enrollment]:
    """Return a touch and its enrollment (looked up where it is not given), both locked; raises UnknownRow."""
    if enrollment_id is None:
        enrollment_id = tx.session.scalar(select(Touch.enrollment_id).where(Touch.id == touch_id))
    if enrollment_id is None:
        raise UnknownRow(f"There is no touch {touch_id}.")
    enrollment = tx.session.get_one(
        Enrollment, enrollment_id, with_for_update={"key_share": True}, populate_existing=True
    )
    touch = tx.session.get_one(
        Touch, touch_id, with_for_update={"key_share": True}, populate_existing=True
    )
    return touch, enrollment


def move_touch(touch: Touch, status: TouchStatus) -> None:
    """Change a touch's status; raises IllegalTransition. Its claim, if any, is void from now on."""
    if status not in TOUCH_TRANSITIONS[touch.status]:
        raise IllegalTransition(
            f"Touch {touch.id} is {touch.status.value} and cannot become {status.value}."
        )
    touch.status = status
    if status not in {TouchStatus.CLAIMED, TouchStatus.SENDING}:
        touch.lease_until = None


def list_halted(tx: Transaction) -> dict[str, list[int]]:
    """Return what people halted, as the parameters that `may_move_on` asks for.

    `halted`: sequences that are not active. `paused`: mailboxes. `muted`: sequences that write from one of those.
    """
    sequences = tx.connection.execute(
        select(Sequence.id, Sequence.status, Sequence.mailbox_id)
    ).all()
    mailboxes = select(Mailbox.id).where(Mailbox.paused_at.is_not(None))
    paused = [row.id for row in tx.connection.execute(mailboxes)]
    return {
        "halted": [row.id for row in sequences if row.status is not SequenceStatus.ACTIVE],
        "paused": paused,
        "muted": [row.id for row in sequences if row.mailbox_id in paused],
    }


def _ids(name: str) -> BindParameter[Any]:
    return bindparam(name, expanding=True)


def may_move_on() -> ColumnElement[bool]:
    """Return the condition under which a pending touch waits for nothing but its time.

    What a person paused (sequence, mailbox, enrollment) is left out until a person resumes it. It is a condition on
    touch and enrollment alone, with lists that `list_halted` reads: beside joins, databases leave the order in which
    touches come due, and sort all of them for each claim.
    """
    by_sequence = Enrollment.mailbox_id.is_(None)
    speaks = or_(
        and_(by_sequence, Touch.sequence_id.not_in(_ids("muted"))),
        Enrollment.mailbox_id.not_in(_ids("paused")),
    )
    return and_(
        Touch.status == fixed(TouchStatus.PENDING),
        Touch.sequence_id.not_in(_ids("halted")),
        or_(Touch.kind != fixed(StepKind.EMAIL), speaks),
        or_(
            Enrollment.status != fixed(EnrollmentStatus.PAUSED),
            Enrollment.paused_until.is_not(None),
        ),
    )
