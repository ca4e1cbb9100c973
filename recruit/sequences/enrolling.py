"""Taking a firm into a sequence: once, by one contact, unless something forbids to write there."""

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.sequences.addresses import address_key, domain_of
from recruit.sequences.definition import SequenceDefinition
from recruit.sequences.planning import definition_of, plan_first
from recruit.sequences.policies import lacks
from recruit.sequences.recipients import Recipient, list_firm_recipients
from recruit.sequences.store import (
    announce_firm,
    find_latest_version,
    get_family,
    get_mailbox,
    get_sequence,
)
from recruit.sequences.suppression import find_suppressed
from recruit.sequences.tables import Enrollment, Sequence, SequenceVersion, Touch
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    SequencesError,
    SequenceStatus,
)


class EnrollmentRefused(SequencesError):
    """A firm cannot be enrolled; the message says why and what to do."""


class AlreadyEnrolled(EnrollmentRefused):
    """The firm, or the address, is or was in this sequence; nobody gets the same sequence twice."""


class NoContact(EnrollmentRefused):
    """The firm has no address that could be written to."""


class Suppressed(EnrollmentRefused):
    """The firm or all its addresses are suppressed."""


class NotExclusive(EnrollmentRefused):
    """The firm is in another sequence, and one of the two is exclusive."""


class LawForbids(EnrollmentRefused):
    """The sequence lacks what the law of the recipient's country asks."""


class SequenceNotActive(EnrollmentRefused):
    """The sequence is a draft or paused."""


def enroll_firm(
    tx: Transaction,
    *,
    sequence_name: str,
    firm_id: int,
    actor: str,
    contact_id: int | None = None,
    profile_version_id: int | None = None,
    score_total: float | None = None,
) -> Enrollment:
    """Enroll a firm by its best contact, or the one given, and plan the first touch.

    Raises UnknownSequence, UnknownRow, or an EnrollmentRefused: SequenceNotActive, AlreadyEnrolled,
    NotExclusive, NoContact, Suppressed or LawForbids.
    """
    sequence = get_sequence(tx, sequence_name)
    version = find_latest_version(tx, sequence.id)
    if sequence.status is not SequenceStatus.ACTIVE or version is None:
        raise SequenceNotActive(
            f"The sequence {sequence.name} is {sequence.status.value}; start it first: "
            f"`recruit sequence start {sequence.name}`."
        )
    family = get_family(tx, firm_id)
    # Two enrollments of one firm at the same moment: the second has to see the first.
    tx.session.execute(
        select(Firm.id).where(Firm.id.in_(family)).order_by(Firm.id).with_for_update(key_share=True)
    )
    definition = definition_of(version)
    slot = find_slot(tx, sequence, definition, family)
    refuse_beside(tx, sequence, definition, family)
    recipient = choose_recipient(tx, sequence, definition, family, contact_id)
    enrollment = Enrollment(
        sequence_id=sequence.id,
        sequence_version_id=version.id,
        firm_id=family[0],
        contact_id=recipient.contact_id,
        mailbox_id=choose_mailbox(tx, sequence, definition),
        slot=slot,
        address_domain=domain_of(recipient.email),
        status=EnrollmentStatus.ACTIVE,
        profile_version_id=profile_version_id,
        score_total=score_total,
        enrolled_at=tx.now,
        enrolled_by=actor,
    )
    try:
        with tx.session.begin_nested():
            tx.session.add(enrollment)
            tx.session.flush()
            plan_first(tx, enrollment)
            tx.session.flush()
    except IntegrityError as error:
        raise AlreadyEnrolled(
            f"{recipient.firm_name} was enrolled in {sequence.name} by someone else at this moment."
        ) from error
    announce_firm(tx, enrollment.firm_id)
    return enrollment


def find_slot(
    tx: Transaction, sequence: Sequence, definition: SequenceDefinition, family: tuple[int, ...]
) -> int:
    """Return the firm's free place in the sequence, under any id that it has had.

    Raises AlreadyEnrolled where as many of its contacts are or were in it as the rules allow.
    """
    found = list(
        tx.session.scalars(
            select(Enrollment)
            .where(Enrollment.sequence_id == sequence.id, Enrollment.firm_id.in_(family))
            .order_by(Enrollment.enrolled_at, Enrollment.id)
        )
    )
    most = definition.rules.max_contacts_a_firm
    if not found:
        return 0
    name = tx.session.scalar(select(Firm.name).where(Firm.id == family[0]))
    ended = next((e for e in found if e.exit_reason not in {None, ExitReason.NO_REPLY}), None)
    if len(found) >= most or ended is not None:
        last = ended or found[-1]
        state = last.exit_reason.value if last.exit_reason else last.status.value
        why = (
            "A firm gets a sequence once; choose another sequence."
            if most == 1
            else f"The rules allow {most} contacts of a firm, and none after one has ended it."
        )
        raise AlreadyEnrolled(
            f"{name} was enrolled in {sequence.name} on {last.enrolled_at:%Y-%m-%d} ({state}). {why}"
        )
    return max(e.slot for e in found) + 1


def refuse_beside(
    tx: Transaction, sequence: Sequence, definition: SequenceDefinition, family: tuple[int, ...]
) -> None:
    """Raise NotExclusive where the firm is in another sequence and one of the two is exclusive."""
    rows = tx.session.execute(
        select(Sequence.name, SequenceVersion)
        .join(Enrollment, Enrollment.sequence_id == Sequence.id)
        .join(SequenceVersion, SequenceVersion.id == Enrollment.sequence_version_id)
        .where(
            Enrollment.firm_id.in_(family),
            Enrollment.sequence_id != sequence.id,
            Enrollment.status != EnrollmentStatus.FINISHED,
        )
        .order_by(Enrollment.id)
    )
    for name, version in rows:
        if definition.rules.exclusive or definition_of(version).rules.exclusive:
            which = sequence.name if definition.rules.exclusive else name
            raise NotExclusive(
                f"The firm is in the sequence {name}, and {which} is exclusive. Wait until it ends, or "
                "take the firm out of it first."
            )


def choose_mailbox(
    tx: Transaction, sequence: Sequence, definition: SequenceDefinition
) -> int | None:
    """Return the sender with the fewest running enrollments here; None where there is only one."""
    if len(definition.mailboxes) < 2:
        return None
    rows = tx.session.execute(
        select(Enrollment.mailbox_id, func.count())
        .where(
            Enrollment.sequence_id == sequence.id, Enrollment.status != EnrollmentStatus.FINISHED
        )
        .group_by(Enrollment.mailbox_id)
    )
    busy = {row[0]: row[1] for row in rows}
    boxes = [get_mailbox(tx, address) for address in definition.mailboxes]
    open_ = [box for box in boxes if box.paused_at is None] or boxes
    return min(open_, key=lambda box: (busy.get(box.id, 0) / box.cap_per_day, box.id)).id


def choose_recipient(
    tx: Transaction,
    sequence: Sequence,
    definition: SequenceDefinition,
    family: tuple[int, ...],
    contact_id: int | None = None,
) -> Recipient:
    """Return whom to write to; raises NoContact, Suppressed, LawForbids or AlreadyEnrolled (the address)."""
    recipients = list_firm_recipients(tx, family)
    name = tx.session.scalar(select(Firm.name).where(Firm.id == family[0]))
    if contact_id is not None:
        recipients = [r for r in recipients if r.contact_id == contact_id]
        if not recipients:
            raise NoContact(f"{name} has no contact {contact_id}.")
    if not recipients:
        raise NoContact(f"{name} has no contact with an e-mail address; add one first.")
    suppressed = {r.contact_id: find_suppressed(tx, r.email, r.firm_id) for r in recipients}
    open_to = [r for r in recipients if suppressed[r.contact_id] is None]
    if not open_to:
        raise Suppressed(f"{name}: {suppressed[recipients[0].contact_id]}")
    unlawful = {r.contact_id: lacks(definition.compliance, r.addressee) for r in open_to}
    lawful = [r for r in open_to if unlawful[r.contact_id] is None]
    if not lawful:
        raise LawForbids(f"{name}: {unlawful[open_to[0].contact_id]}")
    taken = set(
        tx.session.scalars(
            select(Touch.address_key).where(
                Touch.sequence_id == sequence.id,
                Touch.address_key.in_([address_key(r.email) for r in lawful]),
            )
        )
    )
    for recipient in lawful:
        if address_key(recipient.email) not in taken:
            return recipient
    raise AlreadyEnrolled(
        f"{lawful[0].email} gets {sequence.name} already, as a contact of another firm or as this firm's. "
        "Merge the two firms, or add another contact."
    )
