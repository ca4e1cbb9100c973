"""Sequences as a whole: save, start, pause.

Pausing and starting are one row: the claim asks whether a sequence runs, and so does the last write before
a message goes out. The touches that wait are told why, as a courtesy to whoever looks at them.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.sequences.definition import Compliance, definition_hash
from recruit.sequences.parsing import parse_definition
from recruit.sequences.planning import definition_of
from recruit.sequences.policies import lacks, start_lacks
from recruit.sequences.recipients import list_recipients
from recruit.sequences.standing import name_rules
from recruit.sequences.store import find_latest_version, get_mailbox, get_sequence
from recruit.sequences.tables import Enrollment, Sequence, SequenceVersion
from recruit.sequences.values import EnrollmentStatus, SequencesError, SequenceStatus

_SAMPLE = 500


class NotLawful(SequencesError):
    """A sequence lacks what the law of its recipients' countries asks; the message says what."""


def save_sequence(tx: Transaction, *, definition: Mapping[str, Any], actor: str) -> SequenceVersion:
    """Check a definition (data as in its TOML file) and keep it as the sequence's newest version.

    The same content again is the same version. Firms that are enrolled keep theirs. A new sequence is a
    draft until `start_sequence`. Raises DefinitionError or UnknownMailbox.
    """
    parsed = parse_definition(definition)
    mailboxes = [get_mailbox(tx, address) for address in parsed.mailboxes or [None]]
    sequence = tx.session.scalar(
        select(Sequence).where(Sequence.name == parsed.name).with_for_update(key_share=True)
    )
    if sequence is None:
        sequence = Sequence(
            name=parsed.name,
            title=parsed.title,
            status=SequenceStatus.DRAFT,
            mailbox_id=mailboxes[0].id,
            created_at=tx.now,
        )
        tx.session.add(sequence)
        tx.session.flush()
    sequence.title = parsed.title
    sequence.mailbox_id = mailboxes[0].id
    data = _plain(definition)
    latest = find_latest_version(tx, sequence.id)
    if latest is not None and latest.definition_hash == definition_hash(data):
        return latest
    version = SequenceVersion(
        sequence_id=sequence.id,
        number=latest.number + 1 if latest else 1,
        definition=data,
        definition_hash=definition_hash(data),
        created_at=tx.now,
        created_by=actor,
    )
    tx.session.add(version)
    tx.session.flush()
    return version


def start_sequence(tx: Transaction, *, name: str, postal_address: str | None = None) -> Sequence:
    """Let a sequence send. What came due while it was paused is due now, in the contacts' next window.

    Raises NotLawful where it lacks what the law of the countries it is meant for asks. Without a
    `postal_address` (None), that need is asked only when a message goes out.
    """
    sequence = get_sequence(tx, name)
    if sequence.status is SequenceStatus.ACTIVE:
        return sequence
    version = find_latest_version(tx, sequence.id)
    if version is not None:
        refuse_unlawful(tx, sequence, definition_of(version).compliance, postal_address)
    sequence.status = SequenceStatus.ACTIVE
    sequence.active_since = tx.now
    record(tx, Deed.SEQUENCE_STARTED, "sequence", name)
    name_rules(tx, Sequence.id == sequence.id)
    return sequence


def pause_sequence(tx: Transaction, *, name: str) -> Sequence:
    """Stop sending until `start_sequence`; a message that is on its way to the server is not called back."""
    sequence = get_sequence(tx, name)
    if sequence.status is SequenceStatus.ACTIVE:
        sequence.status = SequenceStatus.PAUSED
        record(tx, Deed.SEQUENCE_PAUSED, "sequence", name)
        name_rules(tx, Sequence.id == sequence.id)
    return sequence


def refuse_unlawful(
    tx: Transaction, sequence: Sequence, compliance: Compliance, postal_address: str | None
) -> None:
    """Raise NotLawful for what is missing: for the countries declared, and for whoever is enrolled."""
    missing = start_lacks(compliance, postal_address)
    running = tx.session.scalars(
        select(Enrollment.contact_id)
        .where(
            Enrollment.sequence_id == sequence.id, Enrollment.status != EnrollmentStatus.FINISHED
        )
        # Each is asked again when it is claimed; a sample of those under way tells a person now.
        .limit(_SAMPLE)
    )
    for recipient in list_recipients(tx, running).values():
        text = lacks(compliance, recipient.addressee, postal_address)
        if text and text not in missing:
            missing.append(text)
    if missing:
        more = f" (and {len(missing) - 5} more)" if len(missing) > 5 else ""
        raise NotLawful(f"{sequence.name} cannot start. " + " ".join(missing[:5]) + more)


def _plain(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition as JSON holds it: TOML knows times of day, JSON does not."""

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        return value if isinstance(value, str | int | float | bool) else str(value)

    return {key: plain(value) for key, value in definition.items()}
