"""What people said of two firms or sightings: that they are the same, or that they are not.

A verdict is kept on pairs of sightings, since those outlive every merge and split, and binds all later
runs until it is withdrawn. Of two verdicts on one pair the later one counts.
"""

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.tables import PersonsVerdict, VerdictPair


def load_said(tx: Transaction) -> dict[tuple[int, int], bool]:
    """Return what people said of pairs of sightings: (lower id, higher id) of records -> one firm or not."""
    rows = tx.session.execute(
        select(VerdictPair.record_a, VerdictPair.record_b, PersonsVerdict.is_same)
        .join(PersonsVerdict, PersonsVerdict.id == VerdictPair.verdict_id)
        .where(PersonsVerdict.withdrawn_at.is_(None))
        .order_by(PersonsVerdict.id)
    )
    return {(a, b): is_same for a, b, is_same in rows}
