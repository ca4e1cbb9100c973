"""Sequences and mailboxes as a whole: add, save, start, pause, resume."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, select, update

from recruit.db.transaction import Transaction
from recruit.sequences.addresses import ascii_address
from recruit.sequences.definition import definition_hash, parse_definition
from recruit.sequences.stopping import take_claim_back
from recruit.sequences.store import find_latest_version, get_mailbox, get_sequence
from recruit.sequences.tables import Mailbox, Sequence, SequenceVersion, Touch
from recruit.sequences.values import SequencesError, SequenceStatus, StepKind, TouchStatus


class BadMailbox(SequencesError):
    """A mailbox cannot send like this; the message says what to change."""


def add_mailbox(
    tx: Transaction, *, address: str, from_name: str, cap_per_day: int = 50, gap_s: int = 60
) -> Mailbox:
    """Add an address to send from, or change the limits of one that is there. Raises BadMailbox.

    `cap_per_day` counts accepted messages on a UTC day; `gap_s` are seconds between two messages.
    """
    address = address.strip().lower()
    try:
        ascii_address(address)
    except ValueError as error:
        raise BadMailbox(f"{address!r} is no address that can send.") from error
    if "@" not in address.strip("@") or cap_per_day < 1 or gap_s < 0:
        raise BadMailbox(
            f"A mailbox needs an address, a cap of at least 1 and a gap of at least 0: "
            f"{address!r}, {cap_per_day}, {gap_s}."
        )
    mailbox = tx.session.scalar(select(Mailbox).where(Mailbox.address == address))
    if mailbox is None:
        mailbox = Mailbox(address=address, paused_reason="")
        tx.session.add(mailbox)
    mailbox.from_name = from_name
    mailbox.cap_per_day = cap_per_day
    mailbox.gap_s = gap_s
    tx.session.flush()
    return mailbox


def save_sequence(tx: Transaction, *, definition: Mapping[str, Any], actor: str) -> SequenceVersion:
    """Check a definition (data as in its TOML file) and keep it as the sequence's newest version.

    The same content again is the same version. Firms that are enrolled keep theirs. A new sequence is a
    draft until `start_sequence`. Raises DefinitionError or UnknownMailbox.
    """
    parsed = parse_definition(definition)
    mailbox = get_mailbox(tx, parsed.mailbox)
    sequence = tx.session.scalar(
        select(Sequence).where(Sequence.name == parsed.name).with_for_update(key_share=True)
    )
    if sequence is None:
        sequence = Sequence(
            name=parsed.name,
            title=parsed.title,
            status=SequenceStatus.DRAFT,
            mailbox_id=mailbox.id,
            created_at=tx.now,
        )
        tx.session.add(sequence)
        tx.session.flush()
    sequence.title = parsed.title
    sequence.mailbox_id = mailbox.id
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


def start_sequence(tx: Transaction, *, name: str) -> Sequence:
    """Let a sequence send. What came due while it was paused is due now, in the contacts' next window."""
    sequence = get_sequence(tx, name)
    if sequence.status is not SequenceStatus.ACTIVE:
        sequence.status = SequenceStatus.ACTIVE
        _apply(tx, sequence)
    return sequence


def pause_sequence(tx: Transaction, *, name: str) -> Sequence:
    """Stop sending until `start_sequence`; a message that is on its way to the server is not called back."""
    sequence = get_sequence(tx, name)
    if sequence.status is SequenceStatus.ACTIVE:
        sequence.status = SequenceStatus.PAUSED
        _apply(tx, sequence)
    return sequence


def pause_mailbox(tx: Transaction, *, address: str, reason: str) -> Mailbox:
    """Stop sending from a mailbox until `resume_mailbox`. Raises UnknownMailbox."""
    mailbox = get_mailbox(tx, address)
    if mailbox.paused_at is None:
        # Touches are locked before mailboxes, so the mailbox is written last.
        with tx.session.no_autoflush:
            mailbox.paused_at = tx.now
            mailbox.paused_reason = reason
            for sequence in _sequences_of(tx, mailbox):
                _apply(tx, sequence)
    return mailbox


def resume_mailbox(tx: Transaction, *, address: str) -> Mailbox:
    """Let a mailbox send again; what came due meanwhile is due now. Raises UnknownMailbox."""
    mailbox = get_mailbox(tx, address)
    if mailbox.paused_at is not None:
        with tx.session.no_autoflush:
            mailbox.paused_at = None
            mailbox.paused_reason = ""
            for sequence in _sequences_of(tx, mailbox):
                _apply(tx, sequence)
    return mailbox


def list_mailboxes(tx: Transaction) -> list[Mailbox]:
    """Return the addresses that send, with their limits, and why one is paused."""
    return list(tx.session.scalars(select(Mailbox).order_by(Mailbox.address)))


def standing_rule(tx: Transaction, sequence: Sequence, kind: StepKind) -> str:
    """Return in words what a person (or a refusal) paused that keeps touches of this kind waiting, or ""."""
    mailbox = tx.session.get_one(Mailbox, sequence.mailbox_id)
    if sequence.status is not SequenceStatus.ACTIVE:
        return f"The sequence is {sequence.status.value}."
    if kind is StepKind.EMAIL and mailbox.paused_at is not None:
        return f"The mailbox {mailbox.address} is paused: {mailbox.paused_reason}"
    return ""


def _sequences_of(tx: Transaction, mailbox: Mailbox) -> list[Sequence]:
    query = select(Sequence).where(Sequence.mailbox_id == mailbox.id).order_by(Sequence.id)
    return list(tx.session.scalars(query))


def _apply(tx: Transaction, sequence: Sequence) -> None:
    """Say on every waiting touch what it waits for, and void the claims of senders at work."""
    for kind in StepKind:
        rule = standing_rule(tx, sequence, kind)
        if not rule:
            _update_pending(tx, sequence, kind, {"blocked_by": ""})
            # Counted from its old time it would be overdue, and held.
            _update_pending(tx, sequence, kind, {"due_at": tx.now}, Touch.due_at < tx.now)
            continue
        _update_pending(tx, sequence, kind, {"blocked_by": rule})
        claimed = tx.session.scalars(
            select(Touch)
            .where(
                Touch.sequence_id == sequence.id,
                Touch.kind == kind,
                Touch.status == TouchStatus.CLAIMED,
            )
            .order_by(Touch.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        for touch in claimed:
            take_claim_back(tx, touch)
            touch.blocked_by = rule


def _update_pending(
    tx: Transaction,
    sequence: Sequence,
    kind: StepKind,
    values: dict[str, Any],
    *conditions: ColumnElement[bool],
) -> None:
    tx.session.execute(
        update(Touch)
        .where(
            Touch.sequence_id == sequence.id,
            Touch.kind == kind,
            Touch.status == TouchStatus.PENDING,
            *conditions,
        )
        .values(values)
        .execution_options(synchronize_session=False)
    )


def _plain(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition as JSON holds it: TOML knows times of day, JSON does not."""

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        return value if isinstance(value, str | int | float | bool) else str(value)

    return {key: plain(value) for key, value in definition.items()}
