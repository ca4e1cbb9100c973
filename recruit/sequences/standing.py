"""What a person (or a refusal) has paused, said on every touch that waits for it.

The words are a courtesy to whoever looks at a touch; the claim asks sequence and mailbox themselves. So
rows that others hold at this moment are left out rather than waited for: whoever holds them decides them.
"""

from sqlalchemy import ColumnElement, bindparam, select, update

from recruit.db.transaction import Transaction
from recruit.sequences.planning import standing_rules
from recruit.sequences.store import mailbox_id_of
from recruit.sequences.tables import Enrollment, Mailbox, Sequence, Touch
from recruit.sequences.values import StepKind, TouchStatus

NO_POSTAL_ADDRESS = (
    "No postal address is set, and a message to a firm must carry one: set RECRUIT_POSTAL_ADDRESS."
)


def name_rules(tx: Transaction, where: ColumnElement[bool]) -> None:
    """Say on the waiting touches of some sequences or mailboxes what is paused, or that nothing is."""
    tx.session.flush()
    pairs = tx.session.execute(
        select(Sequence, Mailbox)
        .join(Enrollment, Enrollment.sequence_id == Sequence.id)
        .join(Mailbox, Mailbox.id == mailbox_id_of())
        .where(where)
        .distinct()
        .order_by(Sequence.id, Mailbox.id)
    )
    for sequence, mailbox in pairs.all():
        rules = standing_rules(
            sequence.status, mailbox.address, mailbox.paused_at, mailbox.paused_reason
        )
        ours = (Touch.sequence_id == sequence.id, mailbox_id_of() == mailbox.id)
        _say(tx, rules[0], *ours, Touch.kind == StepKind.EMAIL)
        _say(tx, rules[1], *ours, Touch.kind != StepKind.EMAIL)


def name_missing_address(tx: Transaction) -> None:
    """Say on every due e-mail that nothing goes out without a postal address."""
    _say(tx, NO_POSTAL_ADDRESS, Touch.kind == StepKind.EMAIL, Touch.due_at <= tx.now)


def _say(tx: Transaction, rule: str, *where: ColumnElement[bool]) -> None:
    waiting = (
        select(Touch.id)
        .join(Enrollment, Enrollment.id == Touch.enrollment_id)
        .join(Sequence, Sequence.id == Touch.sequence_id)
        .where(Touch.status == TouchStatus.PENDING, Touch.blocked_by != rule, *where)
        .order_by(Touch.id)
        .with_for_update(skip_locked=True, key_share=True, of=Touch)
    )
    tx.session.execute(
        update(Touch)
        .where(Touch.id.in_(waiting.scalar_subquery()), Touch.status == TouchStatus.PENDING)
        .values(blocked_by=bindparam("rule"))
        .execution_options(synchronize_session=False),
        {"rule": rule},
    )
