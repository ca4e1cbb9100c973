"""Taking a firm into a sequence: once, by one contact, unless something forbids to write there."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.sequences.addresses import address_key, domain_of
from recruit.sequences.planning import plan_touch
from recruit.sequences.recipients import Recipient, list_firm_recipients
from recruit.sequences.store import (
    announce_firm,
    find_latest_version,
    get_family,
    get_sequence,
)
from recruit.sequences.suppression import find_suppressed
from recruit.sequences.tables import Enrollment, Sequence, Touch
from recruit.sequences.values import EnrollmentStatus, SequencesError, SequenceStatus


class EnrollmentRefused(SequencesError):
    """A firm cannot be enrolled; the message says why and what to do."""


class AlreadyEnrolled(EnrollmentRefused):
    """The firm, or the address, is or was in this sequence; nobody gets the same sequence twice."""


class NoContact(EnrollmentRefused):
    """The firm has no address that could be written to."""


class Suppressed(EnrollmentRefused):
    """The firm or all its addresses are suppressed."""


class SequenceNotActive(EnrollmentRefused):
    """The sequence is a draft or paused."""


def enroll_firm(
    tx: Transaction,
    *,
    sequence_name: str,
    firm_id: int,
    actor: str,
    profile_version_id: int | None = None,
    score_total: float | None = None,
) -> Enrollment:
    """Enroll a firm by its best contact and plan the first touch.

    Raises UnknownSequence, SequenceNotActive, AlreadyEnrolled, NoContact or Suppressed.
    """
    sequence = get_sequence(tx, sequence_name)
    version = find_latest_version(tx, sequence.id)
    if sequence.status is not SequenceStatus.ACTIVE or version is None:
        raise SequenceNotActive(
            f"The sequence {sequence.name} is {sequence.status.value}; start it first: "
            f"`recruit sequence start {sequence.name}`."
        )
    family = get_family(tx, firm_id)
    refuse_second(tx, sequence, family)
    recipient = choose_recipient(tx, sequence, family)
    enrollment = Enrollment(
        sequence_id=sequence.id,
        sequence_version_id=version.id,
        firm_id=family[0],
        contact_id=recipient.contact_id,
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
            plan_touch(tx, enrollment, 0, tx.now)
            tx.session.flush()
    except IntegrityError as error:
        raise AlreadyEnrolled(
            f"{recipient.firm_name} was enrolled in {sequence.name} by someone else at this moment."
        ) from error
    announce_firm(tx, enrollment.firm_id)
    return enrollment


def refuse_second(tx: Transaction, sequence: Sequence, family: tuple[int, ...]) -> None:
    """Raise AlreadyEnrolled where the firm is or was in the sequence, under any id that it has had."""
    found = tx.session.scalar(
        select(Enrollment).where(
            Enrollment.sequence_id == sequence.id, Enrollment.firm_id.in_(family)
        )
    )
    if found is None:
        return
    state = found.exit_reason.value if found.exit_reason else found.status.value
    name = tx.session.scalar(select(Firm.name).where(Firm.id == family[0]))
    raise AlreadyEnrolled(
        f"{name} was enrolled in {sequence.name} on {found.enrolled_at:%Y-%m-%d} ({state}). "
        "A firm gets a sequence once; choose another sequence."
    )


def choose_recipient(tx: Transaction, sequence: Sequence, family: tuple[int, ...]) -> Recipient:
    """Return whom to write to; raises NoContact, Suppressed or AlreadyEnrolled (the address is)."""
    recipients = list_firm_recipients(tx, family)
    if not recipients:
        name = tx.session.scalar(select(Firm.name).where(Firm.id == family[0]))
        raise NoContact(f"{name} has no contact with an e-mail address; add one first.")
    suppressed = {r.contact_id: find_suppressed(tx, r.email, r.firm_id) for r in recipients}
    open_to = [r for r in recipients if suppressed[r.contact_id] is None]
    if not open_to:
        raise Suppressed(f"{recipients[0].firm_name}: {suppressed[recipients[0].contact_id]}")
    taken = set(
        tx.session.scalars(
            select(Touch.address_key).where(
                Touch.sequence_id == sequence.id,
                Touch.address_key.in_([address_key(r.email) for r in open_to]),
            )
        )
    )
    for recipient in open_to:
        if address_key(recipient.email) not in taken:
            return recipient
    raise AlreadyEnrolled(
        f"{open_to[0].email} gets {sequence.name} already, as a contact of another firm. "
        "Merge the two firms, or add another contact."
    )
